"""Every order in which a line, its server and its engine may meet, as a state machine."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mailer.errors import Next, SendError
from mailer.transports.base import Accepted, Failed, Happened, Staged
from mailer.transports.smtp.staging import Doing
from mailer.transports.smtp.talk import Talk
from tests.transports.wires import SERVER, Judge, MemoryLine, letter

GOOD = {
    "MAIL": "250 2.1.0 ok\r\n", "RCPT": "250 2.1.5 ok\r\n", "DATA": "354 go on\r\n",
    "RSET": "250 ok\r\n", "dot": "250 2.0.0 Ok: queued as A1\r\n", "QUIT": "221 bye\r\n",
}  # fmt: skip
OTHER = (
    "250-first\r\n250 second\r\n", "251 elsewhere\r\n", "354 go on\r\n", "451 4.3.0 later\r\n",
    "550 5.1.1 never\r\n", "421 4.3.2 closing\r\n", "hello\r\n", "250-first\r\n451 second\r\n",
    "25", "",
)  # fmt: skip

UNASKED = ("421 4.4.2 too long\r\n", "552 5.3.4 too big\r\n", "250 ok\r\n")


class Conversation(RuleBasedStateMachine):
    """One line that is led as a crew leads it; the server does what it likes.

    Whatever happens: each parcel's fate is told once, each dot's too, and truly; no body goes to
    another's envelope; no dot is sent that was not asked, nor twice.
    """

    @initialize(pipelining=st.booleans())
    def begin(self, pipelining: bool) -> None:
        self.features = ("PIPELINING",) if pipelining else ()
        self.talk = Talk(0, SERVER, self.hear, self.open_line)
        self.judge: Judge | None = None
        self.judges: list[Judge] = []
        self.names = iter(f"letter{n}" for n in range(10_000))
        self.wanted = 0  # lines that are being opened
        self.staging = self.staged = self.dotted = ""
        self.asked: Counter[str] = Counter()  # dots, by letter
        self.doubted: Counter[str] = Counter()
        self.told: Counter[str] = Counter()  # letters that a server took, as we were told

    def open_line(self, number: int) -> None:
        assert number == 0
        self.wanted += 1

    def hear(self, happened: Happened) -> None:
        if isinstance(happened, Staged):
            assert self.staging
            self.staged, self.staging = self.staging, ""
        elif isinstance(happened, Accepted):
            assert self.dotted
            self.told[self.dotted] += 1
            self.dotted = ""
        elif happened.dotted:
            self.hear_no(happened)
        else:
            assert self.staging or self.staged
            self.staging = self.staged = ""

    def hear_no(self, happened: Failed) -> None:
        assert self.dotted
        if happened.error.maybe_accepted:
            self.doubted[self.dotted] += 1
        else:
            assert self.taken()[self.dotted] == 0, "a letter is called refused that was taken"
        self.dotted = ""

    def taken(self) -> Counter[str]:
        return Counter(name for judge in self.judges for name in judge.taken)

    @rule(steps=st.integers(1, 12), more=st.booleans())
    def all_goes_well(self, steps: int, more: bool) -> None:
        """For so long: the engine gives letters, the server answers as it should."""
        for _ in range(steps):
            if not self.go_on_well():
                self.lead(more)

    @rule(more=st.booleans(), room=st.sampled_from([1 << 30, 0, 2, 60]))
    def go_ahead(self, more: bool, room: int) -> None:
        """With as much room as the socket has now."""
        if self.judge is not None:
            self.judge.line.pipe.room = room
        self.lead(more)

    def lead(self, more: bool) -> None:
        """What a crew would do now."""
        if self.staged:
            self.dotted, self.staged = self.staged, ""
            self.asked[self.dotted] += 1
            self.staging = next(self.names) if more else ""
            self.talk.dot(letter(self.staging) if more else None)
        elif not (self.staging or self.dotted):
            self.staging = next(self.names)
            self.talk.stage(letter(self.staging))

    @rule()
    def take_back(self) -> None:
        """What the line is staging, or has staged, or would stage behind a dot."""
        if self.dotted and self.staging:
            assert self.talk.recall()
        elif self.staging or self.staged:
            self.talk.abandon()
            self.staged = ""
        self.staging = ""

    def bring_line(self, *, fails: bool) -> None:
        self.wanted -= 1
        if fails:
            self.talk.opened(None, SendError("nothing answers there", Next.STOP))
            return
        line = MemoryLine(*self.features)
        self.talk.opened(line, None)
        if self.talk.line is line:
            self.judge = Judge(line)
            self.judges.append(self.judge)

    @precondition(lambda self: self.judge and self.judge.asked())
    @rule(other=st.one_of(st.none(), st.sampled_from(OTHER)))
    def answer(self, other: str | None) -> None:
        assert self.judge is not None
        text = GOOD[self.judge.asked()] if other is None else other
        if self.judge.must_refuse() and text[:1] == "2":
            text = "503 5.5.1 what\r\n"
        self.judge.answer(text)
        self.judge.left = text[-1:] != "\n"  # in the middle of a word: no more will come

    @precondition(lambda self: self.judge and self.judge.saying)
    @rule(most=st.sampled_from([1, 2, 7, 30, 1000]))
    def arrive(self, most: int) -> None:
        assert self.judge is not None
        self.judge.say(most)
        self.listen()

    @rule(how=st.sampled_from(["cut", "reset", "silence", "nobody there", *UNASKED]),
          seen=st.booleans())  # fmt: skip
    def break_off(self, how: str, seen: bool) -> None:
        """The server, or the network, ends the line; it shows at once, or when it is used."""
        if how == "silence" and self.talk.deadline < float("inf"):
            self.talk.overdue()
        elif how == "nobody there" and self.wanted:
            self.bring_line(fails=True)
        elif how in {"cut", "reset"} and self.judge:
            self.judge.hang_up(reset=how == "reset")
        elif how in UNASKED and self.judge and not (self.judge.left or self.judge.asked()):
            self.judge.leave(how)
            self.judge.say(1000)
        if seen:
            self.listen()

    @precondition(lambda self: self.judge and not self.judge.line.pipe.closed)
    @rule(room=st.sampled_from([0, 1, 4, 50, 1 << 30]))
    def make_room(self, room: int) -> None:
        assert self.judge is not None
        self.judge.line.pipe.room = room
        self.talk.writable()

    def listen(self) -> None:
        while self.talk.line is not None and self.judge is not None:
            sock = self.judge.line.pipe
            if sock.closed or not (sock.inbox or sock.ended):
                return
            self.talk.readable()

    @invariant()
    def the_truth_is_told(self) -> None:
        if not hasattr(self, "talk"):
            return
        taken = self.taken()
        for name, times in self.told.items():
            assert times <= taken[name], f"{name} was called taken and was not"
        for name, times in taken.items():
            known = self.told[name] + self.doubted[name] + (name == self.dotted)
            assert times <= known, f"{name} was taken, and nobody was told"
        dots = Counter(name for judge in self.judges for name in judge.dots)
        assert dots <= self.asked, "a dot that nobody asked for"

    @invariant()
    def old_lines_are_closed(self) -> None:
        if hasattr(self, "talk"):
            for judge in self.judges:
                assert judge.line.pipe.closed or judge.line is self.talk.line

    def teardown(self) -> None:
        """A good server from here on: nothing may be left that waits."""
        if not hasattr(self, "talk"):
            return
        for _ in range(1000):
            if not self.go_on_well():
                break
        assert not self.staging, "a parcel that nobody tells of"
        assert not self.dotted, "a dot that nobody tells of"
        assert self.talk.doing in {Doing.REST, Doing.STAGED}
        self.talk.abandon()
        assert self.talk.doing is Doing.REST

    def go_on_well(self) -> bool:
        if self.wanted:
            self.bring_line(fails=False)
        elif self.talk.wants_to_write:
            self.make_room(1 << 30)
        elif self.judge and self.judge.saying:
            self.arrive(1000)
        elif self.judge and not self.judge.line.pipe.closed and self.judge.line.pipe.inbox:
            self.listen()
        elif self.judge and not self.judge.line.pipe.closed and self.judge.asked():
            self.answer(None)
        elif self.talk.deadline < float("inf"):
            self.talk.overdue()
        else:
            return False
        return True


Conversation.TestCase.settings = settings(
    max_examples=300, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestConversation = Conversation.TestCase
