"""The database: one code path for SQLite and PostgreSQL. No business logic lives here."""

from mailer.db.store import Store, Tx

__all__ = ["Store", "Tx"]
