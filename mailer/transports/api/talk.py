"""Work that waits without holding up others in its thread.

It is written as if it waited, as `requests` is, and runs in a greenlet: where it would wait it is
left as it stands, and goes on when its socket has something to say, when its time is over, or when
a thread of its own is done.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Generic, TypeVar

from greenlet import error, getcurrent, greenlet

NEVER = float("inf")

T = TypeVar("T")


class Errand:
    """What a thread of its own does, and how it is undone when nobody waits for it any more."""

    def __init__(self, act: Callable[[], None], undo: Callable[[], None]) -> None:
        self.act = act
        self.undo = undo
        self.error: Exception | None = None


class _For(Enum):
    """What a talk waits for."""

    NOTHING = auto()
    SOCKET = auto()
    MOMENT = auto()
    ERRAND = auto()


class Talk(Generic[T]):
    """One piece of work after another. `send` does an errand elsewhere, and then calls `came`.
    Moments are by time.monotonic()."""

    def __init__(self, send: Callable[[Errand], None]) -> None:
        self._send = send
        self._work = self._thread = greenlet()
        self._waits = _For.NOTHING
        self._errand: Errand | None = None
        self.wants_to_write = False
        self.deadline = NEVER  # when something is to happen by itself
        self.result: T | None = None  # of work that came to its end

    # What drives it says

    def begin(self, work: Callable[[], T]) -> None:
        """Let it work until it waits; `result` is there when it is done."""
        here, self.result = getcurrent(), None
        if not self._work or here is not self._thread:
            # It stays for what comes next, in this thread: a new one costs a tenth of a request.
            self._work, self._thread = greenlet(self._run), here
        self._work.switch(work)

    def heard(self) -> bool:
        """Go on if it is the socket it waits for; false when it does not."""
        if self._waits is not _For.SOCKET:
            return False
        self._go_on()
        return True

    def came(self, errand: Errand) -> None:
        """Go on after an errand; one that comes too late is undone."""
        if errand is self._errand:
            self._go_on()
        else:
            errand.undo()

    def due(self) -> None:
        """Go on at the deadline: a pause is over, or it waited for too long."""
        self._go_on(None if self._waits is _For.MOMENT else TimeoutError())

    def close(self) -> None:
        """End the work where it stands."""
        self._waits, self.deadline = _For.NOTHING, NEVER
        with suppress(error):  # another thread's ends by itself, when nobody holds it any more
            if self._work:
                self._work.throw()

    # What it works at says

    def wait(self, until: float, *, write: bool) -> None:
        """Wait until the socket has something, or takes more; raises TimeoutError."""
        self.wants_to_write = write
        self._wait(_For.SOCKET, until)

    def pause(self, until: float) -> None:
        """Wait for a moment."""
        self._wait(_For.MOMENT, until)

    def elsewhere(
        self, act: Callable[[], None], undo: Callable[[], None], until: float
    ) -> None:  # fmt: skip
        """Have something done by a thread of its own; raises what it raised, or TimeoutError."""
        errand = self._errand = Errand(act, undo)
        self._send(errand)
        try:
            self._wait(_For.ERRAND, until)
        finally:
            self._errand = None
        if errand.error is not None:
            raise errand.error

    def _run(self, work: Callable[[], T]) -> None:
        while True:
            self.result = work()
            work = self._thread.switch()

    def _wait(self, what: _For, until: float) -> None:
        self._waits, self.deadline = what, until
        fault = self._thread.switch()
        if fault is not None:
            raise fault

    def _go_on(self, fault: Exception | None = None) -> None:
        self._waits, self.deadline, self.wants_to_write = _For.NOTHING, NEVER, False
        self._work.switch(fault)
