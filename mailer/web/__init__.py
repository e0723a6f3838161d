"""The pages: an application made from settings, and nothing global but compiled pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Flask
from jinja2 import FileSystemLoader, StrictUndefined

from mailer import outbound, transports
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.districts.represent import SERVICE, Represent
from mailer.errors import OutboundError, SettingsError
from mailer.limits import Rules
from mailer.pages import COMPILED, template_folders
from mailer.transports.api import HOOKS
from mailer.transports.api.base import Hook
from mailer.web import (
    assets,
    blocked,
    errors,
    health,
    hooks,
    i18n,
    localbox,
    look,
    metrics,
    security,
    staff,
    watching,
)
from mailer.web.public import about, draft, embed, rendered, site
from mailer.web.receipts import acts, confirm, data, find, paper, unsubscribe, withdrawn
from mailer.web.services import Services
from mailer.web.timing import Timings

__all__ = ["create_app"]

LARGEST_ANSWER = 64_000  # bytes
FETCHES = 5.0  # seconds that a question to another service may take


def create_app(
    settings: Settings, store: Store | None = None, *, known: Mapping[str, Hook] = HOOKS,
    fetch: Callable[[str, frozenset[str]], None] | None = None,
    represent: Represent = SERVICE, library: Library | None = None, rules: Rules | None = None,
    timings: Timings | None = None,
) -> Flask:  # fmt: skip
    """The application; without `store`, each process opens the settings' own at its first use.

    `known` are the providers whose calls are taken; `fetch` is how their questions are answered;
    `represent` is who tells districts by postal code, where the settings say so. `library` has
    read the organizer's files already, for processes that are to share their last good version.
    `rules` say how often somebody may do what; `timings` is where processes count their requests.
    """
    if settings.development:
        settings = settings.with_development_key()
    if not settings.secret_keys:
        raise SettingsError("MAILER_SECRET_KEY is missing")
    app = Flask("mailer.web", template_folder=None)
    app.jinja_loader = FileSystemLoader([str(folder) for folder in template_folders(settings.home)])
    app.jinja_env.bytecode_cache = COMPILED
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    serving = _services(
        settings, store, known, fetch or _fetch, represent, library or Library(settings.home),
        rules or Rules(), timings or Timings(),
    )  # fmt: skip
    app.extensions["mailer"] = serving
    for part in (i18n, assets, errors, look):
        part.install(app)
    rendered.install(app, content=serving.library.current)
    security.install(app, settings)
    app.context_processor(
        # Addresses are never made from what a request says its host is.
        lambda: {
            "site": settings.owner or i18n.gettext("Open letters"),
            "here": settings.public_url,
        }
    )
    for module in (
        *(health, metrics, hooks, staff, look, blocked, localbox, site, about),
        *(confirm, withdrawn, paper, unsubscribe, embed, draft),
        *(acts, find, data),
    ):
        app.register_blueprint(module.blueprint)
    watching.install(app, serving.timings, proxied=settings.proxy_hops > 0)
    return app


def _services(
    settings: Settings, store: Store | None, known: Mapping[str, Hook],
    fetch: Callable[[str, frozenset[str]], None], represent: Represent, library: Library,
    rules: Rules, timings: Timings,
) -> Services:  # fmt: skip
    def open_store() -> Store:
        if store is not None:
            return store
        if not settings.database_url:
            raise SettingsError("MAILER_DATABASE_URL is missing: these pages need a database")
        return Store(settings.database_url, home=settings.home)

    return Services(
        settings=settings,
        library=library,
        transports=transports.from_urls(settings.transports, settings.home),
        hooks=known,
        fetch=fetch,
        open_store=open_store,
        represent=None if settings.represent is None else represent,
        rules=rules,
        timings=timings,
    )


def _fetch(url: str, hosts: frozenset[str]) -> None:
    """Ask an address; raises OutboundError unless it answers that all is well."""
    answer = outbound.get(url, hosts=hosts, most=LARGEST_ANSWER, seconds=FETCHES)
    if answer.status != 200:
        raise OutboundError(f"the answer was {answer.status}")
