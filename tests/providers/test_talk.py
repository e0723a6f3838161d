"""How far a request came, and what that means: over connections that break at every point."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.errors import Next, SendError
from mailer.transports import Answer, Parcel, from_url
from mailer.transports.api.line import Spacing
from mailer.transports.api.lines import ApiLines
from mailer.transports.api.loop import Loop
from mailer.transports.api.talk import NEVER, Errand, Talk
from mailer.transports.api.transport import ApiTransport
from mailer.transports.base import Accepted, Failed, Happened, Staged
from tests.processes.box import free_port
from tests.providers import postmark, sendgrid, ways
from tests.providers.servers import certificate, door, heard_out
from tests.providers.stub import Stub, Trouble, playing

HOME = Path()


def way_to(url: str, *options: str) -> ApiTransport:
    address = "&".join([f"postmark://{postmark.TOKEN}?api={url}", *options])
    made = from_url(address, HOME)
    assert isinstance(made, ApiTransport)
    return made


@pytest.fixture
def stub() -> Iterator[Stub]:
    with playing(postmark.Rules()) as made:
        yield made


def outcome(error: SendError) -> tuple[Next, bool]:
    return error.then, error.maybe_accepted


@pytest.mark.parametrize(
    ("trouble", "more", "then", "doubt", "taken"),
    [
        (Trouble.CUT_AFTER, {}, Next.STOP, True, 1),
        (Trouble.CUT_WITHIN, {}, Next.STOP, True, 1),
        (Trouble.RUBBISH, {}, Next.STOP, True, 1),
        (Trouble.SLOW, {"seconds": 20.0}, Next.STOP, True, 1),
        (Trouble.STATUS, {"status": 500}, Next.STOP, True, 0),
        (Trouble.STATUS_AFTER, {"status": 502}, Next.STOP, True, 1),
        (Trouble.STATUS, {"status": 503}, Next.STOP, False, 0),
        (Trouble.STATUS, {"status": 429}, Next.STOP, False, 0),
        (Trouble.STATUS, {"status": 301}, Next.STOP, False, 0),
        (Trouble.STATUS, {"status": 404}, Next.STOP, False, 0),
        (Trouble.STATUS, {"status": 408}, Next.RETRY, False, 0),
        (Trouble.STATUS, {"status": 413}, Next.FAIL, False, 0),
        (Trouble.STATUS, {"status": 422}, Next.FAIL, False, 0),
    ],
)
def test_what_trouble_means(
    stub: Stub, trouble: Trouble, more: dict[str, float], then: Next, doubt: bool, taken: int
) -> None:
    way = way_to(stub.url, "timeout=1")
    stub.trouble(trouble, **more)
    error = ways.fails(way)
    assert outcome(error) == (then, doubt)
    assert len(stub.taken) == taken
    assert postmark.TOKEN not in f"{error}{error!r}{error.__context__!r}"
    ways.send(way)
    assert len(stub.taken) == taken + 1, "all is well again"


def test_nobody_there() -> None:
    error = ways.fails(way_to(f"http://127.0.0.1:{free_port()}"))
    assert outcome(error) == (Next.STOP, False)
    assert str(error) == "127.0.0.1: no connection: Connection refused"


def test_a_host_without_an_address() -> None:
    error = ways.fails(way_to("https://nowhere.invalid"))
    assert outcome(error) == (Next.STOP, False)
    assert str(error) == "nowhere.invalid: no connection: its name was not found"


def test_a_redirect_is_not_followed(stub: Stub) -> None:
    stub.trouble(Trouble.STATUS, status=307)
    ways.fails(way_to(stub.url))
    assert len(stub.seen) == 1


def large(name: str = ways.LETTER) -> Parcel:
    """More than the buffers of a connection hold."""
    return ways.parcel(name, enclosed=b"Subject: x\r\n\r\n" + b"xxxxxx\r\n" * 800_000)


def test_a_request_of_which_a_part_left_was_not_taken() -> None:
    def hang_up(sock: socket.socket) -> None:
        sock.recv(1000)

    with door(hang_up) as url:
        assert outcome(ways.fails(way_to(url), large())) == (Next.STOP, False)


def test_a_server_that_reads_no_further_has_not_taken_it() -> None:
    done = threading.Event()
    with door(lambda sock: sock.recv(1000) and done.wait(20)) as url:
        error = ways.fails(way_to(url, "timeout=1"), large())
        done.set()
    assert outcome(error) == (Next.STOP, False)


def test_an_answer_before_the_end_of_the_request_counts() -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

    def refuse(sock: socket.socket) -> None:
        sock.recv(1000)
        sock.sendall(refusal)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass

    with door(refuse) as url:
        error = ways.fails(way_to(url), large())
    assert (error.code, *outcome(error)) == ("413", Next.FAIL, False)


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    heard: list[bytes] = []
    shown = certificate(tmp_path)
    with door(lambda sock: heard.append(sock.recv(1000)), shown) as url:
        error = ways.fails(way_to(url))
    assert outcome(error) == (Next.STOP, False)
    assert "its certificate is not trusted" in str(error)
    assert heard == []


def test_one_connection_carries_many_letters(stub: Stub) -> None:
    names = [f"letter{number:04}" for number in range(5)]
    ways.send(way_to(stub.url), *map(ways.parcel, names))
    assert stub.taken == names
    assert stub.connections == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_not_used() -> None:
    with playing(postmark.Rules()) as stub:
        connection = way_to(stub.url).connect()
        for number in range(3):
            connection.stage(ways.parcel(f"letter{number:04}"))
            connection.commit()
            stub.hang_up()
        connection.close()
    assert len(stub.taken) == 3
    assert stub.connections == 3


def test_a_connection_that_breaks_under_a_kept_line_is_opened_again() -> None:
    """The first letter is answered; the second one's request meets a line that was reset."""
    heard: list[int] = []

    def answer_once(sock: socket.socket) -> None:
        heard.append(len(heard_out(sock)))
        body = b'[{"ErrorCode":0,"MessageID":"m","Message":"OK"}]'
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        sock.recv(1)  # the first byte of the next one; then it hangs up

    with door(answer_once) as url:
        connection = way_to(url).connect()
        for name in ("first111", "second22"):
            connection.stage(large(name))
            assert isinstance(connection.commit(), Answer)
        connection.close()
    assert len(heard) == 2


def test_requests_keep_their_distance() -> None:
    spacing, began = Spacing(0.2), time.monotonic()
    turns = [spacing.turn() - began for _ in range(4)]
    assert turns == pytest.approx([0.0, 0.2, 0.4, 0.6], abs=0.1)
    assert Spacing(0.0).turn() <= time.monotonic()


# The lines of a worker


def heard(lines: object, wanted: int, seconds: float = 20.0) -> list[Happened]:
    found: list[Happened] = []
    end = time.monotonic() + seconds
    while len(found) < wanted and time.monotonic() < end:
        found += lines.poll(0.5)  # type: ignore[attr-defined]  # any Lines will do
    return found


def test_letters_whose_dots_come_together_leave_together(stub: Stub) -> None:
    lines = way_to(stub.url, "batch=3").lines(10)
    assert lines.size == 6
    for number in range(6):
        lines.stage(number, ways.parcel(f"letter{number:04}"))
    assert heard(lines, 6) == [Staged(number) for number in range(6)]
    assert not stub.seen, "without a dot nothing leaves"
    for number in range(5):
        lines.dot(number)
    answered = heard(lines, 5)
    assert {one.line for one in answered if isinstance(one, Accepted)} == set(range(5))
    assert sorted(len(seen.json()) for seen in stub.seen) == [2, 3]
    assert sorted(stub.taken) == [f"letter{number:04}" for number in range(5)]
    lines.abandon(5)
    lines.close()
    assert len(stub.taken) == 5


def test_each_letter_of_a_batch_has_its_own_outcome(stub: Stub) -> None:
    rules = stub.rules
    assert isinstance(rules, postmark.Rules)
    rules.inactive.add("gone@ministry.example")
    rules.codes["busy0001"] = 429
    lines = way_to(stub.url).lines(10)
    lines.stage(0, ways.parcel("good0001"))
    lines.stage(1, ways.parcel("gone0001", to_address="gone@ministry.example"))
    lines.stage(2, ways.parcel("busy0001"))
    heard(lines, 3)
    for number in range(3):
        lines.dot(number)
    found = {one.line: one for one in heard(lines, 3)}
    assert isinstance(found[0], Accepted)
    failed = [found[number] for number in (1, 2)]
    assert [outcome(one.error) for one in failed if isinstance(one, Failed)] == [
        (Next.FAIL, False), (Next.STOP, False),
    ]  # fmt: skip
    assert stub.taken == ["good0001"]
    lines.close()


@pytest.mark.parametrize("unfit", [{4}, {0, 7}, set(range(8))])
def test_a_letter_that_spoils_its_batch_spoils_no_other(stub: Stub, unfit: set[int]) -> None:
    rules = stub.rules
    assert isinstance(rules, postmark.Rules)
    rules.unfit.update(f"m{number}@ministry.example" for number in unfit)
    lines = way_to(stub.url, "batch=8").lines(1)
    for number in range(8):
        to = f"m{number}@ministry.example"
        lines.stage(number, ways.parcel(f"letter{number:04}", to_address=to))
    heard(lines, 8)
    for number in range(8):
        lines.dot(number)
    found = heard(lines, 8)
    failed = {one.line: one.error for one in found if isinstance(one, Failed)}
    assert set(failed) == unfit
    assert {outcome(error) for error in failed.values()} == {(Next.FAIL, False)}
    assert set(stub.taken) == {f"letter{number:04}" for number in set(range(8)) - unfit}
    assert len(set(stub.taken)) == len(stub.taken)
    lines.close()


def test_a_letter_that_cannot_be_said_spoils_no_other(stub: Stub) -> None:
    lines = way_to(stub.url).lines(1)
    bare = Parcel(letter="bare0001", sender="", recipient="a@b.example", data=b"x")
    for number, one in enumerate([ways.parcel("good0001"), bare, ways.parcel("good0002")]):
        lines.stage(number, one)
    heard(lines, 3)
    for number in range(3):
        lines.dot(number)
    found = {one.line: one for one in heard(lines, 3)}
    assert [type(found[number]) for number in range(3)] == [Accepted, Failed, Accepted]
    assert sorted(stub.taken) == ["good0001", "good0002"]
    lines.close()


def test_while_all_requests_are_out_letters_gather_and_can_be_taken_back(stub: Stub) -> None:
    lines = way_to(stub.url, "batch=2").lines(1)
    stub.trouble(Trouble.SLOW, seconds=0.6)
    for number in range(2):
        lines.stage(number, ways.parcel(f"letter{number:04}"))
    heard(lines, 2)
    lines.dot(0, ways.parcel("letter0002"))
    lines.dot(1, ways.parcel("letter0003"))
    assert lines.poll(0.1) == [], "what follows has no place yet"
    assert lines.recall(0) is True
    assert lines.recall(0) is False
    found = heard(lines, 3)
    assert [type(one) for one in found] == [Accepted, Accepted, Staged]
    assert found[2] == Staged(1)
    assert lines.recall(1) is False, "it has its place"
    lines.dot(1)
    assert isinstance(heard(lines, 1)[0], Accepted)
    assert stub.taken == ["letter0000", "letter0001", "letter0003"]
    lines.close()


def test_a_batch_that_is_cut_leaves_all_of_it_in_doubt_and_no_other(stub: Stub) -> None:
    lines = way_to(stub.url, "batch=2").lines(2)
    for number in range(4):
        lines.stage(number, ways.parcel(f"letter{number:04}"))
    heard(lines, 4)
    stub.trouble(Trouble.CUT_AFTER)
    for number in range(4):
        lines.dot(number)
    found = heard(lines, 4)
    doubted = {one.line for one in found if isinstance(one, Failed) and one.error.maybe_accepted}
    assert doubted in ({0, 1}, {2, 3})
    assert {one.line for one in found if isinstance(one, Accepted)} == set(range(4)) - doubted
    lines.close()


def test_a_letter_that_waits_too_long_behind_others_is_free_again() -> None:
    with playing(sendgrid.Rules()) as stub:
        way = from_url(f"sendgrid://{sendgrid.KEY}?api={stub.url}", HOME)
        assert isinstance(way, ApiTransport)
        lines = ApiLines(way.provider, 1, 30.0, Spacing(0.0), longest=0.3)
        stub.trouble(Trouble.SLOW, seconds=0.6)
        for number in range(3):
            lines.stage(number, ways.parcel(f"letter{number:04}"))
        heard(lines, 3)
        for number in range(3):
            lines.dot(number)
        first, *late = heard(lines, 3)
        lines.close()
    assert isinstance(first, Accepted)
    assert [outcome(one.error) for one in late if isinstance(one, Failed)] == [
        (Next.RETRY, False), (Next.RETRY, False),
    ]  # fmt: skip
    assert stub.taken == ["letter0000"]


def test_an_answer_that_is_quicker_than_the_wait_for_it_wakes_whoever_waits() -> None:
    loop: Loop[str] = Loop(1, 5.0, Spacing(0.0))
    loop.begin(0, lambda _: "done already")
    waiting = select.poll()
    waiting.register(loop, select.POLLIN)
    assert waiting.poll(0)
    loop.close()


def test_a_connection_that_opens_too_late_is_closed() -> None:
    errands: list[Errand] = []
    undone: list[bool] = []
    talk: Talk[None] = Talk(errands.append)
    talk.begin(lambda: talk.elsewhere(lambda: None, lambda: undone.append(True), NEVER))
    talk.close()
    talk.came(*errands)
    assert undone == [True]


def test_whoever_drives_it_may_change_and_the_end_comes_from_anywhere() -> None:
    talk: Talk[int] = Talk(lambda _: None)
    talk.begin(lambda: 1)
    thread = threading.Thread(target=talk.begin, args=[lambda: talk.pause(NEVER) or 2])
    thread.start()
    thread.join()
    assert talk.result is None
    talk.close()
    talk.begin(lambda: 3)
    assert talk.result == 3
    talk.close()


def test_work_that_pauses_waits_and_is_late() -> None:
    said: list[str] = []
    talk: Talk[str] = Talk(lambda _: None)

    def work() -> str:
        talk.pause(1.0)
        said.append("paused")
        assert not talk.heard(), "nobody waits for the socket"
        with pytest.raises(TimeoutError):
            talk.wait(2.0, write=True)
        return "late"

    talk.begin(work)
    assert talk.deadline == 1.0
    assert not talk.heard()
    talk.due()
    assert (said, talk.deadline, talk.wants_to_write) == (["paused"], 2.0, True)
    talk.due()
    assert (talk.result, talk.deadline) == ("late", NEVER)
    talk.close()


def test_the_end_waits_for_nobody(stub: Stub) -> None:
    lines = way_to(stub.url).lines(2)
    stub.trouble(Trouble.SLOW, seconds=15.0)
    lines.stage(0, ways.parcel())
    heard(lines, 1)
    lines.dot(0)
    lines.poll(0.3)
    began = time.monotonic()
    lines.close()
    lines.close()
    assert time.monotonic() < began + 5


def test_a_fault_of_ours_is_told_and_the_next_letter_leaves(
    stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty:
        def __init__(self, real: object) -> None:
            self.real = real
            self.where = {"ask": 1, "read": 1}

        def __getattr__(self, name: str) -> object:
            return getattr(self.real, name)

        def _stumble(self, where: str) -> None:
            self.where[where] -= 1
            if self.where[where] >= 0:
                raise ZeroDivisionError

        def ask(self, parcels: object) -> object:
            self._stumble("ask")
            return self.real.ask(parcels)  # type: ignore[attr-defined]  # a Provider

        def read(self, parcels: object, reply: object) -> object:
            self._stumble("read")
            return self.real.read(parcels, reply)  # type: ignore[attr-defined]  # a Provider

    real = way_to(stub.url)
    lines = ApiTransport(Faulty(real.provider)).lines(1)  # type: ignore[arg-type]  # plays one
    outcomes = []
    for number in range(3):
        lines.stage(0, ways.parcel(f"letter{number:04}"))
        heard(lines, 1)
        lines.dot(0)
        (one,) = heard(lines, 1)
        outcomes.append(outcome(one.error) if isinstance(one, Failed) else None)
    assert outcomes == [(Next.RETRY, False), (Next.RETRY, True), None]
    assert stub.taken == ["letter0001", "letter0002"]
    assert len(caplog.records) == 2
    lines.close()


def test_what_is_promised_to_the_ledger_covers_every_step() -> None:
    way = way_to("http://127.0.0.1:1", "timeout=10")
    assert way.longest_wait >= 2 * (30 + 10 + 10)
