"""The keys of MAILER_DKIM_KEY, read once at the start, and the records that publish them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from mailer.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LEAST_BITS, MOST_BITS = 2048, 4096
"""RFC 8301, 3.2: signers should use 2048 bits and more; verifiers need not take more than 4096."""

SEED = 32  # bytes of an Ed25519 private key (RFC 8032, 5.1.5)

_KEY = re.compile(r"-----BEGIN [^-]*-----.*?(?:-----END [^-]*-----|\Z)|[^\s,]+", re.DOTALL)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, kw_only=True)
class Key:
    """A private key and the selector under which its public half is published."""

    selector: str
    kind: str  # rsa | ed25519, as RFC 6376 and RFC 8463 write k=
    public: str  # in base64, as p= wants it
    sign: Callable[[bytes], bytes] = field(repr=False)  # over the data's SHA-256

    @property
    def record(self) -> str:
        """The TXT record that publishes the key (RFC 6376, 3.6.1)."""
        return f"v=DKIM1; k={self.kind}; p={self.public}"


def read(keys: str, selectors: str) -> tuple[Key, ...]:
    """The keys of MAILER_DKIM_KEY, each with its selector of MAILER_DKIM_SELECTOR, in order.

    None where both are empty. Raises SettingsError, which never repeats any of a key.
    """
    texts = _KEY.findall(keys.replace("\\n", "\n"))  # as platforms that want one line write it
    names = selectors.lower().replace(",", " ").split()
    if texts and not names:
        raise SettingsError(
            "MAILER_DKIM_SELECTOR is missing: MAILER_DKIM_KEY is set; name the selector under which"
            " the key is published, such as mail1"
        )
    if names and not texts:
        raise SettingsError(
            "MAILER_DKIM_KEY is missing: MAILER_DKIM_SELECTOR is set; give the private key too"
            " (MAILER_DKIM_KEY_FILE names a file that holds it), or remove the selector"
        )
    if len(texts) != len(names):
        raise SettingsError(
            f"MAILER_DKIM_SELECTOR: {len(names)} selectors for {len(texts)} keys in"
            " MAILER_DKIM_KEY; write one for each key, in the same order, with spaces between them"
        )
    for name in names:
        if not _SELECTOR.fullmatch(name) or names.count(name) > 1:
            raise SettingsError(
                f"MAILER_DKIM_SELECTOR: {name!r} cannot be used: each is another word of letters"
                " and digits, such as mail1"
            )
    return tuple(_read(text, name) for text, name in zip(texts, names, strict=True))


def _read(text: str, selector: str) -> Key:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    except ImportError:
        raise SettingsError(
            "MAILER_DKIM_KEY: signing needs the package cryptography;"
            " install it with: pip install 'mailer[dkim]'"
        ) from None
    private = _load(text, selector)
    if isinstance(private, Ed25519PrivateKey):
        return _ed25519(private, selector)
    if isinstance(private, RSAPrivateKey):
        return _rsa(private, selector)
    raise _wrong(selector, "is neither an RSA nor an Ed25519 key; make one of those")


def _ed25519(private: Ed25519PrivateKey, selector: str) -> Key:
    """RFC 8463, 3: what is signed is the digest, not the message."""
    public = _base64(private.public_key().public_bytes_raw())

    def sign(data: bytes) -> bytes:
        return private.sign(sha256(data).digest())

    return Key(selector=selector, kind="ed25519", public=public, sign=sign)


def _rsa(private: RSAPrivateKey, selector: str) -> Key:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    _check_size(private.key_size, selector)
    form = PublicFormat.SubjectPublicKeyInfo
    public = _base64(private.public_key().public_bytes(Encoding.DER, form))

    def sign(data: bytes) -> bytes:
        return private.sign(data, PKCS1v15(), SHA256())

    return Key(selector=selector, kind="rsa", public=public, sign=sign)


def _load(text: str, selector: str) -> object:
    """The private key that a PEM or a base64 text holds."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    if "BEGIN" in text and "PRIVATE KEY" not in text.partition("\n")[0]:
        raise _wrong(selector, "is not a private key: give the one it was made from")
    try:
        if text.startswith("-----"):
            return serialization.load_pem_private_key(text.encode(), None)
        data = base64.b64decode(text, validate=True)
        if len(data) == SEED:
            return ed25519.Ed25519PrivateKey.from_private_bytes(data)
        return serialization.load_der_private_key(data, None)
    except TypeError:
        raise _wrong(
            selector, "asks for a passphrase: take it off with `openssl pkey -in OLD -out NEW`"
        ) from None
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise _wrong(
            selector, "cannot be read: it is a PEM private key, or an Ed25519 key in base64"
        ) from None


def _check_size(bits: int, selector: str) -> None:
    if not LEAST_BITS <= bits <= MOST_BITS:
        why = "too short: receivers no longer trust it" if bits < LEAST_BITS else "too long"
        raise _wrong(selector, f"has {bits} bits, which is {why}; make one of 2048 (RFC 8301)")


def _wrong(selector: str, text: str) -> SettingsError:
    return SettingsError(f"MAILER_DKIM_KEY: the key for selector {selector} {text}")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
