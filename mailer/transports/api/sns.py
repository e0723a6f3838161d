"""Amazon SNS, which brings what SES tells: whether a call is its own, and for our topic.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from mailer import outbound
from mailer.config.values import TOPIC
from mailer.errors import OutboundError, SettingsError
from mailer.transports.api import calls
from mailer.transports.api.base import Call, Forged

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"
_QUESTION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED: dict[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: _QUESTION,
    "UnsubscribeConfirmation": _QUESTION,
}
"""What a signature covers, by type and in this order; a Subject only where there is one."""

OLDEST = 3900.0
"""Seconds. SNS tries for an hour to reach us, and signs a message once, before its first try: five
minutes would lose what it told while the pages were down. A replay within the hour counts once."""

AHEAD = 300.0  # seconds that its clock may be ahead of ours

HOSTS = frozenset({".amazonaws.com", ".amazonaws.com.cn"})
LARGEST, LONGEST = 20_000, 5.0  # bytes and seconds of a certificate on its way
MOST_FETCHES, FETCHES_IN = 10, 60.0  # certificates in so many seconds: strangers may ask for them
MOST_KEPT = 16

_PATH = re.compile(r"/[A-Za-z0-9_-]{1,100}\.pem")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)

Fetch = Callable[[str], bytes]


def fetch(url: str, net: outbound.Net = outbound.INTERNET) -> bytes:
    """A certificate as SNS shows it; raises Forged where it has none, and OutboundError."""
    found = outbound.get(url, hosts=HOSTS, most=LARGEST, seconds=LONGEST, net=net)
    if found.status in {403, 404}:
        raise Forged("SNS has no such certificate")
    if found.status != 200:
        raise OutboundError(f"{urlsplit(url).hostname} shows no certificate ({found.status})")
    return found.body


def host(topic: str) -> str:
    """Where SNS of a topic's region can be asked; "" when it is no topic's name."""
    found = TOPIC.fullmatch(topic)
    if found is None:
        return ""
    return f"sns.{found[2]}.amazonaws.com{'.cn' if found[1] == 'aws-cn' else ''}"


def message(call: Call) -> dict[str, Any]:
    """What SNS sent, unproven; raises ValueError."""
    found = calls.fields(calls.values(call.body))
    if not isinstance(found.get("Type"), str) or found["Type"] not in SIGNED:
        raise ValueError("not a message of SNS")
    return found


def moment(text: Any) -> float | None:
    """Seconds since 1970 of a time as Amazon writes it; None when it is none."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
    except ValueError:  # the 31st of February
        return None


def subscribe_url(found: dict[str, Any]) -> str:
    """Where a proven question of our topic is answered with yes; "" when nothing is asked."""
    url, topic = found.get("SubscribeURL"), found.get("TopicArn")
    if found["Type"] != CONFIRMATION or not isinstance(url, str) or not isinstance(topic, str):
        return ""
    start = f"https://{host(topic)}/?"
    if not host(topic) or not url.startswith(start):
        return ""
    asked = parse_qs(url.removeprefix(start))
    right = asked.get("Action") == ["ConfirmSubscription"] and asked.get("TopicArn") == [topic]
    return url if right else ""


@dataclass(kw_only=True)
class Proof:
    """Judges calls; keeps certificates it has seen, for SNS signs with one for months."""

    fetch: Fetch = fetch
    _kept: dict[str, Certificate] = field(default_factory=dict)
    _fetched: list[float] = field(default_factory=list)

    def verify(self, call: Call, topics: Sequence[str], now: float) -> dict[str, Any]:
        """What SNS sent; raises Forged unless it is fresh, of one of `topics`, and signed.

        Raises OutboundError when the certificate cannot be had now: SNS shall come again.
        """
        try:
            found = message(call)
        except ValueError:
            raise Forged("it is not a message of SNS") from None
        topic = found.get("TopicArn")
        if not isinstance(topic, str) or topic not in topics:  # no secret
            raise Forged("it is of another topic")
        at = moment(found.get("Timestamp"))
        if at is None or not -AHEAD <= now - at <= OLDEST:
            raise Forged("it is too old, or a clock is wrong")
        certificate = self._certificate(_signing_url(found, topic), now)
        if not _is_signed(found, certificate, now):
            raise Forged("its signature is not that of SNS")
        return found

    def _certificate(self, url: str, now: float) -> Certificate:
        if url not in self._kept:
            self._fetched = [at for at in self._fetched if abs(now - at) < FETCHES_IN]
            if len(self._fetched) >= MOST_FETCHES:
                raise OutboundError("too many certificates were asked for in a minute")
            self._fetched.append(now)
            loaded = _load(self.fetch(url))
            while len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[url] = loaded
        return self._kept[url]


def _signing_url(found: dict[str, Any], topic: str) -> str:
    """Where the certificate lies; raises Forged unless SNS of the topic's region shows it."""
    url, start = found.get("SigningCertURL"), f"https://{host(topic)}"
    if not isinstance(url, str) or not host(topic) or not url.startswith(start):
        raise Forged("its certificate is not one of SNS")
    if not _PATH.fullmatch(url.removeprefix(start)):
        raise Forged("its certificate is not one of SNS")
    return url


def _load(data: bytes) -> Certificate:
    try:
        from cryptography import x509
    except ModuleNotFoundError:
        raise SettingsError(
            "MAILER_SNS_TOPIC needs more than is installed: pip install 'mailer[webhooks]'"
        ) from None
    try:
        return x509.load_pem_x509_certificate(data)
    except ValueError:
        raise OutboundError("SNS shows something else than a certificate") from None


def _is_signed(found: dict[str, Any], certificate: Certificate, now: float) -> bool:
    """Whether the certificate, valid now, proves what `found` says."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

    hashes: dict[Any, HashAlgorithm] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - SNS's default
    key, version = certificate.public_key(), found.get("SignatureVersion")
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not isinstance(key, rsa.RSAPublicKey) or not isinstance(version, str):
        return False
    if version not in hashes or not first.timestamp() <= now <= last.timestamp():
        return False
    try:
        signature = base64.b64decode(found.get("Signature") or "", validate=True)
        key.verify(signature, _signed(found), padding.PKCS1v15(), hashes[version])
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _signed(found: dict[str, Any]) -> bytes:
    """The text that was signed; raises ValueError when a part of it is missing."""
    told = []
    for name in SIGNED[found["Type"]]:
        value = found.get(name)
        if name == "Subject" and value is None:
            continue
        if not isinstance(value, str):
            raise ValueError(f"no {name}")
        told.append(f"{name}\n{value}\n")
    return "".join(told).encode()
