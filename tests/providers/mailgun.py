"""Mailgun, played: one domain of an account, and what its API says to wrong requests."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from typing import Any

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from tests.providers import ways
from tests.providers.payloads import faults
from tests.providers.stub import Seen, Told

KEY, DOMAIN = "key-3ax/6xnjp", "mg.campaign.example"
URL = "mailgun://key-3ax%2F6xnjp@mg.campaign.example?api={api}"

_REASONS = {
    400: "to parameter is not a valid address. please check documentation",
    401: "Forbidden",
    403: f"Domain {DOMAIN} is not allowed to send large batches yet",
    404: f"Domain not found: {DOMAIN}",
    413: "request size exceeds 52.4MiB limit",
    500: "Internal Server Error",
}
UNREADY = (
    f"Domain {DOMAIN} is not allowed to send: Please activate your Mailgun account. Check your"
    " inbox or log in to your control panel to resend the activation email."
)


class Rules:
    """`clock` is how much the server's clock is ahead of ours, in seconds."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self.forms: list[dict[str, str]] = []
        self.messages: list[bytes] = []

    def play(self, seen: Seen) -> Told:
        if not seen.path.startswith("/v3/"):
            return Told(body=b"Mailgun Magnificent API", headers={"Content-Type": "text/plain"})
        if seen.headers.get("authorization") != _basic(f"api:{KEY}"):
            return Told(status=401, body=b"Forbidden", headers={"Content-Type": "text/plain"})
        found = re.fullmatch(r"/v3/([^/]+)/messages\.mime", seen.path)
        if seen.method != "POST" or found is None:
            return Told(status=404, body=b"404 page not found\n")
        if found[1] != DOMAIN:
            return self.says(404, f"Domain not found: {found[1]}")
        return self._take(*_form(seen))

    def refuse(self, status: int, after: float | None) -> Told:
        text = _REASONS.get(status, "no")
        if status in {420, 429}:
            text = (
                f"Domain {DOMAIN} is not allowed to send: recipient limit exceeded, try again after"
                f" {self._moment(after or 0.0)}"
            )
        return self.says(status, text)

    def suspend(self) -> Told:
        return self.says(400, UNREADY)

    def says(self, status: int, text: str) -> Told:
        headers = {"Date": ways.date(self.ahead)}
        return Told(status=status, body={"message": text}, headers=headers)

    def _moment(self, after: float) -> str:
        return ways.date(self.ahead + after).replace("GMT", "UTC")

    def _take(self, form: dict[str, str], files: dict[str, bytes]) -> Told:
        if not form and not files:
            return self.says(400, "malformed multipart/form-data request")
        for name in ("to", "message"):
            if name not in form and name not in files:
                return self.says(400, f"{name} parameter is missing")
        if "message" not in files:
            return self.says(400, "'message' parameter is not a file")
        wrong = faults("mailgun", {**form, "message": "read"})
        if wrong:
            return self.says(400, f"to parameter is not a valid address. {wrong}")
        self.forms.append(form)
        self.messages.append(files["message"])
        known = f"<{len(self.messages)}.25659.5817@{DOMAIN}>"
        told: dict[str, Any] = {"id": known, "message": "Queued. Thank you."}
        return Told(body=told, taken=[form["v:letter"]])


def _basic(account: str) -> str:
    return f"Basic {base64.b64encode(account.encode()).decode()}"


def _form(seen: Seen) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields and the files of a form; nothing where it is none."""
    kind, options = parse_options_header(seen.headers.get("content-type"))
    if kind != "multipart/form-data" or "boundary" not in options:
        return {}, {}
    parser = FormDataParser()
    _, form, files = parser.parse(BytesIO(seen.body), kind, len(seen.body), options)
    found = {}
    for name, file in files.items():
        found[name] = file.read()
        file.close()
    return form.to_dict(), found
