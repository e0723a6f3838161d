"""Whom a campaign's letters reach by one list of officials and no longer, or newly, by another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from mailer import addresses
from mailer.campaigns import reader
from mailer.campaigns.library import LETTERS
from mailer.campaigns.names import letter_name
from mailer.campaigns.recipients import reachable
from mailer.campaigns.values import Campaign, Recipient
from mailer.officials.values import Officials


@dataclass(frozen=True, kw_only=True)
class Reached:
    """Somebody who gets mail."""

    official: str
    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Somebody whose mail goes to another address."""

    official: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What changes for one campaign on one day."""

    campaign: str
    status: str
    day: date
    count: int  # who gets mail by the new list
    before: int
    new: tuple[Reached, ...]
    gone: tuple[Reached, ...]
    moved: tuple[Moved, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.moved)


def campaigns(files: Mapping[str, str]) -> tuple[Campaign, ...]:
    """The campaigns of these files, also those whose `to` names nobody of officials.yaml."""
    parts: dict[str, dict[str, tuple[str, str]]] = {}
    for name, text in sorted(files.items()):
        parsed = letter_name(name.removeprefix(f"{LETTERS}/")) if LETTERS in name else ""
        if not isinstance(parsed, str):
            parts.setdefault(parsed.slug, {})[parsed.language] = (name, text)
    found = (reader.read(slug, versions)[0] for slug, versions in parts.items())
    return tuple(campaign for campaign in found if campaign is not None)


def compare(
    campaign: Campaign, before: Officials, after: Officials, day: date,
    *, was: Campaign | None = None,
) -> Reach:  # fmt: skip
    """Who would get the campaign's mail on the day, and who no longer would.

    `was` is the campaign as it went with `before`, where it is another.
    """
    old = _reached(reachable(was or campaign, before, day))
    now = _reached(reachable(campaign, after, day))
    return Reach(
        campaign=campaign.slug,
        status=campaign.status.value,
        day=day,
        count=len(now),
        before=len(old),
        new=tuple(one for name, one in now.items() if name not in old),
        gone=tuple(one for name, one in old.items() if name not in now),
        moved=tuple(
            Moved(official=name, name=one.name, before=old[name].email, after=one.email)
            for name, one in now.items()
            if name in old and addresses.mailbox(old[name].email) != addresses.mailbox(one.email)
        ),
    )


def _reached(to: Iterable[Recipient]) -> dict[str, Reached]:
    return {
        one.official: Reached(official=one.official, name=one.name, email=one.email) for one in to
    }
