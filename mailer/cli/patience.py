"""Gunicorn's worker with threads, made to wait for nobody's request for ever."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

PATIENCE = 60.0
"""Seconds for a request to arrive whole: sixteen idle connections must not hold all threads."""


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn comes without types
    """Hears no more of a connection whose request takes too long; what it answers still leaves."""

    patience = PATIENCE

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._since: dict[Any, float] = {}  # connections that threads are busy with

    def handle(self, conn: Any) -> Any:
        """Read a request and answer it, in a thread."""
        self._since[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._since[conn]

    def notify(self) -> None:
        """Once a second: show that we live, and end the patience with those that are late."""
        super().notify()
        late = time.monotonic() - self.patience
        for conn, since in self._since.copy().items():
            if since < late:
                with suppress(OSError):  # it has gone by itself
                    conn.sock.shutdown(socket.SHUT_RD)


class _Body:
    """A request's body; one that breaks off or is put together wrongly cannot be read."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises OSError, which is answered as a request that broke off."""
        try:
            return bytes(self._body.read(size))
        except ParseException as error:
            raise OSError(type(error).__name__) from error


def readable(app: Callable[..., Any]) -> Callable[..., Any]:
    """A WSGI application whose bodies fail as others do, whatever server reads them."""

    def called(environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return app(environ, start_response)

    return called
