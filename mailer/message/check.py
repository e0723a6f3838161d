"""The finished-message check: what is about to leave is read back and compared with what was meant.

It shares no code with the writer. Every message passes it, whatever its values were.
"""

from __future__ import annotations

import binascii
import re
from datetime import datetime
from functools import lru_cache

from mailer.errors import HeaderError
from mailer.message.values import Mail

# Lines of at most 998 characters (RFC 5322, 2.1.1), each ended by CRLF.
_LINES = re.compile(rb"(?:.{0,998}\r\n)*+")
_PRINTABLE = bytes([9, *range(32, 127)])
# All headers there may be, in their order, unfolded.
_HEADERS = re.compile(
    "From: (.+)\r\nTo: (.+)\r\n(?:Reply-To: (.+)\r\n)?Subject: (.+)\r\nDate: (.+)\r\n"
    "Message-ID: <(.+)>\r\n(Auto-Submitted: auto-generated\r\n)?"
    "(?:List-Unsubscribe: <(.+)>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n)?"
    "MIME-Version: 1\\.0\r\n"
    'Content-Type: multipart/(alternative|mixed); boundary="(=_[0-9a-f]{32})"'
)
_INNER = re.compile(
    rb'\r\nContent-Type: multipart/alternative;\r\n boundary="(=_[0-9a-f]{32})"\r\n\r\n(.*\r\n)',
    re.DOTALL,
)
_ENCLOSED = re.compile(
    rb'\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename="message.eml"'
    rb"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n(.*)\r\n",
    re.DOTALL,
)
_WORD = re.compile(r"=\?utf-8\?([bq])\?([!->@-~]+)\?=")
_WORDS = re.compile(rf"{_WORD.pattern}(?: {_WORD.pattern})*")
_ADDRESS = re.compile(r'(?:("(?:[^"\\]+|\\.)*+"|=\?[^"<>,;:]*\?=) <([^<>]+)>|(.+))')
_ESCAPED = re.compile(r"\\(.)")
_DATE = re.compile(
    "([A-Z][a-z]{2}), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{2}:[0-9]{2}:[0-9]{2}) \+0000"
)
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_PART = re.compile(
    rb"\r\nContent-Type: text/(plain|html); charset=utf-8\r\n"
    rb"Content-Transfer-Encoding: (7bit|quoted-printable)\r\n\r\n(.*)\r\n",
    re.DOTALL,
)


def check(data: bytes, mail: Mail, html: str) -> None:
    """Raise HeaderError unless `data` is `mail` (cleaned) with `html` beside it, and no more."""
    _check_bytes(data)
    head, _, body = data.partition(b"\r\n\r\n")
    found = _HEADERS.fullmatch(head.decode("ascii").replace("\r\n ", " "))
    if found is None:
        raise _different("headers")
    sender, to, reply, subject, date, message_id, auto, unsubscribe, kind, border = found.groups()
    _demand(_address(sender) == (mail.from_name, mail.from_address), "From")
    _demand(_address(to) == (mail.to_name, mail.to_address), "To")
    _demand(_replies(reply, mail), "Reply-To")
    _demand(_words(subject) == mail.subject, "Subject")
    _demand(_moment(date) == int(mail.date), "Date")
    _demand(message_id == mail.message_id, "Message-ID")
    _demand((auto is not None) == mail.auto, "Auto-Submitted")
    _demand((unsubscribe or "") == mail.unsubscribe, "List-Unsubscribe")
    _demand((kind == "mixed") == bool(mail.enclosed), "the parts")
    if mail.enclosed:
        border, body = _check_enclosed(body, border.encode(), mail.enclosed)
    _check_parts(body, border.encode(), {b"plain": mail.text, b"html": html})


def _demand(kept: bool, place: str) -> None:
    if not kept:
        raise _different(place)


def _different(place: str) -> HeaderError:
    return HeaderError(f"the finished message is not as meant: {place}")


def _check_bytes(data: bytes) -> None:
    _demand(bool(_LINES.fullmatch(data)), "a line end, or a line too long")
    # Each LF ends a line and so follows its CR; where the two take turns, there is no other CR.
    ends = data.translate(None, _PRINTABLE)
    _demand(ends == b"\r\n" * (len(ends) // 2), "a byte outside plain text, or a line end")


def _replies(value: str | None, mail: Mail) -> bool:
    if value is None:
        return not mail.reply_address
    return _address(value) == (mail.reply_name, mail.reply_address)


def _address(value: str) -> tuple[str | None, str]:
    """The one name and address in an address header; anything else compares unequal."""
    found = _ADDRESS.fullmatch(value)
    if not found:
        return None, value
    name, mailbox, alone = found.groups()
    if alone:
        return "", alone
    if name.startswith('"'):
        return _ESCAPED.sub(r"\1", name[1:-1]) if "\\" in name else name[1:-1], mailbox
    return _decoded(name), mailbox


def _moment(value: str) -> float:
    """Seconds since 1970 of a date as RFC 5322, 3.3, writes it, in UTC."""
    found = _DATE.fullmatch(value)
    if found is None or found[3] not in _MONTHS:
        raise _different("Date")
    weekday, day, month, year, clock = found.groups()
    try:
        moment = datetime.fromisoformat(f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{clock}+00:00")
    except ValueError:  # no such day or time
        raise _different("Date") from None
    _demand(_DAYS[moment.weekday()] == weekday, "Date")
    return moment.timestamp()


def _words(value: str) -> str:
    """Text of a header: encoded-words decoded, or plain text as it stands."""
    decoded = _decoded(value)
    return value if decoded is None else decoded


@lru_cache(maxsize=512)  # the same short words, again and again: what they say is known
def _decoded(words: str) -> str | None:
    """What encoded-words say; None for anything else."""
    if not _WORDS.fullmatch(words):
        return None
    return "".join([_word(kind, text) for kind, text in _WORD.findall(words)])


def _word(kind: str, text: str) -> str:
    try:
        if kind == "b":
            return binascii.a2b_base64(text, strict_mode=True).decode()
        return binascii.a2b_qp(text, header=True).decode()
    except ValueError:  # cut inside a character, or not base64
        raise _different("an encoded word") from None


def _check_enclosed(body: bytes, border: bytes, enclosed: bytes) -> tuple[str, bytes]:
    """The border and body of the part that stands before `enclosed`, which must be untouched."""
    pieces = body.split(b"--" + border)
    _demand(len(pieces) == 4 and (pieces[0], pieces[3]) == (b"", b"--\r\n"), "the parts")
    first, second = _INNER.fullmatch(pieces[1]), _ENCLOSED.fullmatch(pieces[2])
    if first is None or second is None:
        raise _different("a part's headers")
    _demand(second[1] == enclosed, "the message enclosed")
    return first[1].decode(), first[2]


def _check_parts(body: bytes, border: bytes, meant: dict[bytes, str]) -> None:
    pieces = body.split(b"--" + border)
    _demand(len(pieces) == 4 and (pieces[0], pieces[3]) == (b"", b"--\r\n"), "the parts")
    for piece, (kind, text) in zip(pieces[1:3], meant.items(), strict=True):
        part = _PART.fullmatch(piece)
        if part is None or part[1] != kind:
            raise _different("a part's headers")
        content = binascii.a2b_qp(part[3]) if part[2] == b"quoted-printable" else part[3]
        _demand(content == text.encode().replace(b"\n", b"\r\n"), "a body")
