"""The send log: what staff look at. Reads only; the letter table is the one truth."""

from mailer.sendlog.census import written
from mailer.sendlog.detail import Event, LetterPage, letter_page
from mailer.sendlog.filters import Filter, cursor_at, in_state
from mailer.sendlog.lines import count
from mailer.sendlog.listing import (
    Page,
    Row,
    counts,
    every_place,
    page,
    places,
    rows,
    submission_letters,
)

__all__ = [
    "Event",
    "Filter",
    "LetterPage",
    "Page",
    "Row",
    "count",
    "counts",
    "cursor_at",
    "every_place",
    "in_state",
    "letter_page",
    "page",
    "places",
    "rows",
    "submission_letters",
    "written",
]
