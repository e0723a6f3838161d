"""Whether those who get a letter will read it: its length and its ease."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailer.campaigns import reading
from mailer.campaigns.letters import ending, merge
from mailer.campaigns.values import Campaign, Recipient, Supporter, Version
from mailer.errors import MergeError
from mailer.problems import Problem, Severity


def check(campaign: Campaign, recipients: Sequence[Recipient]) -> tuple[Problem, ...]:
    """Notes on letters that are long or hard to read, judged by the first official's.

    Letters that cannot be merged are told of elsewhere.
    """
    if not recipients:
        return ()
    return tuple(
        Problem(
            file=version.file,
            line=version.letter_line,
            column=1,
            message=message,
            suggestion=hint,
            severity=Severity.NOTE,
        )
        for version in campaign.versions.values()
        for message, hint in _remarks(campaign, recipients[0], version)
    )


def _remarks(
    campaign: Campaign, recipient: Recipient, version: Version
) -> Iterator[tuple[str, str]]:
    by = Supporter(name="Ann Example", email="ann@supporter.example", language=version.language)
    try:
        letter = merge(campaign, recipient, by)
    except MergeError:
        return
    found = reading.read(
        letter.body.removesuffix(ending(campaign, by, letter.language, "")), letter.language
    )
    if found.words > reading.LONG:
        message = f"the letter has {found.words} words, {found.minutes} minutes to read"
        yield message, "what fits on a page is read: 300 to 450 words"
    if found.ease is not None and found.ease < reading.HARD:
        message = f"the letter is very hard to read: ease {round(found.ease)} of 100"
        yield message, "shorter sentences and shorter words help; 50 is good for a letter"
