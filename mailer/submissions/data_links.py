"""Links that were mailed to see everything that is kept of a mailbox: for this alone, for a day."""

from __future__ import annotations

from mailer.submissions.day_links import LIFE, DayLink, Purpose

__all__ = ["LIFE", "PLACE", "DataLink", "link", "read"]

DataLink = DayLink
_SEE = Purpose(place="/data/", salt="mailer.data")
PLACE, link, read = _SEE.place, _SEE.link, _SEE.read
