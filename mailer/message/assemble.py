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
    html = bodies.text_to_html(mail.text, mail.language, linked=mail.linked)
    kind, body = _alternative(mail, html)
    if mail.enclosed:
        kind, body = _with_enclosed(mail, kind, body)
    data = b"\r\n".join(("\r\n".join(_headers(mail, kind)).encode(), b"", body, b""))
    if checked:
        check(data, mail, html)
    return data


def _alternative(mail: Mail, html: str) -> tuple[str, bytes]:
    """The kind and the body of the part that holds what the mail says."""
    first, second = bodies.part("plain", mail.text), bodies.part("html", html)
    border = bodies.boundary(mail.message_id, first + second)
    line = f"--{border}".encode()
    body = b"\r\n".join((line, first, line, second, line + b"--"))
    return f'multipart/alternative;\r\n boundary="{border}"', body


def _with_enclosed(mail: Mail, kind: str, body: bytes) -> tuple[str, bytes]:
    """The same with the message that goes along behind it (RFC 2046, 5.2.1)."""
    border = bodies.boundary(mail.message_id, body + mail.enclosed)
    line = f"--{border}".encode()
    first = b"Content-Type: %b\r\n\r\n%b" % (kind.encode(), body)
    body = b"\r\n".join((line, first, line, ENCLOSED + mail.enclosed, line + b"--"))
    return f'multipart/mixed;\r\n boundary="{border}"', body


def _headers(mail: Mail, kind: str) -> list[str]:
    lines = [
        headers.address("From", mail.from_name, mail.from_address),
        headers.address("To", mail.to_name, mail.to_address),
        headers.address("Reply-To", mail.reply_name, mail.reply_address),
        headers.text("Subject", mail.subject),
        headers.date(mail.date),
        f"Message-ID: <{mail.message_id}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
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
