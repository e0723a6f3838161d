"""The send log: what staff look at. Reads only; the letter table is the one truth."""

from mailer.sendlog.detail import Event, LetterPage, letter_page
from mailer.sendlog.filters import Filter, cursor_at
from mailer.sendlog.lines import count
from mailer.sendlog.listing import (
    Page,
    Row,
    counts,
    page,
    places,
    rows,
    submission_letters,
    written,
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
    "letter_page",
    "page",
    "places",
    "rows",
    "submission_letters",
    "written",
]
