"""Which server, and how to reach it: what one smtp:// or smtps:// address says."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from mailer.config import secrets
from mailer.errors import SettingsError
from mailer.problems import did_you_mean
from mailer.transports import limits

PORTS = {"smtp": 587, "smtps": 465}
OPTIONS = ("tls", "timeout", "verp", "ca", "helo")
EXAMPLE = "smtp://user:password@host:587"

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_HELO = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[A-Za-z0-9.:]{2,60}\]")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server and the account on it. Seconds throughout."""

    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    tls: str = "starttls"  # starttls | implicit | none
    timeout: float = 30.0  # for each answer but the last
    longest_wait: float = 600.0  # for the answer to the final dot (RFC 5321, 4.5.3.2.6)
    verp: bool = True  # the relay takes a sender of its own for each letter
    helo: str = ""  # empty: this machine's name, or its address
    context: ssl.SSLContext | None = field(default=None, repr=False)
    sign: Callable[[bytes], bytes] | None = field(default=None, repr=False)  # as it leaves

    @property
    def place(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """What no answer of it may bring into a log: servers quote what they refuse."""
        return secrets.with_coded([self.password, f"\0{self.user}\0{self.password}"])

    @property
    def loopback(self) -> bool:
        """True when the server is this machine itself."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


def read(url: str, home: Path) -> Server:
    """The server that `url` names; raises SettingsError, which never repeats a secret."""
    scheme, _, rest = url.partition(":")
    if not rest.startswith("//"):
        raise _wrong(f"{scheme} needs two slashes and a host; write {EXAMPLE}")
    place, _, query = rest[2:].partition("?")
    place = place.removesuffix("/")
    account, _, server = place.rpartition("@")
    if "@" in query or "#" in rest or "/" in place:
        # Whatever stands behind such a character may be half of a password: say nothing of it.
        raise _wrong(
            "write / ? # and @ in a user name or password as %2F %3F %23 and %40,"
            " and nothing but options after the port"
        )
    user, _, password = (unquote(part) for part in account.partition(":"))
    if bool(user) != bool(password) or "\0" in user + password:
        raise _wrong(f"the user name and password belong together; write {EXAMPLE}")
    host, port = _host_and_port(server, PORTS[scheme])
    options = _options(query)
    made = Server(
        host=host,
        port=port,
        user=user,
        password=password,
        tls=_tls(scheme, options),
        timeout=_seconds(options.get("timeout", "30")),
        verp=_switch(options.get("verp", "on")),
        helo=_helo(options.get("helo", "")),
        context=_context(options.get("ca", ""), home),
    )
    if made.user and made.tls == "none" and not made.loopback:
        raise _wrong("a password may not travel in the open: leave tls=none out, or the password")
    return made


def _wrong(text: str) -> SettingsError:
    return SettingsError(f"MAILER_TRANSPORT: {text}")


def _host_and_port(text: str, default: int) -> tuple[str, int]:
    if text.startswith("["):
        host, bracket, end = text[1:].partition("]")
        try:
            known = bool(bracket) and ipaddress.ip_address(host).version == 6
        except ValueError:
            known = False
        colon, port = end[:1], end[1:]
    else:
        host, colon, port = text.partition(":")
        known, end = bool(_HOST.fullmatch(host)), colon
    if not known or (end and colon != ":"):
        raise _wrong(f"the host is missing or is not a name; write {EXAMPLE}")
    if not colon:
        return host, default
    if not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        raise _wrong("the port is not a number from 1 to 65535")
    return host, int(port)


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise _wrong("an option is written name=value, several with & between them") from None
    for name, _ in pairs:
        if name not in OPTIONS:
            known = (*OPTIONS, *limits.OPTIONS)
            hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
            raise _wrong(f"smtp has no option {name!r}; {hint}")
    if len(dict(pairs)) != len(pairs):
        raise _wrong("an option stands there twice")
    return dict(pairs)


def _tls(scheme: str, options: dict[str, str]) -> str:
    wanted = options.get("tls", "starttls")
    if wanted not in {"starttls", "none"}:
        raise _wrong("tls is starttls or none")
    if scheme == "smtps":
        if "tls" in options:
            raise _wrong("smtps:// is encrypted from the first byte: leave tls= out")
        return "implicit"
    return wanted


def _seconds(text: str) -> float:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 600):
        raise _wrong("timeout is a whole number of seconds from 1 to 600")
    return float(text)


def _switch(text: str) -> bool:
    if text not in {"on", "off"}:
        raise _wrong("verp is on or off")
    return text == "on"


def _helo(text: str) -> str:
    if text and not _HELO.fullmatch(text):
        raise _wrong("helo is this machine's name, such as mail.example.org")
    return text


def _context(ca: str, home: Path) -> ssl.SSLContext:
    """Certificates are always judged: by the system's authorities, or by those in `ca` alone."""
    if not ca:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=str(home / ca))
    except (OSError, ssl.SSLError):
        raise _wrong(f"ca: no certificates can be read from {home / ca}") from None
