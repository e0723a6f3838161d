"""What organisations may have of a supporter: agreed to one by one, and taken back at any time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Row, bindparam, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Store, Tx, marks
from mailer.db.schema import consent, meta, submission

_WORDING = "wording "  # before its version: the name under which `meta` keeps what was asked


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What a supporter was asked, word for word."""

    organisation: str
    language: str
    words: str
    privacy: str  # where the organisation says what it does with it

    @property
    def version(self) -> str:
        """The same for the same words, and for no others."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]

    @property
    def text(self) -> str:
        """All of it as one text, to be kept."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class SendWording(Wording):
    """What stands above the button that sends letters, and how long all is kept by then."""

    organisation: str = ""
    text_days: int | None  # None: for good
    person_days: int | None


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What a supporter agreed to, and when."""

    organisation: str
    wording: Wording | None  # None: nobody noted it
    at: float
    withdrawn_at: float | None


def add(
    tx: Tx, submission_id: str, agreed: Sequence[Wording], *, now: float,
    wording: SendWording | None = None,
) -> None:  # fmt: skip
    """Note what a submission's supporter agreed to, and the words that they read.

    `wording` stood above the button that they pressed.
    """
    rows = [
        {"submission": submission_id, "organisation": one.organisation, "wording": one.version,
         "at": now}
        for one in agreed
    ]  # fmt: skip
    if rows:
        tx.execute(insert(consent), rows)
    words = {_WORDING + one.version: one.text for one in (*agreed, wording) if one}
    # In one order: two submissions at once wait for each other's first wordings, never crosswise.
    for name in sorted(words):
        _keep(tx, name, words[name])


_there: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()
"""The wordings that each database surely has: hardly any submission needs to ask."""


def _keep(tx: Tx, name: str, words: str) -> None:
    """Keep a wording, once for all who read it."""
    there = _there.setdefault(tx.engine, set())
    if name in there:
        return
    into = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = into(meta).on_conflict_do_nothing(index_elements=[meta.c.name])
    if not tx.execute(statement.values(name=name, value=words)).rowcount:
        there.add(name)  # somebody else's, and committed: our own may still be taken back


def wording(tx: Tx, version: str) -> dict[str, Any] | None:
    """The words of a version, with all that was kept beside them; None for one never shown."""
    text = marks.get(tx, _WORDING + version) if version else ""
    return {key: value for key, value in json.loads(text).items() if value != ""} if text else None


def above_button(tx: Tx, version: str) -> SendWording | None:
    """What stood above the button that sent a submission; None where nobody noted it."""
    words = wording(tx, version)
    return SendWording(**words) if words else None


def given(tx: Tx, submission_id: str) -> tuple[Consent, ...]:
    """What the supporter agreed to in a submission, with what has been taken back."""
    rows = tx.execute(_GIVEN, {"of": submission_id}).all()
    return tuple(_consent(row) for row in rows)


def withdraw(store: Store, token: str, organisation: str) -> bool:
    """Take back what was agreed to on this receipt; a second time changes nothing.

    Where the owner of the address has confirmed it, that counts for everything the person sent in
    for the campaign: else anybody who types their name and address could take back for them.
    False when there is no such receipt, or nothing of this organisation on it.
    """
    with store.write() as tx:
        found = tx.execute(_OF_RECEIPT, {"token": token, "name": organisation}).one_or_none()
        if found is None:
            return False
        this = submission.c.id == found.id
        if found.confirmed_at is not None:
            this = (
                (submission.c.campaign == found.campaign)
                & (submission.c.mailbox == found.mailbox)
                & (submission.c.person == found.person)
            )
        still = (consent.c.organisation == organisation, consent.c.withdrawn_at.is_(None))
        taken = update(consent).where(
            consent.c.submission.in_(select(submission.c.id).where(this)), *still
        )
        tx.execute(taken.values(withdrawn_at=store.now(tx)))
    return True


_OF_RECEIPT = (
    select(submission)
    .join(consent, consent.c.submission == submission.c.id)
    .where(submission.c.receipt == bindparam("token"), consent.c.organisation == bindparam("name"))
)
_GIVEN = (
    select(consent, meta.c.value.label("text"))
    .outerjoin(meta, meta.c.name == literal(_WORDING) + consent.c.wording)
    .where(consent.c.submission == bindparam("of"))
    .order_by(consent.c.organisation)
)


def _consent(row: Row[Any]) -> Consent:
    wording = Wording(**json.loads(row.text)) if row.text else None
    return Consent(
        organisation=row.organisation, wording=wording, at=row.at, withdrawn_at=row.withdrawn_at
    )
