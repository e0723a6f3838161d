"""What every transport promises, and the values that go in and come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mailer.errors import SendError
from mailer.message import Mail
from mailer.transports.limits import Limits


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One message for one recipient, ready to leave."""

    letter: str  # our id: the provider's metadata, the local file's name
    sender: str  # envelope sender, with the letter's own token
    recipient: str  # envelope recipient
    data: bytes  # the message, lines ended by CRLF
    mail: Mail | None = None  # what `data` was made from, for those who send fields, not bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said when it took the message."""

    text: str
    code: str = ""
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """All but the final dot of a line's parcel is with the server."""

    line: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took what the line had staged."""

    line: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """A line's parcel was not taken, or nobody knows; `dotted` tells whether its dot was asked."""

    line: int
    error: SendError
    dotted: bool


Happened = Staged | Accepted | Failed


class Lines(Protocol):
    """Several connections to one server, side by side, driven by one thread; numbered from 0.

    A line works for one parcel at a time: `stage`, then `dot` or `abandon`. What comes of it is
    told by `poll`. Lines open when they are first needed, stay open, and open again after a loss.
    """

    size: int

    def stage(self, line: int, parcel: Parcel) -> None:
        """Begin all that can be undone: everything up to, not including, the final dot."""
        ...

    def dot(self, line: int, following: Parcel | None = None) -> None:
        """Send the final dot of what is staged, and begin to stage what follows it."""
        ...

    def recall(self, line: int) -> bool:
        """Take back what follows a dot that is not answered yet; false when it is too late."""
        ...

    def abandon(self, line: int) -> None:
        """Give up what is staged or being staged: the server must not take it."""
        ...

    def poll(self, seconds: float) -> list[Happened]:
        """What has happened; waits for something up to `seconds`."""
        ...

    def fileno(self) -> int:
        """What a selector may wait on: readable once something may have happened."""
        ...

    def close(self) -> None:
        """Leave politely, within seconds; never raises."""
        ...


class Connection(Protocol):
    """One open line, for one who waits for every answer: tools, and transports that block."""

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
    label: str  # tells it from other accounts of the same name; set by transports.from_urls
    delivers: bool  # false: letters are only kept on this machine
    longest_wait: float  # seconds that the answer to the final dot may take
    limits: Limits  # what the address allows the account to send; set by transports.from_url

    def connect(self) -> Connection:
        """Open a connection, signed in; raises SendError (STOP: the letter is not at fault)."""
        ...

    def lines(self, size: int) -> Lines:
        """Connections for the worker, none of them open yet."""
        ...

    def probe(self) -> str:
        """Try the way without sending, for `mailer doctor`; says what was found, or SendError."""
        ...
