"""What is done to an installation, each with the waves it may leave in doubt; drawn by a seed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailer.outbox import lanes
from tests.processes.box import eventually
from tests.storms.people import SLUG
from tests.storms.places import children
from tests.storms.storm import WORKERS, Storm

OVERSLEPT = 800.0  # seconds that the clock jumps: more than any lease lasts
DEEP_SLEEP = 15.0  # seconds after which PostgreSQL has surely ended a sleeper's transaction
STOP_SECONDS = 30.0  # that a platform grants


@dataclass(frozen=True, kw_only=True)
class Torment:
    """One kind of harm. `waves` counts whose dots nobody may know of afterwards."""

    act: Callable[[Storm], None]
    waves: int = 0


def kill_worker(storm: Storm) -> None:
    """A worker dies without a word; another starts, as a platform would have it."""
    number = storm.dice.randrange(WORKERS)
    storm.workers[number].kill()
    storm.workers[number] = storm.new_worker(number)


def stop_worker(storm: Storm) -> None:
    """A worker is told to stop in mid-wave: it does so in time, and says it went well."""
    number = storm.dice.randrange(WORKERS)
    part = storm.workers[number]
    eventually(lambda: "is running" in part.words or not part.alive, "the worker listens")
    if part.alive:  # else it ended by itself, because the database was away
        began = time.monotonic()
        code = part.stop()
        took = time.monotonic() - began
        assert code == 0, f"the worker ended with {code}"
        assert took < STOP_SECONDS, f"the worker took {took:.1f} s to stop"
    storm.workers[number] = storm.new_worker(number)


def freeze_worker(storm: Storm) -> None:
    """A worker sleeps past its lease, others take its letters, and it wakes up."""
    number = storm.dice.randrange(WORKERS)
    sleeper = storm.workers[number]
    sleeper.tell(signal.SIGSTOP)
    storm.clock.jump(OVERSLEPT)
    other = (number + 1) % WORKERS
    # It may sleep within a transaction. PostgreSQL ends that soon; over a file it keeps its lock.
    if not storm.workers[other].ends_within(DEEP_SLEEP):
        sleeper.tell(signal.SIGCONT)
    storm.workers[other].stop()
    storm.workers[other] = storm.new_worker(other)  # it looks at once for what is left
    time.sleep(storm.dice.uniform(1.0, 2.0))
    sleeper.tell(signal.SIGCONT)


def kill_web(storm: Storm) -> None:
    """The pages die between two words; whoever was posting posts again."""
    assert storm.web is not None
    storm.web.kill()
    storm.start_web()


def kill_page(storm: Storm) -> None:
    """One of the processes that serve the pages dies."""
    assert storm.web is not None
    serving = children(storm.web.process.pid)
    if serving:
        os.kill(storm.dice.choice(sorted(serving)), signal.SIGKILL)


def outage(storm: Storm) -> None:
    """A relay goes away, or all of them, and comes back in another mood."""
    _unplug(storm, storm.dice.uniform(0.3, 2.0), storm.dice.randint(1, len(storm.relays)))


def _unplug(storm: Storm, seconds: float, count: int) -> None:
    gone = storm.dice.sample(storm.relays, count)
    for relay in gone:
        relay.stop()
    time.sleep(seconds)
    for relay in gone:
        storm.weather(relay)


def crash_database(storm: Storm) -> None:
    """The database ends at once; where it is a file, all that use it do."""
    if storm.store.is_sqlite:
        for part in storm.programs():
            part.kill()
        storm.start_web()
        storm.workers = [storm.new_worker(number) for number in range(WORKERS)]
    else:
        storm.place.crash()


def jump_clock(storm: Storm) -> None:
    """The clock of the workers' machine is set: every lease has run out, or none ever will."""
    storm.clock.jump(storm.dice.choice([OVERSLEPT, -60.0]))


def full_disk(storm: Storm) -> None:
    """The disk is full for a moment."""
    pids = [part.process.pid for part in storm.programs()]
    assert storm.web is not None
    pids += children(storm.web.process.pid)
    try:
        storm.place.fill(pids)
        time.sleep(storm.dice.uniform(0.5, 1.5))
    finally:
        storm.place.free(pids)


def stand_still(storm: Storm) -> None:
    """Somebody pauses an official, the campaign or everything, and lets it go on."""
    switches = [lanes.EVERYTHING, lanes.of_campaign(SLUG), lanes.of_official("romano")]
    switch, why = storm.dice.choice(switches), {"reason": "a storm", "actor": "staff:storm"}
    storm.insist(lambda tx: lanes.pause(tx, switch, now=storm.clock(), **why))
    time.sleep(storm.dice.uniform(0.2, 1.0))
    storm.insist(lambda tx: lanes.resume(tx, switch))


TORMENTS = {
    "kill worker": Torment(act=kill_worker, waves=1),
    "stop worker": Torment(act=stop_worker),
    "freeze worker": Torment(act=freeze_worker, waves=WORKERS),
    "kill web": Torment(act=kill_web),
    "kill page": Torment(act=kill_page),
    "outage": Torment(act=outage),
    "crash": Torment(act=crash_database, waves=WORKERS),
    "jump": Torment(act=jump_clock, waves=WORKERS),
    "full disk": Torment(act=full_disk),
    "pause": Torment(act=stand_still),
}


def inflict(storm: Storm, names: Sequence[str], rest: float = 1.0) -> None:
    """Do these, with a moment of ordinary life, `rest` seconds at the most, before each."""
    for name in names:
        time.sleep(storm.dice.uniform(0.2 * rest, rest))
        torment = TORMENTS[name]
        storm.waves += torment.waves
        storm.done[name] += 1
        torment.act(storm)
        storm.mend()


def everything_once(storm: Storm, _seconds: float) -> None:
    """Each kind once, in an order of the seed's."""
    names = sorted(TORMENTS)
    storm.dice.shuffle(names)
    inflict(storm, names, 0.4)


def for_a_while(storm: Storm, seconds: float) -> None:
    """One kind after the other, in an order of the seed's, for about so many seconds."""
    end = time.monotonic() + seconds
    names: list[str] = []
    while time.monotonic() < end:
        if not names:
            names = storm.dice.sample(sorted(TORMENTS), len(TORMENTS))
        inflict(storm, [names.pop()])


def with_a_minute_unplugged(storm: Storm, seconds: float) -> None:
    """The same, and in the middle of it the relay is away for a real minute."""
    for_a_while(storm, seconds / 2)
    storm.done["outage"] += 1
    _unplug(storm, 60.0, len(storm.relays))
    for_a_while(storm, seconds / 2)
