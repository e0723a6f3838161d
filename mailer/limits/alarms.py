"""A campaign under attack: from now on its letters are confirmed by mail, until it is quiet.

It begins when an allowance of the campaign is used up, and ends an hour after the last time that
one was: so it does not go on and off with every wave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer import i18n, mails, outbox
from mailer.db import Store, Tx
from mailer.db.schema import alarm
from mailer.outbox import Sender, bell
from mailer.status import Kind

QUIET = 3600.0
"""Seconds without another sign of an attack after which it is over."""

KEPT = 7 * 86400.0
"""Seconds for which an alarm that is over is remembered."""

MANY, ODD = "many", "odd"
"""Causes: more letters than usual, or letters that look like a program's."""

FROM_NAME = "Mailer"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A campaign whose letters are confirmed by mail, for now."""

    campaign: str
    cause: str  # MANY | ODD
    since: float
    until: float  # unless it goes on


def ring(tx: Tx, campaign: str, cause: str, now: float) -> None:
    """A sign of an attack: begin its alarm, or let it last."""
    if (_until(tx, campaign) or 0.0) > now + QUIET - 1.0:
        return  # once a second is often enough: its row would be a queue for all who write
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    new = insert(alarm).values(campaign=campaign, cause=cause, since=now, until=now + QUIET)
    over = alarm.c.until <= now
    tx.execute(
        new.on_conflict_do_update(
            index_elements=[alarm.c.campaign],
            set_={
                "cause": case((over, new.excluded.cause), else_=alarm.c.cause),
                "since": case((over, new.excluded.since), else_=alarm.c.since),
                "told_at": case((over, None), else_=alarm.c.told_at),
                "until": new.excluded.until,
            },
        )
    )


def is_on(tx: Tx, campaign: str, now: float) -> bool:
    """True while a campaign's letters are confirmed by mail because of an attack."""
    until = _until(tx, campaign)
    return until is not None and until > now


def _until(tx: Tx, campaign: str) -> float | None:
    return tx.execute(_UNTIL, {"campaign_": campaign}).scalar()


_UNTIL = select(alarm.c.until).where(alarm.c.campaign == bindparam("campaign_"))


def asks(store: Store, campaign: str) -> bool:
    """The same, for a page."""
    with store.read() as tx:
        return is_on(tx, campaign, store.now(tx))


def standing(store: Store) -> tuple[Alarm, ...]:
    """The alarms of this moment, the newest first."""
    with store.read() as tx:
        present = select(alarm).where(alarm.c.until > store.now(tx))
        rows = tx.execute(present.order_by(alarm.c.since.desc(), alarm.c.campaign)).all()
    return tuple(
        Alarm(campaign=row.campaign, cause=row.cause, since=row.since, until=row.until)
        for row in rows
    )


def tell(store: Store, sender: Sender, alert_to: str) -> Sequence[str]:
    """Tell staff of each alarm once, by mail where there is an address; a line for each."""
    with store.read() as tx:
        if not tx.execute(_UNTOLD).first():
            return ()
    with store.write() as tx:
        now, told = store.now(tx), []
        for row in tx.execute(_UNTOLD.with_for_update()).all():
            this = update(alarm).where(alarm.c.campaign == row.campaign)
            tx.execute(this.values(told_at=now))
            _mail(tx, row.campaign, row.cause, sender, alert_to, now)
            told.append(f"campaign {row.campaign}: {_LINES[row.cause]}; letters are confirmed")
        tx.execute(delete(alarm).where(alarm.c.until < now - KEPT))
    return told


_UNTOLD = select(alarm).where(alarm.c.told_at.is_(None)).order_by(alarm.c.campaign)
_LINES = {MANY: "far more letters than usual", ODD: "many letters that look like a program's"}


def _mail(tx: Tx, campaign: str, cause: str, sender: Sender, alert_to: str, now: float) -> None:
    words = mails.attack_alert(campaign, odd=cause == ODD, link=f"{sender.url}/staff/")
    bell.ring(tx, *words, now=now)
    if not alert_to:
        return
    outbox.post(
        tx, Kind.ALERT, to=alert_to, subject=words[0], text=words[1], sender=sender,
        from_name=FROM_NAME, language=i18n.SOURCE, now=now,
    )  # fmt: skip
