"""How long requests took, counted by all processes that serve the pages.

Each process has a slot of its own in memory that all of them see, so nobody waits for anybody, and
whichever process is asked can tell of all. The slot of a process that has ended goes on to the
next one with what was counted, so that counts never fall.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import threading
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets, in seconds."""

PAGES = 40  # kinds of pages that are told apart; those beyond count as the first
CLASSES = 5  # 1xx to 5xx
_CELLS = len(BOUNDS) + 2  # each bucket, the rest, the sum
_OWNER = 1
_CLAIM = 1.0  # seconds to wait for another process that looks for a slot


@dataclass(frozen=True, kw_only=True)
class Series:
    """What was counted of one kind of page and one class of answers."""

    page: int
    status: int  # 2 for 2xx
    buckets: tuple[int, ...]  # one more than BOUNDS: those that took longer
    seconds: float  # in all


class Timings:
    """Counts of requests by kind of page, class of answer and time. Make it before the fork."""

    def __init__(self, slots: int = 1) -> None:
        self._slots = slots
        self._size = _OWNER + PAGES * CLASSES * _CELLS
        self._memory = mmap.mmap(-1, 8 * slots * self._size)  # all zeros, seen by children too
        self._cells = memoryview(self._memory).cast("d")
        self._claiming = multiprocessing.get_context("fork").Lock()
        self._lock = threading.Lock()
        self._process, self._mine = -1, -1

    def count(self, page: int, status: int, seconds: float) -> None:
        """Count one answer."""
        start = self._slot() + _OWNER + _series(page, status)
        with self._lock:
            self._cells[start + bisect_left(BOUNDS, seconds)] += 1
            self._cells[start + _CELLS - 1] += seconds

    def series(self) -> Iterator[Series]:
        """All that was counted by all processes; what never happened is left out."""
        for page in range(PAGES):
            for status in range(1, CLASSES + 1):
                first = _OWNER + _series(page, status)
                cells = [
                    sum(
                        self._cells[slot * self._size + first + cell] for slot in range(self._slots)
                    )
                    for cell in range(_CELLS)
                ]
                if any(cells):
                    yield Series(
                        page=page, status=status, buckets=tuple(map(int, cells[:-1])),
                        seconds=cells[-1],
                    )  # fmt: skip

    def _slot(self) -> int:
        """Where this process counts: looked for once, after the fork."""
        if self._process != os.getpid():
            self._lock = threading.Lock()
            self._mine = self._claim() * self._size
            self._process = os.getpid()
        return self._mine

    def _claim(self) -> int:
        """A slot nobody living has; the last one where there is none."""
        held = self._claiming.acquire(timeout=_CLAIM)
        try:
            owners = [int(self._cells[slot * self._size]) for slot in range(self._slots)]
            free = (slot for slot, owner in enumerate(owners) if not _lives(owner))
            slot = next(free, self._slots - 1)
            self._cells[slot * self._size] = float(os.getpid())
            return slot
        finally:
            if held:
                self._claiming.release()


def _series(page: int, status: int) -> int:
    page = page if page < PAGES else 0
    return (page * CLASSES + min(max(status, 1), CLASSES) - 1) * _CELLS


def _lives(process: int) -> bool:
    if not process or process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
