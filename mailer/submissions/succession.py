"""Offices that change hands: letters that wait for whoever left are held until staff decide.

What the officials' file says today counts, approved or not: nobody may get more letters for an
office they have left. What a letter says stays as its supporter approved it; `readdressing` has the
one thing that may be changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal_column,
    select,
    true,
    update,
)

from mailer import outbox
from mailer.approvals import Edition
from mailer.campaigns.library import OFFICIALS, Content
from mailer.campaigns.values import MergedLetter, Recipient
from mailer.db import Store
from mailer.db.schema import letter, queue
from mailer.officials.values import Official, Officials
from mailer.outbox import Event, is_state
from mailer.outbox.reaping import BATCH
from mailer.problems import Severity
from mailer.status import State

CHANGED = "the office changed hands"
"""The reason of letters to somebody who does not hold the office any more."""

UNWANTED = "not to be written to any more"
"""The reason of letters to somebody who left the officials' file, or is marked do_not_mail."""

THEIRS = "the office is theirs after all"
"""What is noted of letters that are queued again."""

ACTOR = "mailer"

# As the index of states has it, so that it is what is read.
ARE_HELD: tuple[ColumnElement[bool], ...] = (
    literal_column("letter.state NOT IN ('claimed', 'dot')"), is_state(State.REVIEW),
    literal_column("letter.kind = 'letter'"), letter.c.reason == CHANGED,
    letter.c.post.is_not(None),
)  # fmt: skip
"""True of letters for an office that changed hands."""


@dataclass(frozen=True, kw_only=True)
class Gone:
    """Somebody whose letters must wait, as far as they were written to these posts."""

    official: str
    reason: str
    still: tuple[str, ...] | None  # posts they hold all the same; None: they get no letter at all

    def concerns(self, post: str) -> bool:
        """True for a letter to them in this post; "" is none."""
        return self.still is None or bool(post and post not in self.still)


@dataclass(frozen=True, kw_only=True)
class Succession:
    """The letters that are held for one office of one campaign."""

    campaign: str
    post: str
    official: str  # who has left
    successor: Recipient | None  # who may be written to instead; None: nobody yet
    held: int
    looked: int = 0  # of them, for what follows
    ready: int = 0  # of them may be addressed to the successor
    naming: int = 0  # name the one who left, or their district
    doubtful: int = 0  # may have arrived before
    doubled: int = 0  # their writers have written to the successor since
    before: str = ""  # how the first of those that are ready begins
    after: str = ""  # and how it would


def held(store: Store) -> dict[str, int]:
    """How many letters wait because an office changed hands, by campaign."""
    number = func.count().label("number")
    found = select(letter.c.campaign, number).where(*ARE_HELD).group_by(letter.c.campaign)
    with store.read() as tx:
        return {row.campaign: int(row.number) for row in tx.execute(found)}


def gone(officials: Officials, official: str, day: date) -> Gone:
    """What of an official's letters must wait on a day."""
    person = officials.people.get(official)
    if person is None or person.do_not_mail:
        return Gone(official=official, reason=UNWANTED, still=None)
    held = tuple(holding.post for holding in person.holds if holding.on(day))
    return Gone(official=official, reason=CHANGED, still=held)


def _has_left(person: Official | None, day: date) -> bool:
    """True when the file says of somebody that some office is not theirs on the day."""
    return person is None or person.do_not_mail or not all(one.on(day) for one in person.holds)


def changed(
    content: Content, edition: Edition, letters: Sequence[MergedLetter], now: float
) -> frozenset[str]:  # fmt: skip
    """The officials among these letters' whose office has changed hands since the approval."""
    if edition.approval is None or not is_sound(content):
        return frozenset()
    day = edition.campaign.today(now)
    return frozenset(
        one.official
        for one in letters
        if gone(content.officials, one.official, day).concerns(one.post)
    )


def is_sound(content: Content) -> bool:
    """True when the officials' file can be relied on: a broken one takes nobody's office away."""
    broken = any(
        one.file == OFFICIALS and one.severity is Severity.ERROR for one in content.problems
    )
    return bool(content.officials.people) and not broken


def watch(store: Store, content: Content, *, thorough: bool = True) -> tuple[int, int]:
    """Hold the letters that wait for whoever left; queue them again where that was taken back.

    Returns how many of each. While the officials' file has errors nothing changes. Letters that
    staff let leave all the same do so. Not `thorough`, it looks only at letters of those of whom
    the file itself says that they have left: enough while the file stays as it is.
    """
    if not is_sound(content):
        return 0, 0
    now, held = store.now(), 0
    for slug, official, queues in _queues(store):
        day = _day(content, slug, now)
        if thorough or _has_left(content.officials.people.get(official), day):
            held += _hold(store, slug, gone(content.officials, official, day), queues)
    return held, _take_back(store, content, now)


def _queues(store: Store) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every campaign and official that some letter has waited for, with their queues."""
    named = select(queue.c.campaign, queue.c.official, queue.c.id)
    with store.read() as tx:
        rows = tx.execute(named.where(queue.c.campaign.is_not(None))).all()
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.campaign, row.official), []).append(row.id)
    yield from ((slug, official, tuple(ids)) for (slug, official), ids in found.items())


def _day(content: Content, slug: str, now: float) -> date:
    """The day it is where a campaign is at home."""
    known = content.campaigns.get(slug)
    return known.today(now) if known else datetime.fromtimestamp(now, UTC).date()


def _hold(store: Store, slug: str, found: Gone, queues: Collection[str]) -> int:
    # Those of a trial claim nobody: they go to staff, whoever holds the office.
    waiting = (
        select(letter.c.id)
        .where(letter.c.queue.in_(queues), is_state(State.QUEUED), letter.c.person.is_not(None))
        .where(_concerned(found), letter.c.held_for != found.official)
        .limit(BATCH)
    )
    values = {"reason": found.reason, "held_for": found.official}
    count, ids, unconfirmed = 0, _ids(store, waiting), _unconfirmed(slug, found)
    while ids:
        with store.write() as tx:
            event = Event(now=store.now(tx), actor=ACTOR, note=found.reason)
            come_from = {State.QUEUED}
            count += len(
                outbox.move(tx, ids, State.REVIEW, event, come_from=come_from, values=values)
            )
        ids = _ids(store, waiting)
    if _ids(store, unconfirmed.limit(1)):
        with store.write() as tx:  # which holds them when they are confirmed
            tx.execute(update(letter).where(letter.c.id.in_(unconfirmed)).values(**values))
    return count


def _ids(store: Store, statement: Select[tuple[str]]) -> list[str]:
    with store.read() as tx:
        return [row.id for row in tx.execute(statement)]


def _unconfirmed(slug: str, found: Gone) -> Select[tuple[str]]:
    return select(letter.c.id).where(
        is_state(State.AWAITING), letter.c.campaign == slug, letter.c.official == found.official,
        letter.c.reason == "", _concerned(found),
    )  # fmt: skip


def _concerned(found: Gone) -> ColumnElement[bool]:
    if found.still is None:
        return true()
    return and_(letter.c.post.is_not(None), letter.c.post.not_in(found.still))


def _take_back(store: Store, content: Content, now: float) -> int:
    """Queue what was held for an office that is theirs after all."""
    ours = (letter.c.held_for == letter.c.official, letter.c.reason.in_((CHANGED, UNWANTED)))
    columns = select(letter.c.id, letter.c.campaign, letter.c.official, letter.c.post)
    with store.read() as tx:
        held = tx.execute(columns.where(is_state(State.REVIEW), *ours)).all()
        waits = tx.execute(columns.where(is_state(State.AWAITING), *ours)).all()
    theirs = [
        row.id
        for row in (*held, *waits)
        if not gone(
            content.officials, row.official, _day(content, row.campaign, now)
        ).concerns(row.post or "")
    ]  # fmt: skip
    return sum(
        _return(store, theirs[start : start + BATCH]) for start in range(0, len(theirs), BATCH)
    )  # fmt: skip


def _return(store: Store, ids: Sequence[str]) -> int:
    values = {"reason": "", "held_for": ""}
    with store.write() as tx:
        now = store.now(tx)
        event = Event(now=now, actor=ACTOR, note=THEIRS)
        waits = update(letter).where(letter.c.id.in_(ids), is_state(State.AWAITING))
        tx.execute(waits.values(**values))
        come_from, due = {State.REVIEW}, {**values, "due_at": now}
        return len(outbox.move(tx, ids, State.QUEUED, event, come_from=come_from, values=due))
