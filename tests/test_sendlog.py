"""The log: filters, search, keyset pages, and the exact message again."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from mailer import accounts, outbox, sendlog
from mailer.campaigns.values import Status
from mailer.db import Store
from mailer.message import compose
from mailer.outbox import Outcome
from mailer.sendlog import Filter
from mailer.status import Kind, State
from mailer.submissions import Draft, accept
from mailer.transports import Answer
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter


def write(store: Store, number: int, **changes: object) -> Draft:
    who = supporter(name=f"Zoë Supporter {number}", email=f"s{number}@supporter.example")
    made = draft(who, **changes)  # type: ignore[arg-type]
    accept(store, made)
    return made


def everything(store: Store, wanted: Filter, size: int) -> list[str]:
    found: list[str] = []
    while True:
        page = sendlog.page(store, wanted, size)
        found += [row.id for row in page.rows]
        assert len(page.rows) <= size
        if not page.next:
            return found
        wanted = Filter(**{**vars(wanted), "before": page.next})


def test_pages_show_every_letter_once_newest_first(store: Store, clock: Clock) -> None:
    for number in range(12):
        write(store, number)
        clock.pass_(0.5 if number % 3 else 0.0)
    found = everything(store, Filter(), 5)
    assert len(found) == len(set(found)) == 24
    made = [row.created_at for row in sendlog.rows(store, Filter(), batch=7)]
    assert made == sorted(made, reverse=True)
    assert [row.id for row in sendlog.rows(store, Filter(), batch=7)] == found


def test_a_letter_that_arrives_between_two_pages_shifts_nothing(store: Store, clock: Clock) -> None:
    for number in range(4):
        write(store, number)
        clock.pass_(1)
    first = sendlog.page(store, Filter(), 4)
    write(store, 99)
    second = sendlog.page(store, Filter(before=first.next), 10)
    assert len({row.id for row in (*first.rows, *second.rows)}) == 8


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(campaign="exams"), 4),
        (Filter(campaign="other"), 2),
        (Filter(official="minister-1"), 3),
        (Filter(state="queued"), 6),
        (Filter(state="sent"), 0),
        (Filter(state="nonsense"), 0),
        (Filter(query="zoe SUPPORTER 1"), 2),
        (Filter(query="s2@supporter"), 2),
        (Filter(query="%"), 0),
        (Filter(query="_"), 0),
        (Filter(query="nobody"), 0),
        (Filter(query="zoë", campaign="other", official="minister-2"), 1),
        (Filter(before="not a cursor"), 6),
    ],
)
def test_filters_and_search(store: Store, wanted: Filter, expected: int) -> None:
    write(store, 0)
    write(store, 1)
    write(store, 2, about=campaign(slug="other"))
    assert len(sendlog.page(store, wanted).rows) == expected


def test_a_reference_finds_its_letters_however_it_is_written(store: Store) -> None:
    made, _ = write(store, 0), write(store, 1)
    shown = f"{made.id[:5]}-{made.id[5:10]}"
    for query in (shown, shown.upper(), shown.replace("-", ""), f"  {made.id} "):
        rows = sendlog.page(store, Filter(query=query)).rows
        assert {row.submission for row in rows} == {made.id}
        assert {row.reference for row in rows} == {shown.upper()}


@pytest.mark.parametrize("html", [True, False])
def test_the_exact_message_can_be_made_again(store: Store, clock: Clock, html: bool) -> None:
    """Also where the list of free-mail providers has changed since."""
    write(store, 0)
    with store.write() as tx:
        one, *_ = outbox.claim(
            tx, "w", now=clock.now, lease=60, most=1,
            way=outbox.Way(account="fake:relay", delivers=False),
        )  # fmt: skip
        data = compose(replace(one.mail, html=html))
        sha256 = hashlib.sha256(data).hexdigest()
        outbox.fence(tx, "w", [(one, sha256)], now=clock.now, lease=60.0)
        done = Outcome(letter=one, account="fake:relay", answer=Answer(text="ok", code="250"))
        outbox.settle(tx, "w", [done], now=clock.now)
    clock.pass_(86400)
    page = sendlog.letter_page(store, one.id)
    assert page is not None
    assert page.mail is not None
    assert compose(page.mail) == data
    assert page.sha256 == sha256
    assert page.row.sent_at == clock.now - 86400


def test_mail_with_a_secret_link_shows_no_text(store: Store) -> None:
    secret = accounts.invite(store, "staff@coalition.example", "viewer")
    accounts.redeem(store, secret, accounts.INVITATION, "four quiet grey herons")
    accounts.request_reset(store, "staff@coalition.example", sender=SENDER, language="en")
    (row,) = sendlog.page(store, Filter(kind=Kind.ACCOUNT)).rows
    page = sendlog.letter_page(store, row.id)
    assert page is not None
    assert page.mail is None


def test_an_unknown_letter_is_none(store: Store) -> None:
    assert sendlog.letter_page(store, "nothing") is None


def test_counts_by_state_and_of_people(store: Store) -> None:
    write(store, 0)
    write(store, 0)  # the same person again
    write(store, 1, hold="a look")
    write(store, 2, about=campaign(slug="other", confirm=True))
    write(store, 3, about=campaign(slug="trial", status=Status.TRIAL), trial_to="t@staff.example")
    assert sendlog.counts(store, "exams") == {
        State.QUEUED: 2, State.REVIEW: 2, State.CANCELLED: 2,
    }  # fmt: skip
    assert sum(sendlog.counts(store).values()) == 10
    assert sendlog.written(store, "exams") == 1
    assert sendlog.written(store, "other") == sendlog.written(store, "trial") == 0
