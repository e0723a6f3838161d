"""The pages: an application made from settings, with nothing global behind it."""

from __future__ import annotations

from flask import Flask
from jinja2 import FileSystemLoader, StrictUndefined

from mailer import transports
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import SettingsError
from mailer.pages import template_folders
from mailer.web import (
    assets,
    errors,
    health,
    i18n,
    localbox,
    public,
    public_receipts,
    public_site,
    security,
    staff,
)
from mailer.web.services import Services

__all__ = ["create_app"]


def create_app(settings: Settings, store: Store | None = None) -> Flask:
    """The application; without `store`, each process opens the settings' own at its first use."""
    if settings.development:
        settings = settings.with_development_key()
    if not settings.secret_keys:
        raise SettingsError("MAILER_SECRET_KEY is missing")
    app = Flask("mailer.web", template_folder=None)
    app.jinja_loader = FileSystemLoader([str(folder) for folder in template_folders(settings.home)])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["mailer"] = _services(settings, store)
    for part in (i18n, assets, errors):
        part.install(app)
    security.install(app, settings)
    app.context_processor(
        # Addresses are never made from what a request says its host is.
        lambda: {
            "site": settings.owner or i18n.gettext("Open letters"),
            "here": settings.public_url,
        }
    )
    for module in (health, staff, localbox, public_site, public_receipts, public):
        app.register_blueprint(module.blueprint)
    return app


def _services(settings: Settings, store: Store | None) -> Services:
    def open_store() -> Store:
        if store is not None:
            return store
        if not settings.database_url:
            raise SettingsError("MAILER_DATABASE_URL is missing: these pages need a database")
        return Store(settings.database_url, home=settings.home)

    return Services(
        settings=settings,
        library=Library(settings.home),
        transports=transports.from_urls(settings.transports, settings.home),
        open_store=open_store,
    )
