"""Amazon SES v2, played: signatures judged by botocore, requests by its model of the service."""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from tests.providers.stub import Seen, Told

KEY, SECRET, REGION = "AKIDEXAMPLE", "wJalr/XUtnFEMI+K7", "ca-central-1"
URL = "ses://AKIDEXAMPLE:wJalr%2FXUtnFEMI%2BK7@ca-central-1?api={api}"
PATH = "/v2/email/outbound-emails"
MODEL = ServiceModel(Loader().load_service_model("sesv2", "service-2"))
STALE = 300.0  # seconds

_PROOF = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/([^/]+)/ses/aws4_request),"
    r" SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_NAMES = {
    400: "MessageRejected", 401: "UnrecognizedClientException", 403: "UnrecognizedClientException",
    404: "NotFoundException", 429: "TooManyRequestsException", 500: "InternalFailure",
    503: "ServiceUnavailableException",
}  # fmt: skip


def wrong(status: int, name: str, text: str = "no", **more: Any) -> Told:
    """An error as Amazon's REST services write it."""
    return Told(status=status, body={"message": text}, headers={"x-amzn-errortype": name}, **more)


def params(body: dict[str, Any]) -> dict[str, Any]:
    """The body of SendEmail as botocore takes it: bytes where base64 travels."""
    raw = base64.b64decode(body["Content"]["Raw"]["Data"], validate=True)
    return body | {"Content": {"Raw": {"Data": raw}}}


def faults(body: dict[str, Any]) -> str:
    """What the official model has against a request; "" when nothing."""
    shape = MODEL.operation_model("SendEmail").input_shape
    return str(ParamValidator().validate(body, shape).generate_report())


class Rules:
    """An account. `verified` are domains it may send from; None: every one."""

    def __init__(
        self, verified: set[str] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.verified = verified
        self.clock = clock
        self.messages: list[dict[str, Any]] = []
        self.quota = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 12.0}
        self.account: dict[str, Any] = {
            "SendingEnabled": True, "ProductionAccessEnabled": True, "EnforcementStatus": "HEALTHY",
        }  # fmt: skip

    def play(self, seen: Seen) -> Told:
        refused = self._unsigned(seen)
        if refused:
            return refused
        if (seen.method, seen.path) == ("GET", "/v2/email/account"):
            return Told(body=self.account | {"SendQuota": self.quota})
        if (seen.method, seen.path) != ("POST", PATH):
            return wrong(404, "UnknownOperationException")
        try:
            body = params(seen.json())
        except (ValueError, KeyError, TypeError, binascii.Error):
            return wrong(400, "SerializationException", "cannot be read")
        return self._send(body, seen.headers)

    def refuse(self, status: int, after: float | None) -> Told:
        headers = {"x-amzn-errortype": f"{_NAMES.get(status, 'InternalFailure')}:http://x/"}
        if after is not None:  # Amazon gives no hint; what stands between us and it may
            headers["Retry-After"] = f"{after:g}"
        return Told(status=status, body={"message": "no"}, headers=headers)

    def suspend(self) -> Told:
        return wrong(400, "AccountSuspendedException", "sending is permanently restricted")

    def _unsigned(self, seen: Seen) -> Told | None:
        found = _PROOF.fullmatch(seen.headers.get("authorization", ""))
        stamp = seen.headers.get("x-amz-date", "")
        if found is None or not stamp:
            return wrong(403, "MissingAuthenticationTokenException", "Missing token")
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        if abs(at - self.clock()) > STALE:
            return wrong(403, "InvalidSignatureException", f"Signature expired: {stamp} is now ...")
        if found[1] != KEY:
            return wrong(403, "UnrecognizedClientException", "The security token is not right")
        signer = SigV4Auth(Credentials(KEY, SECRET), "ses", REGION)
        headers = {name: seen.headers[name] for name in found[4].split(";")}
        url = f"http://{headers['host']}{seen.path}"
        asked = AWSRequest(seen.method, url, headers, seen.body)
        asked.context["timestamp"] = stamp
        proof = signer.signature(
            signer.string_to_sign(asked, signer.canonical_request(asked)), asked
        )
        if proof != found[5] or "content-type" in set(seen.headers) - set(headers):
            return wrong(403, "InvalidSignatureException", "The signature we calculated differs")
        return None

    def _send(self, body: dict[str, Any], headers: dict[str, str]) -> Told:
        if headers.get("content-type") != "application/json" or faults(body):
            return wrong(400, "BadRequestException", faults(body))
        tags = {tag["Name"]: tag["Value"] for tag in body.get("EmailTags", ())}
        if not all(_TAG.fullmatch(word) for pair in tags.items() for word in pair):
            return wrong(400, "BadRequestException", "a tag holds what none may")
        raw = body["Content"]["Raw"]["Data"]
        message = email.message_from_bytes(raw, policy=email.policy.default)
        senders = [parseaddr(str(message["From"]))[1]]
        senders += [body[name] for name in ("FeedbackForwardingEmailAddress",) if name in body]
        unknown = [one for one in senders if not self._is_ours(one)]
        if unknown:
            return wrong(400, "MessageRejected", f"Email address is not verified: {unknown}")
        self.messages.append(body)
        known = f"0100{uuid.uuid4().hex}-000000"
        return Told(body={"MessageId": known}, taken=[tags["letter"]])

    def _is_ours(self, address: str) -> bool:
        return self.verified is None or address.rpartition("@")[2] in self.verified
