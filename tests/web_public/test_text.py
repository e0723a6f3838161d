"""The letters' own text, changed by the supporter: nothing else changes, and no word is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import confirmation, letter, letter_text, submission
from tests.conftest import Clock
from tests.web_public.homes import write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields

MakeApp = Callable[..., Flask]
MINE = "All mine {{ 7 * 7 }} {% if %}\n\n  <b>bold</b> & “so”"
OPEN = ("I write about exams.", "Let exams be quiet.\n\nThey can be.")


@pytest.fixture(autouse=True)
def editable(home: Path) -> None:
    """The campaign `exams` lets people change its text; north and south get a paragraph each."""
    write_campaign(home, "exams", editable="body")


def step(visitor: Visitor, **typed: Any) -> Page:
    return Page(visitor.post("/exams/text", {**TYPED, **typed}).text)


def texts(page: Page) -> list[str]:
    return [value for name, value in page.fields if name == "body"]


def changed(page: Page, *bodies: str) -> dict[str, list[str]]:
    """The fields of the step with other texts in its boxes."""
    return {**fields(page), "body": list(bodies)}


def stored(store: Store) -> list[tuple[str, bool]]:
    with store.read() as tx:
        found = tx.execute(
            select(letter_text.c.body, submission.c.edited)
            .join(letter, letter.c.id == letter_text.c.letter)
            .join(submission, submission.c.id == letter.c.submission)
        )
        return [(row.body, row.edited) for row in found]


def test_the_step_shows_what_is_open_and_what_stays(visitor: Visitor) -> None:
    page = step(visitor)
    assert page.title == "Change the text of your letters – Quiet exams"
    assert tuple(texts(page)) == OPEN
    for words in (
        "Dear Minister North,",
        "Dear Minister South,",
        "Exams are in your care.",
        "Work is in your care.",
        "Reply to: ann@supporter.example",
        "To Nora North:",
        "Your text, part 2 of 2",
    ):
        assert words in page.words, words
    assert page.words.count("Reply to:") == 1, "what all have stands once"
    for name, value in TYPED.items():
        assert page.values[name] == value


def test_only_campaigns_that_allow_it_have_the_step(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "fixed")
    assert "/fixed/text" not in visitor.preview("fixed").text
    answer = visitor.post("/fixed/text", {**TYPED, "body": MINE})
    assert Page(answer.text).letters[0].startswith("Dear Minister North,\n\nI write about")
    assert "All mine" not in answer.text
    assert visitor.get("/exams/text").headers["Location"].startswith("/exams/")


def test_changed_text_goes_to_all_around_what_stays(visitor: Visitor, sqlite: Store) -> None:
    shown = Page(visitor.post("/exams/preview", changed(step(visitor), MINE, "Yours,")).text)
    north, south = shown.letters
    end = north[north.index("\n\nAnn Example\n") :]
    assert north == f"Dear Minister North,\n\n{MINE}\n\nExams are in your care.\n\nYours,{end}"
    assert south == f"Dear Minister South,\n\n{MINE}\n\nWork is in your care.\n\nYours,{end}"
    assert visitor.post("/exams/send", fields(shown)).status_code == 303
    salutation = len("Dear Minister North,\n\n")
    assert sorted(stored(sqlite)) == sorted((one[salutation:], True) for one in (north, south))


def test_one_text_is_enough_where_the_letters_are_alike(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "exams", editable="body", to=["north"])
    assert len(texts(step(visitor))) == 1
    page = Page(visitor.preview("exams", body=MINE).text)
    assert page.letters == [f"Dear Minister North,\n\n{MINE}" + page.letters[0].partition("so”")[2]]


def test_text_left_as_it_was_is_the_campaigns_own(visitor: Visitor, sqlite: Store) -> None:
    untouched = Page(visitor.post("/exams/preview", fields(step(visitor))).text)
    assert untouched.letters == Page(visitor.preview("exams").text).letters
    assert texts(untouched) == []
    visitor.post("/exams/send", fields(untouched))
    assert {edited for _, edited in stored(sqlite)} == {False}


def test_every_way_keeps_the_changed_text(visitor: Visitor) -> None:
    shown = Page(visitor.post("/exams/preview", changed(step(visitor), MINE, "End.")).text)
    posted = fields(shown)
    again = Page(visitor.post("/exams/text", posted).text)
    assert texts(again) == [MINE, "End."]
    form = Page(visitor.post("/exams/", posted).text)
    assert texts(form) == [MINE, "End."]
    assert "You have changed it" in form.words
    assert form.values["personal"] == TYPED["personal"]
    wrong = visitor.post("/exams/preview", {**fields(form), "name": ""})
    assert wrong.status_code == 422
    assert texts(Page(wrong.text)) == [MINE, "End."]
    assert Page(visitor.post("/exams/preview", fields(form)).text).letters == shown.letters


def test_another_language_and_back_keeps_the_changed_text(visitor: Visitor) -> None:
    shown = Page(visitor.post("/exams/preview", changed(step(visitor), MINE, "End.")).text)
    answer = visitor.post("/exams/preview?lang=fr", fields(shown))
    french = Page(answer.text)
    assert french.letters[0].startswith(f"Madame la Ministre,\n\n{MINE}\n\nEnd.")
    assert "regardez s’il convient toujours" in french.words
    there = Page(visitor.post("/exams/text?lang=fr", fields(french)).text)
    assert texts(there) == [f"{MINE}\n\nEnd."]
    back = Page(visitor.post("/exams/preview?lang=en", fields(french)).text)
    assert back.letters == shown.letters
    assert "look whether it still fits" not in back.words


def test_answers_changed_since_are_told_and_cost_no_word(visitor: Visitor) -> None:
    posted = changed(step(visitor), MINE, "End.")
    page = Page(visitor.post("/exams/preview", {**posted, "role": "student"}).text)
    assert MINE in page.letters[0]
    assert "Other answers have changed since" in page.words
    same = Page(visitor.post("/exams/preview", {**posted, "postal_code": "B1B 1B1"}).text)
    assert "Other answers have changed since" not in same.words


def test_starting_again_shows_the_original_and_what_was_written(visitor: Visitor) -> None:
    posted = changed(step(visitor), MINE, "End.")
    page = Page(visitor.post("/exams/text", {**posted, "original": "1"}).text)
    assert tuple(texts(page)) == OPEN
    assert "What you had written" in page.words
    assert MINE in page.words
    wrong = {**posted, "body": ["x" * 30_000, ""], "original": "1"}
    assert visitor.post("/exams/text", wrong).status_code == 200
    assert Page(visitor.post("/exams/text", wrong).text).errors == []
    unchanged = Page(visitor.post("/exams/text", {**fields(page), "original": "1"}).text)
    assert "What you had written" not in unchanged.words


@pytest.mark.parametrize(
    ("bodies", "where", "words"),
    [
        (("", " \n "), "f-body", "Write the letter's text, or start again from the original"),
        (("\x00", "calm\u202eflow"), "f-body f-body-2", "begins with a hidden character"),
        (("ok", "calm\u202eflow"), "f-body-2", "hidden character after “calm”"),
        (("a\x00b", "ok"), "f-body", "hidden character after “a”"),
        (("b" * 20_001, "ok"), "f-body", "shorten it to 20,000 characters; it has 20,001"),
        (("a\u0301\u0316" * 50_000, "ok"), "f-body", "shorten it to 20,000"),
    ],
)
@pytest.mark.parametrize("way", ["preview", "send"])
def test_text_that_cannot_be_used_is_kept_and_said_at_its_box(
    visitor: Visitor, way: str, bodies: tuple[str, str], where: str, words: str
) -> None:
    answer = visitor.post(f"/exams/{way}", changed(step(visitor), *bodies))
    page = Page(answer.text)
    assert answer.status_code == 422
    assert page.title.startswith("Error: ")
    assert [link for link, _ in page.errors] == where.split()
    assert words in page.errors[0][1]
    assert texts(page) == list(bodies)


def test_the_whole_letter_may_have_twenty_thousand_characters(visitor: Visitor) -> None:
    page = step(visitor)
    room = int(re.findall(r"Up to ([\d,]+) characters", page.words)[0].replace(",", ""))
    shown = visitor.post("/exams/preview", changed(page, "a" * (room - 4), "End."))
    assert max(map(len, Page(shown.text).letters)) == 20_000
    over = visitor.post("/exams/preview", changed(page, "a" * (room - 3), "End."))
    assert over.status_code == 422
    assert Page(over.text).errors[0][0] == "f-body"
    assert "may have 20,000 characters; it has 20,001." in Page(over.text).errors[0][1]


def test_ten_thousand_paragraphs_are_shown_soon(visitor: Visitor) -> None:
    shown = visitor.post("/exams/preview", changed(step(visitor), "a\n\n" * 6_000, "b"))
    assert shown.status_code == 200
    assert len(Page(shown.text).letters) == 2


def test_a_signature_is_for_the_text_it_was_made_for(visitor: Visitor, sqlite: Store) -> None:
    posted = fields(Page(visitor.post("/exams/preview", changed(step(visitor), MINE, "E")).text))
    answer = visitor.post("/exams/send", {**posted, "body": ["Forged", "E"]})
    assert answer.status_code == 422
    assert "The letters were made anew" in answer.text
    assert stored(sqlite) == []
    assert Page(answer.text).letters[0].startswith("Dear Minister North,\n\nForged\n\n")
    first = visitor.post("/exams/send", posted)
    assert visitor.post("/exams/send", posted).headers["Location"] == first.headers["Location"]


def test_a_campaign_closed_meanwhile_shows_the_words_to_keep(home: Path, make_app: MakeApp) -> None:
    page = step(Visitor(make_app()))
    write_campaign(home, "exams", editable="body", status="closed")
    for way in ("preview", "send", "text", ""):
        answer = Visitor(make_app()).post(f"/exams/{way}", changed(page, MINE, "End."))
        assert answer.status_code in (200, 422)
        for words in (MINE, "End.", "Nothing was sent"):
            assert words in Page(answer.text).words


def test_words_are_kept_when_the_campaign_cannot_be_read(
    make_app: MakeApp, tmp_path: Path, clock: Clock
) -> None:
    gone = Store(f"sqlite:///{tmp_path}/none.db", clock=clock)
    app = make_app(gone, transports=("smtp://127.0.0.1:2525?tls=none",))
    answer = Visitor(app).post("/exams/text", {**TYPED, "body": [MINE, "End."]})
    assert answer.status_code == 503
    assert f"{MINE}\n\nEnd." in Page(answer.text).words
    gone.close()


def test_who_signs_with_the_supporter_cannot_be_changed(home: Path, visitor: Visitor) -> None:
    file = home / "templates" / "letters" / "exams.md"
    file.write_text(file.read_text() + "\n\nSigned by Bo Example, Chair\n", encoding="utf-8")
    page = step(visitor)
    assert not [text for text in texts(page) if "Bo Example" in text]
    assert "Signed by Bo Example, Chair" in page.words
    shown = Page(visitor.post("/exams/preview", changed(page, "Mine.", "End.")).text)
    assert all("\n\nSigned by Bo Example, Chair\n\nAnn Example" in one for one in shown.letters)


def test_correcting_the_address_keeps_the_changed_text(
    home: Path, visitor: Visitor, sqlite: Store
) -> None:
    write_campaign(home, "exams", editable="body", confirm=True)
    shown = Page(visitor.post("/exams/preview", changed(step(visitor), MINE, "End.")).text)
    receipt = visitor.post("/exams/send", fields(shown)).headers["Location"]
    offered = Page(visitor.get(receipt).text)
    assert texts(offered) == [MINE, "End."]
    posted = {**fields(offered), "email": "ann@other.example"}
    again = Page(visitor.post("/exams/preview", posted).text)
    assert [one.replace("@other.", "@supporter.") for one in again.letters] == shown.letters
    with sqlite.read() as tx:
        assert tx.execute(select(confirmation.c.token)).scalar_one()


def test_a_forged_heap_of_texts_loses_no_word_and_stays_small(visitor: Visitor) -> None:
    answer = visitor.preview("exams", body=[*["x"] * 4_000, "the last"], name="")
    page = Page(answer.text)
    assert answer.status_code == 422
    assert len(texts(page)) == 50
    assert texts(page)[-1].endswith("x\n\nthe last")


def test_a_preview_grown_old_is_shown_again_with_the_changed_text(
    visitor: Visitor, sqlite: Store, clock: Clock
) -> None:
    posted = fields(Page(visitor.post("/exams/preview", changed(step(visitor), MINE, "E")).text))
    clock.pass_(25 * 3600)
    late = visitor.post("/exams/send", posted)
    assert late.status_code == 422
    assert texts(Page(late.text)) == [MINE, "E"]
    assert stored(sqlite) == []
    assert visitor.post("/exams/send", fields(Page(late.text))).status_code == 303
    assert {edited for _, edited in stored(sqlite)} == {True}
