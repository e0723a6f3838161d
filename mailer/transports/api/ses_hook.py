"""What Amazon SES tells of the mail it took, by SNS.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mailer.transports.api import calls, sns
from mailer.transports.api.base import Call, News, Said

EVENTS: dict[str, Said] = {
    "Delivery": Said.DELIVERED,
    "DeliveryDelay": Said.DEFERRED,
    "Complaint": Said.COMPLAINED,
    "Reject": Said.DROPPED,  # it holds a virus
    "Rendering Failure": Said.DROPPED,
    "Send": Said.OTHER,
    "Open": Said.OTHER,
    "Click": Said.OTHER,
    "Subscription": Said.OTHER,
    "Bounce Permanent": Said.BOUNCED,
    # SES tried for hours, or a message of another form came back. An office's automatic reply
    # looks like the latter: see _said.
    "Bounce Transient": Said.DROPPED,
    "Bounce Undetermined": Said.DROPPED,
}

NOT_TRIED = {"Suppressed", "OnAccountSuppressionList", "OnTenantSuppressionList"}
VAGUE = {("Transient", "General"), ("Undetermined", "Undetermined")}

PARTS = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}
"""Where an event keeps what it has to say; of others the same word in lower case."""

RECIPIENTS = ("bouncedRecipients", "delayedRecipients")


class SesHook:
    """Calls signed by SNS for one topic. The keys of `verify` are names (ARN) of topics."""

    name = "ses"
    hosts = sns.HOSTS

    def __init__(self, fetch: sns.Fetch = sns.fetch) -> None:
        self._proof = sns.Proof(fetch=fetch)

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:
        """Raise Forged unless SNS sent the call for one of the topics, within the last hour.

        Raises OutboundError when its certificate cannot be had now, and SettingsError when nothing
        could ever be proven.
        """
        self._proof.verify(call, keys, now)

    def asked(self, call: Call) -> str:
        """Where to say yes to a subscription to the topic."""
        return sns.subscribe_url(sns.message(call))

    def read(self, call: Call) -> Sequence[News]:
        """The one event of a call; raises ValueError."""
        found = sns.message(call)
        text, kind = found.get("Message"), found["Type"]
        if kind == sns.NOTIFICATION and isinstance(text, str) and text.lstrip().startswith("{"):
            return [_news(calls.fields(calls.values(text.encode("utf-8", "surrogatepass"))))]
        # A question, or the greeting to a new topic. Its links let anybody subscribe or not: they
        # are not kept.
        known = calls.word(found.get("MessageId")) or calls.made_id(text)
        at, told = sns.moment(found.get("Timestamp")), calls.note(text)
        return [News(id=known, letter="", said=Said.OTHER, kind=kind, at=at, note=told, raw=told)]


HOOK = SesHook()


def _news(event: dict[str, Any]) -> News:
    kind = calls.word(event.get("eventType") or event.get("notificationType"))
    if not kind:
        raise ValueError("not an event of SES")
    mail, part = calls.part(event, "mail"), calls.part(event, PARTS.get(kind, kind.lower()))
    recipients = [one for name in RECIPIENTS for one in _objects(part.get(name))]
    told = [calls.word(one.get("diagnosticCode")) for one in recipients]
    note = calls.note(
        *told, part.get("smtpResponse"), part.get("complaintFeedbackType"), part.get("reason"),
        part.get("errorMessage"), part.get("delayType"),
    )  # fmt: skip
    status = next((calls.word(one.get("status")) for one in recipients), "")
    stamp = part.get("timestamp") or mail.get("timestamp")
    return News(
        id=_id(kind, mail, part, stamp),
        letter=_letter(mail),
        said=_said(kind, part, recipients),
        kind=" ".join(filter(None, (kind, *_subtypes(part)))),
        at=sns.moment(stamp),
        code=calls.code(note) or calls.code(status),
        note=note,
        raw=calls.raw(event),
    )


def _id(kind: str, mail: dict[str, Any], part: dict[str, Any], stamp: Any) -> str:
    """Of the event, not of the message that brings it: SES may publish one event several times."""
    known = calls.word(part.get("feedbackId"))
    return f"{kind} {known}" if known else calls.made_id(kind, mail.get("messageId"), stamp)


def _said(kind: str, part: dict[str, Any], recipients: Sequence[dict[str, Any]]) -> Said:
    main, sub = _subtypes(part)
    said = EVENTS.get(f"{kind} {main}" if kind == "Bounce" else kind, Said.OTHER)
    if said in {Said.BOUNCED, Said.COMPLAINED} and sub in NOT_TRIED:
        return Said.DROPPED
    failed = any(one.get("action") == "failed" for one in recipients)
    if said is Said.DROPPED and (main, sub) in VAGUE and not failed:
        return Said.OTHER  # no report came with it: "out of the office" comes so, too
    return said


def _subtypes(part: dict[str, Any]) -> tuple[str, str]:
    """What kind of bounce or complaint, and more closely."""
    sub = part.get("bounceSubType") or part.get("complaintSubType")
    return calls.word(part.get("bounceType")), calls.word(sub)


def _letter(mail: dict[str, Any]) -> str:
    """The letter's id: of its tag, which a configuration set's events have; else of the headers
    that a notification may bring."""
    tags = calls.part(mail, "tags").get("letter")
    if isinstance(tags, list) and tags:
        return calls.letter(tags[0])
    for header in _objects(mail.get("headers")):
        if calls.word(header.get("name")).lower() == "message-id":
            return calls.letter(calls.word(header.get("value")).strip("<>").partition("@")[0])
    return ""


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    yield from (one for one in (value if isinstance(value, list) else []) if isinstance(one, dict))
