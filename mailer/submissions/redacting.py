"""What others said of a letter, without who it is from: servers, providers and bounces quote us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, false, func, or_, select, update

from mailer import privacy
from mailer.db import Tx
from mailer.db.schema import letter, letter_event, news
from mailer.privacy import Erasing

ERASED = "erased"
"""What stands where a name or an address stood."""

SHORTEST = 3
"""Characters of a name that is looked for: shorter ones stand in half of all words."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """What somebody is named by in others' words."""

    email: str
    name: str

    def taken_from(self, text: str) -> str:
        """The text without them."""
        for found in self._patterns():
            text = found.sub(f"({ERASED})", text)
        return text

    def stands_in(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """A condition on a column: that it may name them."""
        lower = func.lower(column)
        words = (lower.contains(one.lower(), autoescape=True) for one in self._words())
        return or_(false(), *words)

    def _words(self) -> list[str]:
        return [one for one in (self.email, self.name) if len(one) >= SHORTEST]

    def _patterns(self) -> list[re.Pattern[str]]:
        return [re.compile(rf"(?<!\w){re.escape(one)}(?!\w)", re.I) for one in self._words()]


def redact(tx: Tx, row: Row[Any], whom: Named, *, ours: bool) -> None:
    """Take somebody out of what was said of a letter; of a mail to them (`ours`) nothing stays."""
    answer = "" if ours else whom.taken_from(row.answer)
    blank = dict.fromkeys(privacy.blanked("letter"), "")
    tx.execute(update(letter).where(letter.c.id == row.id).values(**blank, answer=answer))
    _events(tx, row.id, whom, ours=ours)
    told = select(news.c.id, news.c.note).where(news.c.letter == row.id)
    for one in tx.execute(told).all():
        _news(tx, one.id, note="" if ours else whom.taken_from(one.note))


def redact_strays(tx: Tx, whom: Named) -> None:
    """The same for what came back and names no letter of ours."""
    named = whom.stands_in(news.c.raw) | whom.stands_in(news.c.note)
    strays = select(news.c.id, news.c.note).where(news.c.letter.is_(None), named)
    for one in tx.execute(strays).all():
        _news(tx, one.id, note=whom.taken_from(one.note))


def _events(tx: Tx, letter_id: str, whom: Named, *, ours: bool) -> None:
    this = letter_event.c.letter == letter_id
    if ours:
        # By a server, in its own words; staff have none of theirs.
        by_staff = letter_event.c.actor.startswith("staff:")
        told = letter_event.c.external_id.is_not(None) & ~by_staff
        said = (letter_event.c.transport != "") | told
        tx.execute(update(letter_event).where(this, said).values(note=""))
    quoting = select(letter_event.c.id, letter_event.c.note).where(
        this, whom.stands_in(letter_event.c.note)
    )
    for event in tx.execute(quoting).all():
        note = whom.taken_from(event.note)
        tx.execute(
            update(letter_event).where(this, letter_event.c.id == event.id).values(note=note)
        )


def _news(tx: Tx, news_id: str, *, note: str) -> None:
    blank = dict.fromkeys(privacy.blanked("news", Erasing.BLANK), "")
    tx.execute(update(news).where(news.c.id == news_id).values(**blank, note=note))
