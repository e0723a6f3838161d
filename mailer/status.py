"""The states of a letter, the kinds of mail, and the one table of legal moves."""

from __future__ import annotations

from enum import StrEnum

from mailer.errors import IllegalMove


class State(StrEnum):
    """Where a letter is."""

    AWAITING = "awaiting"  # the supporter has not confirmed yet
    REVIEW = "review"  # held for staff, with a reason
    QUEUED = "queued"  # due at due_at
    CLAIMED = "claimed"  # a worker holds it; no final dot was sent: safe to take back
    DOT = "dot"  # the fence: from here the relay may own it
    SENT = "sent"  # the relay or provider accepted it
    UNCERTAIN = "uncertain"  # died between fence and answer: the only unavoidable window
    DELIVERED = "delivered"  # said later by the provider
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"  # refused for good, or given up after the deadline
    CANCELLED = "cancelled"  # withdrawn by the supporter, or by staff


class Kind(StrEnum):
    """What a row of the letter table is: one engine carries them all."""

    LETTER = "letter"  # to an official
    CONFIRMATION = "confirmation"  # to a supporter, before anything leaves
    REMINDER = "reminder"  # to a supporter who has not confirmed: once
    NOTICE = "notice"  # to a supporter: what became of a letter
    COPY = "copy"  # to a supporter: what was sent
    REPLY = "reply"  # to a supporter: what an office answered, passed on
    # To staff: invitation, password reset; to a supporter: the way back to their receipts. It
    # holds a secret link.
    ACCOUNT = "account"
    ALERT = "alert"  # to staff: something needs attention
    TEST = "test"  # `mailer send-test`


# Smaller leaves earlier: a person waits for a confirmation, nobody waits for a letter.
PRIORITY: dict[Kind, int] = {
    Kind.ACCOUNT: 1,
    Kind.CONFIRMATION: 1,
    Kind.ALERT: 2,
    Kind.TEST: 2,
    Kind.REMINDER: 3,
    Kind.NOTICE: 3,
    Kind.REPLY: 3,
    Kind.COPY: 4,
    Kind.LETTER: 5,
}

OUR_WORDS = frozenset({Kind.CONFIRMATION, Kind.REMINDER, Kind.NOTICE, Kind.ACCOUNT, Kind.ALERT})
"""Mails in which no visitor wrote a word."""

UNASKED = frozenset({Kind.REMINDER, Kind.NOTICE})
"""Mails that no act of their reader may have called for: one press ends those that say how (RFC
8058)."""

S = State
MOVES: dict[State, frozenset[State]] = {
    S.AWAITING: frozenset({S.QUEUED, S.REVIEW, S.CANCELLED}),
    S.REVIEW: frozenset({S.QUEUED, S.CANCELLED}),
    # To `sent` without a fence of its own: the late answer of a worker that had lost its lease.
    S.QUEUED: frozenset({S.CLAIMED, S.REVIEW, S.FAILED, S.CANCELLED, S.UNCERTAIN, S.SENT}),
    S.CLAIMED: frozenset({S.DOT, S.QUEUED, S.FAILED, S.REVIEW, S.UNCERTAIN, S.SENT}),
    # Webhooks may overtake our own settling, hence the later states straight from the fence.
    S.DOT: frozenset(
        {S.SENT, S.QUEUED, S.FAILED, S.UNCERTAIN, S.DELIVERED, S.BOUNCED, S.COMPLAINED}
    ),
    S.UNCERTAIN: frozenset(
        {S.QUEUED, S.SENT, S.FAILED, S.CANCELLED, S.DELIVERED, S.BOUNCED, S.COMPLAINED}
    ),
    S.SENT: frozenset({S.DELIVERED, S.BOUNCED, S.COMPLAINED, S.QUEUED}),
    S.DELIVERED: frozenset({S.BOUNCED, S.COMPLAINED}),
    S.BOUNCED: frozenset({S.QUEUED, S.CANCELLED, S.DELIVERED}),
    S.COMPLAINED: frozenset(),
    # What was given up may turn out to have arrived: of an attempt whose answer was never heard.
    S.FAILED: frozenset({S.QUEUED, S.CANCELLED, S.SENT, S.DELIVERED, S.BOUNCED, S.COMPLAINED}),
    S.CANCELLED: frozenset(),
}
del S

OPEN = frozenset(
    {State.AWAITING, State.REVIEW, State.QUEUED, State.CLAIMED, State.DOT, State.UNCERTAIN}
)
"""States from which the letter may still leave."""

ACCEPTED = frozenset({State.SENT, State.DELIVERED, State.BOUNCED, State.COMPLAINED})
"""States that say a server took it."""


def check_move(old: State, new: State) -> None:
    """Raise IllegalMove unless a letter may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise IllegalMove(f"a letter that is {old} cannot become {new}")


def sources(new: State) -> frozenset[State]:
    """The states from which `new` may be reached."""
    return frozenset(old for old, reachable in MOVES.items() if new in reachable)
