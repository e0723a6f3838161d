"""Who wrote: submissions, consents, and links to confirm with."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, false, text

from mailer.db.schema.base import metadata, moment, words

submission = Table(
    "submission",
    metadata,
    Column("id", Text, primary_key=True),  # made at the preview; its first ten are the reference
    Column("receipt", Text, nullable=False, unique=True),  # the token of the private page
    Column("campaign", Text, nullable=False),
    Column("approval", Text, ForeignKey("approval.id")),  # what staff had approved, if it had to be
    Column("letters_hash", Text, nullable=False),  # of what the preview showed, and who wrote it
    Column("person", Text, nullable=False),  # keyed hash: survives erasure; only our key finds it
    Column("mailbox", Text, nullable=False),  # keyed hash of the address alone
    Column("language", Text, nullable=False),
    words("name"),
    words("email"),
    words("search"),  # folded name and address, for the staff's search
    words("postal_code"),
    words("address"),
    words("district"),
    words("role"),
    words("affiliation"),
    words("personal"),
    words("via"),  # the organisation whose link brought them
    # The letter's own text was changed, where the campaign lets supporters do so.
    Column("edited", Boolean, nullable=False, server_default=false()),
    moment("created_at", nullable=False),
    moment("confirmed_at"),
    moment("erased_at"),
    moment("asked_at"),  # whether the offices answered
    words("answered"),  # yes | no | ""
    moment("answered_at"),
    words("network"),  # where it came from, as a keyed hash; for a week
    moment("invalid_at"),  # found not to be of the person it names
    words("wording"),  # the version of the words above the button that sent it; in `meta`
    words("confirmed_by"),  # link | code: of the mail that asked
    Index("ix_submission_mailbox_campaign", "mailbox", "campaign"),
    Index("ix_submission_email", "email"),
)
_UNASKED = text("asked_at IS NULL AND erased_at IS NULL")
Index(
    "ix_submission_unasked",
    submission.c.created_at,
    sqlite_where=_UNASKED,
    postgresql_where=_UNASKED,
)

_PLACED = text("network <> ''")
Index(  # in the order of writing: it costs a page at most
    "ix_submission_placed",
    submission.c.created_at,
    sqlite_where=_PLACED,
    postgresql_where=_PLACED,
)

consent = Table(
    "consent",
    metadata,
    Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("wording", Text, nullable=False),  # the version of the words agreed to; in `meta`
    moment("at", nullable=False),
    moment("withdrawn_at"),
    Index("ix_consent_organisation_at_submission", "organisation", "at", "submission"),
)

confirmation = Table(
    "confirmation",
    metadata,
    Column("token", Text, primary_key=True),  # of the link in the mail
    Column("mailbox", Text, nullable=False),  # the link shows all that waits for this mailbox
    Column("campaign", Text, nullable=False),
    moment("at", nullable=False),
    Column("letter", Text),  # the mail it went out with: the link's days count from its leaving
    words("code"),  # keyed hash of what may be typed instead
    Column("tries", Integer, nullable=False, server_default="0"),  # wrong codes typed
    Index("ix_confirmation_mailbox_at", "mailbox", "at"),
)
