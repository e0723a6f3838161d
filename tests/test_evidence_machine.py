"""The promise again, with news of the letters and with staff who decide, in every order.

What is said later is true: only a letter that was taken is ever called delivered or returned, and
staff say "it arrived" only of such a one. Then nothing may be claimed that did not happen, each
event counts once, and whoever is owed an answer gets it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from mailer import outbox, sendlog
from mailer.db.schema import letter, letter_event
from mailer.officials.values import Officials
from mailer.outbox.evidence import Evidence, record
from mailer.sendlog import Filter
from mailer.status import Kind, State
from mailer.submissions import notices
from mailer.submissions.alerts import Desk
from tests.factories import SENDER
from tests.test_ledger_machine import Ledger


class Told(Ledger):
    """The ledger, a provider that tells what became of letters, and staff."""

    def __init__(self) -> None:
        super().__init__()
        self.said: Counter[str] = Counter()

    @precondition(lambda self: any(getattr(self, "taken", {}).values()))
    @rule(
        data=st.data(),
        kind=st.sampled_from(Evidence),
        ago=st.sampled_from([None, 0.0, 50.0, 5000.0]),
        times=st.integers(1, 2),
    )
    def news(self, data: st.DataObject, kind: Evidence, ago: float | None, times: int) -> None:
        """A provider's event, which may come late, and twice."""
        letter_id = data.draw(st.sampled_from(sorted(key for key, n in self.taken.items() if n)))
        self.said[letter_id] += 1
        for _ in range(times):
            with self.store.write() as tx:
                record(
                    tx, letter_id, kind, external_id=f"test:{self.said.total()}",
                    actor="provider", now=self.clock.now,
                    at=None if ago is None else self.clock.now - ago,
                )  # fmt: skip

    @rule(data=st.data())
    def staff_decide(self, data: st.DataObject) -> None:
        """Somebody opens a letter that waits for them, and presses a button."""
        rows = [row for row in sendlog.rows(self.store, Filter())
                if row.state in {State.UNCERTAIN, State.FAILED}]  # fmt: skip
        if not rows:
            return
        row = data.draw(st.sampled_from(sorted(rows, key=lambda one: one.id)))
        verbs = [outbox.try_again, outbox.send_again, outbox.give_up]
        if self.taken[row.id]:
            verbs.append(outbox.arrived)
        verb = data.draw(st.sampled_from(verbs))
        with self.store.write() as tx:
            done = verb(tx, row.id, actor="staff:1", now=self.clock.now)
        assert done is ((row.state is State.FAILED) == (verb is outbox.try_again))

    @rule()
    def supporters_are_told(self) -> None:
        notices.tell_failed(self.store, Desk(sender=SENDER), Officials())

    def _finish(self) -> None:
        super()._finish()
        self.clock.pass_(7200.0)
        notices.tell_failed(self.store, Desk(sender=SENDER), Officials())
        with self.store.read() as tx:
            told = select(func.count()).where(letter_event.c.external_id.is_not(None))
            assert tx.execute(told).scalar_one() == self.said.total()
            failed = select(letter.c.submission).where(
                letter.c.kind == Kind.LETTER, letter.c.state == State.FAILED
            )
            mails = select(letter.c.submission).where(letter.c.kind == Kind.NOTICE)
            owed = set(tx.execute(failed).scalars()) - set(tx.execute(mails).scalars())
        assert not owed


def test_the_promise_holds_whatever_is_said_later(sqlite_template: Path) -> None:
    class Machine(Told):
        template = sqlite_template

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
