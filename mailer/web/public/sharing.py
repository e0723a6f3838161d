"""Telling others of a campaign: links without trackers, and the card that a shared link shows."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from babel import Locale
from babel.core import get_global
from flask import url_for

from mailer.campaigns.values import Campaign, Version
from mailer.web.i18n import gettext
from mailer.web.mailto import mailto
from mailer.web.services import services

_CARD = "card.png"  # 1200 by 630, the shape that every network shows whole
_MEDIA = "/media/"


@dataclass(frozen=True, kw_only=True)
class Share:
    """A campaign as one person tells another of it."""

    title: str
    address: str  # with the organisation whose link brought them, and nothing of them
    mailto: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is told of a campaign's page to whoever shows its link (Open Graph)."""

    title: str
    description: str
    address: str
    locale: str
    others: tuple[str, ...]  # locales of the other versions
    image: str
    image_says: str
    ours: bool  # the image is ours, of a known size


def share(campaign: Campaign, version: Version, via: str) -> Share:
    """What the links to tell others hold."""
    address = _address(campaign, via=via)
    text = gettext(
        "I have just read about this campaign, and thought of you: %(address)s", address=address
    )
    return Share(
        title=version.title, address=address, mailto=mailto("", version.title, text)
    )  # fmt: skip


def card(campaign: Campaign, version: Version, via: str) -> Card:
    """The card of one version of a campaign's page; all its addresses are whole."""
    image = picture(version)
    ours = f"{services().settings.public_url}{url_for('static', filename=_CARD)}"
    return Card(
        title=version.title,
        description=version.description,
        address=_address(campaign, via=via, lang=version.language),
        locale=_locale(version.language),
        others=tuple(_locale(one) for one in campaign.languages if one != version.language),
        image=image or ours,
        image_says=version.title if image else gettext("An airmail envelope with two stamps"),
        ours=not image,
    )


def picture(version: Version) -> str:
    """The whole address of the image a version names; "" where it names none that is there."""
    name = version.thumbnail.removeprefix("/").removeprefix(_MEDIA.removeprefix("/"))
    if version.thumbnail.startswith("https://"):
        return version.thumbnail
    settings = services().settings
    folder = (settings.home / "templates" / "media").resolve()
    file = (folder / name).resolve()
    if not name or not file.is_relative_to(folder) or not file.is_file():
        return ""
    return f"{settings.public_url}{_MEDIA}{quote(name)}"


def _address(campaign: Campaign, **arguments: str) -> str:
    query = urlencode({name: value for name, value in arguments.items() if value})
    address = f"{services().settings.public_url}/{campaign.slug}/"
    return f"{address}?{query}" if query else address


def _locale(language: str) -> str:
    """A language as cards name it, with the country it is most likely of: "fr_FR"."""
    found = Locale.parse(get_global("likely_subtags").get(language, language))
    return f"{found.language}_{found.territory}" if found.territory else found.language
