"""Amazon SES v2: takes whole messages, and tells by SNS what became of them.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailer.errors import Next, SendError
from mailer.transports.api import calls, options
from mailer.transports.api.base import Provider, Reply, Request, Verdict
from mailer.transports.api.ses_hook import HOOK
from mailer.transports.api.sigv4 import Signer
from mailer.transports.base import Answer, Parcel
from mailer.transports.limits import Limits

__all__ = ["HOOK", "Ses", "from_url"]

EXAMPLE = "ses://KEY:SECRET@us-east-1?configuration=letters"
MINUTES = 600.0
"""Seconds. Amazon asks for up to ten minutes of patience once the quota of the last 24 hours is
used up; it comes back bit by bit."""

UNTRACKED = {"Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}}

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")
_SET = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of what Amazon's refusals mean: those of any of `names` that say any of `words`."""

    names: tuple[str, ...]
    words: tuple[str, ...] = ()  # in lower case; none: whatever it says
    then: Next = Next.STOP
    after: float | None = None
    act: bool = True  # somebody has to, before anything leaves
    why: str


_SIGNED = (
    "InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed",
    "AuthFailure",
)  # fmt: skip
_MUCH = (
    "TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded",
    "LimitExceededException",
)  # fmt: skip
_REJECTED = ("MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException")

RULES: tuple[Rule, ...] = (
    Rule(
        names=("RequestExpired", "RequestTimeTooSkewed"),
        why="this machine's clock is wrong: Amazon believes no signature of another time",
    ),
    Rule(
        names=_SIGNED, words=("expired", "not yet current", "skew", "earlier than", "later than"),
        why="this machine's clock is wrong: Amazon believes no signature of another time",
    ),
    Rule(
        names=_SIGNED,
        why="the secret does not belong to the key, or something on the way changes requests",
    ),
    Rule(
        names=("ExpiredTokenException", "ExpiredToken"),
        why="the key was for a time only, and that is over",
    ),
    Rule(
        names=(
            "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
            "MissingAuthenticationTokenException", "IncompleteSignatureException",
        ),
        why="Amazon does not know the key",
    ),
    Rule(
        names=("AccessDeniedException", "AccessDenied"),
        why="the key may not send: its policy needs ses:SendEmail and ses:SendRawEmail",
    ),
    Rule(names=("AccountSuspendedException",), why="Amazon has closed the account for mail"),
    Rule(names=("SendingPausedException",), why="sending is paused in Amazon's console"),
    Rule(
        names=_MUCH, words=("daily", "quota"), after=MINUTES,
        why="the account has sent its most for 24 hours",
    ),
    Rule(names=("LimitExceededException",), after=MINUTES, why="a limit of the account is reached"),
    Rule(names=_MUCH, after=1.0, act=False, why="more a second than the account may send"),
    Rule(
        names=_REJECTED, words=("not verified",),
        why="Amazon knows one of the addresses not to be ours: verify the domain of MAILER_FROM"
        " and MAILER_REPLY_DOMAIN in this region; in the sandbox recipients, too",
    ),
    Rule(
        names=("MailFromDomainNotVerifiedException",),
        why="the MAIL FROM domain is not set up as Amazon wants it",
    ),
    Rule(names=_REJECTED, words=("suspend", "paused"), why="Amazon lets the account send nothing"),
    Rule(
        names=("NotFoundException", "ConfigurationSetDoesNotExistException"),
        why="what configuration= names does not exist in this region",
    ),
    Rule(
        names=_REJECTED, words=("configuration set",),
        why="what configuration= names cannot be used",
    ),
)  # fmt: skip
"""The first row that fits counts. What fits none is about the letter where its status says so."""


@dataclass(frozen=True, kw_only=True)
class Ses:
    """An account with Amazon SES in one region."""

    signer: Signer
    base: str
    configuration: str = ""  # the set of rules there, which sends events on
    verp: bool = True
    clock: Callable[[], float] = field(default=time.time, repr=False)

    name = "ses"
    batch = 1  # in bulk it sends templates only
    limits = Limits()
    spacing = 0.0
    fields = False

    @property
    def account(self) -> str:
        """Names it without secrets."""
        return f"ses://{self.signer.region}"

    def ask(self, parcels: Sequence[Parcel]) -> Request:
        """Post one whole message.

        No FromEmailAddress: it would take the place of the message's From and its name. SES sends
        from an address of its own and passes bounces on to the one given here.
        """
        (parcel,) = parcels
        told: dict[str, Any] = {
            "Destination": {"ToAddresses": [parcel.recipient]},
            "Content": {"Raw": {"Data": base64.b64encode(parcel.data).decode("ascii")}},
            "EmailTags": [{"Name": "letter", "Value": parcel.letter}],
            "ConfigurationOverrides": UNTRACKED,
        }
        if self.verp and parcel.sender:
            told["FeedbackForwardingEmailAddress"] = parcel.sender
        if self.configuration:
            told["ConfigurationSetName"] = self.configuration
        url, headers = f"{self.base}/v2/email/outbound-emails", {"Content-Type": "application/json"}
        request = Request(url=url, headers=headers, body=options.body(told))
        return self.signer.sign(request, self.clock())

    def read(self, parcels: Sequence[Parcel], reply: Reply) -> Sequence[Verdict]:
        """What the reply means for the one letter."""
        return [_verdict(reply)] * len(parcels)

    def look(self) -> Request:
        """Ask what the account may send."""
        request = Request(method="GET", url=f"{self.base}/v2/email/account")
        return self.signer.sign(request, self.clock())

    def found(self, reply: Reply) -> str:
        """What the account may send; raises SendError when it may not."""
        where = f"Amazon SES in {self.signer.region}"
        if reply.status == 200:
            return f"{where}: {_standing(reply)}"
        if _name(reply).startswith("AccessDenied"):
            return f"{where} knows the key, which may not ask for more (ses:GetAccount)"
        raise _refusal(reply)


def from_url(url: str) -> Provider:
    """The account that ses://KEY:SECRET@REGION names; raises SettingsError."""
    found = options.read(
        url, EXAMPLE, options=("configuration", "token", "verp"), secret=True, place=True
    )
    if not _REGION.fullmatch(found.place):
        raise options.wrong(f"the region is written as us-east-1 or ca-central-1; write {EXAMPLE}")
    configuration = found.options.get("configuration", "")
    if "configuration" in found.options and not _SET.fullmatch(configuration):
        raise options.wrong("configuration is the name of a configuration set: letters, digits, -_")
    verp = found.options.get("verp", "on")
    if verp not in {"on", "off"}:
        raise options.wrong("verp is on or off")
    domain = "amazonaws.com.cn" if found.place.startswith("cn-") else "amazonaws.com"
    signer = Signer(
        key=found.key, secret=found.secret, token=found.options.get("token", ""),
        region=found.place, service="ses",
    )  # fmt: skip
    base = found.base(f"https://email.{found.place}.{domain}")
    return Ses(signer=signer, base=base, configuration=configuration, verp=verp == "on")


def _verdict(reply: Reply) -> Verdict:
    if reply.status != 200:
        return _refusal(reply)
    told = reply.json()
    known = calls.word(told.get("MessageId")) if isinstance(told, dict) else ""
    if not known:
        return options.rubbish(reply)
    return Answer(text="taken by Amazon SES", code="200", provider_id=known)


def _refusal(reply: Reply) -> SendError:
    name, said, code = _name(reply), _message(reply), f"{reply.status} {_name(reply)}".strip()
    for rule in RULES:
        if name in rule.names and (not rule.words or any(w in said.lower() for w in rule.words)):
            hint = options.retry_after(reply)
            after = rule.after if hint is None else hint
            return SendError(rule.why, rule.then, code=code, after=after, account=rule.act)
    return options.refusal(reply, ": ".join(part for part in (name, said) if part))


def _name(reply: Reply) -> str:
    """Amazon's name for what went wrong, as MessageRejected; "" where it gives none."""
    told = reply.json()
    inside = told.get("__type") or told.get("code") if isinstance(told, dict) else None
    given = reply.headers.get("x-amzn-errortype") or calls.word(inside)
    return calls.word(given.partition(":")[0].rpartition("#")[2], 80)


def _message(reply: Reply) -> str:
    told = reply.json()
    if not isinstance(told, dict):
        return ""
    return calls.note(told.get("message") or told.get("Message"))


def _standing(reply: Reply) -> str:
    """What GetAccount tells, in words; raises SendError when nothing would be sent."""
    told = reply.json()
    if not isinstance(told, dict) or not isinstance(told.get("SendingEnabled"), bool):
        raise options.rubbish(reply)
    if not told["SendingEnabled"] or told.get("EnforcementStatus") == "SHUTDOWN":
        raise SendError("Amazon lets the account send nothing now", Next.STOP, account=True)
    quota = calls.part(told, "SendQuota")
    most, rate = calls.word(quota.get("Max24HourSend")), calls.word(quota.get("MaxSendRate"))
    said = [f"at most {rate or '?'} mails a second, {'any number' if most == '-1' else most or '?'}"
            " in 24 hours", f"{calls.word(quota.get('SentLast24Hours')) or '?'} sent"]  # fmt: skip
    if told.get("EnforcementStatus") == "PROBATION":
        said.append("under review by Amazon: too many bounces or complaints")
    if told.get("ProductionAccessEnabled") is False:
        said.append("in the sandbox: only verified addresses get mail")
    return ", ".join(said)
