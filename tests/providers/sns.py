"""Amazon SNS, played: messages signed with a certificate of our own."""

import base64
import json
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from mailer.transports.api import sns

TOPIC = "arn:aws:sns:ca-central-1:123456789012:letters"
HOST = "https://sns.ca-central-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
CONFIRM = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
NOW = 1_800_000_000.0
LETTER = "k2l3m4n5p6q7r8s9t0v1w2x3y4"


def stamp(at):
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Authority:
    """A key, and the certificate that SNS would show for it."""

    def __init__(self, key=None, *, since=NOW - 1000, until=NOW + 1e6):
        self.key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(self.key.public_key()).serial_number(7)
            .not_valid_before(datetime.fromtimestamp(since, UTC))
            .not_valid_after(datetime.fromtimestamp(until, UTC))
            .sign(self.key, hashes.SHA256())
        )  # fmt: skip
        self.pem = made.public_bytes(serialization.Encoding.PEM)

    def sign(self, message, version="2"):
        """The message as SNS would send it."""
        covered = sns.SIGNED[message["Type"]]
        told = "".join(f"{name}\n{message[name]}\n" for name in covered if name in message)
        kind = {"1": hashes.SHA1(), "2": hashes.SHA256()}[version]
        proof = self.key.sign(told.encode(), padding.PKCS1v15(), kind)
        signature = base64.b64encode(proof).decode()
        return message | {"SignatureVersion": version, "Signature": signature}


AUTHORITY, OTHER = Authority(), Authority()


class Shelf:
    """Where certificates lie; counts who comes for them."""

    def __init__(self, pem=AUTHORITY.pem):
        self.pem = pem
        self.asked = []

    def __call__(self, url):
        self.asked.append(url)
        if isinstance(self.pem, Exception):
            raise self.pem
        return self.pem


def event(kind="Delivery", mail=None, **parts):
    told = {"eventType": kind, "mail": {"messageId": "0100a", "timestamp": stamp(NOW - 90)}}
    told["mail"] |= {"tags": {"letter": [LETTER], "ses:operation": ["SendEmail"]}} | (mail or {})
    return told | parts


def notification(told=None, **changes):
    text = json.dumps(told) if isinstance(told, dict) else told or json.dumps(event())
    message = {
        "Type": "Notification", "MessageId": "22b80b92", "TopicArn": TOPIC, "Message": text,
        "Timestamp": stamp(NOW - 2), "SigningCertURL": CERTIFICATE,
        "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe",
    }  # fmt: skip
    return message | changes


def question(**changes):
    message = {
        "Type": "SubscriptionConfirmation", "MessageId": "165545c9", "Token": "2336412f37",
        "TopicArn": TOPIC, "Message": "You have chosen to subscribe", "SubscribeURL": CONFIRM,
        "Timestamp": stamp(NOW - 2), "SigningCertURL": CERTIFICATE,
    }  # fmt: skip
    return message | changes


def bounce(main, sub, *, action="failed", code="smtp; 550 5.1.1 user unknown", status="5.1.1"):
    told = {"emailAddress": "minister@ministry.example"}
    if action:
        told |= {"action": action, "status": status, "diagnosticCode": code}
    return {
        "bounceType": main, "bounceSubType": sub, "bouncedRecipients": [told],
        "timestamp": stamp(NOW - 5), "feedbackId": "0100f",
    }  # fmt: skip
