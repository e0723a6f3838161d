"""Who wants no more mail, as the journal knows it, repeated after a restore."""

from __future__ import annotations

from collections.abc import Iterable

from mailer.db import Tx
from mailer.submissions import disowning, unsubscribing
from mailer.submissions.journal import What, Wish


def replay(tx: Tx, wishes: Iterable[Wish], *, now: float) -> int:
    """Repeat what a journal says; returns how many mailboxes get no mail now that did before it.

    The last wish of a mailbox counts; but whoever said "not me" said it for good.
    """
    last: dict[str, Wish] = {}
    for wish in sorted(wishes, key=lambda one: one.at):  # several machines may have noted them
        if wish.mailbox not in last or last[wish.mailbox].what is not What.NOT_ME:
            last[wish.mailbox] = wish
    return sum(_repeat(tx, wish, now) for wish in last.values())


def _repeat(tx: Tx, wish: Wish, now: float) -> bool:
    if wish.what is What.SUBSCRIBED:
        unsubscribing.begin(tx, wish.mailbox)
        return False
    if wish.what is What.NOT_ME:
        return disowning.end(tx, wish.mailbox, until=wish.at, now=now)
    return unsubscribing.end(tx, wish.mailbox, now=now)
