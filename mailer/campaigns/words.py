"""What a letter's template may speak of: frozen values whose fields are the whole vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import get_args, get_origin, get_type_hints

from mailer.campaigns.values import Campaign, Recipient, Supporter
from mailer.officials.values import say


@dataclass(frozen=True, kw_only=True)
class OfficialWords:
    """`official` in a template."""

    id: str
    name: str
    last_name: str
    honorific: str
    salutation: str
    title: str
    region: str
    district: str
    portfolios: tuple[str, ...]
    tags: tuple[str, ...]
    language: str


@dataclass(frozen=True, kw_only=True)
class SupporterWords:
    """`supporter` in a template. The role is its id: tests read the same in any language."""

    name: str
    personal: str
    role: str
    affiliation: str
    postal_code: str
    district: str
    address: str
    language: str


@dataclass(frozen=True, kw_only=True)
class OrganisationWords:
    """One of `campaign.organisations`."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SignatoryWords:
    """One of `campaign.signatories`; the organisation is its name."""

    name: str
    role: str
    organisation: str


@dataclass(frozen=True, kw_only=True)
class CampaignWords:
    """`campaign` in a template."""

    title: str
    url: str
    organisations: tuple[OrganisationWords, ...]
    signatories: tuple[SignatoryWords, ...]


@dataclass(frozen=True, kw_only=True)
class LoopWords:
    """`loop` inside a {% for %}: what of Jinja's own loop a letter may ask."""

    index: int
    index0: int
    first: bool
    last: bool
    length: int


@dataclass(frozen=True, kw_only=True)
class Words:
    """Everything one letter is merged from."""

    official: OfficialWords
    supporter: SupporterWords
    campaign: CampaignWords
    language: str


NAMES: Mapping[str, type] = MappingProxyType(
    {"official": OfficialWords, "supporter": SupporterWords, "campaign": CampaignWords}
)

Shape = type | tuple[type]
"""What an expression is: a type of this module, str, or (type,) for a list of it."""


def parts(shape: type) -> dict[str, Shape]:
    """The names after the dot, and what each of them is."""
    if not is_dataclass(shape):
        return {}
    hints = get_type_hints(shape)
    return {
        one.name: (get_args(hint)[0],) if get_origin(hint := hints[one.name]) is tuple else hint
        for one in fields(shape)
    }


def words(
    campaign: Campaign, recipient: Recipient, supporter: Supporter, language: str, url: str
) -> Words:
    """One campaign, one official, one supporter, as a letter in `language` speaks of them."""
    return Words(
        official=official_words(recipient, language),
        supporter=supporter_words(supporter, language),
        campaign=_campaign(campaign, language, url),
        language=language,
    )


def official_words(recipient: Recipient, language: str) -> OfficialWords:
    """An official in a letter's language; without a salutation the name stands for it."""
    return OfficialWords(
        id=recipient.official,
        name=recipient.name,
        last_name=recipient.last_name,
        honorific=say(recipient.honorific, language),
        salutation=say(recipient.salutation, language) or recipient.name,
        title=say(recipient.title, language),
        region=recipient.region,
        district=say(recipient.district, language),
        portfolios=recipient.portfolios,
        tags=recipient.tags,
        language=recipient.language,
    )


def supporter_words(supporter: Supporter, language: str) -> SupporterWords:
    """A supporter, everything as typed; a district that we know, in the letter's language."""
    typed = {one.name: getattr(supporter, one.name) for one in fields(SupporterWords)}
    return SupporterWords(**{**typed, "district": supporter.lives_in(language)})


def _campaign(campaign: Campaign, language: str, url: str) -> CampaignWords:
    """A campaign in a letter's language."""
    organisations = {one.id: say(one.name, language) for one in campaign.organisations}
    return CampaignWords(
        title=campaign.version(language).title,
        url=url,
        organisations=tuple(
            OrganisationWords(id=one.id, name=organisations[one.id])
            for one in campaign.organisations
        ),
        signatories=tuple(
            SignatoryWords(
                name=one.name,
                role=say(one.role, language),
                organisation=organisations.get(one.organisation, ""),
            )
            for one in campaign.signatories
        ),
    )
