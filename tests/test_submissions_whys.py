"""Why a letter failed, in words for its supporter."""

from __future__ import annotations

import pytest

from mailer.i18n import LANGUAGES
from mailer.outbox.holding import GIVEN_UP
from mailer.submissions import whys
from mailer.submissions.whys import Why

DAY = 86400.0


@pytest.mark.parametrize(
    ("reason", "answer", "cause"),
    [
        ("refused", "550 5.1.1 RCPT: no such user", Why.ADDRESS),
        ("refused", "550 5.1.10 RCPT: RecipientNotFound", Why.ADDRESS),
        ("refused", "552 5.3.4 MAIL: too big", Why.SIZE),
        ("refused", "552 final dot: too big", Why.SIZE),
        ("refused", "554 5.6.0 final dot: no", Why.REFUSED),
        ("refused", "550 RCPT: no", Why.REFUSED),
        ("refused", " the letter holds bare line ends", Why.REFUSED),
        ("refused", "", Why.REFUSED),
        ("deadline", "552 5.2.2 RCPT: over quota", Why.FULL),
        ("deadline", "452 4.2.2 RCPT: over quota", Why.FULL),
        ("deadline", "552 RCPT: full", Why.FULL),
        ("deadline", "550 5.7.1 RCPT: blocked", Why.POLICY),
        ("deadline", "451 4.3.0 RCPT: later", Why.SILENCE),
        ("deadline", "5501 5.1.1 nonsense", Why.SILENCE),
        ("deadline", "", Why.SILENCE),
        (GIVEN_UP, "550 5.1.1 whatever was said before", Why.STAFF),
    ],
)
def test_the_cause(reason: str, answer: str, cause: Why) -> None:
    assert whys.why(reason, answer, 7) is cause


def test_a_letter_that_no_server_was_asked_to_take() -> None:
    assert whys.why("deadline", "", 0) is Why.OUTAGE
    assert whys.why("refused", "the letter holds bare line ends", 0) is Why.REFUSED


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", Why)
def test_every_cause_has_its_sentence(cause: Why, language: str) -> None:
    said = whys.say(cause, 4 * DAY, language)
    assert said.endswith(".")
    assert ("4" in said) is (cause in {Why.SILENCE, Why.OUTAGE})


def test_a_day_is_the_least_that_is_told() -> None:
    assert whys.say(Why.SILENCE, 60.0, "en").startswith("We tried for a day,")
    assert whys.say(Why.SILENCE, -5.0, "fr").startswith("Nous avons essayé pendant un jour,")
    assert whys.say(Why.SILENCE, 1.6 * DAY, "en").startswith("We tried for 2 days,")


def test_the_codes_alone_hold_no_address() -> None:
    assert whys.code("550 5.1.1 RCPT: <ann@supporter.example> unknown") == "550 5.1.1"
    assert whys.code("421 closing") == "421"
    assert whys.code("no answer within 30 seconds") == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("250 2.0.0 Ok: queued as 4FqK2j0wBCz3x", "250 2.0.0 Ok"),
        ("250 OK id=1tExAm-000123-Ab", "250 OK"),
        ("250 2.6.0 <ann@supporter.example> Queued mail for delivery", "250 2.6.0"),
        ("250 Message accepted, ann", "250 Message accepted"),
        ("200 0100018f-5e7d", "200"),
        ("550 5.1.1 <north@ministry.example> unknown", "550 5.1.1"),
        ("no answer within 30 seconds", ""),
        ("", ""),
    ],
)
def test_of_an_answer_only_what_names_nobody_and_no_moment(answer: str, said: str) -> None:
    assert whys.said(answer) == said
