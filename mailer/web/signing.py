"""Signatures that tie a preview to the letters it showed, for a day."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence

from itsdangerous import BadData, TimestampSigner

LIFE = 24 * 3600  # seconds for which a preview may be sent
AHEAD = 300  # seconds by which the clock of the machine that signed may be before ours


class Signer:
    """Signs with the first key and accepts them all, so that keys can be changed in use."""

    def __init__(self, keys: Sequence[str], clock: Callable[[], float]) -> None:
        self._key = keys[0].encode()
        self._signer = _Clocked(clock, list(reversed(keys)), salt="mailer.preview")

    def submission_id(self, draft: str, slug: str, letters_hash: str) -> str:
        """The id of what one form says: 130 bits that nobody can guess or choose.

        `draft` is random and made with the form. A preview that the browser asks for again (Back,
        reload) has the same id, so that sending it again leads to the same receipt; any change
        of the letters, or of who writes them, makes another.
        """
        value = f"mailer.submission\n{_value(slug, draft, letters_hash)}".encode()
        digest = hmac.new(self._key, value, hashlib.sha256).digest()
        return base64.b32encode(digest)[:26].decode("ascii").lower()

    def sign(self, slug: str, submission_id: str, letters_hash: str) -> str:
        """The signature of one preview: it holds its moment, not what was signed."""
        value = _value(slug, submission_id, letters_hash)
        return self._signer.sign(value).decode("ascii").removeprefix(value + ".")

    def age(self, slug: str, submission_id: str, letters_hash: str, signature: str) -> float | None:
        """Seconds since this program signed exactly this, by a clock near ours; 0 at least.

        None when it did not, or more than a day ago.
        """
        value = _value(slug, submission_id, letters_hash)
        try:
            _, signed = self._signer.unsign(f"{value}.{signature}", return_timestamp=True)
        except BadData:
            return None
        age = self._signer.get_timestamp() - signed.timestamp()
        return max(0.0, age) if -AHEAD <= age <= LIFE else None


class _Clocked(TimestampSigner):
    """itsdangerous' signer (HMAC-SHA1 by default; here SHA-256), told the time."""

    def __init__(self, clock: Callable[[], float], keys: list[str], salt: str) -> None:
        super().__init__(keys, salt=salt, digest_method=hashlib.sha256)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())


def _value(slug: str, submission_id: str, letters_hash: str) -> str:
    return "\n".join((slug, submission_id, letters_hash))
