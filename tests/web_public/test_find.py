"""Finding receipts by mail, and erasing everything behind the link in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from mailer import addresses
from mailer.campaigns.names import letter_name
from mailer.db import Store, marks
from mailer.db.schema import letter, letter_text
from mailer.status import Kind
from mailer.submissions import erase_links, finding
from tests.conftest import Clock
from tests.factories import SENDER
from tests.web_public.homes import write_campaign
from tests.web_public.page import Page, Visitor, fields

KEY = "k" * 40
DAY = 86400.0
ANN = "ann@supporter.example"


def link_in_mail(store: Store) -> str:
    """Where the mail's link to erase leads; the worker has sent it meanwhile."""
    assert finding.answer(store, SENDER, [KEY]) == 1
    with store.read() as tx:
        text = select(letter_text.c.body).join(letter, letter.c.id == letter_text.c.letter)
        body = tx.execute(text.where(letter.c.kind == Kind.ACCOUNT)).scalar_one()
    lines = [line.removeprefix(SENDER.url) for line in str(body).splitlines()]
    return next(line for line in lines if line.startswith("/erase/"))


def noted(store: Store) -> list[str]:
    with store.read() as tx:
        return list(marks.beginning(tx, "find ").values())


def test_every_address_gets_the_same_answer(visitor: Visitor, sqlite: Store) -> None:
    visitor.send("exams")
    pages = []
    for email in (ANN, "nobody@supporter.example", " ANN@supporter.example "):
        form = {**fields(Page(visitor.get("/find?lang=fr").text)), "email": email}
        pressed = visitor.post("/find", form)
        assert pressed.status_code == 303
        assert "@" not in pressed.headers["Location"]
        pages.append(visitor.get(pressed.headers["Location"]).text)
    assert len(set(pages)) == 1
    assert "Si des lettres ont été écrites avec cette adresse" in pages[0]
    assert noted(sqlite) == ["fr", "fr"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter the email address that you wrote with."),
        ("ann", "Enter the email address with its @ sign, like name@example.org."),
        ("ann@", "Enter an email address like name@example.org."),
        ("😀@x.example", "Enter an email address like name@example.org."),
        ("\u202eann@supporter.example", "Enter an email address like name@example.org."),
        ("a" * 20_001, "An email address has at most 254 characters."),
    ],
)
def test_what_is_no_address_is_said_and_kept(
    visitor: Visitor, sqlite: Store, typed: str, said: str
) -> None:
    answer = visitor.post("/find", {"email": typed, "language": "en"})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.title.startswith("Error: ")
    assert page.errors == [("f-email", said)]
    assert page.values["email"] == typed[:254]
    assert noted(sqlite) == []


def test_the_page_is_private_and_found_from_everywhere(visitor: Visitor) -> None:
    answer = visitor.get("/find")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert visitor.post("/find", {"email": ANN}, Origin="https://evil.example").status_code == 403
    for path in ("/exams/", "/privacy", "/no/such/page", visitor.send("exams").location):
        assert Page(visitor.get(path).text).links["Find my letters"].startswith("/find")
    robots = visitor.get("/robots.txt").text
    for slug in ("find", "erase"):
        assert "is a page of the program itself" in str(letter_name(f"{slug}.md"))
        assert f"Disallow: /{slug}" in robots


def test_everything_is_erased_behind_the_mailed_link(
    home: Path, visitor: Visitor, sqlite: Store, clock: Clock
) -> None:
    write_campaign(home, "other")
    receipts = [visitor.send(slug).location for slug in ("exams", "other")]
    bo = visitor.send("exams", name="Bo Example", email="bo@supporter.example").location
    visitor.post("/find", {"email": ANN})
    path = link_in_mail(sqlite)
    before = visitor.get(path)
    assert "2 submissions, at once and for good" in before.text
    assert "4 letters have not left" in before.text
    assert before.headers["Cache-Control"] == "no-store"
    assert "Ann" not in before.text
    clock.pass_(60)
    for _ in range(2):  # a second press changes nothing
        pressed = visitor.post(path, {})
        assert pressed.status_code == 303
        assert "Everything is erased" in visitor.get(pressed.headers["Location"]).text
    assert ["Your data are erased" in visitor.get(one).text for one in (*receipts, bo)] == [
        True, True, False,
    ]  # fmt: skip
    assert "Bo Example" in visitor.get(bo).text
    clock.pass_(2 * DAY)
    assert "Everything is erased" in visitor.get(path).text, "the proof stays"


def test_a_link_that_is_over_erases_nothing(visitor: Visitor, sqlite: Store, clock: Clock) -> None:
    receipt = visitor.send("exams").location
    visitor.post("/find", {"email": ANN})
    path = link_in_mail(sqlite)
    clock.pass_(DAY)
    for answer in (visitor.get(path), visitor.post(path, {})):
        assert answer.status_code == 410
        assert "This link is over" in answer.text
        assert Page(answer.text).links["Ask for a new one"].startswith("/find")
    assert "Ann Example" in visitor.get(receipt).text


def test_nobody_can_make_such_a_link(
    make_app: Callable[..., Flask], visitor: Visitor, sqlite: Store, clock: Clock
) -> None:
    receipt = visitor.send("exams").location
    with sqlite.read() as tx:
        box = addresses.mailbox_key(ANN, sqlite.pepper(tx))
    path = erase_links.link("", [KEY], box, clock.now)
    other = erase_links.link("", ["x" * 40], box, clock.now)
    for forged in (other, path[:-1], path.upper(), f"/erase/{box}", "/erase/é", "/erase/."):
        for answer in (visitor.get(forged), visitor.post(forged, {})):
            assert answer.status_code == 404, forged
    assert visitor.post(path, {}, Origin="https://evil.example").status_code == 403
    assert "Ann Example" in visitor.get(receipt).text
    changed = Visitor(make_app(secret_keys=("n" * 40, KEY)))
    assert "Erase everything?" in changed.get(path).text
    unknown = erase_links.link("", [KEY], "0" * 40, clock.now)
    assert "Nothing is kept" in visitor.get(unknown).text
