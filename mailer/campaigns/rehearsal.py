"""The rehearsal: every letter merged once before anybody is written to, and read over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from mailer.campaigns.filters import FILTERS
from mailer.campaigns.letters import merge
from mailer.campaigns.proofread import column_of
from mailer.campaigns.templates import LetterError
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Supporter, Version
from mailer.errors import MergeError
from mailer.officials.hours import meet
from mailer.problems import Problem, Severity
from mailer.records import text as texts
from mailer.records.findings import printable

READABLE_SUBJECT = 100  # what mail programs still show of one
_OWN_WORDS = "Words of my own."
_OPEN_LINK = re.compile(r"http://[^\s<>()\[\]\"']*")
_HOURS = re.compile(r"hours\s*[=:]")
_MOST_NAMED = 3


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
    if not recipients and not main.fallback_message:
        message = "today nobody would get this letter"
        hint = 'check "to", and who holds those posts in officials.yaml'
        return (Problem(file=main.file, message=message, suggestion=hint),)
    found = [_nobody_holds(post, main) for post in vacant]
    found += _never_open(campaign, recipients, _lines(main, files or {}))
    for version in campaign.versions.values():
        lines = _lines(version, files or {})
        met: dict[_Remark, list[tuple[str, str]]] = {}  # whose letters it is about
        for recipient in recipients:
            for role, remark in _rehearse(campaign, recipient, version, lines):
                met.setdefault(remark, []).append((recipient.official, role))
        found += [_told(one, whose, campaign, version, lines) for one, whose in met.items()]
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class _Remark:
    """What may be remarked of many letters and is told once."""

    line: int = 0
    column: int = 0
    message: str
    severity: Severity = Severity.WARNING
    for_some: bool = False  # whose letters matters


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
    remark = _Remark(
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
    remark: _Remark,
    whose: Sequence[tuple[str, str]],
    campaign: Campaign,
    version: Version,
    lines: Sequence[str],
) -> Problem:
    whom = f" (for {_whom(whose, campaign)})" if remark.for_some else ""
    return Problem(
        file=version.file,
        line=remark.line,
        column=remark.column,
        message=remark.message + whom,
        severity=remark.severity,
        source=printable(lines[remark.line - 1]) if 0 < remark.line <= len(lines) else "",
    )


def _whom(whose: Sequence[tuple[str, str]], campaign: Campaign) -> str:
    """Officials and roles in words: romano and mcnaughton, every role."""
    roles: dict[str, dict[str, None]] = {}
    for official, role in whose:
        roles.setdefault(official, {})[role or "no role"] = None
    alike: dict[tuple[str, ...], list[str]] = {}
    for official, named in roles.items():
        alike.setdefault(tuple(named), []).append(official)
    return "; ".join(
        f"{_listed(officials)}{_roles(named, campaign)}" for named, officials in alike.items()
    )


def _roles(named: Sequence[str], campaign: Campaign) -> str:
    if not campaign.roles:
        return ""
    return ", every role" if len(named) > len(campaign.roles) else f", {_listed(named)}"


def _listed(words: Sequence[str]) -> str:
    if len(words) > _MOST_NAMED:
        words = [*words[: _MOST_NAMED - 1], f"{len(words) - _MOST_NAMED + 1} more"]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _rehearse(
    campaign: Campaign, recipient: Recipient, version: Version, lines: Sequence[str]
) -> Iterator[tuple[str, _Remark]]:
    """Each remark with the role of the supporter whose letter it is about."""
    each = [replace(version, subjects=(one,)) for one in version.subjects] or [version]
    for alone, supporter in product(each, _rehearsing(campaign, version.language)):
        one = replace(campaign, letter_language="supporter", versions={version.language: alone})
        try:
            letter = merge(one, recipient, supporter, url="https://campaign.example/")
        except MergeError as error:
            yield supporter.role, _failed(error, lines)
        else:
            for remark in _read_over(letter, supporter, version, lines):
                yield supporter.role, remark


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


def _failed(error: MergeError, lines: Sequence[str]) -> _Remark:
    """A letter that cannot be merged, at the code that fails."""
    line = column = 0
    if isinstance(error, LetterError):
        line = _find(error.template, lines)[0] if error.template else error.line
    if 0 < line <= len(lines):
        named = str(error).partition(" ")[0]  # most errors begin with the filter's name
        column = column_of(lines[line - 1], named if named in FILTERS else "")
    return _Remark(
        line=line, column=column, message=str(error), severity=Severity.ERROR, for_some=True
    )


def _read_over(
    letter: MergedLetter, supporter: Supporter, version: Version, lines: Sequence[str]
) -> Iterator[_Remark]:
    """What a careful reader would strike out of a merged letter."""
    subject = letter.subject
    said = " ".join(letter.body.split()).casefold()
    if supporter.personal.casefold() not in said:
        line, column = _find("supporter.personal", lines, version.letter_line)
        message = "the supporter's own words are left out"
        yield _Remark(line=line, column=column, message=message, for_some=True)
    line, column = _find(subject, lines)
    if len(subject) > READABLE_SUBJECT:
        message = f"a subject has {len(subject)} characters: {subject}"
        yield _Remark(line=line, column=column, message=message)
    if len(subject) > 5 and subject.isupper():
        message = f"a subject is all in capitals: {subject}"
        yield _Remark(line=line, column=column, message=message)
    for link in dict.fromkeys(_OPEN_LINK.findall(letter.body)):
        line, column = _link(link, lines, version.letter_line)
        yield _Remark(line=line, column=column, message="a link in the letter is not https")


def _link(link: str, lines: Sequence[str], letter_line: int) -> tuple[int, int]:
    """Where a link stands: in the letter, else among the values it is merged from."""
    places = (_find(part, lines, start) for start in (letter_line, 1) for part in (link, "http://"))
    return next((place for place in places if place[0]), (0, 0))


def _find(text: str, lines: Sequence[str], start: int = 1) -> tuple[int, int]:
    """Line and column of the first line from `start` on that holds the text, else zeros."""
    for number, line in enumerate(lines[start - 1 :], start=start):
        if text and text in line:
            return number, line.index(text) + 1
    return 0, 0
