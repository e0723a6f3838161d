"""The outbox: the letter table as a queue. Enter, claim, fence, settle; reap what workers left."""

from mailer.outbox.claiming import Claimed, claim, held, next_due, release
from mailer.outbox.entry import NewLetter, Sender, Written, add, mail_of, post
from mailer.outbox.holding import (
    arrived,
    cancel,
    give_up,
    hold,
    let_leave,
    mark_answered,
    send_again,
    try_again,
    withdraw,
)
from mailer.outbox.moves import Event, is_state, move
from mailer.outbox.queues import Terms
from mailer.outbox.reaping import hold_uncleared, reap
from mailer.outbox.settling import Outcome, fence, settle
from mailer.outbox.waiting import Way, has_bound

__all__ = [
    "Claimed",
    "Event",
    "NewLetter",
    "Outcome",
    "Sender",
    "Terms",
    "Way",
    "Written",
    "add",
    "arrived",
    "cancel",
    "claim",
    "fence",
    "give_up",
    "has_bound",
    "held",
    "hold",
    "hold_uncleared",
    "is_state",
    "let_leave",
    "mail_of",
    "mark_answered",
    "move",
    "next_due",
    "post",
    "reap",
    "release",
    "send_again",
    "settle",
    "try_again",
    "withdraw",
]
