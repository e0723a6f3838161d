"""What supporters could change of a campaign's letters, told to its organizer beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailer.campaigns.editing import Outline, outline
from mailer.campaigns.letters import merge
from mailer.campaigns.values import Campaign, Recipient, Supporter, Version
from mailer.errors import MergeError
from mailer.problems import Problem, Severity

_ROOM_AT_THE_END = "the letters have no paragraph in common: supporters can only add to them"


def check(campaign: Campaign, recipients: Sequence[Recipient]) -> tuple[Problem, ...]:
    """Of letters whose text may be changed, the places that supporters cannot change.

    Letters that cannot be merged are told of elsewhere.
    """
    if campaign.editable != "body" or not recipients:
        return ()
    # Where each supporter writes to their own, or to one, one letter is all there is to change.
    alone = campaign.to.own or campaign.choose == "one"
    together = recipients[:1] if alone else recipients
    return tuple(
        problem
        for version in campaign.versions.values()
        for problem in _of_version(campaign, version, together)
    )


def _of_version(
    campaign: Campaign, version: Version, recipients: Sequence[Recipient]
) -> Iterator[Problem]:
    supporter = Supporter(
        name="Ann Example", email="ann@supporter.example", language=version.language
    )
    try:
        letters = [merge(campaign, one, supporter) for one in recipients]
    except MergeError:
        return
    found = outline(campaign, letters, supporter)
    if found.open == ("",):
        yield _told(version, Severity.WARNING, _ROOM_AT_THE_END, "see editable in the guide")
    elif places := _places(found):
        message = f"supporters can change the text, but not all of it: {places}"
        hint = "paragraphs that not all officials get, and those that name signatories"
        yield _told(version, Severity.NOTE, message, hint)


def _places(found: Outline) -> str:
    fixed = sum(any(one[at] for one in found.fixed) for at in range(len(found.open) + 1))
    if fixed < 2:
        return "one place stays as it is" if fixed else ""
    return f"{fixed} places stay as they are"


def _told(version: Version, severity: Severity, message: str, hint: str) -> Problem:
    return Problem(
        file=version.file, line=version.letter_line, column=1, message=message,
        suggestion=hint, severity=severity,
    )  # fmt: skip
