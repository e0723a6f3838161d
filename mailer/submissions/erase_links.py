"""Links that were mailed to erase everything of a mailbox: signed for this alone, for a day."""

from __future__ import annotations

from mailer.submissions.day_links import LIFE, DayLink, Purpose

__all__ = ["LIFE", "PLACE", "EraseLink", "link", "read"]

EraseLink = DayLink
_ERASE = Purpose(place="/erase/", salt="mailer.erase")
PLACE, link, read = _ERASE.place, _ERASE.link, _ERASE.read
