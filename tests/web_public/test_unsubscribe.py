"""No more mail from us: by a press on the page, or by one in a mail program (RFC 8058)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from mailer import addresses
from mailer.campaigns.names import letter_name
from mailer.db import Store
from mailer.db.schema import confirmation, letter, suppressed
from mailer.outbox import suppression
from mailer.status import Kind
from mailer.submissions import journal, unsubscribing
from mailer.submissions.journal import What
from tests.web_public.homes import write_campaign
from tests.web_public.page import Page, Visitor

KEY = "k" * 40
ANN = "ann@supporter.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def mailbox(store: Store, email: str = ANN) -> str:
    with store.read() as tx:
        return addresses.mailbox_key(email, store.pepper(tx))


@pytest.fixture
def path(sqlite: Store) -> str:
    """Where the link of Ann's reminders leads."""
    return unsubscribing.link("", [KEY], mailbox(sqlite))


def ended(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        found = tx.execute(select(suppressed.c.mailbox, suppressed.c.reason)).all()
    return [(row.mailbox, row.reason) for row in found]


def test_looking_changes_nothing(visitor: Visitor, sqlite: Store, path: str) -> None:
    for _ in range(2):
        answer = visitor.get(path)
        assert "No more mail from us?" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers
    assert visitor.client.head(path).status_code == 200
    assert ended(sqlite) == []


def test_the_button_ends_it_and_takes_it_back(
    home: Path, visitor: Visitor, sqlite: Store, path: str
) -> None:
    for _ in range(2):  # again changes nothing
        pressed = visitor.post(path, {})
        assert pressed.status_code == 303
        page = visitor.get(pressed.headers["Location"]).text
        assert "You get no more mail from us" in page
    assert ended(sqlite) == [(mailbox(sqlite), unsubscribing.UNSUBSCRIBED)]
    assert dict(Page(page).fields) == {"again": "1"}
    assert visitor.post(path, {"again": "1"}).status_code == 303
    assert ended(sqlite) == []
    assert "No more mail from us?" in visitor.get(path).text
    noted = journal.read(home / "var" / "erasures.log")
    assert noted is not None
    assert [wish.what for wish in noted.wishes] == [What.UNSUBSCRIBED, What.SUBSCRIBED]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
    ],
)
def test_a_mail_program_posts_once_and_is_led_nowhere(
    visitor: Visitor, sqlite: Store, path: str, headers: dict[str, str]
) -> None:
    answer = visitor.post(path, ONE_CLICK, **headers)
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert "You get no more mail from us" in answer.text
    assert len(ended(sqlite)) == 1


def test_nobody_can_make_such_a_link(visitor: Visitor, sqlite: Store, path: str) -> None:
    key = mailbox(sqlite)
    other = unsubscribing.link("", ["x" * 40], key)
    for forged in (
        key,
        f"{key}.",
        f"{key}.x",
        path[13:-1],
        path[13:].upper(),
        other[13:],
        ".",
        "é",
    ):
        for answer in (
            visitor.get(f"/unsubscribe/{forged}"),
            visitor.post(f"/unsubscribe/{forged}", ONE_CLICK),
        ):
            assert answer.status_code == 404, forged
    assert ended(sqlite) == []


def test_a_link_lives_on_while_its_key_is_kept(make_app: Callable[..., Flask], path: str) -> None:
    changed = Visitor(make_app(secret_keys=("n" * 40, KEY)))
    assert changed.get(path).status_code == 200
    assert Visitor(make_app(secret_keys=("n" * 40,))).get(path).status_code == 404


def test_who_wants_no_mail_is_asked_to_confirm_nothing(
    home: Path, visitor: Visitor, sqlite: Store, path: str
) -> None:
    write_campaign(home, "careful", confirm=True)
    visitor.post(path, ONE_CLICK)
    receipt = visitor.send("careful")
    assert receipt.status_code == 303, "the page must not tell"
    assert "Waiting for you" in visitor.get(receipt.headers["Location"]).text
    with sqlite.read() as tx:
        kinds = set(tx.execute(select(letter.c.kind)).scalars())
        assert tx.execute(select(confirmation.c.token)).scalars().all()
    assert kinds == {Kind.LETTER}
    visitor.post(path, {"again": "1"})
    visitor.send("careful", name="Bo Example", email="bo@supporter.example")
    with sqlite.read() as tx:
        assert Kind.CONFIRMATION in set(tx.execute(select(letter.c.kind)).scalars())


def test_a_complaint_is_not_undone_by_a_link(visitor: Visitor, sqlite: Store, path: str) -> None:
    with sqlite.write() as tx:
        suppression.suppress(tx, mailbox(sqlite), reason="complained", now=1.0)
    page = visitor.get(path).text
    assert "A mail of ours was marked as unwanted there" in page
    assert Page(page).fields == []
    visitor.post(path, {"again": "1"})
    visitor.post(path, ONE_CLICK)
    assert ended(sqlite) == [(mailbox(sqlite), "complained")]


def test_no_campaign_takes_its_address_and_robots_stay_away(visitor: Visitor) -> None:
    assert "is a page of the program itself" in str(letter_name("unsubscribe.md"))
    assert "Disallow: /unsubscribe/\n" in visitor.get("/robots.txt").text
