"""The verdict over a provider's storm: the ledger, what the stub took, what the webhook told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import letter, letter_text
from mailer.status import Kind
from tests.storms import ledger
from tests.storms.logbook import Entry
from tests.storms.verdict import ACCEPTED, History, Thanked, Verdict, judge

MOST_IN_A_BATCH = 500


def verdict(
    store: Store, log: Sequence[Entry], thanked: Sequence[Thanked], deaths: int
) -> Verdict:  # fmt: skip
    """Judged as any storm; of the bytes a provider that takes fields knows nothing."""
    letters = [replace(one, rebuilt=one.sha256) for one in ledger.letters(store)]
    known = {one.id: one for one in letters}
    taken = [
        replace(one, recipient=known[one.letter].recipient, sha256=known[one.letter].sha256)
        if one.letter in known else one
        for one in log
    ]  # fmt: skip
    return judge(
        History(
            log=taken, letters=letters, doubts=ledger.doubts(store), thanked=thanked,
            waves=deaths, wave=MOST_IN_A_BATCH,
        )
    )  # fmt: skip


def untold(store: Store) -> list[str]:
    """Staff are to hear of the suspended account once."""
    count = alerts(store)
    return [] if count == 1 else [f"staff were told {count} times of one stop"]


def held(states: Mapping[str, int]) -> list[str]:
    """All was approved, so nothing may wait for a person."""
    count = states.get("review", 0)
    return [f"{count} letters are held for review"] if count else []


def unmoved(store: Store, fates: Mapping[str, str]) -> list[str]:
    """Letters that are not where their provider said they are."""
    found = []
    with store.read() as tx:
        rows = tx.execute(select(letter.c.id, letter.c.state)).all()
    for row in rows:
        fate = fates.get(row.id)
        if fate and row.state != fate:
            found.append(f"{row.id} is {row.state}, and its provider said {fate}")
        if fate == "" and row.state not in ACCEPTED - {"delivered", "bounced", "complained"}:
            found.append(f"{row.id} is {row.state}, and its provider said nothing")
    return found


def alerts(store: Store) -> int:
    """How many mails say that somebody has to act."""
    with store.read() as tx:
        subjects = tx.execute(
            select(letter_text.c.subject)
            .join(letter, letter.c.id == letter_text.c.letter)
            .where(letter.c.kind == Kind.ALERT)
        ).scalars()
        return sum(subject.startswith("Somebody has to act") for subject in subjects)
