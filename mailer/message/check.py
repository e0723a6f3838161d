"""The finished-message check: what is about to leave is read back and compared with what was meant.

It shares no code with the writer. Every message passes it, whatever its values were.
"""

from __future__ import annotations

import binascii
import re
from email.utils import parsedate_to_datetime

from mailer.errors import HeaderError
from mailer.message.values import Mail

LONGEST_LINE = 998  # RFC 5322, 2.1.1

_ALLOWED = bytes([9, 10, 13, *range(32, 127)])
_FIELD = re.compile(r"\r\n(?![ \t])")
_WORD = re.compile(r"=\?utf-8\?([bq])\?([!->@-~]+)\?=")
_WORDS = re.compile(rf"{_WORD.pattern}(?: {_WORD.pattern})*")
_ADDRESS = re.compile(
    r'(?:(?P<name>"(?:[^"\\]|\\.)*"|=\?[^"<>,;:]*\?=) <(?P<in>[^<>]+)>|(?P<out>.+))'
)
_MULTIPART = re.compile(r'multipart/alternative; boundary="(=_[0-9a-f]{32})"')
_PART = re.compile(
    rb"\r\nContent-Type: text/(plain|html); charset=utf-8\r\n"
    rb"Content-Transfer-Encoding: (7bit|quoted-printable)\r\n\r\n(.*)\r\n",
    re.DOTALL,
)


def check(data: bytes, mail: Mail, html: str) -> None:
    """Raise HeaderError unless `data` is `mail` (cleaned) with `html` beside it, and no more."""
    _check_bytes(data)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = [_split(field) for field in _FIELD.split(head.decode("ascii"))]
    values = dict(fields)
    _demand([name for name, _ in fields] == _names(mail), "headers")
    _demand(_address(values["From"]) == (mail.from_name, mail.from_address), "From")
    _demand(_address(values["To"]) == (mail.to_name, mail.to_address), "To")
    if mail.reply_address:
        meant = (mail.reply_name, mail.reply_address)
        _demand(_address(values["Reply-To"]) == meant, "Reply-To")
    _demand(_words(values["Subject"]) == mail.subject, "Subject")
    _demand(_moment(values["Date"]) == int(mail.date), "Date")
    _demand(values["Message-ID"] == f"<{mail.message_id}>", "Message-ID")
    _demand(values.get("Auto-Submitted", "auto-generated") == "auto-generated", "Auto-Submitted")
    _demand(values["MIME-Version"] == "1.0", "MIME-Version")
    _check_parts(body, values["Content-Type"], {b"plain": mail.text, b"html": html})


def _demand(kept: bool, place: str) -> None:
    if not kept:
        raise _different(place)


def _different(place: str) -> HeaderError:
    return HeaderError(f"the finished message is not as meant: {place}")


def _check_bytes(data: bytes) -> None:
    _demand(not data.translate(None, _ALLOWED), "a byte outside plain text")
    ends = data.count(b"\r\n")
    _demand(data.count(b"\r") == ends == data.count(b"\n"), "a line end")
    _demand(max(map(len, data.split(b"\r\n"))) <= LONGEST_LINE, "a line too long")


def _names(mail: Mail) -> list[str]:
    names = ["From", "To"] + ["Reply-To"] * bool(mail.reply_address) + ["Subject", "Date"]
    names += ["Message-ID"] + ["Auto-Submitted"] * mail.auto
    return [*names, "MIME-Version", "Content-Type"]


def _split(field: str) -> tuple[str, str]:
    """A header's name and its value, unfolded."""
    name, separator, value = field.partition(": ")
    _demand(bool(separator), "a header without its colon")
    return name, value.replace("\r\n", "")


def _address(value: str) -> tuple[str, str]:
    """The one name and address in an address header; anything else compares unequal."""
    found = _ADDRESS.fullmatch(value)
    if not found:
        return "", value
    if found["out"]:
        return "", found["out"]
    name = found["name"]
    if name.startswith('"'):
        return re.sub(r"\\(.)", r"\1", name[1:-1]), found["in"]
    _demand(bool(_WORDS.fullmatch(name)), "a name")
    return _words(name), found["in"]


def _moment(value: str) -> float:
    try:
        return parsedate_to_datetime(value).timestamp()
    except ValueError:
        raise _different("Date") from None


def _words(value: str) -> str:
    """Text of a header: encoded-words decoded, or plain text as it stands."""
    if not _WORDS.fullmatch(value):
        return value
    return "".join(_word(*found.groups()) for found in _WORD.finditer(value))


def _word(kind: str, text: str) -> str:
    try:
        if kind == "b":
            return binascii.a2b_base64(text, strict_mode=True).decode()
        return binascii.a2b_qp(text, header=True).decode()
    except ValueError:  # cut inside a character, or not base64
        raise _different("an encoded word") from None


def _check_parts(body: bytes, content_type: str, meant: dict[bytes, str]) -> None:
    found = _MULTIPART.fullmatch(content_type)
    if found is None:
        raise _different("Content-Type")
    pieces = body.split(b"--" + found[1].encode())
    _demand(len(pieces) == 4 and (pieces[0], pieces[3]) == (b"", b"--\r\n"), "the parts")
    for piece, (kind, text) in zip(pieces[1:3], meant.items(), strict=True):
        part = _PART.fullmatch(piece)
        if part is None or part[1] != kind:
            raise _different("a part's headers")
        content = binascii.a2b_qp(part[3]) if part[2] == b"quoted-printable" else part[3]
        _demand(content == text.replace("\n", "\r\n").encode(), "a body")
