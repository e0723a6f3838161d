"""One reminder to those who wrote and did not confirm: a day later, once, and never again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, exists, select

from mailer import i18n, mails, outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_text, submission, suppressed
from mailer.outbox import Sender, is_state
from mailer.status import Kind, State
from mailer.submissions import links, unsubscribing
from mailer.submissions.accept import one_at_a_time

AFTER = 24 * 3600.0
"""Seconds after which somebody who has not confirmed is reminded: of the letters and the link."""

UNTIL = 7 * 86400.0
"""Seconds after which nobody is: whoever did not want to then does not want to be asked."""

APART = 24 * 3600.0
"""Seconds between two reminders to one mailbox, in different campaigns."""

TIME = 24 * 3600.0
"""Seconds for which a link has to be open still, to be worth a reminder."""

BATCH = 100
"""People reminded in one transaction: others must not wait for it."""


def remind(store: Store, sender: Sender, keys: Sequence[str]) -> int:
    """Queue the reminders that are due; return how many. `keys` sign the links to unsubscribe.

    One goes to a mailbox for each campaign, whatever comes of it: never to one that wants no mail,
    nor when its link has not left or is nearly over, or nothing waits behind it any more.
    """
    with store.read() as tx:
        if not _due(tx, store.now(tx)):
            return 0
    with store.write() as tx:
        one_at_a_time(tx, "reminders")  # two workers must not remind one person each
        now = store.now(tx)
        reminded: set[str] = set()
        for row in _due(tx, now):
            if row.mailbox not in reminded:
                reminded.add(row.mailbox)
                _remind(tx, row, sender, keys, now)
    return len(reminded)


def _due(tx: Tx, now: float) -> Sequence[Row[Any]]:
    """Submissions to remind of, the oldest first; of one mailbox there may be several."""
    columns = (submission, letter_text.c.from_name)
    waiting = (
        select(*columns)
        .join(letter, letter.c.submission == submission.c.id)
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .where(is_state(State.AWAITING), letter.c.kind == Kind.LETTER)
        .where(letter.c.created_at > now - UNTIL, letter.c.created_at <= now - AFTER)
        .where(submission.c.confirmed_at.is_(None), submission.c.erased_at.is_(None))
        .where(links.reached(now - AFTER, now + TIME))
        .where(~exists().where(suppressed.c.mailbox == submission.c.mailbox))
        .where(~_reminded(now))
    )
    return tx.execute(waiting.order_by(letter.c.created_at, letter.c.id).limit(BATCH)).all()


def _reminded(now: float) -> Any:
    """Whether this mailbox was reminded in this campaign, or lately in another."""
    before, about = letter.alias("before"), submission.alias("about")
    return exists().where(
        about.c.mailbox == submission.c.mailbox, before.c.submission == about.c.id,
        before.c.kind == Kind.REMINDER,
        (before.c.campaign == submission.c.campaign) | (before.c.created_at > now - APART),
    )  # fmt: skip


def _remind(tx: Tx, row: Row[Any], sender: Sender, keys: Sequence[str], now: float) -> None:
    language = row.language if row.language in i18n.LANGUAGES else i18n.SOURCE
    title = row.from_name.removeprefix(f"{row.name} via ")
    token = links.open_ones(tx, row.mailbox, now + TIME)[0].token
    subject, words = mails.reminder(
        language,
        title,
        f"{sender.url}/confirm/{token}?lang={language}",
        unsubscribing.link(sender.url, keys, row.mailbox),
    )
    outbox.post(
        tx, Kind.REMINDER, to=row.email, subject=subject, text=words, sender=sender,
        from_name=title, language=language, now=now, submission=row.id, campaign=row.campaign,
    )  # fmt: skip
