"""Several talks, driven by one thread: whoever has something to say is heard first."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Generic

from mailer.errors import Next, SendError
from mailer.transports.api.asking import Steps, T
from mailer.transports.api.line import Line
from mailer.transports.api.talk import Spacing, Talk
from mailer.transports.watch import Watch


class Loop(Generic[T]):
    """Talks with one account."""

    def __init__(self, size: int, timeout: float, spacing: Spacing) -> None:
        self._timeout = timeout
        self.talks: Sequence[Talk[T]] = [Talk(timeout, spacing, self._open) for _ in range(size)]
        self._watch = Watch(self.talks)
        self._opened: deque[tuple[Talk[T], Line, SendError | None]] = deque()
        self._lock = threading.Lock()  # guards the two around it from the threads that open lines
        self._closed = False

    def begin(self, number: int, steps: Steps[T]) -> None:
        """Let a talk take these steps."""
        self.talks[number].begin(steps)
        self._watch.renew(number)

    def turn(self, seconds: float) -> None:
        """Wait for something, `seconds` at most, and let the talks go on."""
        now = time.monotonic()
        first = min(talk.deadline for talk in self.talks)
        if self._watch.hear(max(0.0, min(seconds, first - now))):
            self._bring_opened()
        now = time.monotonic()
        for number, talk in enumerate(self.talks):
            if talk.deadline <= now:
                talk.due()
                self._watch.renew(number)

    def fileno(self) -> int:
        """Readable when somebody has spoken, or a line is open."""
        return self._watch.fileno()

    def close(self) -> None:
        """Hang up everywhere; never raises."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        for talk in self.talks:
            talk.close()
        for _, line, _ in self._opened:
            line.close()
        self._watch.close()

    def _open(self, talk: Talk[T], line: Line) -> None:
        threading.Thread(target=self._open_there, args=(talk, line), daemon=True).start()

    def _open_there(self, talk: Talk[T], line: Line) -> None:
        """Open a line, on a thread of its own."""
        error = None
        try:
            line.open(self._timeout)
        except SendError as refused:
            error = refused
        except Exception as fault:  # noqa: BLE001 - told like any other reason why there is none
            line.close()
            error = SendError(f"the connection failed: {type(fault).__name__}", Next.STOP)
        with self._lock:
            if self._closed:
                line.close()
                return
            self._opened.append((talk, line, error))
            self._watch.ring()

    def _bring_opened(self) -> None:
        while self._opened:
            talk, line, error = self._opened.popleft()
            talk.opened(line, error)
            self._watch.renew(self.talks.index(talk))
