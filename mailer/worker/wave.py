"""One wave: claim, stage on every connection, fence in one commit, send the dots, settle in one.

No transaction is open while a server is spoken to. What a wave learned is written together with
the next claim, so that a letter costs two commits shared by the whole wave.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mailer import outbox
from mailer.db import Store, Tx
from mailer.errors import HeaderError, Next, SendError, StoreError
from mailer.message import Mail, compose
from mailer.outbox import Claimed, Outcome
from mailer.outbox.lanes import Health, account_health
from mailer.transports import Answer, Connection, Parcel, Transport

log = logging.getLogger("mailer.worker")

LEASE_MARGIN = 60.0
"""Seconds a lease outlives the longest wait for a server's answer."""

SETTLE_PAUSE = 1.0
"""Seconds between attempts to write what a wave learned, while the database is away."""


@dataclass(kw_only=True)
class Staged:
    """A letter whose bytes are with the server, all but the final dot."""

    letter: Claimed
    connection: int
    sha256: str


class Worker:
    """Drives one wave after another over connections it keeps open."""

    def __init__(
        self,
        store: Store,
        transports: Sequence[Transport],
        name: str,
        *,
        connections: int = 10,
        envelope: Callable[[Claimed, Transport], str],
    ) -> None:
        self.store = store
        self.transports = tuple(transports)
        self.name = name
        self.connections = connections
        self._envelope = envelope
        self._pool = ThreadPoolExecutor(max_workers=connections, thread_name_prefix="connection")
        self._open: dict[tuple[str, int], Connection] = {}
        self._outcomes: list[Outcome] = []

    def wave(self) -> int:
        """Send what is due now, at most one letter on each connection; return how many were tried.

        What became of them is written by the next wave, or by `settle`.
        """
        transport, claimed = self._claim()
        if transport is None or not claimed:
            return 0
        staged = self._stage(transport, claimed)
        passed = self._fence(transport, staged)
        self._outcomes += self._pool.map(lambda one: self._dot(transport, one), passed)
        return len(claimed)

    def settle(self) -> None:
        """Write what the last wave learned; waits for the database: nobody else knows it."""
        while self._outcomes:
            try:
                with self.store.write() as tx:
                    self._write_outcomes(tx)
            except StoreError as error:
                log.error("the outcome of %d letters waits: %s", len(self._outcomes), error)
                time.sleep(SETTLE_PAUSE)
            else:
                self._outcomes = []

    def reap(self, dead: Sequence[str]) -> int:
        """Take back what workers left whose lease ran out or who are `dead`; say how many."""
        with self.store.write() as tx:
            return outbox.reap(tx, now=self.store.now(tx), dead=dead)

    def recover(self) -> None:
        """After a database error: write what is known, and let go of what may be held unknowingly.

        A commit whose answer was lost may have claimed letters that this worker never heard of.
        """
        self.settle()
        self.reap([self.name])

    def close(self) -> None:
        """Settle, and leave every server politely."""
        self.settle()
        for connection in self._open.values():
            connection.close()
        self._open.clear()
        self._pool.shutdown()

    def _claim(self) -> tuple[Transport | None, list[Claimed]]:
        with self.store.write() as tx:
            self._write_outcomes(tx)
            now = self.store.now(tx)
            transport, most = self._usable(tx, now)
            claimed = []
            if transport is not None:
                lease = transport.longest_wait + LEASE_MARGIN
                claimed = outbox.claim(
                    tx, self.name, now=now, lease=lease, most=most, delivers=transport.delivers
                )
        self._outcomes = []  # only now is it sure that they are written
        return transport, claimed

    def _usable(self, tx: Tx, now: float) -> tuple[Transport | None, int]:
        """The first way that may be tried now, and with how many letters: a probe is one."""
        for transport in self.transports:
            health = account_health(tx, transport.account, now)
            if health is not Health.SHUT:
                return transport, 1 if health is Health.PROBE else self.connections
        return None, 0

    def _write_outcomes(self, tx: Tx) -> None:
        if self._outcomes:
            outbox.settle(tx, self.name, self._outcomes, now=self.store.now(tx))

    def _stage(self, transport: Transport, claimed: Sequence[Claimed]) -> list[Staged]:
        tasks = self._pool.map(
            lambda pair: self._stage_one(transport, pair[0], pair[1]), enumerate(claimed)
        )
        staged = []
        for result in tasks:
            if isinstance(result, Staged):
                staged.append(result)
            else:
                self._outcomes.append(result)
        return staged

    def _stage_one(self, transport: Transport, number: int, claimed: Claimed) -> Staged | Outcome:
        try:
            data = compose(claimed.mail)
            parcel = Parcel(
                letter=claimed.id, sender=self._envelope(claimed, transport),
                recipient=claimed.mail.to_address, data=data,
            )  # fmt: skip
            self._connection(transport, number).stage(parcel)
        except HeaderError as error:
            refused = SendError(str(error), Next.FAIL)
            return Outcome(letter=claimed, account=transport.account, error=refused)
        except SendError as error:
            return Outcome(letter=claimed, account=transport.account, error=error)
        except Exception:  # a fault of ours with one letter must not stop the others
            log.exception("letter %s could not be staged", claimed.id)
            ours = SendError("the mailer could not prepare it; see its log")
            return Outcome(letter=claimed, account=transport.account, error=ours)
        return Staged(letter=claimed, connection=number, sha256=hashlib.sha256(data).hexdigest())

    def _connection(self, transport: Transport, number: int) -> Connection:
        key = (transport.account, number)
        if key not in self._open:
            self._open[key] = transport.connect()
        return self._open[key]

    def _fence(self, transport: Transport, staged: Sequence[Staged]) -> list[Staged]:
        """Commit the fence; abandon on the line what is no longer ours, or could not be fenced."""
        passed: set[str] = set()
        try:
            if staged:
                with self.store.write() as tx:
                    pairs = [(one.letter.id, one.sha256) for one in staged]
                    passed = outbox.fence(tx, self.name, pairs, now=self.store.now(tx))
        except StoreError:
            # The commit's answer may be lost: no dot goes out, and the lease decides.
            for one in staged:
                self._open[transport.account, one.connection].abandon()
            raise
        for one in staged:
            if one.letter.id not in passed:
                self._open[transport.account, one.connection].abandon()
        return [one for one in staged if one.letter.id in passed]

    def _dot(self, transport: Transport, staged: Staged) -> Outcome:
        connection = self._open[transport.account, staged.connection]
        try:
            answer: Answer = connection.commit()
        except SendError as error:
            return Outcome(letter=staged.letter, account=transport.account, error=error)
        except Exception:  # nobody knows how far it came: that is what uncertain is for
            log.exception("no answer could be read for letter %s", staged.letter.id)
            doubt = SendError("the answer could not be read", maybe_accepted=True)
            return Outcome(letter=staged.letter, account=transport.account, error=doubt)
        return Outcome(letter=staged.letter, account=transport.account, answer=answer)


def envelope_sender(mail: Mail, letter_id: str, reply_domain: str, *, verp: bool) -> str:
    """Where a bounce of this letter goes: an address that holds the letter's own token (VERP)."""
    local, _, domain = mail.from_address.rpartition("@")
    if reply_domain:
        return f"b-{letter_id}@{reply_domain}"
    return f"{local}+b-{letter_id}@{domain}" if verp else mail.from_address
