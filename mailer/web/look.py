"""How a campaign's pages look: its colour as a small style sheet of its own, its logo, its picture.

Style sheets are addressed by their colour: they hold nothing else, and may be kept for good.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from flask import Blueprint, Flask, Response, abort, g, request, url_for

from mailer.campaigns import colours, pictures
from mailer.campaigns.colours import Shades
from mailer.campaigns.values import Campaign, Version
from mailer.web import assets
from mailer.web.services import services

blueprint = Blueprint("look", __name__)

_DIGITS = frozenset("0123456789abcdef")
_SHEET = """\
:root {{ {light} --stripe-blue: {stripe}; }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
"""


@dataclass(frozen=True, kw_only=True)
class Image:
    """A picture as a page shows it."""

    address: str
    width: int  # pixels
    height: int
    says: str


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a campaign's pages have of their own."""

    sheet: str = ""  # the address of a style sheet
    logo: Image | None = None
    picture: Image | None = None


def install(app: Flask) -> None:
    """Let every template know the look of its page."""
    app.context_processor(lambda: {"look": worn()})


def wear(campaign: Campaign, version: Version) -> None:
    """Give the page of this request a campaign's look."""
    g.worn = campaign, version


def worn() -> Look:
    """The look of this request's page."""
    if "worn" not in g:
        return Look()
    campaign, version = cast(tuple[Campaign, Version], g.worn)
    return Look(
        sheet=_address(campaign.colour.removeprefix("#").lower()) if campaign.colour else "",
        logo=_image(version.logo, ""),
        picture=_image(version.thumbnail, version.thumbnail_alt),
    )


@blueprint.get("/look/<colour>.css")
def sheet(colour: str) -> Response:
    """A colour for the site's style sheet, in shades that can be read."""
    if len(colour) != 6 or not set(colour) <= _DIGITS:
        abort(404)
    response = Response(_sheet(colour), mimetype="text/css")
    response.headers["Cache-Control"] = assets.LONG if "v" in request.args else assets.SHORT
    return response


def _address(colour: str) -> str:
    digest = hashlib.sha256(_sheet(colour).encode()).hexdigest()[:10]
    return url_for("look.sheet", colour=colour, v=digest)


@lru_cache(maxsize=64)
def _sheet(colour: str) -> str:
    light, dark = colours.shades(f"#{colour}")
    return _SHEET.format(light=_tokens(light), dark=_tokens(dark), stripe=light.accent)


def _tokens(shades: Shades) -> str:
    return f"--accent: {shades.accent}; --accent-deep: {shades.deep}; --on-accent: {shades.on};"


def _image(named: str, says: str) -> Image | None:
    found = pictures.find(services().settings.home, named)
    if found is None:
        return None
    address = url_for("site.media", file=found.name)
    return Image(address=address, width=found.width, height=found.height, says=says)
