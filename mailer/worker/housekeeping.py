"""What a worker does now and then beside delivering: each chore as often as it is worth."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mailer import limits, lookups, outbox, review
from mailer.campaigns.library import Content, Library
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import MailerError
from mailer.limits import alarms
from mailer.officials.values import Officials
from mailer.outbox import Sender, outage, queues
from mailer.outbox.retries import RetryPlan
from mailer.submissions import (
    alerts,
    answers,
    dead,
    expiring,
    finding,
    notices,
    reminders,
    stuck,
    succession,
)
from mailer.worker import terms, witness
from mailer.worker.beside import Beside, acting_on_many, counting_letters
from mailer.worker.engine import Worker
from mailer.worker.fetching import Fetching
from mailer.worker.liveness import Liveness
from mailer.worker.upkeep import Upkeep

log = logging.getLogger("mailer.worker")

REAP_EVERY = 10.0  # seconds between looks for what dead workers left
TELL_EVERY = 10.0  # seconds between looks for what was not told: failed letters, stopped accounts
WATCH_EVERY = 60.0  # seconds between looks for an outage of every way out
OFFICES_EVERY = 600.0  # seconds between looks for offices that put letters off
EXPIRE_EVERY = 300.0  # seconds between looks for letters that can no longer be confirmed
REMIND_EVERY = 300.0  # seconds between looks for supporters who have not confirmed
FIND_EVERY = 5.0  # seconds between looks for receipts that somebody has asked for
ASK_EVERY = 60.0  # seconds between looks for supporters to ask whether the offices answered
FORGET_EVERY = 600.0  # seconds between looks for allowances and traces whose time is over
COUNT_EVERY = 2.0  # seconds between looks for letters that are not counted yet
ACT_EVERY = 1.0  # seconds between looks for what staff have begun to do to many letters
FETCH_ENDS = 5.0  # seconds that a look under way may still take at the end
FETCH_EVERY = 60.0  # seconds between looks into the mailbox for bounces
POSTS_EVERY = 1.0  # seconds between looks whether the files say who has left an office
FILES_EVERY = 30.0  # seconds between looks at the officials' file
WITNESS_EVERY = 3600.0  # seconds between notes of where the audit stands


@dataclass(kw_only=True)
class _Chore:
    act: Callable[[], None]
    every: float  # seconds
    done: float = float("-inf")


class Housekeeping:
    """The chores of one worker; nothing is forgotten when one of them fails."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        worker: Worker,
        library: Library,
        liveness: Liveness,
    ) -> None:
        self._store = store
        self._plan = RetryPlan.of(settings)
        self._worker = worker
        self._library = library
        self._liveness = liveness
        self._desk = alerts.Desk(
            sender=Sender(address=settings.from_address, url=settings.public_url),
            alert_to=settings.alert_to,
        )
        self._keys = (
            settings.with_development_key() if settings.development else settings
        ).secret_keys
        self._answer_after = settings.answer_days * answers.DAY
        self._fetching = Fetching(settings, store)
        delivers = any(way.delivers for way in worker.transports)
        zone = ZoneInfo(settings.timezone)
        self._counting = Beside(counting_letters(store, library, zone))
        self._acting = Beside(acting_on_many(store, delivers=delivers))
        self._upkeep = Upkeep(settings, store, library, worker.transports)
        self._chores = (
            *(_Chore(act=act, every=every) for act, every in self._upkeep.chores()),
            _Chore(act=self._reap, every=REAP_EVERY),
            _Chore(act=self._open_offices, every=REAP_EVERY),
            _Chore(act=self._tell, every=TELL_EVERY),
            _Chore(act=self._watch, every=TELL_EVERY),
            _Chore(act=self._watch_offices, every=OFFICES_EVERY),
            _Chore(act=self._count_outage, every=WATCH_EVERY),
            _Chore(act=self._remind, every=REMIND_EVERY),
            _Chore(act=self._expire, every=EXPIRE_EVERY),
            _Chore(act=self._find, every=FIND_EVERY),
            _Chore(act=self._ask, every=ASK_EVERY),
            _Chore(act=self._forget_callers, every=FORGET_EVERY),
            _Chore(act=self._fetching.begin, every=FETCH_EVERY),
            _Chore(act=self._counting.begin, every=COUNT_EVERY),
            _Chore(act=self._acting.begin, every=ACT_EVERY),
            _Chore(act=self._read_files, every=FILES_EVERY),
            _Chore(act=witness.noting(settings, store), every=WITNESS_EVERY),
            _Chore(act=witness.endorsing(settings, store), every=WITNESS_EVERY),
            _Chore(act=self._watch_posts, every=POSTS_EVERY),
        )
        self._watched: tuple[Content, int] | None = None

    def when_due(self) -> None:
        """Do what is due; raises StoreError when the database is away, and goes on next time."""
        now = time.monotonic()
        for chore in self._chores:
            if now >= chore.done + chore.every:
                chore.act()
                chore.done = now

    def close(self) -> None:
        """Let what is under way beside the deliveries come to its end, for a moment."""
        self._fetching.end(FETCH_ENDS)
        self._upkeep.end(FETCH_ENDS)
        self._counting.end(FETCH_ENDS)
        self._acting.end(FETCH_ENDS)

    def _reap(self) -> None:
        dead = self._liveness.dead()
        taken = self._worker.reap(dead)
        self._liveness.bury(dead)
        if taken:
            log.warning("took back %d letters of a worker that stopped", taken)
        if any(way.delivers for way in self._worker.transports):
            with self._store.write() as tx:
                held = outbox.hold_uncleared(tx, now=self._store.now(tx))
            if held:
                log.warning("%d letters nobody approved are held for review", held)

    def _open_offices(self) -> None:
        with self._store.write() as tx:
            queues.roll_windows(tx, self._store.now(tx))

    def _tell(self) -> None:
        told = notices.tell_failed(self._store, self._desk, self._officials())
        if told:
            log.warning("%d letters failed for good; their supporters are told", told)
        alerts.tell_failed(self._store, self._desk)
        for line in dead.tell(self._store, self._desk, self._officials()):
            log.warning("%s", line)

        for line in alarms.tell(self._store, self._desk.sender, self._desk.alert_to):
            log.warning("%s", line)

    def _forget_callers(self) -> None:
        limits.purge(self._store)
        review.purge(self._store)
        lookups.purge(self._store)

    def _remind(self) -> None:
        reminded = reminders.remind(self._store, self._desk.sender, self._keys)
        if reminded:
            log.info("%d supporters are reminded to confirm", reminded)

    def _expire(self) -> None:
        expired = expiring.expire(self._store)
        if expired:
            log.info("%d letters were not confirmed in time and are cancelled", expired)

    def _find(self) -> None:
        found = finding.answer(self._store, self._desk.sender, self._keys)
        if found:
            log.info("%d supporters get the way back to their receipts", found)

    def _ask(self) -> None:
        if self._answer_after:
            sender, after = self._desk.sender, self._answer_after
            asked = answers.ask(self._store, sender, self._keys, after=after)
            if asked:
                log.info("%d supporters are asked whether the offices answered", asked)

    def _count_outage(self) -> None:
        """While a way out does not work: begin deadlines, and give up what is past its own."""
        ways = self._worker.transports
        accounts = [way.account for way in ways]
        with self._store.write() as tx:
            down = outage.failing(tx, accounts)
            if not down:
                return
            now = self._store.now(tx)
            since = outage.began(tx, accounts)
            if since is not None:
                way = outbox.Way(account=ways[0].account, delivers=ways[0].delivers)
                outage.note(tx, way, since=since, now=now)
            bound = down if since is None else ()
            failed = outage.give_up(tx, self._plan, now=now, bound=bound)
        if failed:
            log.warning("%d letters are given up: no server could be reached for days", failed)

    def _watch(self) -> None:
        accounts = [way.account for way in self._worker.transports]
        for line in stuck.tell_lanes(self._store, self._desk, accounts):
            log.warning("%s", line)

    def _watch_offices(self) -> None:
        for line in stuck.tell_offices(self._store, self._desk):
            log.warning("%s", line)

    def _officials(self) -> Officials:
        """The officials of today; none while the file cannot be used."""
        try:
            return self._library.current().officials
        except MailerError:
            return Officials()

    def _watch_posts(self) -> None:
        """Hold what waits for somebody who has left; all of it is gone through when files change.

        A day that begins takes offices away too, and is noticed without a change.
        """
        content, minute = self._library.current(), int(self._store.now() // 60)
        seen, self._watched = self._watched, (content, minute)
        fresh = seen is None or seen[0] is not content
        if not fresh and seen == self._watched:
            return
        held, again = succession.watch(self._store, content, thorough=fresh)
        if held:
            log.warning("%d letters are held: their offices have changed hands", held)
        if again:
            log.warning("%d letters wait again: the offices are their readers' after all", again)

    def _read_files(self) -> None:
        try:
            content = self._library.current()
        except MailerError as error:  # the offices' lanes keep what they have
            log.error("officials.yaml: %s", error)
            terms.limit(self._store, self._worker.transports)
            return
        terms.refresh(self._store, content, self._worker.transports)
