"""DKIM (RFC 6376): our own signature on what leaves by SMTP. Providers with an API sign their own.

The signature is put on top of the finished message as it leaves; the message below it, which the
ledger keeps the SHA-256 of, is not touched.
"""

from mailer.transports.dkim.keys import Key, read
from mailer.transports.dkim.signing import Signer

__all__ = ["Key", "Signer", "read"]
