"""What keeps the house in order beside the deliveries: a sign of life, alerts by URL, retention."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence

from mailer import accounts, audit
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.outbox import Sender
from mailer.problems import Severity
from mailer.sendlog import pulse
from mailer.submissions import keeping, leftovers, retention, undecided
from mailer.submissions.alerts import Desk
from mailer.transports import Transport, maildir
from mailer.worker.beside import BETWEEN_PARTS, Beside
from mailer.worker.ringing import ringing

log = logging.getLogger("mailer.worker")

BEAT_EVERY = 10.0  # seconds between signs of life
TELL_EVERY = 300.0  # seconds between looks for letters that wait for a person
RING_EVERY = 2.0  # seconds between looks for what is to be told by URL
PURGE_EVERY = 3600.0  # seconds between two walks through all that is kept


class Upkeep:
    """These chores of one worker."""

    def __init__(
        self, settings: Settings, store: Store, library: Library, ways: Sequence[Transport]
    ) -> None:
        self._store = store
        self._desk = Desk(
            sender=Sender(address=settings.from_address, url=settings.public_url),
            alert_to=settings.alert_to,
        )
        self._ringing = Beside(ringing(settings, store))
        self._purging = Beside(purging(settings, store, library, ways))

    def chores(self) -> Iterator[tuple[Callable[[], None], float]]:
        """What to do, and how often (seconds)."""
        yield self._beat, BEAT_EVERY
        yield self._tell, TELL_EVERY
        yield self._ringing.begin, RING_EVERY
        yield self._purging.begin, PURGE_EVERY

    def end(self, seconds: float) -> None:
        """Ask what is under way to stop, and wait for it so long."""
        self._ringing.end(seconds)
        self._purging.end(seconds)

    def _tell(self) -> None:
        told = undecided.tell(self._store, self._desk)
        if told:
            log.warning("%d letters wait for a person to decide", told)

    def _beat(self) -> None:
        with self._store.write() as tx:
            pulse.beat(tx, now=self._store.now(tx))


def purging(
    settings: Settings, store: Store, library: Library, ways: Sequence[Transport],
    pause: float = BETWEEN_PARTS,
) -> Callable[[threading.Event], None]:  # fmt: skip
    """Take away what has been kept long enough, a little at a time; see submissions.keeping.

    While a file is broken nobody knows when its campaign ends: then everything stays.
    """

    def work(stop: threading.Event) -> None:
        content = library.current()
        if any(one.severity is Severity.ERROR for one in content.problems):
            return
        rules = retention.rules_of(settings, content.campaigns.values())
        texts = people = 0
        after = ""
        try:
            while not stop.is_set():
                part = keeping.purge(store, rules, after)
                texts += sum(part.texts.values())
                people += sum(part.people.values())
                maildir.remove(ways, part.letters)
                after = part.next
                if not after:
                    break
                stop.wait(pause)
            accounts.sweep(store, settings.person_days)
            while not stop.is_set() and leftovers.sweep(store, rules):
                stop.wait(pause)
        finally:
            keeping.close(store, texts, people, actor=audit.WORKER)
        if texts or people:
            log.info("kept long enough: %d texts and %d submissions are gone", texts, people)

    return work
