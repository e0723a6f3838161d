"""Links that open the visitor's own mail program."""

from __future__ import annotations

from urllib.parse import quote


def mailto(address: str, subject: str, text: str = "") -> str:
    """A mailto: address (RFC 6068); its line ends are CRLF, as mail has them."""
    body = f"&body={_quoted(text.replace(chr(10), chr(13) + chr(10)))}" if text else ""
    return f"mailto:{quote(address, safe='@')}?subject={_quoted(subject)}{body}"


def _quoted(text: str) -> str:
    return quote(text, safe="")
