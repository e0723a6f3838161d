"""The mails of our own: a subject of one line, and a text with nothing typed in it."""

from __future__ import annotations

import pytest

from mailer import mails
from mailer.i18n import LANGUAGES

LINK = "https://letters.example/confirm/abc?lang=fr"


@pytest.mark.parametrize("language", LANGUAGES)
def test_confirmation_has_its_link_on_a_line_of_its_own(language: str) -> None:
    subject, text = mails.confirmation(language, 'Quiet "exams" & <more> 100%', LINK, "K7M 4XR")
    assert LINK in text.splitlines()
    assert "K7M 4XR" in text.splitlines()
    assert 'Quiet "exams" & <more> 100%' in text
    assert subject
    assert "\n" not in subject
    assert not text.startswith("\n")
    assert text.endswith(".\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_others_say_what_they_must(language: str) -> None:
    assert "Exams" in mails.already(language, "Exams")[1]
    assert LINK in mails.reset(language, LINK)[1].splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_failed_is_told_letter_by_letter(language: str) -> None:
    letters = [
        mails.FailedLetter(to="Minister A", why="Their mailbox is full.", phone="+1 416 555 0100"),
        mails.FailedLetter(to="staff@coalition.example", why="Refused.", trial=True),
    ]
    subject, text = mails.failed(language, "100% <quiet>", letters, LINK)
    assert "2" in subject
    assert "100% <quiet>" in text
    assert "- Minister A\n  Their mailbox is full.\n  T" in text
    assert text.count("+1 416 555 0100") == 1
    assert LINK in text.splitlines()
    assert "\n\n\n" not in text


def test_alerts_say_what_and_where() -> None:
    group = mails.FailedGroup(official="romano", reason="refused", code="550 5.1.1", count=1)
    odd = mails.FailedGroup(official="smith", reason="given up by staff", code="", count=2)
    subject, text = mails.failed_alert("exams", [group], LINK)
    assert subject == "exams: a letter could not be delivered"
    assert "- romano: 1 × refused for good (550 5.1.1)\n" in text
    subject, text = mails.failed_alert("exams", [group, odd], LINK)
    assert subject == "exams: 3 letters could not be delivered"
    assert "- smith: 2 × given up by staff\n" in text
    subject, text = mails.stuck_alert("account:smtp:relay.example", "it hung up", 3660.0, LINK)
    assert "account:smtp:relay.example" in subject
    assert "61 minutes:\n\nit hung up\n" in text
    assert "again" in mails.works_alert("account:smtp:relay.example", LINK)[0]


def test_each_language_has_its_own_words() -> None:
    english, french = (mails.confirmation(one, "Exams", LINK, "K7M 4XR") for one in LANGUAGES)
    assert english[0] == "Confirm your letters"
    assert french[0] == "Confirmez vos lettres"
    assert english[1] != french[1]
