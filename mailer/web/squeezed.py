"""Pages made smaller for the wire (gzip, RFC 1952) with a place left open for each visit's own id.

What is the same for everybody is squeezed once. What is one visitor's goes in between as it is,
so that the size of an answer never tells anything of it (the BREACH attack needs that).
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from werkzeug.http import parse_accept_header

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # no name, no time, any system
_LAST = b"\x03\x00"  # an empty block that ends the stream
_RAW = -15  # a deflate stream without a frame of its own
_LONGEST_BLOCK = 0xFFFF


@dataclass(frozen=True, kw_only=True)
class Squeezed:
    """A page in pieces; between each two belongs the same few bytes, other ones at every visit."""

    plain: tuple[bytes, ...]
    small: tuple[bytes, ...]

    def whole(self, between: bytes) -> bytes:
        """The page as it is."""
        return between.join(self.plain)

    def gzipped(self, between: bytes) -> bytes:
        """The page as a gzip file."""
        crc, size, stream = 0, 0, [_HEAD]
        for number, (plain, small) in enumerate(zip(self.plain, self.small, strict=True)):
            if number:
                crc, size = zlib.crc32(between, crc), size + len(between)
                stream.append(_stored(between))
            crc, size = zlib.crc32(plain, crc), size + len(plain)
            stream.append(small)
        return b"".join([*stream, _LAST, struct.pack("<II", crc, size & 0xFFFFFFFF)])


def squeeze(pieces: Sequence[bytes]) -> Squeezed:
    """The pieces of a page, ready to be put together in either form."""
    return Squeezed(plain=tuple(pieces), small=tuple(map(_deflated, pieces)))


def _deflated(piece: bytes) -> bytes:
    """Whole blocks that end at a byte and look back at nothing before them."""
    squeezing = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    return squeezing.compress(piece) + squeezing.flush(zlib.Z_FULL_FLUSH)


def _stored(text: bytes) -> bytes:
    """A block of a deflate stream that holds bytes as they are (RFC 1951, 3.2.4)."""
    if len(text) > _LONGEST_BLOCK:
        raise ValueError("one block holds 65,535 bytes")
    return b"\x00" + struct.pack("<HH", len(text), len(text) ^ 0xFFFF) + text


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """True when a browser that sends this as Accept-Encoding can read gzip."""
    return parse_accept_header(accepted)["gzip"] > 0


@lru_cache(maxsize=32)
def file(data: bytes) -> bytes:
    """A file that never changes, squeezed once; the same bytes whenever that is."""
    return gzip.compress(data, 9, mtime=0)
