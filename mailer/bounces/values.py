"""What a message that came back turns out to be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message tells of the letter it names."""

    HARD = "hard"  # there is no such mailbox, or no such domain
    SOFT = "soft"  # not taken, or not yet, for a reason that is not the address
    AUTOREPLY = "autoreply"  # a machine answered: out of office, receipt, challenge (RFC 3834)
    COMPLAINT = "complaint"  # somebody called it spam (RFC 5965)
    REPLY = "reply"  # a person answered
    UNKNOWN = "unknown"  # nobody can tell by itself: staff look at it


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """What was read in a message that came back. What is not known is ""."""

    kind: Kind
    letter: str = ""  # the id of ours that its envelope or the returned message names
    proven: bool = False  # by an address that only we can have made; else anybody may have said it
    recipient: str = ""  # whom it did not reach
    code: str = ""  # as "550 5.1.1", as far as it was told
    note: str = ""  # what the server said
    final: bool = False  # nobody goes on trying
    elsewhere: bool = False  # it was another mailbox that refused it: the recipient forwards there
    at_alias: bool = False  # it came to the address at which the letter is answered
