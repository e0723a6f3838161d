"""Looking a database through: what the engine can tell, and what the ledger promises."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, or_, select, text

from mailer.db import schema
from mailer.db.schema import letter, letter_event, letter_text, meta
from mailer.db.store import Store, Tx
from mailer.db.tick import Tick
from mailer.status import State

MOST = 5  # findings told of each kind


def check(store: Store, tick: Tick) -> list[str]:
    """Everything that is wrong, one line each; raises StoreError when nothing can be read."""
    store.check_version()
    with store.snapshot() as tx:
        looks = [_engine, _references, _promises]
        found: list[str] = []
        for number, look in enumerate(looks):
            tick("checked", number, len(looks))
            found += look(tx)
        tick("checked", len(looks), len(looks))
        return found


def _engine(tx: Tx) -> Iterator[str]:
    if tx.dialect.name == "sqlite":
        rows = tx.exec_driver_sql(f"PRAGMA integrity_check({MOST})").scalars()
        yield from (f"the file is damaged: {said}" for said in rows if said != "ok")
        return
    broken = tx.execute(_BROKEN_INDEXES).scalars()
    yield from (f"the index {name} is not valid: run REINDEX INDEX {name}" for name in broken)
    unproven = tx.execute(_UNPROVEN).scalars()
    yield from (f"the constraint {name} was never validated" for name in unproven)


_BROKEN_INDEXES = text(
    "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE NOT (indisvalid AND indisready) AND relnamespace = current_schema()::regnamespace"
)
_UNPROVEN = text(
    "SELECT conname FROM pg_constraint"
    " WHERE NOT convalidated AND connamespace = current_schema()::regnamespace"
)


def _references(tx: Tx) -> Iterator[str]:
    """Rows that refer to nothing; what a foreign key forbids, and a damaged index may hide."""
    for table in schema.metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            parent = key.referred_table.alias("parent")
            pairs = [(one.parent, parent.c[one.column.name]) for one in key.elements]
            given = and_(*(mine.is_not(None) for mine, _ in pairs))
            there = exists().where(*(mine == theirs for mine, theirs in pairs))
            names = ", ".join(mine.name for mine, _ in pairs)
            what = f"{table.name}: {names} refers to a {key.referred_table.name} that is not there"
            yield from _findings(tx, table, given & ~there, what)


def _promises(tx: Tx) -> Iterator[str]:
    """What the ledger promises beside its constraints."""
    text_of = exists().where(letter_text.c.letter == letter.c.id)
    event_of = exists().where(letter_event.c.letter == letter.c.id)
    held = letter.c.state.in_([State.CLAIMED, State.DOT])
    no_owner = or_(letter.c.worker.is_(None), letter.c.lease_until.is_(None))
    for condition, what in (
        (letter.c.state.not_in(list(State)), "letter: its state is none that there is"),
        (~text_of, "letter: it has no text"),
        (~event_of, "letter: nothing tells how it came"),
        (held & no_owner, "letter: a worker holds it, and nothing tells which or how long"),
        (~held & letter.c.lease_until.is_not(None), "letter: it is leased, and no worker holds it"),
        (
            (letter.c.state == State.SENT) & letter.c.sent_at.is_(None),
            "letter: it was sent, and nothing tells when",
        ),
    ):
        yield from _findings(tx, letter, condition, what)
    twice = tx.execute(_TWICE.limit(MOST)).all()
    yield from (
        f"letter: one person has {row.letters} letters to {row.official} of {row.campaign}"
        for row in twice
    )
    pepper = tx.execute(select(meta.c.value).where(meta.c.name == "pepper")).scalar()
    if not pepper or len(pepper) != 64:
        yield "meta: the pepper is lost, so nobody can be recognised: restore a backup"


_TWICE: Select[tuple[str | None, str | None, int]] = (
    select(letter.c.campaign, letter.c.official, func.count().label("letters"))
    .where(letter.c.person.is_not(None))
    .group_by(letter.c.campaign, letter.c.person, letter.c.official)
    .having(func.count() > 1)
)


def _findings(tx: Tx, table: Table, wrong: ColumnElement[bool], what: str) -> Iterator[str]:
    """One line for the first rows that are wrong, and one for how many more there are."""
    key = next(iter(table.primary_key))
    first = tx.execute(select(key).where(wrong).order_by(key).limit(MOST)).scalars().all()
    yield from (f"{what}: {one}" for one in first)
    if len(first) == MOST:
        count = tx.execute(select(func.count()).select_from(table).where(wrong)).scalar_one()
        if count > MOST:
            yield f"{what}: {count - MOST} more"
