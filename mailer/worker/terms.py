"""What the files and the settings say today, brought into the lanes and queues."""

from __future__ import annotations

from collections.abc import Sequence

from mailer.campaigns.library import Content
from mailer.campaigns.recipients import reachable
from mailer.db import Store, Tx
from mailer.officials.values import DEFAULT_PACE, Official, Officials, Pace, Post
from mailer.outbox import Terms, lanes, queues, renaming
from mailer.transports import Transport


def refresh(store: Store, content: Content, ways: Sequence[Transport]) -> None:
    """Set paces, hours, ceilings and the accounts' limits; rows that say so already stay."""
    with store.write() as tx:
        now = store.now(tx)
        lanes.set_paces(tx, mailbox_paces(content.officials))
        lanes.set_domain_paces(tx, content.officials.domains, now)
        queues.set_terms(tx, terms(content, now), now)
        _limit(tx, ways, now)


def limit(store: Store, ways: Sequence[Transport]) -> None:
    """Set the accounts' limits alone, whatever the files say: without them nothing may leave."""
    with store.write() as tx:
        _limit(tx, ways, store.now(tx))


def _limit(tx: Tx, ways: Sequence[Transport], now: float) -> None:
    renaming.take_over(tx, {way.account: way.label for way in ways}, now)
    for way in ways:
        first = lanes.first_used(tx, way.account)
        daily = way.limits.today(first, now)
        if way.limits or first is not None:
            lanes.limit_account(tx, way.account, way.limits.pace, daily, now)


def mailbox_paces(officials: Officials) -> dict[str, Pace]:
    """The pace of every mailbox in the file; the slowest where several speak of one."""
    paces: dict[str, Pace] = {}
    entries: list[Post | Official] = [*officials.posts.values(), *officials.people.values()]
    for entry in entries:
        if not entry.email:
            continue
        lane, pace = lanes.of_mailbox(entry.email), entry.pace or DEFAULT_PACE
        known = paces.get(lane, pace)
        paces[lane] = min(known, pace, key=lambda one: one.count / one.seconds)
    return paces


def terms(content: Content, now: float) -> dict[tuple[str, str], Terms]:
    """The terms of every campaign's letters to every official it may write to today."""
    found = {}
    for campaign in content.campaigns.values():
        for to in reachable(campaign, content.officials, campaign.today(now)):
            found[campaign.slug, to.official] = Terms(
                pace=to.pace, hours=to.hours, timezone=to.timezone, ceiling=campaign.ceiling
            )
    return found
