"""The send log: what staff look at. Reads only; the letter table is the one truth."""

from mailer.sendlog.detail import Event, LetterPage, letter_page
from mailer.sendlog.listing import (
    Filter,
    Page,
    Row,
    counts,
    page,
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
    "counts",
    "letter_page",
    "page",
    "rows",
    "submission_letters",
    "written",
]
