"""Limits: how often somebody may do what, counted in the database for all machines together."""

from mailer.limits.buckets import Limit, purge
from mailer.limits.doors import (
    Caller,
    Verdict,
    Writer,
    ask_again,
    enter_code,
    look_for_receipts,
    look_up_district,
    mail,
    write,
)
from mailer.limits.networks import UNKNOWN, is_trusted, keyed, network, shortened
from mailer.limits.rules import Rules

__all__ = [
    "UNKNOWN",
    "Caller",
    "Limit",
    "Rules",
    "Verdict",
    "Writer",
    "ask_again",
    "enter_code",
    "is_trusted",
    "keyed",
    "look_for_receipts",
    "look_up_district",
    "mail",
    "network",
    "purge",
    "shortened",
    "write",
]
