"""One line for whoever waits for every answer."""

from __future__ import annotations

from collections.abc import Callable

from mailer.errors import SendError
from mailer.transports.base import Accepted, Answer, Failed, Happened, Parcel
from mailer.transports.smtp.line import Line
from mailer.transports.smtp.lines import SmtpLines
from mailer.transports.smtp.server import Server

GLANCE = 1.0  # seconds; each phase has its own time-out, which is told


class SmtpConnection:
    """Stages a letter up to its final dot, then sends the dot; opens a new line when one ended."""

    def __init__(self, server: Server, dial: Callable[[Server], Line] = Line) -> None:
        self._lines = SmtpLines(server, 1, dial)
        self._staged = False

    def open(self) -> Line:
        """The open line; raises SendError (STOP) when there is none to be had, and is closed."""
        try:
            return self._lines.open(0)
        except SendError:
            self._lines.close()
            raise

    def stage(self, parcel: Parcel) -> None:
        """Tell the envelope and send the body; the server has nothing until commit."""
        self.abandon()
        self._lines.stage(0, parcel)
        self._wait()
        self._staged = True

    def commit(self) -> Answer:
        """Send the final dot; the answer may take the server's `longest_wait`."""
        if not self._staged:
            raise SendError("no letter is staged")
        self._staged = False
        self._lines.dot(0)
        happened = self._wait()
        if not isinstance(happened, Accepted):
            raise SendError("the answer could not be read", maybe_accepted=True)
        return happened.answer

    def abandon(self) -> None:
        """Hang up when a body is staged: nothing else takes it back."""
        self._staged = False
        self._lines.abandon(0)

    def close(self) -> None:
        """Say QUIT, unless a body is staged, which it would become a part of."""
        self._staged = False
        self._lines.close()

    def _wait(self) -> Happened:
        while not (found := self._lines.poll(GLANCE)):
            pass
        if isinstance(found[-1], Failed):
            raise found[-1].error
        return found[-1]
