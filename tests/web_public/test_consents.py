"""Consents on the pages: asked one by one, kept on every way, told on the receipt, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from mailer.db import Store
from mailer.db.schema import confirmation, consent, submission
from mailer.submissions import receipt
from tests.conftest import Clock
from tests.web_public.page import TYPED, Page, Visitor, fields
from tests.web_public.unions import GUILD, UNION, UNION_FR, write_coalition

MakeApp = Callable[..., Flask]
BOTH = {"consent-union": "yes", "consent-guild": "yes"}


@pytest.fixture(autouse=True)
def coalition(home: Path) -> None:
    """The campaign `exams` has organisations that ask."""
    write_coalition(home)


def given(store: Store) -> list[str]:
    """The organisations of all consents that were stored."""
    with store.read() as tx:
        chosen = select(consent.c.organisation).order_by(consent.c.organisation)
        return list(tx.execute(chosen).scalars())


def form_of(answer: TestResponse) -> str:
    """The part of a page that asks."""
    found = re.search(r'<form id="write".*?</form>', answer.text, re.DOTALL)
    assert found
    return found[0]


def ticks(answer: TestResponse) -> set[str]:
    """The consents that are ticked on a page, or kept in its hidden fields."""
    return {name for name, _ in Page(answer.text).fields if name.startswith("consent-")}


def test_nothing_is_ticked_and_who_brought_nobody_is_folded(visitor: Visitor) -> None:
    answer = visitor.get("/exams/")
    assert ticks(answer) == set()
    form = form_of(answer)
    shown, _, folded = form.rpartition("<details")
    assert UNION not in shown
    assert UNION in folded
    assert GUILD in folded
    assert 'href="https://union.example/privacy"' in folded
    assert "Hear from the organisations of this campaign" in form
    assert "quiet" not in form, "it does not ask"


def test_the_organisation_whose_link_brought_them_stands_open(visitor: Visitor) -> None:
    form = form_of(visitor.get("/exams/?via=guild"))
    shown, _, folded = form.rpartition("<details")
    assert GUILD in shown
    assert UNION in folded
    assert "Another organisation of this campaign" in folded
    shown, _, folded = form_of(visitor.get("/exams/?via=quiet")).rpartition("<details")
    assert UNION not in shown, "that one does not ask"
    assert UNION in folded


def test_everybody_reads_who_gets_details(visitor: Visitor) -> None:
    page = Page(visitor.get("/exams/").text)
    said = "An organisation gets the name, email address and postal code of those alone who agree"
    assert said in page.words
    assert page.links["Example Union"] == "https://union.example/privacy"
    assert "Quiet Society" not in page.words


def test_a_campaign_that_asks_nothing_says_nothing(visitor: Visitor, home: Path) -> None:
    file = home / "templates" / "letters" / "exams.md"
    file.write_text(file.read_text("utf-8").replace("consent = true", "consent = false"), "utf-8")
    answer = visitor.get("/exams/?via=union")
    assert "consent" not in answer.text
    assert "An organisation gets" not in answer.text
    sent = visitor.send("exams", **BOTH)
    assert sent.status_code == 303


def test_from_the_form_to_the_receipt(visitor: Visitor, sqlite: Store) -> None:
    shown = visitor.preview("exams", via="union", **{"consent-union": "yes"})
    assert "One organisation gets your details" in shown.text
    assert UNION in shown.text
    assert GUILD not in shown.text
    sent = visitor.post("/exams/send", fields(Page(shown.text)))
    assert sent.status_code == 303
    page = visitor.get(sent.location)
    assert UNION in page.text
    assert GUILD not in page.text
    assert "Take this back" in page.text
    assert given(sqlite) == ["union"]
    found = receipt(sqlite, sent.location.rsplit("/", 1)[1].partition("?")[0])
    assert found is not None
    (one,) = found.consents
    assert one.wording is not None
    assert (one.wording.words, one.wording.language) == (UNION, "en")
    assert one.wording.privacy == "https://union.example/privacy"


def test_without_a_tick_nothing_is_stored_or_said(visitor: Visitor, sqlite: Store) -> None:
    shown = visitor.preview("exams", via="union")
    assert "gets your details" not in shown.text
    sent = visitor.post("/exams/send", fields(Page(shown.text)))
    assert "Who may have your details" not in visitor.get(sent.location).text
    assert given(sqlite) == []


@pytest.mark.parametrize(
    "more",
    [
        {"consent-nobody": "yes"},
        {"consent-quiet": "yes"},
        {"consent-": "yes"},
        {"consent-union ": "yes"},
        {"consent-UNION": "yes"},
        {"consent": "union"},
        {"consent-union": ""},
        {"consent-union": "no"},
        {"consent-union": "😀‮" * 500},
        {"consent-" + "x" * 20_001: "yes"},
    ],
)
def test_what_was_not_offered_or_not_ticked_counts_for_nothing(
    visitor: Visitor, sqlite: Store, more: dict[str, str]
) -> None:
    assert visitor.send("exams", **more).status_code == 303
    assert given(sqlite) == []


def test_a_tick_sent_twice_is_one(visitor: Visitor, sqlite: Store) -> None:
    sent = visitor.send("exams", **{"consent-union": ["yes", "yes"], "consent-guild": "on"})
    assert sent.status_code == 303
    assert given(sqlite) == ["guild", "union"]


def test_what_the_preview_did_not_show_is_shown_before_it_counts(
    visitor: Visitor, sqlite: Store
) -> None:
    shown = fields(Page(visitor.preview("exams").text))
    answer = visitor.post("/exams/send", {**shown, "consent-union": "yes"})
    assert answer.status_code == 422
    assert UNION in answer.text
    assert given(sqlite) == []
    both = fields(Page(visitor.preview("exams", **BOTH).text))
    del both["consent-guild"]
    answer = visitor.post("/exams/send", both)
    assert answer.status_code == 422, "nor is less taken than was shown"
    assert GUILD not in answer.text
    assert visitor.post("/exams/send", fields(Page(answer.text))).status_code == 303
    assert given(sqlite) == ["union"]


def test_words_that_changed_meanwhile_are_read_before_they_count(
    make_app: MakeApp, visitor: Visitor, home: Path, sqlite: Store
) -> None:
    shown = fields(Page(visitor.preview("exams", **BOTH).text))
    file = home / "templates" / "letters" / "exams.md"
    changed = file.read_text("utf-8").replace("https://union.", "https://other.")
    file.write_text(changed, "utf-8")
    answer = Visitor(make_app()).post("/exams/send", shown)
    assert answer.status_code == 422
    assert "https://other.example/privacy" in answer.text
    assert given(sqlite) == []


def test_ticks_outlive_errors_languages_and_changes(visitor: Visitor) -> None:
    ticked = {"consent-guild": "yes", "via": "union"}
    wrong = visitor.preview("exams", name="", **ticked)
    assert wrong.status_code == 422
    assert ticks(wrong) == {"consent-guild"}
    assert '<details class="more" open>' in form_of(wrong).replace("\n", ""), "it is ticked inside"
    french = visitor.post("/exams/?lang=fr", {**fields(Page(wrong.text)), "consent-union": "yes"})
    assert ticks(french) == {"consent-guild", "consent-union"}
    assert UNION_FR in french.text
    shown = visitor.post("/exams/preview?lang=fr", {**fields(Page(french.text)), "name": "Ann"})
    assert shown.status_code == 200
    assert UNION_FR in shown.text
    assert ticks(shown) == {"consent-guild", "consent-union"}
    assert Page(shown.text).values["via"] == "union"
    again = visitor.post("/exams/", fields(Page(shown.text)))
    assert ticks(again) == {"consent-guild", "consent-union"}


def test_the_language_agreed_in_is_the_one_that_is_kept(visitor: Visitor, sqlite: Store) -> None:
    english = Page(visitor.preview("exams", **BOTH).text)
    french = visitor.post("/exams/preview?lang=fr", fields(english))
    sent = visitor.post("/exams/send?lang=fr", fields(Page(french.text)))
    found = receipt(sqlite, sent.location.rsplit("/", 1)[1].partition("?")[0])
    assert found is not None
    told = {one.organisation: one.wording for one in found.consents}
    assert told["union"] is not None
    assert (told["union"].language, told["union"].words) == ("fr", UNION_FR)
    english_page = visitor.get(f"/receipt/{found.token}?lang=en").text
    assert f'<q lang="fr">{UNION_FR}</q>' in english_page, "as it was read"


def test_each_can_be_taken_back_on_the_receipt(
    visitor: Visitor, sqlite: Store, clock: Clock
) -> None:
    address = visitor.send("exams", **BOTH).location.partition("?")[0]
    assert visitor.get(address).text.count("Take this back") == 2
    clock.pass_(60)
    for _ in range(2):  # a second press, or Back, changes nothing
        answer = visitor.post(f"{address}/consent", {"organisation": "union"})
        assert answer.status_code == 303
        assert answer.location.endswith("#consents")
    page = visitor.get(address).text
    assert page.count("Take this back") == 1
    assert "You took this back on" in page
    with sqlite.read() as tx:
        rows = tx.execute(select(consent).order_by(consent.c.organisation)).all()
    assert [row.withdrawn_at for row in rows] == [None, clock.now]


@pytest.mark.parametrize("organisation", ["quiet", "", "x\x00y", "x" * 20_001, "😀", "‮union"])
def test_nothing_else_can_be_taken_back(visitor: Visitor, sqlite: Store, organisation: str) -> None:
    address = visitor.send("exams", **BOTH).location.partition("?")[0]
    answer = visitor.post(f"{address}/consent", {"organisation": organisation})
    assert answer.status_code == 404
    assert (
        visitor.post(f"/receipt/{'0' * 26}/consent", {"organisation": "union"}).status_code == 404
    )
    assert visitor.get(f"{address}/consent").status_code in {404, 405}, "a scanner changes nothing"
    with sqlite.read() as tx:
        assert set(tx.execute(select(consent.c.withdrawn_at)).scalars()) == {None}


def test_the_link_of_an_organisation_is_kept_from_the_first_page_to_the_last(
    visitor: Visitor, sqlite: Store
) -> None:
    first = visitor.get("/?via=union")
    assert first.location == "/exams/?via=union"
    page = Page(visitor.get(first.location).text)
    wrong = visitor.post("/exams/preview", fields(page))
    french = visitor.post("/exams/?lang=fr", fields(Page(wrong.text)))
    shown = visitor.post("/exams/preview", {**fields(Page(french.text)), **TYPED})
    assert visitor.post("/exams/send", fields(Page(shown.text))).status_code == 303
    with sqlite.read() as tx:
        assert tx.execute(select(submission.c.via)).scalar_one() == "union"
    assert not visitor.client._cookies, "no cookie carries it"


def test_the_list_of_campaigns_keeps_the_link(visitor: Visitor, home: Path) -> None:
    write_coalition(home, "jobs")
    links = Page(visitor.get('/?via="><b>').text).links
    assert links["Quiet jobs"] == "/jobs/?via=%22%3E%3Cb%3E"
    assert Page(visitor.get("/?via=union").text).links["Quiet exams"] == "/exams/?via=union"


def test_a_closed_campaign_keeps_the_link_in_both_languages(visitor: Visitor, home: Path) -> None:
    write_coalition(home, "exams", status="closed")
    links = Page(visitor.get("/exams/?via=union").text).links
    assert "via=union" in links["Français"]


def test_what_waits_for_confirmation_tells_what_was_agreed_to(
    visitor: Visitor, home: Path, sqlite: Store
) -> None:
    write_coalition(home, "careful", confirm=True)
    sent = visitor.send("careful", **{"consent-union": "yes"})
    with sqlite.read() as tx:
        token = tx.execute(select(confirmation.c.token)).scalar_one()
    shown = visitor.get(f"/confirm/{token}").text
    assert "One organisation gets your details" in shown
    assert UNION in shown
    visitor.post(f"{sent.location.partition('?')[0]}/consent", {"organisation": "union"})
    assert UNION not in visitor.get(f"/confirm/{token}").text
