"""The form: what it asks, what it refuses, and that it never loses what was typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from mailer.campaigns.library import Library
from mailer.web.public import forms
from tests.web_public.homes import write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields

MakeApp = Callable[..., Flask]
NOT_SAID_HERE = ("please", "sorry", "invalid")


def test_the_page_tells_who_gets_the_letter_and_asks(visitor: Visitor) -> None:
    answer = visitor.get("/exams/")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert page.title == "Quiet exams"
    for words in ("<strong>moved</strong>", "Nora North", "Minister of Work", "Bo Example"):
        assert words in answer.text
    assert {"f-name", "f-email", "f-postal_code", "f-role", "f-personal"} <= page.ids
    assert "(optional)" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_empty_fields_are_named_in_the_summary_and_beside_the_field(visitor: Visitor) -> None:
    answer = visitor.preview("exams", name="  ", email="")
    page = Page(answer.text)
    assert answer.status_code == 422
    assert page.title.startswith("Error: ")
    assert page.errors == [
        ("f-name", "Enter your full name"),
        ("f-email", "Enter your email address"),
    ]
    assert {"name-error", "email-error"} <= page.ids
    assert 'aria-describedby="name-error"' in answer.text
    assert 'tabindex="-1" autofocus' in answer.text
    assert page.values["personal"] == "Let exams be quiet.\n\nThey can be."


def test_errors_are_said_in_the_language_of_the_form(visitor: Visitor) -> None:
    page = Page(visitor.preview("exams", language="fr", name="").text)
    assert page.language == "fr"
    assert page.title.startswith("Erreur\u00a0: ")
    assert page.errors == [("f-name", "Écrivez votre nom complet")]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("email", "ann", "an @ sign"),
        ("email", "ann@", "in the form"),
        ("email", "ann@x.example, bo@x.example", "in the form"),
        ("email", "ann\u202e@supporter.example", "hidden character after “ann”"),
        ("email", "\u200eann@supporter.example", "begins with a hidden character"),
        ("name", "A" * 101, "shorten it to 100 characters; it has 101"),
        ("name", "Ann\r\nBcc: x@x.example", "hidden character after “Ann”"),
        ("name", "\x00", "begins with a hidden character"),
        ("name", "Zoë 👩\u200d🏫 \u202eelpmaxE", "hidden character after “Zoë 👩\u200d🏫”"),
        ("name", "A" * 50_000 + "\x00", "shorten it to 100"),
        ("name", "Ann \u202eelpmaxE", "hidden character after “Ann”"),
        ("name", "=?utf-8?q?Ann?=", "remove “=?”"),
        ("postal_code", "9" * 21, "shorten it to 20"),
        ("address", "a" * 201, "shorten it to 200"),
        ("role", "minister", "Select who you write as"),
        ("personal", "b" * 3001, "shorten it to 3,000 characters; it has 3,001"),
        ("personal", "calm\u202eflow", "hidden character after “calm”"),
    ],
)
def test_what_cannot_be_used_says_where_and_what_to_do(
    visitor: Visitor, field: str, typed: str, words: str
) -> None:
    answer = visitor.preview("exams", **{field: typed})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert [link for link, _ in page.errors] == [f"f-{field}"]
    assert words in page.errors[0][1]
    kept = page.values.get(field, "")
    assert kept == typed or field == "role"
    assert not [word for word in NOT_SAID_HERE if word in page.words.lower()]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "an email address you will keep"), ("fr", "adresse courriel que vous garderez")],
)
def test_a_campaign_may_refuse_disposable_addresses_and_nothing_typed_is_lost(
    home: Path, visitor: Visitor, language: str, words: str
) -> None:
    write_campaign(home, "lasting", disposable="refuse")
    typed = {"email": "Ann@In.Yopmail.com", "personal": "Let exams be quiet."}
    answer = visitor.preview("lasting", language=language, **typed)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert [link for link, _ in page.errors] == ["f-email"]
    assert words in page.errors[0][1]
    assert {name: page.values[name] for name in typed} == typed
    assert visitor.preview("lasting", email="ann@notyopmail.com").status_code == 200
    assert visitor.preview("exams", **typed).status_code == 200


def test_fifty_thousand_characters_are_refused_and_kept(visitor: Visitor) -> None:
    typed = "Été à Québec. " * 3600
    answer = visitor.preview("exams", personal=typed)
    assert len(typed) > 50_000
    assert answer.status_code == 422
    assert Page(answer.text).values["personal"] == typed


@pytest.mark.parametrize(("field", "limit"), [("personal", "3,000"), ("email", "254")])
def test_a_heap_of_accents_is_refused_and_kept(visitor: Visitor, field: str, limit: str) -> None:
    typed = "a" + "\u0301\u0316" * 50_000
    answer = visitor.preview("exams", **{field: typed})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert [link for link, _ in page.errors] == [f"f-{field}"]
    assert f"shorten it to {limit} characters; it has 100,001" in page.errors[0][1]
    assert page.values[field] == typed


class Untouched(str):
    """Text that fails whoever begins to work on its characters."""

    __slots__ = ()

    def translate(self, _table: object) -> str:
        raise AssertionError("this text is too long to be worked on")

    rstrip = translate  # type: ignore[assignment]  # with which a single line begins


@pytest.mark.parametrize(("name", "longest"), [("personal", 3_000), ("name", 100)])
def test_far_too_long_is_said_before_any_work_on_the_text(
    app: Flask, home: Path, name: str, longest: int
) -> None:
    campaign = Library(home).current().campaigns["exams"]
    with app.test_request_context():
        for text in ("a\u0301" * (2 * longest) + "b", "a" + " " * 4 * longest + "b"):
            form = MultiDict({**TYPED, name: Untouched(text)})
            filled = forms.read(campaign, (), form, "en")
            assert "shorten it" in filled.errors[name]
            assert filled.typed[name] == text
            assert filled.supporter is None


@pytest.mark.parametrize("room", [0, 1])
def test_text_that_folds_to_less_is_judged_as_typed_beyond_four_times_its_limit(
    visitor: Visitor, room: int
) -> None:
    answer = visitor.preview("exams", name="Ann" + " " * (391 - room) + "Example")
    assert answer.status_code == (200 if room else 422)


def test_more_than_any_letter_is_refused_with_a_page(visitor: Visitor) -> None:
    answer = visitor.preview("exams", personal="x" * 3_000_000)
    assert answer.status_code == 413
    assert "Nothing was sent" in answer.text
    assert Page(answer.text).language == "en"


@pytest.mark.parametrize(("more", "status"), [(4_000, 200), (5_000, 413)])
def test_more_fields_than_any_form_has_are_refused(
    visitor: Visitor, more: int, status: int
) -> None:
    assert visitor.preview("exams", other=["x"] * more).status_code == status


@pytest.mark.parametrize(
    "typed",
    ["{{7*7}}", '<script>alert("1")</script>', 'Ann "The Pen" O\'Example <x>', "%(name)s {% if"],
)
def test_typed_text_is_only_ever_text(visitor: Visitor, typed: str) -> None:
    answer = visitor.preview("exams", name=typed, personal=typed)
    page = Page(answer.text)
    assert answer.status_code == 200
    assert page.letters[0].count(typed) == 2
    assert page.values["name"] == typed
    assert answer.text.count("<script") == 1, "our own"


def test_a_likely_slip_in_the_domain_is_told_but_does_not_stop(visitor: Visitor) -> None:
    answer = visitor.preview("exams", email="ann@gmial.com")
    assert answer.status_code == 200
    assert "<b>ann@gmail.com</b>" in answer.text


def test_soft_hyphens_of_pasted_text_are_no_error(visitor: Visitor) -> None:
    page = Page(visitor.preview("exams", personal="uni\u00adver\u200bsity").text)
    assert "university" in page.letters[0]


def test_back_to_the_form_keeps_everything_and_finds_no_fault(visitor: Visitor) -> None:
    shown = Page(visitor.preview("exams", role="student", via="union", address="1 Road").text)
    answer = visitor.post("/exams/", fields(shown))
    page = Page(answer.text)
    assert answer.status_code == 200
    assert page.errors == []
    for name in ("name", "email", "postal_code", "role", "via", "address", "personal"):
        assert page.values[name] == shown.values[name], name
    unfinished = Page(visitor.post("/exams/", {"name": "", "personal": "Half a"}).text)
    assert (unfinished.errors, unfinished.values["personal"]) == ([], "Half a")


def test_the_language_changes_without_losing_a_word(visitor: Visitor) -> None:
    page = Page(visitor.post("/exams/?lang=fr", {"language": "en", "personal": "Mots"}).text)
    assert page.language == "fr"
    assert page.values["personal"] == "Mots"
    assert page.values["language"] == "fr"


def test_the_letters_follow_the_language(visitor: Visitor) -> None:
    page = Page(visitor.preview("exams", language="fr").text)
    assert page.letters[0].startswith("Madame la Ministre,\n\nJ'écris au sujet")


def test_a_campaign_in_one_language_is_shown_in_it(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "english", french=False)
    page = Page(visitor.get("/english/?lang=fr", Accept_Language="fr").text)
    assert page.language == "en"


def test_required_fields_are_required(home: Path, visitor: Visitor) -> None:
    required = ["postal_code", "address", "district", "role", "affiliation", "personal"]
    write_campaign(home, "strict", require=required)
    page = Page(visitor.preview("strict", postal_code="", personal=" \n ").text)
    assert [link for link, _ in page.errors] == [f"f-{name}" for name in required]
    assert "(optional)" not in visitor.get("/strict/").text


def test_a_campaign_may_ask_for_no_words_of_ones_own(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "fixed", editable="none")
    assert "f-personal" not in Page(visitor.get("/fixed/").text).ids
    assert "quiet" not in Page(visitor.preview("fixed", personal="quiet").text).letters[0]


def test_supporters_choose_among_the_officials(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "any", choose="any")
    none = Page(visitor.preview("any").text)
    assert none.errors == [("f-officials", "Choose who you want to write to")]
    assert "f-officials" in none.ids
    one = Page(visitor.preview("any", officials="south").text)
    assert len(one.letters) == 1
    assert one.letters[0].startswith("Dear Minister South,")
    both = Page(visitor.preview("any", officials=["north", "south"]).text)
    assert len(both.letters) == 2


def test_one_official_is_one(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "one", choose="one")
    page = Page(visitor.preview("one", officials=["north", "south"]).text)
    assert page.errors == [("f-officials", "Choose one person to write to")]


@pytest.mark.parametrize("choose", ["all", "any", "one"])
def test_officials_that_are_not_on_offer_are_refused(
    home: Path, visitor: Visitor, choose: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_campaign(home, "tampered", choose=choose)
    answer = visitor.preview("tampered", officials=["north", "victim@x.example"])
    assert answer.status_code == 422
    assert "campaign tampered: an official it does not offer" in caplog.text
    assert "victim" not in caplog.text
    assert Page(answer.text).errors[0] == ("f-officials", "Choose among the people listed here")


def test_only_the_campaigns_own_organisations_count_as_the_way_here(visitor: Visitor) -> None:
    assert Page(visitor.get("/exams/?via=union").text).values["via"] == "union"
    assert "via" not in Page(visitor.get("/exams/?via=%22><b>").text).values
