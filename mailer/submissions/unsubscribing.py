"""No more mail to a supporter: the link that says so, what it does, and how it is taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from itsdangerous import BadSignature, Signer
from sqlalchemy import delete, select

from mailer.db import Store, Tx
from mailer.db.schema import suppressed
from mailer.outbox import suppression
from mailer.submissions import journal
from mailer.submissions.journal import What, Wish

UNSUBSCRIBED = "unsubscribed"
"""Why a mailbox gets no more mail, when its owner pressed the button behind such a link."""

PLACE = "/unsubscribe/"
"""What the path of such a link begins with."""

_SALT = "mailer.unsubscribe"


def link(url: str, keys: Sequence[str], mailbox: str) -> str:
    """The address at which the owner of a mailbox (a keyed hash) ends our mails, for good.

    `url` is that of the pages; the first of `keys` signs. The same mailbox has the same link.
    """
    return f"{url}{PLACE}{_signer(keys).sign(mailbox).decode('ascii')}"


def mailbox_of(keys: Sequence[str], token: str) -> str | None:
    """The mailbox that a link is about; None for a token that none of the keys signed."""
    try:
        return _signer(keys).unsign(token).decode("ascii")
    except BadSignature:
        return None


def unsubscribe(store: Store, mailbox: str, *, file: Path | None = None) -> None:
    """Mail nothing more to a mailbox, and note it in the journal `file`; again changes nothing."""
    with store.write() as tx:
        now = store.now(tx)
        if end(tx, mailbox, now=now):
            journal.note_wish(file, Wish(at=now, mailbox=mailbox, what=What.UNSUBSCRIBED))


def subscribe(store: Store, mailbox: str, *, file: Path | None = None) -> None:
    """Take an `unsubscribe` back; what else ended our mails to it stays."""
    with store.write() as tx:
        if begin(tx, mailbox):
            wish = Wish(at=store.now(tx), mailbox=mailbox, what=What.SUBSCRIBED)
            journal.note_wish(file, wish)


def end(tx: Tx, mailbox: str, *, now: float) -> bool:
    """Mail nothing more to a mailbox; false when nothing was mailed to it before."""
    if suppression.is_suppressed(tx, mailbox):
        return False
    suppression.suppress(tx, mailbox, reason=UNSUBSCRIBED, now=now)
    return True


def begin(tx: Tx, mailbox: str) -> bool:
    """Take an `end` back; false when there was none."""
    theirs = (suppressed.c.mailbox == mailbox, suppressed.c.reason == UNSUBSCRIBED)
    return tx.execute(delete(suppressed).where(*theirs)).rowcount > 0


def why_ended(store: Store, mailbox: str) -> str:
    """Why a mailbox gets no more mail of ours; "" when it does get some."""
    with store.read() as tx:
        why = select(suppressed.c.reason).where(suppressed.c.mailbox == mailbox)
        return tx.execute(why).scalar() or ""


def _signer(keys: Sequence[str]) -> Signer:
    """Signs with the first key and accepts them all, so that keys can be changed in use."""
    return Signer(list(reversed(keys)), salt=_SALT, digest_method=hashlib.sha256)
