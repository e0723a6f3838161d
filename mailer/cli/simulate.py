"""`mailer simulate`: tomorrow's letters on a fake clock, before anybody has written one."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

import click

from mailer import transports
from mailer.campaigns.library import Content
from mailer.campaigns.recipients import recipients
from mailer.campaigns.values import Campaign, Recipient
from mailer.cli import base, timeline
from mailer.cli.log import moment
from mailer.cli.progress import showing
from mailer.cli.verdict import Verdict, judge
from mailer.config import Settings
from mailer.districts.names import folded
from mailer.errors import MailerError
from mailer.officials import hours as office_hours
from mailer.officials.domains import of_address
from mailer.officials.values import Pace, say
from mailer.outbox import lanes
from mailer.outbox.arrivals import Arrivals, Curve, Share
from mailer.outbox.progression import Course, Line
from mailer.outbox.simulation import Outcome, Plan, simulate
from mailer.transports import Transport
from mailer.worker.terms import mailbox_paces

MORNING = clock(9)
MOST_SUPPORTERS = 10_000_000
MOST_HOURS = 24 * 60


def _span(_: click.Context, __: click.Parameter, value: str) -> float:
    """The seconds that a text such as 30m or 2h says."""
    found = re.fullmatch(r"([1-9]\d{0,3})(m|h)", value)
    seconds = int(found[1]) * {"m": 60.0, "h": 3600.0}[found[2]] if found else 0.0
    if not 300.0 <= seconds <= 86400.0:
        raise click.BadParameter(f"{value} is not a span from 5m to 24h, such as 30m or 2h")
    return seconds


@click.command("simulate")
@click.argument("slug", metavar="CAMPAIGN")
@click.option(
    "--supporters", required=True, type=click.IntRange(1, MOST_SUPPORTERS), help="How many write."
)
@click.option(
    "--hours", required=True, type=click.FloatRange(0, MOST_HOURS, min_open=True),
    help="Over how many hours they come.",
)  # fmt: skip
@click.option(
    "--start", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]), metavar="'DAY TIME'",
    help="When the first one comes, in the campaign's time zone; else tomorrow at 09:00.",
)  # fmt: skip
@click.option(
    "--arrival", type=click.Choice([curve.value for curve in Curve]), default=Curve.LAUNCH.value,
    show_default=True, help="Half of them in the first quarter of the time, or evenly.",
)  # fmt: skip
@click.option(
    "--every",
    callback=_span,
    default="1h",
    show_default=True,
    metavar="30m",
    help="The time of a column, where it fits the page, and of a count in --json.",
)
@base.json_option
def simulate_command(
    slug: str, supporters: int, hours: float, start: datetime | None, arrival: str, every: float,
    as_json: bool,
) -> None:  # fmt: skip
    """Play a day against a fake clock: when would the last letter leave, and what holds it up?

    The paces, hours and limits are those of officials.yaml, the campaign and MAILER_TRANSPORT.
    Nothing is sent, and no database is needed.

    \b
    Examples:
      mailer simulate proctoring --supporters 100000 --hours 8
      mailer simulate proctoring --supporters 5000 --hours 24 --arrival even --every 30m
      mailer simulate proctoring --supporters 5000 --hours 8 --start "2026-11-24 09:00" --json
    """
    settings = base.settings()
    content = base.content(settings)
    campaign = base.pick(content, slug)
    way = transports.from_urls(settings.transports, settings.home)[0]
    begins = _begins(campaign, start)
    arrivals = Arrivals(
        supporters=supporters, begins=begins, seconds=hours * 3600, curve=Curve(arrival)
    )
    to = recipients(campaign, content.officials, campaign.today(begins))
    if not to:
        raise MailerError(f"nobody gets the letter of {slug} on that day: look at its `to`")
    with showing() as progress:
        outcome = simulate(
            _plan(campaign, content, to, way, arrivals, every),
            lambda done, of: progress("simulating", done, of),
        )
    verdict = judge(outcome, campaign, way)
    if as_json:
        base.print_json(_json(outcome, verdict, campaign))
    else:
        timeline.show(outcome, verdict, campaign)


def first_day(
    campaign: Campaign, content: Content, settings: Settings, supporters: int, *, begins: float
) -> str:  # fmt: skip
    """How many letters so many supporters write within a day, and when the last one leaves."""
    way = transports.from_urls(settings.transports, settings.home)[0]
    arrivals = Arrivals(
        supporters=supporters, begins=begins, seconds=86400.0, curve=Curve.LAUNCH
    )  # fmt: skip
    to = recipients(campaign, content.officials, campaign.today(begins))
    plan = _plan(campaign, content, to, way, arrivals, 3600.0)
    said = judge(simulate(plan), campaign, way).sentence
    return f"if {supporters:,} people write within a day: {plan.letters:,} letters. {said}"


def _begins(campaign: Campaign, start: datetime | None) -> float:
    zone = ZoneInfo(campaign.timezone)
    if start is not None:
        return start.replace(tzinfo=zone).timestamp()
    tomorrow = campaign.today(time.time()) + timedelta(days=1)
    return datetime.combine(tomorrow, MORNING, zone).timestamp()


def _plan(
    campaign: Campaign, content: Content, to: Sequence[Recipient], way: Transport,
    arrivals: Arrivals, every: float,
) -> Plan:  # fmt: skip
    turns, paces = _turns(campaign, to), mailbox_paces(content.officials)
    lines = tuple(
        _line(one, paces, Share(turn=turn, turns=max(turns) + 1))
        for one, turn in zip(to, turns, strict=True)
    )
    used = {line.domain for line in lines}
    domains = content.officials.domains
    return Plan(
        lines=lines,
        arrivals=arrivals,
        confirm=campaign.confirm,
        ceiling=campaign.ceiling,
        limits=way.limits,
        domains={name: pace for name, pace in domains.items() if name in used},
        every=every,
    )


def _turns(campaign: Campaign, to: Sequence[Recipient]) -> list[int]:
    """At whose turn each official is written to: supporters come from all districts equally."""
    if campaign.choose == "one":
        return list(range(len(to)))
    if not campaign.to.own:
        return [0] * len(to)
    keys = [folded(say(one.district, "")) for one in to]
    order = {key: turn for turn, key in enumerate(dict.fromkeys(keys))}
    return [order[key] for key in keys]


def _line(to: Recipient, paces: Mapping[str, Pace], share: Share) -> Line:
    return Line(
        official=to.official,
        domain=of_address(to.email),
        pace=paces.get(lanes.of_mailbox(to.email), to.pace),
        hours=office_hours.parse(to.hours) if to.hours else None,
        zone=to.timezone,
        share=share,
    )


def _json(outcome: Outcome, verdict: Verdict, campaign: Campaign) -> dict[str, Any]:
    plan = outcome.plan
    return {
        "campaign": campaign.slug,
        "supporters": plan.arrivals.supporters,
        "letters": plan.letters,
        "begins": moment(plan.arrivals.begins),
        "hours": plan.arrivals.seconds / 3600,
        "arrival": plan.arrivals.curve.value,
        "ends": _moment(verdict.ends),
        "every": int(plan.every),
        "verdict": verdict.sentence,
        "hints": list(verdict.hints),
        "assumed": list(verdict.assumed),
        "officials": [_course(course) for course in outcome.courses],
    }


def _course(course: Course) -> dict[str, Any]:
    line = course.line
    return {
        "official": line.official,
        "domain": line.domain,
        "timezone": line.zone,
        "pace": str(line.pace),
        "hours": str(line.hours or ""),
        "letters": course.letters,
        "left": course.gone,
        "first": _moment(course.first),
        "last": _moment(course.last),
        "peak_hour": course.peak,
        "longest_wait": round(course.longest_wait),
        "kept_by": {reason.value: round(kept) for reason, kept in course.kept_by.items()},
        "counts": list(course.counts),
        "waiting": list(course.waiting),
    }


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else moment(seconds)
