"""A simulation on a terminal: a table of the officials, and a line of time for each."""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from mailer.campaigns.values import Campaign
from mailer.cli import base
from mailer.cli.verdict import Verdict, listed, span
from mailer.outbox.arrivals import Curve
from mailer.outbox.progression import Course
from mailer.outbox.simulation import Outcome, Plan

WIDTH = 100  # of the page where there is no terminal
ALIKE = 12  # officials: of more, those with the same course share a row
_LONGEST_NAME = 28
_HEADS = ("official", "letters", "pace", "first", "last", "most/hour", "max. wait")
_HOURS_SHOWN = 36 * 3600.0  # seconds of a timeline that is ruled by hours, not by days
_DAYS_REPEAT = 27 * 86400.0  # seconds after which a day's number alone is not clear
_APART = 8  # columns between two marks of the ruler
_FULL = "-=#"  # up to a third, two thirds, and all of the busiest


def show(outcome: Outcome, verdict: Verdict, campaign: Campaign) -> None:
    """Print it: what was asked, the table, the timeline, the answer."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    for sentence in _asked(outcome.plan, campaign):
        _paragraph(sentence, width)
    groups = _groups(outcome.courses)
    click.echo()
    base.print_table(_table(groups, campaign))
    click.echo()
    for line in _timeline(groups, outcome.plan, campaign, width):
        click.echo(line)
    click.echo()
    _paragraph(verdict.sentence, width, bold=True)
    for hint in verdict.hints:
        _paragraph(hint, width, first=click.style("hint: ", fg="yellow"), indent=6)
    _paragraph(" ".join(verdict.assumed), width, first="Assumed: ")


Group = tuple[str, Course]
"""A name for some officials, and the course that all of them took."""


def _groups(courses: Sequence[Course]) -> list[Group]:
    if len(courses) <= ALIKE:
        return [(course.line.official, course) for course in courses]
    alike: dict[object, list[Course]] = {}
    for course in courses:
        line = course.line
        shown = (line.pace, line.hours, line.zone, course.letters, course.peak, course.counts)
        alike.setdefault(shown, []).append(course)
    return [(listed([one.line.official for one in same]), same[0]) for same in alike.values()]


def _asked(plan: Plan, campaign: Campaign) -> list[str]:
    arrivals, zone = plan.arrivals, campaign.timezone
    begins = datetime.fromtimestamp(arrivals.begins, ZoneInfo(zone))
    quarter = span(arrivals.seconds / 4)
    how = f"half of them in the first {quarter}" if arrivals.curve is Curve.LAUNCH else "evenly"
    return [
        f"{campaign.version('').title}: {arrivals.supporters:,} supporters,"
        f" {plan.letters:,} letters to {len(plan.lines)} official{'s'[: len(plan.lines) - 1]}.",
        f"They come over {span(arrivals.seconds)} from {begins:%a %d %b %Y %H:%M} on ({zone}),"
        f" {how} (--arrival {arrivals.curve.value}).",
    ]


def _table(groups: Sequence[Group], campaign: Campaign) -> list[tuple[str, ...]]:
    """The rows of the table; times are those of the office's clock."""
    abroad = any(course.line.zone != campaign.timezone for _, course in groups)
    rows: list[tuple[str, ...]] = [(*_HEADS, "time zone" if abroad else "")]
    form = _form(groups)
    for name, course in groups:
        zone = course.line.zone
        first, last = (
            f"{datetime.fromtimestamp(moment, ZoneInfo(zone)):{form}}" if moment else "-"
            for moment in (course.first, course.last)
        )
        rows.append((
            _short(name), f"{course.letters:,}", str(course.line.pace), first, last,
            f"{course.peak:,}", _brief(course.longest_wait), zone if abroad else "",
        ))  # fmt: skip
    return rows


def _form(groups: Sequence[Group]) -> str:
    """How moments are written: with the month only where the days repeat."""
    moments = [one for _, course in groups for one in (course.first, course.last) if one]
    long = not moments or max(moments) - min(moments) > _DAYS_REPEAT
    return "%a %d %b %H:%M" if long else "%a %d %H:%M"


def _brief(seconds: float) -> str:
    """A span of time as narrow as it can be said: 4d 7h."""
    days, hours = divmod(round(seconds / 3600), 24)
    if days:
        return f"{days}d {hours}h"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m"


def _timeline(
    groups: Sequence[Group], plan: Plan, campaign: Campaign, width: int
) -> list[str]:  # fmt: skip
    """A ruler with the days, and a row for each official."""
    label = max(len(_short(name)) for name, _ in groups) + 2
    cells = max(len(course.counts) for _, course in groups)
    room = max(20, width - label - 1)
    merge = max(1, math.ceil(cells / room))
    columns = math.ceil(cells / merge)
    rows = [(name, _merged(course, merge)) for name, course in groups]
    most = max((gone for _, merged in rows for gone, _ in merged), default=0)
    each = span(merge * plan.every)
    legend = f"Each column is {each}: # as many as {most:,} letters, = fewer, - few, . none leaves"
    ruler = " " * label + _ruler(plan, campaign, columns, merge * plan.every)
    drawn = [
        f"{_short(name):<{label}}{''.join(_mark(gone, left, most) for gone, left in merged)}"
        for name, merged in rows
    ]
    lines = [*textwrap.wrap(f"{legend} though some wait.", width), ruler, *drawn]
    return [line.rstrip() for line in lines]


def _merged(course: Course, merge: int) -> list[tuple[int, int]]:
    """Of each column, how many letters left and how many waited at its end."""
    starts = range(0, len(course.counts), merge)
    return [
        (sum(course.counts[at : at + merge]), course.waiting[at : at + merge][-1]) for at in starts
    ]


def _mark(gone: int, left: int, most: int) -> str:
    if not gone:
        return "." if left else " "
    return _FULL[min(2, 3 * gone // most)]


def _ruler(plan: Plan, campaign: Campaign, columns: int, each: float) -> str:
    """The time where it stands, by the campaign's clock: days, or hours where there is one day."""
    zone, begins = ZoneInfo(campaign.timezone), plan.arrivals.begins
    marks: dict[int, str] = {}
    if columns * each <= _HOURS_SHOWN:
        for at in range(0, columns, _APART):
            marks[at] = f"|{datetime.fromtimestamp(begins + at * each, zone):%H:%M}"
    else:
        day = datetime.fromtimestamp(begins, zone)
        while (at := max(0, math.ceil((day.timestamp() - begins) / each - 1e-6))) < columns:
            if not marks or at - max(marks) >= _APART:
                marks[at] = f"|{day:%a %d}"
            day = (day + timedelta(days=1)).replace(hour=0, minute=0)
    ruler = ""
    for at, mark in marks.items():
        ruler = f"{ruler:<{at}}{mark}"
    return ruler


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _paragraph(
    text: str, width: int, *, first: str = "", indent: int = 0, bold: bool = False
) -> None:  # fmt: skip
    """Text in lines of the page's width; `first` stands before it and may be coloured."""
    plain = len(click.unstyle(first))
    lines = textwrap.wrap(text, max(40, width), initial_indent=" " * plain,
                          subsequent_indent=" " * indent)  # fmt: skip
    for number, line in enumerate(lines):
        shown = first + line[plain:] if number == 0 else line
        click.echo(click.style(shown, bold=True) if bold else shown)
