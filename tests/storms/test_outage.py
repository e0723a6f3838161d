"""The relay is unplugged for an hour, by the ledger's clock: every letter leaves all the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from mailer import approvals
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter
from mailer.submissions import accept
from mailer.transports.smtp import Server, SmtpTransport
from mailer.transports.smtp.line import Line
from mailer.web import create_app
from mailer.worker import Worker
from tests.conftest import Clock
from tests.factories import draft, supporter
from tests.storms import ledger
from tests.storms.people import SLUG, read
from tests.storms.places import Place
from tests.storms.site import CONNECTIONS, Site
from tests.storms.verdict import Shown, Thanked

HOUR, STEP = 3600.0, 5.0
MOST_PROBES = 30  # of an hour: one for each step of the backoff
EVERY = 120.0  # seconds between two supporters


def test_an_hour_without_the_relay_costs_no_letter_and_no_attempt(
    tmp_path: Path, new_place: Callable[[Path], Place], clock: Clock
) -> None:
    site = Site(tmp_path / "site", new_place(tmp_path).url)
    site.prepare()
    store = Store(site.database, clock=clock)
    thanked: dict[str, Thanked] = {}
    dialled: list[float] = []
    worker = _worker(store, site, lambda: dialled.append(clock.now))
    app = create_app(
        Settings(home=site.home, transports=(site.relay.url,), secret_keys=("k" * 40,)), store
    )
    end = clock.now + HOUR
    while clock.now < end:
        if (end - clock.now) % EVERY == 0:
            _write(store, thanked)
        worker.drain()
        clock.pass_(STEP)
    assert ledger.states(store) == {"queued": 2 * len(thanked)}
    assert _attempts(store) == {0}
    assert 5 <= len(dialled) <= MOST_PROBES
    assert not any(one.sent for one in _look(app, thanked))

    site.relay.start()
    for _ in range(200):
        clock.pass_(STEP)
        worker.drain()
        if not ledger.waiting(store):
            break
    assert ledger.states(store) == {"sent": 2 * len(thanked)}
    assert _attempts(store) == {1}
    shown = _look(app, thanked)
    assert all(one.sent for one in shown)
    verdict = site.judge(list(thanked.values()), shown)
    assert verdict.findings == ()
    assert verdict.uncertain == 0
    worker.close()
    store.close()
    site.end()


def _worker(store: Store, site: Site, note: Callable[[], None]) -> Worker:
    server = Server(
        host="127.0.0.1", port=site.relay.port, tls="none", timeout=10.0, longest_wait=10.0
    )

    def dial(at: Server) -> Line:
        note()
        return Line(at)

    return Worker(
        store, [SmtpTransport(server, dial)], "w1", connections=CONNECTIONS,
        envelope=lambda letter, _: f"letters+b-{letter.id}@campaign.example",
    )  # fmt: skip


def _write(store: Store, thanked: dict[str, Thanked]) -> None:
    found = approvals.latest(store, SLUG)
    assert found is not None
    number = len(thanked)
    who = supporter(name=f"Ann Example {number}", email=f"ann-{number}@supporter.example")
    made = draft(who, approval=found.id)
    texts = sorted(one.text for one in made.letters)
    thanked[accept(store, made)] = Thanked(submission=made.id, letters=2, previewed=texts)


def _look(app: Flask, thanked: dict[str, Thanked]) -> list[Shown]:
    """What every receipt says now."""
    shown: list[Shown] = []
    visit = app.test_client()
    for token, one in thanked.items():
        page = visit.get(f"/receipt/{token}")
        assert page.status_code == 200
        shown += read(page.text, one.submission, time.time(), final=True)
    return shown


def _attempts(store: Store) -> set[int]:
    with store.read() as tx:
        return set(tx.execute(select(letter.c.attempts)).scalars())
