"""Telling staff by mail that an official is paused, because a letter came back: once a pause."""

from __future__ import annotations

from sqlalchemy import func, select

from mailer import mails, outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter
from mailer.officials.values import Officials
from mailer.outbox import dead
from mailer.outbox.dead import Dead
from mailer.status import State
from mailer.submissions import alerts
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.alerts import Desk


def tell(store: Store, desk: Desk, officials: Officials) -> list[str]:
    """Mail staff each pause they do not know of; returns lines for the log."""
    with store.read() as tx:
        if not dead.untold(tx):
            return []
    with store.write() as tx:
        one_at_a_time(tx, "dead mailboxes")
        now, found = store.now(tx), dead.untold(tx)
        for one in found:
            alerts.post(tx, desk, _mail(tx, one, desk, officials), now)
            dead.told(tx, one)
    return [f"official:{one.official} is paused: {one.reason}" for one in found]


def _mail(tx: Tx, one: Dead, desk: Desk, officials: Officials) -> tuple[str, str]:
    person = officials.people.get(one.official)
    page = f"{desk.page}letters/{one.letter}"
    return mails.dead_alert(
        person.name if person else one.official, one.reason, page, _waiting(tx, one.official),
        f"{desk.page}lanes/",
    )  # fmt: skip


def _waiting(tx: Tx, official: str) -> int:
    theirs = (letter.c.official == official, outbox.is_state(State.QUEUED))
    return int(tx.execute(select(func.count()).where(*theirs)).scalar_one())
