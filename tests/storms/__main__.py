"""Storms by the seed: python -m tests.storms [--seed 7] [--seeds 10] [--minutes 14]

First every crash point and each e-mail API, then whole installations.

One line for each seed and engine, and every finding below it; exit code 1 when there was one.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests import postgres
from tests.storms import provider
from tests.storms.crashes import every_point
from tests.storms.places import Place, Postgres, Sqlite, durable_server
from tests.storms.site import Site
from tests.storms.storm import Report, Storm, sail
from tests.storms.torments import for_a_while, with_a_minute_unplugged
from tests.storms.verdict import Verdict
from tests.storms.voices import MAKERS

ENGINES = ("sqlite", "postgresql")
PROVIDER_ROUNDS = 6
CALM = 20.0  # seconds that beginning and end of a storm may take
SHORT = 8.0  # seconds of the worst that a storm has at least, when time runs out
UNPLUGGED = 60.0  # seconds that the first one takes longer


def main() -> None:
    """Run them until the seeds or the minutes are used up."""
    parser = argparse.ArgumentParser(prog="python -m tests.storms", description=__doc__)
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--seeds", type=int, default=10, help="how many, from 1 on")
    parser.add_argument("--minutes", type=float, default=14.0, help="no storm begins later")
    parser.add_argument("--seconds", type=float, default=18.0, help="of each storm, at its worst")
    parser.add_argument("--engine", choices=ENGINES, action="append")
    said = parser.parse_args()
    # A database that is crashed under a pipeline is no news here.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    logging.getLogger("mailer.web").setLevel(logging.ERROR)  # forged calls are meant to come
    seeds = [said.seed] if said.seed is not None else list(range(1, said.seeds + 1))
    engines = tuple(said.engine or ENGINES)
    if "postgresql" in engines and postgres.binaries() is None:
        sys.exit("PostgreSQL is not installed: apt install postgresql, or say --engine sqlite")
    end = time.monotonic() + said.minutes * 60
    points = [] if said.seed is not None else [_crash_points(engine) for engine in engines]
    reports = list(_of_providers(seeds[0], engines))
    planned = len(reports) + len(seeds) * len(engines)
    reports += _storms(seeds, engines, said.seconds, end)
    bad = sum(not report.good for report in reports) + sum(not verdict.good for verdict in points)
    print(f"{len(reports)} of {planned} storms, {bad} with findings", flush=True)
    if len(reports) < planned:
        print("the time was too short for the others: say --minutes", file=sys.stderr)
    sys.exit(1 if bad or len(reports) < planned else 0)


def _of_providers(seed: int, engines: tuple[str, ...]) -> Iterator[Report]:
    """One over each e-mail API; the engines take turns, and change places with each seed."""
    for number, make in enumerate(MAKERS.values(), start=seed):
        with _place(engines[number % len(engines)]) as (folder, place):
            report = provider.sail(folder / "storm", place, make(), seed, PROVIDER_ROUNDS)
        print(report, flush=True)
        _tell((*report.verdict.findings, *report.noise))
        yield report


def _storms(
    seeds: list[int], engines: tuple[str, ...], seconds: float, end: float
) -> Iterator[Report]:  # fmt: skip
    """Each as long as `seconds`, or as its share of the time that is left."""
    planned = [(seed, engine) for seed in seeds for engine in engines]
    for number, (seed, engine) in enumerate(planned):
        extra = 0.0 if number else UNPLUGGED
        share = (end - time.monotonic() - extra) / (len(planned) - number) - CALM
        worst = max(SHORT, min(seconds, share))
        if time.monotonic() + worst + CALM + extra > end:
            return
        torments = for_a_while if number else with_a_minute_unplugged
        report = _one(engine, seed, worst, torments)
        print(report, flush=True)
        _tell((*report.verdict.findings, *report.noise))
        yield report


def _one(
    engine: str, seed: int, seconds: float, torments: Callable[[Storm, float], None]
) -> Report:  # fmt: skip
    with _place(engine) as (folder, place):
        return sail(folder, place, seed, seconds, torments)


def _crash_points(engine: str) -> Verdict:
    """Let a worker die at every point there is; say what came of it."""
    with _place(engine) as (folder, place):
        site = Site(folder, place.url)
        try:
            site.prepare()
            site.relay.start()
            died = every_point(site, 1)
            found = site.judge([])
        finally:
            site.end()
    print(
        f"crash points {engine}: {died} deaths, accepted {found.accepted}, uncertain"
        f" {found.uncertain}, doubles flagged {found.flagged}, lost {len(found.lost)},"
        f" false {len(found.false)}, unflagged {len(found.unflagged)},"
        f" other findings {len(found.others)}", flush=True,
    )  # fmt: skip
    _tell(found.findings)
    return found


@contextmanager
def _place(engine: str) -> Iterator[tuple[Path, Place]]:
    """A folder and an empty database, for as long as they are needed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mailer-storm-")))
        if engine == "sqlite":
            yield folder, Sqlite(folder)
        else:
            yield folder, Postgres(stack.enter_context(durable_server()))


def _tell(findings: Iterable[str]) -> None:
    for finding in findings:
        print(f"    {finding}", flush=True)


if __name__ == "__main__":
    main()
