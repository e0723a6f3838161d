"""AWS Signature Version 4: proves a request to Amazon without sending the secret.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote, urlsplit

from mailer.transports.api.base import Request

ALGORITHM = "AWS4-HMAC-SHA256"
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Who signs, and what for."""

    key: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)  # of credentials that last for a time only
    region: str
    service: str

    def sign(self, request: Request, now: float) -> Request:
        """`request` with its time and signature; all of its headers are signed, and its body.

        Its path and query are %-encoded already, and have neither `..` nor `//`.
        """
        stamp = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
        headers = dict(request.headers) | {"X-Amz-Date": stamp}
        if self.token:
            headers["X-Amz-Security-Token"] = self.token
        parts = urlsplit(request.url)
        host = parts.netloc.rpartition("@")[2].lower().removesuffix(f":{PORTS[parts.scheme]}")
        signed = sorted((name.lower(), value) for name, value in {**headers, "Host": host}.items())
        names = ";".join(name for name, _ in signed)
        canonical = "\n".join([
            request.method, quote(parts.path or "/", safe="/~"),
            "&".join(sorted(parts.query.split("&"), key=lambda pair: pair.partition("=")[::2])),
            *(f"{name}:{' '.join(value.split())}" for name, value in signed), "",
            names, sha256(request.body).hexdigest(),
        ])  # fmt: skip
        scope = f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"
        told = "\n".join([ALGORITHM, stamp, scope, sha256(canonical.encode()).hexdigest()])
        proof = _hmac(self._key(stamp[:8]), told).hex()
        headers["Authorization"] = (
            f"{ALGORITHM} Credential={self.key}/{scope}, SignedHeaders={names}, Signature={proof}"
        )
        return replace(request, headers=headers)

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for step in (day, self.region, self.service, "aws4_request"):
            key = _hmac(key, step)
        return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), sha256)
