"""Postmark: batches of up to 500 letters, each with an answer of its own.

https://postmarkapp.com/developer/api/email-api (batches, limits)
https://postmarkapp.com/developer/api/overview (codes)
https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mailer.errors import Next, SendError
from mailer.message import Mail, html_of
from mailer.transports.api import calls, options, secrets
from mailer.transports.api.base import Call, News, Reply, Request, Said, Verdict
from mailer.transports.base import Answer, Parcel
from mailer.transports.limits import Limits

EVENTS: dict[str, Said] = {
    "Delivery": Said.DELIVERED,
    "SpamComplaint": Said.COMPLAINED,
    # The types of a Bounce.
    "HardBounce": Said.BOUNCED,
    "BadEmailAddress": Said.BOUNCED,
    "Transient": Said.DEFERRED,
    "SoftBounce": Said.DROPPED,  # it tried for hours, and gave up
    "DnsError": Said.DROPPED,
    "Blocked": Said.DROPPED,
    "SpamNotification": Said.DROPPED,
    "VirusNotification": Said.DROPPED,
    "DMARCPolicy": Said.DROPPED,
    "ManuallyDeactivated": Said.DROPPED,
    "SMTPApiError": Said.DROPPED,
    # What came back was no refusal, or nobody can say what it was.
    "AutoResponder": Said.OTHER,
    "AddressChange": Said.OTHER,
    "ChallengeVerification": Said.OTHER,
    "Subscribe": Said.OTHER,
    "Unsubscribe": Said.OTHER,
    "Unknown": Said.OTHER,
    # Other records.
    "SubscriptionChange": Said.OTHER,
    "Open": Said.OTHER,
    "Click": Said.OTHER,
}

BASE = "https://api.postmarkapp.com"
EXAMPLE = "postmark://SERVER-TOKEN"
MOST = 500
USUAL = 50
STREAM = "outbound"

ACCOUNT = {10, 400, 401, 405, 412, 413, 1221, 1235}
"""Codes for which somebody has to act: the token, our address, credit, approval, the stream."""
BUSY = {100, 429}


def from_url(url: str) -> Postmark:
    """The account of postmark://TOKEN; raises SettingsError."""
    place = options.read(url, EXAMPLE, options=("stream", "batch"))
    return Postmark(
        key=place.key, base=place.base(BASE), stream=place.options.get("stream", STREAM),
        batch=place.whole("batch", USUAL, 1, MOST),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Postmark:
    """One server's token, and one of its message streams."""

    key: str = field(repr=False)
    base: str = BASE
    stream: str = STREAM
    batch: int = USUAL

    name = "postmark"
    limits = Limits()
    spacing = 0.0
    fields = True

    @property
    def account(self) -> str:
        """The stream; a new token does not make it another account."""
        return f"postmark://{self.stream}"

    def ask(self, parcels: Sequence[Parcel]) -> Request:
        """One batch, also for one letter: its answer has the same form."""
        body = options.body([self._message(parcel) for parcel in parcels])
        headers = self._headers() | {"Content-Type": "application/json"}
        return Request(url=f"{self.base}/email/batch", headers=headers, body=body)

    def read(self, parcels: Sequence[Parcel], reply: Reply) -> Sequence[Verdict]:
        """A verdict for each letter of the batch; raises SendError for the whole of it."""
        if reply.status != 200:
            raise _refused(reply)
        items = reply.json()
        if not isinstance(items, list) or len(items) != len(parcels):
            raise options.rubbish(reply)
        return [_verdict(item, reply) for item in items]

    def look(self) -> Request:
        """The server whose token it is."""
        return Request(method="GET", url=f"{self.base}/server", headers=self._headers())

    def found(self, reply: Reply) -> str:
        """The server's name, and whether it delivers."""
        if reply.status != 200:
            raise _refused(reply)
        name, kind = options.said(reply, "Name"), options.said(reply, "DeliveryType")
        if not name:
            raise SendError("the answer is not one of Postmark", Next.STOP, code="200")
        sandbox = "; it is a sandbox and delivers nothing" if kind == "Sandbox" else ""
        return f"Postmark knows the key: server {name}, stream {self.stream}{sandbox}"

    def _headers(self) -> dict[str, str]:
        return {"X-Postmark-Server-Token": self.key, "Accept": "application/json"}

    def _message(self, parcel: Parcel) -> dict[str, Any]:
        mail = options.mail_of(parcel)
        message: dict[str, Any] = {
            "From": options.person(mail.from_name, mail.from_address),
            "To": options.person(mail.to_name, mail.to_address),
            "Subject": mail.subject,
            "TextBody": mail.text,
            "Headers": _lines(mail),
            "Metadata": {"letter": parcel.letter},
            "MessageStream": self.stream,
            "TrackOpens": False,
            "TrackLinks": "None",
        }
        if html := html_of(mail):
            message["HtmlBody"] = html
        if mail.reply_address:
            message["ReplyTo"] = options.person(mail.reply_name, mail.reply_address)
        if mail.enclosed:
            content = base64.b64encode(mail.enclosed).decode("ascii")
            enclosed = {"Name": "message.eml", "ContentType": "message/rfc822"}
            message["Attachments"] = [enclosed | {"Content": content}]
        return message


class PostmarkHook:
    """Calls that show a secret: Postmark signs nothing, so what they say is as good as it."""

    name = "postmark"

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:  # noqa: ARG002
        """Raise Forged unless the call shows one of the keys. It says no time to be trusted."""
        secrets.check(call, keys)

    def read(self, call: Call) -> Sequence[News]:
        """The one event of a call; raises ValueError."""
        event = calls.fields(calls.values(call.body))
        record = calls.word(event.get("RecordType"))
        if not record:
            raise ValueError("not an event")
        kind = calls.word(event.get("Type")) if record == "Bounce" else record
        when = event.get("DeliveredAt") or event.get("BouncedAt") or event.get("ChangedAt")
        names = ("MessageID", "Recipient", "Email", "ReceivedAt")
        told = calls.note(event.get("Description"), event.get("Details"))
        return [
            News(
                id=calls.made_id(record, event.get("ID"), when, *map(event.get, names)),
                letter=calls.letter(calls.part(event, "Metadata").get("letter")),
                said=EVENTS.get(kind, Said.OTHER),
                kind=kind or record,
                at=calls.date(when),
                code=calls.code(calls.word(event.get("Details"))),
                note=told,
                raw=calls.raw(event),
            )
        ]


HOOK = PostmarkHook()


def _lines(mail: Mail) -> list[dict[str, str]]:
    # Postmark replaces the Message-ID unless it is told to keep ours.
    kept = {"Message-ID": f"<{mail.message_id}>", "X-PM-KeepID": "true"}
    found = kept | options.headers_of(mail)
    return [{"Name": name, "Value": value} for name, value in found.items()]


def _verdict(item: Any, reply: Reply) -> Verdict:
    """What one letter's part of the answer means."""
    code = item.get("ErrorCode") if isinstance(item, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return options.rubbish(reply)
    words = str(item.get("Message", ""))[: options.LONGEST_REASON]
    if code == 0:
        return Answer(text=words, code="200", provider_id=str(item.get("MessageID", "")))
    return _error(code, words or "no reason given") or SendError(words, Next.FAIL, code=str(code))


def _refused(reply: Reply) -> SendError:
    """What a refusal of the whole request means."""
    words, code = options.said(reply, "Message"), options.said(reply, "ErrorCode")
    known = _error(int(code), words, options.retry_after(reply)) if code.isdecimal() else None
    return known or options.refusal(reply, words)


def _error(code: int, words: str, after: float | None = None) -> SendError | None:
    if code in ACCOUNT | BUSY:
        act = code in ACCOUNT
        return SendError(words, Next.STOP, code=str(code), after=after, account=act)
    return None
