"""Resend, as the stub plays it."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from tests.providers.payloads import faults
from tests.providers.stub import Seen, Told

KEY = "re_0123456789_ABCdef"


def said(status: int, name: str, words: str = "Refused.", **headers: str) -> Told:
    body = {"statusCode": status, "name": name, "message": words}
    return Told(status=status, body=body, headers=headers)


class Rules:
    """One team. A key is remembered with its body's digest and its answer, as theirs are for a
    day; only answers of success are."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Told]] = {}
        self.refused: set[str] = set()  # letters that are not well-formed, in its eyes
        self.busy: list[str] = []  # names of errors for the next requests
        self.permissive = True  # false: an account that knows only strict batches
        self.restricted = False

    def play(self, seen: Seen) -> Told:
        if seen.headers.get("authorization") != f"Bearer {KEY}":
            return said(403, "invalid_api_key", "API key is invalid")
        if (seen.method, seen.path) == ("GET", "/domains"):
            return self._domains()
        if seen.method != "POST" or seen.path not in {"/emails", "/emails/batch"}:
            return said(404, "not_found")
        if self.busy:
            return self._busy(self.busy.pop(0))
        key, digest = seen.headers.get("idempotency-key", ""), hashlib.sha256(seen.body).hexdigest()
        if not 1 <= len(key) <= 256:
            return said(400, "invalid_idempotency_key")
        if key in self.keys:
            before, told = self.keys[key]
            return told if before == digest else said(409, "invalid_idempotent_request")
        told = self._send(seen)
        if told.status == 200:
            self.keys[key] = (digest, Told(status=told.status, body=told.body))
        return told

    def refuse(self, status: int, after: float | None) -> Told:
        headers = {} if after is None else {"Retry-After": f"{after:.0f}"}
        name = {429: "rate_limit_exceeded"}.get(status, "application_error")
        return said(status, name, **headers)

    def suspend(self) -> Told:
        return said(403, "restricted_account", "This team may not send.")

    def _domains(self) -> Told:
        if self.restricted:
            return said(401, "restricted_api_key")
        return Told(body={"data": [{"id": "d1", "name": "campaign.example", "status": "verified"}]})

    def _busy(self, name: str) -> Told:
        if name == "concurrent_idempotent_requests":
            return said(409, name)
        return said(429 if "quota" in name else 422, name, f"It is {name}.")

    def _send(self, seen: Seen) -> Told:
        try:
            payload = seen.json()
        except ValueError:
            return said(400, "validation_error")
        wrong = faults("resend", payload)
        alone = seen.path == "/emails"
        if wrong or isinstance(payload, dict) != alone:
            return said(422, "validation_error", "; ".join(wrong))
        items = [payload] if alone else payload
        spoilt = [n for n, item in enumerate(items) if letter(item) in self.refused]
        lenient = self.permissive and seen.headers.get("x-batch-validation") == "permissive"
        if spoilt and (alone or not lenient):
            return said(422, "validation_error", "Invalid `to` field.")
        taken = [item for number, item in enumerate(items) if number not in spoilt]
        ids = [{"id": str(uuid.uuid4())} for _ in taken]
        body: dict[str, Any] = ids[0] if alone else {"data": ids}
        if spoilt:
            body["errors"] = [{"index": n, "message": "Invalid `to` field."} for n in spoilt]
        return Told(body=body, taken=[letter(item) for item in taken])


def letter(item: dict[str, Any]) -> str:
    return str(next(tag["value"] for tag in item["tags"] if tag["name"] == "letter"))
