"""How `requests` asks for us: with its adapter, over sockets that we give it.

There is no Session before it: nothing reads proxies and passwords from the environment, follows
redirects, keeps cookies or repeats anything.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool

from mailer.errors import Next, SendError
from mailer.transports.api.base import Request
from mailer.transports.api.sockets import Patient, PatientTls

AGENT = "mailer/0.1"

Opener = Callable[[HTTPConnection, Callable[[], None]], None]
"""Opens a connection, by calling what it is given, and lets its socket keep to a talk."""


class Adapter(HTTPAdapter):
    """Keeps a connection open."""

    def __init__(self, opener: Opener) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_Pool, opener=opener),
            "https": partial(_PoolTls, opener=opener),
        }
        self._pools: dict[str | None, ConnectionPool] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: Any, **more: Any
    ) -> ConnectionPool:
        """The same for the same address: to look for it anew costs a tenth of a request."""
        if request.url not in self._pools:
            pool = super().get_connection_with_tls_context(request, *args, **more)
            self._pools[request.url] = pool
        return self._pools[request.url]

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Whom to trust stands in the context."""


def prepared(request: Request) -> requests.PreparedRequest:
    """A request as `requests` takes it; raises SendError: FAIL when a header would be two."""
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if request.body or request.method != "GET":
        headers["Content-Length"] = str(len(request.body))
    try:
        made = _template(request.method, request.url).copy()
    except requests.RequestException as error:
        raise SendError(f"its address is none that can be asked: {error}", Next.STOP) from None
    for name, value in (headers | dict(request.headers)).items():
        if not f"{name}{value}".isprintable() or not value.isascii():
            raise SendError(f"the header {name!r} holds what no header may", Next.FAIL)
        made.headers[name] = value
    made.body = request.body or None
    return made


@cache
def _template(method: str, url: str) -> requests.PreparedRequest:
    """What all requests to one place share: addresses are dear to look through."""
    return requests.Request(method, url).prepare()


@cache
def authorities() -> ssl.SSLContext:
    """Whom `requests` trusts to vouch for a name."""
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = PatientTls
    return context


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, opener: Opener, **more: Any) -> None:
        super().__init__(*args, **more)
        self._opener = opener

    def connect(self) -> None:
        """Open it."""
        self._opener(self, super().connect)

    @property
    def is_connected(self) -> bool:
        """True while it may carry the next request."""
        return isinstance(self.sock, Patient) and self.sock.quiet()


class _ConnectionTls(_Connection, HTTPSConnection):
    def __init__(self, *args: Any, opener: Opener, **more: Any) -> None:
        super().__init__(*args, opener=opener, **more | {"ssl_context": authorities()})


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _PoolTls(HTTPSConnectionPool):
    ConnectionCls = _ConnectionTls
