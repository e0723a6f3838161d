"""The staff's first page: what needs attention, then how many wrote, when, and to whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer.campaigns.library import Content
from mailer.db.searching import UNNAMED
from mailer.officials.values import say
from mailer.sendlog import Filter, counted
from mailer.sendlog.counted import Written
from mailer.sendlog.named import named
from mailer.status import State
from mailer.web import i18n, localbox
from mailer.web.i18n import gettext
from mailer.web.services import services
from mailer.web.staff import attention, charts
from mailer.web.staff import wanted as asked
from mailer.web.staff.charts import Chart, Item
from mailer.web.staff.roles import ALL, DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

DAYS = 30
HOURS = 48
OF_THE_LOG = frozenset({*asked.NAMES, "search", "before", "after"}) - {"campaign"}
"""Arguments that this address had when the log stood here: they lead there still."""


@blueprint.get("/")
@open_to(*ALL)
def first() -> ResponseReturnValue:
    """Show what needs attention, then the numbers; the same address serves each refresh."""
    if OF_THE_LOG & request.args.keys():
        known: dict[str, Any] = {name: request.args[name] for name in (*OF_THE_LOG, "campaign")
                 if name in request.args}  # fmt: skip
        return redirect(url_for("staff.log", **known), 303)
    work, content = services(), services().library.current()
    campaign = asked.plain(request.args, "campaign")
    zone = ZoneInfo(work.settings.timezone)
    at = datetime.fromtimestamp(work.store.now(), zone)
    found = counted.written(
        work.store, campaign, since=f"{at - timedelta(days=DAYS - 1):%Y-%m-%dT00}",
        own=named(content), zone=zone,
    )  # fmt: skip
    return render_template(
        "staff/first.html",
        at=at.timestamp(),
        campaign=campaign,
        campaigns={slug: _title(content, slug) for slug in content.campaigns},
        attention=attention.now(work, content),
        states=counted.states(work.store, Filter(campaign=campaign)),
        order=tuple(State),
        found=found,
        time_charts=_over_time(found, at, campaign),
        charts=_by_value(found, content, campaign),
        many=counted.MANY,
        kept_here=not work.delivers,
        outbox_open=localbox.is_open(),
        may_decide=g.account.role in DECIDING,
    )


def _over_time(found: Written, at: datetime, campaign: str) -> list[Chart]:
    tongue, by_day = i18n.language(), found.days
    days = [(at - timedelta(days=back)).date() for back in range(DAYS - 1, -1, -1)]
    whole = at.replace(minute=0, second=0, microsecond=0).timestamp()
    hours = [
        datetime.fromtimestamp(whole - 3600 * back, at.tzinfo) for back in range(HOURS - 1, -1, -1)
    ]
    return [
        charts.columns("days", [
            Item(label=format_date(day, "medium", locale=tongue),
                 value=by_day.get(day.isoformat(), 0), link=_link(campaign, day=day.isoformat()))
            for day in days
        ]),
        charts.columns("hours", [
            Item(label=f"{format_date(hour, 'medium', locale=tongue)},"
                       f" {format_time(hour, 'short', locale=tongue)}",
                 value=found.hours.get(f"{hour:%Y-%m-%dT%H}", 0))
            for hour in hours
        ]),
    ]  # fmt: skip


def _by_value(found: Written, content: Content, campaign: str) -> list[Chart]:
    """The charts of what letters have in common, those with something in them."""
    tongue = i18n.language()
    near = [one for slug, one in content.campaigns.items() if campaign in ("", slug)]
    names = {
        "official": {key: one.name for key, one in content.officials.people.items()},
        "via": {one.id: say(one.name, tongue) for each in near for one in each.organisations},
        "role": {one.id: say(one.label, tongue) for each in near for one in each.roles},
        "district": {UNNAMED: gettext("Typed by the supporter")},
    }
    none = {
        "official": gettext("No official"), "via": gettext("Through no organisation"),
        "role": gettext("Gave no role"), "district": gettext("Not known"),
        "subject": gettext("With words of the supporter"),
    }  # fmt: skip
    made = []
    for facet, by_value in found.facets.items():
        links = {} if facet == "subject" else {
            value: _link(campaign, **{facet: value}) for value in by_value
            if value and value != UNNAMED
        }  # fmt: skip
        some = charts.items(by_value, names.get(facet, {}), none=none[facet], links=links)
        if some:
            made.append(charts.bars(facet, some))
    return made


def _link(campaign: str, **filters: Any) -> str:
    return url_for("staff.log", campaign=campaign or None, **filters)


def _title(content: Content, slug: str) -> str:
    return content.campaigns[slug].version(i18n.language()).title
