"""Any provider as a way out."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from mailer.errors import SendError
from mailer.transports.api import PROVIDERS, options
from mailer.transports.api.asking import Asks, ask
from mailer.transports.api.base import Provider, Reply, Request
from mailer.transports.api.line import Spacing, longest_ask
from mailer.transports.api.lines import ApiLines
from mailer.transports.api.loop import Loop
from mailer.transports.base import Answer, Connection, Lines, Parcel


def from_url(url: str, home: Path) -> ApiTransport:  # noqa: ARG001 - every scheme is made so
    """The transport that the address of an e-mail API names; raises SettingsError."""
    bare, timeout = options.take_timeout(url)
    return ApiTransport(PROVIDERS[url.partition(":")[0]](bare), timeout)


class ApiTransport:
    """A way out through an account with an e-mail API. `timeout` is in seconds, for an answer."""

    delivers = True
    label = ""

    def __init__(self, provider: Provider, timeout: float = options.TIMEOUT) -> None:
        self.provider = provider
        self.account = provider.account
        self.limits = provider.limits
        self.fields = provider.fields
        # No request of a letter's begins after the first half of this.
        self.longest_wait = 2 * longest_ask(timeout)
        self._timeout = timeout
        self._spacing = Spacing(provider.spacing)

    def connect(self) -> Connection:
        """A connection that opens with its first letter."""
        return ApiConnection(self.provider, self._timeout, self._spacing)

    def lines(self, size: int) -> Lines:
        """Lines for the worker: places in the requests to come."""
        return ApiLines(self.provider, size, self._timeout, self._spacing)

    def probe(self) -> str:
        """Ask what sends nothing; says what was found, or raises SendError."""
        caller = Caller(self._timeout, self._spacing)
        try:
            return self.provider.found(caller.ask(self.provider.look()))
        finally:
            caller.close()


class Caller:
    """Asks one thing after another over one connection, and waits for each answer."""

    def __init__(self, timeout: float, spacing: Spacing) -> None:
        self._timeout = timeout
        self._loop: Loop[Reply | SendError] = Loop(1, timeout, spacing)

    def ask(self, request: Request) -> Reply:
        """The reply, whatever its status; raises SendError."""
        last = time.monotonic() + longest_ask(self._timeout)
        self._loop.begin(0, partial(_caught, request, last))
        while (found := self._loop.result(0)) is None:
            self._loop.turn(self._timeout)
        if isinstance(found, SendError):
            raise found
        return found

    def close(self) -> None:
        """Hang up."""
        self._loop.close()


class ApiConnection:
    """One letter, one request."""

    def __init__(self, provider: Provider, timeout: float, spacing: Spacing) -> None:
        self._provider = provider
        self._caller = Caller(timeout, spacing)
        self._staged: tuple[Parcel, Request] | None = None

    def stage(self, parcel: Parcel) -> None:
        """Make the request ready; raises SendError when the letter cannot be said in one."""
        self._staged = (parcel, self._provider.ask([parcel]))

    def commit(self) -> Answer:
        """Send the request; returns what it was answered, or raises SendError."""
        if self._staged is None:
            raise SendError("no letter is staged")
        (parcel, request), self._staged = self._staged, None
        (verdict,) = self._provider.read([parcel], self._caller.ask(request))
        if isinstance(verdict, SendError):
            raise verdict
        return verdict

    def abandon(self) -> None:
        """Forget the request: nothing of it was sent."""
        self._staged = None

    def close(self) -> None:
        """Hang up."""
        self._caller.close()


def _caught(request: Request, last: float, line: Asks) -> Reply | SendError:
    """Ask; an error is told, not raised."""
    try:
        return ask(request, last, line)
    except SendError as error:
        return error
