"""Runs the migrations inside the transaction that mailer.db.migrate opened."""

from alembic import context

from mailer.db import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    transactional_ddl=False,  # the caller's transaction holds them all
    render_as_batch=True,
)
context.run_migrations()
