"""Retention: what has been kept long enough goes, what may still leave stays, numbers survive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, select, update

from mailer import outbox, transports
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store, schema
from mailer.db.schema import audit_entry, letter, letter_text, submission
from mailer.status import Kind, State
from mailer.submissions import accept, keeping, receipt, retention
from mailer.submissions.retention import DAY, Rules
from mailer.worker import drain
from mailer.worker.upkeep import purging
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter

RULES = Rules(text_days=28, person_days=365)


def write(store: Store, number: int = 1, state: State = State.SENT) -> str:
    """Two letters of one supporter, both in one state; returns the receipt."""
    who = supporter(
        name=f"Zoë Planted{number}", email=f"planted{number}@supporter.example",
        personal="Planted words.",
    )  # fmt: skip
    token = accept(store, draft(who))
    with store.write() as tx:
        key = select(submission.c.id).where(submission.c.receipt == token).scalar_subquery()
        mine = update(letter).where(letter.c.submission == key)
        tx.execute(mine.values(state=state, sent_at=store.now(tx), changed_at=store.now(tx)))
    return token


def everything(store: Store, take: Callable[..., keeping.Part] = keeping.purge,
               rules: Rules = RULES) -> tuple[int, int]:  # fmt: skip
    """All parts one after the other: how many texts and submissions."""
    texts = people = 0
    after, rounds = "", 0
    while True:
        part = take(store, rules, after)
        texts += sum(part.texts.values())
        people += sum(part.people.values())
        after, rounds = part.next, rounds + 1
        assert rounds < 100
        if not after:
            return texts, people


def kept(store: Store) -> str:
    with store.read() as tx:
        rows = [tx.execute(select(table)).all() for table in schema.metadata.sorted_tables]
    return repr(rows)


def test_texts_go_after_their_days_and_people_after_theirs(store: Store, clock: Clock) -> None:
    token = write(store)
    clock.pass_(28 * DAY - 1)
    assert everything(store) == (0, 0)
    clock.pass_(1)
    assert everything(store, keeping.look) == (2, 0)
    assert "Planted words" in kept(store), "a look takes nothing"
    assert everything(store) == (2, 0)
    assert "Planted words" not in kept(store)
    assert "planted1@" in kept(store)
    found = receipt(store, token)
    assert found is not None
    assert not found.erased
    assert {one.body for one in found.letters} == {""}
    assert {one.to_name for one in found.letters} == {"Minister 1", "Minister 2"}
    assert everything(store) == (0, 0), "once"
    clock.pass_(337 * DAY)
    assert everything(store) == (0, 1)
    assert [word for word in ("lanted1", "Zoë") if word in kept(store)] == []
    found = receipt(store, token)
    assert found is not None
    assert found.erased
    with store.read() as tx:
        assert tx.execute(select(func.count(letter.c.person))).scalar() == 2, "counts survive"


@pytest.mark.parametrize(
    "state",
    [State.AWAITING, State.REVIEW, State.QUEUED, State.CLAIMED, State.DOT, State.UNCERTAIN],
)
def test_what_may_still_leave_is_never_touched(store: Store, clock: Clock, state: State) -> None:
    write(store, state=state)
    before = kept(store)
    clock.pass_(4000 * DAY)
    assert everything(store, rules=Rules(text_days=0, person_days=0)) == (0, 0)
    assert kept(store) == before


def test_one_letter_that_waits_keeps_its_writer(store: Store, clock: Clock) -> None:
    write(store)
    with store.write() as tx:
        one = select(func.max(letter.c.id)).scalar_subquery()
        tx.execute(update(letter).where(letter.c.id == one).values(state=State.QUEUED))
    clock.pass_(4000 * DAY)
    assert everything(store) == (1, 0)
    assert "Planted words" in kept(store), "in the letter that waits"
    with store.read() as tx:
        bodies = tx.execute(select(letter_text.c.body)).scalars().all()
    assert sorted(map(bool, bodies)) == [False, True]


def test_nothing_goes_before_the_campaign_is_over(store: Store, clock: Clock) -> None:
    write(store)
    last = date(2027, 6, 30)
    rules = retention.rules_of(
        Settings(home=Path(), text_days=28, person_days=None),
        [campaign(closes=last, timezone="UTC")],
    )
    end = datetime.combine(last, time(), UTC).timestamp() + DAY
    clock.now = end + 28 * DAY - 1
    assert everything(store, rules=rules) == (0, 0)
    clock.pass_(1)
    assert everything(store, rules=rules) == (2, 0)
    clock.pass_(4000 * DAY)
    assert everything(store, rules=rules) == (0, 0), "people are kept for good"


def test_it_may_stop_anywhere_and_goes_on_where_it_was(store: Store, clock: Clock) -> None:
    for number in range(60):
        write(store, number)
    clock.pass_(100 * DAY)
    first = keeping.purge(store, RULES)
    assert len(first.letters) == sum(first.texts.values()) == keeping.AT_ONCE
    assert first.next, "there is more"
    assert everything(store) == (20, 0), "another worker, which knows of nothing"
    clock.pass_(300 * DAY)
    assert everything(store) == (0, 60)
    assert "lanted" not in kept(store)
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(letter)).scalar() == 120


def test_shorter_rules_look_at_everything_again(store: Store, clock: Clock) -> None:
    for number in range(3):
        write(store, number)
    clock.pass_(30 * DAY)
    everything(store)
    everything(store)
    assert everything(store, rules=Rules(text_days=28, person_days=1)) == (0, 3)


def test_a_failed_letter_without_its_text_cannot_be_tried_again(store: Store, clock: Clock) -> None:
    write(store, state=State.FAILED)
    clock.pass_(30 * DAY)
    assert everything(store) == (2, 0)
    with store.write() as tx:
        ids = tx.execute(select(letter.c.id)).scalars().all()
        assert [outbox.try_again(tx, one, actor="a", now=clock.now) for one in ids] == [False] * 2


def test_nothing_of_it_stays_in_the_files_of_sqlite(
    sqlite_template: Path, tmp_path: Path, clock: Clock
) -> None:
    file = tmp_path / "mailer.db"
    file.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{file}", clock=clock)
    write(store)
    clock.pass_(400 * DAY)
    texts, people = everything(store)
    keeping.close(store, texts, people, actor="command")
    left = b"".join(one.read_bytes() for one in tmp_path.glob("mailer.db*"))
    assert [word for word in (b"lanted1@", b"Planted words", "Zoë".encode()) if word in left] == []
    store.close()


def test_mails_to_people_lose_their_words_and_readers(store: Store, clock: Clock) -> None:
    with store.write() as tx:
        outbox.post(
            tx, Kind.ACCOUNT, to="lost@supporter.example", subject="Your receipts", text="A link.",
            sender=SENDER, from_name="Exams", language="en", now=clock.now,
        )  # fmt: skip
    clock.pass_(40 * DAY)
    assert everything(store) == (0, 0), "it has not left"
    with store.write() as tx:
        tx.execute(update(letter).values(state=State.SENT, changed_at=clock.now))
    clock.pass_(28 * DAY)
    assert everything(store) == (1, 0)
    assert "lost@" not in kept(store)


def test_a_worker_takes_it_away_with_its_files_and_notes_how_much(
    settings: Settings, store: Store, clock: Clock
) -> None:
    accept(store, draft(supporter(name="Zoë Planted1", personal="Planted words.")))
    drain(settings, store)
    outbox_files = [*(settings.home / "var" / "outbox" / "new").iterdir()]
    assert len(outbox_files) == 2
    library, ways = Library(settings.home), transports.of(settings)
    work = purging(settings, store, library, ways, pause=0.0)
    work(Event())
    assert "Planted words" in kept(store)
    clock.pass_(29 * DAY)
    file = settings.home / "officials.yaml"
    good = file.read_text()
    file.write_text("officials: [")
    broken = purging(settings, store, Library(settings.home), ways, pause=0.0)
    broken(Event())
    assert "Planted words" in kept(store), "nobody knows when the campaign ends"
    file.write_text(good)
    purging(settings, store, Library(settings.home), ways, pause=0.0)(Event())
    assert "Planted words" not in kept(store)
    assert not [one for one in outbox_files if one.exists()]
    with store.read() as tx:
        (entry,) = tx.execute(select(audit_entry).where(audit_entry.c.act == "purge")).all()
    assert (entry.actor, entry._mapping["count"]) == ("worker", 2)
