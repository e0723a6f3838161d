"""Every sentence that people read exists in every language, with its blanks in place."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from babel.messages.catalog import Message

from mailer import i18n
from tests.catalogue import extracted

TRANSLATED = [language for language in i18n.LANGUAGES if language != i18n.SOURCE]
BLANK = re.compile(r"%\(\w+\)s|<[^>]+>")


def sources() -> list[Message]:
    return [message for message in extracted() if message.id]


def texts(message: Message, what: str) -> tuple[str, ...]:
    found = getattr(message, what)
    return tuple(found) if isinstance(found, list | tuple) else (found,)


def test_the_sentences_of_all_rooms_are_found() -> None:
    places = {place for message in sources() for place, _ in message.locations}
    assert len(sources()) > 100
    for room in ("templates/pages/", "templates/staff/", "templates/email/", "mailer/web/"):
        assert any(place.startswith(room) for place in places), room


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_or_left_over(language: str) -> None:
    ours = {texts(message, "id") for message in sources()}
    theirs = {texts(message, "id") for message in i18n.catalogue(language) if message.id}
    assert ours - theirs == set(), "run `python -m tests.catalogue`, then translate"
    assert theirs - ours == set(), "run `python -m tests.catalogue`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_empty_or_unsure(language: str) -> None:
    for message in i18n.catalogue(language):
        if message.id:
            assert all(text and text.strip() for text in texts(message, "string")), message.id
            assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_blanks_and_tags_are_the_same(language: str) -> None:
    for message in i18n.catalogue(language):
        if not message.id:
            continue
        *_, wanted = (Counter(BLANK.findall(text)) for text in texts(message, "id"))
        *others, last = (Counter(BLANK.findall(text)) for text in texts(message, "string"))
        assert last == wanted, message.id
        assert all(other <= wanted for other in others), message.id  # "one" may go without


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_are_read_without_being_compiled(language: str) -> None:
    said = i18n.text(language).ngettext("Send my letter", "Send my letters", 2)
    assert said == "Envoyer mes lettres"


@pytest.mark.parametrize("language", ["en", "de", "../en"])
def test_other_languages_are_english(language: str) -> None:
    assert i18n.text(language).gettext("Privacy") == "Privacy"


def test_supporters_are_neither_begged_nor_blamed() -> None:
    """On supporters' pages nobody says please, sorry or invalid."""
    for message in sources():
        if any(place.startswith("templates/pages/") for place, _ in message.locations):
            for text in texts(message, "id"):
                assert not re.search(r"\b(please|sorry|invalid)\b", text, re.I), text


def test_french_marks_never_begin_a_line() -> None:
    """What stands before : ; ? ! and within quotes does not break, and is never left out."""
    for message in i18n.catalogue("fr"):
        for text in texts(message, "string") if message.id else ():
            assert not re.search(r" [:;?!»]|« |[\w)];", text), text
