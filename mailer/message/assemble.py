"""A mail to the bytes that leave, checked."""

from __future__ import annotations

from mailer.message import bodies, headers
from mailer.message.check import check
from mailer.message.values import Mail, cleaned


def compose(mail: Mail) -> bytes:
    """The message of RFC 5322, its lines ended by CRLF; the same mail gives the same bytes.

    Raises HeaderError when a value may not stand in a header, or the outcome is not as meant.
    """
    mail = cleaned(mail)
    html = bodies.text_to_html(mail.text, mail.language, linked=mail.linked)
    first, second = bodies.part("plain", mail.text), bodies.part("html", html)
    border = bodies.boundary(mail.message_id, first + second)
    line = f"--{border}".encode()
    data = b"\r\n".join(
        ("\r\n".join(_headers(mail, border)).encode(), b"", line, first, line, second, line + b"--")
    )
    data += b"\r\n"
    check(data, mail, html)
    return data


def _headers(mail: Mail, border: str) -> list[str]:
    lines = [
        headers.address("From", mail.from_name, mail.from_address),
        headers.address("To", mail.to_name, mail.to_address),
        headers.address("Reply-To", mail.reply_name, mail.reply_address),
        headers.text("Subject", mail.subject),
        headers.date(mail.date),
        f"Message-ID: <{mail.message_id}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{border}"',
    ]
    if not mail.auto:
        lines.pop(6)
    if not mail.reply_address:
        lines.pop(2)
    return lines
