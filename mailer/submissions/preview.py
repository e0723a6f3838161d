"""What a preview shows: the letters as they will leave, an id of their own, and their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from mailer.campaigns.letters import merge
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Status, Supporter
from mailer.db.ids import random_id
from mailer.outbox import Written
from mailer.submissions.consents import Wording

TRIAL_MARK = "[TRIAL]"


def new_id() -> str:
    """The id of a submission to be: random, so that one preview is one submission."""
    return random_id()


def prepare(
    campaign: Campaign,
    recipients: Sequence[Recipient],
    supporter: Supporter,
    *,
    url: str,
    trial_to: str,
) -> tuple[MergedLetter, ...]:
    """The letters of one supporter, one for each recipient; raises MergeError.

    In a trial each goes to `trial_to` instead, and is marked.
    """
    letters = tuple(merge(campaign, recipient, supporter, url=url) for recipient in recipients)
    if campaign.status is not Status.TRIAL:
        return letters
    return tuple(
        replace(
            letter,
            subject=f"{TRIAL_MARK} {letter.subject}",
            to_address=trial_to or letter.to_address,
        )
        for letter in letters
    )


def written(
    campaign: Campaign, supporter: Supporter, letter: MergedLetter, address: str
) -> Written:
    """The letter as it goes on the wire: from our `address`, answers to the supporter."""
    title = campaign.version(letter.language).title
    return Written(
        language=letter.language, from_name=f"{supporter.name} via {title}", from_address=address,
        reply_name=supporter.name, reply_address=supporter.email, to_name=letter.to_name,
        to_address=letter.to_address, subject=letter.subject, salutation=letter.salutation,
        body=letter.body,
    )  # fmt: skip


def letters_hash(
    supporter: Supporter, letters: Sequence[MergedLetter], agreed: Sequence[Wording | None] = ()
) -> str:
    """What the supporter approves by sending: the letters, who wrote them, all that was agreed."""
    said: list[object] = [asdict(supporter), [asdict(letter) for letter in letters]]
    said += [asdict(one) for one in agreed if one]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
