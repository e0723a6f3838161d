"""The rehearsal: every letter merged once before anybody is written to, and read over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mailer.campaigns import sorts, whom
from mailer.campaigns.filters import FILTERS
from mailer.campaigns.letters import merge, subject
from mailer.campaigns.proofread import column_of
from mailer.campaigns.remarks import Remark, find, read_over, read_subject
from mailer.campaigns.templates import LetterError
from mailer.campaigns.values import Campaign, Recipient, Supporter, Version
from mailer.campaigns.words import official_words, supporter_words
from mailer.errors import MergeError
from mailer.officials.hours import meet
from mailer.problems import Problem, Severity
from mailer.records import text as texts
from mailer.records.findings import printable

_OWN_WORDS = "Words of my own."
_TO = re.compile(r"""["']?to["']?\s*[.=:]""")
_HOURS = re.compile(r"hours\s*[=:]")
_PAGE = "https://campaign.example/"


def check(
    campaign: Campaign,
    recipients: Sequence[Recipient],
    *,
    vacant: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """Merge once for every official, language, subject and role; tell each fault once.

    `vacant` names the posts in `to` that nobody holds today: their letters would go nowhere.
    `files` are the texts that the versions were read from, by name, for the lines in question.
    """
    main = next(iter(campaign.versions.values()))
    if not recipients and not (main.fallback_message or main.except_message):
        message = "today nobody would get this letter"
        hint = 'check "to", and who holds those posts in officials.yaml'
        lines = _lines(main, files or {})
        at = next((n for n, line in enumerate(lines, 1) if _TO.match(line)), 0)
        remark = Remark(line=at, column=min(at, 1), message=message, severity=Severity.ERROR)
        return (replace(_told(remark, (), campaign, main, lines), suggestion=hint),)
    found = [_nobody_holds(post, main) for post in vacant]
    found += _never_open(campaign, recipients, _lines(main, files or {}))
    for version in campaign.versions.values():
        lines = _lines(version, files or {})
        met: dict[Remark, list[tuple[str, str]]] = {}  # whose letters it is about
        for alike in _sorts(campaign, recipients, version):
            for role, remark in _rehearse(campaign, recipients[alike.first], version, lines):
                whose = met.setdefault(remark, [])
                whose += [(recipients[at].official, role) for at in alike.all]
            if alike.longest == alike.first:
                continue
            longest = recipients[alike.longest]
            told = frozenset(met)
            for role, remark in _rehearse(campaign, longest, version, lines):
                if remark not in told:
                    met.setdefault(remark, []).append((longest.official, role))
        found += [_told(one, whose, campaign, version, lines) for one, whose in met.items()]
    return tuple(found)


def _nobody_holds(post: str, main: Version) -> Problem:
    return Problem(
        file=main.file,
        message=f"today nobody holds the post {post}: it gets no letter",
        suggestion="see its dates in officials.yaml",
        severity=Severity.WARNING,
    )


def _never_open(
    campaign: Campaign, recipients: Sequence[Recipient], lines: Sequence[str]
) -> list[Problem]:
    """A problem when the campaign's hours and those of some office have no minute in common."""
    missed = [one for one in recipients if not meet(one.hours, campaign.hours)]
    if not missed:
        return []
    at = [number for number, line in enumerate(lines, start=1) if _HOURS.match(line)]
    remark = Remark(
        line=at[0] if at else 0,
        column=1 if at else 0,
        message=f"{campaign.hours} never meets the office's {missed[0].hours}",
        severity=Severity.ERROR,
        for_some=True,
    )
    whose = [(one.official, "") for one in missed]
    plain = replace(campaign, roles=())  # hours are the same for every role
    return [_told(remark, whose, plain, next(iter(campaign.versions.values())), lines)]


def _lines(version: Version, files: Mapping[str, str]) -> list[str]:
    """The file's lines; without the file those of the letter, at their places."""
    if version.file in files:
        return texts.clean(files[version.file]).split("\n")
    return [*[""] * (version.letter_line - 1), *version.letter.split("\n")]


def _told(
    remark: Remark,
    whose: Sequence[tuple[str, str]],
    campaign: Campaign,
    version: Version,
    lines: Sequence[str],
) -> Problem:
    those = f" (for {whom.named(whose, campaign)})" if remark.for_some else ""
    return Problem(
        file=version.file,
        line=remark.line,
        column=remark.column,
        message=remark.message + those,
        severity=remark.severity,
        source=printable(lines[remark.line - 1]) if 0 < remark.line <= len(lines) else "",
    )


def _sorts(
    campaign: Campaign, recipients: Sequence[Recipient], version: Version
) -> list[sorts.Sort]:
    """Officials by what the version makes of them: of each sort two letters stand for all."""
    language = version.language
    spoken = [official_words(one, language) for one in recipients]
    writing = [supporter_words(one, language) for one in _rehearsing(campaign, language)]
    return sorts.sort(spoken, (*version.subjects, version.salutation, version.letter), writing)


def _rehearse(
    campaign: Campaign, recipient: Recipient, version: Version, lines: Sequence[str]
) -> Iterator[tuple[str, Remark]]:
    """Each remark with the role of the supporter whose letter it is about.

    The letter is merged for each of them with the first subject, and the others by themselves.
    """
    first, *others = [
        replace(
            campaign,
            letter_language="supporter",
            versions={version.language: replace(version, subjects=subjects)},
        )
        for subjects in _each_alone(version.subjects)
    ]
    for supporter in _rehearsing(campaign, version.language):
        try:
            letter = merge(first, recipient, supporter, url=_PAGE)
            remarks = [*read_over(letter, supporter, version, lines)]
        except MergeError as error:
            remarks = [_failed(error, lines, first)]
        for other in others:
            try:
                remarks += read_subject(subject(other, recipient, supporter, url=_PAGE), lines)
            except MergeError as error:
                remarks.append(_failed(error, lines, other))
        for remark in remarks:
            yield supporter.role, remark


def _each_alone(subjects: Sequence[str]) -> list[tuple[str, ...]]:
    return [(one,) for one in subjects] or [()]


def _rehearsing(campaign: Campaign, language: str) -> Iterator[Supporter]:
    """Supporters of every role, one who says everything and one who says only what is needed."""
    for role in ("", *(role.id for role in campaign.roles)):
        shy = Supporter(name="Ann Example", email="ann@supporter.example", role=role)
        yield replace(shy, language=language)
        yield replace(
            shy,
            language=language,
            personal=_OWN_WORDS,
            affiliation="Example College",
            postal_code="A1A 1A1",
            district="Example North",
            address="1 Example Street",
        )


def _failed(error: MergeError, lines: Sequence[str], campaign: Campaign) -> Remark:
    """A letter that cannot be merged, at the code that fails or the value that it is about."""
    line = column = 0
    version = campaign.version("")
    about = {
        "the subject": [*version.subjects, version.title],
        "the salutation": [version.salutation],
    }
    for what, written in about.items():
        if str(error).startswith(what):
            line, column = find(written[0], lines)
    if isinstance(error, LetterError):
        line = find(error.template, lines)[0] if error.template else error.line
    if 0 < line <= len(lines):
        named = str(error).partition(" ")[0]  # most errors begin with the filter's name
        column = column_of(lines[line - 1], named if named in FILTERS else "")
    return Remark(
        line=line, column=column, message=str(error), severity=Severity.ERROR, for_some=True
    )
