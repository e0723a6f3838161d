"""Resend: batches of up to 100 letters, each request once within a day.

https://resend.com/docs/api-reference/emails/send-batch-emails
https://resend.com/docs/dashboard/emails/idempotency-keys
https://resend.com/docs/api-reference/errors (and rate-limit), .../webhooks/event-types
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailer.errors import Next, SendError
from mailer.message import html_of
from mailer.officials.values import Pace
from mailer.transports.api import calls, options, svix
from mailer.transports.api.base import Call, News, Reply, Request, Said, Verdict
from mailer.transports.base import Answer, Parcel
from mailer.transports.limits import Limits

EVENTS: dict[str, Said] = {
    "email.delivered": Said.DELIVERED,
    "email.bounced": Said.BOUNCED,  # where it is permanent: see _said
    "email.complained": Said.COMPLAINED,
    "email.delivery_delayed": Said.DEFERRED,
    "email.failed": Said.DROPPED,
    "email.suppressed": Said.DROPPED,
    "email.sent": Said.OTHER,
    "email.scheduled": Said.OTHER,
    "email.opened": Said.OTHER,
    "email.clicked": Said.OTHER,
    "email.received": Said.OTHER,
}

BASE = "https://api.resend.com"
EXAMPLE = "resend://KEY"
MOST = 100
USUAL = 50
REQUESTS = 5  # a second, for all of a team

QUOTAS = {"daily_quota_exceeded", "monthly_quota_exceeded"}
QUOTA_WAIT = 3600.0  # seconds: to ask more often does not fill a quota
OURS = {"invalid_from_address", "invalid_access", "invalid_region", "security_error"}
"""Refusals that every letter would meet: our address, our account."""


def from_url(url: str) -> Resend:
    """The account of resend://KEY; raises SettingsError."""
    place = options.read(url, EXAMPLE, options=("batch", "requests"))
    return Resend(
        key=place.key, base=place.base(BASE), batch=place.whole("batch", USUAL, 1, MOST),
        requests=place.whole("requests", REQUESTS, 1, 1000),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Resend:
    """A team's key. `requests` is how many a second the team may make."""

    key: str = field(repr=False)
    base: str = BASE
    batch: int = USUAL
    requests: int = REQUESTS

    name = "resend"
    account = "resend"
    fields = True

    @property
    def limits(self) -> Limits:
        """The pace of full batches, so that workers on several machines share it."""
        return Limits(pace=Pace(count=self.requests * self.batch, seconds=1.0))

    @property
    def spacing(self) -> float:
        """Seconds between two requests: a team's requests are counted, however full they are."""
        return 1.0 / self.requests

    def ask(self, parcels: Sequence[Parcel]) -> Request:
        """A batch, or one letter alone; enclosed messages go with one letter only (FAIL)."""
        messages = [_message(parcel) for parcel in parcels]
        alone = len(parcels) == 1
        if not alone and any("attachments" in message for message in messages):
            raise SendError("a batch takes no enclosed messages", Next.FAIL)
        body = options.body(messages[0] if alone else messages)
        headers = self._headers() | {
            "Content-Type": "application/json",
            "Idempotency-Key": _once(parcels, body),
        }
        if not alone:
            headers["x-batch-validation"] = "permissive"  # one wrong letter spoils no other
        url = f"{self.base}/emails" if alone else f"{self.base}/emails/batch"
        return Request(url=url, headers=headers, body=body, again=True)

    def read(self, parcels: Sequence[Parcel], reply: Reply) -> Sequence[Verdict]:
        """A verdict for each letter; raises SendError for the request as a whole."""
        if reply.status not in {200, 201}:
            raise _refused(reply)
        found = reply.json()
        ids = _ids(found, len(parcels)) if isinstance(found, dict) else None
        if ids is None:
            raise options.rubbish(reply)
        return ids

    def look(self) -> Request:
        """The domains that may send."""
        return Request(method="GET", url=f"{self.base}/domains", headers=self._headers())

    def found(self, reply: Reply) -> str:
        """Which domains are verified, where the key may ask."""
        if reply.status == 401 and options.said(reply, "name") == "restricted_api_key":
            return "Resend knows the key, which may send and nothing else"
        if reply.status != 200:
            raise _refused(reply)
        found = reply.json()
        domains = found.get("data") if isinstance(found, dict) else None
        if not isinstance(domains, list):
            raise SendError("the answer is not one of Resend", Next.STOP, code="200")
        names = [
            str(one.get("name")) for one in domains
            if isinstance(one, dict) and one.get("status") == "verified"
        ]  # fmt: skip
        return f"Resend knows the key; verified domains: {', '.join(names) or 'none'}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}


class ResendHook:
    """Calls signed by Svix."""

    name = "resend"

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:
        """Raise Forged unless one of the whsec_ keys proves the call, and it is new."""
        svix.check(call, keys, now)

    def read(self, call: Call) -> Sequence[News]:
        """The one event of a call; raises ValueError."""
        event = calls.fields(calls.values(call.body))
        kind, data = calls.word(event.get("type")), calls.part(event, "data")
        if not kind:
            raise ValueError("not an event")
        parts = [calls.part(data, name) for name in ("bounce", "failed", "suppressed")]
        why = next(filter(None, parts), {})
        told = calls.note(why.get("message"), why.get("reason"))
        return [
            News(
                id=calls.word(call.headers.get(svix.ID)) or calls.made_id(event),
                letter=_letter(data.get("tags")),
                said=_said(kind, why),
                kind=f"{kind} {calls.word(why.get('type'))}".strip(),
                at=calls.date(event.get("created_at")),
                code=calls.code(told),
                note=told,
                raw=calls.raw(event),
            )
        ]


HOOK = ResendHook()


def _message(parcel: Parcel) -> dict[str, Any]:
    mail = options.mail_of(parcel)
    message: dict[str, Any] = {
        "from": options.person(mail.from_name, mail.from_address),
        "to": [options.person(mail.to_name, mail.to_address)],
        "subject": mail.subject,
        "text": mail.text,
        "tags": [{"name": "letter", "value": parcel.letter}],
    }
    if html := html_of(mail):
        message["html"] = html
    if mail.reply_address:
        message["reply_to"] = options.person(mail.reply_name, mail.reply_address)
    if headers := options.headers_of(mail):
        message["headers"] = headers
    if mail.enclosed:
        content = base64.b64encode(mail.enclosed).decode("ascii")
        enclosed = {"filename": "message.eml", "content_type": "message/rfc822"}
        message["attachments"] = [enclosed | {"content": content}]
    return message


def _once(parcels: Sequence[Parcel], body: bytes) -> str:
    """A key for exactly this request: other members, another order or another word make another.

    A letter alone has the same one at each attempt, from whichever worker, while it stays as it
    is; so a repeat within a day is answered with what became of the first.
    """
    who = parcels[0].letter[:64] if len(parcels) == 1 else f"{len(parcels)}-letters"
    return f"{who}-{hashlib.sha256(body).hexdigest()}"


def _ids(found: dict[str, Any], count: int) -> list[Verdict] | None:
    """The verdicts in an answer of success; None when it is not one to so many letters."""
    if count == 1 and isinstance(found.get("id"), str):
        found = {"data": [found]}
    data, errors = found.get("data"), found.get("errors") or []
    if not isinstance(data, list) or not isinstance(errors, list):
        return None
    refused = {
        one["index"]: str(one.get("message", ""))[: options.LONGEST_REASON]
        for one in errors if isinstance(one, dict) and isinstance(one.get("index"), int)
    }  # fmt: skip
    ids = [one["id"] for one in data if isinstance(one, dict) and isinstance(one.get("id"), str)]
    if len(ids) + len(refused) != count or not all(0 <= one < count for one in refused):
        return None
    left = iter(ids)  # of those that were taken, in order
    return [
        SendError(refused[number] or "refused", Next.FAIL, code="422") if number in refused
        else Answer(text="taken", code="200", provider_id=next(left))
        for number in range(count)
    ]  # fmt: skip


def _refused(reply: Reply) -> SendError:
    """What a refusal of the request means, by the name of the error."""
    name, words = options.said(reply, "name"), options.said(reply, "message")
    code = str(reply.status)
    if name in QUOTAS:
        after = max(options.retry_after(reply) or 0.0, QUOTA_WAIT)
        return SendError(words, Next.STOP, code=code, after=after, account=True)
    if name in OURS:
        return SendError(words, Next.STOP, code=code, account=True)
    if name == "concurrent_idempotent_requests":  # the same one: it may be taken any moment
        return SendError(words, Next.RETRY, code=code, maybe_accepted=True)
    hint = options.seconds(reply.headers.get("ratelimit-reset"))
    return options.refusal(reply, words, after=options.retry_after(reply) or hint)


def _letter(tags: Any) -> str:
    """The letter that tags name: they come as an object, or as the list that was sent."""
    if isinstance(tags, list):
        tags = {one.get("name"): one.get("value") for one in tags
                if isinstance(one, dict) and isinstance(one.get("name"), str)}  # fmt: skip
    return calls.letter(tags.get("letter")) if isinstance(tags, dict) else ""


def _said(kind: str, why: dict[str, Any]) -> Said:
    said = EVENTS.get(kind, Said.OTHER)
    if said is not Said.BOUNCED:
        return said
    permanent = calls.word(why.get("type")) == "Permanent"
    # What is on the provider's list of dead addresses it does not try at all.
    return said if permanent and calls.word(why.get("subType")) != "Suppressed" else Said.DROPPED
