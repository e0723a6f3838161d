"""A storm: a whole installation, people who write, and what is done to it until it is calm."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailer.db import Tx
from mailer.errors import StoreError
from tests.storms import ledger
from tests.storms.crowd import Crowd
from tests.storms.parts import RelayPart
from tests.storms.people import PATIENCE, PAUSE
from tests.storms.places import Place
from tests.storms.site import Site
from tests.storms.verdict import Verdict

WORKERS = 2
SPEED = 20.0  # times real time, for the workers: retries and probes fit into seconds
THINK = "0.05"  # seconds that the relay takes for each letter


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a storm was like, and the verdict over it."""

    seed: int
    engine: str
    letters: int
    done: Counter[str]  # what was done to it, by name
    seconds: float
    verdict: Verdict
    noise: tuple[str, ...]  # what the programs should not have said

    @property
    def good(self) -> bool:
        """True when the promise was kept."""
        return self.verdict.good and not self.noise

    def __str__(self) -> str:
        found, done = self.verdict, self.done
        kills = sum(times for name, times in done.items() if name.startswith("kill"))
        return (
            f"seed {self.seed} {self.engine}: letters {self.letters}, kills {kills},"
            f" outages {done['outage']}, accepted {found.accepted}, uncertain {found.uncertain},"
            f" doubles flagged {found.flagged}, lost {len(found.lost)}, false {len(found.false)},"
            f" unflagged {len(found.unflagged)}, other findings"
            f" {len(found.others) + len(self.noise)} ({self.seconds:.0f} s)"
        )


class Storm(Site):
    """An installation in bad weather, which a seed makes."""

    def __init__(self, folder: Path, place: Place, seed: int) -> None:
        self.dice = random.Random(f"storm {seed}")
        # Half of them have a second way out, which takes over while the first is down.
        super().__init__(folder, place.url, speed=SPEED, relays=self.dice.choice([1, 2]))
        self.place = place
        self.seed = seed
        self.done: Counter[str] = Counter()
        self._broken: tuple[str, ...] = ()

    def begin(self) -> None:
        """Start everything."""
        self.prepare()
        for relay in self.relays:
            self.weather(relay)
        self.start_web()
        self.start_workers(WORKERS)

    def weather(self, relay: RelayPart) -> None:
        """Start a relay, in other weather than before."""
        seed, odds = self.dice.randrange(10**6), self.dice.choice([0.02, 0.05, 0.1, 0.2])
        plain = ["--plain"] if self.dice.random() < 0.25 else []
        # It thinks before each answer, so that deaths find letters behind their dots.
        relay.start(
            "--seed", str(seed), "--odds", str(odds), "--hang", "1", "--think", THINK, *plain
        )

    def insist(self, act: Callable[[Tx], object]) -> None:
        """Do something to the ledger, as soon as it can be written."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with self.store.write() as tx:
                    act(tx)
            except StoreError:
                time.sleep(PAUSE)
            else:
                return
        raise AssertionError("the ledger could not be written")

    def mend(self) -> None:
        """Start again the workers that ended because the database was away, as a platform would."""
        for number, part in enumerate(self.workers):
            if not part.alive:
                self.workers[number] = self.new_worker(number)

    def rage(self, seconds: float, torments: Callable[[Storm, float], None]) -> Crowd:
        """Let people write while `torments` are done, for about so long; returns who wrote."""
        crowd = Crowd(self.url, self.database, self.home, self.seed)
        crowd.start()
        try:
            torments(self, seconds)
        except AssertionError as error:  # what a program should have stood: it is told at the end
            self._broken = (str(error),)
        finally:
            crowd.stop()
        return crowd

    def report(self, crowd: Crowd, began: float) -> Report:
        """The verdict over it, and what was heard."""
        verdict = self.judge(crowd.thanked, crowd.shown + crowd.look_at_last())
        said = "".join(file.read_text() for file in self.folder.glob("*.log"))
        traces = (line for line in said.splitlines() if "Traceback" in line)
        return Report(
            seed=self.seed, engine=self.place.name, letters=sum(ledger.states(self.store).values()),
            done=self.done, seconds=time.monotonic() - began, verdict=verdict,
            noise=(*self._broken, *crowd.noise, *traces),
        )  # fmt: skip


def sail(
    folder: Path, place: Place, seed: int, seconds: float, torments: Callable[[Storm, float], None]
) -> Report:  # fmt: skip
    """One whole storm, from an empty folder to its verdict."""
    began = time.monotonic()
    storm = Storm(folder, place, seed)
    try:
        storm.begin()
        crowd = storm.rage(seconds, torments)
        storm.calm(WORKERS)
        return storm.report(crowd, began)
    finally:
        storm.end()
