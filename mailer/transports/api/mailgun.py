"""Mailgun: takes whole messages, and tells what became of them.

https://documentation.mailgun.com/docs/mailgun/api-reference (messages.mime, events, webhooks)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from mailer.errors import Next, SendError
from mailer.transports.api import calls, options
from mailer.transports.api.base import Call, Forged, News, Provider, Reply, Request, Said, Verdict
from mailer.transports.base import Answer, Parcel
from mailer.transports.limits import Limits

EVENTS: dict[tuple[str, str], Said] = {
    ("delivered", ""): Said.DELIVERED,
    ("failed", "permanent"): Said.BOUNCED,  # but see _said
    ("failed", "temporary"): Said.DEFERRED,
    ("rejected", ""): Said.DROPPED,
    ("complained", ""): Said.COMPLAINED,
    ("accepted", ""): Said.OTHER,
    ("opened", ""): Said.OTHER,
    ("clicked", ""): Said.OTHER,
    ("unsubscribed", ""): Said.OTHER,
    ("stored", ""): Said.OTHER,
}
"""By event and severity."""

REGIONS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
EXAMPLE = "mailgun://KEY@mg.campaign.example?region=eu"

UNTRACKED = {"o:tracking": "no", "o:tracking-clicks": "no", "o:tracking-opens": "no"}

# Words that Mailgun replaces in any message, where its unsubscribe links are switched on. Other
# words between % signs are replaced only where a request brings recipient-variables: none does.
_REPLACED = re.compile(r"%(?:tag_|mailing_list_)?unsubscribe_(?:url|email)%")
_AGAIN = re.compile(r"try again after ([A-Za-z0-9,: +-]{10,40})")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")

WRONG_PLACE = "Mailgun Magnificent API"
HINTS = {
    401: "the key is no key of this domain, or of the other region: see ?region=eu",
    404: "look at the domain's name and at ?region=eu",
}


@dataclass(frozen=True, kw_only=True)
class Mailgun:
    """One domain of an account with Mailgun."""

    key: str = field(repr=False)
    domain: str
    base: str  # of all addresses, without a slash at the end

    name = "mailgun"
    batch = 1  # theirs has one text for all, with variables
    limits = Limits()
    spacing, fields = 0.0, False

    @property
    def account(self) -> str:
        """Names it without secrets."""
        return f"mailgun://{self.domain}"

    def ask(self, parcels: Sequence[Parcel]) -> Request:
        """Post one whole message; raises SendError (FAIL) for one that Mailgun would change."""
        (parcel,) = parcels
        _refuse_replaced(parcel)
        return self._post(
            {
                "to": parcel.recipient,
                "message": ("message.eml", parcel.data, "message/rfc822"),
                **UNTRACKED,
                "v:letter": parcel.letter,
            }
        )

    def read(self, parcels: Sequence[Parcel], reply: Reply) -> Sequence[Verdict]:  # noqa: ARG002
        """What the reply means for the one letter."""
        return [_verdict(reply)]

    def look(self) -> Request:
        """Post a message for nobody: whoever may send is told that a recipient is missing."""
        return self._post({"o:testmode": "yes"})

    def found(self, reply: Reply) -> str:
        """Whether the key may send for the domain; raises SendError."""
        if reply.status == 400 and "parameter is missing" in _message(reply):
            return f"Mailgun knows the key, and it may send for {self.domain}"
        verdict = _verdict(reply)
        if isinstance(verdict, SendError):
            raise verdict
        raise SendError("Mailgun took a message without a recipient", code=verdict.code)

    def _post(self, form: dict[str, Any]) -> Request:
        body, kind = encode_multipart_formdata(form)
        secret = base64.b64encode(f"api:{self.key}".encode()).decode("ascii")
        return Request(
            url=f"{self.base}/v3/{self.domain}/messages.mime",
            headers={"Authorization": f"Basic {secret}", "Content-Type": kind},
            body=body,
        )


def from_url(url: str) -> Provider:
    """The account that mailgun://KEY@DOMAIN names; raises SettingsError."""
    place = options.read(url, EXAMPLE, options=("region",), place=True)
    region = place.options.get("region", "us")
    if region not in REGIONS:
        raise options.wrong(f"region is {' or '.join(REGIONS)}")
    if not _DOMAIN.fullmatch(place.place):
        raise options.wrong(f"the domain behind the @ is not written right; write {EXAMPLE}")
    domain = place.place.lower()
    return Mailgun(key=place.key, domain=domain, base=place.base(REGIONS[region]))


def _refuse_replaced(parcel: Parcel) -> None:
    mail = parcel.mail
    said = (mail.subject, mail.text, mail.from_name, mail.to_name, mail.reply_name) if mail else ()
    found = _REPLACED.search("\n".join(said))
    if found:
        raise SendError(f"{found[0]} stands in it, which Mailgun would replace", Next.FAIL)


def _verdict(reply: Reply) -> Verdict:
    said, status = _message(reply), reply.status
    if status == 200:
        return _taken(reply, said)
    if status in {420, 429}:
        return SendError(said, Next.STOP, code=str(status), after=_wait(reply, said))
    if status == 400 and "is not allowed to send" in said:  # not activated, not verified, a sandbox
        return SendError(said, Next.STOP, code="400", account=True)
    hint = HINTS.get(status)
    return options.refusal(reply, f"{said} ({hint})" if hint else said)


def _taken(reply: Reply, said: str) -> Verdict:
    if WRONG_PLACE in said:
        text = f"{said}: there is nothing at this address; check the domain and ?api="
        return SendError(text, Next.STOP, code="200", account=True)
    told = reply.json()
    known = calls.word(told.get("id")) if isinstance(told, dict) else ""
    if not known:
        return options.rubbish(reply)
    return Answer(text=said, code="200", provider_id=known.strip("<>"))


def _message(reply: Reply) -> str:
    """What Mailgun says: JSON, or a few words of plain text."""
    told = reply.json()
    if isinstance(told, dict):
        return calls.note(told.get("message"), told.get("Error"))
    text = reply.body[:200].decode("utf-8", "replace")
    return "" if "<" in text else calls.note(text)


def _wait(reply: Reply, said: str) -> float:
    """Seconds until the moment that a refusal names; a minute where it names none."""
    again = _AGAIN.search(said)
    try:
        when = parsedate_to_datetime(again[1]) if again else None
    except ValueError:
        when = None
    if when is None:
        return options.retry_after(reply) or 60.0
    return options.seconds_until(reply, when.replace(tzinfo=when.tzinfo or UTC).timestamp())


class MailgunHook:
    """Calls signed over a time and a token, not over what they say."""

    name = "mailgun"

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:
        """Raise Forged unless one of the signing keys proves its time and token, and it is new."""
        signed = _signature(call)
        stamp, token = calls.word(signed.get("timestamp")), calls.word(signed.get("token"))
        given = calls.word(signed.get("signature"))
        if not (stamp and token and given):
            raise Forged("it is not signed")
        proofs = [hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256) for key in keys]
        if not any(calls.same(given, proof.hexdigest()) for proof in proofs):
            raise Forged("its signature is not made with our key")
        calls.check_fresh(stamp, now)

    def once(self, call: Call) -> str:
        """The token, which is signed in the place of the body."""
        return calls.word(_signature(call).get("token"))

    def read(self, call: Call) -> Sequence[News]:
        """The one event of a call; raises ValueError."""
        event = calls.fields(calls.fields(calls.values(call.body)).get("event-data"))
        status = calls.part(event, "delivery-status")
        at = calls.moment(event.get("timestamp"))
        known = calls.word(event.get("id"))  # unique within a day
        rejected = calls.part(event, "reject").get("reason")
        told = (event.get("reason"), status.get("message"), status.get("description"), rejected)
        return [
            News(
                id=f"{known}-{int(at or 0)}" if known else calls.made_id(event),
                letter=calls.letter(calls.part(event, "user-variables").get("letter")),
                said=_said(event, status),
                kind=" ".join(_kind(event)).strip(),
                at=at,
                code=_code(status),
                note=calls.note(*told),
                raw=calls.raw(event),
            )
        ]


def _signature(call: Call) -> dict[str, Any]:
    try:
        return calls.part(calls.fields(calls.values(call.body)), "signature")
    except ValueError:
        return {}


def _kind(event: dict[str, Any]) -> tuple[str, str]:
    kind, severity = calls.word(event.get("event")), calls.word(event.get("severity"))
    return (kind, severity) if kind == "failed" else (kind, "")


def _said(event: dict[str, Any], status: dict[str, Any]) -> Said:
    said = EVENTS.get(_kind(event), Said.OTHER)
    # A permanent failure is a refusal only where the mailbox's server gave it. Mailgun has numbers
    # of its own from 600 on for addresses it does not even try, and gives up after 4xx.
    number = status.get("code")
    by_server = isinstance(number, int) and 500 <= number < 600
    suppressed = calls.word(event.get("reason")).startswith("suppress")
    return Said.DROPPED if said is Said.BOUNCED and (suppressed or not by_server) else said


def _code(status: dict[str, Any]) -> str:
    enhanced = status.get("enhanced-code") or status.get("bounce-code")
    return calls.code(f"{calls.word(status.get('code'))} {calls.word(enhanced)}")


HOOK = MailgunHook()
