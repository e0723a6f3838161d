"""The codes in mails that ask to confirm: how they are made, read and kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets

ALPHABET = "34679CDFGHJKMNPQRTWXY"
"""No two of them are taken for each other, and none for a 0, 1, 2, 5 or 8; no words come about."""

LENGTH = 6  # 86 million codes


def make() -> str:
    """A new code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """A code as people read it: in two halves."""
    return f"{code[: LENGTH // 2]} {code[LENGTH // 2 :]}"


def read(typed: str) -> str:
    """The code that somebody typed, in any case and with any dashes and spaces; "" for none."""
    code = _letters(typed)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def strange(typed: str) -> str:
    """The letters and digits of a typed code that none of ours has, each once; "" for none."""
    return "".join(dict.fromkeys(one for one in _letters(typed) if one not in ALPHABET))


def _letters(typed: str) -> str:
    return "".join(one for one in typed[:100].upper() if one.isalnum())


def keyed(code: str, token: str, pepper: bytes) -> str:
    """A code as it is kept: hashed with a key, and with the token of its link."""
    value = f"code to confirm\n{token}\n{code}".encode()
    return hmac.new(pepper, value, hashlib.sha256).hexdigest()
