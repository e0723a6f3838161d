"""Several lines to one account, driven by one thread: whoever has something is heard first."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic

from mailer.transports.api.line import Line, Spacing
from mailer.transports.api.talk import Errand, T, Talk
from mailer.transports.watch import Watch


class Speaker(Generic[T]):
    """A talk and its line, as they are watched."""

    def __init__(self, send: Callable[[Errand], None], timeout: float, spacing: Spacing) -> None:
        self.talk: Talk[T] = Talk(send)
        self.line = Line(self.talk, timeout, spacing)

    @property
    def wants_to_write(self) -> bool:
        """True while bytes wait for the socket to take more."""
        return self.talk.wants_to_write

    def readable(self) -> None:
        """Hear what has come."""
        if not self.talk.heard():  # nobody was asked: it hung up, or says what nobody wants to know
            self.line.hang_up()

    def writable(self) -> None:
        """Go on sending."""
        self.talk.heard()

    def close(self) -> None:
        """Hang up, whatever is under way."""
        self.talk.close()
        self.line.close()


class Loop(Generic[T]):
    """Lines to one account."""

    def __init__(self, size: int, timeout: float, spacing: Spacing) -> None:
        self._speakers: Sequence[Speaker[T]] = [
            Speaker(partial(self._send, number), timeout, spacing) for number in range(size)
        ]
        self._watch = Watch(self._speakers)
        self._done: deque[tuple[int, Errand]] = deque()
        self._lock = threading.Lock()  # guards the two around it from the threads of errands
        self._closed = False

    def begin(self, number: int, work: Callable[[Line], T]) -> None:
        """Let a line be worked with."""
        speaker = self._speakers[number]
        speaker.talk.begin(partial(work, speaker.line))
        self._watch.renew(number)
        if speaker.talk.result is not None:  # the answer was quicker than the wait for it
            self._watch.ring()

    def result(self, number: int) -> T | None:
        """What came of it; None while it is under way."""
        return self._speakers[number].talk.result

    def turn(self, seconds: float) -> None:
        """Wait for something, `seconds` at most, and let the talks go on."""
        now = time.monotonic()
        first = min(speaker.talk.deadline for speaker in self._speakers)
        if self._watch.hear(max(0.0, min(seconds, first - now))):
            self._bring()
        now = time.monotonic()
        for number, speaker in enumerate(self._speakers):
            if speaker.talk.deadline <= now:
                speaker.talk.due()
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
        for speaker in self._speakers:
            speaker.close()
        for _, errand in self._done:
            errand.undo()
        self._watch.close()

    def _send(self, number: int, errand: Errand) -> None:
        threading.Thread(target=self._there, args=(number, errand), daemon=True).start()

    def _there(self, number: int, errand: Errand) -> None:
        """Do an errand, on a thread of its own."""
        try:
            errand.act()
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            errand.error = error
        with self._lock:
            if self._closed:
                errand.undo()
                return
            self._done.append((number, errand))
            self._watch.ring()

    def _bring(self) -> None:
        while self._done:
            number, errand = self._done.popleft()
            self._speakers[number].talk.came(errand)
            self._watch.renew(number)
