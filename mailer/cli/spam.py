"""The part of `mailer check --spam`: every letter as SpamAssassin sees it arrive."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from mailer import submissions
from mailer.campaigns.library import Content
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Status, Supporter, Version
from mailer.cli.example import EMAIL, NAME, recipients_today
from mailer.config import Settings
from mailer.db.ids import random_id
from mailer.deliverability import spam
from mailer.deliverability.spam import Rule, Score
from mailer.errors import MergeError
from mailer.message import Mail, tokens
from mailer.outbox import Sender
from mailer.status import Kind
from mailer.submissions import aliases

GOOD = 0.5
"""Points that a letter may have: little enough to leave a filter room for its other rules."""

MOST = 300
"""Letters of one campaign that are scored; of more, some are taken from everywhere."""

_OWN_WORDS = {
    "en": "I sat my last exam in a kitchen, with two children at the table. I would have liked to"
    " think about the questions, and not about the camera.",
    "fr": "J'ai passé mon dernier examen dans une cuisine, avec deux enfants à table. J'aurais"
    " aimé penser aux questions plutôt qu'à la caméra.",
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One letter, with all officials and all roles for whom it has the same words."""

    campaign: str
    language: str
    officials: tuple[str, ...]
    roles: tuple[str, ...]  # "": none
    own_words: bool
    mail: Mail


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A letter with its score."""

    sample: Sample
    score: Score

    @property
    def is_spam(self) -> bool:
        """True when SpamAssassin would call it spam."""
        return self.score.points >= spam.SPAM

    def as_data(self) -> dict[str, Any]:
        """The same for programs."""
        of = self.sample
        return {
            "campaign": of.campaign, "language": of.language, "officials": of.officials,
            "roles": of.roles, "own_words": of.own_words, "subject": of.mail.subject,
            "reply_to": of.mail.reply_address, "points": self.score.points,
            "rules": [asdict(rule) for rule in self.score.rules],
        }  # fmt: skip


def is_installed() -> bool:
    """True when there is a SpamAssassin to ask."""
    return spam.is_installed()


def judge(content: Content, settings: Settings, reply_to: str = "") -> list[Judged]:
    """Score the letters of all campaigns; raises MailerError where SpamAssassin cannot.

    `reply_to` is the made-up supporter's address, where another one is to be tried.
    """
    samples = [
        sample
        for campaign in content.campaigns.values()
        for sample in some(list(samples_of(campaign, content, settings, reply_to or EMAIL)))
    ]
    now = time.time()
    scores = spam.scores(
        [spam.arrived(one.mail, sender=_envelope(one.mail, settings), now=now) for one in samples]
    )
    return [Judged(sample=one, score=got) for one, got in zip(samples, scores, strict=True)]


def samples_of(
    campaign: Campaign, content: Content, settings: Settings, email: str
) -> Iterator[Sample]:
    """Every letter of a campaign: official, language, role, with and without own words.

    What reads the same but for the salutation is there once; subjects take turns.
    """
    found: dict[tuple[str, str], Sample] = {}
    to = recipients_today(campaign, content.officials)
    for version in campaign.versions.values():
        for number, (one, who) in enumerate(product(to, _supporters(campaign, version, email))):
            turn = number + number // (2 * (len(campaign.roles) + 1))
            letter = _letter(campaign, version, turn, one, who, settings)
            if letter is None:  # `mailer check` tells why
                continue
            key = (letter.subject, letter.body)
            known = found.get(key)
            found[key] = Sample(
                campaign=campaign.slug, language=version.language, own_words=bool(who.personal),
                officials=_with(known.officials if known else (), one.official),
                roles=_with(known.roles if known else (), who.role),
                mail=known.mail if known else _mail(letter, campaign, who, settings),
            )  # fmt: skip
    yield from found.values()


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _supporters(campaign: Campaign, version: Version, email: str) -> Iterator[Supporter]:
    own = _OWN_WORDS.get(version.language, _OWN_WORDS["en"])
    for role in ("", *(role.id for role in campaign.roles)):
        shy = Supporter(
            name=NAME, email=email, role=role, language=version.language, postal_code="K1A 0B1"
        )
        yield shy
        yield replace(
            shy, personal=own, affiliation=next(iter(campaign.campuses), "Example College")
        )


def _letter(
    campaign: Campaign, version: Version, turn: int, to: Recipient, who: Supporter,
    settings: Settings,
) -> MergedLetter | None:  # fmt: skip
    if version.subjects:
        subject = version.subjects[turn % len(version.subjects)]
        version = replace(version, subjects=(subject,))
    alone = replace(
        campaign, status=Status.LIVE, letter_language="supporter",
        versions={version.language: version},
    )  # fmt: skip
    url = f"{_pages(settings)}/{campaign.slug}/"
    try:
        return submissions.prepare(alone, [to], who, url=url, trial_to="")[0]
    except MergeError:
        return None


def _pages(settings: Settings) -> str:
    """Where the pages will be: while nobody but this machine reaches them, at our own domain."""
    own = f"https://{settings.from_address.rpartition('@')[2]}"
    return own if settings.development else settings.public_url


def _mail(letter: MergedLetter, campaign: Campaign, by: Supporter, settings: Settings) -> Mail:
    key, address = random_id(), settings.from_address
    written = submissions.written(campaign, by, letter, address)
    sender = Sender(
        address=address, url=_pages(settings), reply_domain=settings.reply_domain,
        reply_alias=settings.reply_alias,
    )  # fmt: skip
    if domain := aliases.domain_for(sender, by.email):
        written = replace(written, reply_address=tokens.for_answers(key, domain, [key]))
    return written.mail(f"{key}@{address.rpartition('@')[2]}", Kind.LETTER, time.time())


def _envelope(mail: Mail, settings: Settings) -> str:
    key = mail.message_id.partition("@")[0]
    return tokens.for_bounces(key, mail.from_address, settings.reply_domain, [key])


def some(samples: list[Sample]) -> list[Sample]:
    """All of them, or where there are too many, every second, third ... of them."""
    return samples[:: 1 + (len(samples) - 1) // MOST] if samples else samples


def lines(judged: Sequence[Judged]) -> Iterator[str]:
    """The scores in words: letters with the same rules stand together, the worst first."""
    alike: dict[tuple[str, str, tuple[Rule, ...]], list[Judged]] = {}
    for one in judged:
        key = (one.sample.campaign, one.sample.language, one.score.rules)
        alike.setdefault(key, []).append(one)
    if not judged:
        return
    for same in sorted(alike.values(), key=lambda same: -same[0].score.points):
        yield from _group([one.sample for one in same], same[0].score)
    yield f"SpamAssassin calls {spam.SPAM} points spam; {GOOD} and less is good."
    if any(rule.name.startswith("FREEMAIL_") for one in judged for rule in one.score.rules):
        yield "The FREEMAIL_ rules go with MAILER_REPLY_ALIAS=freemail (docs/deliverability.md)."


def _group(samples: Sequence[Sample], score: Score) -> Iterator[str]:
    first = samples[0]
    letters = f"{len(samples)} letter{'' if len(samples) == 1 else 's'}"
    yield f"{score.points:.1f} points: {first.campaign} ({first.language}), {letters}"
    yield f"     to {_named(one for sample in samples for one in sample.officials)}"
    roles = _named(role or "no role" for sample in samples for role in sample.roles)
    yield f"     by {roles}, {_words(samples)}"
    for rule in score.rules:
        yield f"     {rule.points:6.3f}  {rule.name}  {rule.says}"
    yield ""


def _named(words: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _words(samples: Sequence[Sample]) -> str:
    kinds = {sample.own_words for sample in samples}
    return "with and without own words" if len(kinds) > 1 else (
        "with own words" if kinds == {True} else "without own words"
    )  # fmt: skip
