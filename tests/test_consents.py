"""Consents in the ledger: stored with their words, taken back, erased, counted once a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from mailer.campaigns.values import Status
from mailer.db import Store
from mailer.db.schema import confirmation, consent, letter, meta, submission
from mailer.outbox import withdraw as withdraw_letter
from mailer.sendlog import coalition
from mailer.sendlog.coalition import Share
from mailer.status import State
from mailer.submissions import accept, confirm, consents, erasing, receipt
from mailer.submissions.consents import Wording
from mailer.submissions.preview import letters_hash
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter

UNION = Wording(
    organisation="union", language="en", words="The union may write to me.",
    privacy="https://union.example/privacy",
)  # fmt: skip
GUILD = Wording(
    organisation="guild", language="fr", words="La guilde peut m’écrire.",
    privacy="https://guild.example/privacy",
)  # fmt: skip


def given(store: Store, token: str) -> dict[str, tuple[str, float | None]]:
    """What a receipt tells: the words and the moment of taking back, by organisation."""
    found = receipt(store, token)
    assert found is not None
    return {
        one.organisation: (one.wording.words if one.wording else "", one.withdrawn_at)
        for one in found.consents
    }


def link_in(store: Store) -> str:
    """The token of the mail that asks to confirm."""
    with store.read() as tx:
        return str(tx.execute(select(confirmation.c.token)).scalar_one())


def test_what_was_agreed_to_is_kept_word_for_word(store: Store, clock: Clock) -> None:
    token = accept(store, draft(agreed=(UNION, GUILD)))
    found = receipt(store, token)
    assert found is not None
    assert [one.wording for one in found.consents] == [GUILD, UNION]
    assert {one.at for one in found.consents} == {clock.now}
    assert {one.withdrawn_at for one in found.consents} == {None}


def test_other_words_are_another_version_and_the_same_are_kept_once(store: Store) -> None:
    other = Wording(**{**vars(UNION), "words": "The union may write to me, and phone."})
    for number, agreed in enumerate([UNION, UNION, other]):
        who = supporter(email=f"s{number}@supporter.example")
        accept(store, draft(who, agreed=(agreed,)))
    with store.read() as tx:
        versions = tx.execute(select(consent.c.wording)).scalars().all()
        kept = select(func.count()).where(meta.c.name.startswith("wording "))
        assert tx.execute(kept).scalar_one() == 2
    assert sorted(versions) == sorted([UNION.version, UNION.version, other.version])


@pytest.mark.parametrize("part", ["organisation", "language", "words", "privacy"])
def test_the_version_depends_on_every_part(part: str) -> None:
    assert Wording(**{**vars(UNION), part: "other"}).version != UNION.version


def test_the_same_draft_again_adds_nothing(store: Store) -> None:
    made = draft(agreed=(UNION,))
    assert accept(store, made) == accept(store, made)
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(consent)).scalar_one() == 1


def test_the_signature_of_a_preview_covers_what_was_agreed_to() -> None:
    made = draft()
    hashes = {
        letters_hash(made.supporter, made.letters, agreed)
        for agreed in [(), (UNION,), (GUILD,), (UNION, GUILD)]
    }
    assert len(hashes) == 4
    assert letters_hash(made.supporter, made.letters) in hashes


def test_what_is_taken_back_is_noted_once_and_nothing_else_is(store: Store, clock: Clock) -> None:
    token = accept(store, draft(agreed=(UNION, GUILD)))
    then = clock.pass_(60)
    assert consents.withdraw(store, token, "union")
    clock.pass_(60)
    assert consents.withdraw(store, token, "union"), "a second press changes nothing"
    assert given(store, token) == {"guild": (GUILD.words, None), "union": (UNION.words, then)}


@pytest.mark.parametrize("organisation", ["guild", "nobody", "", "x" * 100])
def test_what_was_not_given_cannot_be_taken_back(store: Store, organisation: str) -> None:
    token = accept(store, draft(agreed=(UNION,)))
    assert not consents.withdraw(store, token, organisation)
    assert not consents.withdraw(store, "0" * 26, "union")
    assert given(store, token) == {"union": (UNION.words, None)}


def test_taking_back_counts_for_all_that_a_confirmed_person_sent_in(store: Store) -> None:
    ben = supporter(name="Ben Example", email="ben@supporter.example")
    first, second = (accept(store, draft(agreed=(UNION,))) for _ in range(2))
    elsewhere = accept(store, draft(about=campaign(slug="work"), agreed=(UNION,)))
    other = accept(store, draft(ben, agreed=(UNION,)))
    everything = (first, second, elsewhere, other)
    with store.write() as tx:
        confirmed = update(submission).where(submission.c.receipt.in_(everything))
        tx.execute(confirmed.values(confirmed_at=store.now(tx)))
    assert consents.withdraw(store, second, "union")
    taken = [given(store, token)["union"][1] for token in everything]
    assert [moment is None for moment in taken] == [False, False, True, True]


def test_nobody_takes_back_for_another_by_typing_their_address(store: Store) -> None:
    first, typed = (accept(store, draft(agreed=(UNION,))) for _ in range(2))
    with store.write() as tx:
        confirmed = update(submission).where(submission.c.receipt == first)
        tx.execute(confirmed.values(confirmed_at=store.now(tx)))
    assert consents.withdraw(store, typed, "union")
    assert given(store, typed)["union"][1] is not None
    assert given(store, first)["union"][1] is None
    assert coalition.shares(store, "exams") == {"union": Share(consenting=1)}


def test_erasing_takes_the_consents_and_leaves_what_the_link_brought(
    store: Store, tmp_path: Path
) -> None:
    accept(store, draft(via="union", agreed=(UNION, GUILD)))
    accept(store, draft(supporter(email="ben@supporter.example"), via="union", agreed=(UNION,)))
    with store.write() as tx:
        tx.execute(update(letter).values(state=State.SENT))
    assert coalition.shares(store, "exams") == {
        "guild": Share(consenting=1),
        "union": Share(via=2, consenting=2),
    }
    erasing.forget(store, "ann@supporter.example", file=tmp_path / "erasures.log")
    assert coalition.shares(store, "exams") == {"union": Share(via=2, consenting=1)}


def test_people_count_once_however_often_they_write(store: Store) -> None:
    for _ in range(3):
        accept(store, draft(via="union", agreed=(UNION,)))
    assert coalition.shares(store, "exams") == {"union": Share(via=1, consenting=1)}
    assert coalition.shares(store, "work") == {}


def test_who_took_it_back_is_counted_apart(store: Store) -> None:
    tokens = [
        accept(store, draft(supporter(email=f"s{number}@x.example"), agreed=(UNION,)))
        for number in range(3)
    ]
    consents.withdraw(store, tokens[0], "union")
    assert coalition.shares(store, "exams") == {"union": Share(consenting=2, withdrawn=1)}


def test_nothing_counts_before_it_is_confirmed(store: Store) -> None:
    token = accept(store, draft(about=campaign(confirm=True), via="union", agreed=(UNION,)))
    assert coalition.shares(store, "exams") == {}
    found = receipt(store, token)
    assert found is not None
    assert confirm(store, link_in(store), found.id, sender=SENDER)
    assert coalition.shares(store, "exams") == {"union": Share(via=1, consenting=1)}


def test_a_consent_counts_though_the_letters_were_written_before(store: Store) -> None:
    about = campaign(confirm=True)
    for agreed in ((), (UNION,)):
        found = receipt(store, accept(store, draft(about=about, agreed=agreed)))
        assert found is not None
        assert confirm(store, link_in(store), found.id, sender=SENDER)
    assert coalition.shares(store, "exams") == {"union": Share(consenting=1)}


def test_what_is_held_withdrawn_or_tried_out_brings_nobody(store: Store) -> None:
    accept(store, draft(via="union", hold="a reason", agreed=(UNION,)))
    trial = campaign(slug="trial", status=Status.TRIAL)
    accept(store, draft(about=trial, via="union", trial_to="t@coalition.example", agreed=(UNION,)))
    ben = supporter(email="ben@supporter.example")
    accept(store, draft(ben, campaign(slug="held"), via="union", hold="x"))
    with store.write() as tx:
        held = select(letter.c.id).where(letter.c.campaign == "held")
        for one in tx.execute(held).scalars().all():
            withdraw_letter(tx, one, actor="staff:1", now=store.now(tx))
    assert [coalition.shares(store, slug) for slug in ("exams", "trial", "held")] == [{}, {}, {}]


def test_a_consent_whose_words_were_lost_is_still_told(store: Store) -> None:
    token = accept(store, draft(agreed=(UNION,)))
    with store.write() as tx:
        tx.execute(delete(meta).where(meta.c.name.startswith("wording ")))
    assert given(store, token) == {"union": ("", None)}
