"""The web part: gunicorn inside our own process, set up for one purpose."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from mailer import logs
from mailer.campaigns.library import Library
from mailer.cli.lifeline import when_orphaned
from mailer.cli.patience import PatientWorker, readable
from mailer.config import Settings

THREADS = 8  # each request waits on the database or on a slow phone, not on the processor
KEEP_ALIVE = 75  # seconds; longer than the 60 of common proxies, so that they close first
GRACE = 25  # seconds for the requests in hand; the supervisor waits 30


SPARE = 2  # processes beyond the usual number: those that end while others begin


class _PlainLogger(Logger):  # type: ignore[misc]  # gunicorn comes without types
    """Gunicorn's own lines, written as all others: it would name callers and whole addresses."""

    form = "plain"

    def setup(self, cfg: Any) -> None:
        """Set its handlers up, and ours in their place."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter(self.form, "web"))

    def warning(self, msg: str, *args: Any, **more: Any) -> None:
        """A warning; of a request that cannot be read, nothing that was in it."""
        if msg.startswith("Invalid request"):
            msg, args = "a request that cannot be read was refused", ()
        super().warning(msg, *args, **more)

    def exception(self, _msg: str, *_args: Any, **more: Any) -> None:
        """What went wrong where; the words would name an address."""
        super().exception("an answer could not be finished", **more)


class _JsonLogger(_PlainLogger):
    form = "json"


def options(settings: Settings, bind: str) -> dict[str, Any]:
    """Gunicorn's settings. No access log: it would hold addresses of people."""
    return {
        "bind": [f"[{bind}]:{settings.port}" if ":" in bind else f"{bind}:{settings.port}"],
        "workers": settings.web_concurrency,
        "worker_class": PatientWorker,
        "threads": THREADS,
        "timeout": 60,
        "graceful_timeout": GRACE,
        "keepalive": KEEP_ALIVE,
        "worker_tmp_dir": _memory_folder(),
        "control_socket_disable": True,
        "forwarded_allow_ips": "",  # MAILER_PROXY_HOPS alone says whom to believe
        "accesslog": None,
        "loglevel": "warning",
        "logger_class": _JsonLogger if settings.log == "json" else _PlainLogger,
        "proc_name": "mailer web",
    }


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn comes without types
    """Gunicorn with the pages; each worker makes its own application, after the fork."""

    def __init__(self, settings: Settings, bind: str) -> None:
        self._settings = settings
        self._bind = bind
        # Read before the fork: a worker that begins while a file is broken has a good version, too.
        self._library = Library(settings.home)
        self._library.current()
        from mailer.web.timing import Timings

        # Shared from before the fork on: each process counts, and any of them tells.
        self._timings = Timings(settings.web_concurrency * 2 + SPARE)
        super().__init__()

    def load_config(self) -> None:
        """Set what `options` says."""
        for name, value in options(self._settings, self._bind).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of one worker."""
        from mailer.web import create_app

        app = create_app(self._settings, library=self._library, timings=self._timings)
        app.wsgi_app = readable(app.wsgi_app)  # type: ignore[method-assign]  # as Flask is wrapped
        return app


def serve(settings: Settings, bind: str, lifeline: int | None) -> None:
    """Serve until told to stop; never returns."""
    arbiter = os.getpid()
    when_orphaned(lifeline, lambda: os.kill(arbiter, signal.SIGTERM))
    Server(settings, bind).run()


def _memory_folder() -> str | None:
    """Where workers show that they live: in memory, because a slow disk would look like death."""
    shared = Path("/dev/shm")  # noqa: S108 - gunicorn makes an unnamed file in it
    return str(shared) if os.access(shared, os.W_OK) else tempfile.gettempdir()
