"""Asking other services: an SNS certificate, a riding by postal code, an alert by URL.

The one door for that: https only, to hosts the caller names, at public addresses only, no redirect
followed, no proxy and no netrc read, a limit for the bytes and one for the time in all. It stands
on http.client because requests bounds each read instead of the whole, and looks a name up again
after it was judged.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from mailer.errors import OutboundError

HTTPS, HTTP = 443, 80
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")  # RFC 3056: may lead to any IPv4 address

Place = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a service answered. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def is_public(address: str) -> bool:
    """True when `address` can be anywhere on the internet, and not on this machine or its network.

    RFC 6890; an IPv4 address inside an IPv6 one is judged as itself.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None:
            return found in _GLOBAL_V6 and found.is_global and found not in _SIX_TO_FOUR
        found = inner
    return found.is_global and not found.is_multicast


def resolve(host: str, port: int) -> Sequence[Place]:
    """Every address of a host, by this machine's resolver; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(place[0]), int(place[1])) for *_, place in found]


@dataclass(frozen=True, kw_only=True)
class Net:
    """What lies between us and a service. Tests hand in their own."""

    resolve: Callable[[str, int], Sequence[Place]] = resolve
    allowed: Callable[[str], bool] = is_public
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    here: bool = False  # also this machine itself, by http too: in development alone

    def may_reach(self, address: str, *, secure: bool) -> bool:
        """True when `address` may be connected to; without encryption only this machine."""
        here = self.here and ipaddress.ip_address(address).is_loopback
        return here or (secure and self.allowed(address))


INTERNET = Net()


def get(
    url: str, *, hosts: frozenset[str], most: int, seconds: float,
    headers: Mapping[str, str] = {}, net: Net = INTERNET,
) -> Outcome:  # fmt: skip
    """What GET answers, whatever its status but a redirect; raises OutboundError.

    `hosts` are names ("a.example"), all below a name (".a.example"), or a name with a port of its
    own ("a.example:8443"). `most` is in bytes. Errors name the host and nothing else of `url`.
    """
    return _ask("GET", url, None, hosts, most, seconds, headers, net)


def post(
    url: str, body: bytes, *, hosts: frozenset[str], most: int, seconds: float,
    headers: Mapping[str, str] = {}, net: Net = INTERNET,
) -> Outcome:  # fmt: skip
    """What POST answers, under the same rules as `get`; `headers` tell the body's Content-Type."""
    return _ask("POST", url, body, hosts, most, seconds, headers, net)


def _ask(
    method: str, url: str, body: bytes | None, hosts: frozenset[str], most: int, seconds: float,
    headers: Mapping[str, str], net: Net,
) -> Outcome:  # fmt: skip
    parts, host, port = _split(url, hosts, net)
    secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    clock = _Deadline(seconds)
    try:
        with _connect(host, port, clock, net, secure) as sock:
            line = http.client.HTTPConnection(host, port)
            line.sock = _Timed(sock, clock)
            line.request(method, target, body, {"Connection": "close", **headers})
            return _read(host, line.getresponse(), most)
    except TimeoutError:
        raise OutboundError(f"{host} did not answer within {seconds:g} seconds") from None
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message
        raise OutboundError(f"the certificate of {host} is not trusted ({why})") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OutboundError(f"{host} cannot be asked ({_why(error)})") from None


def _why(error: Exception) -> str:
    """The reason without what was sent: messages of http.client may quote the address."""
    return str(getattr(error, "strerror", None) or type(error).__name__)


def _split(url: str, hosts: frozenset[str], net: Net) -> tuple[SplitResult, str, int]:
    """The address, its host and port; raises OutboundError unless it leads to one of `hosts`."""
    # urlsplit drops tabs and newlines, and other programs read a \ as a /: no such thing here.
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise OutboundError("the address holds what may not stand in one")
    try:
        parts = urlsplit(url)
        usual = HTTP if net.here and parts.scheme == "http" else HTTPS
        host, port = parts.hostname or "", usual if parts.port is None else parts.port
    except ValueError:
        raise OutboundError("the address cannot be read") from None
    if (parts.scheme != "https" and usual == HTTPS) or "@" in parts.netloc:
        raise OutboundError("the address does not begin with https:// and a host")
    name = host if port == usual else f"{host}:{port}"
    if not any(_is_under(name, pinned) for pinned in hosts):
        raise OutboundError(f"{name} is not a host that may be asked")
    return parts, host, port


def _is_under(name: str, pinned: str) -> bool:
    return name == pinned or (pinned.startswith(".") and name.endswith(pinned))


class _Deadline:
    """How long the whole may still take."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than 0; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _connect(host: str, port: int, clock: _Deadline, net: Net, secure: bool) -> socket.socket:
    """A line to an address of `host` that was judged first; encrypted, its certificate checked."""
    places = _resolve(host, port, clock, net)
    if not places:
        raise OutboundError(f"{host} has no address")
    if not all(net.may_reach(address, secure=secure) for address, _ in places):
        raise OutboundError(f"{host} leads to an address that is not public")
    raw = _reach(places, clock)
    if not secure:
        return raw
    try:
        return net.context().wrap_socket(raw, server_hostname=host)
    except BaseException:
        raw.close()
        raise


def _resolve(host: str, port: int, clock: _Deadline, net: Net) -> Sequence[Place]:
    """What the resolver says; it knows no time limit, so it is asked on a thread of its own."""
    found: list[Sequence[Place] | Exception] = []

    def look() -> None:
        try:
            found.append(net.resolve(host, port))
        except (OSError, ValueError) as error:
            found.append(error)

    thread = threading.Thread(target=look, daemon=True, name="resolve")
    thread.start()
    thread.join(clock.left())
    if not found:
        raise TimeoutError
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def _reach(places: Sequence[Place], clock: _Deadline) -> socket.socket:
    """A connection to the first address that answers; each gets its share of the time."""
    for number, place in enumerate(places):
        share = clock.left() / (len(places) - number)
        try:
            sock = socket.create_connection(place, timeout=share)
        except OSError:
            if place == places[-1]:
                raise
        else:
            sock.settimeout(clock.left())  # of the handshake as a whole
            return sock
    raise AssertionError("no place was given")


class _Timed(io.RawIOBase):
    """A socket as http.client uses one, whose every wait ends with the deadline."""

    def __init__(self, sock: socket.socket, clock: _Deadline) -> None:
        self._sock = sock
        self._clock = clock

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What the answer is read from; it outlives this one, which http.client closes early."""
        return io.BufferedReader(_Timed(self._sock, self._clock))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # narrower
        self._sock.settimeout(self._clock.left())
        return self._sock.recv_into(buffer)

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._clock.left())
        self._sock.sendall(data)


def _read(host: str, answer: http.client.HTTPResponse, most: int) -> Outcome:
    if 300 <= answer.status < 400:
        raise OutboundError(f"{host} leads on to another address, which is not followed")
    body = answer.read(most + 1)
    if len(body) > most:
        raise OutboundError(f"{host} answered with more than {most} bytes")
    if answer.length:  # http.client keeps quiet about it when a limit is given
        raise OutboundError(f"{host} broke off its answer")
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Outcome(status=answer.status, headers=headers, body=body)
