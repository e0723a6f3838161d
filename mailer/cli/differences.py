"""What differs between two lists of officials, in lines for a terminal and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from mailer.campaigns import reach
from mailer.campaigns.reach import Reach
from mailer.officials import changes
from mailer.officials.changes import Changes, Entry, Field
from mailer.officials.values import Officials


class Difference:
    """Two lists compared, and what it means for each campaign on some days."""

    def __init__(
        self,
        before: Officials,
        after: Officials,
        files: Mapping[str, str],
        days: Sequence[date],
    ) -> None:
        self.changes: Changes = changes.compare(before, after)
        self.reaches: tuple[Reach, ...] = tuple(
            reach.compare(campaign, before, after, day)
            for day in days
            for campaign in reach.campaigns(files)
        )

    def __bool__(self) -> bool:
        return bool(self.changes) or any(self.reaches)

    def lines(self) -> Iterator[str]:
        """What differs, for a person."""
        kinds = (("New", "+", self.changes.new), ("Gone", "-", self.changes.gone),
                 ("Changed", "~", self.changes.changed))  # fmt: skip
        for title, sign, entries in kinds:
            if entries:
                yield f"{title} ({len(entries):,}):"
            for entry in entries:
                address = f" <{entry.email}>" if entry.email and sign != "~" else ""
                yield f"  {sign} {_called(entry)}{address}"
                yield from (f"      {_said(field)}" for field in entry.fields)
        day = None
        for one in self.reaches:
            if one.day != day:
                day = one.day
                yield f"Who gets letters on {day}:"
            yield from reached(one)

    def as_data(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            **asdict(self.changes),
            "campaigns": [asdict(one) | {"day": one.day.isoformat()} for one in self.reaches],
        }


def _called(entry: Entry) -> str:
    kind = "" if entry.kind == "official" else f"{entry.kind} "
    return f"{kind}{entry.id}" + (f"  {entry.name}" if entry.name != entry.id else "")


def _said(field: Field) -> str:
    return f"{field.name}: {field.before or '(nothing)'} -> {field.after or '(nothing)'}"


def reached(one: Reach) -> Iterator[str]:
    """Who gets a campaign's letters newly, who no longer, and whose address is another."""
    many = f"{one.count:,}" if one.count == one.before else f"{one.before:,} -> {one.count:,}"
    yield f"  {one.campaign} ({one.status}): {many}" + ("" if one else ", the same")
    yield from (f"    + {person.name} <{person.email}>" for person in one.new)
    yield from (f"    - {person.name} <{person.email}>" for person in one.gone)
    yield from (f"    ~ {person.name}: {person.before} -> {person.after}" for person in one.moved)
