"""A talk, word by word: what goes out in one write, and what each answer to the dot means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import Next
from mailer.transports.base import Accepted, Failed, Happened, Parcel, Staged
from mailer.transports.smtp.staging import Doing
from mailer.transports.smtp.talk import Talk
from tests.transports.wires import SERVER, MemoryLine, letter

FIRST, SECOND = letter("first"), letter("second")
ENVELOPE = b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go on\r\n"
both_ways = pytest.mark.parametrize("features", [(), ("PIPELINING",)], ids=["stepwise", "at once"])


class Led:
    """A talk whose server is the test."""

    def __init__(self, *features: str) -> None:
        self.features = features
        self.happened: list[Happened] = []
        self.lines: list[MemoryLine] = []
        self.talk = Talk(0, SERVER, self.happened.append, self._open)

    @property
    def pipe(self):  # the socket of the newest line
        return self.lines[-1].pipe

    def _open(self, number: int) -> None:
        assert number == 0
        self.lines.append(MemoryLine(*self.features))

    def stage(self, parcel: Parcel) -> None:
        self.talk.stage(parcel)
        self.bring()

    def bring(self) -> None:
        if self.talk.doing is Doing.OPENING:
            self.talk.opened(self.lines[-1], None)

    def hear(self, data: bytes) -> None:
        self.pipe.inbox += data
        self.talk.readable()

    def end(self) -> None:
        self.pipe.ended = True
        self.talk.readable()

    def said(self) -> bytes:
        """What the server got since the last look."""
        found = bytes(self.pipe.sent)
        self.pipe.sent.clear()
        return found

    def staged(self, parcel: Parcel = FIRST) -> Led:
        """Bring a parcel to its final dot."""
        self.stage(parcel)
        for words in ENVELOPE.splitlines(keepends=True):
            self.hear(words)
        assert self.told() == [Staged(0)]
        self.said()
        self.pipe.writes.clear()
        return self

    def told(self) -> list[Happened]:
        found = list(self.happened)
        self.happened.clear()
        return found


def words(parcel: Parcel) -> bytes:
    return (
        f"MAIL FROM:<{parcel.sender}>\r\nRCPT TO:<{parcel.recipient}>\r\nDATA\r\n".encode()
    )  # fmt: skip


def test_the_next_envelope_goes_out_with_the_dot():
    led = Led("PIPELINING").staged()
    led.talk.dot(SECOND)
    assert led.pipe.writes == [b".\r\n" + words(SECOND)]
    led.hear(b"250 2.0.0 Ok: queued as A1\r\n" + ENVELOPE)
    accepted, staged = led.told()
    assert isinstance(accepted, Accepted)
    assert accepted.answer.provider_id == "A1"
    assert staged == Staged(0)
    assert b"\r\nsecond\r\n" in led.said()


def test_a_server_that_does_not_offer_it_hears_one_word_at_a_time():
    led = Led().staged()
    led.talk.dot(SECOND)
    assert led.pipe.writes == [b".\r\n"]
    led.hear(b"250 ok\r\n")
    for word in words(SECOND).splitlines(keepends=True):
        assert led.said() in {word, b".\r\n" + word}
        led.hear(b"354 go on\r\n" if word == b"DATA\r\n" else b"250 ok\r\n")
    assert [type(one) for one in led.told()] == [Accepted, Staged]


def test_the_last_letter_of_all_has_nothing_behind_its_dot():
    led = Led("PIPELINING").staged()
    led.talk.dot(None)
    assert led.pipe.writes == [b".\r\n"]
    led.hear(b"250 ok\r\n")
    assert [type(one) for one in led.told()] == [Accepted]
    assert led.talk.deadline == float("inf")


ANSWERS = [
    (b"250 2.0.0 ok\r\n", Accepted, False, False),
    (b"250-2.0.0 ok\r\n250 2.0.0 queued as X\r\n", Accepted, False, False),
    (b"299 fine\r\n", Accepted, False, False),
    (b"354 go on\r\n", Failed, True, True),
    (b"452 4.3.1 full\r\n", Failed, False, False),
    (b"550 5.7.1 no\r\n", Failed, False, False),
    (b"421 4.3.2 closing\r\n", Failed, False, True),
    (b"what?\r\n", Failed, True, True),
    (b"250-half\r\n451 other\r\n", Failed, True, True),
    (b"199 one\r\n", Failed, True, True),
    (None, Failed, True, True),
    (b"", Failed, True, True),
    (b"25", Failed, True, True),
    (b"250 no end of line", Failed, True, True),
    (b"250-more to come\r\n", Failed, True, True),
]


@both_ways
@pytest.mark.parametrize("ends", ["cut", "silence"])
@pytest.mark.parametrize(("answer", "told", "doubt", "anew"), ANSWERS)
def test_every_answer_to_the_dot_of_a_letter_with_another_behind_it(
    features, answer, told, doubt, anew, ends
):
    """It is told once and truly; the letter behind is staged, once, over whatever line."""
    led = Led(*features).staged()
    led.talk.dot(SECOND)
    led.said()
    whole = told is Accepted or (anew and answer and answer.endswith(b"\n") and answer[3:4] != b"-")
    if answer:
        led.hear(answer)
    if not whole and not led.happened:
        led.end() if ends == "cut" or answer is None else led.talk.overdue()
    (happened,) = led.told()
    assert type(happened) is told
    if isinstance(happened, Failed):
        assert happened.dotted
        assert happened.error.maybe_accepted == doubt
    assert len(led.lines) == 1 + anew
    led.bring()
    begun = words(SECOND) if features else b"MAIL FROM:<us@us.example>\r\n"
    assert led.said() == (begun if anew or not features else b"")
    for word in ENVELOPE.splitlines(keepends=True):
        led.hear(word)
    assert led.told() == [Staged(0)]
    led.talk.dot(None)
    led.hear(b"250 ok\r\n")
    assert [type(one) for one in led.told()] == [Accepted]


def test_a_letter_that_cannot_be_put_behind_a_dot_fails_alone():
    led = Led("PIPELINING").staged()
    led.talk.dot(Parcel(letter="x", sender="us@us.example", recipient="no address", data=b"x\r\n"))
    assert led.pipe.writes == [b".\r\n"]
    (failed,) = led.told()
    assert (failed.dotted, failed.error.then) == (False, Next.FAIL)
    led.hear(b"250 ok\r\n")
    assert [type(one) for one in led.told()] == [Accepted]


def test_a_letter_too_big_for_this_server_fails_alone():
    led = Led("PIPELINING").staged()
    led.lines[-1].esmtp_features["size"] = "10"
    led.talk.dot(SECOND)
    assert led.pipe.writes == [b".\r\n"]
    (failed,) = led.told()
    assert (failed.dotted, failed.error.then) == (False, Next.FAIL)
    led.hear(b"250 ok\r\n")
    led.stage(FIRST)
    assert [type(one) for one in led.told()] == [Accepted, Failed]


@both_ways
@pytest.mark.parametrize("when", ["before the answer", "with the answer", "after it"])
def test_a_letter_taken_back_from_behind_a_dot(features, when):
    """The server is never sent its body, and the line is not used for another envelope."""
    led = Led(*features).staged()
    led.talk.dot(SECOND)
    led.said()
    answer = b"250 ok\r\n" + (ENVELOPE if features else b"")
    if when == "after it":
        led.hear(answer[:8])
        assert led.talk.recall() is False
        led.talk.abandon()
    else:
        assert led.talk.recall() is True
        assert led.talk.recall() is False
        led.hear(answer if when == "with the answer" else answer[:8])
    assert [type(one) for one in led.told()] == [Accepted]
    led.stage(FIRST)
    assert b"second" not in led.said()
    for word in ENVELOPE.splitlines(keepends=True):
        led.hear(word)
    assert led.told() == [Staged(0)]


def test_an_abandoned_letter_with_a_dot_is_still_told_of():
    led = Led("PIPELINING").staged()
    led.talk.dot(SECOND)
    led.talk.abandon()
    led.hear(b"250 ok\r\n" + ENVELOPE)
    assert [type(one) for one in led.told()] == [Accepted]
    assert led.talk.line is None


@both_ways
@pytest.mark.parametrize("answered", [0, 1, 2, 3])
def test_abandoned_at_every_word(features, answered):
    """The server hears no dot; the next letter begins on a new line."""
    led = Led(*features)
    led.stage(FIRST)
    for word in ENVELOPE.splitlines(keepends=True)[:answered]:
        led.hear(word)
    led.happened.clear()
    old = led.pipe
    led.talk.abandon()
    assert old.closed
    assert not old.sent.endswith(b"\r\n.\r\n")
    assert led.told() == []
    led.staged(SECOND)


def test_abandoned_while_a_line_is_opened():
    led = Led()
    led.talk.stage(FIRST)
    led.talk.abandon()
    led.talk.opened(led.lines[-1], None)
    assert led.pipe.closed
    assert led.told() == []
    led.staged(SECOND)


def test_abandoned_with_half_a_body_out():
    led = Led("PIPELINING")
    led.stage(FIRST)
    led.pipe.room = 20
    led.hear(ENVELOPE)
    assert led.talk.wants_to_write
    assert led.talk.doing is Doing.BODY
    led.talk.abandon()
    assert led.pipe.closed
    assert not led.talk.wants_to_write
    led.staged(SECOND)


def test_a_body_goes_on_when_there_is_room_again():
    led = Led("PIPELINING")
    led.stage(FIRST)
    led.said()
    led.pipe.room = 0
    led.hear(ENVELOPE)
    before = led.talk.deadline
    while led.talk.wants_to_write:
        assert led.told() == []
        led.pipe.room = 3
        led.talk.writable()
    assert led.talk.deadline == float("inf") > before
    assert led.told() == [Staged(0)]
    assert led.said().endswith(b"\r\nfirst\r\n")


def test_what_a_server_says_over_a_body_counts():
    led = Led("PIPELINING")
    led.stage(FIRST)
    led.pipe.room = 20
    led.hear(ENVELOPE)
    led.hear(b"552 5.3.4 too big\r\n")
    (failed,) = led.told()
    assert (failed.dotted, failed.error.code, failed.error.then) == (
        False, "552 5.3.4", Next.FAIL,
    )  # fmt: skip
    assert led.pipe.closed


@pytest.mark.parametrize("answer", [b"250 2.0.0 ok\r\n", b"552 5.3.4 too big\r\n", b"hm\r\n"])
@pytest.mark.parametrize("room", [0, 2])
def test_an_answer_before_the_dot_has_left_is_none(room, answer):
    """Nothing was taken, whatever the server says: the letter is neither sent nor in doubt."""
    led = Led("PIPELINING").staged()
    led.pipe.room = room
    led.talk.dot(SECOND)
    led.hear(answer)
    (failed,) = led.told()
    assert (failed.dotted, failed.error.maybe_accepted) == (True, False)
    assert led.lines[0].pipe.closed
    led.bring()
    led.hear(ENVELOPE)
    assert led.told() == [Staged(0)]


def test_an_answer_that_lay_there_before_the_dot_left_is_none():
    led = Led("PIPELINING").staged()
    led.pipe.room = 0
    led.talk.dot(None)
    led.pipe.inbox += b"250 ok\r\n"
    led.pipe.room = 100
    led.talk.writable()
    (failed,) = led.told()
    assert (failed.dotted, failed.error.maybe_accepted) == (True, False)
    assert led.said() == b""


@pytest.mark.parametrize(("room", "doubt"), [(0, False), (2, False), (3, True), (10, True)])
def test_a_line_lost_is_doubt_only_behind_a_dot_that_left(room, doubt):
    led = Led("PIPELINING").staged()
    led.pipe.room = room
    led.talk.dot(SECOND)
    led.end()
    (failed,) = led.told()
    assert (failed.dotted, failed.error.maybe_accepted) == (True, doubt)


def test_what_could_not_leave_stays_ahead_of_what_follows():
    """A server that answers before it has heard all: its answers may be wrong, our order not."""
    led = Led("PIPELINING")
    led.talk.stage(FIRST)
    led.pipe.room = 5
    led.bring()
    led.hear(ENVELOPE)
    led.pipe.room = 1 << 30
    led.talk.writable()
    assert led.said().startswith(words(FIRST) + b"Subject: first\r\n")


@both_ways
def test_one_answer_too_many_is_never_the_next_letters(features):
    led = Led(*features).staged()
    led.talk.dot(SECOND)
    led.hear(b"250 ok\r\n250 ok\r\n" + (ENVELOPE if features else b""))
    assert [type(one) for one in led.told()] == [Accepted]
    assert len(led.lines) == 2
    led.bring()
    for word in ENVELOPE.splitlines(keepends=True):
        led.hear(word)
    assert led.told() == [Staged(0)]
    assert b"second\r\n" not in bytes(led.lines[0].pipe.sent).partition(b"DATA\r\n")[2]


@pytest.mark.parametrize("parting", [b"", b"421 4.4.2 idle\r\n", b"250 ok\r\n"])
def test_what_came_before_the_dot_is_no_answer_to_it(parting):
    led = Led("PIPELINING").staged()
    led.pipe.inbox += parting
    led.pipe.ended = True
    led.talk.dot(SECOND)
    (failed,) = led.told()
    assert (failed.dotted, failed.error.maybe_accepted) == (True, False)
    assert led.lines[0].pipe.writes == []
    led.bring()
    led.hear(ENVELOPE)
    assert led.told() == [Staged(0)]


@pytest.mark.parametrize("parting", [b"", b"421 4.4.2 idle\r\n", b"250 ok\r\n"])
@pytest.mark.parametrize("seen", [True, False])
def test_what_came_at_rest_is_no_answer_to_the_next_letter(parting, seen):
    led = Led("PIPELINING").staged()
    led.talk.dot(None)
    led.hear(b"250 ok\r\n")
    led.told()
    led.pipe.inbox += parting
    led.pipe.ended = True
    if seen:
        led.talk.readable()
    led.staged(SECOND)
    assert len(led.lines) == 2


@pytest.mark.parametrize(
    ("answers", "then", "code"),
    [
        (b"250 ok\r\n550 5.1.1 no such user\r\n354 go on\r\n", Next.FAIL, "550 5.1.1"),
        (b"451 4.3.0 later\r\n250 ok\r\n354 go on\r\n", Next.RETRY, "451 4.3.0"),
    ],
)
def test_a_body_never_goes_to_nobody_or_from_nobody(answers, then, code):
    """RFC 2920, 3.1: such a server wants a lone dot; we hang up instead."""
    led = Led("PIPELINING")
    led.stage(FIRST)
    led.hear(answers)
    (failed,) = led.told()
    assert (failed.dotted, failed.error.then, failed.error.code) == (False, then, code)
    assert led.said() == words(FIRST)
    assert led.pipe.closed


@both_ways
@pytest.mark.parametrize(
    ("answer", "kept"), [(b"250 ok\r\n", True), (b"500 what\r\n", False), (b"421 no\r\n", False),
                         (b"hm\r\n", False), (None, False), (b"", False)],
)  # fmt: skip
def test_a_refused_envelope_is_taken_back(features, answer, kept):
    led = Led(*features)
    led.stage(FIRST)
    rest = b"503 5.5.1 no\r\n" if features else b""
    led.hear(b"250 ok\r\n")
    led.hear(b"550 5.1.1 no such user\r\n" + rest)
    assert led.said().endswith(b"RSET\r\n")
    assert led.told() == []
    if answer is None:
        led.end()
    elif answer:
        led.hear(answer)
    else:
        led.talk.overdue()
    (failed,) = led.told()
    assert (failed.error.code, failed.dotted) == ("550 5.1.1", False)
    assert led.pipe.closed is not kept
    led.staged(SECOND)
    assert len(led.lines) == 1 + (not kept)


@both_ways
@pytest.mark.parametrize("fresh", [True, False], ids=["a new line", "a used one"])
@pytest.mark.parametrize("answered", [0, 1, 2])
def test_a_line_that_ends_during_the_envelope(features, fresh, answered):
    """On a line that has carried a letter it is not the letter's fault: a new line is tried."""
    led = Led(*features)
    if not fresh:
        led.staged()
        led.talk.dot(None)
        led.hear(b"250 ok\r\n")
        led.told()
    led.stage(SECOND)
    for word in ENVELOPE.splitlines(keepends=True)[:answered]:
        led.hear(word)
    led.end()
    if fresh:
        (failed,) = led.told()
        assert not failed.dotted
        assert failed.error.then is (Next.RETRY if answered else Next.STOP)
    else:
        assert led.told() == []
        led.bring()
        led.end()
        (failed,) = led.told()
        assert failed.error.then is Next.STOP
    assert led.talk.doing is Doing.REST


def test_no_dot_without_a_staged_body():
    led = Led("PIPELINING")
    led.talk.dot(None)
    (failed,) = led.told()
    assert (failed.dotted, failed.error.maybe_accepted) == (True, False)
    led.stage(FIRST)
    led.talk.dot(SECOND)
    assert led.lines[0].pipe.writes == [words(FIRST)]
    assert led.lines[0].pipe.closed
    (failed,) = led.told()
    assert (failed.dotted, failed.error.maybe_accepted) == (True, False)


def test_a_line_that_is_closed_under_a_dot_leaves_doubt():
    led = Led("PIPELINING").staged()
    led.talk.dot(SECOND)
    assert led.talk.close() is None
    (failed,) = led.told()
    assert (failed.dotted, failed.error.maybe_accepted) == (True, True)


def test_only_a_line_at_rest_is_left_politely():
    led = Led("PIPELINING").staged()
    assert led.talk.close() is None
    assert led.pipe.closed
    led = Led("PIPELINING").staged()
    led.talk.dot(None)
    led.hear(b"250 ok\r\n")
    assert led.talk.close() is led.lines[-1]


STREAM = (
    b"250-2.1.0 ok\r\n250 2.1.0 really\r\n250 2.1.5 ok\r\n354 go on\r\n",
    b"250-2.0.0 Ok\r\n250 2.0.0 queued as B2\r\n250 ok\r\n251 elsewhere\r\n354-send\r\n354 it\r\n",
    b"451 4.3.0 later\r\n250 ok\r\n550 5.1.1 no\r\n503 5.5.1 no\r\n",
    b"250 reset\r\n",
)


def heard_in(pieces: list[list[bytes]]) -> list[Happened]:
    led = Led("PIPELINING")
    led.stage(FIRST)
    told: list[Happened] = []
    for number, part in enumerate(pieces):
        for piece in part:
            led.hear(piece)
        told += led.happened
        if number < 2:
            led.talk.dot(SECOND)
    return [*told, Staged(len(led.lines))]


@given(st.data())
def test_answers_mean_the_same_however_they_arrive(data):
    cuts = [data.draw(st.sets(st.integers(1, len(part) - 1))) for part in STREAM]
    pieces = [
        [part[a:b] for a, b in zip([0, *sorted(at)], [*sorted(at), len(part)], strict=True)]
        for part, at in zip(STREAM, cuts, strict=True)
    ]
    assert str(heard_in(pieces)) == str(heard_in([[part] for part in STREAM]))
