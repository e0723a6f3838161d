"""SMTP: every row of the table of outcomes, and the same table in the docs."""

from __future__ import annotations

import pytest

from mailer.errors import Next
from mailer.transports.smtp.outcomes import RULES, Phase, Rule, meaning
from tests.conftest import ROOT

HELLO, AUTH, MAIL, RCPT, DATA, DOT, _ = Phase
STOP, LANE, RETRY, FAIL = Next.STOP, Next.LANE, Next.RETRY, Next.FAIL
MINUTES, HOUR, DAY = 60.0, 3600.0, 86400.0

# Answer, where it was said, and what must follow. One of them at least for each row, in its order.
EXAMPLES = [
    ("554", "", "no", HELLO, STOP, None),
    ("421", "4.7.0", "Too many connections", HELLO, STOP, None),
    ("454", "4.7.0", "Temporary authentication failure", AUTH, STOP, None),
    ("530", "5.7.0", "Must issue a STARTTLS command first", RCPT, STOP, None),
    ("538", "", "encrypt first", DATA, STOP, None),
    ("421", "4.3.2", "shutting down", MAIL, STOP, None),
    ("452", "4.3.1", "Insufficient system storage", MAIL, STOP, None),
    ("451", "4.3.2", "System not accepting network messages", MAIL, STOP, None),
    ("554", "5.1.90", "reached your daily limit for message recipients", DOT, STOP, HOUR),
    ("550", "5.7.232", "tenant exceeded its daily limit", DOT, STOP, HOUR),
    ("550", "5.4.5", "Daily user sending limit exceeded", DOT, STOP, HOUR),
    ("550", "5.7.501", "Access denied, spam abuse detected", RCPT, STOP, HOUR),
    ("550", "5.7.60", "Client does not have permissions to send as this sender", DOT, STOP, None),
    ("553", "5.1.8", "Sender address rejected: Domain not found", RCPT, STOP, None),
    ("553", "5.7.1", "<a@us>: Sender Address Rejected: not owned by user", RCPT, STOP, None),
    ("554", "5.7.1", "<b@them>: Relay access denied", RCPT, STOP, None),
    ("550", "5.7.54", "SMTP; Unable to relay recipient in non-accepted domain", RCPT, STOP, None),
    ("454", "4.7.1", "Relay access denied", RCPT, STOP, None),
    ("552", "5.3.4", "Message size exceeds fixed limit", MAIL, FAIL, None),
    ("552", "5.2.3", "too long", RCPT, FAIL, None),
    ("554", "5.2.122", "sender's hourly limit for this recipient", DOT, LANE, HOUR),
    ("550", "5.2.121", "recipient's hourly limit for this sender", MAIL, LANE, HOUR),
    ("552", "5.2.2", "over quota", DOT, LANE, DAY),
    ("552", "", "message exceeds maximum size", DATA, FAIL, None),
    ("552", "", "mailbox full", RCPT, LANE, DAY),
    ("550", "5.7.1", "sender not allowed", MAIL, STOP, None),
    ("553", "", "who are you", MAIL, STOP, None),
    ("550", "5.7.26", "This mail is unauthenticated", DOT, RETRY, HOUR),
    ("554", "5.7.1", "blocked by policy", RCPT, RETRY, HOUR),
    ("550", "5.1.1", "no such user", RCPT, FAIL, None),
    ("550", "5.1.10", "RecipientNotFound", DOT, FAIL, None),
    ("550", "5.2.1", "mailbox disabled", RCPT, FAIL, None),
    ("550", "5.4.1", "Recipient address rejected: Access denied", RCPT, FAIL, None),
    ("550", "5.4.5", "routing failure", RCPT, FAIL, None),
    ("554", "5.6.1", "media not supported", DOT, FAIL, None),
    ("550", "", "no such person", RCPT, FAIL, None),
    ("571", "", "refused", DOT, FAIL, None),
    ("450", "4.2.0", "Recipient address rejected: Greylisted", RCPT, RETRY, 5 * MINUTES),
    ("451", "", "Graylisting in action", RCPT, RETRY, 5 * MINUTES),
    ("450", "4.7.1", "come back later", RCPT, RETRY, 5 * MINUTES),
    ("451", "4.7.1", "come back later", DOT, RETRY, 5 * MINUTES),
    ("451", "4.7.500", "Server busy", RCPT, RETRY, 30 * MINUTES),
    ("421", "4.7.28", "unusual rate of unsolicited mail", DOT, RETRY, HOUR),
    ("451", "4.7.651", "temporarily rate limited", RCPT, RETRY, HOUR),
    ("421", "4.7.0", "Try again later, closing connection", DOT, RETRY, 30 * MINUTES),
    ("421", "4.7.26", "unauthenticated", DOT, RETRY, HOUR),
    ("450", "4.2.1", "receiving mail too quickly", RCPT, LANE, HOUR),
    ("452", "4.2.2", "over quota", RCPT, LANE, HOUR),
    ("432", "4.3.2", "recipient thread limit exceeded", DOT, LANE, 5 * MINUTES),
    ("452", "4.5.3", "Too many recipients", RCPT, RETRY, None),
    ("421", "4.4.2", "timeout", DATA, RETRY, None),
    ("451", "4.3.0", "later", MAIL, RETRY, None),
    ("450", "", "later", RCPT, RETRY, None),
    ("250", "", "yes, but that was not asked", DATA, RETRY, None),
    ("0", "", "", DOT, RETRY, None),
]


def row(number: str, enhanced: str, text: str, phase: Phase) -> int:
    """Which row decides."""
    return next(i for i, rule in enumerate(RULES) if rule.fits(int(number), enhanced, text, phase))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: " ".join(map(str, one[:2])))
def test_what_an_answer_means(example: tuple[str, str, str, Phase, Next, float | None]) -> None:
    number, enhanced, text, phase, then, after = example
    found = meaning(int(number), enhanced, text, phase)
    assert (found.then, found.after) == (then, after), found.why


def test_every_row_decides_something() -> None:
    assert {row(*example[:4]) for example in EXAMPLES} == set(range(len(RULES)))


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("number", [*range(200, 600, 7), 421, 450, 451, 452, 550, 552, 554, 999])
def test_every_answer_means_something(number: int, phase: Phase) -> None:
    found = meaning(number, "", "", phase)
    assert found.why
    assert found.after is None or found.then is not FAIL
    if phase in {HELLO, AUTH}:
        assert found.then is STOP, "no letter is at fault before the first was told of"
    elif number < 500:
        assert found.then is not FAIL, "only a 5 is for good"


def test_codes_are_compared_whole() -> None:
    """5.1.10 is not 5.1.1, and 5.7.50 is not 5.7.501."""
    assert meaning(550, "5.7.50", "no", RCPT).then is RETRY
    assert meaning(550, "5.7.501", "no", RCPT).then is STOP
    assert meaning(450, "4.7.11", "no", RCPT).after == HOUR
    assert meaning(450, "4.7.1", "no", RCPT).after == 5 * MINUTES


def test_the_docs_have_the_same_table() -> None:
    text = (ROOT / "docs" / "transports.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("| answer | said at | outcome | why |\n|---|---|---|---|\n")
    told = rest.partition("\n\n")[0].splitlines()
    assert told == [line(rule) for rule in RULES]


def line(rule: Rule) -> str:
    """A row as the docs show it."""
    codes = ", ".join(rule.codes) or "anything else"
    if rule.phases == (HELLO, AUTH):
        codes = "any but the hoped-for"
    said = " or ".join(f"“{word}”" for word in rule.words)
    phases = ", ".join(rule.phases) or "any time"
    told = rule.meaning
    return f"| {codes}{f' with {said}' if said else ''} | {phases} | {outcome(rule)} | {told.why} |"


def outcome(rule: Rule) -> str:
    """What follows, in the docs' words."""
    after, then = rule.meaning.after, rule.meaning.then
    waits = {None: "", 300: "5 minutes", 1800: "30 minutes", HOUR: "an hour", DAY: "a day"}
    wait = waits[after]
    if then is STOP:
        return f"stop, for {wait}" if wait else "stop"
    if then is FAIL:
        return "refused for good"
    if then is LANE:
        return f"the mailbox waits {wait}"
    return f"retry after {wait}" if wait else "retry"
