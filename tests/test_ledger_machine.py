"""The promise, tried in every order: workers that claim, fence, die, wake up late and forget.

A Hypothesis state machine drives the ledger with a fake clock. What the server really took is kept
beside it; nothing may ever be called sent that it did not take, nothing may go twice unflagged,
and in the end every letter must have arrived.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from mailer import outbox, sendlog
from mailer.config import BACKOFF, DEADLINE
from mailer.db import Store
from mailer.db.schema import letter
from mailer.errors import Next, SendError
from mailer.outbox import Claimed, Outcome, lanes
from mailer.sendlog import Filter
from mailer.status import ACCEPTED, State
from mailer.submissions import accept
from mailer.transports import Answer
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter

LEASE = 60.0
ACCOUNT = "fake:relay"
FIRST, SECOND = "minister-1@ministry.example", "minister-2@ministry.example"
STANDSTILLS = {
    lanes.of_official("minister-1"): {FIRST},
    lanes.of_mailbox(SECOND): {SECOND},
    lanes.of_domain(FIRST): {FIRST, SECOND},
    lanes.of_campaign("exams"): {FIRST, SECOND},
    lanes.EVERYTHING: {FIRST, SECOND},
}
"""What may be paused, and whose letters then stay."""
ERRORS = {
    "refused": SendError("no", Next.FAIL, code="550 5.1.1"),
    "later": SendError("later", code="451"),
    "down": SendError("down", Next.STOP),
}


class Ledger(RuleBasedStateMachine):
    """Two workers, one server, one clock."""

    template: Path
    held = Bundle("held")  # claimed letters a worker has in hand
    fenced = Bundle("fenced")  # behind the fence: the dot may go out
    answered = Bundle("answered")  # with an outcome that is not written yet

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "mailer.db")
        self.clock = Clock(1_800_000_000.0)
        self.store = Store(f"sqlite:///{self.folder}/mailer.db", clock=self.clock)
        self.people = 0
        self.taken: Counter[str] = Counter()

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        self._finish()
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(hold=st.booleans())
    def write(self, hold: bool) -> None:
        self.people += 1
        who = supporter(name=f"S {self.people}", email=f"s{self.people}@supporter.example")
        accept(self.store, draft(who, campaign(uncertain="hold" if hold else "resend")))

    @rule(target=held, worker=st.sampled_from("ab"))
    def claim(self, worker: str) -> tuple[str, list[Claimed]]:
        with self.store.write() as tx:
            stopped = set().union(*(STANDSTILLS[lane] for lane in lanes.paused(tx)))
            way = outbox.Way(account=ACCOUNT, delivers=False)
            taken = outbox.claim(tx, worker, now=self.clock.now, lease=LEASE, most=3, way=way)
        assert not stopped & {one.mail.to_address for one in taken}
        return worker, taken

    @rule(lane=st.sampled_from(sorted(STANDSTILLS)))
    def pause(self, lane: str) -> None:
        with self.store.write() as tx:
            lanes.pause(tx, lane, reason="a storm", actor="staff:kim", now=self.clock.now)

    @rule(lane=st.sampled_from(sorted(STANDSTILLS)))
    def resume(self, lane: str) -> None:
        with self.store.write() as tx:
            lanes.resume(tx, lane)

    @rule(target=fenced, hand=consumes(held))
    def fence(self, hand: tuple[str, list[Claimed]]) -> tuple[str, list[Claimed]]:
        worker, letters = hand
        pairs = [(one, "0" * 64) for one in letters]
        with self.store.write() as tx:
            passed = outbox.fence(tx, worker, pairs, now=self.clock.now, lease=LEASE)
        return worker, [one for one in letters if one.id in passed]

    @rule(hand=consumes(held))
    def give_back(self, hand: tuple[str, list[Claimed]]) -> None:
        worker, letters = hand
        with self.store.write() as tx:
            outbox.release(tx, worker, [one.id for one in letters], now=self.clock.now)

    @rule(target=answered, hand=consumes(held), why=st.sampled_from(sorted(ERRORS)))
    def fail_before_the_fence(
        self, hand: tuple[str, list[Claimed]], why: str
    ) -> tuple[str, list[Outcome]]:
        worker, letters = hand
        return worker, [
            Outcome(letter=one, account=ACCOUNT, error=ERRORS[why], dotted=False) for one in letters
        ]

    @rule(target=answered, hand=consumes(fenced))
    def the_server_takes(self, hand: tuple[str, list[Claimed]]) -> tuple[str, list[Outcome]]:
        worker, letters = hand
        self.taken.update(one.id for one in letters)
        yes = Answer(text="queued", code="250")
        return worker, [Outcome(letter=one, account=ACCOUNT, answer=yes) for one in letters]

    @rule(target=answered, hand=consumes(fenced), why=st.sampled_from(sorted(ERRORS)))
    def the_server_refuses(
        self, hand: tuple[str, list[Claimed]], why: str
    ) -> tuple[str, list[Outcome]]:
        worker, letters = hand
        return worker, [Outcome(letter=one, account=ACCOUNT, error=ERRORS[why]) for one in letters]

    @rule(target=answered, hand=consumes(fenced), took=st.booleans())
    def the_answer_is_lost(
        self, hand: tuple[str, list[Claimed]], took: bool
    ) -> tuple[str, list[Outcome]]:
        worker, letters = hand
        if took:
            self.taken.update(one.id for one in letters)
        doubt = SendError("cut", maybe_accepted=True)
        return worker, [Outcome(letter=one, account=ACCOUNT, error=doubt) for one in letters]

    @rule(result=consumes(answered), again=st.booleans())
    def settle(self, result: tuple[str, list[Outcome]], again: bool) -> None:
        worker, outcomes = result
        for _ in range(1 + again):  # a commit whose answer was lost is written again
            with self.store.write() as tx:
                outbox.settle(tx, worker, outcomes, now=self.clock.now)

    @rule(hand=consumes(held))
    def die_in_hand(self, hand: tuple[str, list[Claimed]]) -> None:
        """Nothing: the lease, or the reaper, decides."""

    @rule(hand=consumes(fenced), took=st.booleans())
    def die_at_the_dot(self, hand: tuple[str, list[Claimed]], took: bool) -> None:
        if took:
            self.taken.update(one.id for one in hand[1])

    @rule(result=consumes(answered))
    def die_before_settling(self, result: tuple[str, list[Outcome]]) -> None:
        """The server has answered, and nobody will ever know."""

    @rule(seconds=st.sampled_from([1.0, 30.0, 61.0, 400.0, 4000.0, 100 * 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_(seconds)

    @rule()
    def reap(self) -> None:
        with self.store.write() as tx:
            outbox.reap(tx, now=self.clock.now)

    @invariant()
    def nothing_is_claimed_sent_that_was_not_taken(self) -> None:
        if not hasattr(self, "store"):
            return
        for row in sendlog.rows(self.store, Filter()):
            assert row.state not in ACCEPTED or self.taken[row.id], row
            assert self.taken[row.id] < 2 or row.possibly_twice, row

    @invariant()
    def nothing_is_given_up_before_its_deadline(self) -> None:
        """It counts from the first attempt: a letter that stands still has none yet."""
        if not hasattr(self, "store"):
            return
        with self.store.read() as tx:
            tried = select(letter.c.tried_at).where(letter.c.reason == "deadline")
            for first in tx.execute(tried).scalars():
                assert first is not None
                assert self.clock.now + max(BACKOFF) > first + DEADLINE

    def _finish(self) -> None:
        """A quiet day: what is left goes out, and then everything must have arrived."""
        with self.store.write() as tx:
            for lane in lanes.paused(tx):
                lanes.resume(tx, lane)
        for _ in range(60):
            self.clock.pass_(4000.0)
            with self.store.write() as tx:
                outbox.reap(tx, now=self.clock.now)
                now = self.clock.now
                way = outbox.Way(account=ACCOUNT, delivers=False)
                letters = outbox.claim(tx, "z", now=now, lease=LEASE, most=50, way=way)
                pairs = [(one, "0" * 64) for one in letters]
                outbox.fence(tx, "z", pairs, now=now, lease=LEASE)
                yes = Answer(text="queued", code="250")
                done = [Outcome(letter=one, account=ACCOUNT, answer=yes) for one in letters]
                outbox.settle(tx, "z", done, now=now)
            self.taken.update(one.id for one in letters)
        self.nothing_is_claimed_sent_that_was_not_taken()
        for row in sendlog.rows(self.store, Filter()):
            arrived = row.state in ACCEPTED and self.taken[row.id]
            told = row.state is State.FAILED or (row.state is State.UNCERTAIN and row.email)
            assert arrived or told, row


def test_the_promise_holds_in_every_order(sqlite_template: Path) -> None:
    class Machine(Ledger):
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
