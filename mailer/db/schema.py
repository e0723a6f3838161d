"""The tables. Moments are seconds since 1970 (UTC), ids are random text: rows move between engines.

The letter table is the queue and the log at once. What a letter says lies beside it in
letter_text, which is written once and never changed.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from mailer.status import Kind, State

VERSION = "0003"
"""The newest migration. The programs refuse a database at another one."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, values: type[State] | type[Kind]) -> CheckConstraint:
    literals = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({literals})", name=column)


def _moment(name: str, *, nullable: bool = True) -> Column[float]:
    return Column(name, Double, nullable=nullable)


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

submission = Table(
    "submission",
    metadata,
    Column("id", Text, primary_key=True),  # made at the preview; its first ten are the reference
    Column("receipt", Text, nullable=False, unique=True),  # the token of the private page
    Column("campaign", Text, nullable=False),
    Column("approval", Text, ForeignKey("approval.id")),  # what staff had approved, if it had to be
    Column("letters_hash", Text, nullable=False),  # of what the preview showed, and who wrote it
    Column("person", Text, nullable=False),  # keyed hash: survives erasure, names nobody
    Column("mailbox", Text, nullable=False),  # keyed hash of the address alone
    Column("language", Text, nullable=False),
    _words("name"),
    _words("email"),
    _words("search"),  # folded name and address, for the staff's search
    _words("postal_code"),
    _words("address"),
    _words("district"),
    _words("role"),
    _words("affiliation"),
    _words("personal"),
    _words("via"),  # the organisation whose link brought them
    _moment("created_at", nullable=False),
    _moment("confirmed_at"),
    _moment("erased_at"),
    Index("ix_submission_mailbox_campaign", "mailbox", "campaign"),
    Index("ix_submission_email", "email"),
)

consent = Table(
    "consent",
    metadata,
    Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("wording", Text, nullable=False),  # the version of the words agreed to
    _moment("at", nullable=False),
)

confirmation = Table(
    "confirmation",
    metadata,
    Column("token", Text, primary_key=True),  # of the link in the mail
    Column("mailbox", Text, nullable=False),  # the link shows all that waits for this mailbox
    Column("campaign", Text, nullable=False),
    _moment("at", nullable=False),
    Index("ix_confirmation_mailbox_at", "mailbox", "at"),
)

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
    _moment("full_at", nullable=False),  # when the pace's allowance will be whole again
    Column("day_most", Integer, nullable=False, server_default="0"),  # 0: no limit
    Column("day_count", Integer, nullable=False, server_default="0"),
    _moment("day_ends"),  # until when day_count counts
    _moment("first_at"),  # of an account: its first mail, from which it warms up
    _moment("closed_until"),  # a failing relay or account: one probe then
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused", Boolean, nullable=False, server_default=false()),
    _words("reason"),
    _words("actor"),  # who paused it
    _moment("since"),  # of the pause or the first failure in a row
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
    _words("hours"),  # "mon-fri 09:00-17:00": letters leave only then
    _words("timezone"),  # of the office
    _moment("opens_at"),  # its present window, or the next one; null: always open
    _moment("closes_at"),
    # No letter leaves while the mailbox has had as many today. 0: none but the pace.
    Column("ceiling", Integer, nullable=False, server_default="0"),
    _moment("served_at", nullable=False),  # whoever was served longest ago is next
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
    _moment("created_at", nullable=False),
    _moment("due_at", nullable=False),
    _moment("tried_at"),  # the first attempt that reached a server: the deadline counts from it
    _moment("dated_at"),  # the Date header of the attempt that may have been accepted
    _moment("lease_until"),
    Column("worker", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("on_uncertain", Text, nullable=False, server_default="resend"),  # or hold
    # May leave through a transport that really sends: approved, a trial, or not for an official.
    Column("cleared", Boolean, nullable=False, server_default=false()),
    Column("possibly_twice", Boolean, nullable=False, server_default=false()),
    _words("reason"),  # why it is held, failed or cancelled
    _words("transport"),  # the account that took it, or may have
    _words("answer"),  # what the server said last
    _words("provider_id"),
    _words("sha256"),  # of the bytes handed to the transport
    _moment("sent_at"),
    _moment("told_at"),  # when supporter and staff were told that it failed
    _moment("changed_at", nullable=False),
    _one_of("state", State),
    _one_of("kind", Kind),
    UniqueConstraint("campaign", "person", "official", name="uq_letter_one_per_person"),
    Index("ix_letter_submission", "submission"),
    Index("ix_letter_created_at_id", "created_at", "id"),
    Index("ix_letter_campaign_created_at_id", "campaign", "created_at", "id"),
    Index("ix_letter_official_created_at_id", "official", "created_at", "id"),
)
# Without the two states that a letter is in for moments only: each would cost a change.
_SETTLED = text("state NOT IN ('claimed', 'dot')")
Index(
    "ix_letter_state_created_at_id",
    letter.c.state,
    letter.c.created_at,
    letter.c.id,
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
    _moment("at", nullable=False),
    Column("state", Text, nullable=False),  # what the letter became, or stayed
    _words("actor"),  # supporter | worker | provider | staff:<account id>
    Column("attempt", Integer, nullable=False, server_default="0"),
    _words("transport"),
    _words("code"),
    _words("note"),
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

news = Table(  # what a provider or a bounce mail told, as it came
    "news",
    metadata,
    Column("id", Text, primary_key=True),  # <source>:<its own id>: each counts once
    Column("source", Text, nullable=False),  # a provider's name, or "mail"
    Column("kind", Text, nullable=False),  # its own word
    Column("said", Text, nullable=False),  # ours
    Column("letter", Text),  # null: it names none of ours
    _words("code"),
    _words("note"),
    _words("raw"),
    _moment("at"),  # by its own clock
    _moment("received_at", nullable=False),
    # Nobody can tell by itself what it means: staff look at it.
    Column("attention", Boolean, nullable=False, server_default=false()),
    Index("ix_news_letter", "letter"),
    Index("ix_news_received_at", "received_at"),
)
_ATTENTION = text("attention")
Index(
    "ix_news_attention",
    news.c.received_at,
    sqlite_where=_ATTENTION,
    postgresql_where=_ATTENTION,
)

tally = Table(  # how often something happened that is worth a number only
    "tally",
    metadata,
    Column("name", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # of UTC, as 2026-11-23
    Column("count", Integer, nullable=False),
)

enclosure = Table(  # a message that goes along with one of ours, as it came
    "enclosure",
    metadata,
    Column("letter", Text, ForeignKey("letter.id"), primary_key=True),
    Column("content", Text, nullable=False),  # base64
)

suppressed = Table(  # whom we mail no more
    "suppressed",
    metadata,
    Column("mailbox", Text, primary_key=True),  # keyed hash of the address
    Column("reason", Text, nullable=False),
    _moment("at", nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Text, primary_key=True),  # sorts by time
    Column("campaign", Text, nullable=False),
    Column("files", Text, nullable=False),  # JSON: name -> text, all that the campaign is made from
    Column("sha256", Text, nullable=False),
    Column("actor", Text, nullable=False),
    _moment("at", nullable=False),
    Index("ix_approval_campaign_at", "campaign", "at"),
)

account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    _words("name"),
    Column("role", Text, nullable=False),
    _words("organisation"),  # of a partner
    _words("password"),  # Argon2id; empty until the invitation is used
    _words("totp"),
    _moment("created_at", nullable=False),
    _moment("disabled_at"),
)

account_token = Table(
    "account_token",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    Column("purpose", Text, nullable=False),  # invitation | reset | enter
    _moment("expires_at", nullable=False),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    _moment("created_at", nullable=False),
    _moment("seen_at", nullable=False),
)
