"""Addresses of sites as browsers write them: two spellings of one site are one."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from mailer import addresses
from mailer.errors import FieldError

_USUAL_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)
_LONGEST_NAME = 254  # RFC 1035, with the dot at its end


def origin(url: str) -> str:
    """Scheme, host and port of an address as the header Origin has them (RFC 6454, 6.2).

    Raises ValueError where no browser opens it as it stands, and where it names a user.
    """
    if not url.isprintable() or " " in url or "\\" in url:  # urlsplit drops some of these
        raise ValueError("it holds blanks or backslashes")
    parts = urlsplit(url)
    port, usual = parts.port, _USUAL_PORTS.get(parts.scheme)
    if usual is None or port == 0 or re.search("[@%]", parts.netloc):
        raise ValueError("it is not scheme://host or scheme://host:port")
    shown = "" if port in {None, usual} else f":{port}"
    return f"{parts.scheme}://{_host(parts.hostname or '')}{shown}"


def _host(name: str) -> str:
    """A host's name in ASCII, or its address in brackets where it is one of IPv6."""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name).compressed}]"
    if not name.isascii():
        name = _in_ascii(name)
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise ValueError("it has no host's name")
    if name.rstrip(".").rpartition(".")[2].isdigit():  # browsers take it for an address, or refuse
        return str(ipaddress.IPv4Address(name))
    return name


def _in_ascii(name: str) -> str:
    try:
        return addresses.wire(f"letters@{name}").partition("@")[2]
    except FieldError as error:
        raise ValueError(str(error)) from None
