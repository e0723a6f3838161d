"""The doctor names an account that waits for somebody, and short keys stop the start."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from mailer.cli import stopped
from mailer.cli.doctor import way_back
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import Next, SendError, SettingsError
from mailer.outbox import lanes, stops
from mailer.transports import from_url

RELAY = "smtp://127.0.0.1:9?tls=none"


@pytest.fixture
def relayed(settings: Settings) -> Settings:
    return replace(settings, transports=(RELAY,))


def found(url: str, settings: Settings) -> list[tuple[str, str]]:
    with closing(Store(url)) as store:
        return [(one.level, one.found) for one in stopped.look(store, settings)]


def close(url: str, account: str, *, note: bool) -> None:
    with closing(Store(url)) as store, store.write() as tx:
        lanes.close(tx, account, "401 the key is not known", time.time())
        if note:
            stops.note(tx, account)


def test_an_account_that_is_stopped_is_a_fault(
    relayed: Settings, new_sqlite: Callable[[], str]
) -> None:
    url, account = new_sqlite(), from_url(RELAY, relayed.home).account
    assert found(url, relayed) == []
    close(url, account, note=False)
    assert found(url, relayed) == [], "an outage mends itself"
    close(url, account, note=True)
    assert found(url, relayed) == [("fail", f"{account} is stopped: 401 the key is not known")]


def test_another_account_is_nobodys_matter(
    relayed: Settings, new_sqlite: Callable[[], str]
) -> None:
    url = new_sqlite()
    close(url, "smtp://long.gone.example:25", note=True)
    assert found(url, relayed) == []
    assert found(url, replace(relayed, transports=("pigeon:home",))) == []


def test_the_repair_of_a_stop_is_at_the_provider(relayed: Settings) -> None:
    way = from_url(RELAY, relayed.home)
    suspended = SendError("the account is suspended", Next.STOP, code="400", account=True)
    assert way_back(suspended, way) == stopped.ACT
    assert "the key" in way_back(SendError("no", Next.STOP, code="401", account=True), way)


@pytest.mark.parametrize("key", ["x" * 15, f"{'x' * 40},short"])
def test_a_key_that_can_be_guessed_is_refused(settings: Settings, key: str) -> None:
    given = {"MAILER_HOME": str(settings.home), "MAILER_HOOK_BREVO": key}
    with pytest.raises(SettingsError, match="MAILER_HOOK_BREVO is too short") as caught:
        Settings.from_env(given)
    assert "xxx" not in str(caught.value)
    long = Settings.from_env(given | {"MAILER_HOOK_BREVO": "x" * 16})
    assert long.hooks["brevo"] == ("x" * 16,)
