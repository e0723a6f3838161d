"""Many lines to one server, driven by one thread: whoever has something to say is heard first.

Opening a line (names, TLS, signing in) waits for the server and is done on a thread of its own;
after that nothing blocks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from mailer.errors import Next, SendError
from mailer.transports.base import Happened, Parcel
from mailer.transports.smtp.line import Line
from mailer.transports.smtp.server import Server
from mailer.transports.smtp.talk import Talk
from mailer.transports.watch import Watch

LOOK = 0.25  # seconds between looks for answers that are overdue
FAREWELL = 1.0  # seconds to wait for all the answers to QUIT


class SmtpLines:
    """Lines to `server`; `dial` makes one, not open yet."""

    def __init__(self, server: Server, size: int, dial: Callable[[Server], Line] = Line) -> None:
        self.size = size
        self._server = server
        self._dial = dial
        self._happened: list[Happened] = []
        self._lock = threading.Lock()  # guards the three below from the threads that open lines
        self._closed = False
        self._opening: set[Line] = set()
        self._opened: deque[tuple[int, Line | None, SendError | None]] = deque()
        self._talks = [Talk(n, server, self._happened.append, self._open) for n in range(size)]
        self._watch = Watch(self._talks)
        self._look_at = 0.0

    def stage(self, line: int, parcel: Parcel) -> None:
        """Begin to tell the envelope and the body."""
        self._talks[line].stage(parcel)
        self._watch.renew(line)

    def dot(self, line: int, following: Parcel | None = None) -> None:
        """Send the final dot, and the next envelope behind it."""
        self._talks[line].dot(following)
        self._watch.renew(line)

    def recall(self, line: int) -> bool:
        """Take back the letter whose envelope waits behind an unanswered dot."""
        return self._talks[line].recall()

    def abandon(self, line: int) -> None:
        """Hang up when something is staged or being staged."""
        self._talks[line].abandon()
        self._watch.renew(line)

    def open(self, line: int) -> Line:
        """Open a line now and wait for it; raises SendError (STOP)."""
        talk = self._talks[line]
        if talk.line is None:
            made = self._dial(self._server)
            made.open()
            talk.adopt(made)
            self._watch.renew(line)
            return made
        return talk.line

    def poll(self, seconds: float) -> list[Happened]:
        """What has happened; waits for something up to `seconds`."""
        end = time.monotonic() + seconds
        left = 0.0 if self._happened else seconds
        while True:
            if self._watch.hear(min(left, LOOK)):
                self._bring_opened()
            now = time.monotonic()
            if now >= self._look_at:
                self._look(now)
            left = end - now
            if self._happened or left <= 0:
                found, self._happened[:] = list(self._happened), []
                return found

    def fileno(self) -> int:
        """Readable when a server has spoken, or a line is open."""
        return self._watch.fileno()

    def close(self) -> None:
        """Say QUIT on all lines, wait a moment for the answers, and hang up."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for opening in self._opening:
                opening.cut()
        lines = [line for talk in self._talks if (line := talk.close())]
        lines += [line for _, line, _ in self._opened if line]
        for line in lines:
            with suppress(OSError):
                line.offer(b"QUIT\r\n")
        end = time.monotonic() + FAREWELL
        for line in lines:
            line.leave(max(0.0, end - time.monotonic()))
        self._watch.close()

    def _look(self, now: float) -> None:
        """Tell the talks whose answer did not come in time."""
        self._look_at = now + LOOK
        for number, talk in enumerate(self._talks):
            if talk.deadline <= now:
                talk.overdue()
                self._watch.renew(number)

    def _open(self, number: int) -> None:
        line = self._dial(self._server)
        with self._lock:
            self._opening.add(line)
        threading.Thread(target=self._open_there, args=(number, line), daemon=True).start()

    def _open_there(self, number: int, line: Line) -> None:
        """Open a line, on a thread of its own."""
        error = None
        try:
            line.open()
        except SendError as refused:
            error = refused
        except Exception as fault:  # noqa: BLE001 - told like any other reason why there is none
            line.close()
            error = SendError(f"the connection failed: {fault}", Next.STOP)
        with self._lock:
            self._opening.discard(line)
            if not self._closed:
                self._opened.append((number, None if error else line, error))
                self._watch.ring()
            elif not error:
                line.close()

    def _bring_opened(self) -> None:
        while self._opened:
            number, line, error = self._opened.popleft()
            self._talks[number].opened(line, error)
            self._watch.renew(number)
