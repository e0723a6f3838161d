"""The preview shows what leaves, byte for byte, in the languages and with the subject it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import letter, letter_text, submission
from mailer.status import Kind
from tests.web_public.homes import write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields

MakeApp = Callable[..., Flask]
LETTER = re.compile(
    r'<dd class="subject">(.*?)</dd>.*?<div class="text"[^>]*>(.*?)</div>', re.DOTALL
)
SUBJECTS = ["First subject", "Second subject", "Third subject", "Fourth subject"]
HOSTILE = st.text(
    st.sampled_from("<>&\"'{}%=?.\\;/ \t\nab\u00a0éЖ漢\u05d0👩🏽\u200d\u0301#x27amp"), max_size=60
)
WORDS = st.one_of(
    HOSTILE, st.sampled_from(["&amp;lt;", "</div>", "{{7*7}}", "<!--", "\n\n\n a", "."])
)


def shown(html: str) -> list[tuple[str, str]]:
    """Subject and text of each letter that a page shows in full."""
    return [
        (unescape(subject), unescape(re.sub(r"</?mark>", "", text)))
        for subject, text in LETTER.findall(html)
    ]


def stored(store: Store, receipt: str) -> list[tuple[str, str]]:
    statement = (
        select(letter_text)
        .join(letter, letter.c.id == letter_text.c.letter)
        .join(submission, submission.c.id == letter.c.submission)
        .where(submission.c.receipt == receipt, letter.c.kind == Kind.LETTER)
        .order_by(letter.c.official)
    )
    with store.read() as tx:
        return [(one.subject, f"{one.salutation}\n\n{one.body}") for one in tx.execute(statement)]


@pytest.fixture
def many(home: Path, make_app: MakeApp) -> Visitor:
    """Somebody before a campaign of many subjects, whose text may be changed."""
    write_campaign(home, "exams", editable="body", subjects=SUBJECTS)
    return Visitor(make_app())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=WORDS, personal=WORDS, body=st.one_of(st.none(), WORDS),
    language=st.sampled_from(["en", "fr"]), who=st.integers(1, 10**9),
)  # fmt: skip
def test_what_the_preview_shows_is_byte_for_byte_what_is_sent(
    many: Visitor,
    sqlite: Store,
    name: str,
    personal: str,
    body: str | None,
    language: str,
    who: int,
) -> None:
    """Whatever is typed is either refused in words, with all of it kept, or sent as it is shown."""
    typed = {**TYPED, "language": language, "name": f"A{name}", "personal": personal}
    typed["email"] = f"ann{who}@supporter.example"
    if body is not None:
        typed["body"] = body
    answer = many.post("/exams/preview", typed)
    if answer.status_code == 422:
        assert Page(answer.text).errors
        return
    assert answer.status_code == 200
    sent = many.post("/exams/send", fields(Page(answer.text)))
    assert sent.status_code == 303
    receipt = sent.headers["Location"].rpartition("/")[2].partition("?")[0]
    found = shown(answer.text)
    assert len(found) == 2
    assert found == stored(sqlite, receipt)


def test_one_subject_stays_with_a_supporter_on_every_way(
    home: Path, many: Visitor, sqlite: Store
) -> None:
    first = many.preview("exams").text
    (subject,) = {one for one, _ in shown(first)}
    assert subject in SUBJECTS
    posted = fields(Page(first))
    edited = many.post("/exams/preview", {**posted, "personal": "Other.", "name": "Bea"})
    french = many.post("/exams/preview?lang=fr", posted).text
    english = many.post("/exams/preview?lang=en", fields(Page(french))).text
    for html in (edited.text, english, many.preview("exams", body="Mine.").text):
        assert {one for one, _ in shown(html)} == {subject}
    receipt = many.post("/exams/send", fields(Page(english))).headers["Location"]
    assert {one for one, _ in shown(many.get(receipt).text)} == {subject}
    others = {
        shown(many.preview("exams", email=f"ann{n}@supporter.example").text)[0][0]
        for n in range(20)
    }
    assert len(others) > 1


@pytest.fixture
def bilingual(home: Path, make_app: MakeApp) -> Visitor:
    """Somebody before a campaign whose letters are in the office's language; south's is French."""
    officials = home / "officials.yaml"
    text = officials.read_text(encoding="utf-8").replace(
        "    email: south@", "    language: fr\n    email: south@"
    )
    officials.write_text(text, encoding="utf-8")
    write_campaign(home, "exams", language="official", editable="body")
    return Visitor(make_app())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_office_is_written_to_in_its_language(
    bilingual: Visitor, sqlite: Store, language: str
) -> None:
    page = bilingual.get(f"/exams/?lang={language}")
    assert ("Language of this letter: Français" in page.text) == (language == "en")
    answer = bilingual.preview("exams", language=language)
    north, south = (text for _, text in shown(answer.text))
    # North's office says no language of its own: the letter follows the supporter.
    opening = (
        "Dear Minister North,\n\nI write" if language == "en" else "Madame la Ministre,\n\nJ'é"
    )
    assert north.startswith(opening)
    assert south.startswith("Monsieur le Ministre,\n\nJ'écris au sujet des examens.")
    for text in (north, south):
        assert TYPED["personal"] in text
    said = Page(answer.text).words
    assert ("Language of this letter: Français" in said) == (language == "en")
    if language == "en":
        assert "Language of this letter: English" in said
        assert "The same letter, but" not in said, "letters of two languages are not compared"
    sent = bilingual.post("/exams/send", fields(Page(answer.text)))
    receipt = sent.headers["Location"].rpartition("/")[2].partition("?")[0]
    assert [text for _, text in stored(sqlite, receipt)] == [north, south]


def test_letters_of_two_languages_have_only_the_supporters_words_to_change(
    bilingual: Visitor,
) -> None:
    page = Page(bilingual.post("/exams/text", TYPED).text)
    bodies = [value for name, value in page.fields if name == "body"]
    assert bodies == [TYPED["personal"]]


def test_letters_in_the_supporters_language_name_no_language(visitor: Visitor) -> None:
    for language in ("en", "fr"):
        assert "Language of this letter" not in visitor.preview("exams", language=language).text


def test_the_script_of_a_page_is_two_kilobytes(visitor: Visitor) -> None:
    html = visitor.get("/exams/").text
    (source,) = re.findall(r'<script src="([^"]+)" defer></script>', html)
    with visitor.get(unescape(source)) as served:
        assert len(served.get_data()) <= 2048
