"""What a server may say to a request, and what that is taken for: over real connections."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.errors import Next, SendError
from mailer.transports.api.adapter import authorities, prepared
from mailer.transports.api.base import Reply, Request
from mailer.transports.api.line import Spacing
from mailer.transports.api.sockets import LONGEST_HEAD
from mailer.transports.api.transport import Caller
from tests.providers.servers import certificate, door, heard_out

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\ncontent-LENGTH:  5 \r\n\r\nhello"
CHUNKS = (
    b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nX-A: 2\r\n\r\n"
    b"3\r\nhel\r\n2;name=value\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
)
WHOLE = {
    LENGTH: (200, b"hello"), CHUNKS: (202, b"hello"),
    b"HTTP/1.1 204 No Content\r\nX-Message-Id: a\r\n\r\n": (204, b""),
    b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH: (200, b"hello"),
    b"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n": (500, b""),
    b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": (200, b""),
}  # fmt: skip
GARBLED = {
    b"220 mail.example ESMTP\r\n\r\n": "it does not answer as an API does",
    b"HTTP/2 200 OK\r\n\r\n": "it does not answer as an API does",
    b"HTTP/1.1 2000 OK\r\n\r\n": "it does not answer as an API does",
    b"HTTP/1.1 103 Early Hints\r\n\r\n": "it does not answer as an API does",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n": "it does not answer as an API does",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello":
        "it does not answer as an API does",
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * LONGEST_HEAD + b"\r\n\r\n":
        "it does not answer as an API does",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n": "it hung up",
    b"": "it hung up",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhello": "it hung up",
}  # fmt: skip


class Doubt(Exception):  # noqa: N818 - it names what there is
    """Nobody knows whether the request was taken."""


@contextmanager
def asking(url: str, timeout: float = 5.0) -> Iterator[Callable[..., Reply]]:
    """Asks there, over one connection while it can be kept."""
    caller = Caller(timeout, Spacing(0.0))

    def ask(**more: Any) -> Reply:
        try:
            return caller.ask(Request(**{"url": url, "body": b"{}"} | more))
        except SendError as error:
            if error.maybe_accepted and error.then is Next.STOP:
                raise Doubt(str(error)) from None
            raise

    try:
        yield ask
    finally:
        caller.close()


def saying(*pieces: bytes) -> Callable[[socket.socket], None]:
    """A server that hears a request out, says this and hangs up."""

    def act(sock: socket.socket) -> None:
        heard_out(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            sock.sendall(piece)

    return act


def doubt(url: str, timeout: float = 5.0) -> str:
    """Ask in vain; why nobody knows whether it was taken."""
    with asking(url, timeout) as ask, pytest.raises(Doubt) as caught:
        ask()
    return str(caught.value)


@pytest.mark.parametrize("data", WHOLE)
def test_a_reply_in_one_piece_and_byte_by_byte(data: bytes) -> None:
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        with door(saying(*pieces)) as url, asking(url) as ask:
            reply = ask()
        assert (reply.status, reply.body) == WHOLE[data]


@pytest.mark.parametrize("data", [LENGTH, CHUNKS.partition(b"\r\nTrailer")[0]])
def test_a_reply_that_is_cut_is_doubt(data: bytes) -> None:
    ends = iter(range(0, len(data), 3))
    with door(lambda sock: saying(data[: next(ends)])(sock)) as url:
        for _ in range(0, len(data), 3):
            assert "no answer: " in doubt(url)


@pytest.mark.parametrize("data", GARBLED)
def test_what_is_no_reply_is_doubt(data: bytes) -> None:
    with door(saying(data)) as url:
        assert doubt(url) == f"127.0.0.1: no answer: {GARBLED[data]}"


def test_a_reply_without_a_length_ends_with_the_connection() -> None:
    with door(saying(b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo")) as url, asking(url) as ask:
        assert ask().body == b"hello"


def test_headers_have_names_in_lower_case_and_repeated_ones_are_joined() -> None:
    with door(saying(CHUNKS)) as url, asking(url) as ask:
        assert ask().headers["x-a"] == "1, 2"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
    ],
)
def test_an_answer_without_an_end_is_not_kept(head: bytes) -> None:
    more = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    def act(sock: socket.socket) -> None:
        heard_out(sock)
        sock.sendall(head)
        while True:
            sock.sendall(more)

    with door(act) as url:
        assert doubt(url, 30.0) == "127.0.0.1: no answer: the answer has no end"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"])
def test_an_answer_that_drips_has_its_time_and_no_more(head: bytes) -> None:
    done = threading.Event()

    def act(sock: socket.socket) -> None:
        heard_out(sock)
        sock.sendall(head)
        while not done.wait(0.05):
            sock.sendall(b"H")

    with door(act) as url:
        assert doubt(url, 1.0) == "127.0.0.1: no answer: it took too long"
        done.set()


def test_encryption_that_never_begins_is_no_connection() -> None:
    done = threading.Event()
    with door(lambda _: done.wait(20)) as url:
        https = url.replace("http:", "https:")
        with asking(https, 0.3) as ask, pytest.raises(SendError) as caught:
            ask()
        done.set()
    assert str(caught.value) == "127.0.0.1: no connection: it took too long"
    assert not caught.value.maybe_accepted


def test_a_small_answer_does_not_become_a_large_one() -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with door(saying(head + bomb)) as url, asking(url) as ask:
        assert ask().body == bomb


@pytest.mark.parametrize(
    ("head", "connections"),
    [
        (b"HTTP/1.1 200 OK\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", 2),
        (b"HTTP/1.0 200 OK\r\n", 2),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", 1),
    ],
)
def test_whether_the_connection_is_used_again(head: bytes, connections: int) -> None:
    opened: list[int] = []

    def act(sock: socket.socket) -> None:
        opened.append(1)
        for _ in range(2):
            heard_out(sock)
            sock.sendall(head + b"Content-Length: 2\r\n\r\nok")

    with door(act) as url, asking(url) as ask:
        assert [ask().body for _ in range(2)] == [b"ok", b"ok"]
    assert len(opened) == connections


def test_a_large_request_and_a_large_answer_over_an_encrypted_line(tmp_path: Path) -> None:
    large = b"x" * 3_000_000
    opened: list[int] = []

    def act(sock: socket.socket) -> None:
        opened.append(1)
        for _ in range(2):
            body = heard_out(sock).partition(b"\r\n\r\n")[2]
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            sock.sendall(head + body)

    shown = certificate(tmp_path)
    authorities().load_verify_locations(tmp_path / "cert")
    with door(act, shown) as url, asking(url) as ask:
        assert [ask(body=large).body == large for _ in range(2)] == [True, True]
    assert len(opened) == 1


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_second_answer_answers_nothing(size: int) -> None:
    stray = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size

    def act(sock: socket.socket) -> None:
        for _ in range(2):
            heard_out(sock)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + stray)

    with door(act) as url, asking(url) as ask:
        assert [ask().body for _ in range(2)] == [b"ok", b"ok"]


def test_a_request_as_it_leaves() -> None:
    heard: list[bytes] = []

    def act(sock: socket.socket) -> None:
        heard.append(heard_out(sock))
        sock.sendall(LENGTH)

    with door(act) as url, asking(f"{url}/v1?a=b%20c") as ask:
        ask(headers={"X-Key": "k"})
    first, *lines = heard[0].split(b"\r\n")
    assert first == b"POST /v1?a=b%20c HTTP/1.1"
    assert sorted(lines) == sorted(
        [
            b"Host: " + url.removeprefix("http://").encode(), b"User-Agent: mailer/0.1",
            b"Accept-Encoding: identity", b"Content-Length: 2", b"X-Key: k", b"", b"{}",
        ]
    )  # fmt: skip


def test_nothing_is_kept_from_one_request_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []

    def act(sock: socket.socket) -> None:
        for _ in range(2):
            heard.append(heard_out(sock))
            sock.sendall(b"HTTP/1.1 302 Found\r\nSet-Cookie: a=b\r\nLocation: /elsewhere\r\n")
            sock.sendall(b"Content-Length: 2\r\n\r\nok")

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with door(act) as url, asking(url) as ask:
        for _ in range(2):
            assert ask(method="GET", body=b"").status == 302
    assert len(heard) == 2
    assert heard[0] == heard[1]
    assert b"ookie" not in heard[1]


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "é", "a\0"])
def test_no_value_makes_another_header(value: str) -> None:
    with pytest.raises(SendError) as caught:
        prepared(Request(url="https://api.example/", headers={"X-Key": value}))
    assert caught.value.then is Next.FAIL
    assert value not in str(caught.value)


@pytest.mark.parametrize("url", ["https://.example/", "https://a.example:999999/", "https:///x"])
def test_an_address_that_cannot_be_asked_leaves_nothing_in_doubt(url: str) -> None:
    with asking(url) as ask, pytest.raises(SendError, match="none that can be asked") as caught:
        ask()
    assert caught.value.then is Next.STOP


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=300), chunked=st.booleans())
def test_whatever_comes_is_a_reply_or_doubt(data: bytes, chunked: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" if chunked else b""
    with ExitStack() as stack:
        ask = stack.enter_context(asking(stack.enter_context(door(saying(head + data)))))
        with suppress(Doubt):
            assert ask().status >= 200
