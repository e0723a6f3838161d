"""What a provider or a bounce mail told: stored as it came, and the letter moved if it may.

News may come early, late, twice and in any order; none of it is lost, and each counts once.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from mailer.db import Tx
from mailer.db.schema import letter, submission
from mailer.db.schema import news as table
from mailer.events import consequences
from mailer.outbox import evidence
from mailer.outbox.evidence import Evidence
from mailer.status import State
from mailer.transports.api.base import News, Said

MEANS: dict[Said, Evidence] = {
    Said.DELIVERED: Evidence.DELIVERED,
    Said.BOUNCED: Evidence.BOUNCED,
    Said.DROPPED: Evidence.BOUNCED,
    Said.COMPLAINED: Evidence.COMPLAINED,
}
"""What moves a letter. The rest is kept and shown, and changes nothing."""

MAIL = "mail"
"""The source of what bounce mails tell; any other is a provider's name."""

LONGEST_RAW = 16_000  # characters of an event as it came
LONGEST_NOTE = 1_000
LONGEST_WORD = 100
LONGEST_ID = 200
_AGES_HENCE = 1e11  # seconds since 1970: later moments are no moments

_LETTER = re.compile(r"[0-9a-z]{26}")


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What came of one piece of news."""

    id: str
    letter: str = ""  # "" when it names none of ours
    state: State | None = None  # of the letter now
    attention: bool = False


def record_all(tx: Tx, source: str, told: Sequence[News], *, now: float) -> list[Noted]:
    """Record the news of one call; those that were known before are left out.

    Their letters are locked in one order, so that two calls never wait for each other.
    """
    ids = sorted({one.letter for one in told if _LETTER.fullmatch(one.letter)})
    if ids:
        locked = select(letter.c.id).where(letter.c.id.in_(ids)).order_by(letter.c.id)
        tx.execute(locked.with_for_update())
    found = [record(tx, source, one, now=now) for one in sorted(told, key=lambda one: one.id)]
    return [noted for noted in found if noted is not None]


def record(
    tx: Tx, source: str, news: News, *, now: float, attention: bool = False,
    gone: bool | None = None,
) -> Noted | None:  # fmt: skip
    """Store news and let it settle its letter; None when it was stored before.

    `source` is a provider's name, or "mail". With `attention` staff are asked to look at it,
    whatever it says. A letter we do not know is nobody's: the news is stored without it. `gone`
    says whether the mailbox takes no letters at all, where somebody has judged that already.
    """
    news = _clean(source, news, now)
    about = _letter(tx, news.letter)
    if about is not None and about.erased_at is not None:
        news = replace(news, note="", raw="")  # it may name whoever asked to be forgotten
    key = tx.execute(_once(tx.dialect.name), _row(source, news, about, now)).scalar()
    if key is None:
        return None
    if about is None:
        return _noted(tx, Noted(id=news.id), attention)
    state = State(about.state)
    if (kind := MEANS.get(news.said)) is not None:
        settled = evidence.record(
            tx, about.id, kind, external_id=news.id, actor=_actor(source), code=news.code,
            note=_note(news), now=now, at=news.at,
        )  # fmt: skip
        state = settled or state
    asks = consequences.follow(tx, about, news, now, gone=gone)
    return _noted(tx, Noted(id=news.id, letter=about.id, state=state), attention or asks)


def _noted(tx: Tx, noted: Noted, attention: bool) -> Noted:
    if not attention:
        return noted
    tx.execute(update(table).where(table.c.id == noted.id).values(attention=True))
    return replace(noted, attention=True)


def _letter(tx: Tx, letter_id: str) -> Row[Any] | None:
    """The letter as it was before the news."""
    if not letter_id:
        return None
    return tx.execute(_ABOUT, {"letter_": letter_id}).one_or_none()


_ABOUT: Select[Any] = (
    select(
        letter.c.id, letter.c.kind, letter.c.state, letter.c.official, letter.c.person,
        letter.c.submission, letter.c.sent_at, letter.c.tried_at, submission.c.erased_at,
    )
    .outerjoin(submission, submission.c.id == letter.c.submission)
    .where(letter.c.id == bindparam("letter_"))
    .with_for_update(of=letter)
)  # fmt: skip


@cache
def _once(dialect: str) -> ReturningInsert[str]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing(index_elements=[table.c.id]).returning(table.c.id)


def _row(source: str, news: News, about: Row[Any] | None, now: float) -> dict[str, Any]:
    return {
        "id": news.id, "source": source, "kind": news.kind, "said": news.said.value,
        "letter": about.id if about else None, "code": news.code, "note": news.note,
        "raw": news.raw, "at": news.at, "received_at": now, "attention": False,
    }  # fmt: skip


def _clean(source: str, news: News, now: float) -> News:
    """News as any database can keep it, with an id that is unique among all sources."""
    known = _LETTER.fullmatch(news.letter)
    sane = news.at is not None and math.isfinite(news.at) and 0 < news.at < _AGES_HENCE
    return replace(
        news,
        id=_id(source, news.id),
        letter=news.letter if known else "",
        kind=_text(news.kind, LONGEST_WORD),
        code=_text(news.code, LONGEST_WORD),
        note=" ".join(_text(news.note, LONGEST_NOTE).split()),
        raw=_text(news.raw, LONGEST_RAW),
        at=min(news.at, now) if sane and news.at is not None else None,
    )


def _id(source: str, own: str) -> str:
    """The id of an event among all; raises ValueError without one: it could count twice."""
    if not own:
        raise ValueError("news without an id of its own could count twice")
    cleaned = _text(own, len(own))
    if cleaned != own or len(own) > LONGEST_ID:
        cleaned = hashlib.sha256(own.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{source}:{cleaned}"


def _text(text: str, longest: int) -> str:
    """Text without what a database refuses (NUL, half characters), cut to `longest`."""
    return text[:longest].replace("\0", "").encode("utf-8", "replace").decode()


def _actor(source: str) -> str:
    return "bounce" if source == MAIL else "provider"


def _note(news: News) -> str:
    """The server's words; what the provider itself did not hand on says so."""
    if news.said is not Said.DROPPED:
        return news.note
    return f"{news.kind}: {news.note}" if news.note else news.kind
