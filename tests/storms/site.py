"""An installation to be tormented: a folder, a database, a relay, and programs as they are run."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path

from mailer import approvals
from mailer.campaigns.library import Library
from mailer.db import Store, migrate
from tests.factories import know_recipients
from tests.processes.box import PATIENCE, free_port, new_home
from tests.storms import ledger, parts
from tests.storms.clock import FastClock
from tests.storms.logbook import Entry
from tests.storms.parts import Part, RelayPart
from tests.storms.people import SLUG
from tests.storms.verdict import History, Shown, Thanked, Verdict, judge

CONNECTIONS = 4  # of each worker: what one wave may hold
FAST = "pace: 1000000/minute"


class Site:
    """The shipped campaign, approved, over a database and a relay of its own."""

    def __init__(
        self, folder: Path, url: str, *, speed: float = 1.0, relays: int = 1
    ) -> None:  # fmt: skip
        self.folder = folder
        self.home = new_home(folder / "home")
        know_recipients(self.home)
        self.database = url
        self.clock = FastClock(origin=time.time(), speed=speed, skew=folder / "skew")
        self.relays = [RelayPart(folder, f"relay-{number}") for number in range(relays)]
        self.relay = self.relays[0]
        self.port = free_port()
        self.web: Part | None = None
        self.workers: list[Part] = []
        self.waves = 0  # that may be in doubt
        self.store = Store(url)
        officials = self.home / "officials.yaml"
        officials.write_text(officials.read_text().replace("pace: 900/hour", FAST))

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> list[Entry]:
        """What any relay has taken or refused: one truth, whichever way a letter left."""
        return sorted((entry for relay in self.relays for entry in relay.log), key=_moment)

    @property
    def settings(self) -> dict[str, str]:
        """What the environment of its programs says."""
        return {
            "MAILER_DATABASE_URL": self.database,
            "MAILER_TRANSPORT": " ".join(relay.url for relay in self.relays),
            "MAILER_WORKER_CONNECTIONS": str(CONNECTIONS),
        }

    def prepare(self) -> None:
        """Make the tables and approve the campaign."""
        migrate.upgrade(self.store)
        approvals.approve(self.store, Library(self.home).current(), SLUG, actor="storm")

    def start_web(self) -> None:
        """Start the pages, and wait until they answer."""
        self.web = parts.web(self.folder, self.port, **self.settings)

    def new_worker(self, number: int) -> Part:
        """Start a worker at this site's clock; it is not waited for."""
        return parts.worker(self.folder, f"worker-{number}", self.clock, **self.settings)

    def start_workers(self, count: int) -> None:
        """Start so many workers in the place of those there were."""
        self.workers = [self.new_worker(number) for number in range(count)]

    def programs(self) -> list[Part]:
        """What runs and writes into the database."""
        return [part for part in (self.web, *self.workers) if part is not None]

    def calm(self, workers: int = 1) -> None:
        """Good weather, and what waited for its hour is due: until all is out.

        What stays uncertain is decided as staff would, by asking the relay.
        """
        for relay in self.relays:
            relay.stop()
            relay.start()
        for part in self.workers:
            part.tell(signal.SIGCONT)
            part.stop()
        self.clock.jump(5000.0)
        self.start_workers(workers)
        self.wait_until_all_is_out()
        ledger.decide(self.store, self.log, self.clock())
        self.wait_until_all_is_out()

    def wait_until_all_is_out(self) -> None:
        """Wait while anything is queued or under way; the verdict tells what never left."""
        end = time.monotonic() + PATIENCE
        while ledger.waiting(self.store) and time.monotonic() < end:
            time.sleep(0.05)

    def judge(self, thanked: Sequence[Thanked], shown: Sequence[Shown] = ()) -> Verdict:
        """Hold the ledger and the receipts against the relay's log."""
        return judge(
            History(
                log=self.log, letters=ledger.letters(self.store),
                doubts=ledger.doubts(self.store), thanked=thanked, shown=shown,
                waves=self.waves, wave=CONNECTIONS,
            )
        )  # fmt: skip

    def end(self) -> None:
        """End every process that is left."""
        for relay in self.relays:
            relay.stop()
        for part in self.programs():
            part.tell(signal.SIGCONT)
            part.kill()
        self.store.close()


def _moment(entry: Entry) -> float:
    return entry.at
