"""What a relay may do wrong, and when: faults by name, drawn by a seed with given odds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

CONNECT, MAIL, RCPT, DATA, BODY, DOT = "connect", "mail", "rcpt", "data", "body", "dot"
PHASES = (CONNECT, MAIL, RCPT, DATA, BODY, DOT)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One misdeed: at which phase, what, and whether the letter was taken before it."""

    phase: str
    does: str  # a code that refuses, or: cut | hang | garbage | slow
    took: bool = False  # at the dot only: the letter is the relay's, though it never says so

    @property
    def name(self) -> str:
        """As it is written on the command line and in the log: dot-cut-took."""
        return f"{self.phase}-{self.does}" + ("-took" if self.took else "")

    @property
    def code(self) -> int:
        """The code that refuses, or 0."""
        return int(self.does) if self.does.isdigit() else 0


def _every() -> dict[str, Fault]:
    found = [Fault(phase=CONNECT, does=does) for does in ("421", "554", "cut", "hang", "garbage")]
    for phase in (MAIL, RCPT, DATA):
        kinds = ("421", "451", "452", "550", "cut", "hang", "garbage", "slow")
        found += [Fault(phase=phase, does=does) for does in kinds]
    found += [Fault(phase=BODY, does=does) for does in ("cut", "hang")]
    found += [Fault(phase=DOT, does=does) for does in ("421", "451", "452", "550")]
    for does in ("cut", "hang", "garbage"):
        found += [Fault(phase=DOT, does=does), Fault(phase=DOT, does=does, took=True)]
    found.append(Fault(phase=DOT, does="slow", took=True))
    return {fault.name: fault for fault in found}


EVERY = _every()
"""Every fault there is, by its name."""


class Weather:
    """Draws what goes wrong next; the same seed draws the same row."""

    def __init__(self, seed: int, odds: float, names: Sequence[str] = tuple(EVERY)) -> None:
        self._dice = random.Random(f"weather {seed}")
        self._odds = odds
        faults = [EVERY[name] for name in names]
        self._connecting = [fault for fault in faults if fault.phase == CONNECT]
        self._carrying = [fault for fault in faults if fault.phase != CONNECT]

    def on_connect(self) -> Fault | None:
        """What goes wrong with a new connection, if anything."""
        return self._draw(self._connecting)

    def on_letter(self) -> Fault | None:
        """What goes wrong with the next letter, if anything."""
        return self._draw(self._carrying)

    def _draw(self, faults: Sequence[Fault]) -> Fault | None:
        if not faults or self._dice.random() >= self._odds:
            return None
        return self._dice.choice(faults)
