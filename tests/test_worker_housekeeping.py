"""What a worker does now and then: what it tells, and how often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter, letter_text
from mailer.errors import Next, SendError
from mailer.outbox import lanes
from mailer.status import Kind, State
from mailer.submissions import accept, finding
from mailer.web import create_app
from mailer.worker.housekeeping import Housekeeping
from mailer.worker.liveness import Liveness
from tests.conftest import Clock
from tests.factories import campaign, draft
from tests.fakes import FakeTransport
from tests.test_submissions_reminders import left
from tests.test_worker import worker

ALERTS = "staff@coalition.example"
BEGUN: list[Housekeeping] = []  # by the test that runs


@pytest.fixture
def liveness(settings: Settings) -> Iterator[Liveness]:
    made = Liveness(settings.var / "workers")
    yield made
    while BEGUN:
        BEGUN.pop().close()  # what goes on beside, before its database is gone
    made.close()


def keeper(
    settings: Settings, store: Store, liveness: Liveness, way: FakeTransport
) -> Housekeeping:  # fmt: skip
    """Housekeeping that finds every chore due."""
    known = replace(settings, alert_to=ALERTS)
    made = Housekeeping(known, store, worker(store, way), Library(settings.home), liveness)
    BEGUN.append(made)
    return made


def kinds(store: Store) -> Counter[tuple[str, str]]:
    with store.read() as tx:
        found = tx.execute(select(letter.c.kind, letter.c.state)).all()
    return Counter((row.kind, row.state) for row in found)


def test_who_wrote_is_told_when_a_letter_is_refused(
    settings: Settings, store: Store, liveness: Liveness
) -> None:
    way = FakeTransport()

    def refuse(parcel: object) -> None:
        raise SendError("RCPT: no such user", Next.FAIL, code="550 5.1.1")

    accept(store, draft())
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))
    way.on_stage = refuse
    one = worker(store, way)
    one.drain()
    one.close()
    assert kinds(store) == {("letter", "failed"): 2}
    keeper(settings, store, liveness, way).when_due()
    assert kinds(store)["notice", "queued"] == 1
    assert kinds(store)["alert", "queued"] == 1
    keeper(settings, store, liveness, way).when_due()
    assert kinds(store).total() == 4, "once"
    way.on_stage = lambda _: None
    one = worker(store, way)
    one.drain()
    one.close()
    assert sorted(parcel.recipient for parcel in way.accepted) == ["ann@supporter.example", ALERTS]


def test_a_relay_down_for_an_hour_is_told_when_it_can_be(
    settings: Settings, store: Store, liveness: Liveness, clock: Clock
) -> None:
    way = FakeTransport("fake:relay")
    with store.write() as tx:
        lanes.close(tx, "fake:relay", "nothing answers there", clock.now)
    clock.pass_(3600)
    keeper(settings, store, liveness, way).when_due()
    with store.read() as tx:
        subjects = select(letter_text.c.subject).join(letter, letter.c.id == letter_text.c.letter)
        (subject,) = tx.execute(subjects.where(letter.c.kind == Kind.ALERT)).scalars()
    assert subject == "No mail leaves: account:fake:relay"


def test_supporters_are_told_even_while_the_officials_file_is_broken(
    settings: Settings, store: Store, liveness: Liveness
) -> None:
    accept(store, draft())
    with store.write() as tx:
        tx.execute(update(letter).values(state=State.FAILED, reason="refused"))
    (settings.home / "officials.yaml").write_text("officials: [")
    keeper(settings, store, liveness, FakeTransport()).when_due()
    assert kinds(store)["notice", "queued"] == 1


def test_who_has_not_confirmed_is_reminded(
    settings: Settings, store: Store, liveness: Liveness, clock: Clock
) -> None:
    accept(store, draft(about=campaign(confirm=True)))
    left(store)
    clock.pass_(86400)
    for _ in range(2):
        keeper(settings, store, liveness, FakeTransport()).when_due()
    assert kinds(store) == {
        ("letter", "awaiting"): 2, ("confirmation", "sent"): 1, ("reminder", "queued"): 1,
    }  # fmt: skip
    with store.read() as tx:
        texts = select(letter_text.c.body).join(letter, letter.c.id == letter_text.c.letter)
        (body,) = tx.execute(texts.where(letter.c.kind == Kind.REMINDER)).scalars()
    (link,) = re.findall(r"^http://127\.0\.0\.1:8000(/unsubscribe/\S+)$", body, re.MULTILINE)
    opened = create_app(settings, store).test_client().get(link)
    assert opened.status_code == 200, "the pages and the worker have one key"


def test_what_nobody_confirmed_in_time_is_cancelled(
    settings: Settings, store: Store, liveness: Liveness, clock: Clock
) -> None:
    accept(store, draft(about=campaign(confirm=True)))
    with store.write() as tx:
        asking = update(letter).where(letter.c.kind == Kind.CONFIRMATION)
        tx.execute(asking.values(state=State.SENT, sent_at=clock.now))
    clock.pass_(7 * 86400)
    keeper(settings, store, liveness, FakeTransport()).when_due()
    assert kinds(store)["letter", "cancelled"] == 2


def test_receipts_are_found_and_supporters_asked(
    settings: Settings, store: Store, liveness: Liveness, clock: Clock
) -> None:
    accept(store, draft())
    finding.ask(store, "ann@supporter.example", "en")
    with store.write() as tx:
        tx.execute(update(letter).values(state=State.SENT, sent_at=clock.now))
    keeper(settings, store, liveness, FakeTransport()).when_due()
    expected = {("letter", "sent"): 2, ("account", "queued"): 1}
    assert kinds(store) == expected
    with store.read() as tx:
        texts = select(letter_text.c.body).join(letter, letter.c.id == letter_text.c.letter)
        (body,) = tx.execute(texts.where(letter.c.kind == Kind.ACCOUNT)).scalars()
    (link,) = re.findall(r"^http://127\.0\.0\.1:8000(/erase/\S+)$", body, re.MULTILINE)
    opened = create_app(settings, store).test_client().get(link)
    assert opened.status_code == 200, "the pages and the worker have one key"
    clock.pass_(20 * 86400)
    keeper(replace(settings, answer_days=0), store, liveness, FakeTransport()).when_due()
    keeper(replace(settings, answer_days=21), store, liveness, FakeTransport()).when_due()
    assert kinds(store) == expected
    keeper(settings, store, liveness, FakeTransport()).when_due()
    assert kinds(store) == {**expected, ("notice", "queued"): 1}


def test_each_chore_has_its_own_time(settings: Settings, store: Store, liveness: Liveness) -> None:
    kept = keeper(settings, store, liveness, FakeTransport())
    kept.when_due()
    accept(store, draft())
    with store.write() as tx:
        tx.execute(update(letter).values(state=State.FAILED, reason="refused"))
    kept.when_due()
    assert kinds(store) == {("letter", "failed"): 2}, "it has just looked"
