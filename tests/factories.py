"""Small ready-made values: a campaign to two ministers, a supporter, a draft to accept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mailer import submissions
from mailer.approvals import Edition
from mailer.campaigns.values import (
    Campaign,
    MergedLetter,
    Recipient,
    Status,
    Supporter,
    Version,
)
from mailer.officials.values import Officials, Pace
from mailer.outbox import Sender
from mailer.submissions import Draft

SENDER = Sender(address="letters@campaign.example", url="http://127.0.0.1:8000")
FAST = Pace(count=1_000_000, seconds=1.0)


def campaign(**changes: Any) -> Campaign:
    version = Version(language="en", title="Quiet exams", salutation="Dear Minister,", letter="Hi.")
    made = Campaign(slug="exams", versions={"en": version}, status=Status.LIVE, confirm=False)
    return replace(made, **changes)


def recipients(count: int = 2, pace: Pace = FAST) -> tuple[Recipient, ...]:
    return tuple(
        Recipient(
            official=f"minister-{number}", name=f"Minister {number}", last_name=str(number),
            email=f"minister-{number}@ministry.example", pace=pace,
        )
        for number in range(1, count + 1)
    )  # fmt: skip


def know_recipients(home: Path) -> None:
    """Put them into the home's `officials.yaml`: letters to others would be held."""
    ours = "".join(
        f"  - id: {one.official}\n    name: {one.name}\n    email: {one.email}\n    pace: {FAST}\n"
        for one in recipients()
    )
    file = home / "officials.yaml"
    known = file.read_text(encoding="utf-8")
    file.write_text(known.replace("\nofficials:\n", f"\nofficials:\n{ours}", 1), encoding="utf-8")


def supporter(**changes: Any) -> Supporter:
    return replace(Supporter(name="Ann Example", email="ann@supporter.example"), **changes)


def draft(
    who: Supporter | None = None,
    about: Campaign | None = None,
    to: tuple[Recipient, ...] | None = None,
    *,
    approval: str | None = None,
    **changes: Any,
) -> Draft:
    """A draft as the preview would have made it; a new one, with a new id, at every call."""
    who, about, to = who or supporter(), about or campaign(), to or recipients()
    letters = tuple(
        MergedLetter(
            official=one.official, post="", to_name=one.name, to_address=one.email,
            language="en", subject="Quiet exams", salutation="Dear Minister,",
            body=f"{who.personal or 'Let exams be quiet.'}\n\n{who.name}\nReply to: {who.email}",
        )
        for one in to
    )  # fmt: skip
    made = Draft(
        id=submissions.new_id(), edition=Edition(campaign=about, officials=Officials(),
        approval=approval), supporter=who, letters=letters, recipients=to, sender=SENDER,
    )  # fmt: skip
    return replace(made, **changes)
