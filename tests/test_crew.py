"""A crew and its supply: which line gets which letter, in what order, and how many are claimed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from mailer.db import Store
from mailer.errors import Next, SendError
from mailer.message import Mail
from mailer.outbox import Claimed
from mailer.outbox.lanes import PEOPLE
from mailer.transports import Answer, Parcel
from mailer.transports.base import Accepted, Failed, Happened, Staged
from mailer.worker.crew import Crew
from mailer.worker.hearing import hear
from mailer.worker.supply import MOST, TOO_LONG, Supply
from tests.fakes import FakeTransport
from tests.workers import worker, write

YES = Answer(text="queued", code="250 2.0.0")


class Script:
    """Lines that do as the test says, and note what they were asked."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[str] = []
        self.happened: list[Happened] = []
        self.recallable = True

    def stage(self, line: int, parcel: Parcel) -> None:
        self.asked.append(f"{line} stage {parcel.letter}")

    def dot(self, line: int, following: Parcel | None = None) -> None:
        self.asked.append(f"{line} dot {following.letter if following else '-'}")

    def recall(self, line: int) -> bool:
        self.asked.append(f"{line} recall")
        return self.recallable

    def abandon(self, line: int) -> None:
        self.asked.append(f"{line} abandon")

    def poll(self, seconds: float) -> list[Happened]:
        assert seconds >= 0.0
        found, self.happened = self.happened, []
        return found

    def fileno(self) -> int:
        raise AssertionError("nobody waits")

    def close(self) -> None:
        self.asked.append("close")

    def since(self) -> list[str]:
        found, self.asked = self.asked, []
        return found


class Scripted(FakeTransport):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.script = Script(size)

    def lines(self, size: int) -> Script:  # type: ignore[override]  # any Lines will do
        assert size == self.script.size
        return self.script


def claimed(name: str, *, people: bool = False, lease: float = 100.0, to: str = "") -> Claimed:
    mail = Mail(
        from_name="Letters", from_address="us@us.example", to_address=to or f"{name}@b.example",
        subject="Quiet", text="Hi.", message_id=f"{name}@us.example", date=1.0,
    )  # fmt: skip
    lane = PEOPLE if people else f"mailbox:{name}@b.example"
    return Claimed(id=name, attempt=1, lease=lease, mail=mail, lane=lane)


def crew_of(size: int, *letters: Claimed) -> tuple[Crew, Script]:
    way = Scripted(size)
    crew = Crew(way, size, lambda letter, _: f"b-{letter.id}@us.example")
    crew.take(letters)
    return crew, way.script


def heard(crew: Crew, script: Script, *happened: Happened) -> None:
    script.happened += happened
    crew.poll(0.0)


def staged(size: int, *letters: Claimed) -> tuple[Crew, Script]:
    crew, script = crew_of(size, *letters)
    crew.begin()
    lines = [int(asked.split()[0]) for asked in script.since()]
    heard(crew, script, *(Staged(line) for line in lines))
    return crew, script


def test_mail_to_people_leaves_first_whatever_was_ready() -> None:
    crew, script = crew_of(2, *(claimed(f"n{n}") for n in range(6)))
    crew.begin()
    assert [asked.split()[1:] for asked in script.since()] == [["stage", "n0"], ["stage", "n1"]]
    crew.take([claimed("p1", people=True), claimed("n9"), claimed("p2", people=True)])
    heard(crew, script, Staged(0), Staged(1))
    crew.send_off({"n0", "n1"})
    assert script.since() == ["0 dot p1", "1 dot p2"]
    assert sorted(crew.give_back()) == ["n2", "n3", "n4", "n5", "n9"]
    assert crew.waiting == 0


def test_each_dot_takes_the_next_letter_with_it_and_no_letter_goes_without_its_fence() -> None:
    crew, script = staged(2, claimed("a"), claimed("b"), claimed("c"), claimed("d"))
    by_line = {line: load.letter.id for line, load in crew.staged.items()}
    crew.send_off({"a"})
    (mine,) = [line for line, name in by_line.items() if name == "a"]
    assert sorted(script.since()) == sorted([f"{mine} dot c", f"{1 - mine} abandon"])
    assert crew.letters == {"a", "c"}
    assert crew.idle == [1 - mine]
    heard(crew, script, Accepted(mine, YES), Staged(mine))
    assert [one.letter.id for one in crew.outcomes] == ["a"]
    assert set(crew.staged) == {mine}


def test_a_letter_behind_a_slow_dot_is_taken_back_and_goes_first() -> None:
    crew, script = staged(1, claimed("a"), claimed("b"), claimed("c"))
    crew.send_off({"a"})
    assert script.since() == ["0 dot b"]
    crew.recall(60.0)
    assert script.since() == [], "it is not late yet"
    crew.recall(-1.0)
    assert script.since() == ["0 recall"]
    assert crew.letters == {"a"}
    crew.recall(-1.0)
    assert script.since() == [], "nothing waits there any more"
    heard(crew, script, Accepted(0, YES))
    crew.begin()
    assert script.since() == ["0 stage b"]


def test_a_letter_whose_turn_has_come_is_not_taken_back() -> None:
    crew, script = staged(1, claimed("a"), claimed("b"))
    crew.send_off({"a"})
    script.recallable = False
    crew.recall(-1.0)
    assert crew.letters == {"a", "b"}


@pytest.mark.parametrize("dotted", [True, False])
def test_a_failure_is_of_the_letter_that_failed(dotted: bool) -> None:
    """Behind a dot waits another letter on the same line: the two must not be taken for another."""
    crew, script = staged(1, claimed("a"), claimed("b"))
    crew.send_off({"a"})
    error = SendError("no", Next.FAIL)
    heard(crew, script, Failed(0, error, dotted=dotted))
    (outcome,) = crew.outcomes
    assert (outcome.letter.id, outcome.dotted) == (("a", True) if dotted else ("b", False))
    assert crew.idle == []
    heard(crew, script, Staged(0) if dotted else Accepted(0, YES))
    assert (len(crew.outcomes), crew.idle) == ((1, []) if dotted else (2, [0]))


def test_a_line_that_loses_a_staged_letter_is_idle_again() -> None:
    crew, script = staged(1, claimed("a"))
    heard(crew, script, Failed(0, SendError("hung up"), dotted=False))
    assert [one.dotted for one in crew.outcomes] == [False]
    assert (crew.staged, crew.idle) == ({}, [0])


def test_a_letter_that_cannot_be_made_fails_and_the_next_one_gets_its_line() -> None:
    hostile = claimed("bad", to="no address\r\nBcc: x@b.example")
    crew, script = crew_of(1, hostile, claimed("good"))
    crew.begin()
    assert script.since() == ["0 stage good"]
    (outcome,) = crew.outcomes
    assert (outcome.letter.id, outcome.dotted) == ("bad", False)


def test_of_two_copies_of_a_letter_the_older_is_dropped() -> None:
    crew, script = staged(2, claimed("a", lease=100.0), claimed("a", lease=200.0))
    crew.drop_older({"a": 200.0})
    assert [load.letter.lease for load in crew.staged.values()] == [200.0]
    assert [asked.split()[1] for asked in script.since()] == ["abandon"]


def test_giving_up_leaves_doubt_where_a_dot_was_asked_and_nowhere_else() -> None:
    crew, script = staged(1, claimed("a"), claimed("b"), claimed("c"))
    crew.send_off({"a"})
    assert crew.give_back() == ["c"]
    assert crew.give_up() == ["b"]
    (outcome,) = crew.outcomes
    assert outcome.letter.id == "a"
    assert outcome.error is not None
    assert outcome.error.maybe_accepted
    assert crew.under_way == 0
    crew.close()
    assert script.since()[-1] == "close"


def test_a_server_that_says_nothing_before_any_dot_hangs() -> None:
    crew, script = crew_of(2, claimed("a"), claimed("b"), claimed("c"))
    crew.begin()
    assert not crew.hangs
    crew.moved_at -= 60.0
    assert crew.hangs
    heard(crew, script, Staged(0))
    assert not crew.hangs
    crew.send_off({load.letter.id for load in crew.staged.values()})
    crew.moved_at -= 60.0
    assert not crew.hangs, "it thinks about a dot"


def test_the_supply_grows_while_claims_are_filled_soon_and_never_beyond_its_bound() -> None:
    supply, (crew, _) = Supply(4), crew_of(4)
    assert supply.most(crew) == 8
    for _ in range(20):
        supply.got(supply.most(crew), supply.most(crew))
    assert supply.most(crew) == MOST


def test_the_supply_shrinks_when_letters_wait_too_long_and_recovers() -> None:
    supply, (crew, _) = Supply(4), crew_of(4, *(claimed(f"n{n}") for n in range(50)))
    for _ in range(5):
        supply.got(100, 100)
    assert not supply.too_much(crew)
    crew.taken_at -= TOO_LONG + 1
    assert supply.too_much(crew)
    crew.give_back()
    assert not supply.too_much(crew)
    assert supply.most(crew) == 4, "as many as there are idle lines"
    crew.idle.clear()
    assert supply.most(crew) == 0
    supply.got(4, 4)
    supply.got(4, 4)
    assert supply.most(crew) >= 8


def test_after_too_little_was_found_nobody_asks_again_at_once() -> None:
    supply, (crew, _) = Supply(4), crew_of(4)
    supply.got(0, 8)
    assert not supply.is_short([crew])
    time.sleep(0.1)
    assert supply.is_short([crew])


def test_nobody_is_asked_before_somebody_is_busy() -> None:
    crew, script = crew_of(1)
    assert hear([crew, crew], 5.0) is False
    assert script.asked == []


def test_what_a_crew_knows_by_itself_is_heard_at_once() -> None:
    """Two crews: one of them has something to say that no socket shows."""
    mute, loud = FakeTransport("fake:mute"), Scripted(1)
    crews = [Crew(way, 1, lambda *_: "us@us.example") for way in (mute, loud)]
    for number, crew in enumerate(crews):
        crew.take([claimed(f"n{number}")])
    mute.on_stage = lambda _: time.sleep(2.0)
    for crew in crews:
        crew.begin()
    loud.script.happened.append(Staged(0))
    assert hear(crews, 60.0)
    assert set(crews[1].staged) == {0}
    crews[0].close()


def test_a_crew_never_holds_more_than_it_may(new_sqlite: Callable[[], str]) -> None:
    """However many letters wait: what a worker keeps in memory is bounded."""
    store, way = Store(new_sqlite()), FakeTransport()
    write(store, 700)
    way.on_commit = lambda _: time.sleep(0.001)
    one = worker(store, way, connections=2)
    most = 0
    while under_way := one.round():
        most = max(most, under_way)
    assert len(way.accepted) == 1400
    assert most <= MOST + 3 * 2
    one.close()
    store.close()
