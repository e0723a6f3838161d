"""An HTTP/1.1 reply, read as it comes (RFC 9112). Pure: bytes in, a Reply out."""

from __future__ import annotations

import re

from mailer.transports.api.base import Reply

LONGEST_HEAD = 64 * 1024  # bytes
LONGEST_BODY = 4_000_000
EMPTY = {204, 304}  # they have no body, whatever their headers say

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?")
_LENGTH = re.compile(r"\d{1,12}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")


class Garbled(Exception):  # noqa: N818 - it names what came
    """What came is no reply of HTTP, or has no end."""


class Reading:
    """One reply at a time; what stands behind its end is not looked at."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._body_at = 0  # 0: the head is not whole
        self._status = 0
        self._headers: dict[str, str] = {}
        self.keeps = False  # the connection may be used again

    def feed(self, data: bytes) -> None:
        """Take more of it; raises Garbled."""
        self._data += data
        if len(self._data) > LONGEST_HEAD + 2 * LONGEST_BODY:
            raise Garbled("the answer has no end")

    @property
    def begun(self) -> bool:
        """True once anything has come."""
        return bool(self._data)

    def told(self, *, ended: bool = False) -> Reply | None:
        """The reply, once it is whole; `ended`: nothing more will come. Raises Garbled."""
        while not self._body_at:
            if not self._read_head():
                return None
        body = self._body(ended=ended)
        if body is None:
            return None
        if len(body) > LONGEST_BODY:
            raise Garbled("the answer has no end")
        return Reply(status=self._status, headers=self._headers, body=body)

    def _read_head(self) -> bool:
        """Read a head; false when it is not whole. One that is only a notice (1xx) is skipped."""
        end = self._data.find(b"\r\n\r\n")
        if end > LONGEST_HEAD or (end < 0 and len(self._data) > LONGEST_HEAD):
            raise Garbled("the answer has no end")
        if end < 0:
            return False
        first, *lines = bytes(self._data[:end]).split(b"\r\n")
        found = _STATUS.fullmatch(first)
        if found is None:
            raise Garbled("it does not answer as an API does")
        if found[2].startswith(b"1"):
            del self._data[: end + 4]
            return bool(self._data)
        self._status, self._headers = int(found[2]), _headers(lines)
        says = self._headers.get("connection", "").lower()
        self.keeps = "close" not in says and (found[1] == b"1" or "keep-alive" in says)
        self._body_at = end + 4
        return True

    def _body(self, *, ended: bool) -> bytes | None:
        """The body, when it is whole."""
        data, begin = self._data, self._body_at
        if self._status in EMPTY:
            return b""
        if "transfer-encoding" in self._headers:
            if self._headers["transfer-encoding"].strip().lower() != "chunked":
                raise Garbled("it does not answer as an API does")
            return _unchunked(data, begin)
        if "content-length" not in self._headers:
            self.keeps = False
            return bytes(data[begin:]) if ended else None
        length = self._headers["content-length"].strip()
        if not _LENGTH.fullmatch(length):
            raise Garbled("it does not answer as an API does")
        end = begin + int(length)
        if len(data) > end:
            self.keeps = False  # a word too many would answer what is asked next
        return bytes(data[begin:end]) if len(data) >= end else None


def _headers(lines: list[bytes]) -> dict[str, str]:
    """Headers by their name in lower case; of several with one name the values in one line."""
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name.strip():
            raise Garbled("it does not answer as an API does")
        name, value = name.strip().lower(), value.strip()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _unchunked(data: bytearray, at: int) -> bytes | None:
    """The body that begins at `at`, without the marks of its chunks; None when it is not whole."""
    parts: list[bytes] = []
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        found = _CHUNK.fullmatch(data, at, end)
        if found is None:
            raise Garbled("it does not answer as an API does")
        size, at = int(found[1], 16), end + 2
        if size == 0:
            whole = data.startswith(b"\r\n", at) or data.find(b"\r\n\r\n", at) >= 0
            return b"".join(parts) if whole else None
        if len(data) < at + size + 2:
            return None
        parts.append(bytes(data[at : at + size]))
        at += size + 2
