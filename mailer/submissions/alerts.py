"""Telling staff by mail how many letters failed, in groups."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row

from mailer import i18n, mails, outbox
from mailer.db import Store, Tx, marks
from mailer.mails import FailedGroup
from mailer.outbox import Sender, bell
from mailer.status import Kind, State
from mailer.submissions import whys
from mailer.submissions.accept import one_at_a_time

APART = 3600.0
"""Seconds between two mails about the failures of one campaign."""

FROM_NAME = "Mailer"

_FAILED = "alert failed "


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Who tells, and whom beside the supporters."""

    sender: Sender
    alert_to: str = ""  # empty: staff are told by the pages and the log alone

    @property
    def page(self) -> str:
        """The staff's first page."""
        return f"{self.sender.url}/staff/"


def gather(tx: Tx, letters: Iterable[Row[Any]]) -> None:
    """Count failed letters for the next mail: by official, reason and code; no names."""
    new: dict[str, Counter[str]] = defaultdict(Counter)
    for row in letters:
        group = (row.official or "", row.reason, whys.code(row.answer))
        new[row.campaign or ""][json.dumps(group)] += 1
    for campaign, counts in new.items():
        told = _told(marks.get(tx, _FAILED + campaign))
        waiting = Counter(told["waiting"]) + counts
        marks.put(tx, _FAILED + campaign, json.dumps({**told, "waiting": waiting}))


def tell_failed(store: Store, desk: Desk) -> int:
    """Mail staff what was gathered, a campaign once an hour at most; return how many mails."""
    with store.read() as tx:
        if not _due(tx, store.now(tx)):
            return 0
    with store.write() as tx:
        one_at_a_time(tx, "failed letters")
        now = store.now(tx)
        due = _due(tx, now)
        for campaign, waiting in due.items():
            marks.put(tx, _FAILED + campaign, json.dumps({"at": now, "waiting": {}}))
            asked = urlencode({"state": State.FAILED.value, "campaign": campaign})
            words = mails.failed_alert(campaign, _groups(waiting), f"{desk.page}?{asked}")
            post(tx, desk, words, now)
    return len(due)


def post(tx: Tx, desk: Desk, mail: tuple[str, str], now: float) -> None:
    """Queue a mail to staff, if there is an address for it; and have them told by URL."""
    subject, text = mail
    bell.ring(tx, subject, text, now=now)
    if desk.alert_to:
        outbox.post(
            tx, Kind.ALERT, to=desk.alert_to, subject=subject, text=text, sender=desk.sender,
            from_name=FROM_NAME, language=i18n.SOURCE, now=now,
        )  # fmt: skip


def _told(note: str) -> dict[str, Any]:
    """When staff were told last about a campaign, and what they were not told of yet."""
    told: dict[str, Any] = json.loads(note) if note else {"at": 0.0, "waiting": {}}
    return told


def _due(tx: Tx, now: float) -> dict[str, Mapping[str, int]]:
    """What may be told now, by campaign."""
    found = {name: _told(note) for name, note in marks.beginning(tx, _FAILED).items()}
    return {
        name: told["waiting"]
        for name, told in found.items()
        if told["waiting"] and not now - APART < told["at"] <= now
    }


def _groups(waiting: Mapping[str, int]) -> list[FailedGroup]:
    found = []
    for key in sorted(waiting):
        official, reason, code = json.loads(key)
        found.append(
            FailedGroup(official=official, reason=reason, code=code, count=waiting[key])
        )  # fmt: skip
    return found
