"""How many letters to claim ahead: the lines must never wait, and no letter for long."""

from __future__ import annotations

import time
from collections.abc import Sequence

from mailer.worker.crew import Crew

SOON = 0.25  # seconds for which letters are claimed ahead: whoever comes meanwhile waits so long
TOO_LONG = 2.0  # seconds that a claimed letter waits for a line at most: then others may have it
MOST = 1000


class Supply:
    """Learns how fast letters leave, and asks for so many at a time."""

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._ahead = 2 * lines  # one under way, one behind it
        self._claimed_at = 0.0
        self._scarce = False

    def is_short(self, crews: Sequence[Crew]) -> bool:
        """True when the lines will soon have nothing to do, and there may be more to claim."""
        return max(crew.waiting for crew in crews) < self._lines and self._is_worth_it()

    def most(self, crew: Crew) -> int:
        """How many letters to claim for a crew now."""
        return max(0, max(self._ahead, len(crew.idle)) - crew.waiting)

    def too_much(self, crew: Crew) -> bool:
        """True when letters wait too long for a line: from now on only idle lines get some."""
        found = crew.waited > TOO_LONG
        if found:
            self._ahead = 0
        return found

    def got(self, number: int, most: int) -> None:
        """Learn from a claim: how soon it was needed, and whether it was filled."""
        now = time.monotonic()
        took, self._claimed_at = now - self._claimed_at, now
        self._scarce = number < most
        if self._scarce:
            return
        if took < SOON / 2:
            self._ahead *= 2
        elif took > SOON:
            self._ahead //= 2
        least = 2 * self._lines if took < TOO_LONG else 0
        self._ahead = min(MOST, max(least, self._ahead))

    def _is_worth_it(self) -> bool:
        """False for a moment after a claim that found too little: asking is not free."""
        return not self._scarce or time.monotonic() > self._claimed_at + SOON / 10
