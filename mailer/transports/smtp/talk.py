"""What is said over one line: letter after letter, every phase known, and never a wait.

Where the server allows it (RFC 2920), the three words of an envelope go out together, and behind
the final dot of a letter goes the envelope of the next: one round trip for each letter.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from enum import Enum

from mailer.errors import Next, SendError
from mailer.transports.base import Accepted, Answer, Failed, Happened, Parcel, Staged
from mailer.transports.smtp.envelope import Envelope
from mailer.transports.smtp.line import QUIET, Line, Lost, why
from mailer.transports.smtp.replies import Phase, Reply, refusal
from mailer.transports.smtp.server import Server

WANTED = {Phase.SENDER: (250,), Phase.RECIPIENT: (250, 251, 252), Phase.DATA: (354,)}
CLOSING = 421  # RFC 5321, 3.8: the server hangs up after it

_QUEUE_ID = re.compile(r"queued as ([\w.-]+)")


class Doing(Enum):
    """What a talk is about at the moment."""

    REST = "rest"
    OPENING = "opening"
    ENVELOPE = "envelope"  # and, ahead of it perhaps, the answer to a dot
    RESET = "reset"  # taking back an envelope that was refused
    BODY = "body"
    STAGED = "staged"
    DOT = "dot"


class Talk:
    """One line's conversation. `open_line` is asked for a line, which `opened` then brings."""

    def __init__(
        self, number: int, server: Server, tell: Callable[[Happened], None],
        open_line: Callable[[int], None],
    ) -> None:  # fmt: skip
        self.line: Line | None = None
        self.doing = Doing.REST
        self.deadline = float("inf")  # time.monotonic() by which the next answer must have come
        self._number = number
        self._server = server
        self._tell = tell
        self._open_line = open_line
        self._envelope: Envelope | None = None  # of what is being staged, or follows the dot
        self._dotted = False  # the answer to a dot is waited for
        self._used = False  # the open line has carried a letter before
        self._expected: deque[Phase | None] = deque()  # None: the answer to RSET
        self._later: deque[tuple[Phase, bytes]] = deque()  # said only when its turn comes
        self._refused: SendError | None = None
        self._unsent = memoryview(b"")

    @property
    def wants_to_write(self) -> bool:
        """True while a body waits for the socket to take more."""
        return bool(self._unsent)

    def stage(self, parcel: Parcel) -> None:
        """Tell the envelope and send the body; the server has nothing until the dot."""
        self.abandon()
        self._take(parcel)
        if self._envelope is None:
            return
        if self.line is not None and self.line.interrupted():
            self._hang_up()
        self._begin()

    def dot(self, following: Parcel | None) -> None:
        """Send the final dot, and with it the next envelope where the server allows it."""
        line = self.line
        if self.doing is not Doing.STAGED or line is None:
            self._tell(Failed(self._number, SendError("no letter is staged"), dotted=True))
        elif line.interrupted():
            self._tell(Failed(self._number, self._last_words(line), dotted=True))
        else:
            self._say_dot(line, following)
            return
        self.doing = Doing.REST
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
        """Hang up when a body is staged or on its way: nothing else takes it back."""
        if self.doing is not Doing.REST:
            self._drop()

    def opened(self, line: Line | None, error: SendError | None) -> None:
        """Go on over a line that is open now, or tell why there is none."""
        if self.doing is not Doing.OPENING:  # it was abandoned meanwhile
            if line is not None:
                line.close()
            return
        if line is None:
            self._fail(error or SendError("no connection"))
        else:
            self.adopt(line)
            self._begin()

    def adopt(self, line: Line) -> None:
        """Use a line that is open already."""
        line.sock.setblocking(False)
        self.line, self._used = line, False

    def readable(self) -> None:
        """Hear what the server said, and go on."""
        line = self.line
        if line is None:
            return
        try:
            line.hear()
            while self.line is line and (reply := line.told()) is not None:
                self._answered(line, reply)
        except QUIET:
            return
        except (Lost, OSError) as error:
            self._lost(error)

    def writable(self) -> None:
        """Send more of the body."""
        if self.line is not None and self._unsent:
            self._put(self.line, self._unsent)

    def overdue(self) -> None:
        """The answer did not come in time."""
        self._lost(TimeoutError())

    def close(self) -> Line | None:
        """Give up what is staged and hand the line over to be left politely."""
        self.abandon()
        line, self.line = self.line, None
        return line

    def _take(self, parcel: Parcel) -> None:
        try:
            self._envelope = Envelope.of(parcel)
        except SendError as error:
            self._envelope = None
            self._tell(Failed(self._number, error, dotted=False))

    def _begin(self) -> None:
        """Say the envelope over an open line, or have one opened."""
        line, envelope = self.line, self._envelope
        if line is None:
            self.doing = Doing.OPENING
            self._open_line(self._number)
            return
        if envelope is None:
            self.doing = Doing.REST
            return
        try:
            steps = envelope.steps(line)
        except SendError as error:
            self._fail(error)
            return
        self.doing = Doing.ENVELOPE
        if line.has_extn("pipelining"):
            self._expect(*steps)
            self._put(line, b"".join(steps.values()))
        else:
            self._later.extend(steps.items())
            self._say_next(line)

    def _say_next(self, line: Line) -> None:
        phase, words = self._later.popleft()
        self._expect(phase)
        self._put(line, words)

    def _expect(self, *phases: Phase | None) -> None:
        self._expected.extend(phases)
        self.deadline = time.monotonic() + self._server.timeout

    def _say_dot(self, line: Line, following: Parcel | None) -> None:
        self._envelope, self._dotted, self.doing = None, True, Doing.DOT
        words = b".\r\n"
        self._expected.append(Phase.DOT)
        if following is not None:
            self._take(following)
        if self._envelope is not None and line.has_extn("pipelining"):
            words += self._behind_the_dot(line, self._envelope)
        self.deadline = time.monotonic() + self._server.longest_wait
        self._used = True
        self._put(line, words)

    def _behind_the_dot(self, line: Line, envelope: Envelope) -> bytes:
        """The next envelope's words, to go out with the dot (RFC 2920, 3.1)."""
        try:
            steps = envelope.steps(line)
        except SendError as error:
            self._envelope = None
            self._tell(Failed(self._number, error, dotted=False))
            return b""
        self._expected.extend(steps)
        return b"".join(steps.values())

    def _put(self, line: Line, data: bytes | memoryview) -> None:
        """Send now what the socket takes, the rest when it takes more."""
        try:
            sent = line.offer(data)
        except OSError as error:
            self._lost(error)
            return
        self._unsent = memoryview(data)[sent:]
        if self.doing is Doing.BODY and not self._unsent:
            self.doing, self.deadline = Doing.STAGED, float("inf")
            self._tell(Staged(self._number))
        elif sent and self.doing is Doing.BODY:
            self.deadline = time.monotonic() + self._server.timeout

    def _answered(self, line: Line, reply: Reply) -> None:
        if not self._expected:
            self._spoke_unasked(reply)
            return
        phase = self._expected.popleft()
        if phase is Phase.DOT:
            self._judge(reply)
        elif phase is None:
            self._was_reset(reply)
        else:
            self._of_envelope(line, reply, phase)

    def _of_envelope(self, line: Line, reply: Reply, phase: Phase) -> None:
        """One of the three answers to an envelope; after the last, the body or the refusal."""
        wanted = reply.number in WANTED[phase]
        if not wanted:
            error = refusal(reply, phase)
            if reply.number == CLOSING or reply.number < 400:
                self._ended(error)  # it hangs up, or its answers no longer fit our questions
                return
            self._refused = self._refused or error
            if self._later:
                self._later.clear()
        self.deadline = time.monotonic() + self._server.timeout
        if self._later:
            self._say_next(line)
        elif not self._expected:
            self._after_envelope(line, waits=wanted and phase is Phase.DATA)

    def _after_envelope(self, line: Line, *, waits: bool) -> None:
        if self._envelope is None:  # recalled: the server waits for a body that will not come
            self._drop()
        elif self._refused is None:
            self.doing = Doing.BODY
            self._put(line, self._envelope.body)
        elif waits:
            refused = self._refused
            self._drop()  # else the body would go to nobody, or from nobody
            self._tell(Failed(self._number, refused or SendError("refused"), dotted=False))
        else:
            self.doing = Doing.RESET
            self._expect(None)
            self._put(line, b"RSET\r\n")

    def _was_reset(self, reply: Reply) -> None:
        refused, self._refused, self._used = self._refused, None, True
        if reply.number != 250:
            self._drop()
        self._fail(refused or SendError("refused"))

    def _spoke_unasked(self, reply: Reply) -> None:
        """At rest it is a farewell; over a body it is what the server thinks of it."""
        doing = self.doing
        self._drop()
        if doing in {Doing.BODY, Doing.STAGED}:
            self._fail(refusal(reply, Phase.DATA))

    def _judge(self, reply: Reply) -> None:
        """Tell what the answer to the dot means, and go on with what follows."""
        self._dotted = False
        if 200 <= reply.number < 300:
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
        self.deadline = float("inf")
        if self._expected:
            self.doing = Doing.ENVELOPE
            self.deadline = time.monotonic() + self._server.timeout
        else:
            self._begin_or_rest()

    def _begin_or_rest(self) -> None:
        if self._envelope is not None:
            self._begin()
        else:
            self.doing = Doing.REST

    def _ended(self, error: SendError) -> None:
        """The line ended while an envelope was told: nothing of the letter had left."""
        used = self._used or self._envelope is None
        self._hang_up()
        if used:  # closed after an earlier letter: that is not the fault of this one
            self._begin_or_rest()
        else:
            self._fail(error)

    def _lost(self, error: Exception) -> None:
        """The conversation broke off."""
        doing, phase = self.doing, self._expected[0] if self._expected else None
        refused = self._refused
        if self._dotted:
            self._dotted = False
            text = f"{Phase.DOT}: {why(error, self._server.longest_wait)}"
            doubt = SendError(text, maybe_accepted=True)
            self._hang_up()
            self._tell(Failed(self._number, doubt, dotted=True))
            self._begin_or_rest()
        elif doing is Doing.ENVELOPE and phase:
            then = Next.STOP if phase is Phase.SENDER else Next.RETRY
            self._ended(SendError(f"{phase}: {why(error, self._server.timeout)}", then))
        elif doing is Doing.RESET:
            self._drop()
            self._fail(refused or SendError("refused"))
        elif doing in {Doing.BODY, Doing.STAGED} and self.line is not None:
            self._fail(self._last_words(self.line, why(error, self._server.timeout)))
        else:
            self._drop()

    def _last_words(self, line: Line, text: str = "it hung up before the final dot") -> SendError:
        """What the server said before it would hear the end, or `text` when it said nothing."""
        try:
            reply = line.last_words()
        finally:
            self._drop()
        return refusal(reply, Phase.DATA) if reply else SendError(f"body: {text}")

    def _fail(self, error: SendError) -> None:
        """Tell that the parcel could not be staged, and rest."""
        self._envelope, self._refused = None, None
        self.doing, self.deadline = Doing.REST, float("inf")
        self._tell(Failed(self._number, error, dotted=False))

    def _drop(self) -> None:
        """Hang up without a word, and forget what was being staged."""
        self._hang_up()
        self._envelope, self._dotted, self.doing = None, False, Doing.REST

    def _hang_up(self) -> None:
        self._expected.clear()
        self._later.clear()
        self._unsent = memoryview(b"")
        self._refused, self.deadline = None, float("inf")
        if self.line is not None:
            line, self.line = self.line, None
            line.close()
