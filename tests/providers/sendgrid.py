"""SendGrid, played: an account, and what its API says to wrong requests."""

from __future__ import annotations

import time
from typing import Any

from tests.providers import ways
from tests.providers.payloads import faults
from tests.providers.stub import Seen, Told

KEY = "SG.aaaa-bbbb.cccc_dddd"
URL = "sendgrid://SG.aaaa-bbbb.cccc_dddd?api={api}"

_REASONS = {
    401: "The provided authorization grant is invalid, expired, or revoked",
    403: (
        "The from address does not match a verified Sender Identity. Mail cannot be sent until this"
        " error is resolved."
    ),
    413: "payload too large",
    429: "too many requests",
}


def errors(status: int, *told: tuple[str | None, str], **headers: str) -> Told:
    """Errors as SendGrid writes them: of fields, in words."""
    listed = [{"field": place, "message": text, "help": None} for place, text in told]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Told(status=status, body={"errors": listed}, headers={"Date": ways.date()} | named)


class Rules:
    """`senders` are domains that may be in From; None: every one."""

    def __init__(self, senders: set[str] | None = None) -> None:
        self.senders = senders
        self.mails: list[dict[str, Any]] = []
        self.scopes = ["mail.send", "sender_verification_eligible"]

    def play(self, seen: Seen) -> Told:
        if seen.headers.get("authorization") != f"Bearer {KEY}":
            return self.refuse(401, None)
        if (seen.method, seen.path) == ("GET", "/v3/scopes"):
            return Told(body={"scopes": self.scopes})
        if (seen.method, seen.path) != ("POST", "/v3/mail/send"):
            return errors(404, (None, "not found"))
        if seen.headers.get("content-type") != "application/json":
            return errors(415, (None, "Content-Type should be application/json."))
        try:
            mail = seen.json()
        except ValueError:
            return errors(400, (None, "Bad Request"))
        return self._take(mail)

    def refuse(self, status: int, after: float | None) -> Told:
        if after is not None:
            reset = f"{time.time() + after:.0f}"
            return errors(status, (None, _REASONS.get(status, "no")), X_RateLimit_Reset=reset)
        return errors(status, (None, _REASONS.get(status, "no")))

    def suspend(self) -> Told:
        return errors(401, (None, "Maximum credits exceeded"))

    def _take(self, mail: Any) -> Told:
        wrong = faults("sendgrid", mail)
        if wrong:
            return errors(400, ("personalizations.0.to.0.email", wrong[0]))
        if (
            self.senders is not None
            and mail["from"]["email"].rpartition("@")[2] not in self.senders
        ):
            return self.refuse(403, None)
        if mail.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return Told(status=200)
        self.mails.append(mail)
        (one,) = mail["personalizations"]
        headers = {"X-Message-Id": f"14c5d75ce93-{len(self.mails)}"}
        return Told(status=202, headers=headers, taken=[one["custom_args"]["letter"]])
