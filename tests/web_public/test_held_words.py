"""Letters with a word of the campaign's list, or in look-alike letters: held, told, shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from mailer import approvals, review
from mailer.db import Store
from mailer.db.schema import alarm, letter
from tests.staff_browser import Browser, member
from tests.web_public.homes import write_campaign
from tests.web_public.page import Page, Visitor


@pytest.fixture
def listed(home: Path) -> str:
    """A campaign that has words to look at first, in two languages."""
    write_campaign(home, "listed", hold_words=["Idiot", "string them up"], editable="body")
    file = home / "templates" / "letters" / "listed.fr.md"
    text = file.read_text(encoding="utf-8").replace("+++\n", '+++\nhold_words = ["menteur"]\n', 1)
    file.write_text(text, encoding="utf-8")
    return "listed"


def held(store: Store) -> set[tuple[str, str]]:
    with store.read() as tx:
        return {(row.state, row.reason) for row in tx.execute(select(letter))}


@pytest.mark.parametrize(
    "typed",
    [
        {"personal": "They are idiots.\n\nAn IDÍOT would do better."}, {"affiliation": "Idiot Inc"},
        {"name": "Ann Menteur"}, {"address": "1 String-them-up Street"}, {"district": "Idiot"},
    ],
)  # fmt: skip
def test_what_holds_a_listed_word_waits_for_a_person(
    app: Flask, sqlite: Store, listed: str, typed: dict[str, str]
) -> None:
    visitor = Visitor(app)
    sent = visitor.send(listed, **typed)
    assert sent.status_code == 303
    assert held(sqlite) == {("review", review.WORD)}
    receipt = Page(visitor.get(sent.headers["Location"]).text)
    assert "like to look first" in receipt.words
    with sqlite.read() as tx:
        assert not tx.execute(select(alarm)).all()


def test_a_changed_text_is_looked_at_and_the_campaign_s_own_is_not(
    app: Flask, sqlite: Store, listed: str
) -> None:
    Visitor(app).send(listed, body=["I write about exams, you idiot."])
    assert held(sqlite) == {("review", review.WORD)}


def test_an_edited_list_is_in_use_before_it_is_approved(
    make_app: Callable[..., Flask], sqlite: Store, home: Path
) -> None:
    app = make_app(transports=("smtp://127.0.0.1:2525?tls=none",))
    content = app.extensions["mailer"].library.current()
    approvals.approve(sqlite, content, "exams", actor="staff:kim")
    typed = {"personal": "A quiet word."}
    Visitor(app).send("exams", **typed, email="one@supporter.example")
    assert held(sqlite) == {("queued", "")}
    write_campaign(home, "exams", hold_words=["quiet word"])
    Visitor(make_app(transports=app.extensions["mailer"].settings.transports)).send(
        "exams", **typed
    )
    assert held(sqlite) == {("queued", ""), ("review", review.WORD)}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ({"name": "Аnn Example"}, "mixes letters of several alphabets"),
        ({"email": "ann@gооgle.com"}, "ann@gооgle.com (xn--ggle-55da.com)"),
        ({"personal": "You idiot."}, "hold_words: Idiot"),
    ],
)
def test_staff_see_why_and_the_domain_as_name_servers_know_it(
    app: Flask, sqlite: Store, listed: str, typed: dict[str, Any], shown: str
) -> None:
    Visitor(app).send(listed, **typed)
    member(sqlite, role="moderator")
    staff = Browser(app)
    staff.enter()
    assert shown in Page(staff.get("/staff/review/").text).words
    with sqlite.read() as tx:
        known = tx.execute(select(letter.c.id).where(letter.c.state == "review")).scalars().first()
    assert shown in Page(staff.get(f"/staff/letters/{known}").text).words
