"""Notes that the program keeps for itself, by name: what it told of last, and the like."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db.schema import meta
from mailer.db.store import Tx


def get(tx: Tx, name: str) -> str:
    """A note, or "" where there is none."""
    return tx.execute(select(meta.c.value).where(meta.c.name == name)).scalar() or ""


def hold(tx: Tx, name: str) -> str:
    """A note that nobody else changes until this transaction ends; "" where there is none."""
    if tx.dialect.name != "postgresql":  # SQLite has one writer in any case
        return get(tx, name)
    none = postgresql.insert(meta).values(name=name, value="")
    tx.execute(none.on_conflict_do_nothing(index_elements=[meta.c.name]))
    mine = select(meta.c.value).where(meta.c.name == name).with_for_update()
    return str(tx.execute(mine).scalar_one())


def put(tx: Tx, name: str, value: str) -> None:
    """Write a note, over the one that is there."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(meta).values(name=name, value=value)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[meta.c.name], set_={"value": statement.excluded.value}
        )
    )


def drop(tx: Tx, name: str) -> None:
    """Forget a note."""
    tx.execute(delete(meta).where(meta.c.name == name))


def beginning(tx: Tx, prefix: str) -> dict[str, str]:
    """All notes whose names begin with `prefix`, by the rest of their names."""
    named = select(meta).where(meta.c.name.startswith(prefix, autoescape=True))
    return {row.name.removeprefix(prefix): row.value for row in tx.execute(named)}
