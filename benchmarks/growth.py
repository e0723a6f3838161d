"""Does any input cost more than its length? Every regular expression, and everything that parses.

Each is given texts made to take long, of 10, 20, 40 and 80 KB. Told is the processor time of the
costliest at 80 KB and by which power of the length it grew (1 is linear, 2 the square), and for
what parses also how many calls of functions it took: that number is exact and no clock's. What
grows by a power above 1.5 and takes more than 5 ms is named, and the exit code is 1.
Run it with: python -m benchmarks.growth
"""

from __future__ import annotations

import gc
import importlib
import logging
import math
import pkgutil
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mailer
from benchmarks.growth_subjects import SUBJECTS

SIZES = (10_000, 20_000, 40_000, 80_000)
TOO_STEEP, TOO_SHORT, ROUNDS = 1.5, 0.005, 2
NOTHING = TOO_SHORT / (SIZES[-1] / SIZES[0]) ** 2
"""Seconds for the shortest text below which even the square stays too short to matter."""

SUSPICIOUS = 1.25
"""The power up to which an expression is not asked about longer texts: there are many of both."""

LONGEST = 1.0  # seconds after which a text need not be made longer to know

PIECES = (
    "a", "A", "0", " ", "\t", "\n", ".", "-", "_", "@", "<", "(", "[", "{", '"', "'", "=", "?", "!",
    ":", ";", "/", "*", "|", "~", "#", "%", "a ", "a.", "a-", "a@", "0.", "0 ", "ab ", "<a", "{{",
    "{%", "=?", "://", "www.", "\n ", "\r\n", "a\n", "* ", "--", 'a"', "\\", "é", "Ã", "[a](",
    "__a", "**a", "5.1.", "550 ", "a: ",
    '"" ', "<a@b.example> ", "if ", '\\"', "a:", "0:", "&a", "ab=",
)  # fmt: skip

SHORT = {
    "bounces.signs._SUBJECT": 300, "records.yaml_words._CUT": 400, "records.toml_words._AT": 400,
    "officials.hours._SPACES": 200, "officials.hours._ALMOST": 200,
}  # fmt: skip
"""Expressions that see a text only if it is no longer than this: whoever asks them sees to it."""

_ASKED = r"\b{}\.(match|fullmatch|search|finditer|findall|sub|subn|split)\("


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How the cost of something grew."""

    name: str
    piece: str
    seconds: float  # at the greatest length that was tried
    power: float
    calls: float = 1.0  # the power by which the number of calls grew

    @property
    def steep(self) -> bool:
        """True when an input costs more than its length."""
        return self.calls > TOO_STEEP or (self.power > TOO_STEEP and self.seconds > TOO_SHORT)


def main() -> int:
    """Print what was found; 1 where something grows faster than its input."""
    logging.disable(logging.WARNING)  # the pages tell of each form that they refuse
    found = [worst(name, lambda text, ask=ask: ask(text), short) for name, ask, short in patterns()]
    steep = [one for one in found if one.steep]
    slowest = max(found, key=lambda one: (not one.steep, one.seconds))
    print(f"{len(found)} regular expressions, {len(PIECES)} texts each, up to {SIZES[-1]:,} signs;")
    cost = f"{slowest.seconds * 1000:.1f} ms, power {slowest.power:.1f}"
    print(f"of those that grow evenly the costliest at {SIZES[1]:,}: {slowest.name}, {cost}")
    for name, (ask, pieces) in SUBJECTS.items():
        one = worst(name, ask, 0, pieces, counted=True)
        print(f"{name:<34} {one.seconds * 1000:8.1f} ms  power {one.power:4.1f}"
              f"  calls {one.calls:4.1f}  {one.piece[:20]!r}")  # fmt: skip
        steep += [one] * one.steep
    for one in steep:
        print(f"TOO STEEP: {one.name} of {one.piece[:20]!r}: {one.seconds:.3f} s, {one.power:.1f}")
    return bool(steep)


def worst(
    name: str, ask: Callable[[str], object], short: int, pieces: tuple[str, ...] = PIECES, *,
    counted: bool = False,
) -> Growth:  # fmt: skip
    """The text that is the worst for something: the steepest of those that take long, at all."""
    grown: list[Growth] = []
    for piece in pieces:
        grown.append(growth(name, ask, piece, short, counted=counted))
        if grown[-1].steep:
            return grown[-1]  # one is enough
    return max(grown, key=lambda one: one.seconds)


def growth(
    name: str, ask: Callable[[str], object], piece: str, short: int, *, counted: bool,
    rounds: int = 1,
) -> Growth:  # fmt: skip
    """What texts of one piece cost as they become longer; what looks steep is asked again."""
    took = [seconds(ask, made(piece, short or SIZES[0]), rounds)]
    for size in SIZES[1:] if took[0] > NOTHING else ():
        took.append(seconds(ask, made(piece, short or size), rounds))
        even = not counted and len(took) == 2 and took[1] < took[0] * 2**SUSPICIOUS
        if even or took[-1] > LONGEST:
            break
    first = took[-3] if len(took) > 2 else took[0]  # over a length four times as great
    power = math.log2(took[-1] / first) / min(2, len(took) - 1) if len(took) > 1 else 0.0
    if power > TOO_STEEP and took[-1] > TOO_SHORT and rounds == 1:
        return growth(name, ask, piece, short, counted=counted, rounds=ROUNDS)
    grew = power_of_calls(ask, piece) if counted else 1.0
    return Growth(name=name, piece=piece, seconds=took[-1], power=power, calls=grew)


def made(piece: str, size: int) -> str:
    """The piece again and again, as long as wanted."""
    return (piece * (size // len(piece) + 1))[:size]


def seconds(ask: Callable[[str], object], text: str, rounds: int) -> float:
    """Processor time of one question, the least of some rounds."""
    best = math.inf
    gc.disable()  # what earlier questions left is not this one's
    for _ in range(rounds):
        start = time.process_time()
        ask(text)
        best = min(best, time.process_time() - start)
    gc.enable()
    return max(best, 1e-6)


def power_of_calls(
    ask: Callable[[str], object], piece: str, sizes: tuple[int, int] = SIZES[:2]
) -> float:  # fmt: skip
    """By which power of the length the number of calls grows, from one size to twice as much."""
    few, many = (calls(ask, made(piece, size)) for size in sizes)
    return math.log2(many / few)


def calls(ask: Callable[[str], object], text: str) -> int:
    """How many functions are called, ours and those in C."""
    number = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal number
        number += event in {"call", "c_call"}

    ask(text)  # what is made once and kept does not count
    sys.setprofile(count)
    try:
        ask(text)
    finally:
        sys.setprofile(None)
    return number


def patterns() -> Iterator[tuple[str, Callable[[str], object], int]]:
    """Every regular expression of the program: its name, how it is asked, and its longest text."""
    seen: set[int] = set()
    for module in pkgutil.walk_packages(mailer.__path__, "mailer."):
        if "migrations" in module.name or module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        source = Path(str(loaded.__file__)).read_text(encoding="utf-8")
        for name, value in vars(loaded).items():
            for number, one in enumerate(_inside(value)):
                if id(one) not in seen:
                    seen.add(id(one))
                    full = f"{module.name.removeprefix('mailer.')}.{name}"
                    numbered = f"{full}[{number}]" if one is not value else full
                    yield numbered, _asker(one, _how(name, source)), SHORT.get(full, 0)


def _inside(value: Any) -> Iterator[re.Pattern[Any]]:
    """The regular expressions in a value of a module, however deep."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _inside(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _inside(one)


def _how(name: str, source: str) -> frozenset[str]:
    """The methods by which an expression is asked; those of a list are each called `shape`."""
    ways = (re.findall(_ASKED.format(one), source) for one in (name, "shape", r"\w+"))
    return frozenset(next(filter(None, ways), ["search"]))


def _asker(pattern: re.Pattern[Any], how: frozenset[str]) -> Callable[[str], object]:
    """Asks a text as the program does: from its beginning only, or everywhere."""
    anchored = how <= {"match", "fullmatch"}

    def ask(text: str) -> object:
        given: Any = text if isinstance(pattern.pattern, str) else text.encode()
        if anchored:
            return pattern.fullmatch(given) if how == {"fullmatch"} else pattern.match(given)
        return sum(1 for _ in pattern.finditer(given))

    return ask


if __name__ == "__main__":
    sys.exit(main())
