"""What keeps letters back: whether a campaign's ceiling and its exceptions do what they are for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailer.campaigns.values import Campaign, Recipient, Status, Target
from mailer.officials.values import DEFAULT_PACE
from mailer.problems import Problem, Severity
from mailer.records.findings import printable

_DAY = 86400


def check(
    campaign: Campaign,
    recipients: Sequence[Recipient],
    left_out: Sequence[Recipient],
    lines: Sequence[str],
) -> Iterator[Problem]:
    """A ceiling that nothing ever reaches, or none where a pace is fast; exceptions of nobody.

    `lines` are those of the main file.
    """
    if campaign.status is Status.CLOSED:
        return
    if campaign.left_out != Target() and not left_out:
        message = '"except" leaves out nobody: none of them is meant by "to" today'
        yield _at(campaign, "except", lines, Severity.NOTE, message, "correct it, or take it away")
    if campaign.left_out == Target() and campaign.version("").except_message:
        message = '"except_message" is never read: nobody is left out'
        hint = 'add except = ["..."], or take it away'
        yield _at(campaign, "except_message", lines, Severity.WARNING, message, hint)
    if recipients:
        yield from _ceiling(campaign, recipients, lines)


def only_fallback(campaign: Campaign, lines: Sequence[str]) -> Problem:
    """What to tell when nobody whom `to` means is there today."""
    message = f'nobody fits "to" today: every letter goes to the fallback, {campaign.fallback}'
    hint = "correct it, unless that is meant"
    return _at(campaign, "to", lines, Severity.WARNING, message, hint)


def _ceiling(
    campaign: Campaign, recipients: Sequence[Recipient], lines: Sequence[str]
) -> Iterator[Problem]:
    fastest = max(recipients, key=lambda one: one.pace.count / one.pace.seconds)
    daily = round(fastest.pace.count * _DAY / fastest.pace.seconds)
    if campaign.ceiling > daily:
        message = (
            f'"ceiling": {campaign.ceiling:,} a day limits nothing: the fastest pace,'
            f" {fastest.pace} of {fastest.official}, lets {daily:,} through"
        )
        hint = f"write fewer than {daily:,}: what an office can bear in a day"
        yield _at(campaign, "ceiling", lines, Severity.WARNING, message, hint)
    elif not campaign.ceiling and daily > DEFAULT_PACE.count * _DAY / DEFAULT_PACE.seconds:
        message = f"{fastest.official} may get {daily:,} letters a day, by the pace {fastest.pace}"
        hint = "a ceiling holds whatever else is wrong: ceiling = 20000"
        yield _at(campaign, "ceiling", (), Severity.NOTE, message, hint)


def _at(
    campaign: Campaign,
    key: str,
    lines: Sequence[str],
    severity: Severity,
    message: str,
    hint: str,
) -> Problem:
    given = re.compile(rf"""["']?{key}["']?\s*[.=:]\s*""")
    number, column = next(
        ((at, found.end() + 1) for at, line in enumerate(lines, 1) if (found := given.match(line))),
        (0, 0),
    )
    return Problem(
        file=campaign.version("").file,
        line=number,
        column=column,
        message=message,
        suggestion=hint,
        severity=severity,
        source=printable(lines[number - 1]) if number else "",
    )
