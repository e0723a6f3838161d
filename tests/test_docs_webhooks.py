"""The commands of docs/webhooks.md do what it says they do."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from mailer.config import Settings
from mailer.config.settings import HOOKS
from mailer.db import Store
from mailer.transports.api import NAMES
from mailer.web import create_app
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
LINES = [
    line.strip()
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines() if line.strip()
]  # fmt: skip


@pytest.fixture
def address(settings: Settings, store: Store) -> Iterator[str]:
    """The pages at work, as the docs have them."""
    hooks = {"postmark": ("mailer:a-long-random-word",)}
    app = create_app(replace(settings, hooks=hooks), store)
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["mailer"].counting.write(store)


def run(line: str) -> str:
    return subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do."""
    return new_sqlite()


def test_the_calls_by_hand_are_answered_as_the_page_says(address: str) -> None:
    calls = [line for line in LINES if line.startswith("curl ")]
    answers = [run(line.replace("http://127.0.0.1:8000", address)) for line in calls]
    assert [answer.split()[1] for answer in answers] == ["200", "401", "401"]
    assert answers[0].endswith("\nkept\n")


def test_a_key_made_as_the_page_says_is_long_enough() -> None:
    (line,) = [line for line in LINES if line.startswith("python3 ")]
    made = run(line).strip()
    assert made.startswith("mailer:")
    settings = Settings.from_env({"MAILER_HOOK_POSTMARK": made, "MAILER_HOME": str(ROOT)})
    assert settings.hooks["postmark"] == (made,)


def test_every_command_is_one_of_these() -> None:
    assert {line.split()[0] for line in LINES} == {"curl", "python3"}


def test_every_provider_is_in_the_table() -> None:
    assert set(re.findall(r"`/hooks/(\w+)`", TEXT)) == set(NAMES)
    assert set(NAMES) == {*HOOKS, "ses"}
