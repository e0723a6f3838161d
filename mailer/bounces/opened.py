"""A message that came back, opened: who says it, what it says, and what it brings along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from html import unescape

from mailer.bounces import separators
from mailer.message import read

LONGEST = 1_000_000  # bytes that are looked at; what a bounce tells stands at its beginning
LONGEST_SAID = 60_000  # characters of what it says in words
_MOST_FIELDS = 2_000

# Parts that hold a message or fields are read as text: some come encoded, which RFC 2046 forbids,
# and then Python sees nothing in them; and none can be nested deep.
_MESSAGES = re.compile(rb"message/((?:global-)?(?:delivery-status|disposition-notification)|rfc822|"
                       rb"(?:feedback-report|global(?:-headers)?|partial|rfc822-headers)\b)",
                       re.IGNORECASE)  # fmt: skip
_STATUS = ("text/x-delivery-status", "text/x-global-delivery-status")
_RETURNED = ("text/x-rfc822", "text/x-rfc822-headers", "text/x-global", "text/x-global-headers",
             "text/x-partial", "text/rfc822-headers", "text/rfc822")  # fmt: skip
_TAG = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]{0,200}>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[A-Za-z/!][^<>]{0,2000}>")
_HIDDEN = re.compile(r"<(style|script|head)\b", re.IGNORECASE)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:[ \t]*(.*)")
_GROUP = ("final-recipient", "original-recipient", "x-actual-recipient")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A message taken apart; nothing in it is trusted."""

    head: Mapping[str, tuple[str, ...]]  # its headers by their names in lower case
    kind: str  # its content type, and the type of report in brackets
    said: str  # to people, without what it brings along
    reports: tuple[Mapping[str, str], ...]  # the fields of RFC 3464, a group for each recipient
    feedback: Mapping[str, str]  # the fields of RFC 5965
    returned: str  # our message, or its beginning

    def header(self, name: str) -> str:
        """The first header of that name (in lower case), or ""."""
        return next(iter(self.head.get(name, ())), "")

    def sent(self, name: str) -> str:
        """A header (its name in lower case) of our message, as far as it came back, or ""."""
        return fields(self.returned).get(name, "")


def opened(data: bytes) -> Opened:
    """The message in `data`, of which the first megabyte is looked at. Any bytes can be opened."""
    message = read.parsed(_MESSAGES.sub(rb"text/x-\1", data[:LONGEST].lstrip()))
    plain, html, status, returned = [], [], [], []
    feedback: Mapping[str, str] = {}
    for part in message.walk():
        kind = part.get_content_type()
        text = _text(part)
        if text is None:
            continue
        if kind in _STATUS:
            status.append(text)
        elif kind == "text/x-feedback-report":
            feedback = fields(text)
        elif kind in _RETURNED:
            returned.append(text)
        elif kind == "text/html":
            html.append(text)
        elif not returned:
            plain.append(text)
    words = "\n".join(plain)
    if len(words.strip()) < 40:  # some say it in HTML alone, or with a plain part that is empty
        words = f"{words}\n{_without_tags(chr(10).join(html))}"
    reports = groups("\n\n".join(status) if status else words[:LONGEST_SAID])
    said, rest = separators.split(words[:LONGEST_SAID])
    head = _head(message)
    return Opened(
        head=head, kind=_kind(message), said=said, feedback=feedback,
        reports=tuple(reports),
        returned="\n".join([*returned, rest]).lstrip(),
    )  # fmt: skip


def _text(part: Message) -> str | None:
    """What a part says; also one that should hold parts and, being broken, holds only lines."""
    if part.get_content_maintype() == "multipart":
        try:
            held = part.get_payload()
        except ValueError:  # a charset that is no name at all
            return None
        return held if isinstance(held, str) else None
    if part.get_content_maintype() not in {"text", "message"}:
        return None
    return read.text_of(part)


def fields(text: str) -> dict[str, str]:
    """The fields at the beginning of `text`, unfolded, by their names in lower case; first wins."""
    found: dict[str, str] = {}
    name = ""
    for line in text.lstrip("\n").split("\n", _MOST_FIELDS)[:_MOST_FIELDS]:
        if line[:1] in {" ", "\t"} and name:
            found[name] = f"{found[name]} {line.strip()}"[:2000]
            continue
        field = _FIELD.match(line)
        if field is None:
            if not line.strip() and found:
                break
            name = ""
            continue
        name = field[1].lower()
        if name in found:
            name = ""
        else:
            found[name] = field[2].strip()
    return found


def groups(text: str) -> Iterator[dict[str, str]]:
    """The groups of fields in a delivery report that each speak of one recipient."""
    for block in re.split(r"\n[ \t]*\n", text)[:_MOST_FIELDS]:
        found: dict[str, str] = {}
        for name, value in _lines(block):
            if name in found and name in _GROUP and _is_group(found):
                yield found
                found = {}
            found.setdefault(name, value)
        if _is_group(found):
            yield found


def _is_group(found: Mapping[str, str]) -> bool:
    return any(name in found for name in _GROUP) and ("action" in found or "status" in found)


def _lines(block: str) -> Iterator[tuple[str, str]]:
    """Each field of a block with its folded lines."""
    name, value = "", ""
    for line in block.split("\n")[:_MOST_FIELDS]:
        field = _FIELD.match(line)
        if field is None or line[:1] in {" ", "\t"}:
            value = f"{value} {line.strip()}"[:4000]
            continue
        if name:
            yield name, value
        name, value = field[1].lower(), field[2].strip()
    if name:
        yield name, value


def _head(message: Message) -> dict[str, tuple[str, ...]]:
    head: dict[str, tuple[str, ...]] = {}
    for name, value in list(message.raw_items())[:_MOST_FIELDS]:
        key, octets = name.lower(), value[:4000].encode("ascii", "surrogateescape")
        head[key] = (*head.get(key, ())[:20], read.decoded(octets.decode("utf-8", "replace")))
    return head


def _kind(message: Message) -> str:
    report = message.get_param("report-type", "")
    return f"{message.get_content_type()} ({str(report).lower()})"


def _without_tags(html: str) -> str:
    """The words of HTML, a line for each paragraph."""
    bare = _without_hidden(html[: 4 * LONGEST_SAID])
    return unescape(_ANY_TAG.sub(" ", _TAG.sub("\n", bare)))


def _without_hidden(html: str) -> str:
    """HTML without what browsers do not show; what is never closed hides all that follows."""
    lower, shown, at = html.lower(), [], 0
    while found := _HIDDEN.search(html, at):
        shown.append(html[at : found.start()])
        end = lower.find(f"</{found[1].lower()}", found.end())
        at = len(html) if end < 0 else end + len(found[1]) + 2
    return "".join([*shown, html[at:]])
