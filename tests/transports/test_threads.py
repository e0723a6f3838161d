"""Lines over connections that block: their order, what is taken back, and the end."""

import os
import select
import threading
import time

from mailer.errors import Next, SendError
from mailer.transports import Answer, Parcel
from mailer.transports.base import Accepted, Failed, Staged
from mailer.transports.threads import ThreadLines, Wake


def parcel(name):
    return Parcel(letter=name, sender="us@us.example", recipient=f"{name}@b.example", data=b"x\r\n")


class Slow:
    """A connection that waits for the test at every step, and tells what it did."""

    def __init__(self):
        self.did = []
        self.gate = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.staged = None

    def __call__(self):
        return self

    def stage(self, parcel):
        self._wait()
        self.staged = parcel.letter
        self.did.append(f"stage {parcel.letter}")

    def commit(self):
        self._wait()
        assert self.staged, "a dot without a body"
        self.did.append(f"dot {self.staged}")
        found, self.staged = self.staged, None
        return Answer(text=found)

    def abandon(self):
        self.did.append(f"abandon {self.staged}")
        self.staged = None

    def close(self):
        self.did.append("close")

    def _wait(self):
        self.begun.release()
        assert self.gate.acquire(timeout=30)


def hear(lines, count=1):
    found, end = [], time.monotonic() + 20
    while len(found) < count and time.monotonic() < end:
        found += lines.poll(1.0)
    return found


def staged(slow, name="first"):
    lines = ThreadLines(slow, 1)
    lines.stage(0, parcel(name))
    slow.gate.release()
    assert hear(lines) == [Staged(0)]
    slow.begun.acquire()
    return lines


def test_a_dot_and_the_letter_behind_it_keep_their_order():
    slow = Slow()
    lines = staged(slow)
    lines.dot(0, parcel("second"))
    slow.gate.release(2)
    assert hear(lines, 2) == [Accepted(0, Answer(text="first")), Staged(0)]
    assert slow.did == ["stage first", "dot first", "stage second"]
    lines.close()


def test_a_letter_taken_back_while_its_line_waits_for_the_answer():
    slow = Slow()
    lines = staged(slow)
    lines.dot(0, parcel("second"))
    assert slow.begun.acquire(timeout=20)  # the dot is under way
    assert lines.recall(0) is True
    assert lines.recall(0) is False
    slow.gate.release()
    assert hear(lines) == [Accepted(0, Answer(text="first"))]
    assert slow.did == ["stage first", "dot first"]
    lines.close()


def test_taking_back_never_moves_a_dot_behind_a_letter():
    """The line's thread may not have come to the dot yet: it must stay the dot of its letter."""
    for _ in range(100):
        slow = Slow()
        slow.gate.release(10)
        lines = ThreadLines(slow, 1)
        lines.stage(0, parcel("first"))
        assert hear(lines) == [Staged(0)]
        lines.dot(0, parcel("second"))
        recalled = lines.recall(0)
        found = hear(lines, 1 if recalled else 2)
        assert found[0] == Accepted(0, Answer(text="first"))
        assert found[1:] == [] if recalled else [Staged(0)]
        lines.close()
        assert "dot second" not in slow.did


def test_a_letter_its_line_has_begun_cannot_be_taken_back():
    slow = Slow()
    lines = staged(slow)
    lines.dot(0, parcel("second"))
    slow.gate.release()
    assert slow.begun.acquire(timeout=20)
    assert slow.begun.acquire(timeout=20)  # the second is being staged
    assert lines.recall(0) is False
    slow.gate.release()
    assert hear(lines, 2)[1] == Staged(0)
    lines.abandon(0)
    assert slow.did[-1] == "abandon second"
    lines.close()


def test_faults_are_told_and_the_line_goes_on():
    class Bad:
        def stage(self, parcel):
            if parcel.letter == "refused":
                raise SendError("no", Next.FAIL)
            if parcel.letter == "odd":
                raise ZeroDivisionError

        def commit(self):
            raise ZeroDivisionError

        def close(self):
            pass

    lines = ThreadLines(Bad, 1)
    for name, then in (("refused", Next.FAIL), ("odd", Next.RETRY)):
        lines.stage(0, parcel(name))
        (failed,) = hear(lines)
        assert isinstance(failed, Failed)
        assert (failed.dotted, failed.error.then) == (False, then)
    lines.stage(0, parcel("good"))
    assert hear(lines) == [Staged(0)]
    lines.dot(0)
    (failed,) = hear(lines)
    assert (failed.dotted, failed.error.maybe_accepted) == (True, True)
    lines.close()


def test_the_end_waits_for_nobody_and_begins_nothing():
    """A thread that hangs in a dot goes no further once it is free."""
    before = len(os.listdir("/proc/self/fd"))
    slow = Slow()
    lines = staged(slow)
    lines.dot(0, parcel("second"))
    assert slow.begun.acquire(timeout=20)
    began = time.monotonic()
    lines.close()
    assert time.monotonic() < began + 5
    assert len(os.listdir("/proc/self/fd")) == before
    slow.gate.release(5)
    end = time.monotonic() + 20
    while "close" not in slow.did and time.monotonic() < end:
        time.sleep(0.01)
    assert slow.did == ["stage first", "dot first", "close"]


def test_threads_at_rest_are_gone_after_the_end():
    before = threading.active_count()
    slow = Slow()
    slow.gate.release(100)
    lines = ThreadLines(slow, 20)
    for line in range(20):
        lines.stage(line, parcel(f"n{line}"))
    assert len(hear(lines, 20)) == 20
    lines.close()
    assert threading.active_count() == before
    assert slow.did.count("close") == 20


def test_a_call_wakes_whoever_waits_also_after_very_many():
    wake = Wake()
    for _ in range(100_000):
        wake.call()
    looked = select.poll()  # a number of any size, unlike select()
    looked.register(wake, select.POLLIN)
    assert looked.poll(0)
    wake.wait(10.0)
    wake.clear()
    assert not looked.poll(0)
    wake.close()
    wake.call()
