"""A store whose commits can be watched, lost, or died at."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailer.db import Store, Tx
from mailer.errors import StoreError

Act = Callable[[], None]
DIED = 9  # exit code of a process that died where it was told to


def nothing() -> None:
    """Do nothing."""


class Watched(Store):
    """Calls `before` when a transaction has done all but commit, and `after` when it has."""

    def __init__(
        self,
        url: str,
        *,
        before: Act = nothing,
        after: Act = nothing,
        clock: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(url, clock=clock)
        self._before, self._after = before, after

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction, watched."""
        with super().write() as tx:
            yield tx
            self._before()
        self._after()


class Sometimes:
    """Does something at a third of all calls, drawn by a seed."""

    def __init__(self, seed: int, act: Act) -> None:
        self._dice = random.Random(f"sometimes {seed}")
        self._act = act
        self.times = 0

    def __call__(self) -> None:
        """One more call."""
        if self._dice.random() < 1 / 3:
            self.times += 1
            self._act()


class Fuse:
    """Counts crash points, and ends the process at the n-th: no cleaning up, no last word."""

    def __init__(self, number: int) -> None:
        self._left = number

    def __call__(self) -> None:
        """One more crash point."""
        self._left -= 1
        if self._left == 0:
            os._exit(DIED)


def lose() -> None:
    """The connection to the database breaks here."""
    raise StoreError("the database cannot be used: the connection was lost")
