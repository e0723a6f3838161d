"""Several talks, driven by one thread: whoever has something to say is heard first."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic

from mailer.errors import Next, SendError
from mailer.transports.api.asking import Steps, T
from mailer.transports.api.line import Line
from mailer.transports.api.talk import Spacing, Talk
from mailer.transports.threads import Wake

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Loop(Generic[T]):
    """Talks with one account."""

    def __init__(self, size: int, timeout: float, spacing: Spacing) -> None:
        self._timeout = timeout
        self._wake = Wake()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, READ, None)
        self.talks: Sequence[Talk[T]] = [Talk(timeout, spacing, self._open) for _ in range(size)]
        self._watched: list[tuple[socket.socket | None, int]] = [(None, 0)] * size
        self._opened: deque[tuple[Talk[T], Line, SendError | None]] = deque()
        self._lock = threading.Lock()  # guards the two around it from the threads that open lines
        self._closed = False

    def begin(self, number: int, steps: Steps[T]) -> None:
        """Let a talk take these steps."""
        self.talks[number].begin(steps)
        self._watch(number)

    def turn(self, seconds: float) -> None:
        """Wait for something, `seconds` at most, and let the talks go on."""
        now = time.monotonic()
        first = min(talk.deadline for talk in self.talks)
        for key, events in self._selector.select(max(0.0, min(seconds, first - now))):
            if key.data is None:
                self._wake.clear()
                self._bring_opened()
                continue
            talk = self.talks[key.data]
            if events & WRITE:
                talk.writable()
            if events & READ:
                talk.readable()
            self._watch(key.data)
        now = time.monotonic()
        for number, talk in enumerate(self.talks):
            if talk.deadline <= now:
                talk.due()
                self._watch(number)

    def fileno(self) -> int:
        """Readable when somebody has spoken, or a line is open."""
        return self._selector.fileno()  # of epoll or kqueue

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
        self._selector.close()
        self._wake.close()

    def _watch(self, number: int) -> None:
        """Let the selector watch the socket a talk has now, for what it waits for."""
        talk = self.talks[number]
        sock = talk.line.sock if talk.line else None
        events = (READ | WRITE if talk.wants_to_write else READ) if sock else 0
        watched, before = self._watched[number]
        if watched is sock and events == before:
            return
        if watched is not None:
            with suppress(KeyError, ValueError):  # closed since: the kernel has forgotten it
                self._selector.unregister(watched)
        if sock is not None:
            self._selector.register(sock, events, number)
        self._watched[number] = (sock, events)

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
            self._wake.call()

    def _bring_opened(self) -> None:
        while self._opened:
            talk, line, error = self._opened.popleft()
            talk.opened(line, error)
            self._watch(self.talks.index(talk))
