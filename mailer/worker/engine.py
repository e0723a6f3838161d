"""The engine: letters over many lines, in waves that share their commits.

Each round makes one commit: what the servers answered is settled, what is staged gets its fence,
and new letters are claimed. Only then do the dots go out, each with the envelope of the letter
behind it. No transaction is open while a server is spoken to, and a server that thinks for long
holds up its own line only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from mailer import outbox
from mailer.db import Store, Tx
from mailer.errors import Next, StoreError
from mailer.outbox import Claimed, Way, quoting
from mailer.outbox.lanes import Health, account_health
from mailer.outbox.retries import RetryPlan
from mailer.transports import Transport
from mailer.worker.crew import Crew, Envelope, newest_leases
from mailer.worker.hearing import hear
from mailer.worker.supply import Supply

log = logging.getLogger("mailer.worker")

LEASE_MARGIN = 60.0  # seconds a lease outlives the longest wait for a server's answer
WAIT = 1.0  # seconds a round waits at most for any answer at all
PATIENCE = 0.02  # seconds it waits at most for the others, once one has answered
LATE = 0.2  # seconds after which a letter no longer waits behind another one's dot
SETTLE_PAUSE = 1.0  # seconds between attempts to write outcomes while the database is away


class Worker:
    """Drives the crews of its transports, from one thread."""

    def __init__(
        self, store: Store, transports: Sequence[Transport], name: str, *, connections: int = 10,
        envelope: Envelope, plan: RetryPlan | None = None,
    ) -> None:  # fmt: skip
        self.store = store
        self.transports = tuple(transports)
        self.name = name
        self._plan = plan or RetryPlan()
        self._crews = [Crew(way, connections, envelope) for way in transports]
        self._supply = Supply(max(crew.size for crew in self._crews))
        self._unsent: list[str] = []  # to give back: surely no dot was sent
        self._dropped: list[str] = []  # the same, but perhaps they are behind the fence
        self._shaken = False  # a commit's fate is unknown
        self._stopping = False
        self._usual = PATIENCE  # seconds that a wave takes, lately
        self._spread = PATIENCE  # and from its first answer to its last
        self._down: set[str] = set()  # accounts whose failing was told

    def round(self) -> int:
        """Settle, fence, claim, and send on; return how many letters are under way."""
        self._gather()
        passed = self._commit()
        for crew in self._crews:
            crew.send_off(passed)
        for crew in self._crews:
            crew.recall(max(LATE, 4 * self._usual))
        for crew in self._crews:
            if self._stopping:
                self._unsent += crew.give_back()
            crew.begin()
            if self._supply.too_much(crew):
                self._unsent += crew.give_back()
        under_way = sum(crew.under_way + len(crew.outcomes) for crew in self._crews)
        return under_way + len(self._unsent)

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
        self._give_back()
        while any(crew.busy or crew.staged for crew in self._crews) and time.monotonic() < end:
            try:
                self.round()
            except StoreError as error:
                log.error("%s", error)
                time.sleep(SETTLE_PAUSE)
        for crew in self._crews:
            if crew.busy:
                crew.poll(0.0)
            self._unsent += crew.give_back() + crew.drop_staged() + crew.give_up()
        self._settle_at_last()
        for crew in self._crews:
            crew.close()

    def _gather(self) -> None:
        """Wait for an answer, then a moment for the rest of the wave; never for stragglers."""
        began = time.monotonic()
        if not hear(self._crews, WAIT):
            return
        first = now = time.monotonic()
        end = first + min(PATIENCE, 4 * self._spread)
        while left := sum(crew.waits for crew in self._crews):
            if not hear(self._crews, max(0.0, end - now)) and now >= end:
                break
            now = time.monotonic()
        if not left:
            self._usual += (now - began - self._usual) / 8
            self._spread += (now - first - self._spread) / 8

    def _commit(self) -> set[str]:
        """The round's one transaction; returns the letters that may send their dot."""
        outcomes = [one for crew in self._crews for one in crew.outcomes]
        stopped = any(one.error is not None and one.error.then is Next.STOP for one in outcomes)
        wants = self._wants()
        staged = any(crew.staged for crew in self._crews)
        if not (wants or stopped or outcomes or staged or self._unsent or self._shaken):
            return set()
        try:
            with self.store.write() as tx:
                now = self.store.now(tx)
                well = [c.transport.account for c in self._crews if c.health is Health.GOOD]
                outbox.settle(tx, self.name, outcomes, now=now, plan=self._plan, well=well)
                self._release(tx, now)
                passed = self._fence(tx, now)
                claimed = self._claim(tx, now) if wants or stopped else []
        except Exception:
            self._shake()
            raise
        for crew in self._crews:
            self._tell_of_account(crew)
            crew.outcomes = []
        self._unsent, self._dropped, self._shaken = [], [], False
        for crew, letters in claimed:
            crew.take(letters)
        return passed

    def _tell_of_account(self, crew: Crew) -> None:
        """Say in the log when a way fails, once, and when it works again."""
        account = crew.transport.account
        for outcome in crew.outcomes:
            if outcome.error is not None and outcome.error.then is Next.STOP:
                if account not in self._down:
                    said = quoting.unquoted(outcome.error, outcome.letter.mail)
                    log.warning("%s is down: %s", account, said)
                self._down.add(account)
            elif outcome.answer is not None and account in self._down:
                log.warning("%s works again", account)
                self._down.discard(account)

    def _release(self, tx: Tx, now: float) -> None:
        """Give back what surely has no dot."""
        if self._shaken:
            # A commit whose answer was lost may have claimed letters nobody here knows of.
            self._unsent += sorted(outbox.held(tx, self.name) - set(self._unsent))
        # Claimed anew, one that is to be given back may be on a line as well: that copy counts.
        busy = set().union(*(crew.letters for crew in self._crews))
        dropped = [one for one in self._dropped if one not in busy]
        outbox.release(tx, self.name, dropped, now=now, fenced=True)
        unsent = [one for one in self._unsent if one not in busy]
        outbox.release(tx, self.name, unsent, now=now)

    def _fence(self, tx: Tx, now: float) -> set[str]:
        newest = newest_leases(self._crews)
        for crew in self._crews:
            crew.drop_older(newest)
        passed: set[str] = set()
        for crew in self._crews:
            way = crew.transport
            pairs = [(load.letter, load.sha256) for load in crew.staged.values()]
            lease = way.longest_wait + LEASE_MARGIN
            passed |= outbox.fence(tx, self.name, pairs, now=now, lease=lease, account=way.account)
        return passed

    def _wants(self) -> bool:
        """True when a crew that may claim has too little to do."""
        idle = not any(crew.busy or crew.staged for crew in self._crews)
        return not self._stopping and (idle or self._supply.is_short(self._crews))

    def _claim(self, tx: Tx, now: float) -> list[tuple[Crew, list[Claimed]]]:
        """Claim for the first account that is well; one that failed gets one letter as a probe.

        One that hangs gets nothing more until it says something. The other accounts that are well
        get only the letters that they may have already.
        """
        claimed = []
        served = False
        for crew in self._crews:
            health = crew.health = account_health(tx, crew.transport.account, now)
            good = health is Health.GOOD and not crew.hangs
            if not good:
                # What was claimed before it failed is for another way, or for later.
                outbox.release(tx, self.name, crew.give_back(), now=now)
            if health is Health.SHUT or self._stopping:
                continue
            if good and served and not outbox.has_bound(tx, crew.transport.account, now):
                continue
            if most := self._supply.most(crew) if good else int(not crew.under_way):
                letters = self._claim_for(tx, crew, most, now, bound=good and served)
                claimed.append((crew, letters))
                if good and not served:
                    self._supply.got(len(letters), most)
            served = served or good
        return claimed

    def _claim_for(
        self, tx: Tx, crew: Crew, most: int, now: float, *, bound: bool
    ) -> list[Claimed]:  # fmt: skip
        way = crew.transport
        by = Way(
            account=way.account, delivers=way.delivers, limited=bool(way.limits),
            reserve=way.limits.reserve, bound=bound,
            others=frozenset(c.transport.account for c in self._crews if c is not crew),
        )  # fmt: skip
        lease = way.longest_wait + LEASE_MARGIN
        return outbox.claim(tx, self.name, now=now, lease=lease, most=most, way=by)

    def _shake(self) -> None:
        """After a database error: no dot goes out, and all that has none is given back later."""
        self._shaken = True
        for crew in self._crews:
            self._dropped += crew.drop_staged()
        self._give_back()

    def _give_back(self) -> None:
        for crew in self._crews:
            self._unsent += crew.give_back()

    def _settle_at_last(self) -> None:
        """Write what is known, however long the database is away: nobody else knows it."""
        while self._unsent or self._shaken or any(crew.outcomes for crew in self._crews):
            try:
                self._commit()
            except StoreError as error:
                waits = sum(len(crew.outcomes) for crew in self._crews)
                log.error("the outcome of %d letters waits: %s", waits, error)
                if not (waits or self._unsent or self._dropped):
                    return  # what a lost commit may have claimed comes back when its lease ends
                time.sleep(SETTLE_PAUSE)
