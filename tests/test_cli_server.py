"""What the web part's processes share from their start."""

from __future__ import annotations

from pathlib import Path

from mailer.cli.server import Server
from mailer.config import Settings
from mailer.db import Store, migrate


def test_a_process_that_begins_while_a_file_is_broken_shows_the_last_good_one(home: Path) -> None:
    url = f"sqlite:///{home}/mailer.db"
    with_tables = Store(url)
    migrate.upgrade(with_tables)
    with_tables.close()
    server = Server(Settings(home=home, database_url=url, secret_keys=("k" * 40,)), "127.0.0.1")
    file = home / "officials.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("@", ",@", 1), encoding="utf-8")
    assert server.load().test_client().get("/proctoring/").status_code == 200
