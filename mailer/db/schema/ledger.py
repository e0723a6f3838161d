"""The letters, the queues in which they wait and the lanes that queues share.

The letter table is the queue and the log at once. What a letter says lies beside it in
letter_text, which is written once and never changed.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from mailer.db.schema.base import metadata, moment, one_of, words
from mailer.status import Kind, State

lane = Table(
    "lane",
    metadata,
    # Buckets: mailbox:<address of an official> | domain:<of addresses> | people |
    # account:<transport without secrets>. Mere switches: campaign:<slug> | official:<id> |
    # everything.
    Column("id", Text, primary_key=True),
    Column("pace_count", Integer, nullable=False, server_default="0"),  # 0: as fast as it goes
    Column("pace_seconds", Double, nullable=False, server_default="1"),
    Column("burst", Integer, nullable=False, server_default="1"),
    moment("full_at", nullable=False),  # when the pace's allowance will be whole again
    Column("day_most", Integer, nullable=False, server_default="0"),  # 0: no limit
    Column("day_count", Integer, nullable=False, server_default="0"),
    moment("day_ends"),  # until when day_count counts
    moment("first_at"),  # of an account: its first mail, from which it warms up
    moment("closed_until"),  # a failing relay or account: one probe then
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused", Boolean, nullable=False, server_default=false()),
    words("reason"),
    words("actor"),  # who paused it
    moment("since"),  # of the pause or the first failure in a row
)
Index("ix_lane_paused", lane.c.id, sqlite_where=text("paused"), postgresql_where=text("paused"))

queue = Table(
    "queue",
    metadata,
    Column("id", Text, primary_key=True),  # <campaign> <official> <mailbox> | people
    Column("campaign", Text),
    Column("official", Text),
    Column("mailbox", Text, ForeignKey("lane.id"), nullable=False),
    Column("domain", Text, ForeignKey("lane.id")),
    words("hours"),  # "mon-fri 09:00-17:00": letters leave only then
    words("timezone"),  # of the office
    moment("opens_at"),  # its present window, or the next one; null: always open
    moment("closes_at"),
    # No letter leaves while the mailbox has had as many today. 0: none but the pace.
    Column("ceiling", Integer, nullable=False, server_default="0"),
    moment("served_at", nullable=False),  # whoever was served longest ago is next
)

letter = Table(
    "letter",
    metadata,
    Column("id", Text, primary_key=True),  # also the envelope's token and the Message-ID's left
    Column("submission", Text, ForeignKey("submission.id")),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("campaign", Text),
    Column("official", Text),
    Column("post", Text),
    # Set when the letter leaves `awaiting`: from then on nobody writes to this official again.
    Column("person", Text),
    Column("queue", Text, ForeignKey("queue.id"), nullable=False),
    Column("priority", Integer, nullable=False),
    moment("created_at", nullable=False),
    moment("due_at", nullable=False),
    moment("tried_at"),  # the first attempt that reached a server: the deadline counts from it
    moment("dated_at"),  # the Date header of the attempt that may have been accepted
    moment("lease_until"),
    Column("worker", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("on_uncertain", Text, nullable=False, server_default="resend"),  # or hold
    # May leave through a transport that really sends: approved, a trial, or not for an official.
    Column("cleared", Boolean, nullable=False, server_default=false()),
    Column("possibly_twice", Boolean, nullable=False, server_default=false()),
    words("reason"),  # why it is held, failed or cancelled
    # The official whose office changed hands, for which it was held: staff may let it leave to
    # them all the same, or address it to whoever followed.
    words("held_for"),
    words("transport"),  # the account that took it, or may have
    words("answer"),  # what the server said last
    words("provider_id"),
    words("sha256"),  # of the bytes handed to the transport
    words("approved"),  # SHA-256 of what its supporter approved: see mailer.message.sameness
    moment("sent_at"),
    moment("told_at"),  # when supporter and staff were told that it failed
    moment("changed_at", nullable=False),
    one_of("state", State),
    one_of("kind", Kind),
    UniqueConstraint("campaign", "person", "official", name="uq_letter_one_per_person"),
    Index("ix_letter_submission", "submission"),
)
# The log's own: each kind of mail in the order in which it was written (see sendlog.lines).
_LETTERS, _OTHERS = text("kind = 'letter'"), text("kind <> 'letter'")
_PLACE = (letter.c.created_at, letter.c.id)
Index("ix_letter_written", *_PLACE, sqlite_where=_LETTERS, postgresql_where=_LETTERS)
Index(
    "ix_letter_campaign",
    letter.c.campaign,
    *_PLACE,
    sqlite_where=_LETTERS,
    postgresql_where=_LETTERS,
)
Index(
    "ix_letter_official",
    letter.c.official,
    letter.c.campaign,
    *_PLACE,
    sqlite_where=_LETTERS,
    postgresql_where=_LETTERS,
)
Index(
    "ix_letter_other",
    letter.c.kind,
    letter.c.campaign,
    *_PLACE,
    sqlite_where=_OTHERS,
    postgresql_where=_OTHERS,
)
# Without the two states that a letter is in for moments only: each would cost a change. With the
# official at its end, so that other people's letters are passed over without being read.
_SETTLED = text("state NOT IN ('claimed', 'dot')")
Index(
    "ix_letter_state",
    letter.c.state,
    letter.c.kind,
    letter.c.campaign,
    *_PLACE,
    letter.c.official,
    sqlite_where=_SETTLED,
    postgresql_where=_SETTLED,
)
_UNTOLD = text("state = 'failed' AND told_at IS NULL")
Index("ix_letter_untold", letter.c.id, sqlite_where=_UNTOLD, postgresql_where=_UNTOLD)
_BOUND = text("state = 'queued' AND transport <> ''")
Index("ix_letter_bound", letter.c.transport, sqlite_where=_BOUND, postgresql_where=_BOUND)
Index(
    "ix_letter_due",
    letter.c.queue,
    letter.c.priority,
    letter.c.due_at,
    sqlite_where=text("state = 'queued'"),
    postgresql_where=text("state = 'queued'"),
)
Index(
    "ix_letter_lease",
    letter.c.lease_until,
    sqlite_where=text("lease_until IS NOT NULL"),
    postgresql_where=text("lease_until IS NOT NULL"),
)

letter_text = Table(
    "letter_text",
    metadata,
    Column("letter", Text, ForeignKey("letter.id"), primary_key=True),
    Column("language", Text, nullable=False),
    Column("from_name", Text, nullable=False),
    Column("from_address", Text, nullable=False),
    Column("reply_name", Text, nullable=False),
    Column("reply_address", Text, nullable=False),
    Column("to_name", Text, nullable=False),
    Column("to_address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("salutation", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("message_id", Text, nullable=False),
)

letter_event = Table(
    "letter_event",
    metadata,
    Column("letter", Text, ForeignKey("letter.id"), primary_key=True),
    Column("id", Text, primary_key=True),  # sorts by time
    moment("at", nullable=False),
    Column("state", Text, nullable=False),  # what the letter became, or stayed
    words("actor"),  # supporter | worker | provider | staff:<account id>
    Column("attempt", Integer, nullable=False, server_default="0"),
    words("transport"),
    words("code"),
    words("note"),
    Column("external_id", Text),
    sqlite_with_rowid=False,  # one tree instead of three: events are written with every letter
)
_EXTERNAL = text("external_id IS NOT NULL")
Index(  # a provider's event counts once
    "uq_letter_event_external_id",
    letter_event.c.external_id,
    unique=True,
    sqlite_where=_EXTERNAL,
    postgresql_where=_EXTERNAL,
)
