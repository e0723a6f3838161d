"""A client that costs little: ready-made requests over connections that stay open."""

from __future__ import annotations

import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

CONNECTIONS = 8


def numbers(*defaults: int) -> tuple[int, ...]:
    """The command's arguments, whole numbers, with these for those not given."""
    given = [int(word) for word in sys.argv[1:]]
    return (*given, *defaults[len(given) :])


def post(path: str, form: dict[str, str], cookie: str = "") -> bytes:
    """A form as a browser posts it."""
    body = urlencode(form).encode()
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    if cookie:
        head.append(f"Cookie: {cookie}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def rate(port: int, requests: Sequence[bytes], expect: bytes) -> tuple[float, list[float]]:
    """Requests a second over all connections, and each one's seconds; every answer is checked."""
    taken: list[float] = []
    failures: list[Exception] = []

    def one(share: Sequence[bytes]) -> None:
        try:
            _talk(port, share, expect, taken)
        except (OSError, AssertionError) as error:
            failures.append(error)

    threads = [
        threading.Thread(target=one, args=(requests[number::CONNECTIONS],))
        for number in range(CONNECTIONS)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if failures:
        raise failures[0]
    return len(requests) / seconds, taken


def _talk(port: int, share: Sequence[bytes], expect: bytes, taken: list[float]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in share:
            began = time.perf_counter()
            line.sendall(request)
            head = _answer(line)
            taken.append(time.perf_counter() - began)
            if not head.startswith(b"HTTP/1.1 " + expect):
                raise AssertionError(head[:200])


def _answer(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(line)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(field.lower().split(b": ", 1) for field in head.split(b"\r\n")[1:])
    left = int(fields[b"content-length"]) - len(body)
    while left > 0:
        left -= len(_more(line))
    return head


def _more(line: socket.socket) -> bytes:
    data = line.recv(65536)
    if not data:
        raise AssertionError("the server hung up")
    return data


def percentile(values: Sequence[float], part: float) -> float:
    """The value that `part` (0 to 1) of all stay below."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def report(
    name: str, rates: Sequence[float], unit: str, say: Callable[[str], None] = print
) -> float:
    """Print the rounds and their median; return the median."""
    median = statistics.median(rates)
    rounds = " ".join(f"{one:,.0f}" for one in rates)
    say(f"{name:<28} {median:>8,.0f} {unit}   (rounds: {rounds})")
    return median
