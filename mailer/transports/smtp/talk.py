"""What is said over one line: letter after letter, every phase known, and never a wait.

Where the server allows it (RFC 2920), the three words of an envelope go out together, and behind
the final dot of a letter goes the envelope of the next: one round trip for each letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailer.errors import Next, SendError
from mailer.transports.base import Accepted, Answer, Failed, Happened, Parcel
from mailer.transports.smtp.line import Line, Lost
from mailer.transports.smtp.replies import Phase, Reply, refusal, why
from mailer.transports.smtp.server import Server
from mailer.transports.smtp.staging import CLOSING, Doing, Staging
from mailer.transports.smtp.wire import Wire

_QUEUE_ID = re.compile(r"queued as ([\w.-]+)")


class Talk(Staging):
    """One line's conversation. The outcome of every dot is told once."""

    def __init__(
        self, number: int, server: Server, tell: Callable[[Happened], None],
        open_line: Callable[[int], None],
    ) -> None:  # fmt: skip
        super().__init__(number, server, tell, open_line)
        self._dotted = False  # the answer to a dot is waited for

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
        if self._dotted and self._wire is not None and not self._wire.dot_is_out:
            self.readable()  # what was said before the dot leaves is no answer to it
        super().writable()

    def overdue(self) -> None:
        """The answer did not come in time."""
        self._lost(TimeoutError())

    def close(self) -> Line | None:
        """Give up what is under way and hand the line over to be left politely."""
        if self.doing is not Doing.REST:
            self._drop()
        line, self._wire = self.line, None
        return line

    def _say_dot(self, wire: Wire, following: Parcel | None) -> None:
        self._envelope, self._dotted, self.doing = None, True, Doing.DOT
        more = following is not None and self._take(following) and wire.pipelines
        try:
            wire.dot(self._steps(wire) if more else {}, self._server.longest_wait)
        except OSError as error:
            self._lost(error)

    def _answered(self, wire: Wire, phase: Phase | None, reply: Reply) -> None:
        if phase is None:
            self._spoke_unasked(reply)
        elif phase is Phase.DOT:
            self._judge(wire, reply)
        elif phase is Phase.RESET:
            self._was_reset(wire, reply)
        else:
            self._of_envelope(wire, phase, reply)

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

    def _lost(self, error: Exception) -> None:
        """The conversation broke off."""
        wire, refused, doing = self._wire, self._refused, self.doing
        text = why(error, self._server.timeout)
        if wire is None:
            self._drop()
        elif self._dotted:
            self._lost_answer(wire, error)
        elif doing is Doing.ENVELOPE:
            then = Next.STOP if wire.expects is Phase.SENDER else Next.RETRY
            self._ended(SendError(f"{wire.expects}: {text}", then))
        elif doing in {Doing.BODY, Doing.STAGED}:
            self._fail(self._last_words(wire.line, text))
        else:
            self._drop()
            if doing is Doing.RESET:
                self._fail(refused)

    def _lost_answer(self, wire: Wire, error: Exception) -> None:
        """Nobody knows whether the server took it, unless the dot had not left."""
        self._dotted = False
        text = f"{Phase.DOT}: {why(error, self._server.longest_wait)}"
        doubt = SendError(text, maybe_accepted=wire.dot_is_out)
        self._hang_up()
        self._tell(Failed(self._number, doubt, dotted=True))
        self._begin_or_rest()

    def _last_words(self, line: Line, text: str = "it hung up before the final dot") -> SendError:
        """What the server said before it would hear the end, or `text` when it said nothing."""
        try:
            reply = line.last_words()
        finally:
            self._drop()
        return refusal(reply, Phase.DATA) if reply else SendError(f"body: {text}")

    def _drop(self) -> None:
        """Hang up without a word, and forget what was being staged; what has a dot is doubt."""
        dotted, self._dotted = self._dotted, False
        super()._drop()
        if dotted:
            doubt = SendError("the line was given up before an answer", maybe_accepted=True)
            self._tell(Failed(self._number, doubt, dotted=True))
