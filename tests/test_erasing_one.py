"""Erasing one submission from its receipt, and everything of a mailbox behind a mailed link."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailer.db import Store
from mailer.db.schema import letter, submission
from mailer.errors import MailerError
from mailer.status import State
from mailer.submissions import accept, erasing, journal, receipt, remains
from mailer.submissions.erasing import ERASED
from mailer.submissions.journal import Erasure
from mailer.submissions.remains import Fates, Remains
from tests.conftest import Clock
from tests.factories import draft, supporter
from tests.test_erasing import NAMES_HER, everything, key_of, write


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "erasures.log"


def states(store: Store, token: str) -> list[State]:
    found = receipt(store, token)
    assert found is not None
    return [one.state for one in found.letters]


def test_one_goes_and_the_others_stay(store: Store, log: Path, clock: Clock) -> None:
    token = write(store)
    other = accept(store, draft(supporter(name="Cy Other")))  # the same address
    clock.pass_(60)
    erased = erasing.forget_one(store, token, file=log)
    assert erased is not None
    assert (erased.submissions, erased.stopped) == (1, 2)
    assert [word for word in NAMES_HER if word in everything(store)] == ["ann@"]
    found, kept = receipt(store, token), receipt(store, other)
    assert found is not None
    assert kept is not None
    assert (found.erased_at, found.name, found.consents) == (clock.now, "", ())
    assert (kept.erased_at, kept.name) == (None, "Cy Other")
    assert states(store, other) == [State.QUEUED, State.QUEUED]
    again = erasing.forget_one(store, token, file=log)
    assert again is not None
    assert again.submissions == 0
    assert erasing.forget_one(store, "0" * 26, file=log) is None
    noted = journal.read(log)
    assert noted is not None
    assert noted.erasures == (Erasure(at=clock.now, submission=found.id),)
    assert "@" not in log.read_text()
    assert states(store, write(store)) == [State.QUEUED, State.QUEUED], "she may write again"


def test_a_restore_repeats_it_and_nothing_more(store: Store, log: Path, clock: Clock) -> None:
    token = write(store)
    other = accept(store, draft(supporter(name="Cy Other")))
    found = receipt(store, token)
    assert found is not None
    journal.note(log, Erasure(at=clock.now, submission=found.id))
    journal.note(log, Erasure(at=clock.now, submission="0" * 26))
    noted = journal.read(log)
    assert noted is not None
    assert noted.unreadable == 0
    with store.write() as tx:
        assert erasing.replay(tx, noted.erasures, now=clock.now) == 1
        assert erasing.replay(tx, noted.erasures, now=clock.now) == 0
    kept = receipt(store, other)
    assert kept is not None
    assert not kept.erased


def test_a_second_letter_is_stopped_as_a_first_would_be(
    store: Store, log: Path, clock: Clock
) -> None:
    first, second = write(store), write(store)
    erasing.forget_one(store, second, file=log)
    assert states(store, first) == [State.QUEUED, State.QUEUED]
    with store.write() as tx:
        first_ones = letter.c.person.is_not(None)
        tx.execute(update(letter).where(first_ones).values(state="sent", sent_at=clock.now))
    clock.pass_(3600)
    found = receipt(store, second)
    assert found is not None
    assert {(one.state, one.reason) for one in found.letters} == {(State.CANCELLED, ERASED)}


def test_without_a_journal_nothing_is_erased(store: Store, tmp_path: Path) -> None:
    token = write(store)
    (tmp_path / "file").write_text("")
    with pytest.raises(MailerError, match="journal"):
        erasing.forget_one(store, token, file=tmp_path / "file" / "erasures.log")
    assert states(store, token) == [State.QUEUED, State.QUEUED]
    with store.read() as tx:
        assert tx.execute(select(submission.c.erased_at)).scalar() is None


def test_what_remains_of_a_mailbox_is_told_in_numbers(
    store: Store, log: Path, clock: Clock
) -> None:
    assert remains.of_mailbox(store, key_of(store)) == Remains(
        submissions=0, letters=Fates(), erased=0, erased_at=None
    )
    write(store)
    accept(store, draft(supporter(name="Cy Other")))
    accept(store, draft(supporter(name="Bo", email="bo@supporter.example")))
    with store.write() as tx:
        some = letter.c.official == "minister-1"
        tx.execute(update(letter).where(some).values(state="sent", sent_at=clock.now))
    found = remains.of_mailbox(store, key_of(store))
    assert (found.submissions, found.letters) == (2, Fates(waiting=2, left=2))
    erasing.forget_mailbox(store, key_of(store), file=log)
    assert remains.of_mailbox(store, key_of(store)) == Remains(
        submissions=0, letters=Fates(), erased=2, erased_at=clock.now
    )


@pytest.mark.parametrize(
    ("state", "twice", "fate"),
    [
        ("awaiting", False, "waiting"), ("queued", False, "waiting"), ("queued", True, "unsure"),
        ("claimed", False, "unsure"), ("dot", False, "unsure"), ("sent", True, "left"),
        ("bounced", False, "left"), ("failed", False, ""), ("cancelled", False, ""),
    ],
)  # fmt: skip
def test_where_each_letter_counts(state: str, twice: bool, fate: str) -> None:
    assert remains.fate(State(state), possibly_twice=twice) == fate
