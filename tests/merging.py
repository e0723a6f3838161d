"""One official, one supporter and campaigns of one letter, for tests of the merge."""

from __future__ import annotations

from mailer.campaigns.letters import merge
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Supporter, Version

ANN = Supporter(name="Ann Example", email="ann@supporter.example")
OFFICIAL = Recipient(
    official="ben",
    name="Ben Example",
    last_name="Example",
    email="ben@office.example",
    honorific={"en": "The Honourable", "fr": "L'honorable"},
    salutation={"en": "Minister Example", "fr": "Monsieur le Ministre"},
    title={"": "Minister"},
    portfolios=("a", "b"),
    language="fr",
)


def campaign(letter: str, *, title: str = "T", subjects: tuple[str, ...] = ()) -> Campaign:
    """A campaign of one version."""
    version = Version(
        language="en",
        title=title,
        subjects=subjects,
        salutation="Dear {{ official.salutation }},",
        letter=letter,
        file="x.md",
    )
    return Campaign(slug="x", versions={"en": version})


def merged(letter: str, supporter: Supporter = ANN) -> MergedLetter:
    """What the official gets."""
    return merge(campaign(letter), OFFICIAL, supporter, url="https://c.example/x/")


def above_closing(letter: str, supporter: Supporter = ANN) -> str:
    """The body without its closing block."""
    return merged(letter, supporter).body.partition(f"\n\n{supporter.name}\n")[0]
