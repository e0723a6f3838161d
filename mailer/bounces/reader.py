"""One message that came back: what it is, of which letter, and how bad it is.

A report of RFC 3464 comes first, words second. What is not proven is never hard: a letter whose
bounce nobody can read needs a person's look, an office held for dead by mistake loses letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mailer.bounces import automatic, whom
from mailer.bounces.opened import Opened, opened
from mailer.bounces.signs import is_bounce, is_warning
from mailer.bounces.values import Bounce, Kind
from mailer.bounces.words import NO_DOMAIN, is_of_another_moment, is_proven, is_there, meaning
from mailer.message import tokens
from mailer.message.tokens import Named

LONGEST_NOTE = 300
# RFC 3463, 3.2: no such mailbox, system, or a mailbox that has moved; RFC 7505: no mail at all.
_DEAD = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10"})
_POLICY = "5.7."  # security or policy: what is not known is our host
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ ,-])(?![ -]\d{1,3}\.\d{1,3}\.\d{1,3}\.\d)")
_ADDRESSED = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "x-rcpt-to", "to")
_OF_BOUNCES = frozenset({Kind.HARD, Kind.SOFT, Kind.COMPLAINT})
_GOES_ON = ("delayed", "delivered", "relayed", "expanded")
_NEAR = 1500  # characters after an address that speak of it


def read(data: bytes, *, envelope_to: str = "", keys: Sequence[str] = ()) -> Bounce:
    """What `data`, a whole message, tells; `envelope_to` is the address it was delivered to.

    Any bytes are read; what they do not tell is "", and Kind.UNKNOWN. The letter it names is
    proven where one of `keys` marked the address: that for bounces, or for answers that for them.
    """
    message = opened(data)
    about = _named(message, envelope_to, keys)
    bounce = _read(message, about.letter)
    told = bounce.kind in _OF_BOUNCES
    return replace(
        bounce, letter=about.letter, proven=about.bounces if told else about.proven,
        at_alias=about.at_alias,
    )  # fmt: skip


def _read(message: Opened, letter: str) -> Bounce:
    if automatic.is_complaint(message):
        return Bounce(kind=Kind.COMPLAINT, recipient=_complained(message))
    if message.reports:
        return _from_report(message)
    bounced = is_bounce(message)
    if automatic.is_marked(message) and (not bounced or automatic.has_subject(message)):
        return _plain(Kind.AUTOREPLY, message)
    if bounced:
        return _from_words(message, letter)
    if automatic.is_likely(message):
        return _plain(Kind.AUTOREPLY, message)
    if letter and message.header("from"):
        return _plain(Kind.REPLY, message)
    return _plain(Kind.UNKNOWN, message)


@dataclass(frozen=True, kw_only=True)
class _Named:
    """The letter that a message speaks of, and what proves it."""

    letter: str = ""
    bounces: bool = False  # the address for its bounces
    proven: bool = False  # that one, or the one for its answers
    at_alias: bool = False  # it came to the one for its answers


def _named(message: Opened, envelope_to: str, keys: Sequence[str]) -> _Named:
    """The letter that the envelope, or else the message that came back, names.

    What is proven comes before what anybody can say who has seen the letter.
    """
    addressed = [value for name in _ADDRESSED for value in message.head.get(name, ())]
    to = _tokens((envelope_to, *addressed), keys)
    sent = (message.sent("return-path"), message.sent("x-envelope-from"),
            message.feedback.get("original-mail-from", ""))  # fmt: skip
    found = [*to, *_tokens(sent, keys)]
    said = [*found, *_tokens((message.said,), keys)]
    proven = [one for one in said if one.proven]
    letters = [one.letter for one in (*proven, *found)] + list(_by_message_ids(message))
    letter = next(iter([*letters, *(one.letter for one in said)]), "")
    ours = [one for one in proven if one.letter == letter]
    return _Named(
        letter=letter, proven=bool(ours), bounces=any(not one.answers for one in ours),
        at_alias=any(one in ours and one.answers for one in to),
    )  # fmt: skip


def _tokens(values: Sequence[str], keys: Sequence[str]) -> list[Named]:
    return [one for value in values for one in tokens.named_in(value, keys)]


def _by_message_ids(message: Opened) -> Iterator[str]:
    replied = [*message.head.get("in-reply-to", ()), *message.head.get("references", ())]
    for value in (message.sent("message-id"), *replied):
        yield from tokens.letters_of(value)


def _plain(kind: Kind, message: Opened) -> Bounce:
    return Bounce(kind=kind, note=_line(message.header("subject"))[:LONGEST_NOTE])


def _complained(message: Opened) -> str:
    found = whom.ADDRESS.search(message.feedback.get("original-rcpt-to", ""))
    return found[0] if found else ""


def _from_report(message: Opened) -> Bounce:
    group = _worst(message.reports)
    action = group.get("action", "").split(" ")[0].lower()
    recipient = whom.reported(group) or whom.named(message)
    status, told = group.get("status", ""), group.get("diagnostic-code", "")
    told = _line(told.partition(";")[2] if ";" in told[:40] else told)
    if action in {"delivered", "relayed", "expanded"}:
        return Bounce(kind=Kind.AUTOREPLY, recipient=recipient, note=action)
    said = _near(message.said, recipient)
    kind, note = _judged(told, said, _enhanced(status) or _enhanced(told))
    if action == "delayed":
        kind = Kind.SOFT
    return Bounce(
        kind=kind, recipient=recipient, code=_code(told or said, status),
        note=(told or note)[:LONGEST_NOTE], final=action != "delayed",
        elsewhere=whom.is_elsewhere(group),
    )  # fmt: skip


def _worst(reports: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """The first group that says failed, or the first of all."""
    failed = (one for one in reports if one.get("action", "failed").lower().startswith("fail"))
    return next(failed, reports[0])


def _from_words(message: Opened, letter: str) -> Bounce:
    recipient = whom.named(message)
    said = _near(message.said, recipient)
    kind, note = _judged(said, _line(message.said), _enhanced(said))
    warned = is_warning(message)
    if warned:
        kind = Kind.SOFT
    if not recipient and not letter:
        kind = Kind.UNKNOWN
    elif kind is Kind.UNKNOWN:
        kind = Kind.SOFT  # it did not arrive, and nothing proves that the address is dead
    return Bounce(
        kind=kind, recipient=recipient, code=_code(said, ""),
        note=(note or message.header("subject"))[:LONGEST_NOTE], final=not warned,
    )  # fmt: skip


def _judged(told: str, said: str, status: str) -> tuple[Kind, str]:
    """How bad it is, and why: by the server's words, then by its code, then by all that is said."""
    proven = is_proven(f"{status} {told} {said}")
    found = meaning(told, proven=proven)
    if found is None and status in _DEAD:
        found = Kind.HARD, told
    if found is None:
        found = meaning(said, proven=proven)
    if found is None:
        return (Kind.SOFT if status else Kind.UNKNOWN), told
    kind, why = found
    doubted = _goes_on(status, told) or is_of_another_moment(f"{told} {said}") or is_there(said)
    doubted = doubted or (status.startswith(_POLICY) and why == NO_DOMAIN)
    return (Kind.SOFT if doubted else kind), why


def _goes_on(status: str, told: str) -> bool:
    """True when all codes that were told are of the kind that asks to try again."""
    codes = _REPLY_CODE.findall(told)
    return status.startswith("4") or bool(codes and not any(code[0] == "5" for code in codes))


def _near(said: str, recipient: str) -> str:
    """What stands behind the address, or all where it stands nowhere; in one line."""
    at = said.find(recipient) if recipient else -1
    line = said.rfind("\n", 0, at) + 1 if at >= 0 else 0
    return _line(said[line : line + _NEAR])


def _enhanced(text: str) -> str:
    found = _ENHANCED.search(text)
    return found[1] if found else ""


def _code(told: str, status: str) -> str:
    """The code as "550 5.1.1", as far as it was told."""
    reply = _REPLY_CODE.search(told)
    return f"{reply[1] if reply else ''} {_enhanced(told) or _enhanced(status)}".strip()


def _line(text: str) -> str:
    return " ".join(text.split())
