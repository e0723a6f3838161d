"""Whether officials are addressed in the language that a letter to them is in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailer.campaigns.templates import checked
from mailer.campaigns.values import Campaign, Recipient, Version
from mailer.officials.values import say
from mailer.problems import Problem, Severity
from mailer.records.findings import quoted

_MOST_NAMED = 3


def check(campaign: Campaign, recipients: Sequence[Recipient]) -> Iterator[Problem]:
    """Versions whose letters begin with a salutation that is given in other languages alone."""
    if len(campaign.versions) < 2:
        return
    for language, version in campaign.versions.items():
        missed = [one for one in recipients if _lacks(one, language)]
        if not missed or not _speaks(version):
            continue
        names = [one.official for one in missed]
        more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
        those = ", ".join([*names[:_MOST_NAMED], *more])
        begins = quoted(say(missed[0].salutation, language))
        yield Problem(
            file=version.file,
            message=f"letters in {language} begin with {begins}: no salutation in {language}"
            f" is given for {those}",
            suggestion=f"add {language}: ... to the salutation in officials.yaml",
            severity=Severity.WARNING,
        )


def _lacks(one: Recipient, language: str) -> bool:
    """True when the salutation is given by language, and not in this one."""
    return bool(one.salutation) and "" not in one.salutation and language not in one.salutation


def _speaks(version: Version) -> bool:
    """True when the version says official.salutation anywhere."""
    texts = (version.salutation, *version.subjects, version.letter)
    return any("official.salutation" in checked(text).uses for text in texts)
