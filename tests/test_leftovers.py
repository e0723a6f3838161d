"""What no letter leads to goes as well: links, strays, sessions, people who left the staff."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, func, select

from mailer import accounts
from mailer.accounts import Parted
from mailer.db import Store, schema
from mailer.db.schema import account, confirmation, news, staff_session
from mailer.events.recording import record
from mailer.status import State
from mailer.submissions import accept, erasing, leftovers
from mailer.submissions.retention import DAY, Rules
from mailer.transports.api.base import News, Said
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter

RULES = Rules(text_days=28, person_days=365)


def count(store: Store, column: Column[str]) -> int:
    with store.read() as tx:
        return int(tx.execute(select(func.count(column))).scalar_one())


def test_erasing_and_writing_again_is_no_way_to_flood_a_mailbox(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    asked = campaign(confirm=True)
    for _ in range(3):
        token = accept(store, draft(supporter(), asked))
        erasing.forget_one(store, token, file=tmp_path / "log")
    assert count(store, confirmation.c.token) == 1, "one mail an hour, erased or not"
    leftovers.sweep(store, RULES)
    assert count(store, confirmation.c.token) == 1
    clock.pass_(2 * DAY)
    assert leftovers.sweep(store, RULES) == 1
    assert count(store, confirmation.c.token) == 0
    assert leftovers.sweep(store, RULES) == 0


def test_links_stay_while_anything_of_the_mailbox_does(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    asked = campaign(confirm=True)
    accept(store, draft(supporter(name="Cy Other"), asked))
    token = accept(store, draft(supporter(), asked))
    erasing.forget_one(store, token, file=tmp_path / "log")
    clock.pass_(3 * DAY)
    leftovers.sweep(store, RULES)
    assert count(store, confirmation.c.token) == 1, "the other still waits"


def test_what_names_no_letter_is_kept_as_long_as_a_text(store: Store, clock: Clock) -> None:
    told = "ann@supporter.example is unknown"
    with store.write() as tx:
        for number in range(2):
            one = News(id=f"{number}", letter="", said=Said.OTHER, kind="odd", note=told, raw=told)
            record(tx, "resend", one, now=clock.now)
    clock.pass_(28 * DAY - 1)
    assert leftovers.sweep(store, RULES) == 0
    clock.pass_(1)
    assert leftovers.sweep(store, Rules(text_days=None, person_days=None)) == 0
    assert leftovers.sweep(store, RULES) == 2
    with store.read() as tx:
        assert set(tx.execute(select(news.c.raw, news.c.note)).all()) == {("", "")}


def test_who_left_the_staff_is_forgotten_and_the_audit_keeps_an_id(
    store: Store, clock: Clock
) -> None:
    secret = accounts.invite(store, "kim@coalition.example", "viewer")
    kim = accounts.redeem(store, secret, accounts.INVITATION, "a long quiet river bends")
    assert kim is not None
    accounts.start_session(store, kim.id, "a browser")
    clock.pass_(12 * 3600 + 1)
    assert accounts.sweep(store, 365) == 1
    assert count(store, staff_session.c.hash) == 0
    assert accounts.part(store, "kim@coalition.example") is Parted.OPEN
    accounts.disable(store, kim.id)
    clock.pass_(365 * DAY - 1)
    assert accounts.sweep(store, 365) == 0
    assert accounts.sweep(store, None) == 0
    clock.pass_(1)
    assert accounts.sweep(store, 365) == 1
    assert count(store, account.c.id) == 0
    assert accounts.part(store, "kim@coalition.example") is Parted.NONE
    with store.read() as tx:
        rows = repr([tx.execute(select(table)).all() for table in schema.metadata.sorted_tables])
    assert "account.erased" in rows
    assert kim.id in rows
    assert "kim@" not in rows


def test_state_of_the_ledger_is_not_touched(store: Store, clock: Clock) -> None:
    """Letters that wait are no leftovers."""
    accept(store, draft(supporter(), campaign(confirm=True)))
    clock.pass_(4000 * DAY)
    leftovers.sweep(store, RULES)
    with store.read() as tx:
        states = set(tx.execute(select(schema.letter.c.state)).scalars())
    assert State.AWAITING in states
