"""What those who guard the door say of a submission that comes in; nobody guards it by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailer.db import Tx

MayMail = Callable[[Tx, str, float], bool]
"""True when a mail may be sent to an address at a moment; taken from its allowance then."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """How a submission passes: it is taken in in any case."""

    ask: bool = False  # its letters leave once confirmed by mail, whatever the campaign says
    hold: str = ""  # why staff should look before they leave


@dataclass(frozen=True, kw_only=True)
class Door:
    """Called in the transaction that takes a submission in; may raise OverLimit: nothing is."""

    judge: Callable[[Tx, float], Passage]
    may_mail: MayMail


def always(_tx: Tx, _email: str, _now: float) -> bool:
    """Let every mail be sent that its own limits let through."""
    return True


OPEN = Door(judge=lambda _tx, _now: Passage(), may_mail=always)
