"""How a parcel comes to the server, all but its final dot: envelope, body, or a refusal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum

from mailer.errors import SendError
from mailer.transports.base import Failed, Happened, Parcel, Staged
from mailer.transports.smtp.envelope import Envelope
from mailer.transports.smtp.line import Line
from mailer.transports.smtp.replies import Phase, Reply, refusal
from mailer.transports.smtp.server import Server
from mailer.transports.smtp.wire import NEVER, Wire

WANTED = {Phase.SENDER: (250,), Phase.RECIPIENT: (250, 251, 252), Phase.DATA: (354,)}
CLOSING = 421  # RFC 5321, 3.8: the server hangs up after it


class Doing(Enum):
    """What a talk is about at the moment."""

    REST = "rest"
    OPENING = "opening"
    ENVELOPE = "envelope"
    RESET = "reset"  # taking back an envelope that was refused
    BODY = "body"
    STAGED = "staged"
    DOT = "dot"  # and behind it, perhaps, the next envelope


class Staging(ABC):
    """The part of a talk before the dot. `open_line` is asked for a line, `opened` brings it.

    What becomes of every parcel is told once: Staged, or Failed with `dotted` false.
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

    def opened(self, line: Line | None, error: SendError | None) -> None:
        """Go on over a line that is open now, or tell why there is none."""
        if self.doing is not Doing.OPENING:  # it was abandoned meanwhile
            if line is not None:
                line.close()
        elif line is None:
            self._fail(error)
        else:
            self.adopt(line)
            self._begin()

    def adopt(self, line: Line) -> None:
        """Use a line that is open already."""
        self._wire = Wire(line, self._server.timeout)

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

    def _take(self, parcel: Parcel) -> bool:
        """Make the parcel the one to stage; false, and told, when no server should hear of it."""
        try:
            self._envelope = Envelope.of(parcel, self._server.sign)
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
        if self.line is not None and self.line.unread:
            self._hang_up()  # a word too many: it would answer what is asked now
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

    def _begin_or_rest(self) -> None:
        self.doing = Doing.REST
        if self._wire is not None:
            self._wire.rest()
        if self._envelope is not None:
            self._begin()

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

    def _staged_once_sent(self, wire: Wire) -> None:
        if not wire.unsent:
            self.doing = Doing.STAGED
            wire.rest()
            self._tell(Staged(self._number))

    def _was_reset(self, wire: Wire, reply: Reply) -> None:
        refused, wire.used = self._refused, True
        if reply.number != 250:
            self._drop()
        self._fail(refused)

    def _ended(self, error: SendError) -> None:
        """The line ended while an envelope was told: nothing of the letter had left."""
        used = self._wire is not None and self._wire.used
        self._hang_up()
        if used:  # closed after an earlier letter: that is not the fault of this one
            self._begin_or_rest()
        else:
            self._fail(error)

    def _fail(self, error: SendError | None) -> None:
        """Tell that the parcel could not be staged, and rest."""
        self._envelope, self._refused = None, None
        self._begin_or_rest()
        self._tell(Failed(self._number, error or SendError("refused"), dotted=False))

    def _drop(self) -> None:
        """Hang up without a word, and forget what was being staged."""
        self._hang_up()
        self._envelope, self.doing = None, Doing.REST

    def _hang_up(self) -> None:
        self._refused = None
        if self._wire is not None:
            wire, self._wire = self._wire, None
            wire.hang_up()

    @abstractmethod
    def _lost(self, error: Exception) -> None:
        """The conversation broke off."""
