"""Every crash point of a worker: python -m tests.storms.crashes DATABASE_URL RELAY_PORT [STEP]

A child writes letters and delivers them, and dies at the n-th point: just before and just after
each commit, and before and after each write to a socket. Another child takes back what it left
and delivers the rest. Then n + STEP, until a child lives to the end. Prints how many died.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from mailer import approvals
from mailer.db import Store
from mailer.outbox import Claimed
from mailer.submissions import accept
from mailer.transports import Transport
from mailer.transports.smtp import Server, SmtpTransport
from mailer.transports.smtp.line import Line
from mailer.worker import Worker
from tests.factories import draft, supporter
from tests.processes.box import ROOT, environment
from tests.storms import ledger
from tests.storms.people import SLUG
from tests.storms.site import Site
from tests.storms.stores import DIED, Fuse, Watched, nothing

PEOPLE = 3  # with two letters each: more than one wave
CONNECTIONS = 2
DAY = 86400.0  # seconds from one death to the next: no lease, pace or retry outlasts it


class FusedLine(Line):
    """A line whose every write is two crash points: before it, and after."""

    fuse: Callable[[], None]

    def put(self, data: bytes) -> None:
        """Send bytes, or die."""
        self.fuse()
        super().put(data)
        self.fuse()

    def offer(self, data: bytes | memoryview) -> int:
        """Send what the socket takes, or die."""
        self.fuse()
        sent = super().offer(data)
        self.fuse()
        return sent

    def send(self, s: Any) -> None:
        """What smtplib itself says, or die."""
        self.fuse()
        super().send(s)
        self.fuse()


class Body:
    """One worker over one database and one relay, at one moment."""

    def __init__(self, database: str, port: int, moment: float, fuse: Callable[[], None]) -> None:
        self.moment = moment
        self.store = Watched(database, before=fuse, after=fuse, clock=lambda: self.moment)
        server = Server(host="127.0.0.1", port=port, tls="none", timeout=10.0, longest_wait=10.0)

        def dial(at: Server) -> Line:
            line = FusedLine(at)
            line.fuse = fuse
            return line

        self.worker = Worker(
            self.store, [SmtpTransport(server, dial)], f"w{os.getpid()}", connections=CONNECTIONS,
            envelope=_envelope,
        )  # fmt: skip


def every_point(site: Site, step: int) -> int:
    """Die at every `step`-th point over this site; returns how many died."""
    url = site.store.url.render_as_string(hide_password=False)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.storms.crashes", url, str(site.relay.port), str(step)],
        cwd=ROOT, timeout=600, env=environment(site.home), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    site.waves = int(ended.stdout)  # each may leave one wave in doubt
    return site.waves


def main() -> None:
    """Die at every point there is, or at every STEP-th."""
    database, port = sys.argv[1], int(sys.argv[2])
    step = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    for deaths, number in enumerate(itertools.count(1, step)):
        moment = time.time() + 2 * number * DAY
        code = _in_child(partial(_deliver, database, port, moment, number))
        if code not in {0, DIED}:
            sys.exit(f"crash point {number}: the child ended with {code}")
        if _in_child(partial(_recover, database, port, moment + DAY)):
            sys.exit(f"crash point {number}: what was left could not be delivered")
        if code == 0:
            print(deaths)
            return


def _deliver(database: str, port: int, moment: float, number: int) -> None:
    """Write letters and deliver them, up to the `number`-th crash point."""
    store = Store(database, clock=lambda: moment)
    found = approvals.latest(store, SLUG)
    assert found is not None
    for person in range(PEOPLE):
        mark = f"{number}-{person}"
        who = supporter(name=f"Ann Example {mark}", email=f"ann-{mark}@supporter.example")
        accept(store, draft(who, approval=found.id))
    store.close()
    one = Body(database, port, moment, Fuse(number))
    one.worker.drain()
    one.worker.close()


def _recover(database: str, port: int, moment: float) -> None:
    """Take back what was left, and deliver everything."""
    one = Body(database, port, moment, nothing)
    for _ in range(20):
        one.worker.reap([])
        one.worker.drain()
        if not ledger.waiting(one.store):
            break
        one.moment += 100.0
    else:
        raise AssertionError(ledger.states(one.store))
    one.worker.close()


def _envelope(letter: Claimed, _way: Transport) -> str:
    return f"letters+b-{letter.id}@campaign.example"


def _in_child(act: Callable[[], None]) -> int:
    """Run `act` in a process of its own; its exit code."""
    pid = os.fork()
    if not pid:
        try:
            act()
        except BaseException:  # noqa: BLE001 - told by the exit code, and on stderr
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
