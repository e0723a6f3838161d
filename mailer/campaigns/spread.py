"""All letters of a campaign laid out to be read before launch: each sort once, by language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mailer.campaigns.letters import merge
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Supporter
from mailer.officials.values import say

NAME, EMAIL = "Ann Example", "ann@supporter.example"

_Key = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who gets a letter, and how it begins, by language."""

    recipient: Recipient
    salutations: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A letter in each language, and all who get it word for word but for how it begins."""

    letters: tuple[MergedLetter, ...]  # to the first of the readers
    readers: tuple[Reader, ...] = field(default_factory=tuple)


def spread(
    campaign: Campaign, to: Sequence[Recipient], *, url: str, role: str = ""
) -> tuple[Sheet, ...]:
    """What a made-up supporter of a role would send to each, in every language of the campaign.

    Letters that are alike but for the salutation stand together. Raises MergeError.
    """
    found: dict[_Key, list[tuple[Recipient, tuple[MergedLetter, ...]]]] = {}
    for one in to:
        letters = tuple(
            merge(campaign, one, _supporter(campaign, one, language, role), url=url)
            for language in campaign.languages
        )
        key = tuple((letter.language, letter.subject, letter.body) for letter in letters)
        found.setdefault(key, []).append((one, letters))
    return tuple(
        Sheet(
            letters=some[0][1],
            readers=tuple(
                Reader(recipient=one, salutations=tuple(each.salutation for each in letters))
                for one, letters in some
            ),
        )
        for some in found.values()
    )


def _supporter(campaign: Campaign, to: Recipient, language: str, role: str) -> Supporter:
    """Somebody who fills in what must be; where people write to their own, a neighbour."""
    lives = say(to.district, language) if campaign.to.own else ""
    return Supporter(
        name=NAME,
        email=EMAIL,
        language=language,
        role=role,
        affiliation=campaign.campuses[0] if campaign.campuses else "",
        postal_code="K1A 0B1" if "postal_code" in campaign.require else "",
        district=lives,
        districts=to.district if lives else {},
    )
