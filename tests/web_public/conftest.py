"""Pages over a small home of two officials, on a database of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from mailer.config import Settings
from mailer.db import Store
from mailer.districts.represent import SERVICE, Represent
from mailer.web import create_app
from tests.conftest import Clock
from tests.web_public.homes import write_campaign, write_home
from tests.web_public.page import Visitor


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one live campaign, `exams`."""
    folder = write_home(tmp_path / "small")
    write_campaign(folder, "exams")
    return folder


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, secret_keys=("k" * 40,), database_url="sqlite:///var/mailer.db")


@pytest.fixture
def sqlite(new_sqlite: Callable[[], str], clock: Clock) -> Iterator[Store]:
    """A migrated SQLite database."""
    opened = Store(new_sqlite(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def make_app(settings: Settings, sqlite: Store) -> Callable[..., Flask]:
    """Makes the application with some settings changed."""

    def make(store: Store | None = None, asks: Represent = SERVICE, **changes: object) -> Flask:
        changed = replace(settings, **changes)  # type: ignore[arg-type]  # any setting
        return create_app(changed, store or sqlite, represent=asks)

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)
