"""What every transport promises, and the values that go in and come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One message for one recipient, ready to leave."""

    letter: str  # our id: the provider's metadata, the local file's name
    sender: str  # envelope sender, with the letter's own token
    recipient: str  # envelope recipient
    data: bytes  # the message, lines ended by CRLF


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said when it took the message."""

    text: str
    code: str = ""
    provider_id: str = ""


class Connection(Protocol):
    """One open line to the server; used by one thread at a time, for one parcel after another."""

    def stage(self, parcel: Parcel) -> None:
        """Do all that can be undone: everything up to, not including, the final dot.

        Raises SendError; then nothing is staged and the server has nothing.
        """
        ...

    def commit(self) -> Answer:
        """Send the final dot of what is staged and return the answer.

        Raises SendError; `maybe_accepted` is true when no answer was heard.
        """
        ...

    def abandon(self) -> None:
        """Give up what is staged: the server must not take it. The connection stays usable."""
        ...

    def close(self) -> None:
        """Leave politely; never raises."""
        ...


class Transport(Protocol):
    """A way out, made from one address in MAILER_TRANSPORT."""

    account: str  # names it without secrets, for the lane, the log and the doctor
    delivers: bool  # false: letters are only kept on this machine
    longest_wait: float  # seconds that the answer to the final dot may take

    def connect(self) -> Connection:
        """Open a connection, signed in; raises SendError (STOP: the letter is not at fault)."""
        ...

    def probe(self) -> str:
        """Try the way without sending, for `mailer doctor`; says what was found, or SendError."""
        ...
