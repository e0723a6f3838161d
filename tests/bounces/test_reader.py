"""What comes back is told apart, and nothing that is not proven is a dead address."""

from __future__ import annotations

import pytest

from mailer.bounces import Kind, read
from tests.bounces import odd
from tests.bounces.samples import (
    ALIAS,
    AUTOREPLY,
    COMPLAINT,
    HARD,
    KEYS,
    LETTER,
    REPLY,
    RETURNED,
    SOFT,
    TO,
    VERP,
    Sample,
    failed,
    plain,
    report,
    verp,
)


@pytest.mark.parametrize(
    "sample",
    [*HARD, *SOFT, *AUTOREPLY, *odd.HARD, *odd.SOFT, *odd.AUTOREPLY],
    ids=lambda sample: sample.name,
)
def test_each_form_is_read(sample: Sample) -> None:
    read_as = read(sample.data, envelope_to=VERP, keys=KEYS)
    assert (read_as.kind, read_as.recipient) == (sample.kind, sample.recipient)
    assert (read_as.letter, read_as.proven) == (LETTER, True)
    assert read_as.code == sample.code or not sample.code
    assert read_as.final == sample.final


def test_a_complaint() -> None:
    complaint = read(COMPLAINT.data)
    assert (complaint.kind, complaint.letter, complaint.recipient) == ("complaint", LETTER, TO)


def test_an_answer_of_a_person() -> None:
    answer = read(REPLY, keys=KEYS)
    assert (answer.kind, answer.letter, answer.at_alias) == ("reply", LETTER, True)
    assert answer.proven
    other = read(REPLY.replace(ALIAS.encode(), b"letters@campaign.example"), keys=KEYS)
    assert (other.kind, other.letter, other.at_alias) == ("reply", LETTER, False)
    assert not other.proven


@pytest.mark.parametrize(
    "data",
    [
        plain("<nobody> 5.1.1", "failure notice").replace(b"MAILER-DAEMON@mx", b"x@mx"),
        b"From: friend@home.example\nSubject: Hello\n\nHow are you?\n",
        b"Subject: Undeliverable\n\n",
        b"", b"\0\xff" * 50, b"no header at all", b"From: MAILER-DAEMON@x.example\n\n\n",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_unknown(data: bytes) -> None:
    assert read(data).kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("place", "data"),
    [
        ("To", f"From: MAILER-DAEMON@x.example\nTo: {VERP}\nSubject: hm\n\n???\n"),
        ("a plus address", f"To: letters+b-{LETTER}@campaign.example\n\n???\n"),
        ("Delivered-To", f"Delivered-To: {VERP.upper()}\nTo: x@y.example\n\n???\n"),
        ("X-Original-To", f"X-Original-To: {VERP}\n\n???\n"),
        ("the message returned", f"Subject: failure notice\n\nIt failed.\n\n{RETURNED}"),
        ("References", f"References: <a@b.example> <{LETTER}@campaign.example>\n\n???\n"),
    ],
)
def test_a_letter_is_named_in_many_places(place: str, data: str) -> None:
    assert read(data.encode()).letter == LETTER, place


def test_the_envelope_names_the_letter_whatever_is_said() -> None:
    other = "0" * 26
    data = failed("550 5.1.1 User unknown", "5.1.1")
    assert read(data, envelope_to=verp(other), keys=KEYS).letter == other
    assert read(b"\xff\xfe", envelope_to=VERP).letter == LETTER


def test_what_is_proven_comes_before_what_anybody_can_say() -> None:
    data = failed("550 5.1.1 User unknown", "5.1.1")
    forged = read(data, envelope_to=f"b-{'0' * 26}@reply.campaign.example", keys=KEYS)
    assert (forged.letter, forged.proven) == (LETTER, True)


@pytest.mark.parametrize("to", [ALIAS, f"b-{LETTER}@x.example", "letters@campaign.example"])
def test_only_the_address_for_bounces_proves_a_bounce(to: str) -> None:
    data = failed("550 5.1.1 User unknown", "5.1.1").replace(VERP.encode(), to.encode())
    forged = read(data, envelope_to=to, keys=KEYS)
    assert (forged.kind, forged.letter, forged.proven) == ("hard", LETTER, False)


@pytest.mark.parametrize(
    "name", ["Original-Mail-From: ", "Arrival-Date: now\nOriginal-Mail-From: "]
)
def test_a_complaint_is_proven_by_whom_the_letter_was_from(name: str) -> None:
    data = COMPLAINT.data.replace(VERP.encode(), b"letters@campaign.example")
    assert not read(data, keys=KEYS).proven
    told = data.replace(b"Feedback-Type: abuse", f"Feedback-Type: abuse\n{name}<{VERP}>".encode())
    assert told != data
    assert (read(told, keys=KEYS).letter, read(told, keys=KEYS).proven) == (LETTER, True)


@pytest.mark.parametrize(
    "address",
    ["", "b-@x.example", f"c-{LETTER}@x.example", f"b-{LETTER}x@x.example",
     f"xb-{LETTER}@x.example", f"b-{LETTER[:-1]}@x.example", f"b-{LETTER[:-1]}u@x.example"],
)  # fmt: skip
def test_what_is_no_token_names_nothing(address: str) -> None:
    assert read(b"Subject: x\n\n", envelope_to=address).letter == ""


def test_a_bounce_with_a_subject_of_its_letter_is_no_autoreply() -> None:
    """Mail servers mark their bounces as automatic answers; out of office says so."""
    marked = HARD[5].data.replace(b"Undelivered Mail", b"Re: Out of office rules: undelivered")
    assert read(marked).kind is Kind.HARD


def test_a_person_may_write_about_absence() -> None:
    data = REPLY.replace(b"Re: Remote exams", b"Re: Your letter and my absence on Tuesday")
    assert read(data).kind is Kind.REPLY


def test_the_first_that_failed_of_several_counts() -> None:
    data = HARD[0].data.replace(
        b"Final-Recipient",
        b"Final-Recipient: rfc822; fine@ministry.example\nAction: relayed\nStatus: 2.0.0\n\n"
        b"Final-Recipient",
        1,
    )
    assert (read(data).kind, read(data).recipient) == ("hard", TO)


def test_a_report_of_success_is_no_bounce() -> None:
    data = HARD[0].data.replace(b"Action: failed", b"Action: delivered")
    assert read(data.replace(b"5.1.1", b"2.1.5")).kind is Kind.AUTOREPLY


def test_words_alone_without_a_sender_are_not_enough() -> None:
    data = b"From: ann@home.example\nSubject: Hi\n\nuser unknown: the film. See you!\n"
    assert read(data, envelope_to=ALIAS).kind is Kind.REPLY


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("550 Too many invalid recipients from 192.0.2.9, connection refused", "5.0.0"),
        ("550 unknown sender account; mailbox of sender does not exist", "5.1.0"),
        ("550 5.1.1 Recipient rejected: your IP 192.0.2.9 is listed at bl.example", "5.1.1"),
        ("550 5.3.2 System not accepting network messages", "5.3.2"),
        ("550 5.7.10 Encryption needed, host not known", "5.7.10"),
    ],
)
def test_what_names_an_address_and_means_something_else_is_not_hard(
    answer: str, status: str
) -> None:
    assert read(failed(answer, status)).kind is Kind.SOFT


@pytest.mark.parametrize(
    ("refused", "elsewhere"),
    [("assistant@elsewhere.example", True), ("Minister@mail.ministry.example", False), (TO, False)],
)
def test_a_mailbox_that_forwards_is_told_from_the_one_it_forwards_to(
    refused: str, elsewhere: bool
) -> None:
    found = read(
        report(
            "It could not be delivered.",
            f"Original-Recipient: rfc822;{TO}\nFinal-Recipient: rfc822; {refused}\n"
            "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n",
        )
    )
    assert (found.kind, found.recipient, found.elsewhere) == (Kind.HARD, TO, elsewhere)
