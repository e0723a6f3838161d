"""How often somebody may try to sign in: guessing becomes hopeless, and no owner is locked out.

A browser that has signed in to the account before has an allowance of its own (OWASP, "Slow Down
Online Guessing Attacks with Device Cookies"): what strangers try with an address does not shut
out its owner there; elsewhere a link by mail lets them in. What is typed counts, whether there is
an account or not.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailer.db import Tx
from mailer.errors import OverLimit
from mailer.limits.buckets import Limit, give_back, take, wait
from mailer.limits.doors import Caller
from mailer.limits.networks import keyed

QUARTER = 900.0  # seconds

PASSWORDS = Limit(count=10, seconds=QUARTER, burst=10)
CODES = Limit(count=5, seconds=QUARTER, burst=5)
PLACE = Limit(count=60, seconds=QUARTER, burst=60)
RESETS = Limit(count=20, seconds=QUARTER, burst=20)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Somebody who wants to sign in as an account."""

    caller: Caller
    account: str  # its id, or the address that was typed
    browser: str = ""  # what a browser has kept that signed in to this account before


def try_password(tx: Tx, trial: Trial, pepper: bytes, now: float) -> None:
    """Take one try; raises OverLimit, and then nothing is looked at."""
    _take(tx, "password", trial, PASSWORDS, pepper, now)


def try_code(tx: Tx, trial: Trial, pepper: bytes, now: float) -> None:
    """Take one try of a second factor; raises OverLimit."""
    _take(tx, "second", trial, CODES, pepper, now)


def ask_reset(tx: Tx, caller: Caller, pepper: bytes, now: float) -> None:
    """Take one of the links by mail that a place may ask for; raises OverLimit."""
    if caller.network and not caller.trusted:
        key = f"reset {keyed('reset', caller.network, pepper)}"
        if take(tx, {key: RESETS}, now):
            raise OverLimit(wait(tx, key, RESETS, now))


def succeeded(tx: Tx, trial: Trial, pepper: bytes) -> None:
    """Whoever is in has not guessed: the allowances of their account, or browser, are whole."""
    for kind in ("password", "second"):
        give_back(tx, _key(kind, trial, pepper))


def _take(tx: Tx, kind: str, trial: Trial, limit: Limit, pepper: bytes, now: float) -> None:
    wanted = {_key(kind, trial, pepper): limit}
    if trial.caller.network and not trial.caller.trusted and not trial.browser:
        wanted[f"sign-in {keyed('sign-in', trial.caller.network, pepper)}"] = PLACE
    for key in sorted(take(tx, wanted, now)):
        raise OverLimit(wait(tx, key, wanted[key], now))


def _key(kind: str, trial: Trial, pepper: bytes) -> str:
    name, text = ("browser", trial.browser) if trial.browser else ("account", trial.account)
    return f"{kind} {keyed(f'{kind} {name}', text, pepper)}"
