"""Brevo: takes fields, each request once within half an hour, and tells what became of them.

https://developers.brevo.com/reference/send-transac-email
https://developers.brevo.com/docs/heterogenous-versions-batch-emails (idempotencyKey)
https://developers.brevo.com/docs/transactional-webhooks
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.header import Header
from typing import Any
from uuid import UUID, uuid5

from mailer.errors import Next, SendError
from mailer.message import Mail, html_of
from mailer.transports.api import calls, options, secrets
from mailer.transports.api.base import Call, News, Provider, Reply, Request, Said, Verdict
from mailer.transports.base import Answer, Parcel
from mailer.transports.limits import Limits

EVENTS: dict[str, Said] = {
    "delivered": Said.DELIVERED,
    "hard_bounce": Said.BOUNCED,
    "soft_bounce": Said.DROPPED,  # it gave up; while it goes on trying it says "deferred"
    "deferred": Said.DEFERRED,
    "blocked": Said.DROPPED,
    "invalid_email": Said.DROPPED,
    "error": Said.DROPPED,
    "spam": Said.COMPLAINED,
    "complaint": Said.COMPLAINED,
    "request": Said.OTHER,
    "sent": Said.OTHER,
    "opened": Said.OTHER,
    "unique_opened": Said.OTHER,
    "proxy_open": Said.OTHER,
    "unique_proxy_open": Said.OTHER,
    "click": Said.OTHER,
    "unsubscribed": Said.OTHER,
}

API = "https://api.brevo.com"
EXAMPLE = "brevo://KEY"

LONGEST_NAME = 70  # characters
KEY_LIFE = 1800.0  # seconds for which a request's key is remembered

DUPLICATE = frozenset({"duplicate_parameter", "duplicate_request"})
"""An earlier request with the same key, which follows from all that a request says, was taken."""
ACCOUNT = frozenset({"not_enough_credits", "permission_denied", "account_under_validation"})

SHOWN_IN = "x-mailer-hook"

_KEYS = UUID("6d7a4d5e-7a43-4f0c-9d53-0a1f6b0c2e84")  # the root of all our keys; any UUID would do
# Brevo's template language. Nothing switches it off, so no text of ours may begin a word of it.
_BRACE = re.compile(r"\{(?=[{%#])")
_JOINED = "{\u2060"  # WORD JOINER takes no room and is not seen
_SPECIALS = frozenset('()<>@,:;.\\"[]')  # RFC 5322, 3.2.3


@dataclass(frozen=True, kw_only=True)
class Brevo:
    """An account with Brevo."""

    key: str = field(repr=False)
    base: str = API  # of all addresses, without a slash at the end

    name = "brevo"
    account = "brevo"
    batch = 1  # the versions in one of theirs share their sender
    limits = Limits()
    spacing = 0.0
    fields = True

    def ask(self, parcels: Sequence[Parcel]) -> Request:
        """One letter as fields, with a key that lets it be taken once; raises SendError (FAIL)."""
        (parcel,) = parcels
        made = _payload(options.mail_of(parcel), parcel)
        # Not from the letter's id alone: what staff repair and send again is another request.
        made["headers"]["idempotencyKey"] = str(uuid5(_KEYS, options.body(made).decode("ascii")))
        return Request(
            url=f"{self.base}/v3/smtp/email",
            headers=self._headers(),
            body=options.body(made),
            again=True,
        )

    def read(self, parcels: Sequence[Parcel], reply: Reply) -> Sequence[Verdict]:  # noqa: ARG002
        """What the reply means for the one letter."""
        return [_verdict(reply)]

    def look(self) -> Request:
        """Ask whose key this is."""
        return Request(method="GET", url=f"{self.base}/v3/account", headers=self._headers())

    def found(self, reply: Reply) -> str:
        """Whether the key is known, and the credits left where they are told; raises SendError."""
        told = reply.json()
        if reply.status != 200:
            raise options.refusal(reply, _errors(reply)[1])
        if not isinstance(told, dict) or "email" not in told:
            raise SendError("the answer is not one of Brevo", Next.STOP, code="200")
        plans = told.get("plan")
        left = [
            f"{calls.word(plan.get('type'))}: {calls.word(plan.get('credits'))} credits"
            for plan in (plans if isinstance(plans, list) else [])
            if isinstance(plan, dict) and calls.word(plan.get("credits"))
        ]
        return ", ".join(["Brevo knows the key", *left])

    def _headers(self) -> dict[str, str]:
        kind = "application/json"
        return {"api-key": self.key, "Accept": kind, "Content-Type": kind}


def from_url(url: str) -> Provider:
    """The account that brevo://KEY names; raises SettingsError."""
    place = options.read(url, EXAMPLE)
    return Brevo(key=place.key, base=place.base(API))


def _payload(mail: Mail, parcel: Parcel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "sender": _person(mail.from_name, mail.from_address),
        "to": [_person(mail.to_name, mail.to_address)],
        "subject": _plain(mail.subject),
        "textContent": _plain(mail.text),
        "htmlContent": _html(mail).replace("{", "&#123;"),
        "headers": {"X-Mailin-custom": parcel.letter, **options.headers_of(mail)},
    }
    if mail.reply_address:
        # It writes this name as it comes, and no mail server has to take one that is not ASCII.
        name = mail.reply_name if mail.reply_name.isascii() else ""
        made["replyTo"] = _person(name, mail.reply_address)
    if mail.enclosed:
        content = base64.b64encode(mail.enclosed).decode("ascii")
        made["attachment"] = [{"name": "message.eml", "content": content}]
    return made


def _html(mail: Mail) -> str:
    """The HTML of every mail: Brevo makes a mail of text alone into one of HTML alone, which
    filters like far less (https://github.com/anymail/django-anymail/pull/487)."""
    return html_of(replace(mail, html=True))


def _plain(text: str) -> str:
    """`text` with nothing in it that begins a word of the template language, looking the same."""
    return _BRACE.sub(_JOINED, text)


def _person(name: str, address: str) -> dict[str, str]:
    shown = _name(_plain(name))
    return {"email": address, "name": shown} if shown else {"email": address}


def _name(name: str) -> str:
    """A name that arrives: one of other than ASCII letters with a comma or the like in it is lost
    on its way, unless it comes as an encoded-word (RFC 2047) or without the comma."""
    name = name[:LONGEST_NAME].rstrip()
    if name.isascii() or _SPECIALS.isdisjoint(name):
        return name
    encoded = Header(name, "utf-8").encode(maxlinelen=0)
    if len(encoded) <= LONGEST_NAME:
        return encoded
    return " ".join("".join(" " if sign in _SPECIALS else sign for sign in name).split())


def _verdict(reply: Reply) -> Verdict:
    status, told = reply.status, reply.json()
    if 200 <= status < 300:
        known = calls.word(told.get("messageId")) if isinstance(told, dict) else ""
        if not known:
            return options.rubbish(reply)
        return Answer(text="accepted", code=str(status), provider_id=known.strip("<>"))
    code, said = _errors(reply)
    if code in DUPLICATE:
        return Answer(text="an earlier request for it had been taken", code=f"{status} {code}")
    if status == 429:
        wait = options.seconds(reply.headers.get("x-sib-ratelimit-reset"))
        return options.refusal(reply, said, after=wait)
    if code in ACCOUNT or status in {402, 403} or (status == 400 and "sender" in said.lower()):
        # Should the refused request have used up its key, it must be forgotten before the letter
        # is tried again: a duplicate always means that one was taken.
        return SendError(said, Next.STOP, code=str(status), after=KEY_LIFE, account=True)
    return options.refusal(reply, said)


def _errors(reply: Reply) -> tuple[str, str]:
    """The code and the words of an error, as far as they can be read."""
    told = reply.json()
    if not isinstance(told, dict):
        return "", ""
    return calls.word(told.get("code")), calls.note(told.get("message"))


class BrevoHook:
    """Calls that show a secret: Brevo signs nothing, so what they say is as good as the secret."""

    name = "brevo"

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:  # noqa: ARG002
        """Raise Forged unless the call shows one of the keys.

        A key is a token (of `Authorization: Bearer`, or of the header X-Mailer-Hook), or
        `user:password` of a URL. Brevo gives no time that could be trusted.
        """
        secrets.check(call, keys)

    def read(self, call: Call) -> Sequence[News]:
        """The event of a call, or the events of a batched one; raises ValueError."""
        told = calls.values(call.body)
        return [
            _news(calls.fields(event)) for event in (told if isinstance(told, list) else [told])
        ]


HOOK = BrevoHook()


def _news(event: dict[str, Any]) -> News:
    kind = calls.word(event.get("event"))
    if not kind:
        raise ValueError("not an event")
    told = calls.note(event.get("reason"))
    at = calls.moment(event.get("ts_epoch"), 0.001)
    # Events have no id. A repeated call repeats all of these.
    names = ("event", "message-id", "email", "ts_event", "ts_epoch", "X-Mailin-custom", "link")
    return News(
        id=calls.made_id(*[event.get(name) for name in names]),
        letter=calls.letter(event.get("X-Mailin-custom")),
        said=EVENTS.get(kind, Said.OTHER),
        kind=kind,
        at=at if at is not None and at > 1e9 else calls.moment(event.get("ts_event")),
        code=calls.code(told),
        note=told,
        raw=calls.raw(event),
    )
