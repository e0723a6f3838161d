"""Replies of HTTP, read as they come: in one piece, byte by byte, without an end."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import Next, SendError
from mailer.transports.api.base import Reply, Request
from mailer.transports.api.line import wire
from mailer.transports.api.replies import LONGEST_BODY, LONGEST_HEAD, Garbled, Reading

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\ncontent-LENGTH:  5 \r\n\r\nhello"
CHUNKS = (
    b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nX-A: 2\r\n\r\n"
    b"3\r\nhel\r\n2;name=value\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
)
EMPTY = b"HTTP/1.1 204 No Content\r\nX-Message-Id: a\r\n\r\n"
NOTICED = b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH
WHOLE = {
    LENGTH: (200, b"hello"), CHUNKS: (202, b"hello"), EMPTY: (204, b""), NOTICED: (200, b"hello"),
    b"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n": (500, b""),
    b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": (200, b""),
}  # fmt: skip
GARBLED = [
    b"220 mail.example ESMTP\r\n\r\n",
    b"HTTP/2 200 OK\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * LONGEST_HEAD,
]


def read(*pieces: bytes, ended: bool = False) -> Reply | None:
    reading = Reading()
    found = None
    for piece in pieces:
        assert found is None, "it was whole before"
        reading.feed(piece)
        found = reading.told()
    return found or (reading.told(ended=True) if ended else None)


@pytest.mark.parametrize("data", WHOLE)
def test_a_reply_in_one_piece_and_byte_by_byte(data: bytes) -> None:
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        reply = read(*pieces)
        assert reply is not None
        assert (reply.status, reply.body) == WHOLE[data]


@pytest.mark.parametrize("data", [LENGTH, CHUNKS])
def test_a_reply_that_is_cut_is_none(data: bytes) -> None:
    for end in range(len(data)):
        assert read(data[:end], ended=True) is None


def test_headers_have_names_in_lower_case_and_repeated_ones_are_joined() -> None:
    reply = read(CHUNKS)
    assert reply is not None
    assert reply.headers["x-a"] == "1, 2"


def test_a_reply_without_a_length_ends_with_the_connection() -> None:
    data = b"HTTP/1.0 200 OK\r\n\r\nhello"
    assert read(data) is None
    reply = read(data, ended=True)
    assert reply is not None
    assert reply.body == b"hello"


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", False),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", True),
    ],
)
def test_whether_the_connection_may_be_used_again(head: bytes, keeps: bool) -> None:
    for more in (b"", b"HTTP/1.1 200 a second answer"):
        reading = Reading()
        reading.feed(head + b"Content-Length: 2\r\n\r\nok" + more)
        assert reading.told() is not None
        assert reading.keeps is (keeps and not more)


@pytest.mark.parametrize("data", GARBLED)
def test_what_is_no_reply_of_http(data: bytes) -> None:
    with pytest.raises(Garbled):
        read(data)


def test_a_reply_without_an_end_is_not_kept() -> None:
    reading = Reading()
    reading.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
    reading.feed(b"x" * 2 * LONGEST_BODY)
    assert reading.told() is None
    with pytest.raises(Garbled, match="no end"):
        reading.feed(b"x" * LONGEST_BODY)


@given(st.binary(max_size=300), st.booleans())
def test_nothing_that_comes_is_more_than_garbled(data: bytes, with_head: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" if with_head else b""
    try:
        reply = read(head + data, ended=True)
    except Garbled:
        return
    assert reply is None or reply.status


def test_a_request_as_it_leaves() -> None:
    asked = Request(url="https://api.example:8443/v1?a=b", headers={"X-Key": "k"}, body=b"{}")
    assert wire(asked).split(b"\r\n") == [
        b"POST /v1?a=b HTTP/1.1", b"Host: api.example:8443", b"User-Agent: mailer/0.1",
        b"Accept-Encoding: identity", b"Content-Length: 2", b"X-Key: k", b"", b"{}",
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "é", "a\0"])
def test_no_value_makes_another_header(value: str) -> None:
    with pytest.raises(SendError) as caught:
        wire(Request(url="https://api.example/", headers={"X-Key": value}))
    assert caught.value.then is Next.FAIL
    assert json.dumps(value)[1:-1] not in str(caught.value)
