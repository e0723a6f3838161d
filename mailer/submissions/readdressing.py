"""Letters held because an office changed hands, addressed to whoever followed.

The address and the stored salutation line are all that changes, and only where the letter does not
name the one who left: what its supporter approved stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.exc import IntegrityError

from mailer import addresses, approvals, outbox
from mailer.approvals import Edition
from mailer.campaigns.letters import Addressed, addressed
from mailer.campaigns.library import Content
from mailer.campaigns.recipients import reachable
from mailer.campaigns.values import Campaign, Recipient, Supporter
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_text, submission
from mailer.outbox import Event, Terms, queues
from mailer.outbox.queues import Place
from mailer.status import State
from mailer.submissions.succession import ARE_HELD, CHANGED, Succession

NOTE = "addressed to the successor"
"""What is noted of a letter that was."""

BATCH = 200
"""Letters that one transaction changes: others wait meanwhile."""


def waiting(
    store: Store, content: Content, *, campaign: str = "", approval_needed: bool,
    most: int | None = None,
) -> tuple[Succession, ...]:  # fmt: skip
    """Every office that changed hands while letters waited for it, with what may become of them.

    `approval_needed` as in approvals.edition: a successor is one who was approved. No more than
    `most` letters are looked at.
    """
    by = (letter.c.campaign, letter.c.post, letter.c.official)
    groups = select(*by, func.count().label("held")).where(*ARE_HELD).group_by(*by).order_by(*by)
    if campaign:
        groups = groups.where(letter.c.campaign == campaign)
    with store.read() as tx:
        rows = tx.execute(groups).all()
    found = list[Succession]()
    for row in rows:
        one = _succession(store, content, row, approval_needed=approval_needed, most=most)
        most = None if most is None else most - one.looked
        found.append(one)
    return tuple(found)


def readdress(
    store: Store, content: Content, found: Succession, *, actor: str, approval_needed: bool,
    most: int = BATCH,
) -> int:  # fmt: skip
    """Address to the successor all letters that may be, and queue them; return how many.

    One transaction changes at most `most`.
    """
    office = _Office.of(store, content, found, approval_needed=approval_needed)
    done = 0
    for batch in _batches(store, found, most) if office else ():
        with store.write() as tx:
            now = store.now(tx)
            for row in batch:
                if office and not office.against(tx, row):
                    done += _readdress(tx, office, row, actor=actor, now=now)
    return done


def _succession(
    store: Store, content: Content, row: Row[Any], *, approval_needed: bool, most: int | None
) -> Succession:  # fmt: skip
    found = Succession(
        campaign=row.campaign, post=row.post, official=row.official, successor=None, held=row.held
    )
    office = _Office.of(store, content, found, approval_needed=approval_needed)
    if office is None:
        return found
    counts: Counter[str] = Counter()
    before = after = ""
    some = BATCH if most is None else min(BATCH, most)
    for batch in _batches(store, found, some) if some else ():
        with store.read() as tx:
            for one in batch:
                against = office.against(tx, one) or "ready"
                counts[against] += 1
                if against == "ready" and not before:
                    before, after = one.salutation, office.letter(one).salutation
        if most is not None and counts.total() >= most:
            break
    return replace(
        found, successor=office.to, looked=counts.total(), before=before, after=after,
        ready=counts["ready"],
        naming=counts["naming"], doubtful=counts["doubtful"], doubled=counts["doubled"],
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Office:
    """An office that changed hands: how letters to it are addressed now."""

    campaign: Campaign
    to: Recipient
    names: tuple[str, ...]  # of the one who left, folded: none may stand in a letter

    @classmethod
    def of(
        cls, store: Store, content: Content, found: Succession, *, approval_needed: bool
    ) -> _Office | None:
        """The office today; None while nobody follows who may be written to."""
        edition = approvals.edition(
            store, content, found.campaign, approval_needed=approval_needed
        )  # fmt: skip
        if edition is None:
            return None
        day = edition.campaign.today(store.now())
        holders = {one.id for one in edition.officials.holders(found.post, day)}
        to = next(
            (
                one
                for one in reachable(edition.campaign, edition.officials, day)
                if one.official in holders and one.official != found.official
            ),
            None,
        )
        if to is None:
            return None
        names = _names(edition, content, found.official, to)
        return cls(campaign=edition.campaign, to=to, names=names)

    def against(self, tx: Tx, row: Row[Any]) -> str:
        """Why a letter may not be addressed to the successor: doubtful, naming, doubled; or ""."""
        if row.possibly_twice or row.dated_at is not None or row.transport:
            return "doubtful"
        text = addresses.folded(f"{row.subject}\n{row.body}")
        names = (*self.names, _last(row.to_name))
        if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names if name):
            return "naming"
        written = select(letter.c.id).where(
            letter.c.campaign == row.campaign, letter.c.person == row.person,
            letter.c.official == self.to.official,
        )  # fmt: skip
        return "doubled" if tx.execute(written).first() else ""

    def letter(self, row: Row[Any]) -> Addressed:
        """How a letter is addressed and begins from now on; raises MergeError."""
        by = Supporter(
            name=row.name, email=row.email, language=row.language, personal=row.personal,
            role=row.role, affiliation=row.affiliation, postal_code=row.postal_code,
            district=row.district, address=row.address,
        )  # fmt: skip
        made = addressed(self.campaign, self.to, by, row.language)
        return made if row.salutation else replace(made, salutation="")


def _names(
    edition: Edition, content: Content, official: str, to: Recipient
) -> tuple[str, ...]:  # fmt: skip
    """What may not stand in a letter: the name of who left, and a district that is not the next's.

    Both as approved and as the files have it now.
    """
    people = [edition.officials.people.get(official), content.officials.people.get(official)]
    names = [_last(one.name) for one in people if one]
    stay = {addresses.folded(name) for name in to.district.values()}
    districts = [addresses.folded(name) for one in people if one for name in one.district.values()]
    names += [name for name in districts if name not in stay]
    return tuple(dict.fromkeys(filter(None, names)))


def _last(name: str) -> str:
    words = addresses.folded(name).split()
    return words[-1] if words else ""


def _readdress(tx: Tx, office: _Office, row: Row[Any], *, actor: str, now: float) -> bool:
    """Address one letter to the successor; False when it is no longer held, or was doubled."""
    made, to = office.letter(row), office.to
    ceiling = office.campaign.ceiling
    terms = Terms(pace=to.pace, hours=to.hours, timezone=to.timezone, ceiling=ceiling)
    place = Place(campaign=row.campaign, official=to.official, address=to.email, terms=terms)
    queues.ensure(tx, [place], now)
    values = {"official": to.official, "queue": place.id, "reason": "", "due_at": now}
    event = Event(now=now, actor=actor, note=NOTE)
    try:
        with tx.begin_nested():
            moved = outbox.move(
                tx, [row.id], State.QUEUED, event, come_from={State.REVIEW},
                where=[letter.c.reason == CHANGED], values=values,
            )  # fmt: skip
    except IntegrityError:  # their writer wrote to the successor at this very moment
        return False
    if moved:
        text = update(letter_text).where(letter_text.c.letter == row.id)
        changed = {
            "to_name": made.to_name, "to_address": made.to_address, "salutation": made.salutation
        }  # fmt: skip
        tx.execute(text.values(**changed))
    return bool(moved)


def _batches(store: Store, found: Succession, most: int = BATCH) -> Iterator[Sequence[Row[Any]]]:
    """All letters that are held for the office, some at a time."""
    after = ""
    while batch := _batch(store, found, after, most):
        yield batch
        after = batch[-1].id


def _batch(store: Store, found: Succession, after: str, most: int) -> Sequence[Row[Any]]:
    with store.read() as tx:
        return tx.execute(_held(found, after).limit(most)).all()


def _held(found: Succession, after: str) -> Select[Any]:
    who: Collection[Any] = (
        submission.c.name, submission.c.email, submission.c.personal, submission.c.role,
        submission.c.affiliation, submission.c.postal_code, submission.c.district,
        submission.c.address,
    )  # fmt: skip
    return (
        select(
            letter.c.id, letter.c.campaign, letter.c.person, letter.c.possibly_twice,
            letter.c.dated_at, letter.c.transport, letter_text.c.subject, letter_text.c.body,
            letter_text.c.salutation, letter_text.c.to_name, letter_text.c.language, *who,
        )
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .join(submission, submission.c.id == letter.c.submission)
        .where(*ARE_HELD, letter.c.id > after)
        .where(letter.c.campaign == found.campaign, letter.c.post == found.post)
        .where(letter.c.official == found.official)
        .order_by(letter.c.id)
    )  # fmt: skip
