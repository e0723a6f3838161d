"""SendGrid: takes fields, and tells what became of them in signed batches.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailer.errors import Next, SendError
from mailer.message import Mail, html_of
from mailer.transports.api import calls, ecdsa, options
from mailer.transports.api.base import Call, Forged, News, Provider, Reply, Request, Said, Verdict
from mailer.transports.base import Answer, Parcel
from mailer.transports.limits import Limits

EVENTS: dict[str, Said] = {
    "delivered": Said.DELIVERED,
    "bounce": Said.BOUNCED,  # but see _said
    "deferred": Said.DEFERRED,
    "dropped": Said.DROPPED,
    "spamreport": Said.COMPLAINED,
    "processed": Said.OTHER,
    "open": Said.OTHER,
    "click": Said.OTHER,
    "unsubscribe": Said.OTHER,
    "group_unsubscribe": Said.OTHER,
    "group_resubscribe": Said.OTHER,
}

API = "https://api.sendgrid.com"
EXAMPLE = "sendgrid://KEY"
HOUR = 3600.0

OFF = {"enable": False}
UNTRACKED = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": OFF,
    "subscription_tracking": OFF,
    "ganalytics": OFF,
}
# What an account may have switched on for all mail, and what would keep a letter from leaving.
UNCHANGED = {"footer": OFF, "sandbox_mode": OFF}

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


@dataclass(frozen=True, kw_only=True)
class SendGrid:
    """An account with SendGrid."""

    key: str = field(repr=False)
    base: str = API  # of all addresses, without a slash at the end

    name = "sendgrid"
    account = "sendgrid"
    batch = 1  # theirs has one text for all
    limits = Limits()
    spacing = 0.0
    fields = True

    def ask(self, parcels: Sequence[Parcel]) -> Request:
        """One letter as fields; raises SendError (FAIL)."""
        (parcel,) = parcels
        body = options.body(_payload(options.mail_of(parcel), parcel))
        return Request(url=f"{self.base}/v3/mail/send", headers=self._headers(), body=body)

    def read(self, parcels: Sequence[Parcel], reply: Reply) -> Sequence[Verdict]:  # noqa: ARG002
        """What the reply means for the one letter."""
        return [_verdict(reply)]

    def look(self) -> Request:
        """Ask what the key may do."""
        return Request(method="GET", url=f"{self.base}/v3/scopes", headers=self._headers())

    def found(self, reply: Reply) -> str:
        """Whether the key may send; raises SendError."""
        told = reply.json()
        scopes = told.get("scopes") if isinstance(told, dict) else None
        if reply.status != 200:
            raise options.refusal(reply, _reason(_errors(reply)))
        if not isinstance(scopes, list):
            raise SendError("the answer is not one of SendGrid", Next.STOP, code="200")
        if "mail.send" not in scopes:
            raise SendError(
                "the key may not send: give it Mail Send on SendGrid's page API Keys",
                Next.STOP,
                account=True,
            )
        return "SendGrid knows the key, and it may send"

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.key}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }


def from_url(url: str) -> Provider:
    """The account that sendgrid://KEY names; raises SettingsError."""
    place = options.read(url, EXAMPLE)
    return SendGrid(key=place.key, base=place.base(API))


def _payload(mail: Mail, parcel: Parcel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "personalizations": [
            {
                "to": [_person(mail.to_name, mail.to_address)],
                "custom_args": {"letter": parcel.letter},
            }
        ],
        "from": _person(mail.from_name, mail.from_address),
        "subject": mail.subject,
        "content": [{"type": "text/plain", "value": mail.text}],
        "headers": {"Message-ID": f"<{mail.message_id}>", **options.headers_of(mail)},
        "tracking_settings": UNTRACKED,
        "mail_settings": UNCHANGED,
    }
    if html := html_of(mail):
        made["content"].append({"type": "text/html", "value": html})
    if mail.reply_address:
        made["reply_to"] = _person(mail.reply_name, mail.reply_address)
    if mail.enclosed:
        content = base64.b64encode(mail.enclosed).decode("ascii")
        enclosed = {"content": content, "type": "message/rfc822", "filename": "message.eml"}
        made["attachments"] = [enclosed | {"disposition": "attachment"}]
    return made


def _person(name: str, address: str) -> dict[str, str]:
    return {"email": address, "name": name} if name else {"email": address}


def _verdict(reply: Reply) -> Verdict:
    status = reply.status
    if status == 202:
        known = calls.word(reply.headers.get("x-message-id"))
        return Answer(text="Accepted", code="202", provider_id=known)
    if 200 <= status < 300:
        return options.rubbish(reply)
    errors = _errors(reply)
    said = _reason(errors)
    if status == 429:
        return options.refusal(reply, said, after=_wait(reply))
    if status == 400 and any(place.startswith("from") for place, _ in errors):
        return SendError(said, Next.STOP, code="400", account=True)  # no letter would pass
    spent = status == 401 and "credits exceeded" in said
    return options.refusal(reply, said, after=HOUR if spent else None)


def _errors(reply: Reply) -> list[tuple[str, str]]:
    """The field and the words of each error, as far as they can be read."""
    told = reply.json()
    listed = told.get("errors") if isinstance(told, dict) else None
    return [
        (calls.word(error.get("field")), calls.word(error.get("message")))
        for error in (listed if isinstance(listed, list) else [])
        if isinstance(error, dict)
    ]


def _reason(errors: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{place}: {text}" if place else text for place, text in errors)


def _wait(reply: Reply) -> float | None:
    """Seconds until X-RateLimit-Reset, a moment; None where it is not told."""
    text = reply.headers.get("x-ratelimit-reset", "")
    fits = text.isascii() and text.isdigit() and len(text) <= 12
    return options.seconds_until(reply, float(text)) if fits else None


class SendGridHook:
    """Calls signed with ECDSA over a time and the body; one holds many events."""

    name = "sendgrid"

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:
        """Raise Forged unless one of the public keys proves the call, and it is new.

        Raises SettingsError when a key is none, so that nothing could be proven.
        """
        stamp, given = call.headers.get(TIMESTAMP, ""), call.headers.get(SIGNATURE, "")
        if not (stamp and given):
            raise Forged("it is not signed")
        signed = stamp.encode("utf-8", "surrogatepass") + call.body
        if not any(ecdsa.is_signed(key, given, signed) for key in keys):
            raise Forged("its signature is not made with our key")
        calls.check_fresh(stamp, now)

    def read(self, call: Call) -> Sequence[News]:
        """The events of a call, in their order; raises ValueError."""
        events = calls.values(call.body)
        if not isinstance(events, list):
            raise ValueError("not a list of events")
        return [_news(calls.fields(event)) for event in events]


def _news(event: dict[str, Any]) -> News:
    kind = calls.word(event.get("event"))
    told = calls.note(event.get("reason"), event.get("response"))
    return News(
        id=calls.word(event.get("sg_event_id")) or calls.made_id(event),
        letter=calls.letter(event.get("letter")),
        said=_said(event),
        kind=kind,
        at=calls.moment(event.get("timestamp")),
        code=calls.code(told) or calls.code(calls.word(event.get("status"))),
        note=told,
        raw=calls.raw(event),
    )


def _said(event: dict[str, Any]) -> Said:
    said = EVENTS.get(calls.word(event.get("event")), Said.OTHER)
    # A "blocked" bounce is a refusal of this mail, for what it holds or whence it comes: the
    # mailbox may well be alive.
    blocked = said is Said.BOUNCED and event.get("type") == "blocked"
    return Said.DROPPED if blocked else said


HOOK = SendGridHook()
