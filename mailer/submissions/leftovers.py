"""What no letter and no submission leads to, and goes all the same when its time has come."""

from __future__ import annotations

from sqlalchemy import delete, exists, or_, select, update

from mailer.db import Store, Tx, marks
from mailer.db.schema import confirmation, news, submission
from mailer.privacy import blanked
from mailer.submissions.retention import DAY, Rules

COUNTED = 2 * DAY
"""Seconds for which links count how often a mailbox was asked to confirm, though it was erased:
else erasing and writing again would be a way to flood it."""

AT_ONCE = 500
"""Rows changed in one transaction: others must not wait for it."""

_LINKS = "links "


def drop_links(tx: Tx, mailbox: str, now: float) -> None:
    """Take the links that were mailed to a mailbox, where nothing else of it is kept.

    Those of the last two days go by a `sweep`.
    """
    theirs = confirmation.c.mailbox == mailbox
    kept = exists().where(submission.c.mailbox == mailbox, submission.c.erased_at.is_(None))
    tx.execute(delete(confirmation).where(theirs, confirmation.c.at <= now - COUNTED, ~kept))
    if tx.execute(select(confirmation.c.token).where(theirs, ~kept).limit(1)).first():
        marks.put(tx, _LINKS + mailbox, repr(now))
    else:
        marks.drop(tx, _LINKS + mailbox)


def sweep(store: Store, rules: Rules) -> int:
    """Take what has been kept long enough; how many rows that were. Again, the rest."""
    return _take_links(store) + _take_strays(store, rules)


def _take_links(store: Store) -> int:
    with store.read() as tx:
        before = store.now(tx) - COUNTED
        noted = marks.beginning(tx, _LINKS)
    ripe = sorted(mailbox for mailbox, at in noted.items() if float(at) <= before)[:AT_ONCE]
    if ripe:
        with store.write() as tx:
            for mailbox in ripe:
                drop_links(tx, mailbox, store.now(tx))
    return len(ripe)


def _take_strays(store: Store, rules: Rules) -> int:
    """What came back and names no letter of ours is kept as long as the text of one."""
    if rules.text_days is None:
        return 0
    words = (*blanked("news"), "note")
    said = or_(*(news.c[name] != "" for name in words))
    with store.read() as tx:
        before = store.now(tx) - rules.text_days * DAY
        old = (news.c.letter.is_(None), news.c.received_at <= before, said)
        ids = tx.execute(select(news.c.id).where(*old).limit(AT_ONCE)).scalars().all()
    if not ids:
        return 0
    with store.write() as tx:
        these = update(news).where(news.c.id.in_(ids), news.c.letter.is_(None))
        return int(tx.execute(these.values(**dict.fromkeys(words, ""))).rowcount)
