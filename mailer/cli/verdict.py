"""What a simulation means for the person who asked: one sentence, hints, and what was assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailer.campaigns.values import Campaign
from mailer.outbox.progression import Because, Course
from mailer.outbox.simulation import HORIZON, Outcome, Plan
from mailer.transports import Transport

EXCHANGE = 1200
"""Letters an hour from one sender to one mailbox, beyond which Exchange Online refuses them."""

DAY = 86400.0
_MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer, in words."""

    ends: float | None  # when the last letter leaves; None: some wait beyond the horizon
    sentence: str
    hints: tuple[str, ...]
    assumed: tuple[str, ...]


def judge(outcome: Outcome, campaign: Campaign, way: Transport) -> Verdict:
    """What to tell of an outcome."""
    moments = [course.last for course in outcome.courses]
    ends = None if None in moments else max(moment for moment in moments if moment is not None)
    return Verdict(
        ends=ends,
        sentence=f"{_end(outcome, campaign, ends)} {_brake(outcome, ends)}",
        hints=tuple(_hints(outcome, campaign, ends)),
        assumed=tuple(_assumed(outcome.plan, campaign, way)),
    )


def span(seconds: float) -> str:
    """A span of time, no finer than anybody wants to know: 4 days 7 hours."""
    if seconds < 60:
        return "under a minute"
    if seconds < DAY:
        hours, minutes = divmod(round(seconds / 60), 60)
        parts = {"hour": hours, "minute": minutes}
    else:
        days, hours = divmod(round(seconds / 3600), 24)
        parts = {"day": days, "hour": hours}
    return " ".join(_many(number, what) for what, number in parts.items() if number)


def listed(names: Sequence[str]) -> str:
    """Names in words: romano, mcnaughton and 122 more."""
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _end(outcome: Outcome, campaign: Campaign, ends: float | None) -> str:
    if ends is None:
        waiting = sum(course.letters - course.gone for course in outcome.courses)
        return f"After {HORIZON / DAY:.0f} days {waiting:,} letters still wait."
    moment = datetime.fromtimestamp(ends, ZoneInfo(campaign.timezone))
    day = f"{moment:%A}, {moment.day} {moment:%B %Y}"
    return f"The last letter leaves on {day} at {moment:%H:%M} ({campaign.timezone})."


def _brake(outcome: Outcome, ends: float | None) -> str:
    """What the last letters wait for most, in words."""
    late = [course for course in outcome.courses if course.last == ends]
    kept: Counter[Because] = Counter()
    for course in late:
        for because, amount in course.kept_by.items():
            kept[because] += round(amount)
    most = kept.most_common(2)
    if not most or max(course.longest_wait for course in late) < 60:
        return "Letters leave as they are written: nothing holds them up."
    told = [_BRAKES[because](outcome.plan, late) for because, amount in most
            if 4 * amount >= most[0][1]]  # fmt: skip
    return f"What holds them up: {', and '.join(told)}."


def _mailbox(_: Plan, late: Sequence[Course]) -> str:
    names = [course.line.official for course in late]
    paces = {str(course.line.pace) for course in late}
    each = " each" if len(names) > 1 else ""
    return f"the pace of the mailbox of {listed(names)} ({', '.join(sorted(paces))}{each})"


def _domain(plan: Plan, late: Sequence[Course]) -> str:
    names = dict.fromkeys(one.line.domain for one in late if one.line.domain in plan.domains)
    told = [f"{name} ({plan.domains[name]}, all its mailboxes together)" for name in names]
    return f"the pace of {listed(told)}"


def _hours(_: Plan, late: Sequence[Course]) -> str:
    texts = dict.fromkeys(str(one.line.hours) for one in late if one.line.hours)
    return f"the hours in which letters may leave ({listed(list(texts))})"


def _ceiling(plan: Plan, _: Sequence[Course]) -> str:
    return f"the campaign's ceiling ({plan.ceiling:,} letters a day to one official)"


def _account(plan: Plan, _: Sequence[Course]) -> str:
    return f"the pace of our own account ({plan.limits.pace})"


def _daily(plan: Plan, _: Sequence[Course]) -> str:
    return f"our own account's limit ({plan.limits.daily:,} mails a day{_warming(plan)})"


def _warming(plan: Plan) -> str:
    if not plan.limits.warmup_days:
        return ""
    first = plan.limits.today(None, plan.arrivals.begins)
    return f" once it is warm, {first:,} on its first day"


_BRAKES: dict[Because, Callable[[Plan, Sequence[Course]], str]] = {
    Because.MAILBOX: _mailbox,
    Because.DOMAIN: _domain,
    Because.HOURS: _hours,
    Because.CEILING: _ceiling,
    Because.ACCOUNT: _account,
    Because.DAILY: _daily,
}


def _hints(outcome: Outcome, campaign: Campaign, ends: float | None) -> Iterator[str]:
    plan, courses = outcome.plan, outcome.courses
    yield from _closing(plan, campaign, ends)
    kept = [one.line.official for one in courses if Because.CEILING in one.kept_by]
    if kept:
        yield (
            f"The ceiling of {plan.ceiling:,} a day keeps back letters to {listed(kept)}"
            " that the pace would let go."
        )
    if any(Because.DAILY in one.kept_by for one in courses):
        yield (
            "The account has sent its most for a day, and letters wait for the next one (of UTC)."
            " Ask the provider for more, or name a larger account in MAILER_TRANSPORT."
        )
    asked = outcome.asked_at
    if asked and asked > plan.arrivals.ends + 600:
        yield (
            f"The last mail that asks for confirmation leaves {span(asked - plan.arrivals.ends)}"
            " after the last supporter wrote: the account is too small for them."
        )
    fast = [one.line.official for one in courses if one.peak > EXCHANGE]
    if fast:
        yield (
            f"{listed(fast)}: more than {EXCHANGE:,} letters in an hour. Exchange Online refuses"
            " the rest of one sender's mail to one mailbox for that hour."
        )
    slowest = max(courses, key=lambda one: one.longest_wait)
    if slowest.longest_wait > DAY:
        advice = ""
        if max(slowest.kept_by, key=lambda because: slowest.kept_by[because]) is Because.MAILBOX:
            advice = " Where an office can take more, give it a faster pace in officials.yaml."
        yield f"A letter waits up to {span(slowest.longest_wait)}.{advice}"


def _closing(plan: Plan, campaign: Campaign, ends: float | None) -> Iterator[str]:
    if campaign.closes is None:
        return
    zone = ZoneInfo(campaign.timezone)
    over = datetime.combine(campaign.closes + timedelta(days=1), time(), zone).timestamp()
    if plan.arrivals.ends > over:
        yield f"The campaign closes on {campaign.closes}, before all supporters have come."
    elif ends is None or ends > over:
        yield f"Letters still leave after {campaign.closes}, when the campaign closes."


def _assumed(plan: Plan, campaign: Campaign, way: Transport) -> Iterator[str]:
    yield "Nothing else waits in the queue, and every server takes each letter at once."
    if campaign.confirm:
        yield "Every supporter confirms as soon as the mail that asks for it has left."
    if campaign.choose == "any" and len(plan.lines) > 1:
        yield "Every supporter writes to all whom they may choose."
    if campaign.choose == "one" and len(plan.lines) > 1:
        yield "Every supporter writes to one official, to each as many as to any other."
    if campaign.to.own:
        yield "Supporters come from every district, from each as many as from any other."
    if plan.limits.warmup_days:
        yield "The account has sent nothing before."
    if not way.delivers:
        yield "A server takes them: MAILER_TRANSPORT as it is now keeps letters on this machine."
