"""Telling staff of letters that wait for a person to decide: at first, and then not too often."""

from __future__ import annotations

import json

from sqlalchemy import func, select

from mailer import mails
from mailer.db import Store, Tx, marks
from mailer.db.schema import letter
from mailer.outbox import is_state
from mailer.status import State
from mailer.submissions import alerts
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.alerts import Desk

QUIET = 6 * 3600.0
"""Seconds after a mail in which no other one tells of more."""

_TOLD = "alert undecided"


def tell(store: Store, desk: Desk) -> int:
    """Tell when more wait than staff were told of; returns how many wait, 0 if nothing was told."""
    with store.read() as tx:
        now, held, doubtful = store.now(tx), _count(tx, State.REVIEW), _doubtful(tx)
        at, known = _told(tx)
    count = held + doubtful
    if count == known or (count > known and now < at + QUIET):
        return 0
    with store.write() as tx:
        one_at_a_time(tx, _TOLD)
        if (at, known) != _told(tx):
            return 0  # by another worker
        if count < known:  # decided: what comes next is new
            marks.put(tx, _TOLD, json.dumps([at, count]))
            return 0
        marks.put(tx, _TOLD, json.dumps([now, count]))
        words = mails.waiting_alert(held, doubtful, desk.page)
        alerts.post(tx, desk, words, now)
    return count


def _told(tx: Tx) -> tuple[float, int]:
    """When staff were told last, and of how many."""
    noted = marks.get(tx, _TOLD)
    at, count = json.loads(noted) if noted else (0.0, 0)
    return at, count


def _count(tx: Tx, state: State) -> int:
    return int(
        tx.execute(select(func.count()).select_from(letter).where(is_state(state))).scalar_one()
    )


def _doubtful(tx: Tx) -> int:
    """Letters in doubt that never go by themselves."""
    waits = (is_state(State.UNCERTAIN), letter.c.on_uncertain == "hold")
    return int(tx.execute(select(func.count()).select_from(letter).where(*waits)).scalar_one())
