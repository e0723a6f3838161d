"""The finished-message check: what is about to leave is read back and compared with what was meant.

It shares no code with the writer. Every message whose bytes leave passes it, whatever its values
were; a provider that takes fields gets these, and makes a message of its own.
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
)
_KIND = b"\r\nMIME-Version: 1.0\r\n"  # and behind it what tells the kind of the body
_PIECES = re.compile(
    rb'\r\nContent-Type: multipart/(alternative|mixed);\r\n boundary="(=_[0-9a-f]{32})"\r\n\r\n'
    rb"(.*)\r\n",
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
    head, _, body = data.partition(_KIND)
    found = _HEADERS.fullmatch(f"{head.decode('ascii')}\r\n".replace("\r\n ", " "))
    if found is None:
        raise _different("headers")
    sender, to, reply, subject, date, message_id, auto, unsubscribe = found.groups()
    _demand(_address(sender) == (mail.from_name, mail.from_address), "From")
    _demand(_address(to) == (mail.to_name, mail.to_address), "To")
    _demand(_replies(reply, mail), "Reply-To")
    _demand(_words(subject) == mail.subject, "Subject")
    _demand(_moment(date) == int(mail.date), "Date")
    _demand(message_id == mail.message_id, "Message-ID")
    _demand((auto is not None) == mail.auto, "Auto-Submitted")
    _demand((unsubscribe or "") == mail.unsubscribe, "List-Unsubscribe")
    _check_body(b"\r\n" + body, mail, html)


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


def _check_body(body: bytes, mail: Mail, html: str) -> None:
    text = mail.text
    if mail.enclosed:
        body, along = _pieces(body, b"mixed")
        second = _ENCLOSED.fullmatch(along)
        _demand(second is not None and second[1] == mail.enclosed, "the message enclosed")
    elif not html:  # then nothing ends the text's last line but the text
        body += b"\r\n"
        text += "" if text.endswith("\n") or not text else "\n"
    if html:
        body, beside = _pieces(body, b"alternative")
        _check_part(beside, b"html", html)
    _check_part(body, b"plain", text)


def _pieces(body: bytes, kind: bytes) -> tuple[bytes, bytes]:
    """The two parts that a body of this kind holds, and nothing else."""
    found = _PIECES.fullmatch(body)
    if found is None or found[1] != kind:
        raise _different("the parts")
    pieces = found[3].split(b"--" + found[2])
    _demand(len(pieces) == 4 and (pieces[0], pieces[3]) == (b"", b"--"), "the parts")
    return pieces[1], pieces[2]


def _check_part(piece: bytes, kind: bytes, text: str) -> None:
    part = _PART.fullmatch(piece)
    if part is None or part[1] != kind:
        raise _different("a part's headers")
    content = binascii.a2b_qp(part[3]) if part[2] == b"quoted-printable" else part[3]
    _demand(content == text.encode().replace(b"\n", b"\r\n"), "a body")
