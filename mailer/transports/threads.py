"""Lines over connections that block: each has a thread of its own that waits for it."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from mailer.errors import SendError
from mailer.transports.base import Accepted, Connection, Failed, Happened, Parcel, Staged

log = logging.getLogger("mailer.transports")

FAREWELL = 1.0  # seconds to wait for all connections to close


class Wake:
    """A pipe that wakes a selector when another thread has something to say."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._lock = threading.Lock()  # a closed pipe's number may be another file's by then

    def fileno(self) -> int:
        """The end to wait on."""
        return self._read

    def wait(self, seconds: float) -> None:
        """Wait for a call, `seconds` at most."""
        waiting = select.poll()  # select() itself knows no file number above 1023
        waiting.register(self._read, select.POLLIN)
        waiting.poll(seconds * 1000)

    def call(self) -> None:
        """Wake whoever waits; from any thread, and harmless after the end."""
        with self._lock, suppress(BlockingIOError):  # a full pipe has woken everybody already
            if self._write >= 0:
                os.write(self._write, b"!")

    def clear(self) -> None:
        """Forget the calls so far."""
        with suppress(BlockingIOError):
            os.read(self._read, 65536)

    def close(self) -> None:
        """Give the pipe back."""
        with self._lock:
            os.close(self._read)
            os.close(self._write)
            self._read = self._write = -1


class ThreadLines:
    """Any blocking connection as lines. Threads are daemons: a server that never answers must
    not keep the program from ending."""

    def __init__(self, connect: Callable[[], Connection], size: int) -> None:
        self.size = size
        self._wake = Wake()
        self._happened: deque[Happened] = deque()
        self._workers = [_Blocking(number, connect, self._tell) for number in range(size)]

    def stage(self, line: int, parcel: Parcel) -> None:
        """Hand the parcel to the line's thread."""
        self._workers[line].ask(parcel)

    def dot(self, line: int, following: Parcel | None = None) -> None:
        """Let the line's thread commit, then stage what follows."""
        self._workers[line].ask(_Word.DOT)
        if following is not None:
            self._workers[line].ask(following)

    def recall(self, line: int) -> bool:
        """Take back the parcel that the line's thread has not come to."""
        return self._workers[line].recall()

    def abandon(self, line: int) -> None:
        """Take back what is staged; only while the line's thread is at rest."""
        self._workers[line].abandon()

    def poll(self, seconds: float) -> list[Happened]:
        """What the threads have told."""
        if not self._happened and seconds > 0:
            self._wake.wait(seconds)
        self._wake.clear()
        found = []
        while self._happened:
            found.append(self._happened.popleft())
        return found

    def fileno(self) -> int:
        """Readable when a thread has told something."""
        return self._wake.fileno()

    def close(self) -> None:
        """Let the threads close their connections and end; those not at rest are left to it."""
        for worker in self._workers:
            worker.leave()
        end = time.monotonic() + FAREWELL
        for worker in self._workers:
            worker.join(max(0.0, end - time.monotonic()))
        self._wake.close()

    def _tell(self, happened: Happened) -> None:
        self._happened.append(happened)
        self._wake.call()


class _Word(Enum):
    """What a line's thread is told besides parcels."""

    DOT = "dot"
    LEAVE = "leave"


class _Blocking:
    """One connection and its thread, which begins with its first parcel."""

    def __init__(
        self, number: int, connect: Callable[[], Connection], tell: Callable[[Happened], None]
    ) -> None:
        self._number = number
        self._connect = connect
        self._tell = tell
        self._connection: Connection | None = None
        self._jobs: deque[Parcel | _Word] = deque()
        self._changed = threading.Condition()  # guards the jobs
        self._thread: threading.Thread | None = None

    def ask(self, job: Parcel | _Word) -> None:
        """Queue a parcel to stage, or the dot of the one that is staged."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="line", daemon=True)
            self._thread.start()
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def recall(self) -> bool:
        """Take the last job back, if it is a parcel that was not begun. The dot keeps its place."""
        with self._changed:
            found = bool(self._jobs) and isinstance(self._jobs[-1], Parcel)
            if found:
                self._jobs.pop()
            return found

    def abandon(self) -> None:
        """Take back what is staged."""
        if self._connection:
            self._connection.abandon()

    def leave(self) -> None:
        """Close the connection and end the thread, once it is at rest; begin nothing any more."""
        with self._changed:
            self._jobs.clear()
            self._jobs.append(_Word.LEAVE)
            self._changed.notify()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end, `seconds` at most."""
        if self._thread:
            self._thread.join(seconds)

    def _work(self) -> None:
        while (job := self._next()) is not _Word.LEAVE:
            self._tell(self._stage(job) if isinstance(job, Parcel) else self._dot())
        if self._connection:
            self._connection.close()

    def _next(self) -> Parcel | _Word:
        with self._changed:
            while not self._jobs:
                self._changed.wait()
            return self._jobs.popleft()

    def _stage(self, parcel: Parcel) -> Happened:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.stage(parcel)
        except SendError as error:
            return Failed(self._number, error, dotted=False)
        except Exception:  # a fault of ours with one letter must not stop the others
            log.exception("letter %s could not be staged", parcel.letter)
            ours = SendError("the mailer could not prepare it; see its log")
            return Failed(self._number, ours, dotted=False)
        return Staged(self._number)

    def _dot(self) -> Happened:
        try:
            if self._connection is None:
                raise SendError("no letter is staged")
            return Accepted(self._number, self._connection.commit())
        except SendError as error:
            return Failed(self._number, error, dotted=True)
        except Exception:  # nobody knows how far it came: that is what uncertain is for
            log.exception("no answer could be read")
            doubt = SendError("the answer could not be read", maybe_accepted=True)
            return Failed(self._number, doubt, dotted=True)
