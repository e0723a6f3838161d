"""Whether officials, districts.csv and the campaigns that go by district fit each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from mailer.campaigns.library import DISTRICTS, OFFICIALS, Content
from mailer.campaigns.recipients import district_keys, fallback, recipients
from mailer.campaigns.templates import checked
from mailer.campaigns.values import Campaign, Recipient
from mailer.districts.names import folded
from mailer.officials.values import say
from mailer.problems import Problem, Severity, did_you_mean
from mailer.records import text as texts
from mailer.records.findings import printable, quoted

_MOST = 10  # told one by one
_MOST_NAMED = 3
_TO = re.compile(r"\s*to\s*[=:]")
_ASKS_FIRST = re.compile(r"\bif\b[^%}]{0,300}official\.district")

Remark = tuple[Severity, str, str]
"""How much it matters, what is so, what to do."""


def check(content: Content, *, now: float, service: bool) -> tuple[Problem, ...]:
    """What supporters of campaigns by district would run into today.

    `service` says that a service is asked for what districts.csv does not know.
    """
    own = [one for one in content.campaigns.values() if one.to.own]
    found: list[Problem] = []
    if content.districts and own:
        found += _unheld(content)
    elif content.districts:
        message = 'no campaign goes by district: write to = { district = "supporter" } in one'
        found.append(Problem(file=DISTRICTS, message=message, severity=Severity.NOTE))
    reached: dict[str, Recipient] = {}
    for campaign in own:
        readers = recipients(campaign, content.officials, campaign.today(now))
        reached.update((one.official, one) for one in readers)
        found += _campaign(campaign, readers, content, now, service=service)
    if content.districts and not service:
        found += _unreached(reached.values(), content)
    return tuple(found)


def _unheld(content: Content) -> Iterator[Problem]:
    """Districts of the file that nobody at all has: a spelling, or somebody is missing."""
    people = content.officials.people.values()
    keys = {key for one in people for key in district_keys(one)}
    named = content.districts.named
    names = [name for one in people for name in one.district.values() if folded(name) not in named]
    missing = [one for key, one in content.districts.named.items() if key not in keys]
    for one in missing[:_MOST]:
        message = f"nobody in officials.yaml has the district {quoted(one.name)}"
        yield _at(content, DISTRICTS, one.line, message, did_you_mean(one.name, names))
    yield from _more(missing, DISTRICTS, "districts that nobody in officials.yaml has")


def _unreached(readers: Iterable[Recipient], content: Content) -> Iterator[Problem]:
    """Officials of campaigns by district to whose district no code leads."""
    lines = _lines(content, OFFICIALS)
    named, readers = content.districts.named, tuple(readers)
    held = {folded(name) for one in readers for name in one.district.values()}
    names = [known.name for key, known in named.items() if key not in held]
    missing = [
        one for one in readers if one.district
        and not any(folded(name) in named for name in one.district.values())
    ]  # fmt: skip
    for one in missing[:_MOST]:
        name = say(one.district, "")
        line = _line(lines, partial(_gives_district, name))
        message = f"no code in {DISTRICTS} leads to {quoted(name)}, the district of {one.official}"
        yield _at(content, OFFICIALS, line, message, did_you_mean(name, names))
    yield from _more(
        missing, OFFICIALS, f"officials to whose district no code in {DISTRICTS} leads"
    )


def _gives_district(name: str, line: str) -> bool:
    return "district" in line and name in line


def _more(missing: Sequence[object], file: str, what: str) -> Iterator[Problem]:
    if len(missing) > _MOST:
        message = f"there are {len(missing) - _MOST} more {what}"
        yield Problem(file=file, message=message, severity=Severity.WARNING)


def _campaign(
    campaign: Campaign, readers: Sequence[Recipient], content: Content, now: float, *, service: bool
) -> Iterator[Problem]:
    """What one campaign's supporters would run into; said at its `to`."""
    main = campaign.version("")
    line = _line(_lines(content, main.file), lambda text: bool(_TO.match(text)))
    for severity, message, hint in (
        *_listed(campaign, readers, content, service=service),
        *_without_district(campaign, readers, content, now),
        *_elsewhere(campaign, readers, content, now),
        *_nameless(campaign, content, now),
    ):
        yield replace(_at(content, main.file, line, message, hint), severity=severity)


def _listed(
    campaign: Campaign, readers: Sequence[Recipient], content: Content, *, service: bool
) -> Iterator[Remark]:
    """When the way to a district is a list to choose from."""
    count = len({folded(say(one.district, "")) for one in readers})
    if not content.districts and not service:
        message = f"supporters choose their district from a list of {count}"
        hint = f"to find it by postal code, add {DISTRICTS} or set MAILER_REPRESENT"
        yield Severity.NOTE, message, hint
    elif "postal_code" not in campaign.require:
        message = f"who gives no postal code chooses from a list of {count} districts"
        yield Severity.WARNING, message, 'add require = ["postal_code"]'


def _without_district(
    campaign: Campaign, readers: Sequence[Recipient], content: Content, now: float
) -> Iterator[Remark]:
    """Officials who would match if they had a district."""
    anywhere = replace(campaign, fallback="", to=replace(campaign.to, own=False))
    meant = recipients(anywhere, content.officials, campaign.today(now))
    reached = {one.official for one in readers}
    lost = [one.official for one in meant if one.official not in reached]
    if lost:
        message = f"no supporter reaches {_some(lost)}: without a district in officials.yaml"
        yield Severity.WARNING, message, "give each a district"


def _elsewhere(
    campaign: Campaign, readers: Sequence[Recipient], content: Content, now: float
) -> Iterator[Remark]:
    """Districts of the file whose supporters reach nobody of this campaign, and what they get."""
    keys = {folded(name) for one in readers for name in one.district.values()}
    names = [one.name for key, one in content.districts.named.items() if key not in keys]
    if not names:
        return
    whom = fallback(campaign, content.officials, campaign.today(now))
    message = f"for {_some(names)} this campaign has nobody: supporters there"
    if whom:
        message = f"{message} write to {_some([one.official for one in whom])}"
        yield Severity.NOTE, message, ""
    elif any(one.fallback_message or one.except_message for one in campaign.versions.values()):
        yield Severity.NOTE, f"{message} read the fallback_message or except_message", ""
    else:
        yield Severity.WARNING, f"{message} cannot write", "add fallback or fallback_message"


def _at(content: Content, file: str, line: int, message: str, hint: str) -> Problem:
    """A warning at a line, which is shown with it."""
    lines = _lines(content, file)
    return Problem(
        file=file,
        line=line,
        column=1 if line else 0,
        message=message,
        suggestion=hint,
        severity=Severity.WARNING,
        source=printable(lines[line - 1]) if 0 < line <= len(lines) else "",
    )


def _line(lines: Sequence[str], fits: Callable[[str], bool]) -> int:
    """The number of the first line that fits, else 0."""
    return next((number for number, line in enumerate(lines, start=1) if fits(line)), 0)


def _nameless(campaign: Campaign, content: Content, now: float) -> Iterator[Remark]:
    """Letters that name a district, of which the fallback has none."""
    whom = fallback(campaign, content.officials, campaign.today(now))
    if any(one.district for one in whom) or not whom:
        return
    for version in campaign.versions.values():
        text = version.letter
        if "official.district" in checked(text).uses and not _ASKS_FIRST.search(text):
            message = f"the letter ({version.language}) names official.district, which the fallback"
            hint = "write {% if official.district %} before it and {% endif %} behind"
            yield Severity.WARNING, f"{message} {whom[0].official} has not", hint


def _some(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _lines(content: Content, file: str) -> list[str]:
    return texts.clean(content.files.get(file, "")).split("\n")
