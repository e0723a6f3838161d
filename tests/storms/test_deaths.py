"""A worker dies, sleeps, or is told to stop, just when the relay has taken what it will not say."""

from __future__ import annotations

import signal
import time

import pytest

from mailer import approvals
from mailer.submissions import accept
from tests.factories import draft, supporter
from tests.processes.box import eventually
from tests.storms import ledger
from tests.storms.people import SLUG
from tests.storms.site import CONNECTIONS, Site
from tests.storms.verdict import Thanked, Verdict

PEOPLE = 10
SILENT = ("--odds", "1", "--faults", "dot-hang-took", "--hang", "60")
SLOW = ("--faults", "dot-slow-took", "--slow", "1.5", "--seed", "3")
STOP_SECONDS = 30.0  # that a platform grants


@pytest.fixture
def thanked(site: Site) -> list[Thanked]:
    """Supporters whose letters wait."""
    found = approvals.latest(site.store, SLUG)
    assert found is not None
    made = [
        draft(supporter(name=f"Ann {n}", email=f"ann-{n}@a.example"), approval=found.id)
        for n in range(PEOPLE)
    ]
    for one in made:
        accept(site.store, one)
    return [Thanked(submission=one.id, letters=2) for one in made]


def test_a_worker_killed_between_the_dot_and_its_note_leaves_one_wave_in_doubt(
    site: Site, thanked: list[Thanked]
) -> None:
    site.relay.start(*SILENT)
    site.start_workers(1)
    eventually(lambda: len(site.relay.taken) == CONNECTIONS, "a wave is taken and not answered")
    site.workers[0].kill()
    site.waves = 1
    verdict = _calm(site, thanked)
    assert verdict.uncertain == CONNECTIONS
    assert verdict.flagged == CONNECTIONS
    assert verdict.accepted == 2 * PEOPLE


def test_a_worker_that_sleeps_past_its_lease_wakes_up_to_do_no_harm(
    site: Site, thanked: list[Thanked]
) -> None:
    site.relay.start(*SLOW, "--odds", "0.3")
    site.start_workers(1)
    eventually(lambda: any(one.fault for one in site.relay.taken), "a dot waits for its answer")
    sleeper = site.workers.pop()
    sleeper.tell(signal.SIGSTOP)
    site.clock.jump(10 * 3600.0)
    site.waves = 1
    site.workers = [site.new_worker(1)]  # it looks at once for what is left
    site.wait_until_all_is_out()
    sleeper.tell(signal.SIGCONT)
    site.wait_until_all_is_out()  # asleep in a transaction, it has kept SQLite from the other
    time.sleep(1.5)  # for a letter too many
    site.workers.append(sleeper)
    verdict = _calm(site, thanked)
    assert 1 <= verdict.uncertain <= CONNECTIONS
    assert verdict.accepted == 2 * PEOPLE


def test_a_worker_that_is_told_to_stop_leaves_nothing_leased(
    site: Site, thanked: list[Thanked]
) -> None:
    site.relay.start(*SLOW, "--odds", "0.3")
    site.start_workers(1)
    eventually(lambda: any(one.fault for one in site.relay.taken), "a dot waits for its answer")
    began = time.monotonic()
    assert site.workers[0].stop() == 0
    assert time.monotonic() - began < STOP_SECONDS
    assert ledger.leased(site.store) == 0
    verdict = _calm(site, thanked)
    assert verdict.uncertain == 0
    assert verdict.accepted == 2 * PEOPLE


def _calm(site: Site, thanked: list[Thanked]) -> Verdict:
    site.calm()
    verdict = site.judge(thanked)
    assert verdict.findings == ()
    return verdict
