"""What outlives a letter says nothing of it, whatever a server quoted."""

from __future__ import annotations

import pytest

from mailer.errors import SendError
from mailer.message import Mail
from mailer.outbox.quoting import unquoted

MAIL = Mail(
    from_name="Ann Example via Quiet exams", from_address="letters@campaign.example",
    reply_name="Ann Example", reply_address="ann@supporter.example", to_name="Nora North",
    to_address="north@ministry.example", subject="Quiet exams",
    text="Dear Minister,\n\nPurple walruses sing.\n\nAnn Example\n1 Elm Street\nK1A 0B1\n",
    message_id="x@campaign.example", date=1.8e9,
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("<ANN@supporter.example> may not send", "<(address)> may not send"),
        ("north@ministry.example is full", "north@ministry.example is full"),
        ("letters@campaign.example is not verified", "letters@campaign.example is not verified"),
        ("no mail of ann example, 1 Elm Street, k1a 0b1", "no mail of (...), (...), (...)"),
        ("spam: 'Purple walruses sing.' found", "spam: '(...)' found"),
        ("other@elsewhere.example is listed", "(address) is listed"),
        ("not from Ann Exam", "not from (...)"),
        ("not from ann@suppor", "not from (address)"),
        ("too many connections", "too many connections"),
    ],
)
def test_a_reason_is_stripped_of_its_letter(said: str, kept: str) -> None:
    assert unquoted(SendError(said, code="550"), MAIL) == f"550 {kept}"
