"""The keys that sign records: made from the secret keys, so that there is nothing more to keep.

A public key outlives its secret one. While both are in the settings, the newer key signs for the
older one, and that is kept: so what was signed long ago can still be shown to be ours, and nobody
who can write to the database can slip a key of their own in among them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailer.db import Tx, marks
from mailer.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PURPOSE = b"mailer: proof that letters were wanted"
_STATEMENT = "mailer: an earlier key of ours, for proof that letters were wanted: "
_MARK = "proof key "


@dataclass(frozen=True, kw_only=True)
class PublicKey:
    """A public key of ours."""

    value: str  # its 32 bytes in base64
    signs: bool  # what is signed today is signed with it; else it is an earlier one


def available() -> bool:
    """True when what signs is installed."""
    return importlib.util.find_spec("cryptography") is not None


def known(keys: Sequence[str]) -> tuple[PublicKey, ...]:
    """The public keys that belong to the secret keys, the one that signs first."""
    return tuple(
        PublicKey(value=public_of(key), signs=number == 0) for number, key in enumerate(keys)
    )


def published(tx: Tx, keys: Sequence[str]) -> tuple[PublicKey, ...]:
    """Those, and the earlier ones for which one of them has signed, itself or through others."""
    found = {one.value: one for one in known(keys)}
    kept = {old: json.loads(text) for old, text in marks.beginning(tx, _MARK).items()}
    while new := {old for old, said in kept.items() if old not in found and said["by"] in found}:
        for old in sorted(new):
            said = kept.pop(old)
            if is_signed(said["by"], said["value"], _said_of(old)):
                found[old] = PublicKey(value=old, signs=False)
    return tuple(found.values())


def endorse(tx: Tx, keys: Sequence[str]) -> int:
    """Let the first of the secret keys sign for the others, once each; returns how many are new."""
    by, new = public_of(keys[0]), 0
    for key in keys[1:]:
        old = public_of(key)
        if marks.get(tx, _MARK + old) or old == by:
            continue
        value = base64_of(private(keys[0]).sign(_said_of(old)))
        marks.put(tx, _MARK + old, json.dumps({"by": by, "value": value}))
        new += 1
    return new


def private(key: str) -> Ed25519PrivateKey:
    """The signing key of a secret key; it serves this purpose only."""
    if not available():
        raise SettingsError(
            "signing needs the package cryptography; install it with: pip install 'mailer[proof]'"
        )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_of(key: str) -> str:
    """The public key of a secret key, in base64."""
    return base64_of(private(key).public_key().public_bytes_raw())


def is_signed(public: str, signature: str, said: bytes) -> bool:
    """Whether a signature was made over something; both it and the key are in base64."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(_exactly(public))
        key.verify(_exactly(signature), said)
    except (InvalidSignature, ValueError):
        return False
    return True


def base64_of(data: bytes) -> str:
    """Bytes as base64 writes them."""
    return base64.b64encode(data).decode("ascii")


def _exactly(text: str) -> bytes:
    """The bytes of a base64 text; raises ValueError for another spelling of the same bytes."""
    data = base64.b64decode(text, validate=True)
    if base64_of(data) != text:
        raise ValueError("not as base64 writes it")
    return data


def _said_of(public: str) -> bytes:
    return (_STATEMENT + public).encode()
