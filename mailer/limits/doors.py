"""What somebody wants to do, and what the limits say of it. One function for each door.

All take a transaction of the caller's, who commits; all raise OverLimit where somebody is
refused, and whatever had been taken then goes back with the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailer import addresses
from mailer.db import Tx
from mailer.errors import OverLimit
from mailer.limits import alarms
from mailer.limits.buckets import Limit, take, wait
from mailer.limits.networks import keyed
from mailer.limits.rules import Rules, share


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Where a request comes from."""

    network: str  # see networks.network; "" where nothing is known of it
    trusted: bool = False  # the settings name it: nothing that many share slows it


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Whoever wants to send letters."""

    caller: Caller
    email: str
    campaign: str
    odd: bool = False  # it looks like a program's


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What follows for letters that are taken in, as all are that nobody refuses."""

    ask: bool = False  # they leave once confirmed by mail
    crowd: bool = False  # so many came from one place that staff look first


def write(tx: Tx, rules: Rules, who: Writer, pepper: bytes, now: float) -> Verdict:
    """Letters from one person: who has written too often from one place is refused.

    What many share never refuses: it asks for a mail to be confirmed, and beyond reason for a
    look by staff.
    """
    place, mailbox = who.caller.network, addresses.limit_key(who.email)
    pair = keyed("pair", f"{place}\n{mailbox}", pepper)
    number, whole = share(rules.everything, pair)
    refusing = {f"pair {pair}": rules.pair, f"everything {number}": whole}
    owner = keyed("mailbox", mailbox, pepper)
    soft = {f"mailbox {owner}": rules.mailbox}
    if not who.caller.trusted:
        soft |= _shared(rules, who, owner, mailbox, pepper)
    over = take(tx, {**refusing, **soft}, now)
    for key in sorted(over & refusing.keys()):
        raise OverLimit(wait(tx, key, refusing[key], now))
    kinds = {key.partition(" ")[0] for key in over}
    if who.caller.trusted:
        return Verdict(ask=bool(kinds))
    if kinds & {"campaign", "odd"}:
        cause = alarms.MANY if "campaign" in kinds else alarms.ODD
        alarms.ring(tx, who.campaign, cause, now)
    crowd = "network" in kinds and not _one(tx, "crowd", rules.crowd, place, pepper, now)[1]
    ask = bool(kinds & {"mailbox", "network", "domain"}) or alarms.is_on(tx, who.campaign, now)
    return Verdict(ask=ask, crowd=crowd)


def mail(tx: Tx, rules: Rules, caller: Caller, email: str, pepper: bytes, now: float) -> bool:
    """A mail to confirm to an address: so many a day, over all its spellings.

    Who uses them up with made-up spellings does not keep the owner's own from getting one.
    """
    exact, plain = addresses.mailbox(email), addresses.limit_key(email)
    owner = keyed("mails", plain, pepper)
    if not take(tx, {f"mails {owner}": rules.mails}, now):
        return True
    if "+" in exact.rpartition("@")[0]:
        return False
    here = keyed("spare here", f"{caller.network}\n{plain}", pepper)
    spare = (  # in this order: one place that has had its share uses up nothing of the others'
        (f"spare here {here}", rules.spare_here),
        (f"spares {owner}", rules.spares),
        (f"spare {keyed('spare', exact, pepper)}", rules.spare),
    )
    return all(not take(tx, {key: limit}, now) for key, limit in spare)


def look_for_receipts(tx: Tx, rules: Rules, caller: Caller, pepper: bytes, now: float) -> None:
    """An address typed to find receipts: its owner gets three mails a day at most in any case."""
    _refuse(tx, "finding", rules.finding, _place(caller), pepper, now)


def enter_code(tx: Tx, rules: Rules, receipt: str, pepper: bytes, now: float) -> None:
    """A code typed on a receipt, by whoever has its address."""
    _refuse(tx, "codes", rules.codes, receipt, pepper, now)


def ask_again(tx: Tx, rules: Rules, caller: Caller, pepper: bytes, now: float) -> None:
    """A mail to confirm, asked for once more: a receipt's own limits come beside this one."""
    _refuse(tx, "again", rules.again, _place(caller), pepper, now)


def look_up_district(tx: Tx, rules: Rules, caller: Caller, pepper: bytes, now: float) -> bool:
    """A postal code looked up elsewhere; False: their district is chosen from the list."""
    return _one(tx, "districts", rules.districts, _place(caller), pepper, now)[1]


def _place(caller: Caller) -> str:
    """Where a caller is as far as it is counted; "" where the settings name it."""
    return "" if caller.trusted else caller.network


def _shared(
    rules: Rules, who: Writer, owner: str, mailbox: str, pepper: bytes
) -> Mapping[str, Limit]:
    """The allowances of what many share: they slow and ask, and never refuse."""
    number, part = share(rules.campaign, owner)
    found = {f"campaign {who.campaign} {number}": part}
    if who.odd:
        found[f"odd {who.campaign}"] = rules.odd
    domain = mailbox.rpartition("@")[2]
    if not addresses.is_common(domain):
        found[f"domain {keyed('domain', domain, pepper)}"] = rules.domain
    if who.caller.network:
        found[f"network {keyed('network', who.caller.network, pepper)}"] = rules.network
    return found


def _one(
    tx: Tx, kind: str, limit: Limit, who: str, pepper: bytes, now: float
) -> tuple[str, bool]:  # fmt: skip
    """Take one of a single allowance: its key, and whether there was one. Nobody: there is."""
    key = f"{kind} {keyed(kind, who, pepper)}"
    return key, not (who and take(tx, {key: limit}, now))


def _refuse(tx: Tx, kind: str, limit: Limit, who: str, pepper: bytes, now: float) -> None:
    key, given = _one(tx, kind, limit, who, pepper, now)
    if not given:
        raise OverLimit(wait(tx, key, limit, now))
