"""What a partner sees: its organisation's own numbers and its own consenting people. No more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Response, g, render_template, request
from flask.typing import ResponseReturnValue

from mailer import tables
from mailer.campaigns.values import Campaign
from mailer.officials.values import say
from mailer.sendlog import census, coalition, consenting
from mailer.sendlog.coalition import Share
from mailer.sendlog.consenting import Own, Person
from mailer.web import i18n
from mailer.web.public.embed import link
from mailer.web.services import services
from mailer.web.staff import looks
from mailer.web.staff.roles import PARTNER, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

PAGE = 50  # people on one page
HEAD = ("name", "email", "postal code", "campaign", "language", "agreed at (UTC)")

_BEFORE = re.compile(r"(\d{1,12}(?:\.\d{1,20})?)-([0-9a-z]{1,64})")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A campaign in which the organisation takes part."""

    campaign: Campaign
    title: str
    link: str
    share: Share
    at: float | None  # when that was counted; None: now


@blueprint.get("/partner/")
@open_to(*PARTNER)
@looks.shows_people("partner.list")
def partner() -> str:
    """Show the organisation's numbers, and the newest of its people."""
    store, parts = services().store, _parts()
    before = _BEFORE.fullmatch(request.args.get("before", ""))
    key = (float(before[1]), before[2]) if before else None
    found = consenting.people(store, _own(parts), PAGE, key)
    last = found.people[-1] if found.more else None
    return render_template(
        "staff/partner.html",
        name=_name(parts),
        parts=parts,
        titles={part.campaign.slug: part.title for part in parts},
        people=found.people,
        older=f"{last.at!r}-{last.id}" if last else "",
        first=key is None,
    )


@blueprint.get("/partner/people.csv")
@open_to(*PARTNER)
def partner_people() -> ResponseReturnValue:
    """Hand out all of the organisation's people as a table; the audit keeps how many."""
    store, own = services().store, _own(_parts())
    found = consenting.number(store, own)
    with store.write() as tx:
        looks.record(tx, "partner.export", own.organisation, count=found)
    rows = tables.csv_bytes(HEAD, _rows(consenting.every(store, own)), bom=True)
    response = Response(rows, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="people.csv"'
    return response


def _rows(people: Iterator[Person]) -> Iterator[tuple[object, ...]]:
    for one in people:
        moment = datetime.fromtimestamp(one.at, UTC)
        yield (one.name, one.email, one.postal_code, one.campaign, one.language, moment)


def _parts() -> list[Part]:
    """The campaigns that the account may see: those whose file names its organisation."""
    store, found = services().store, []
    for campaign in services().library.current().campaigns.values():
        mine = {one.id for one in campaign.organisations} & {g.account.organisation}
        if mine and (not g.account.campaigns or campaign.slug in g.account.campaigns):
            counted = census.people(store, campaign.slug)
            shares = coalition.shares_of(counted)
            part = Part(
                campaign=campaign, title=campaign.version(i18n.language()).title,
                link=link(campaign, g.account.organisation),
                share=shares.get(g.account.organisation, Share()), at=counted.at,
            )  # fmt: skip
            found.append(part)
    return sorted(found, key=lambda part: part.title.casefold())


def _own(parts: list[Part]) -> Own:
    slugs = [part.campaign.slug for part in parts]
    return Own(organisation=g.account.organisation, campaigns=slugs)


def _name(parts: list[Part]) -> str:
    """What the organisation is called: as the first file says, else its id."""
    names = (
        say(one.name, i18n.language()) for part in parts for one in part.campaign.organisations
        if one.id == g.account.organisation
    )  # fmt: skip
    return next(names, g.account.organisation)
