"""Signatures with ECDSA on the curve P-256 (FIPS 186-5, 6), as SendGrid makes them."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING

from mailer.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey


def is_signed(key: str, signature: str, signed: bytes) -> bool:
    """Whether a signature, in base64, was made with a public key; raises SettingsError when `key`
    is none."""
    loaded = _loaded(key)
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        loaded.verify(base64.b64decode(signature, validate=True), signed, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=16)
def _loaded(key: str) -> EllipticCurvePublicKey:
    """The key that SendGrid shows as base64 without the lines of PEM."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
        from cryptography.hazmat.primitives.serialization import load_der_public_key
    except ModuleNotFoundError:
        raise SettingsError(
            "MAILER_HOOK_SENDGRID needs more than is installed: pip install 'mailer[webhooks]'"
        ) from None
    try:
        found = load_der_public_key(base64.b64decode(key, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, EllipticCurvePublicKey) or not isinstance(found.curve, SECP256R1):
        raise SettingsError(
            "MAILER_HOOK_SENDGRID: this is no verification key; copy it from SendGrid's page"
            " Settings, Mail Settings, Event Webhooks"
        )
    return found
