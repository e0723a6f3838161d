"""The mails of our own: a subject of one line, and a text with nothing typed in it."""

from __future__ import annotations

import pytest

from mailer import mails
from mailer.i18n import LANGUAGES

LINK = "https://letters.example/confirm/abc?lang=fr"


@pytest.mark.parametrize("language", LANGUAGES)
def test_confirmation_has_its_link_on_a_line_of_its_own(language: str) -> None:
    subject, text = mails.confirmation(language, 'Quiet "exams" & <more> 100%', LINK)
    assert LINK in text.splitlines()
    assert 'Quiet "exams" & <more> 100%' in text
    assert subject
    assert "\n" not in subject
    assert not text.startswith("\n")
    assert text.endswith(".\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_others_say_what_they_must(language: str) -> None:
    assert "Exams" in mails.already(language, "Exams")[1]
    assert LINK in mails.reset(language, LINK)[1].splitlines()


def test_each_language_has_its_own_words() -> None:
    english, french = (mails.confirmation(language, "Exams", LINK) for language in LANGUAGES)
    assert english[0] == "Confirm your letters"
    assert french[0] == "Confirmez vos lettres"
    assert english[1] != french[1]
