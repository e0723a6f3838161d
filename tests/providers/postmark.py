"""Postmark, as the stub plays it."""

from __future__ import annotations

import uuid
from typing import Any

from tests.providers.payloads import faults
from tests.providers.stub import Seen, Told

TOKEN = "b1946ac9-0000-4000-8000-0123456789ab"
WORDS = {
    10: "The Server Token you provided in the X-Postmark-Server-Token request header was invalid.",
    300: "Invalid 'To' address.",
    401: "Bad or missing Server or user API token.",
    402: "Received invalid JSON input.",
    403: "The request does not fit the format that was expected.",
    406: "You tried to send to a recipient that has been marked as inactive.",
    410: "You may send up to 500 messages per batch.",
    413: "This account may not send.",
    429: "Rate limit exceeded.",
}


def said(status: int, code: int, words: str = "") -> Told:
    return Told(status=status, body={"ErrorCode": code, "Message": words or WORDS[code]})


class Rules:
    """One server with one token. `inactive` are addresses it does not write to any more."""

    def __init__(self) -> None:
        self.inactive: set[str] = set()
        self.unfit: set[str] = set()  # addresses that spoil the whole request
        self.codes: dict[str, int] = {}  # letters that get this code

    def play(self, seen: Seen) -> Told:
        if seen.headers.get("x-postmark-server-token") != TOKEN:
            return said(401, 10)
        if (seen.method, seen.path) == ("GET", "/server"):
            return Told(body={"ID": 1, "Name": "Exams", "DeliveryType": "Live"})
        if (seen.method, seen.path) != ("POST", "/email/batch"):
            return Told(status=404, body={"ErrorCode": 0, "Message": "No such place."})
        if seen.headers.get("content-type") != "application/json":
            return said(415, 402)
        try:
            items = seen.json()
        except ValueError:
            return said(422, 402)
        if isinstance(items, list) and len(items) > 500:
            return said(422, 410)
        wrong = faults("postmark", items)
        if wrong or any(address(item) in self.unfit for item in items):
            return said(422, 403, "; ".join(wrong))
        answers = [self._one(item) for item in items]
        taken = [
            item["Metadata"]["letter"]
            for item, answer in zip(items, answers, strict=True)
            if not answer["ErrorCode"]
        ]
        return Told(body=answers, taken=taken)

    def refuse(self, status: int, after: float | None) -> Told:
        headers = {} if after is None else {"Retry-After": f"{after:.0f}"}
        return Told(status=status, body={"ErrorCode": 0, "Message": "Refused."}, headers=headers)

    def suspend(self) -> Told:
        return said(422, 413)

    def _one(self, item: dict[str, Any]) -> dict[str, Any]:
        code = self.codes.get(item["Metadata"]["letter"], 0)
        if address(item) in self.inactive:
            code = 406
        if code:
            return {"ErrorCode": code, "Message": WORDS[code]}
        return {
            "To": item["To"], "SubmittedAt": "2026-01-02T03:04:05.0000000Z",
            "MessageID": str(uuid.uuid4()), "ErrorCode": 0, "Message": "OK",
        }  # fmt: skip


def address(item: dict[str, Any]) -> str:
    to = str(item["To"])
    return to[to.rfind("<") + 1 :].rstrip(">")
