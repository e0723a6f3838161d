"""A storm over one e-mail API: the stub's own list of what it took is the truth.

Workers are killed in the middle of batches, the provider hangs up before and after it took a
request, refuses, is busy, suspends the account; its webhooks come early, twice and forged.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from mailer import approvals
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store, migrate
from mailer.errors import StoreError
from mailer.outbox import stops
from mailer.submissions import accept
from mailer.web import create_app
from tests.factories import draft, know_recipients, supporter
from tests.processes.box import eventually, new_home
from tests.providers.stub import Stub, Trouble, Turn
from tests.storms import ledger, parts
from tests.storms import provider_verdict as judging
from tests.storms.caller import Caller, Talking
from tests.storms.clock import FastClock
from tests.storms.parts import Part
from tests.storms.people import SLUG
from tests.storms.places import Place
from tests.storms.storm import Report
from tests.storms.verdict import OPEN, Thanked
from tests.storms.voices import Voice

WORKERS = 2
SPEED = 60.0  # times real time, for the workers and the pages
CONNECTIONS = 4
ALERTS_TO = "staff@campaign.example"
PATIENCE = 240.0  # seconds: on a busy machine a worker needs a minute to start
BEYOND = 5000.0  # seconds: no retry, lease or probe outlasts them

TROUBLES = (
    Turn(trouble=Trouble.CUT_BEFORE),
    Turn(trouble=Trouble.CUT_AFTER),
    Turn(trouble=Trouble.CUT_WITHIN),
    Turn(trouble=Trouble.RUBBISH),
    Turn(trouble=Trouble.SLOW, seconds=0.3),
    Turn(trouble=Trouble.STATUS, status=429, after=1.0),
    Turn(trouble=Trouble.STATUS, status=503),
    Turn(trouble=Trouble.STATUS, status=500),
    Turn(trouble=Trouble.STATUS_AFTER, status=500),
)


class ProviderStorm:
    """One installation, one provider, in bad weather that a seed makes."""

    def __init__(self, folder: Path, place: Place, voice: Voice, seed: int) -> None:
        self.dice = random.Random(f"{voice.name} {seed}")
        self.folder, self.place, self.voice, self.seed = folder, place, voice, seed
        home = new_home(folder / "home")
        know_recipients(home)
        self.clock = FastClock(origin=time.time(), speed=SPEED, skew=folder / "skew")
        self.store = Store(place.url, clock=self.clock)
        self.told = Store(place.url)
        migrate.upgrade(self.store)
        self.approval = approvals.approve(self.store, Library(home).current(), SLUG, actor="storm")
        self.caller = self._caller(home)
        self.talking = Talking(rules=voice.rules(), caller=self.caller)
        self.stub = Stub(self.talking)
        self._server = threading.Thread(target=self.stub.serve, daemon=True)
        self.workers: list[Part] = []
        self.thanked: list[Thanked] = []
        self.deaths = 0
        self._deck: list[Turn] = []
        self.done = self.caller.done

    def _caller(self, home: Path) -> Caller:
        hooks, topic = {self.voice.name: self.voice.keys}, self.voice.keys[0]
        settings = Settings(
            home=home, secret_keys=("k" * 40,), hooks=hooks, sns_topic=topic,
            database_url=self.place.url,
        )  # fmt: skip
        # At the real time, at which providers sign.
        app = create_app(settings, self.told, known={self.voice.name: self.voice.hook})
        dice = random.Random(f"{self.voice.name} webhook {self.seed}")
        return Caller(app=app, voice=self.voice, dice=dice)

    @property
    def settings(self) -> dict[str, str]:
        """What the environment of its workers says."""
        address = self.voice.url.format(api=self.stub.url)
        return {
            "MAILER_DATABASE_URL": self.place.url, "MAILER_ALERT_TO": ALERTS_TO,
            "MAILER_TRANSPORT": f"{address}&timeout=2",
            "MAILER_WORKER_CONNECTIONS": str(CONNECTIONS),
        }  # fmt: skip

    def begin(self) -> None:
        """Start everything."""
        self._server.start()
        self.caller.start()
        self.workers = [self._new_worker(number) for number in range(WORKERS)]

    def write(self, people: int) -> None:
        """Let some people write to two officials each; all of it may leave at once."""
        for _ in range(people):
            number = len(self.thanked)
            who = supporter(name=f"Ann Example {number}", email=f"s{number}@supporter.example")
            made = draft(who, approval=self.approval)
            self._insist(partial(accept, self.store, made))
            self.thanked.append(Thanked(submission=made.id, letters=2))

    def rage(self, rounds: int) -> None:
        """Trouble and deaths, while people write."""
        for number in range(rounds):
            self.write(self.dice.randint(4, 8))
            for _ in range(3):
                turn = self._next_turn()
                self.done[turn.trouble.name.lower()] += 1
                self.stub.turns.append(turn)
            time.sleep(self.dice.uniform(0.2, 0.6))
            if number % 2:
                self.stub.turns.clear()
                self.stub.trouble(Trouble.SLOW, CONNECTIONS * WORKERS, seconds=0.5)
                self.clock.jump(400.0)  # whatever waits for a probe or a retry is due
                self.write(4)
                self._wait_for_dots()
                self.kill(*range(WORKERS))

    def _next_turn(self) -> Turn:
        """Each trouble once, in an order of the seed's, before any comes again."""
        if not self._deck:
            self._deck = self.dice.sample(TROUBLES, len(TROUBLES))
        return self._deck.pop()

    def _wait_for_dots(self) -> None:
        """For a moment in which the provider may have letters and nobody was answered."""
        end = time.monotonic() + 15.0
        while not self._states().get("dot") and time.monotonic() < end:
            time.sleep(0.01)

    def kill(self, *numbers: int) -> None:
        """Workers die without a word, with letters on their way; others start."""
        for number in numbers:
            self.done["kill"] += 1
            self.deaths += 1
            self.workers[number].kill()
        for number in numbers:
            self.workers[number] = self._new_worker(number)

    def suspend(self) -> list[str]:
        """The account is suspended, and let go again; returns what was wrong meanwhile."""
        self.stub.turns.clear()
        before = self.stub.suspend()
        self.done["suspended"] += 1
        self.write(5)
        self._eventually(self._is_noted, "the outage is noted")
        self.kill(0)  # a worker looks for what to tell as soon as it starts
        self._eventually(lambda: judging.alerts(self.store), "staff are told")
        self.clock.jump(400.0)  # probes come and go
        self.kill(1)
        self._eventually(lambda: "is running" in self.workers[1].words, "the worker looks")
        time.sleep(0.5)
        found = []
        if len(self.stub.taken) != before:
            found.append("something was taken while the account was suspended")
        if failed := self._states().get("failed", 0):
            found.append(f"{failed} letters failed while the account was suspended")
        self.stub.suspended = False
        return found

    def calm(self) -> None:
        """Good weather until all is out; doubt is decided by what the provider knows."""
        self.stub.turns.clear()
        for part in self.workers:
            part.stop()
        self.workers = [self._new_worker(0)]
        for _ in range(2):
            self.clock.jump(BEYOND)
            self._wait_until_all_is_out()
            ledger.decide(self.store, self.talking.log, self.clock())
        self._wait_until_all_is_out()
        self.workers[0].stop()
        self.caller.stop()

    def report(self, began: float, wrong: list[str]) -> Report:
        """The verdict over it."""
        store, fates = self.store, self.caller.fates
        found = judging.verdict(store, self.talking.log, self.thanked, self.deaths)
        said = "".join(file.read_text() for file in self.folder.glob("*.log"))
        traces = [line for line in said.splitlines() if "Traceback" in line]
        return Report(
            seed=self.seed, engine=f"{self.place.name} {self.voice.name}",
            letters=sum(self._states().values()), done=self.done,
            seconds=time.monotonic() - began, verdict=found,
            noise=(
                *wrong, *self.caller.wrong, *judging.untold(store),
                *judging.held(self._states()), *judging.unmoved(store, fates), *traces,
            ),
        )  # fmt: skip

    def end(self) -> None:
        """End all that runs."""
        for part in self.workers:
            part.kill()
        self.stub.close()
        self.caller.stop()
        self.store.close()
        self.told.close()

    def _eventually(self, look: Callable[[], object], what: str) -> None:
        """Wait until something is so; where it never is, tell what there was to see."""
        try:
            eventually(look, what, PATIENCE)
        except AssertionError as error:
            said = "\n".join(f"{part.name}: {part.words[-2000:]}" for part in self.workers)
            raise AssertionError(f"{error}; letters {self._states()}\n{said}") from None

    def _is_noted(self) -> bool:
        with self.store.read() as tx:
            return bool(stops.noted(tx))

    def _states(self) -> dict[str, int]:
        return ledger.states(self.store)

    def _insist(self, act: Callable[[], object]) -> None:
        """Do something to the ledger, as soon as it can be written."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with suppress(StoreError):
                act()
                return
        raise AssertionError("the ledger could not be written")

    def _wait_until_all_is_out(self) -> None:
        end = time.monotonic() + PATIENCE
        while any(self._states().get(state) for state in OPEN) and time.monotonic() < end:
            time.sleep(0.05)

    def _new_worker(self, number: int) -> Part:
        return parts.worker(self.folder, f"worker-{number}", self.clock, **self.settings)


def sail(folder: Path, place: Place, voice: Voice, seed: int, rounds: int) -> Report:
    """One whole storm over a provider, from an empty folder to its verdict."""
    began = time.monotonic()
    storm = ProviderStorm(folder, place, voice, seed)
    try:
        storm.begin()
        storm.rage(rounds // 2)
        wrong = storm.suspend()
        storm.rage(rounds - rounds // 2)
        storm.calm()
        return storm.report(began, wrong)
    finally:
        storm.end()
