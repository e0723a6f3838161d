"""What the commands say of a database that was put back or copied, and so stands still."""

from __future__ import annotations

from datetime import UTC, datetime

from mailer.cli import base
from mailer.submissions.restoring import Settled


def tell(settled: Settled) -> None:
    """Say which letters are held, and what to do before anything leaves again."""
    held = (
        (settled.uncertain, "were open: now uncertain and held, for they may have left since"),
        (settled.review, "were held before, and still are"),
        (settled.awaiting, "were not confirmed: once they are, they are held too"),
    )
    for number, words in held:
        if number:
            base.say(f"  {count(number, 'letter')} {words}")
    base.say("Look at what is held on the staff pages, then run: mailer lane resume everything")


def in_words(moment: float) -> str:
    """A moment as 2026-11-23 10:15 UTC."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def count(number: int, word: str) -> str:
    """A number and its word: 1 letter, 2,000 letters."""
    return f"{number:,} {word}{'s' * (number != 1)}"
