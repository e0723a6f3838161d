"""A database of an older version keeps all it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from mailer import outbox
from mailer.db import Store, migrate, schema
from mailer.errors import StoreError
from mailer.outbox import Way

LETTER = """
INSERT INTO letter (id, kind, state, campaign, official, person, lane, priority, created_at, due_at,
                    changed_at)
VALUES (:id, :kind, 'queued', :campaign, :official, :person, :lane, 5, 1.0, 1.0, 1.0)
"""
TEXT = """
INSERT INTO letter_text VALUES (:id, 'en', 'Ann', 'letters@campaign.example', '', '', 'A Minister',
                                'minister@ministry.example', 'Exams', 'Dear Minister,', 'Hi.', :mid)
"""
MAILBOX = "mailbox:minister@ministry.example"


def old_store(url: str, version: str) -> Store:
    """A database as an older program left it."""
    store = Store(url)
    config = Config()
    folder = Path(migrate.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    with store.write() as tx:
        if not store.is_sqlite:
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
        config.attributes["connection"] = tx
        command.upgrade(config, version)
    return store


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/old.db"
    return str(request.getfixturevalue("new_postgres")())


def test_letters_of_the_first_version_wait_in_queues(empty_url: str) -> None:
    store = old_store(empty_url, "0001")
    with store.write() as tx:
        for lane in (MAILBOX, "people"):
            tx.execute(text("INSERT INTO lane (id, full_at) VALUES (:lane, 0.0)"), {"lane": lane})
        for key, lane, kind, official in (
            ("a", MAILBOX, "letter", "one"), ("b", MAILBOX, "letter", "two"),
            ("c", "people", "confirmation", None),
        ):  # fmt: skip
            campaign = "exams" if official else None
            values = {
                "id": key, "kind": kind, "campaign": campaign, "official": official,
                "person": official, "lane": lane, "mid": f"{key}@campaign.example",
            }  # fmt: skip
            tx.execute(text(LETTER), values)
            tx.execute(text(TEXT), values)
        tx.execute(text("UPDATE letter SET cleared = (kind = 'letter') OR kind <> 'letter'"))
    migrate.upgrade(store)
    store.check_version()
    with store.write() as tx:
        way = Way(account="fake:relay")
        taken = outbox.claim(tx, "w", now=5.0, lease=60.0, most=9, way=way)
        assert {one.id for one in taken} == {"a", "b", "c"}
        queues = dict(tx.execute(text("SELECT id, domain FROM queue")).all())
    assert queues == {
        "people": None,
        f"exams one {MAILBOX}": "domain:ministry.example",
        f"exams two {MAILBOX}": "domain:ministry.example",
    }
    store.close()


def test_a_migrated_database_is_as_the_program_describes_it(empty_url: str) -> None:
    store = old_store(empty_url, "head")
    with store.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), schema.metadata) == []
        made = set(tx.execute(text(CHECKS[store.is_sqlite])).scalars())
    assert any("state" in check for check in made)
    store.close()


CHECKS = {
    True: "SELECT sql FROM sqlite_master WHERE name = 'letter' AND sql LIKE '%ck_letter_state%'",
    False: "SELECT conname FROM pg_constraint WHERE contype = 'c'",
}


def test_a_rebuild_that_would_orphan_rows_changes_nothing(tmp_path: Path) -> None:
    store = old_store(f"sqlite:///{tmp_path}/new.db", "head")
    insert = "INSERT INTO letter_text SELECT 'x', 'en', '', '', '', '', '', '', '', '', '', ''"
    with pytest.raises(StoreError, match="nothing was changed"), store.rebuild() as tx:
        tx.execute(text(insert))
    with store.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM letter_text")).scalar() == 0
        assert tx.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()
