"""The engine: letters over many channels, in rounds that share their commits.

Each round makes one commit: what the servers answered is settled, what is staged gets its fence,
and new letters are claimed. Only then do the dots go out, and the next letters. No transaction is
open while a server is spoken to, and a server that thinks for long holds up its own channel only.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from mailer import outbox
from mailer.db import Store, Tx
from mailer.errors import Next, SendError, StoreError
from mailer.outbox import Claimed, Outcome
from mailer.outbox.lanes import Health, account_health
from mailer.transports import Transport
from mailer.worker.channel import Channel, Result, Staged

log = logging.getLogger("mailer.worker")

AHEAD = 4  # letters claimed for each channel: a claim is cheaper by the dozen
LEASE_MARGIN = 60.0  # seconds a lease outlives the longest wait for a server's answer
WAIT = 1.0  # seconds a round waits at most for any answer at all
PATIENCE = 0.05  # seconds it waits at most for the others, once one has answered
LONGEST_LOCAL = 64  # characters before the @ (RFC 5321, 4.5.3.1.1)
SETTLE_PAUSE = 1.0  # seconds between attempts to write outcomes while the database is away


class Worker:
    """Drives the channels. One thread calls it; the channels have their own."""

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
        self._envelope = envelope
        self._done: SimpleQueue[tuple[Channel, Result]] = SimpleQueue()
        self._idle = [Channel(self._done) for _ in range(connections)]
        self._busy: set[Channel] = set()
        self._fresh: set[Channel] = set()  # sent off in the last round: worth waiting for
        self._staged: list[tuple[Channel, Staged]] = []
        self._queue: deque[Claimed] = deque()  # claimed, not yet begun
        self._outcomes: list[Outcome] = []
        self._unsent: list[str] = []  # to give back: surely no dot was sent
        self._shaken = False  # a commit's fate is unknown
        self._stopping = False
        self._transport: Transport | None = None
        self._usual = PATIENCE  # seconds that a job takes, lately
        self._down: set[str] = set()  # accounts whose failing was told

    def round(self) -> int:
        """Settle, fence, claim, and send on; return how many letters are under way."""
        self._gather()
        dots = self._commit()
        self._fresh.clear()
        for channel, staged in dots:
            self._send_off(channel)
            channel.dot(staged)
        while self._idle and self._queue and self._transport is not None:
            letter, channel = self._queue.popleft(), self._idle.pop()
            self._send_off(channel)
            channel.stage(self._transport, letter, self._envelope(letter, self._transport))
        return len(self._busy) + len(self._outcomes)

    def drain(self) -> None:
        """Work until nothing is due and everything is settled."""
        while self.round():
            pass

    def reap(self, dead: Sequence[str]) -> int:
        """Take back what workers left whose lease ran out or who are `dead`; say how many."""
        with self.store.write() as tx:
            return outbox.reap(tx, now=self.store.now(tx), dead=dead)

    def close(self, grace: float = 25.0) -> None:
        """Finish what is under way within `grace` seconds, claim no more, and leave.

        What has not answered by then is uncertain; what had no dot is given back.
        """
        self._stopping = True
        end = time.monotonic() + grace
        self._give_back_queue()
        while self._busy and time.monotonic() < end:
            try:
                self.round()
            except StoreError as error:
                log.error("%s", error)
                time.sleep(SETTLE_PAUSE)
        self._give_up_on_the_busy()
        self._settle_at_last()
        for channel in self._idle:
            channel.leave()

    def _send_off(self, channel: Channel) -> None:
        self._busy.add(channel)
        self._fresh.add(channel)

    def _gather(self) -> None:
        """Wait for an answer, then a moment for the rest of the wave; never for stragglers."""
        if not self._busy:
            return
        began = time.monotonic()
        wait = WAIT
        while self._busy and self._take(wait):
            self._fresh &= self._busy
            if not self._fresh:
                self._usual += (time.monotonic() - began - self._usual) / 8
            wait = began + min(PATIENCE, 4 * self._usual) - time.monotonic() if self._fresh else 0.0

    def _take(self, wait: float) -> bool:
        """Take one result; false when none came in time."""
        try:
            channel, result = self._done.get(timeout=wait) if wait > 0 else self._done.get_nowait()
        except Empty:
            return False
        self._busy.discard(channel)
        if isinstance(result, Staged):
            self._staged.append((channel, result))
        else:
            channel.letter = channel.staged = None
            self._outcomes.append(result)
            self._idle.append(channel)
        return True

    def _commit(self) -> list[tuple[Channel, Staged]]:
        """The round's one transaction; returns what may send its dot."""
        if not (self._wants() or self._outcomes or self._staged or self._unsent):
            return []
        try:
            with self.store.write() as tx:
                now = self.store.now(tx)
                self._write_outcomes(tx, now)
                passed = self._fence(tx, now)
                claimed = self._claim(tx, now)
        except Exception:
            self._shake()
            raise
        self._tell_of_accounts()
        self._outcomes, self._unsent, self._shaken = [], [], False
        self._queue.extend(claimed)
        return self._sort_out(passed)

    def _tell_of_accounts(self) -> None:
        """Say in the log when a way fails, once, and when it works again."""
        for outcome in self._outcomes:
            if outcome.error is not None and outcome.error.then is Next.STOP:
                if outcome.account not in self._down:
                    log.warning("%s is down: %s", outcome.account, outcome.error)
                self._down.add(outcome.account)
            elif outcome.answer is not None and outcome.account in self._down:
                log.warning("%s works again", outcome.account)
                self._down.discard(outcome.account)

    def _write_outcomes(self, tx: Tx, now: float) -> None:
        outbox.settle(tx, self.name, self._outcomes, now=now)
        if self._shaken:
            # A commit whose answer was lost may have claimed letters nobody here knows of.
            self._unsent += sorted(outbox.held(tx, self.name) - set(self._unsent))
        busy = {channel.letter.id for channel in self._busy if channel.letter}
        self._unsent = [one for one in self._unsent if one not in busy]
        outbox.release(tx, self.name, self._unsent, now=now)

    def _fence(self, tx: Tx, now: float) -> set[str]:
        self._drop_stale_copies()
        pairs = [(staged.letter, staged.sha256) for _, staged in self._staged]
        waits = [staged.transport.longest_wait for _, staged in self._staged]
        lease = max(waits, default=0.0) + LEASE_MARGIN
        return outbox.fence(tx, self.name, pairs, now=now, lease=lease)

    def _wants(self) -> int:
        """How many letters the idle channels could begin with."""
        return 0 if self._stopping else max(0, len(self._idle) - len(self._queue))

    def _claim(self, tx: Tx, now: float) -> list[Claimed]:
        """Claim through the first transport that may be tried; a probe is one letter."""
        before = self._transport
        self._transport, health = self._usable(tx, now)
        if self._transport is not before or health is not Health.GOOD:
            # What was claimed for another way, or before this one failed, is not for this one.
            self._give_back_queue()
            outbox.release(tx, self.name, self._unsent, now=now)
        wants = self._wants()
        if self._transport is None or not wants:
            return []
        if health is Health.PROBE and (self._busy or self._staged):
            return []
        most = 1 if health is Health.PROBE else wants + (AHEAD - 1) * len(self._idle)
        return outbox.claim(
            tx, self.name, now=now, lease=self._transport.longest_wait + LEASE_MARGIN,
            most=most,
            way=outbox.Way(account=self._transport.account, delivers=self._transport.delivers),
        )  # fmt: skip

    def _usable(self, tx: Tx, now: float) -> tuple[Transport | None, Health]:
        for transport in self.transports:
            health = account_health(tx, transport.account, now)
            if health is not Health.SHUT:
                return transport, health
        return None, Health.SHUT

    def _drop_stale_copies(self) -> None:
        """Of two copies of a letter, claimed twice because the first lease ran out, keep one."""
        newest: dict[str, float] = {}
        for _, one in self._staged:
            newest[one.letter.id] = max(one.letter.lease, newest.get(one.letter.id, 0.0))
        kept = []
        for channel, one in self._staged:
            if one.letter.lease == newest[one.letter.id]:
                kept.append((channel, one))
            else:
                channel.abandon()
                self._idle.append(channel)
        self._staged = kept

    def _sort_out(self, passed: set[str]) -> list[tuple[Channel, Staged]]:
        """Those behind the fence; the others are no longer ours and are abandoned on the line."""
        dots = [(channel, one) for channel, one in self._staged if one.letter.id in passed]
        for channel, one in self._staged:
            if one.letter.id not in passed:
                channel.abandon()
                self._idle.append(channel)
        self._staged = []
        return dots

    def _shake(self) -> None:
        """After a database error: no dot goes out, and all that has none is given back later."""
        self._shaken = True
        self._unsent += [one.letter.id for _, one in self._staged]
        self._sort_out(set())
        self._give_back_queue()

    def _give_back_queue(self) -> None:
        self._unsent += [letter.id for letter in self._queue]
        self._queue.clear()

    def _give_up_on_the_busy(self) -> None:
        """Nobody waits any longer: behind a dot all is doubt, before it nothing has happened."""
        while self._take(0.0):
            pass
        self._unsent += [staged.letter.id for _, staged in self._staged]
        self._sort_out(set())
        for channel in self._busy:
            if channel.staged is not None:
                doubt = SendError("no answer before the stop", maybe_accepted=True)
                account = channel.staged.transport.account
                letter = channel.staged.letter
                self._outcomes.append(Outcome(letter=letter, account=account, error=doubt))
            elif channel.letter is not None:
                self._unsent.append(channel.letter.id)
        self._busy.clear()

    def _settle_at_last(self) -> None:
        """Write what is known, however long the database is away: nobody else knows it."""
        while self._outcomes or self._unsent:
            try:
                self._commit()
            except StoreError as error:
                log.error("the outcome of %d letters waits: %s", len(self._outcomes), error)
                time.sleep(SETTLE_PAUSE)


def envelope_sender(letter: Claimed, reply_domain: str, *, verp: bool) -> str:
    """Where a bounce of this letter goes: an address that holds the letter's own token (VERP)."""
    local, _, domain = letter.mail.from_address.rpartition("@")
    if reply_domain:
        return f"b-{letter.id}@{reply_domain}"
    token = f"{local}+b-{letter.id}"
    fits = len(token) <= LONGEST_LOCAL
    return f"{token}@{domain}" if verp and fits else letter.mail.from_address
