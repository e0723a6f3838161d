"""The second factor: codes of an authenticator app (RFC 6238), and ten to recover with.

A code counts once: the newest step that was taken is kept, and older ones are refused. The
app's secret is kept as it is, because codes cannot be checked by a hash.
"""

from __future__ import annotations

import re
import secrets
from hmac import compare_digest

import pyotp
from sqlalchemy import delete, func, insert, select, update

from mailer import audit
from mailer.accounts import tokens
from mailer.accounts.people import Account, account_of, by_id
from mailer.accounts.tokens import SECOND, hash_of
from mailer.db import Store, Tx
from mailer.db.schema import account, recovery_code

STEP = 30  # seconds that a code is shown
CODES = 10
ISSUER = "Mailer"

_DIGITS = re.compile(r"[0-9]{6}")
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing looks like another
_PARTS, _LENGTH = 7, 4  # 138 random bits: more than could be guessed, so a plain hash will do


def offer(store: Store, account_id: str) -> str:
    """The secret to set an app up with: the same until it is proven, so that tabs agree."""
    with store.write() as tx:
        row = by_id(tx, account_id)
        shown = row.totp_new if row is not None else ""
        if not shown:
            shown = pyotp.random_base32()
            tx.execute(update(account).where(account.c.id == account_id).values(totp_new=shown))
    return str(shown)


def address(secret: str, email: str) -> str:
    """What an app reads from the picture (otpauth:, Google's key URI format)."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=ISSUER)


def prove(store: Store, account_id: str, code: str) -> tuple[str, ...]:
    """Turn the second factor on with a code of the app that was set up; the recovery codes.

    Empty when the code is wrong.
    """
    with store.write() as tx:
        row, now = by_id(tx, account_id), store.now(tx)
        step = _step(row.totp_new, code, now) if row is not None and row.totp_new else None
        if row is None or step is None:
            return ()
        values = {"totp": row.totp_new, "totp_new": "", "totp_used": step}
        tx.execute(update(account).where(account.c.id == account_id).values(values))
        made = _make_codes(tx, account_id)
        audit.record(tx, now=now, actor=account_id, act="factor.set-up", subject=account_id)
    return made


def half(store: Store, account_id: str) -> str:
    """A secret for whoever has given the password and has the code still to give; ten minutes."""
    with store.write() as tx:
        return tokens.make(tx, account_id, SECOND, store.now(tx))


def whose_half(store: Store, secret: str) -> str | None:
    """The id of the account that a half sign-in is for; None when it is over."""
    with store.read() as tx:
        row = tokens.holder(tx, secret, SECOND, store.now(tx))
        return None if row is None else str(row.id)


def complete(store: Store, secret: str, code: str) -> Account | None:
    """The account, when the code of its app or one of its recovery codes is right: once each."""
    with store.write() as tx:
        now = store.now(tx)
        row = tokens.holder(tx, secret, SECOND, now)
        if row is None or not row.totp:
            return None
        if not _takes(tx, row.id, row.totp, code, now):
            audit.record(
                tx, now=now, actor=audit.STRANGER, act="sign-in.code-failed", subject=row.id
            )  # fmt: skip
            return None
        if not tokens.use(tx, secret):
            return None
    return account_of(row)


def renew_codes(store: Store, account_id: str) -> tuple[str, ...]:
    """Ten new recovery codes; the old ones end. Empty for an account without a second factor."""
    with store.write() as tx:
        row = by_id(tx, account_id)
        if row is None or not row.totp:
            return ()
        made = _make_codes(tx, account_id)
        audit.record(
            tx, now=store.now(tx), actor=account_id, act="factor.codes", subject=account_id
        )  # fmt: skip
    return made


def codes_left(store: Store, account_id: str) -> int:
    """How many recovery codes have not been used."""
    left = select(func.count()).where(
        recovery_code.c.account == account_id, recovery_code.c.used_at.is_(None)
    )
    with store.read() as tx:
        return int(tx.execute(left).scalar_one())


def forget(tx: Tx, account_id: str) -> None:
    """Take the second factor away."""
    values = {"totp": "", "totp_new": ""}
    tx.execute(update(account).where(account.c.id == account_id).values(values))
    forget_codes(tx, account_id)


def forget_codes(tx: Tx, account_id: str) -> None:
    """End all recovery codes."""
    tx.execute(delete(recovery_code).where(recovery_code.c.account == account_id))


def _takes(tx: Tx, account_id: str, secret: str, code: str, now: float) -> bool:
    """True when the code is right, and then it is used up, whoever else tries it meanwhile."""
    step = _step(secret, code, now)
    if step is not None:
        fresh = (account.c.id == account_id) & (account.c.totp_used < step)
        return bool(tx.execute(update(account).where(fresh).values(totp_used=step)).rowcount)
    column = recovery_code.c
    mine = (column.account == account_id) & (column.hash == hash_of(_plain(code)))
    unused = update(recovery_code).where(mine, column.used_at.is_(None)).values(used_at=now)
    if not tx.execute(unused).rowcount:
        return False
    audit.record(tx, now=now, actor=account_id, act="factor.code-used", subject=account_id)
    return True


def _step(secret: str, code: str, now: float) -> int | None:
    """The step that a code belongs to: this one, or the last, shown while somebody was typing."""
    typed = re.sub(r"\s", "", code[:40])
    if not _DIGITS.fullmatch(typed):
        return None
    app, today = pyotp.TOTP(secret, interval=STEP), int(now) // STEP
    steps = [step for step in (today - 1, today)
             if compare_digest(app.generate_otp(step), typed)]  # fmt: skip
    return max(steps, default=None)


def _make_codes(tx: Tx, account_id: str) -> tuple[str, ...]:
    forget_codes(tx, account_id)
    made = tuple(_code() for _ in range(CODES))
    rows = [{"hash": hash_of(_plain(code)), "account": account_id} for code in made]
    tx.execute(insert(recovery_code), rows)
    return made


def _code() -> str:
    letters = [secrets.choice(_ALPHABET) for _ in range(_PARTS * _LENGTH)]
    parts = ["".join(letters[at : at + _LENGTH]) for at in range(0, len(letters), _LENGTH)]
    return "-".join(parts)


def _plain(code: str) -> str:
    """A recovery code however it was typed: its letters and digits alone, in lower case."""
    return "".join(letter for letter in code[:100].lower() if letter in _ALPHABET)
