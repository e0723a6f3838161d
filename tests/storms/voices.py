"""How each provider tells what became of a letter, proven as its own calls are; and forged ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailer.transports.api import HOOKS
from mailer.transports.api.base import Hook
from mailer.transports.api.ses_hook import SesHook
from tests.providers import brevo, mailgun, postmark, resend, sendgrid, ses
from tests.providers.stub import Rules
from tests.providers.test_sns import CERTIFICATE, TOPIC, Authority

REFUSAL = "554 5.7.1 a policy of the office"  # which is no dead mailbox

Said = tuple[bytes, dict[str, str]]  # a call's body and headers


@dataclass(frozen=True, kw_only=True)
class News:
    """One thing to be told of a letter."""

    letter: str
    bounced: bool
    id: str
    at: float

    @property
    def iso(self) -> str:
        """The moment as most write it."""
        moment = datetime.fromtimestamp(self.at, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One provider: its stub, its address, and its webhook's calls."""

    name: str
    url: str  # with {api}
    rules: Callable[[], Rules]
    keys: tuple[str, ...]  # as MAILER_HOOK_<NAME> has them; of SES the topic
    tell: Callable[[News], Said]
    forge: Callable[[News], Said]  # as `tell`, by somebody who has not the key
    hook: Hook = field(repr=False)


def _postmark(secret: str) -> Callable[[News], Said]:
    def tell(news: News) -> Said:
        told: dict[str, Any] = {
            "RecordType": "Delivery", "MessageID": news.id, "DeliveredAt": news.iso,
            "Metadata": {"letter": news.letter},
        }  # fmt: skip
        if news.bounced:
            told |= {"RecordType": "Bounce", "Type": "Blocked", "ID": 7, "Details": REFUSAL}
        proof = base64.b64encode(secret.encode()).decode()
        return json.dumps(told).encode(), {"Authorization": f"Basic {proof}"}

    return tell


def _brevo(secret: str) -> Callable[[News], Said]:
    def tell(news: News) -> Said:
        told = {
            "event": "blocked" if news.bounced else "delivered", "message-id": news.id,
            "ts_epoch": int(news.at * 1000), "X-Mailin-custom": news.letter,
            "reason": REFUSAL if news.bounced else "",
        }  # fmt: skip
        return json.dumps(told).encode(), {"Authorization": f"Bearer {secret}"}

    return tell


def _mailgun(secret: str) -> Callable[[News], Said]:
    def tell(news: News) -> Said:
        stamp, token = str(int(news.at)), news.id
        proof = hmac.new(secret.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
        event: dict[str, Any] = {
            "event": "delivered", "id": news.id, "timestamp": news.at,
            "user-variables": {"letter": news.letter}, "delivery-status": {"code": 250},
        }  # fmt: skip
        if news.bounced:
            status = {"code": 554, "enhanced-code": "5.7.1", "message": REFUSAL}
            event |= {"event": "failed", "severity": "permanent", "delivery-status": status}
        signature = {"timestamp": stamp, "token": token, "signature": proof}
        return json.dumps({"signature": signature, "event-data": event}).encode(), {}

    return tell


def _sendgrid(key: ec.EllipticCurvePrivateKey) -> Callable[[News], Said]:
    def tell(news: News) -> Said:
        event: dict[str, Any] = {
            "event": "delivered", "sg_event_id": news.id, "letter": news.letter,
            "timestamp": int(news.at),
        }  # fmt: skip
        if news.bounced:
            event |= {"event": "bounce", "type": "blocked", "reason": REFUSAL}
        body, stamp = json.dumps([event]).encode(), str(int(news.at))
        proof = key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        named = "X-Twilio-Email-Event-Webhook-"
        signature = base64.b64encode(proof).decode()
        return body, {f"{named}Signature": signature, f"{named}Timestamp": stamp}

    return tell


def _resend(secret: bytes) -> Callable[[News], Said]:
    def tell(news: News) -> Said:
        data: dict[str, Any] = {"tags": {"letter": news.letter}}
        if news.bounced:
            data["bounce"] = {"type": "Transient", "message": REFUSAL}
        kind = "email.bounced" if news.bounced else "email.delivered"
        told = {"type": kind, "created_at": news.iso, "data": data}
        body, stamp = json.dumps(told).encode(), str(int(news.at))
        signed = f"{news.id}.{stamp}.".encode() + body
        proof = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        headers = {"id": news.id, "timestamp": stamp, "signature": f"v1,{proof}"}
        return body, {f"svix-{name}": value for name, value in headers.items()}

    return tell


def _ses(authority: Authority) -> Callable[[News], Said]:
    def tell(news: News) -> Said:
        mail = {"messageId": news.id, "tags": {"letter": [news.letter]}}
        event: dict[str, Any] = {"eventType": "Delivery", "mail": mail}
        event["delivery"] = {"timestamp": news.iso, "smtpResponse": "250 2.0.0 ok"}
        if news.bounced:
            one = {"action": "failed", "status": "5.7.1", "diagnosticCode": f"smtp; {REFUSAL}"}
            event |= {"eventType": "Bounce", "bounce": {
                "bounceType": "Permanent", "bounceSubType": "General", "timestamp": news.iso,
                "bouncedRecipients": [one],
            }}  # fmt: skip
        message = {
            "Type": "Notification", "MessageId": news.id, "TopicArn": TOPIC,
            "Message": json.dumps(event), "Timestamp": news.iso, "SigningCertURL": CERTIFICATE,
        }  # fmt: skip
        return json.dumps(authority.sign(message)).encode(), {}

    return tell


def _of_ses() -> Voice:
    now = time.time()
    ours, others = (Authority(since=now - 1e6, until=now + 1e7) for _ in range(2))
    return Voice(
        name="ses", url=ses.URL, rules=ses.Rules, keys=(TOPIC,), tell=_ses(ours),
        forge=_ses(others), hook=SesHook(lambda _: ours.pem),
    )  # fmt: skip


def _of_sendgrid() -> Voice:
    ours, others = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    shown = ours.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Voice(
        name="sendgrid", url=sendgrid.URL, rules=sendgrid.Rules,
        keys=(base64.b64encode(shown).decode(),), tell=_sendgrid(ours), forge=_sendgrid(others),
        hook=HOOKS["sendgrid"],
    )  # fmt: skip


def _of_resend() -> Voice:
    ours, others = b"o" * 24, b"x" * 24
    return Voice(
        name="resend", url=f"resend://{resend.KEY}?api={{api}}", rules=resend.Rules,
        keys=(f"whsec_{base64.b64encode(ours).decode()}",), tell=_resend(ours),
        forge=_resend(others), hook=HOOKS["resend"],
    )  # fmt: skip


def _with_a_secret(
    name: str, url: str, rules: Callable[[], Rules], tell: Callable[[str], Callable[[News], Said]]
) -> Voice:  # fmt: skip
    ours, others = "user:" + "o" * 32, "user:" + "x" * 32
    return Voice(
        name=name, url=url, rules=rules, keys=(ours,), tell=tell(ours), forge=tell(others),
        hook=HOOKS[name],
    )  # fmt: skip


MAKERS: dict[str, Callable[[], Voice]] = {
    "postmark": lambda: _with_a_secret(
        "postmark", f"postmark://{postmark.TOKEN}?api={{api}}", postmark.Rules, _postmark
    ),
    "mailgun": lambda: _with_a_secret("mailgun", mailgun.URL, mailgun.Rules, _mailgun),
    "sendgrid": _of_sendgrid,
    "ses": _of_ses,
    "resend": _of_resend,
    "brevo": lambda: _with_a_secret("brevo", brevo.URL, brevo.Rules, _brevo),
}
"""Every provider, by its name."""
