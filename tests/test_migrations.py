"""A database of an older version keeps all it holds."""

from __future__ import annotations

import json
import threading
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
from mailer.sendlog import counting
from mailer.sendlog.named import Named
from mailer.submissions import accept
from tests.factories import draft, supporter

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


def test_districts_that_were_typed_are_taken_out_and_counted_anew(empty_url: str) -> None:
    """Counts and acts that are over held them by their text."""
    store = old_store(empty_url, "0013")
    accept(store, draft(supporter(district="Zebedee Quillfeather")))
    accept(store, draft(supporter(email="b@supporter.example", district="North")))
    with store.write() as tx:
        at, key = tx.execute(text(NEWEST)).one()
        tx.execute(text(PUT), {"name": "letters written to", "value": f"{at!r} {key}"})
        for facet, value in (
            ("district", "Zebedee Quillfeather"), ("district", "North"), ("role", "student"),
        ):  # fmt: skip
            tx.execute(text(COUNTED), {"facet": facet, "value": value})
        for number, state in enumerate(("done", "running", "stopped")):
            lives = "" if state == "stopped" else "Zebedee Quillfeather"
            wanted = json.dumps({"district": lives, "state": "queued"})
            tx.execute(text(ACT), {"id": str(number), "state": state, "wanted": wanted})
    migrate.upgrade(store)
    with store.read() as tx:
        counts = tx.execute(text("SELECT facet, value, count FROM written_count")).all()
        acts = tx.execute(text("SELECT state, wanted FROM bulk ORDER BY id")).all()
    assert counts == [("role", "student", 2)]
    assert {state: json.loads(wanted)["district"] for state, wanted in acts} == {
        "done": "?", "running": "Zebedee Quillfeather", "stopped": "",
    }  # fmt: skip
    own, stop = Named(districts=frozenset({"North"})), threading.Event()
    assert counting.count_districts_again(store, own, stop) == 4
    with store.read() as tx:
        found = tx.execute(text("SELECT value, count FROM written_count WHERE facet = 'district'"))
        assert dict(found.all()) == {"North": 2, "?": 2}
    store.close()


NEWEST = "SELECT created_at, id FROM letter ORDER BY created_at DESC, id DESC LIMIT 1"
PUT = "INSERT INTO meta (name, value) VALUES (:name, :value)"
COUNTED = "INSERT INTO written_count VALUES (:facet, :value, 'exams', 2)"
ACT = """
INSERT INTO bulk (id, act, wanted, actor, state, created_at)
VALUES (:id, 'hold', :wanted, 'staff:0123456789', :state, 1.0)
"""

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
