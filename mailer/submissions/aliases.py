"""Whose letters are answered at an address of ours, which passes the answer on to them.

An address on our own domain says the same as the sender, so no filter distrusts it.
"""

from __future__ import annotations

from mailer.message.freemail import is_freemail
from mailer.outbox import Sender


def domain_for(sender: Sender, email: str) -> str:
    """The domain of the address at which letters of `email` are answered; "": at `email`."""
    if sender.reply_alias == "always" or (sender.reply_alias == "freemail" and is_freemail(email)):
        return sender.reply_domain
    return ""
