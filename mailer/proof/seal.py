"""A record with its signature, as a text: Ed25519 (RFC 8032) over the record's canonical form.

A keyed hash would prove nothing to others: whoever can check one can make one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mailer.proof import keys as proof_keys

ALGORITHM = "Ed25519"


def signed(record: Mapping[str, Any], keys: Sequence[str]) -> str:
    """A record as a JSON text that proves itself, signed under the first of the secret keys."""
    own = proof_keys.private(keys[0])
    seal = {
        "algorithm": ALGORITHM, "public_key": proof_keys.public_of(keys[0]),
        "value": proof_keys.base64_of(own.sign(canonical(record))),
    }  # fmt: skip
    whole = {"record": record, "signature": seal}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def canonical(record: object) -> bytes:
    """The one form of a value that is signed: RFC 8785 for the texts and whole numbers it holds.

    Raises ValueError for what has none.
    """
    made = json.dumps(
        record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return made.encode()
