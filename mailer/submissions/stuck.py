"""Telling staff by mail what has been stuck for an hour: once, and once more when it works.

What does not mend itself, such as an account that its provider has stopped, they hear at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from mailer import mails
from mailer.db import Store, Tx, marks
from mailer.db.schema import lane, letter, queue
from mailer.outbox import is_state, lanes, stops
from mailer.status import State
from mailer.submissions import alerts, whys
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.alerts import Desk

AFTER = 3600.0
"""Seconds of failing after which staff are told."""


Mail = tuple[str, str]  # subject and text


@dataclass(frozen=True, kw_only=True)
class _Trouble:
    outage: str  # which one: each is told once
    line: str  # for the log
    mail: Mail


@dataclass(frozen=True, kw_only=True)
class _Look:
    failing: Collection[str]  # lanes, however short a time
    troubles: dict[str, _Trouble]  # those of them that staff should know of


def tell_lanes(store: Store, desk: Desk, accounts: Collection[str]) -> list[str]:
    """Tell which lanes have failed for an hour, or ask for somebody, and which work again.

    Returns lines for the log.

    Of accounts only those in use count. What is paused stands still on purpose.
    """
    ours = {lanes.of_account(account) for account in accounts}

    def watched(name: str) -> bool:
        return name in ours or not name.startswith(lanes.of_account(""))

    def look(tx: Tx, now: float) -> _Look:
        rows = tx.execute(select(lane).where(lane.c.failures > 0)).all()
        stopped, ours = stops.noted(tx), [row for row in rows if watched(row.id) and not row.paused]
        troubles = {
            row.id: _stopped(row, desk) for row in ours if stops.is_one(stopped, row.id, row.since)
        }
        troubles |= {
            row.id: _failing(row, now, desk)
            for row in ours
            if row.id not in troubles and row.since is not None and row.since <= now - AFTER
        }
        return _Look(failing={row.id for row in rows}, troubles=troubles)

    def over(name: str) -> _Trouble:
        mail = mails.works_alert(name, desk.page)
        return _Trouble(outage="", line=f"{name} works again", mail=mail)

    return _tell(store, desk, "alert lane ", look, over, watched)


def _failing(row: Row[Any], now: float, desk: Desk) -> _Trouble:
    return _Trouble(
        outage=repr(row.since), line=f"{row.id} has failed for an hour: {row.reason}",
        mail=mails.stuck_alert(row.id, row.reason, now - row.since, desk.page),
    )  # fmt: skip


def _stopped(row: Row[Any], desk: Desk) -> _Trouble:
    """Another trouble than the mere outage that may have been told before it."""
    return _Trouble(
        outage=f"{row.since!r} stopped", line=f"{row.id} is stopped until somebody acts:"
        f" {row.reason}", mail=mails.stopped_alert(row.id, row.reason, desk.page),
    )  # fmt: skip


def tell_offices(store: Store, desk: Desk) -> list[str]:
    """Tell whose letters have been put off for an hour, and whose no longer; lines for the log.

    It reads every letter that waits: do it only now and then. A mailbox that is shut as a whole
    is told of with the lanes.
    """

    def look(tx: Tx, now: float) -> _Look:
        late = (letter.c.attempts > 0, letter.c.tried_at <= now - AFTER)
        rows = tx.execute(
            select(lane.c.id, lane.c.failures, func.count(), func.max(letter.c.answer))
            .join_from(letter, queue, queue.c.id == letter.c.queue)
            .join(lane, lane.c.id == queue.c.mailbox)
            .where(is_state(State.QUEUED), *late)
            .group_by(lane.c.id, lane.c.failures)
        ).all()
        troubles = {
            mailbox: _Trouble(
                outage="put off", line=f"{mailbox}: {count} letters put off for more than an hour",
                mail=mails.put_off_alert(mailbox, count, whys.code(answer), desk.page),
            )
            for mailbox, failures, count, answer in rows
            if not failures
        }  # fmt: skip
        return _Look(failing={row.id for row in rows}, troubles=troubles)

    def over(name: str) -> _Trouble:
        mail = mails.put_off_over_alert(name, desk.page)
        return _Trouble(outage="", line=f"{name}: no letter is put off any longer", mail=mail)

    return _tell(store, desk, "alert office ", look, over, lambda _: True)


def _tell(
    store: Store, desk: Desk, kind: str, look: Callable[[Tx, float], _Look],
    over: Callable[[str], _Trouble], watched: Callable[[str], bool],
) -> list[str]:  # fmt: skip
    with store.read() as tx:
        if not any(_turned(tx, kind, look(tx, store.now(tx)), watched)):
            return []
    with store.write() as tx:
        one_at_a_time(tx, kind)
        now = store.now(tx)
        seen = look(tx, now)
        new, working = _turned(tx, kind, seen, watched)
        for name in new:
            marks.put(tx, kind + name, seen.troubles[name].outage)
        for name in working:
            marks.drop(tx, kind + name)
        told = [seen.troubles[name] for name in new] + [over(name) for name in working]
        for one in told:
            alerts.post(tx, desk, one.mail, now)
    return [one.line for one in told]


def _turned(
    tx: Tx, kind: str, seen: _Look, watched: Callable[[str], bool]
) -> tuple[list[str], list[str]]:
    """What is to be told: lanes that are stuck, and those told of that work again."""
    told = marks.beginning(tx, kind)
    new = [name for name, trouble in seen.troubles.items() if told.get(name) != trouble.outage]
    return sorted(new), sorted(name for name in set(told) - set(seen.failing) if watched(name))
