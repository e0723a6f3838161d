"""How supporters come to a campaign: so many, over some hours, along a curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

_STEEP = 2.5  # of the launch: half of the supporters come in the first quarter of the time
_WHOLE = 1 - math.exp(-_STEEP)
_ALMOST = 1e-9  # of a supporter: sums of floats must not cost one
_MIDDLE = 0.5  # each comes in the middle of the time that is theirs


class Curve(StrEnum):
    """In which rhythm they come."""

    LAUNCH = "launch"  # many at once, then fewer and fewer
    EVEN = "even"


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """So many supporters, from `begins` (seconds since 1970) on, over `seconds`."""

    supporters: int
    begins: float
    seconds: float
    curve: Curve = Curve.LAUNCH

    @property
    def ends(self) -> float:
        """When the last one has come."""
        return self.begins + self.seconds

    def by(self, moment: float) -> int:
        """How many have come at `moment`."""
        part = min(1.0, max(0.0, (moment - self.begins) / self.seconds))
        if self.curve is Curve.LAUNCH:
            part = (1 - math.exp(-_STEEP * part)) / _WHOLE
        return min(self.supporters, math.floor(self.supporters * part + _MIDDLE + _ALMOST))

    def when(self, number: int) -> float:
        """When the supporter with this number (1, 2 ...) comes."""
        part = min(1.0, (number - _MIDDLE) / self.supporters)
        if self.curve is Curve.LAUNCH:
            part = -math.log(1 - part * _WHOLE) / _STEEP
        return self.begins + self.seconds * part


@dataclass(frozen=True, kw_only=True)
class Share:
    """Which supporters write to one official: all, or one of every so many, in turn."""

    turn: int = 0  # 0, 1 ...
    turns: int = 1

    def of(self, supporters: int) -> int:
        """How many of the first so many supporters write."""
        return max(0, supporters - self.turn + self.turns - 1) // self.turns

    def number(self, letter: int) -> int:
        """The number of the supporter whose letter (1, 2 ...) this is."""
        return (letter - 1) * self.turns + self.turn + 1
