"""The fields of the supporter's form: what each asks, and which of them a campaign asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailer import addresses
from mailer.campaigns.values import Campaign
from mailer.web.i18n import mark

LONGEST_PERSONAL = 3_000
LONGEST_LETTER = 20_000


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of the form; `label` and `missing` are to be translated."""

    name: str
    label: str
    missing: str
    longest: int
    autocomplete: str = ""
    lines: int = 1


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A field as one campaign asks it."""

    field: Field
    required: bool


_FIELDS = (
    Field(
        name="name",
        label=mark("Full name"),
        missing=mark("Enter your full name"),
        longest=100,
        autocomplete="name",
    ),
    Field(
        name="email",
        label=mark("Email address"),
        missing=mark("Enter your email address"),
        longest=addresses.LONGEST_EMAIL,
        autocomplete="email",
    ),
    Field(
        name="postal_code",
        label=mark("Postal code"),
        missing=mark("Enter your postal code"),
        longest=20,
        autocomplete="postal-code",
    ),
    Field(
        name="address",
        label=mark("Street address"),
        missing=mark("Enter your street address"),
        longest=200,
        autocomplete="address-line1",
    ),
    Field(
        name="district",
        label=mark("Riding or electoral district"),
        missing=mark("Enter your riding or electoral district"),
        longest=120,
    ),
    Field(
        name="role",
        label=mark("I write as"),
        missing=mark("Select who you write as"),
        longest=60,
    ),
    Field(
        name="affiliation",
        label=mark("College, university or organisation"),
        missing=mark("Enter your college, university or organisation"),
        longest=120,
        autocomplete="organization",
    ),
    Field(
        name="personal",
        label=mark("Your own words"),
        missing=mark("Write a few words of your own"),
        longest=LONGEST_PERSONAL,
        lines=8,
    ),
)
BODY = Field(
    name="body",
    label=mark("The letter's text"),
    missing=mark("Write the letter's text, or start again from the original"),
    longest=LONGEST_LETTER,
    lines=6,
)
"""What is changed in a step of its own, once there are letters: see mailer.web.writing."""

MOST_TEXTS = 50
"""Boxes that one letter is ever taken apart into; what forged forms have more of is one text."""

FIELDS: dict[str, Field] = {one.name: one for one in _FIELDS}
_ALWAYS = ("name", "email")


def texts(given: Sequence[str]) -> tuple[str, ...]:
    """The changed texts of a form, every word of them."""
    few, rest = given[: MOST_TEXTS - 1], [text for text in given[MOST_TEXTS - 1 :] if text]
    return (*few, "\n\n".join(rest)) if rest else tuple(few)


def asked(campaign: Campaign) -> dict[str, Asked]:
    """The fields this campaign asks for, by name, in the order of the page."""
    shown = set(FIELDS)
    if not campaign.roles:
        shown.discard("role")
    if campaign.editable == "none":
        shown.discard("personal")
    must = {*_ALWAYS, *campaign.require}
    return {
        name: Asked(field=FIELDS[name], required=name in must) for name in FIELDS if name in shown
    }
