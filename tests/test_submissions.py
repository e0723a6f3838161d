"""Taking submissions in: once, whole, and without telling who has written before."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from mailer import sendlog, submissions
from mailer.campaigns.values import Status
from mailer.db import Store
from mailer.db.schema import letter, letter_text, submission
from mailer.message import compose
from mailer.message.read import parts
from mailer.status import Kind, State
from mailer.submissions import Receipt, accept, confirm, opened, receipt
from mailer.submissions.accept import CROWDED
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter


def count(store: Store, *conditions: object) -> int:
    with store.read() as tx:
        statement = select(func.count()).select_from(letter)
        return int(tx.execute(statement.where(*conditions)).scalar_one())  # type: ignore[arg-type]


def states(store: Store, token: str) -> list[str]:
    found = receipt(store, token)
    assert found is not None
    return [one.state.value for one in found.letters]


def confirmation_token(store: Store) -> str:
    """The token of the newest link that was mailed."""
    return confirmation_tokens(store)[0]


def confirmation_tokens(store: Store) -> list[str]:
    """The tokens of the links that were mailed, the newest first."""
    with store.read() as tx:
        bodies = tx.execute(
            select(letter_text.c.body)
            .join(letter, letter.c.id == letter_text.c.letter)
            .where(letter.c.kind == Kind.CONFIRMATION)
            .order_by(letter.c.created_at.desc())
        ).scalars()
        return [body.partition("/confirm/")[2].partition("?")[0] for body in bodies]


def waiting(store: Store, token: str) -> tuple[Receipt, ...]:
    """What a link shows: all that waits, then what was confirmed lately."""
    found = opened(store, token)
    return () if found is None else (*found.waiting, *found.done)


def test_a_submission_is_kept_with_all_its_letters_as_approved(store: Store) -> None:
    made = draft()
    token = accept(store, made)
    found = receipt(store, token)
    assert found is not None
    assert (found.name, found.email) == ("Ann Example", "ann@supporter.example")
    assert found.reference == f"{made.id[:5]}-{made.id[5:10]}".upper()
    assert [(one.subject, one.salutation, one.body) for one in found.letters] == [
        (one.subject, one.salutation, one.body) for one in made.letters
    ]
    assert states(store, token) == ["queued", "queued"]


def test_the_same_draft_again_gives_the_same_receipt_and_changes_nothing(store: Store) -> None:
    made = draft()
    assert accept(store, made) == accept(store, made)
    assert count(store) == 2


def test_sixteen_parallel_posts_of_one_draft_are_one_submission(
    database_url: str, clock: Clock
) -> None:
    made = draft()
    stores = [Store(database_url, clock=clock) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        tokens = set(pool.map(lambda n: accept(stores[n % 4], made), range(16)))
    assert len(tokens) == 1
    assert count(stores[0]) == 2
    for store in stores:
        store.close()


def test_parallel_drafts_of_one_person_leave_one_letter_for_each_official(
    database_url: str, clock: Clock
) -> None:
    stores = [Store(database_url, clock=clock) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda n: accept(stores[n % 4], draft()), range(8)))
    assert len(tokens) == 8
    assert count(stores[0], letter.c.state == State.QUEUED, letter.c.kind == Kind.LETTER) == 2
    assert count(stores[0], letter.c.state == State.CANCELLED) == 14
    for store in stores:
        store.close()


def test_a_second_letter_is_cancelled_but_its_receipt_looks_like_any_other(store: Store) -> None:
    accept(store, draft())
    again = accept(store, draft(supporter(name="ANN EXAMPLE", email="Ann@supporter.example")))
    assert states(store, again) == ["queued", "queued"]
    found = receipt(store, again)
    assert found is not None
    assert {one.reason for one in found.letters} == {""}
    assert count(store, letter.c.state == State.CANCELLED) == 2
    third = accept(store, draft(supporter(email="A.nn+again@supporter.example")))
    assert states(store, third) == ["queued", "queued"], "another mailbox is another person"
    assert count(store, letter.c.state == State.CANCELLED) == 2


def test_the_first_letter_stands_for_the_second_on_its_receipt(store: Store, clock: Clock) -> None:
    accept(store, draft())
    with store.write() as tx:
        values = {"state": "sent", "sent_at": clock.now + 2, "transport": "smtp:relay"}
        tx.execute(letter.update().values(values))
    clock.pass_(86400)
    again = accept(store, draft())
    assert states(store, again) == ["queued", "queued"], "as a first one would be"
    clock.pass_(6)
    found = receipt(store, again)
    assert found is not None
    assert {one.state for one in found.letters} == {State.SENT}
    assert {one.sent_at for one in found.letters} == {found.created_at}


def test_what_would_hold_a_first_letter_is_told_of_a_second_one_too(store: Store) -> None:
    new = receipt(store, accept(store, draft(hold="honeypot")))
    accept(store, draft(supporter(name="Ben")))
    again = receipt(store, accept(store, draft(supporter(name="Ben"), hold="honeypot")))
    assert new is not None
    assert again is not None
    assert [(one.state, one.reason) for one in new.letters] == [
        (one.state, one.reason) for one in again.letters
    ]


def test_a_trial_takes_nobodys_real_letter_and_goes_to_no_official(store: Store) -> None:
    trial = campaign(status=Status.TRIAL)
    accept(store, draft(about=trial, trial_to="staff@coalition.example"))
    accept(store, draft(about=trial))
    assert count(store, letter.c.cleared) == 2, "without an address it must not leave later either"
    assert states(store, accept(store, draft())) == ["queued", "queued"]
    assert count(store, letter.c.state == State.CANCELLED) == 0


def test_spellings_of_one_mailbox_are_one_and_look_alike_domains_are_not(store: Store) -> None:
    for email in ("ann.b@gmail.com", "annb@gmail.com", "a.n.n.b+x@googlemail.com"):
        accept(store, draft(supporter(email=email)))
    assert count(store, letter.c.kind == Kind.NOTICE) == 1
    about = campaign(confirm=True)
    accept(store, draft(supporter(email="victim@strasse.example"), about))
    accept(store, draft(supporter(email="victim@straße.example"), about))
    tokens = confirmation_tokens(store)
    assert [len(waiting(store, token)) for token in tokens] == [1, 1]


def test_parallel_forms_cannot_pass_the_limits_of_one_mailbox(
    database_url: str, clock: Clock
) -> None:
    about = campaign(confirm=True)
    stores = [Store(database_url, clock=clock) for _ in range(4)]
    drafts = [draft(supporter(name=f"Name {number}"), about) for number in range(16)]
    drafts += [draft(supporter(name=f"Name {number}")) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda pair: accept(stores[pair[0] % 4], pair[1]), enumerate(drafts)))
    assert count(stores[0], letter.c.kind == Kind.CONFIRMATION) == 1
    assert count(stores[0], letter.c.state == State.QUEUED, letter.c.kind == Kind.LETTER) == 4
    for store in stores:
        store.close()


def test_only_a_mail_to_the_address_tells_of_an_earlier_letter_and_only_once(store: Store) -> None:
    accept(store, draft())
    assert count(store, letter.c.kind == Kind.NOTICE) == 0
    accept(store, draft())
    accept(store, draft())
    assert count(store, letter.c.kind == Kind.NOTICE) == 1


def test_two_people_may_share_an_address_and_a_third_is_looked_at(store: Store) -> None:
    for name, expected in (("Ann", "queued"), ("Ben", "queued"), ("Cleo", "review")):
        token = accept(store, draft(supporter(name=name)))
        assert states(store, token) == [expected, expected]


def test_only_the_owner_of_an_address_is_told_that_others_wrote_with_it(store: Store) -> None:
    open_, asked = campaign(), campaign(slug="asked", confirm=True)
    tokens = []
    for name in ("Ann", "Ben", "Cleo", "Cleo"):
        typed = receipt(store, accept(store, draft(supporter(name=name), open_)))
        assert typed is not None
        assert {one.reason for one in typed.letters} == {""}, "whoever typed the form learns it"
        tokens.append(accept(store, draft(supporter(name=name), asked)))
        owned = receipt(store, tokens[-1])
        assert owned is not None
        confirm(store, confirmation_token(store), owned.id, sender=SENDER)
    told = [receipt(store, token) for token in tokens]
    reasons = [{one.reason for one in found.letters} for found in told if found is not None]
    assert reasons == [{""}, {""}, {CROWDED}, {CROWDED}]


def test_a_draft_with_a_reason_to_hold_waits_for_staff(store: Store) -> None:
    token = accept(store, draft(hold="honeypot"))
    found = receipt(store, token)
    assert found is not None
    assert {(one.state, one.reason) for one in found.letters} == {(State.REVIEW, "honeypot")}


def test_a_trial_without_an_address_sends_nothing(store: Store) -> None:
    about = campaign(status=Status.TRIAL)
    assert states(store, accept(store, draft(about=about))) == ["review", "review"]
    with_address = draft(supporter(name="Ben"), about, trial_to="staff@coalition.example")
    assert states(store, accept(store, with_address)) == ["queued", "queued"]


def test_letters_are_cleared_for_sending_only_by_an_approval_or_a_trial(store: Store) -> None:
    accept(store, draft())
    assert count(store, letter.c.cleared) == 0
    accept(
        store, draft(supporter(name="Ben"), campaign(status=Status.TRIAL), trial_to="a@b.example")
    )
    assert count(store, letter.c.cleared) == 2


def test_a_failure_in_the_middle_leaves_nothing_behind(store: Store) -> None:
    made = draft()
    twin = replace(made.letters[1], to_address=None)  # what the database refuses
    with pytest.raises(AttributeError):
        accept(store, replace(made, letters=(made.letters[0], twin)))
    assert count(store) == 0
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(submission)).scalar_one() == 0


def test_unconfirmed_letters_wait_and_claim_nothing(store: Store) -> None:
    about = campaign(confirm=True)
    token = accept(store, draft(about=about))
    assert states(store, token) == ["awaiting", "awaiting"]
    assert count(store, letter.c.person.is_not(None)) == 0
    assert count(store, letter.c.kind == Kind.CONFIRMATION, letter.c.state == State.QUEUED) == 1


def test_the_link_shows_all_that_waits_and_each_is_confirmed_alone(store: Store) -> None:
    about = campaign(confirm=True)
    first = accept(store, draft(about=about))
    second = accept(store, draft(supporter(name="Ben"), about))
    link = confirmation_token(store)
    shown = waiting(store, link)
    assert {one.token for one in shown} == {first, second}
    ann = next(one for one in shown if one.token == first)
    assert confirm(store, link, ann.id, sender=SENDER) == first
    assert states(store, first) == ["queued", "queued"]
    assert states(store, second) == ["awaiting", "awaiting"]


def test_a_second_press_is_harmless_and_still_shows_the_receipt(store: Store) -> None:
    token = accept(store, draft(about=campaign(confirm=True)))
    link = confirmation_token(store)
    (shown,) = waiting(store, link)
    assert confirm(store, link, shown.id, sender=SENDER) == token
    assert confirm(store, link, shown.id, sender=SENDER) == token
    assert count(store, letter.c.kind == Kind.LETTER, letter.c.state == State.QUEUED) == 2
    assert [one.token for one in waiting(store, link)] == [token]


def test_the_second_confirmed_letter_of_one_person_is_cancelled(store: Store) -> None:
    about = campaign(confirm=True)
    accept(store, draft(about=about))
    accept(store, draft(about=about))
    link = confirmation_token(store)
    for shown in waiting(store, link):
        confirm(store, link, shown.id, sender=SENDER)
    assert count(store, letter.c.kind == Kind.LETTER, letter.c.state == State.QUEUED) == 2
    assert count(store, letter.c.state == State.CANCELLED) == 2
    assert count(store, letter.c.kind == Kind.NOTICE) == 1


def test_another_peoples_link_confirms_nothing(store: Store) -> None:
    about = campaign(confirm=True)
    victim = draft(supporter(name="Ben", email="ben@supporter.example"), about)
    accept(store, victim)
    accept(store, draft(about=about))
    with store.read() as tx:
        bodies = tx.execute(
            select(letter_text.c.body).where(letter_text.c.to_address == "ann@supporter.example")
        ).scalar_one()
    link = bodies.partition("/confirm/")[2].partition("?")[0]
    assert confirm(store, link, victim.id, sender=SENDER) is None
    assert confirm(store, "forged", victim.id, sender=SENDER) is None
    assert waiting(store, "forged") == ()


def test_the_mailed_link_can_be_pressed_and_nothing_typed_is_in_the_mail(store: Store) -> None:
    who = supporter(name="<b>https://evil.example</b>", personal="https://evil.example")
    accept(store, draft(who, campaign(confirm=True)))
    (row,) = sendlog.page(store, sendlog.Filter(kind=Kind.CONFIRMATION)).rows
    page = sendlog.letter_page(store, row.id)
    assert page is not None
    assert page.mail is not None
    shown = parts(compose(page.mail))
    assert f'<a href="http://127.0.0.1:8000/confirm/{confirmation_token(store)}' in shown.html
    assert "evil" not in str(shown)


def test_a_mailbox_is_not_flooded_with_confirmations(store: Store, clock: Clock) -> None:
    about = campaign(confirm=True)
    for number in range(10):
        accept(store, draft(supporter(name=f"Name {number}"), about))
    assert count(store, letter.c.kind == Kind.CONFIRMATION) == 1
    for _ in range(10):
        clock.pass_(3601)
        accept(store, draft(supporter(name="Ann"), about))
    assert count(store, letter.c.kind == Kind.CONFIRMATION) == 3
    clock.pass_(86400)
    accept(store, draft(supporter(name="Ann"), about))
    assert count(store, letter.c.kind == Kind.CONFIRMATION) == 4


def test_the_hash_covers_every_letter_and_who_wrote_them() -> None:
    made = draft()
    base = submissions.letters_hash(made.supporter, made.letters)
    other = replace(made.letters[0], body="Something else")
    changed = [
        submissions.letters_hash(replace(made.supporter, email="b@c.example"), made.letters),
        submissions.letters_hash(made.supporter, (other, made.letters[1])),
        submissions.letters_hash(made.supporter, made.letters[:1]),
    ]
    assert len({base, *changed}) == 4


def test_ids_are_random_and_never_repeat() -> None:
    made: Callable[[], str] = submissions.new_id
    assert len({made() for _ in range(10_000)}) == 10_000
