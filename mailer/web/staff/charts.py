"""Charts as numbers for a page to draw: what stands where, and how large it is.

Bars lie in per cent of the width, so that they fit every screen while their words keep their size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_BARS = 12  # of one chart; its table has all
MOST_ROWS = 500  # of one table
LONGEST_LABEL = 34  # characters that fit beside a number on a phone
HEIGHT = 120  # of columns, in pixels
ROW = 38  # of a bar with its words, in pixels


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that is counted."""

    label: str
    value: int
    link: str = ""
    tone: str = ""  # a state, whose colour it has


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar: its words above it."""

    label: str
    value: int
    top: int  # pixels
    width: float  # per cent
    tone: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One upright bar."""

    value: int
    left: float  # per cent, as is the width
    width: float
    top: float  # pixels
    height: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart, and the table behind it."""

    id: str
    items: Sequence[Item]  # the rows of the table
    total: int
    most: int
    height: int
    bars: Sequence[Bar] = ()
    columns: Sequence[Column] = ()
    left_out: int = 0  # rows that neither has


def bars(key: str, items: Sequence[Item]) -> Chart:
    """Lying bars, the first ones of `items`."""
    shown = items[:MOST_BARS]
    most = max((item.value for item in items), default=0)
    return Chart(
        id=key, items=items[:MOST_ROWS], total=sum(item.value for item in items), most=most,
        height=ROW * len(shown), left_out=max(0, len(items) - MOST_ROWS),
        bars=[
            Bar(label=_short(item.label), value=item.value, top=ROW * place,
                width=round(100 * item.value / most, 2) if most else 0.0, tone=item.tone)
            for place, item in enumerate(shown)
        ],
    )  # fmt: skip


def columns(key: str, items: Sequence[Item]) -> Chart:
    """Upright bars in the order of `items`, which is that of time."""
    most = max((item.value for item in items), default=0)
    step = 100 / len(items) if items else 0.0
    return Chart(
        id=key, items=items, total=sum(item.value for item in items), most=most, height=HEIGHT,
        columns=[
            Column(
                value=item.value, left=round(step * (place + 0.1), 3), width=round(step * 0.8, 3),
                top=round(HEIGHT - high, 1), height=round(high, 1),
            )
            for place, item in enumerate(items)
            for high in (_height(item.value, most),)
        ],
    )  # fmt: skip


def items(
    found: Mapping[str, int], names: Mapping[str, str], *, none: str, links: Mapping[str, str]
) -> list[Item]:
    """What was counted, the most first; `none` is what has no value of its own, and stands last."""
    named = [
        Item(label=names.get(value, value), value=number, link=links.get(value, ""))
        for value, number in found.items()
        if value
    ]
    rest = found.get("", 0)
    return [*named, Item(label=none, value=rest)] if rest and named else named


def _height(value: int, most: int) -> float:
    """What there is at all can be seen."""
    return max(2.0, HEIGHT * value / most) if value else 0.0


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"
