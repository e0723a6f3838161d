"""A mail to the bytes that leave, checked."""

from __future__ import annotations

from mailer.message import bodies, headers
from mailer.message.check import check
from mailer.message.values import Mail, cleaned

ENCLOSED = (
    b"Content-Type: message/rfc822\r\n"
    b'Content-Disposition: attachment; filename="message.eml"\r\n'
    b"Content-Transfer-Encoding: 7bit\r\n\r\n"
)


def compose(mail: Mail, *, checked: bool = True) -> bytes:
    """The message of RFC 5322, its lines ended by CRLF; the same mail gives the same bytes.

    Raises HeaderError when a value may not stand in a header, or the outcome is not as meant. What
    does not leave as bytes, but as values, need not be `checked` for the latter.
    """
    mail = cleaned(mail)
    html = bodies.html_of(mail)
    body = _alternative(mail, html) if html else bodies.part("plain", mail.text)
    if mail.enclosed:
        body = _with_enclosed(mail, body)
    data = "\r\n".join((*_headers(mail), "")).encode() + body
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    if checked:
        check(data, mail, html)
    return data


def _alternative(mail: Mail, html: str) -> bytes:
    """The part that holds what the mail says, twice (RFC 2046, 5.1.4)."""
    return _joined("alternative", mail, bodies.part("plain", mail.text), bodies.part("html", html))


def _with_enclosed(mail: Mail, body: bytes) -> bytes:
    """The same with the message that goes along behind it (RFC 2046, 5.2.1)."""
    return _joined("mixed", mail, body, ENCLOSED + mail.enclosed)


def _joined(kind: str, mail: Mail, first: bytes, second: bytes) -> bytes:
    border = bodies.boundary(mail.message_id, first + second)
    line = f"--{border}".encode()
    head = f'Content-Type: multipart/{kind};\r\n boundary="{border}"\r\n'.encode()
    return b"\r\n".join((head, line, first, line, second, line + b"--"))


def _headers(mail: Mail) -> list[str]:
    """Those that come before what tells the kind of the body."""
    lines = [
        headers.address("From", mail.from_name, mail.from_address),
        headers.address("To", mail.to_name, mail.to_address),
        headers.address("Reply-To", mail.reply_name, mail.reply_address),
        headers.text("Subject", mail.subject),
        headers.date(mail.date),
        f"Message-ID: <{mail.message_id}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
    if mail.unsubscribe:
        lines[7:7] = [
            f"List-Unsubscribe: <{mail.unsubscribe}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    if not mail.auto:
        lines.pop(6)
    if not mail.reply_address:
        lines.pop(2)
    return lines
