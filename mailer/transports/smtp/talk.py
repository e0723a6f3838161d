"""What is said over one line: letter after letter, every phase known, and never a wait.

Where the server allows it (RFC 2920), the three words of an envelope go out together, and behind
the final dot of a letter goes the envelope of the next: one round trip for each letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum

from mailer.errors import Next, SendError
from mailer.transports.base import Accepted, Answer, Failed, Happened, Parcel, Staged
from mailer.transports.smtp.envelope import Envelope
from mailer.transports.smtp.line import Line, Lost, why
from mailer.transports.smtp.replies import Phase, Reply, refusal
from mailer.transports.smtp.server import Server
from mailer.transports.smtp.wire import NEVER, Wire

WANTED = {Phase.SENDER: (250,), Phase.RECIPIENT: (250, 251, 252), Phase.DATA: (354,)}
CLOSING = 421  # RFC 5321, 3.8: the server hangs up after it

_QUEUE_ID = re.compile(r"queued as ([\w.-]+)")


class Doing(Enum):
    """What a talk is about at the moment."""

    REST = "rest"
    OPENING = "opening"
    ENVELOPE = "envelope"
    RESET = "reset"  # taking back an envelope that was refused
    BODY = "body"
    STAGED = "staged"
    DOT = "dot"  # and behind it, perhaps, the next envelope


class Talk:
    """One line's conversation. `open_line` is asked for a line, which `opened` then brings.

    The outcome of every dot is told once, and so is what becomes of every parcel to stage.
    """

    def __init__(
        self, number: int, server: Server, tell: Callable[[Happened], None],
        open_line: Callable[[int], None],
    ) -> None:  # fmt: skip
        self.doing = Doing.REST
        self._number = number
        self._server = server
        self._tell = tell
        self._open_line = open_line
        self._wire: Wire | None = None
        self._envelope: Envelope | None = None  # of what is being staged, or follows the dot
        self._dotted = False  # the answer to a dot is waited for
        self._refused: SendError | None = None

    @property
    def line(self) -> Line | None:
        """The open line, if there is one."""
        return self._wire.line if self._wire else None

    @property
    def deadline(self) -> float:
        """time.monotonic() by which the server must have gone on."""
        return self._wire.deadline if self._wire else NEVER

    @property
    def wants_to_write(self) -> bool:
        """True while bytes wait for the socket to take more."""
        return self._wire is not None and self._wire.unsent

    def stage(self, parcel: Parcel) -> None:
        """Tell the envelope and send the body; the server has nothing until the dot."""
        if self.doing is not Doing.REST:
            self._drop()
        if self._take(parcel):
            if self.line is not None and self.line.interrupted():
                self._hang_up()
            self._begin()

    def dot(self, following: Parcel | None) -> None:
        """Send the final dot, and with it the next envelope where the server allows it."""
        wire = self._wire
        if self.doing is not Doing.STAGED or wire is None:
            error = SendError("no letter is staged")
            self._drop()
        elif wire.line.interrupted():
            error = self._last_words(wire.line)
        else:
            self._say_dot(wire, following)
            return
        self._tell(Failed(self._number, error, dotted=True))
        if following is not None:
            self.stage(following)

    def recall(self) -> bool:
        """Forget the envelope that waits behind a dot; its answers, when they come, end the line.

        False when no dot is waited for.
        """
        recalled = self._dotted and self._envelope is not None
        if recalled:
            self._envelope = None
        return recalled

    def abandon(self) -> None:
        """Hang up when a body is staged or on its way: nothing else takes it back.

        What has its dot cannot be taken back; only what follows it is.
        """
        if self._dotted:
            self.recall()
        elif self.doing is not Doing.REST:
            self._drop()

    def opened(self, line: Line | None, error: SendError | None) -> None:
        """Go on over a line that is open now, or tell why there is none."""
        if self.doing is not Doing.OPENING:  # it was abandoned meanwhile
            if line is not None:
                line.close()
        elif line is None:
            self._fail(error or SendError("no connection"))
        else:
            self.adopt(line)
            self._begin()

    def adopt(self, line: Line) -> None:
        """Use a line that is open already."""
        self._wire = Wire(line, self._server.timeout)

    def readable(self) -> None:
        """Hear what the server said, and go on."""
        wire = self._wire
        if wire is None:
            return
        try:
            for phase, reply in wire.answers():
                self._answered(wire, phase, reply)
        except (Lost, OSError) as error:
            self._lost(error)

    def writable(self) -> None:
        """Send more of what waits."""
        wire = self._wire
        if wire is None or not wire.unsent:
            return
        try:
            moved = wire.flush()
        except OSError as error:
            self._lost(error)
            return
        if self.doing is Doing.BODY:
            if moved:
                wire.renew()
            self._staged_once_sent(wire)

    def overdue(self) -> None:
        """The answer did not come in time."""
        self._lost(TimeoutError())

    def close(self) -> Line | None:
        """Give up what is under way and hand the line over to be left politely."""
        if self.doing is not Doing.REST:
            self._drop()
        line, self._wire = self.line, None
        return line

    def _take(self, parcel: Parcel) -> bool:
        """Make the parcel the one to stage; false, and told, when no server should hear of it."""
        try:
            self._envelope = Envelope.of(parcel)
        except SendError as error:
            self._envelope = None
            self._tell(Failed(self._number, error, dotted=False))
        return self._envelope is not None

    def _steps(self, wire: Wire) -> dict[Phase, bytes]:
        """The words of the envelope; none, and told, where this server cannot take the letter."""
        if self._envelope is None:
            return {}
        try:
            return self._envelope.steps(wire.line)
        except SendError as error:
            self._envelope = None
            self._tell(Failed(self._number, error, dotted=False))
            return {}

    def _begin(self) -> None:
        """Say the envelope over an open line, or have one opened."""
        wire = self._wire
        if wire is None:
            self.doing = Doing.OPENING
            self._open_line(self._number)
            return
        steps = self._steps(wire)
        self.doing = Doing.ENVELOPE if steps else Doing.REST
        if steps:
            try:
                wire.tell(steps)
            except OSError as error:
                self._lost(error)

    def _say_dot(self, wire: Wire, following: Parcel | None) -> None:
        self._envelope, self._dotted, self.doing = None, True, Doing.DOT
        more = following is not None and self._take(following) and wire.pipelines
        try:
            wire.dot(self._steps(wire) if more else {}, self._server.longest_wait)
        except OSError as error:
            self._lost(error)

    def _staged_once_sent(self, wire: Wire) -> None:
        if not wire.unsent:
            self.doing = Doing.STAGED
            wire.rest()
            self._tell(Staged(self._number))

    def _answered(self, wire: Wire, phase: Phase | None, reply: Reply) -> None:
        if phase is None:
            self._spoke_unasked(reply)
        elif phase is Phase.DOT:
            self._judge(wire, reply)
        elif phase is Phase.RESET:
            self._was_reset(wire, reply)
        else:
            self._of_envelope(wire, phase, reply)

    def _of_envelope(self, wire: Wire, phase: Phase, reply: Reply) -> None:
        """One of the three answers to an envelope; after the last, the body or the refusal."""
        wanted = reply.number in WANTED[phase]
        if not wanted:
            error = refusal(reply, phase)
            if reply.number == CLOSING or reply.number < 400:
                self._ended(error)  # it hangs up, or its answers no longer fit our questions
                return
            self._refused = self._refused or error
            wire.skip()
        wire.renew()
        if not wire.go_on() and wire.expects is None:
            self._after_envelope(wire, waits=wanted and phase is Phase.DATA)

    def _after_envelope(self, wire: Wire, *, waits: bool) -> None:
        if self._envelope is None:  # recalled: the server waits for a body that will not come
            self._drop()
        elif self._refused is None:
            self.doing = Doing.BODY
            wire.put(self._envelope.body)
            self._staged_once_sent(wire)
        elif waits:
            refused = self._refused
            self._drop()  # else the body would go to nobody, or from nobody
            self._fail(refused)
        else:
            self.doing = Doing.RESET
            wire.ask(b"RSET\r\n", Phase.RESET)

    def _was_reset(self, wire: Wire, reply: Reply) -> None:
        refused, wire.used = self._refused, True
        if reply.number != 250:
            self._drop()
        self._fail(refused)

    def _spoke_unasked(self, reply: Reply) -> None:
        """At rest it is a farewell; over a body it is what the server thinks of it."""
        doing = self.doing
        self._drop()
        if doing in {Doing.BODY, Doing.STAGED}:
            self._fail(refusal(reply, Phase.DATA))

    def _judge(self, wire: Wire, reply: Reply) -> None:
        """Tell what the answer to the dot means, and go on with what follows."""
        self._dotted = False
        if not wire.dot_is_out:  # no answer to a dot: the server spoke over the body
            self._hang_up()
            self._tell(Failed(self._number, refusal(reply, Phase.DATA), dotted=True))
        elif 200 <= reply.number < 300:
            queue_id = _QUEUE_ID.search(reply.text)
            answer = Answer(
                text=reply.text, code=reply.code, provider_id=queue_id[1] if queue_id else ""
            )
            self._tell(Accepted(self._number, answer))
        else:
            error = refusal(reply, Phase.DOT)
            error.maybe_accepted = reply.number < 400  # neither yes nor no
            self._tell(Failed(self._number, error, dotted=True))
            if reply.number == CLOSING or reply.number < 400:
                self._hang_up()
        self._follow()

    def _follow(self) -> None:
        """After a dot: wait for the next envelope's answers, begin it, or rest."""
        if self._wire is not None and self._wire.expects:
            self.doing = Doing.ENVELOPE
            self._wire.renew()
        else:
            self._begin_or_rest()

    def _begin_or_rest(self) -> None:
        self.doing = Doing.REST
        if self._wire is not None:
            self._wire.rest()
        if self._envelope is not None:
            self._begin()

    def _ended(self, error: SendError) -> None:
        """The line ended while an envelope was told: nothing of the letter had left."""
        used = self._wire is not None and self._wire.used
        self._hang_up()
        if used:  # closed after an earlier letter: that is not the fault of this one
            self._begin_or_rest()
        else:
            self._fail(error)

    def _lost(self, error: Exception) -> None:
        """The conversation broke off."""
        wire, refused, doing = self._wire, self._refused, self.doing
        text = why(error, self._server.timeout)
        if wire is None:
            self._drop()
        elif self._dotted:
            self._dotted = False
            text = f"{Phase.DOT}: {why(error, self._server.longest_wait)}"
            doubt = SendError(text, maybe_accepted=wire.dot_is_out)
            self._hang_up()
            self._tell(Failed(self._number, doubt, dotted=True))
            self._begin_or_rest()
        elif doing is Doing.ENVELOPE:
            then = Next.STOP if wire.expects is Phase.SENDER else Next.RETRY
            self._ended(SendError(f"{wire.expects}: {text}", then))
        elif doing in {Doing.BODY, Doing.STAGED}:
            self._fail(self._last_words(wire.line, text))
        else:
            self._drop()
            if doing is Doing.RESET:
                self._fail(refused)

    def _last_words(self, line: Line, text: str = "it hung up before the final dot") -> SendError:
        """What the server said before it would hear the end, or `text` when it said nothing."""
        try:
            reply = line.last_words()
        finally:
            self._drop()
        return refusal(reply, Phase.DATA) if reply else SendError(f"body: {text}")

    def _fail(self, error: SendError | None) -> None:
        """Tell that the parcel could not be staged, and rest."""
        self._envelope, self._refused = None, None
        self._begin_or_rest()
        self._tell(Failed(self._number, error or SendError("refused"), dotted=False))

    def _drop(self) -> None:
        """Hang up without a word, and forget what was being staged."""
        dotted, self._dotted = self._dotted, False
        self._hang_up()
        self._envelope, self.doing = None, Doing.REST
        if dotted:
            doubt = SendError("the line was given up before an answer", maybe_accepted=True)
            self._tell(Failed(self._number, doubt, dotted=True))

    def _hang_up(self) -> None:
        self._refused = None
        if self._wire is not None:
            wire, self._wire = self._wire, None
            wire.hang_up()
