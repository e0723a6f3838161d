"""People counted aside are those that counting finds, whatever was done to their letters."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from mailer import outbox
from mailer.campaigns.values import Campaign
from mailer.db import Store
from mailer.db.schema import consent, letter
from mailer.sendlog import census, coalition, pack
from mailer.sendlog.coalition import Share
from mailer.submissions import accept, erasing
from mailer.submissions.journal import Erasure
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter

GO = threading.Event()
ACTOR = "staff:0123456789abcdef"
VERBS: tuple[Callable[..., bool], ...] = (
    outbox.hold, outbox.let_leave, outbox.cancel, outbox.withdraw,
)  # fmt: skip


def some(store: Store, dice: random.Random, about: Campaign) -> str:
    """Somebody writes, perhaps not for the first time, perhaps by a link, perhaps agreeing."""
    number = dice.randrange(12)
    who = supporter(name=f"Ann {number}", email=f"s{number}@supporter.example")
    via = dice.choice(["", "union", "faculty"])
    made = draft(who, about, via=via, hold=dice.choice(["", "", "a look"]))
    accept(store, made)
    if dice.random() < 0.5:
        row = {"submission": made.id, "organisation": "union", "wording": "w", "at": store.now()}
        with store.write() as tx:
            tx.execute(consent.insert().values(row))
    return made.id


def stir(store: Store, dice: random.Random, clock: Clock) -> None:
    """Staff decide about some letters, and somebody is erased."""
    with store.write() as tx:
        ids = tx.execute(select(letter.c.id).order_by(letter.c.id)).scalars().all()
        for letter_id in dice.sample(ids, len(ids) // 2):
            dice.choice(VERBS)(tx, letter_id, actor=ACTOR, now=clock.now)
        owners = tx.execute(select(letter.c.submission).order_by(letter.c.id)).scalars().all()
        theirs = Erasure(at=clock.now, submission=dice.choice([one for one in owners if one]))
        erasing.erase(tx, theirs, now=clock.now)


@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_is_what_counting_finds(store: Store, clock: Clock, seed: int) -> None:
    dice = random.Random(f"census {seed}")
    abouts = [campaign(slug=slug, confirm=slug == "careful") for slug in ("exams", "careful")]
    for _ in range(3):
        for _ in range(12):
            some(store, dice, dice.choice(abouts))
            clock.pass_(1)
        stir(store, dice, clock)
        clock.pass_(3600)  # however long a count takes here
        assert census.count_people(store, GO, small=0)
        for one in abouts:
            exact, kept = census.people(store, one.slug), census.people(store, one.slug, small=0)
            assert (exact.at, kept.at) == (None, clock.now)
            assert kept.by_facet == {name: found for name, found in exact.by_facet.items() if found}
            assert census.written(store, one.slug, small=0) == exact.written
            assert coalition.shares_of(kept) == coalition.shares_of(exact)
            ready = census.offices(store, one.slug, small=0)
            assert ready.offices == pack.offices(store, one.slug)
            assert ready.at == clock.now or not ready.offices
    assert census.written(store, "exams") > 0


def test_what_was_counted_counts_until_the_next_count(store: Store, clock: Clock) -> None:
    about = campaign()
    accept(store, draft(supporter(email="one@supporter.example"), about, via="union"))
    assert census.written(store, "exams", small=0) == 1, "never counted: counted now"
    assert census.offices(store, "exams", small=0).at is None
    assert census.count_people(store, GO, small=0)
    accept(store, draft(supporter(email="two@supporter.example"), about, via="union"))
    assert not census.count_people(store, GO, small=0), "not yet"
    assert census.written(store, "exams", small=0) == 1
    assert [one.letters for one in census.offices(store, "exams", small=0).offices] == [1, 1]
    assert census.written(store, "exams") == 2, "in a small campaign everybody at once"
    assert [one.letters for one in census.offices(store, "exams").offices] == [2, 2]
    clock.pass_(3600)  # however long a count takes here
    stopped = threading.Event()
    stopped.set()
    assert not census.count_people(store, stopped, small=0)
    assert census.count_people(store, GO, small=0)
    assert coalition.shares_of(census.people(store, "exams", small=0)) == {"union": Share(via=2)}
