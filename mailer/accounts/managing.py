"""What administrators do with accounts: roles, shutting, ending sessions, starting resets.

They never choose a password for somebody, nor see one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from mailer import audit
from mailer.accounts import second
from mailer.accounts.people import Account, account_of, by_email, by_id, check_role, mail_reset
from mailer.accounts.people import normalised as normalised_address
from mailer.db import Store, Tx
from mailer.db.schema import account, account_token, staff_session
from mailer.errors import MailerError
from mailer.outbox import Sender


def find(store: Store, account_id: str) -> Account | None:
    """The account with this id, or None."""
    with store.read() as tx:
        row = by_id(tx, account_id)
        return None if row is None else account_of(row)


def disable(store: Store, who: str, *, actor: str = audit.COMMAND) -> bool:
    """Shut an account (an address or an id) and end its sessions at once; false if there is none.

    Its password and second factor are forgotten. Raises MailerError for the last administrator.
    """
    with store.write() as tx:
        row, now = _row(tx, who), store.now(tx)
        if row is None:
            return False
        if row.disabled_at is None:
            _keep_an_admin(tx, row, actor)
        values = {"disabled_at": now, "password": "", "totp": "", "totp_new": ""}
        tx.execute(update(account).where(account.c.id == row.id).values(values))
        second.forget_codes(tx, row.id)
        for table in (staff_session, account_token):
            tx.execute(delete(table).where(table.c.account == row.id))
        audit.record(tx, now=now, actor=actor, act="account.disable", subject=row.id)
    return True


def set_role(
    store: Store, who: str, role: str, *, organisation: str = "", campaigns: Sequence[str] = (),
    actor: str = audit.COMMAND,
) -> bool:  # fmt: skip
    """Give an account another role, at once; false if there is none. Raises MailerError."""
    check_role(role, organisation, campaigns)
    with store.write() as tx:
        row = _row(tx, who)
        if row is None:
            return False
        if role != "admin":
            _keep_an_admin(tx, row, actor)
        part = {"role": role, "organisation": organisation, "campaigns": " ".join(campaigns)}
        tx.execute(update(account).where(account.c.id == row.id).values(part))
        audit.record(
            tx, now=store.now(tx), actor=actor, act="account.role", subject=row.id, role=role,
            before=row.role,
        )  # fmt: skip
    return True


def end_sessions(store: Store, who: str, *, actor: str = audit.COMMAND) -> int | None:
    """Sign somebody out everywhere; how many sessions that were, None for no account."""
    with store.write() as tx:
        row = _row(tx, who)
        if row is None:
            return None
        theirs = delete(staff_session).where(staff_session.c.account == row.id)
        ended = int(tx.execute(theirs).rowcount)
        audit.record(
            tx, now=store.now(tx), actor=actor, act="account.sessions-ended", subject=row.id,
            count=ended,
        )  # fmt: skip
    return ended


def remove_factor(store: Store, who: str, *, actor: str = audit.COMMAND) -> bool:
    """Take away the second factor of somebody who lost it; false if there was none."""
    with store.write() as tx:
        row = _row(tx, who)
        if row is None or not row.totp:
            return False
        second.forget(tx, row.id)
        audit.record(
            tx, now=store.now(tx), actor=actor, act="factor.removed", subject=row.id
        )  # fmt: skip
    return True


def start_reset(
    store: Store, who: str, *, sender: Sender, language: str, actor: str = audit.COMMAND
) -> bool:
    """Mail somebody a link to choose a new password; false for none, or when one went out lately.

    The old password goes on working until its owner has chosen another.
    """
    with store.write() as tx:
        row, now = _row(tx, who), store.now(tx)
        if row is None or row.disabled_at is not None or not row.password:
            return False
        if not mail_reset(tx, row, sender, language, now):
            return False
        audit.record(tx, now=now, actor=actor, act="account.reset", subject=row.id)
    return True


def _row(tx: Tx, who: str) -> Row[Any] | None:
    return by_email(tx, normalised_address(who)) if "@" in who else by_id(tx, who)


def _keep_an_admin(tx: Tx, row: Row[Any], actor: str) -> None:
    """Raise MailerError if nobody would be left who may invite and shut accounts.

    The command line may: somebody may have to be shut out at once, and it can invite another.
    """
    if row.role != "admin" or not row.password or actor == audit.COMMAND:
        return
    others = select(func.count()).where(
        account.c.role == "admin", account.c.id != row.id, account.c.disabled_at.is_(None),
        account.c.password != "",
    )  # fmt: skip
    if not tx.execute(others).scalar_one():
        raise MailerError("this is the last administrator: make somebody else one first")
