"""Is a record as it was signed, by whom, and of which letter and address is it?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailer.errors import MailerError
from mailer.message import read, sameness
from mailer.proof import keys, seal
from mailer.proof.record import ADDRESS, FIELDS, FORMAT, LETTER, address_hash

MOST = 1_000_000
"""Bytes of a record: it has a few hundred for each letter."""

_COSTLIEST = {"n": 2**15, "r": 8, "p": 2}
"""No record of ours asks for more work than this."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A record of which no byte was changed since it was signed."""

    record: Mapping[str, Any]
    public_key: str  # whose: nothing is proven before this is known to be one of ours


def check(data: bytes) -> Checked:
    """Read a signed record; raises MailerError when it is none, or was changed since."""
    whole = _parsed(data)
    record, signature = whole.get("record"), whole.get("signature")
    if set(whole) != {"record", "signature"} or not isinstance(record, dict):
        raise _none()
    if not isinstance(signature, dict) or set(signature) != {"algorithm", "public_key", "value"}:
        raise _none()
    if not all(isinstance(value, str) for value in signature.values()):
        raise _none()
    if signature["algorithm"] != seal.ALGORITHM or not _is_shaped(record):
        raise _none()
    try:
        said = seal.canonical(record)
    except ValueError:
        raise _none() from None
    if not keys.is_signed(signature["public_key"], signature["value"], said):
        raise MailerError("the record was changed after it was signed: it proves nothing")
    return Checked(record=record, public_key=signature["public_key"])


def same_letter(record: Mapping[str, Any], message: bytes) -> Mapping[str, Any] | None:
    """The letter of the record that a message holds word for word, as a mailbox keeps it; None
    where it is none of them."""
    shown = read.parts(message)
    found = sameness.of(shown.header("Subject"), shown.text)
    return next((one for one in record["letters"] if one["approved_sha256"] == found), None)


def same_address(record: Mapping[str, Any], address: str) -> bool | None:
    """Whether the record is of somebody who wrote with this address; None once that is erased."""
    kept = record["address"]
    if kept is None:
        return None
    cost = {name: int(kept[name]) for name in _COSTLIEST}
    if any(cost[name] > most for name, most in _COSTLIEST.items()):
        raise MailerError("the record asks for more work than any of ours")
    return bool(address_hash(address, bytes.fromhex(kept["salt"]), cost) == kept["hash"])


def _is_shaped(record: dict[str, Any]) -> bool:
    """Whether the fields are those of a record: anybody can sign anything with a key of their own.

    What they say is for whoever knows the key to believe.
    """
    parts = [record.get("wording"), record.get("confirmation"), record.get("address") or {}]
    letters = record.get("letters")
    return (
        record.get("format") == FORMAT
        and set(record) == FIELDS
        and all(isinstance(part, dict) for part in parts)
        and {"version", "shown"} == set(record["wording"])
        and {"by", "at"} == set(record["confirmation"])
        and set(record["address"] or ADDRESS) == ADDRESS
        and isinstance(letters, list)
        and all(isinstance(one, dict) and set(one) == LETTER for one in letters)
    )


def _parsed(data: bytes) -> dict[str, Any]:
    if len(data) > MOST:
        raise _none()
    try:
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _none() from None
    if not isinstance(found, dict):
        raise _none()
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of two fields with one name a person may read the other one."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a field stands there twice")
    return made


def _none() -> MailerError:
    return MailerError("this is no signed record of ours, or its form was changed")
