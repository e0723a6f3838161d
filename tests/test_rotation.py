"""New keys in the place of old ones: whatever the old key signed goes on working beside the new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from mailer import proof
from mailer.audit import heads
from mailer.audit.heads import Head
from mailer.campaigns import links as drafts
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import confirmation, letter, submission
from mailer.message import tokens
from mailer.submissions import accept, day_links, unsubscribing
from mailer.web import create_app
from mailer.web.signing import Signer
from tests.conftest import Clock
from tests.factories import campaign, draft
from tests.staff_browser import Browser, member
from tests.web_public.page import Page, Visitor, fields

OLD, NEW = "o" * 40, "n" * 40
NOW, LETTER, MAILBOX = 1_800_000_000.0, "0" * 26, "a" * 40
SITE = "https://letters.example.org"

Keys = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Something that a key makes, and whether keys accept it."""

    name: str
    make: Callable[[Keys], str]
    accepts: Callable[[Keys, str], bool]


def last(link: str) -> str:
    return link.rpartition("/")[2]


ERASE = day_links.Purpose(place="/erase/", salt="mailer.erase")
KINDS = (
    Kind(
        name="a link that was mailed to erase, or to see what is kept",
        make=lambda keys: last(ERASE.link(SITE, keys, MAILBOX, NOW)),
        accepts=lambda keys, made: ERASE.read(keys, made, NOW) is not None,
    ),
    Kind(
        name="a link that ends our mails",
        make=lambda keys: last(unsubscribing.link(SITE, keys, MAILBOX)),
        accepts=lambda keys, made: unsubscribing.mailbox_of(keys, made) == MAILBOX,
    ),
    Kind(
        name="a private link to a draft",
        make=lambda keys: last(drafts.link(SITE, keys, "exams", now=NOW)),
        accepts=lambda keys, made: drafts.read(keys, "exams", made, NOW) is not None,
    ),
    Kind(
        name="a check before sending, still on somebody's screen",
        make=lambda keys: Signer(keys, lambda: NOW).sign("exams", LETTER, "hash"),
        accepts=lambda keys, made: (
            Signer(keys, lambda: NOW + 60).age("exams", LETTER, "hash", made) is not None
        ),
    ),
    Kind(
        name="the address that a letter bounces to",
        make=lambda keys: tokens.for_bounces(LETTER, "x@c.example", "r.example", keys),
        accepts=lambda keys, made: next(tokens.named_in(made, keys)).proven,
    ),
    Kind(
        name="the address at which a letter is answered",
        make=lambda keys: tokens.for_answers(LETTER, "r.example", keys),
        accepts=lambda keys, made: next(tokens.named_in(made, keys)).proven,
    ),
    Kind(
        name="a signed record that letters were wanted",
        make=lambda keys: re.findall(
            r'"public_key": "([^"]+)"', proof.signed({"format": "x"}, keys)
        )[0],
        accepts=lambda keys, made: made in {one.value for one in proof.known(keys)},
    ),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_the_old_key_made_is_taken_until_it_is_retired(kind: Kind) -> None:
    made = kind.make([OLD])
    assert kind.accepts([OLD], made)
    assert kind.accepts([NEW, OLD], made), "beside the new key"
    assert kind.accepts(["third" * 8, NEW, OLD], made), "after a second change"
    assert not kind.accepts([NEW], made), "the old key is retired"
    assert kind.accepts([NEW], kind.make([NEW, OLD])), "the first key signs"


def test_the_witness_of_the_audit_outlives_a_new_key(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    heads.note(file, Head(number=1, hash="a" * 64, at=1.5), [OLD])
    heads.note(file, Head(number=2, hash="b" * 64, at=2.5), [NEW, OLD])
    assert [one.number for one in heads.read(file, [NEW, OLD]).heads] == [1, 2]
    assert heads.read(file, [NEW, OLD]).unproven == 0
    retired = heads.read(file, [NEW])
    assert ([one.number for one in retired.heads], retired.unproven) == ([2], 1), "and it says so"


@pytest.fixture
def store(new_sqlite: Callable[[], str], clock: Clock) -> Iterator[Store]:
    opened = Store(new_sqlite(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def make_app(settings: Settings, store: Store) -> Callable[..., Flask]:
    """Makes the pages anew, as a start with other keys does."""
    return lambda *keys: create_app(replace(settings, secret_keys=keys), store)


def moved(browser: Browser, app: Flask) -> Browser:
    """The same browser, with all its cookies, before the pages as they are now."""
    other = Browser(app)
    other.client._cookies = browser.client._cookies
    return other


def test_staff_stay_signed_in_and_open_forms_still_work(
    make_app: Callable[..., Flask], store: Store
) -> None:
    member(store, role="moderator")
    before = Browser(make_app(OLD))
    before.enter()
    page = before.get("/staff/account")
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0]
    during = moved(before, make_app(NEW, OLD))
    assert during.signed_in()
    left = during.client.post("/staff/sign-out", data={"csrf_token": token})
    assert left.status_code == 303, "a form that was open when the keys changed"
    assert not during.signed_in()
    during.enter()
    after = moved(during, make_app(NEW))
    assert after.signed_in(), "whoever signs in since is signed in with the new key"
    late = moved(before, make_app("third" * 8))
    assert not late.signed_in()


def test_a_browser_is_known_again_after_a_new_key(
    make_app: Callable[..., Flask], store: Store
) -> None:
    member(store)
    before = Browser(make_app(OLD))
    before.sign_in()
    during = moved(before, make_app(NEW, OLD))
    kept = during.client.get_cookie("mailer-browser")
    assert kept
    during.post("/staff/sign-out", page="/staff/account")
    during.sign_in()
    assert during.signed_in()
    again = during.client.get_cookie("mailer-browser")
    assert again
    assert again.value == kept.value, "known, so that nothing new is given to it"
    strange = moved(during, make_app(NEW))
    strange.post("/staff/sign-out", page="/staff/account") if strange.signed_in() else None
    strange.sign_in()
    given = strange.client.get_cookie("mailer-browser")
    assert given
    assert given.value != kept.value


def test_what_lies_in_the_database_needs_no_key_at_all(
    make_app: Callable[..., Flask], store: Store, clock: Clock
) -> None:
    """Receipts, links to confirm, who has written already, limits: random or hashed with a key of
    the database's own, which is never changed."""
    accept(store, draft(about=campaign(confirm=True, slug="proctoring")))
    with store.read() as tx:
        receipt = tx.execute(select(submission.c.receipt)).scalar_one()
        link = tx.execute(select(confirmation.c.token)).scalar_one()
        known = tx.execute(select(submission.c.mailbox, submission.c.person)).one()
    visitor = Visitor(make_app("third" * 8))
    assert visitor.get(f"/receipt/{receipt}").status_code == 200
    shown = Page(visitor.get(f"/confirm/{link}").text)
    assert visitor.post(f"/confirm/{link}", fields(shown)).status_code == 303
    again = draft(about=campaign(slug="proctoring"))
    accept(store, again)
    with store.read() as tx:
        same = select(submission.c.mailbox, submission.c.person).where(submission.c.id == again.id)
        assert tx.execute(same).one() == known
        leaving = select(func.count()).where(letter.c.submission == again.id, letter.c.person != "")
        assert tx.execute(leaving).scalar_one() == 0, "still one letter for each person"
