"""A channel: one connection to a server and the thread that waits for it."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

from mailer.errors import HeaderError, Next, SendError
from mailer.message import compose
from mailer.outbox import Claimed, Outcome
from mailer.transports import Connection, Parcel, Transport

log = logging.getLogger("mailer.worker")


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A letter whose bytes are with the server, all but the final dot."""

    letter: Claimed
    transport: Transport
    sha256: str


Result = Staged | Outcome


class Channel:
    """Does one job at a time on a thread of its own; results go to the queue it was given.

    The thread is a daemon: a server that never answers must not keep the program from ending.
    """

    def __init__(self, done: SimpleQueue[tuple[Channel, Result]]) -> None:
        self.letter: Claimed | None = None  # what it is busy with
        self.staged: Staged | None = None  # what waits for its dot, or is on its way behind one
        self._done = done
        self._jobs: SimpleQueue[Callable[[], Result] | None] = SimpleQueue()
        self._connections: dict[str, Connection] = {}
        threading.Thread(target=self._work, name="channel", daemon=True).start()

    def stage(self, transport: Transport, letter: Claimed, sender: str) -> None:
        """Begin to hand a letter over, up to its final dot."""
        self.letter, self.staged = letter, None
        self._jobs.put(lambda: self._stage(transport, letter, sender))

    def dot(self, staged: Staged) -> None:
        """Begin to send the final dot of what is staged."""
        self.staged = staged
        self._jobs.put(lambda: self._dot(staged))

    def abandon(self) -> None:
        """Take back what is staged; only while no job is under way."""
        for connection in self._connections.values():
            connection.abandon()
        self.letter = self.staged = None

    def leave(self) -> None:
        """End the thread, after a polite word to the server."""
        self._jobs.put(None)

    def _work(self) -> None:
        while job := self._jobs.get():
            self._done.put((self, job()))
        for connection in self._connections.values():
            connection.close()

    def _stage(self, transport: Transport, letter: Claimed, sender: str) -> Result:
        try:
            data = compose(letter.mail)
            parcel = Parcel(
                letter=letter.id, sender=sender, recipient=letter.mail.to_address, data=data
            )
            self._connection(transport).stage(parcel)
        except HeaderError as error:
            refused = SendError(str(error), Next.FAIL)
            return Outcome(letter=letter, account=transport.account, error=refused)
        except SendError as error:
            return Outcome(letter=letter, account=transport.account, error=error)
        except Exception:  # a fault of ours with one letter must not stop the others
            log.exception("letter %s could not be staged", letter.id)
            ours = SendError("the mailer could not prepare it; see its log")
            return Outcome(letter=letter, account=transport.account, error=ours)
        sha256 = hashlib.sha256(data).hexdigest()
        return Staged(letter=letter, transport=transport, sha256=sha256)

    def _dot(self, staged: Staged) -> Outcome:
        letter, account = staged.letter, staged.transport.account
        try:
            answer = self._connections[account].commit()
        except SendError as error:
            return Outcome(letter=letter, account=account, error=error)
        except Exception:  # nobody knows how far it came: that is what uncertain is for
            log.exception("no answer could be read for letter %s", letter.id)
            doubt = SendError("the answer could not be read", maybe_accepted=True)
            return Outcome(letter=letter, account=account, error=doubt)
        return Outcome(letter=letter, account=account, answer=answer)

    def _connection(self, transport: Transport) -> Connection:
        if transport.account not in self._connections:
            self._connections[transport.account] = transport.connect()
        return self._connections[transport.account]
