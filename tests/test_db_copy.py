"""`mailer db copy` and `mailer db check`: the same on both engines, and what is wrong is told."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update

from mailer import accounts, approvals
from mailer.campaigns.library import Library
from mailer.db import Store, migrate, schema
from mailer.db.check import check
from mailer.db.copy import Copied, copy, digest
from mailer.db.schema import letter, meta
from mailer.db.tick import silent
from mailer.errors import StoreError
from mailer.outbox import lanes
from mailer.submissions import accept, restoring
from mailer.submissions.restoring import Settled
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter
from tests.fakes import FakeTransport
from tests.test_worker import worker

WAYS = [
    ("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite"),
    ("postgresql", "postgresql"),
]  # fmt: skip


def settle(tx: object, now: float) -> Settled:
    return restoring.settle(tx, why="copied", actor="test", now=now)  # type: ignore[arg-type]


def leave(tx: object, now: float) -> None:
    """Let the copy be what the original is."""


@pytest.fixture
def make(
    request: pytest.FixtureRequest, clock: Clock, tmp_path: Path
) -> Iterator[Callable[[str, bool], Store]]:
    """Makes a store on an engine: with our tables, or with none at all."""
    made: list[Store] = []

    def one(engine: str, empty: bool) -> Store:
        if engine == "sqlite" and empty:
            url = f"sqlite:///{tmp_path}/new-{len(made)}.db"
        else:
            fixture = "new_sqlite" if engine == "sqlite" else "new_postgres"
            url = request.getfixturevalue(fixture)()
        made.append(Store(url, clock=clock))
        if engine == "postgresql" and empty:
            with made[-1].write() as tx:
                tx.execute(text("DROP SCHEMA public CASCADE"))
                tx.execute(text("CREATE SCHEMA public"))
        return made[-1]

    yield one
    for store in made:
        store.close()


def fill(store: Store, home: Path) -> None:
    """Rows in nearly every table, with values that engines like to change."""
    odd = supporter(
        name="Zoë \u2028 O'Neil", email="zoe@supporter.example", personal="a\\b\t\n'\" {} 🙂",
        address="",
    )  # fmt: skip
    accept(store, draft(odd))
    accept(store, draft(supporter(name="Ben", email="b@x.example"), campaign(confirm=True)))
    accept(store, draft(supporter(name="Cem", email="c@x.example"), hold="a reason"))
    one = worker(store, FakeTransport(delivers=False))
    one.drain()
    one.close()
    accept(store, draft(supporter(name="Dee", email="d@x.example")))
    approvals.approve(store, Library(home).current(), "proctoring", actor="test")
    accounts.invite(store, "kim@coalition.example", "admin")
    with store.write() as tx:
        values = {"due_at": 1_799_999_999.1 + 0.2, "tried_at": 0.1, "possibly_twice": True}
        tx.execute(update(letter).where(letter.c.official == "minister-1").values(**values))


@pytest.mark.parametrize(("old", "new"), WAYS)
@pytest.mark.parametrize("empty", [True, False], ids=["no tables", "tables"])
def test_a_copy_says_the_same_table_by_table(
    make: Callable[[str, bool], Store], home: Path, old: str, new: str, empty: bool
) -> None:
    source, target = make(old, False), make(new, empty)
    fill(source, home)
    seen: dict[str, Copied] = {}

    def look(tx: object, now: float) -> None:
        seen.update(
            {table.name: digest(tx, table) for table in schema.metadata.sorted_tables}  # type: ignore[arg-type]
        )

    found, _ = copy(source, target, settle=look, tick=silent)
    with source.read() as tx:
        original = {table.name: digest(tx, table) for table in schema.metadata.sorted_tables}
    assert found == seen == original
    full = {name for name, one in found.items() if one.rows}
    assert full >= {"meta", "submission", "letter", "letter_text", "letter_event", "lane", "queue",
                    "confirmation", "approval", "account", "account_token"}  # fmt: skip
    assert check(target, silent) == []
    with source.read() as one, target.read() as other:
        assert source.pepper(one) == target.pepper(other), "hashes of people mean the same"


@pytest.mark.parametrize(("old", "new"), WAYS[:2])
def test_a_copy_there_and_back_is_the_original(
    make: Callable[[str, bool], Store], home: Path, old: str, new: str
) -> None:
    source, there, back = make(old, False), make(new, True), make(old, True)
    fill(source, home)
    first, _ = copy(source, there, settle=leave, tick=silent)
    assert copy(there, back, settle=leave, tick=silent)[0] == first


@pytest.mark.parametrize(("old", "new"), WAYS[:2])
def test_a_copy_starts_paused_with_open_letters_held(
    make: Callable[[str, bool], Store], home: Path, old: str, new: str
) -> None:
    source, target = make(old, False), make(new, True)
    fill(source, home)
    _, settled = copy(source, target, settle=settle, tick=silent)
    assert settled == Settled(uncertain=2, review=2, awaiting=2, erased=0)
    way = FakeTransport(delivers=False)
    for _ in range(2):
        one = worker(target, way)
        one.drain()
        one.close()
        assert way.accepted == []
        with target.write() as tx:
            lanes.resume(tx, lanes.EVERYTHING)
    one = worker(source, way)
    one.drain()
    one.close()
    assert len(way.accepted) == 2, "the original is not touched"


def test_a_target_that_is_not_empty_is_refused(
    make: Callable[[str, bool], Store], home: Path, database_url: str, clock: Clock
) -> None:
    source = make("sqlite", False)
    fill(source, home)
    with closing(Store(database_url, clock=clock)) as target:
        accept(target, draft())
        with pytest.raises(StoreError, match=r"is not empty \(rows: found_by"):
            copy(source, target, settle=settle, tick=silent)
        with target.write() as tx:
            tx.execute(text("CREATE TABLE zebra (stripes INTEGER)"))
            for table in reversed(schema.metadata.sorted_tables):
                tx.execute(delete(table))
        with pytest.raises(StoreError, match=r"a table that is not ours: zebra"):
            copy(source, target, settle=settle, tick=silent)


def test_a_source_at_another_version_is_refused(make: Callable[[str, bool], Store]) -> None:
    source, target = make("sqlite", True), make("sqlite", False)
    with pytest.raises(StoreError, match=r"is empty, this program needs"):
        copy(source, target, settle=settle, tick=silent)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_copy_that_breaks_off_leaves_no_rows(
    make: Callable[[str, bool], Store], home: Path, engine: str
) -> None:
    source, target = make("sqlite", False), make(engine, True)
    fill(source, home)

    def pull_the_plug(work: str, done: int, of: int) -> None:
        if work == "compared":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(source, target, settle=settle, tick=pull_the_plug)
    assert copy(source, target, settle=settle, tick=silent)[0]["letter"].rows > 0


def test_what_postgresql_cannot_hold_is_told(make: Callable[[str, bool], Store]) -> None:
    source, target = make("sqlite", False), make("postgresql", False)
    with source.write() as tx:
        tx.execute(insert(meta).values(name="zero", value="a\0b"))
    with pytest.raises(StoreError, match="does not take a row"):
        copy(source, target, settle=settle, tick=silent)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_memory_does_not_grow_with_the_rows(
    make: Callable[[str, bool], Store], engine: str
) -> None:
    source = make(engine, False)
    peaks = []
    for count in (1_500, 8_000):
        with source.write() as tx:
            rows = [{"name": f"{count} {number}", "value": "x" * 200} for number in range(count)]
            tx.execute(insert(meta), rows)
        target = make(engine, False)
        tracemalloc.start()
        copy(source, target, settle=leave, tick=silent)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 2, peaks


def test_the_hash_does_not_depend_on_order_and_misses_no_change(store: Store) -> None:
    def filled(*rows: tuple[str, str]) -> Copied:
        with store.write() as tx:
            tx.execute(delete(meta))
            for name, value in rows:
                tx.execute(insert(meta).values(name=name, value=value))
            return digest(tx, meta)

    first = filled(("a", "1"), ("b", "2"))
    assert filled(("b", "2"), ("a", "1")) == first
    assert len({first.hash, filled(("a", "2"), ("b", "1")).hash, filled(("a", "1")).hash}) == 3


# --- check -------------------------------------------------------------------------------------


def test_a_good_database_has_nothing_wrong(store: Store, home: Path) -> None:
    fill(store, home)
    assert check(store, silent) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("DELETE FROM letter_text", "letter: it has no text: "),
        ("DELETE FROM letter_event", "letter: nothing tells how it came: "),
        ("UPDATE letter SET state = 'dot'", "letter: a worker holds it, and nothing tells which"),
        ("UPDATE letter SET lease_until = 5", "letter: it is leased, and no worker holds it: "),
        ("UPDATE letter SET state = 'sent'", "letter: it was sent, and nothing tells when: "),
        ("UPDATE meta SET value = ''", "meta: the pepper is lost"),
    ],
)
def test_what_the_ledger_promises_is_looked_at(store: Store, wrong: str, said: str) -> None:
    accept(store, draft(to=recipients(9)))
    with store.write() as tx:
        tx.execute(text(wrong))
    found = check(store, silent)
    assert [line for line in found if line.startswith(said)] == found != []
    if said.startswith("letter"):
        assert len(found) == 6
        assert found[-1].endswith(": 4 more")


def test_rows_that_refer_to_nothing_are_found(store: Store) -> None:
    accept(store, draft())
    off = (
        "PRAGMA foreign_keys = OFF" if store.is_sqlite else "SET session_replication_role = replica"
    )
    with store.engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute(off)
        raw.execute("DELETE FROM submission")
        raw.execute("DELETE FROM queue")
        connection.connection.commit()
    store.close()
    found = check(store, silent)
    assert len([line for line in found if "submission refers to a submission that is" in line]) == 2
    assert len([line for line in found if "queue refers to a queue that is not there" in line]) == 2


def test_a_state_that_is_none_is_found(store: Store) -> None:
    accept(store, draft(to=recipients(1)))
    free = "ALTER TABLE letter DROP CONSTRAINT ck_letter_state"
    if store.is_sqlite:
        free = "PRAGMA ignore_check_constraints = ON"
    with store.write() as tx:
        tx.execute(text(free))
        tx.execute(update(letter).values(state="posted"))
    assert any("its state is none that there is" in line for line in check(store, silent))


def test_a_second_letter_of_one_person_is_found(new_postgres: Callable[[], str]) -> None:
    with closing(Store(new_postgres())) as store:
        accept(store, draft(to=recipients(1)))
        accept(store, draft(to=recipients(1)))
        with store.write() as tx:
            tx.execute(text("ALTER TABLE letter DROP CONSTRAINT uq_letter_one_per_person"))
            person = select(letter.c.person).where(letter.c.person.is_not(None)).scalar_subquery()
            tx.execute(update(letter).where(letter.c.kind == "letter").values(person=person))
        assert check(store, silent) == ["letter: one person has 2 letters to minister-1 of exams"]


def test_a_damaged_file_is_found(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    with closing(Store(url)) as store:
        for number in range(30):
            accept(store, draft(supporter(name=f"S {number}", email=f"s{number}@x.example")))
        place = "SELECT rootpage FROM sqlite_schema WHERE name = 'ix_letter_submission'"
        with store.read() as tx:
            page = tx.exec_driver_sql(place).scalar_one()
    file = Path(url.removeprefix("sqlite:///"))
    content = bytearray(file.read_bytes())
    content[(page - 1) * 4096 + 100 : page * 4096] = bytes(4096 - 100)
    file.write_bytes(content)
    with closing(Store(url)) as store:
        assert any("the file is damaged" in line for line in check(store, silent))


def test_an_index_that_is_not_valid_is_found(new_postgres: Callable[[], str]) -> None:
    with closing(Store(new_postgres())) as store:
        with store.write() as tx:
            due = "indexrelid = 'ix_letter_due'::regclass"
            tx.execute(text(f"UPDATE pg_index SET indisvalid = false WHERE {due}"))
        assert check(store, silent) == [
            "the index ix_letter_due is not valid: run REINDEX INDEX ix_letter_due"
        ]


def test_a_database_at_another_version_is_not_judged(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path}/x.db")) as store:
        with pytest.raises(StoreError, match="mailer db upgrade"):
            check(store, silent)
        migrate.upgrade(store)
        assert check(store, silent) == []
