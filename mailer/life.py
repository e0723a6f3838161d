"""What staff decide about a campaign beside its files: closed or not, a pause, its links."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache

from sqlalchemy import Insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Store, Tx, marks
from mailer.db.schema import campaign_life, lane

Notice = Mapping[str, str]
"""What a page tells of a pause, by language."""

_LINK = "draft-link-closed/"


def close(tx: Tx, campaign: str, *, now: float) -> bool:
    """Take no more letters in, whatever the files say; False when it was closed already."""
    _ensure(tx, campaign)
    open_ = update(campaign_life).where(
        campaign_life.c.campaign == campaign, campaign_life.c.closed_at.is_(None)
    )
    return tx.execute(open_.values(closed_at=now)).rowcount > 0


def reopen(tx: Tx, campaign: str) -> bool:
    """Let the files say again whether a campaign is open; False when it was not closed by staff."""
    closed_ = update(campaign_life).where(
        campaign_life.c.campaign == campaign, campaign_life.c.closed_at.is_not(None)
    )
    return tx.execute(closed_.values(closed_at=None)).rowcount > 0


def closed(store: Store) -> dict[str, float]:
    """When staff closed each campaign that they did close."""
    statement = select(campaign_life.c.campaign, campaign_life.c.closed_at)
    with store.read() as tx:
        rows = tx.execute(statement.where(campaign_life.c.closed_at.is_not(None))).all()
    return {row.campaign: row.closed_at for row in rows}


def is_closed(store: Store, campaign: str) -> bool:
    """True when staff closed a campaign."""
    statement = select(campaign_life.c.closed_at).where(campaign_life.c.campaign == campaign)
    with store.read() as tx:
        return tx.execute(statement).scalar() is not None


def tell(tx: Tx, campaign: str, notice: Notice, *, of: float) -> None:
    """Keep what the page tells while the pause that began at the moment `of` lasts."""
    _ensure(tx, campaign)
    said = json.dumps(dict(notice), sort_keys=True, ensure_ascii=False) if notice else ""
    mine = update(campaign_life).where(campaign_life.c.campaign == campaign)
    tx.execute(mine.values(notice=said, notice_of=of))


def notice(store: Store, campaign: str, switch: str) -> Notice:
    """What the page tells while `switch`, the campaign's own, is paused; empty otherwise.

    A pause that began later has a notice of its own, or none.
    """
    statement = (
        select(campaign_life.c.notice)
        .join(lane, lane.c.since == campaign_life.c.notice_of)
        .where(campaign_life.c.campaign == campaign, lane.c.id == switch, lane.c.paused)
    )
    with store.read() as tx:
        said = tx.execute(statement).scalar()
    return dict(json.loads(said)) if said else {}


def close_link(tx: Tx, token: str, ends_at: float, *, now: float) -> bool:
    """Open a private link to nobody any more; False when it was closed already.

    What is noted of links that are over by themselves is forgotten.
    """
    for mark, ended in marks.beginning(tx, _LINK).items():
        if float(ended) <= now:
            marks.drop(tx, _LINK + mark)
    mark = _LINK + _mark_of(token)
    known = bool(marks.get(tx, mark))
    marks.put(tx, mark, str(ends_at))
    return not known


def is_link_closed(store: Store, token: str) -> bool:
    """True when somebody has closed this private link."""
    with store.read() as tx:
        return bool(marks.get(tx, _LINK + _mark_of(token)))


def _mark_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _ensure(tx: Tx, campaign: str) -> None:
    tx.execute(_unless_there(tx.dialect.name), {"campaign": campaign})


@cache
def _unless_there(dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(campaign_life).on_conflict_do_nothing()
