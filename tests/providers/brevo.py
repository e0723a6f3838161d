"""Brevo, played: an account, its template language, its memory for keys, its wrong requests."""

from __future__ import annotations

import re
from typing import Any

from tests.providers.payloads import faults
from tests.providers.stub import Seen, Told

KEY = "xkeysib-a1b2c3-d4e5"
URL = "brevo://xkeysib-a1b2c3-d4e5?api={api}"

_REASONS = {
    400: ("invalid_parameter", "email is not valid in to"),
    401: ("unauthorized", "Key not found"),
    402: ("not_enough_credits", "You have no credits left"),
    403: ("permission_denied", "Unable to send email. Your SMTP account is not yet activated."),
    429: ("too_many_requests", "Too many requests"),
}
_WORDS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")


def wrong(status: int, code: str, text: str, **headers: str) -> Told:
    """An error as Brevo writes it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Told(status=status, body={"code": code, "message": text}, headers=named)


def rendered(text: str) -> str:
    """What becomes of a text in Brevo's template language: it knows no value of ours."""
    return _WORDS.sub("", text)


class Rules:
    """`remembers` tells whether keys are remembered: for half an hour they are."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.remembers = True

    def play(self, seen: Seen) -> Told:
        if seen.headers.get("api-key") != KEY:
            return self.refuse(401, None)
        if (seen.method, seen.path) == ("GET", "/v3/account"):
            plan = {"type": "payAsYouGo", "creditsType": "sendLimit", "credits": 8755}
            return Told(body={"email": "us@campaign.example", "plan": [plan]})
        if (seen.method, seen.path) != ("POST", "/v3/smtp/email"):
            return wrong(404, "document_not_found", "no such route")
        try:
            mail = seen.json()
        except ValueError:
            return wrong(400, "bad_request", "Input must be a valid JSON object")
        return self._take(mail)

    def refuse(self, status: int, after: float | None) -> Told:
        code, text = _REASONS.get(status, ("bad_request", "no"))
        if after is not None:
            return wrong(status, code, text, x_sib_ratelimit_reset=f"{after:g}")
        return wrong(status, code, text)

    def suspend(self) -> Told:
        return self.refuse(403, None)

    def _take(self, mail: Any) -> Told:
        broken = faults("brevo", mail)
        if broken:
            return wrong(400, "invalid_parameter", broken[0])
        key = mail["headers"].pop("idempotencyKey")
        if self.remembers and key in self.keys:
            return wrong(400, "duplicate_parameter", "idempotencyKey has been used")
        self.keys.add(key)
        people = [mail[name] for name in ("sender", "replyTo") if name in mail] + mail["to"]
        for person in people:
            person["name"] = rendered(person.get("name", ""))
        for name in ("subject", "textContent", "htmlContent"):
            mail[name] = rendered(mail[name])
        self.mails.append(mail)
        known = f"<20270115.{len(self.mails)}@smtp-relay.mailin.fr>"
        letter = mail["headers"]["X-Mailin-custom"]
        return Told(status=201, body={"messageId": known}, taken=[letter])
