"""One open line and what is on it: answers that are waited for, and bytes that wait for room."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator

from mailer.transports.smtp.line import QUIET, Line
from mailer.transports.smtp.replies import Phase, Reply

NEVER = float("inf")


class Wire:
    """Asks, and hears the answers in the order of the questions. Never waits."""

    def __init__(self, line: Line, timeout: float) -> None:
        line.sock.setblocking(False)
        self.line = line
        self.deadline = NEVER  # time.monotonic() by which the server must have gone on
        self.used = False  # the line has carried a letter before
        self._timeout = timeout  # seconds for whatever has no time of its own
        self._expected: deque[Phase] = deque()
        self._later: deque[tuple[Phase, bytes]] = deque()  # said only when its turn comes
        self._unsent = memoryview(b"")
        self._behind = 0  # octets that were put behind the last dot
        self._open = True

    @property
    def pipelines(self) -> bool:
        """True when the server takes several words at once (RFC 2920)."""
        return self.line.has_extn("pipelining")

    @property
    def expects(self) -> Phase | None:
        """What the next answer is about, or None when none is due."""
        return self._expected[0] if self._expected else None

    @property
    def unsent(self) -> bool:
        """True while bytes wait for the socket to take more."""
        return bool(self._unsent)

    @property
    def dot_is_out(self) -> bool:
        """True when all of the last dot has left: until then the server has no letter."""
        return len(self._unsent) <= self._behind

    def ask(self, words: bytes, *phases: Phase) -> None:
        """Say words that get an answer for each of `phases`; raises OSError."""
        self._expected.extend(phases)
        self.renew()
        self.put(words)

    def tell(self, steps: dict[Phase, bytes]) -> None:
        """Say an envelope: at once where the server allows it, else word by word; OSError."""
        if self.pipelines:
            self.ask(b"".join(steps.values()), *steps)
        else:
            self._later.extend(steps.items())
            self.go_on()

    def go_on(self) -> bool:
        """Say the next word of an envelope; false when there is none. Raises OSError."""
        if not self._later:
            return False
        phase, words = self._later.popleft()
        self.ask(words, phase)
        return True

    def dot(self, steps: dict[Phase, bytes], wait: float) -> None:
        """Say the final dot, and behind it the next envelope; raises OSError."""
        behind = b"".join(steps.values())
        self.used, self._behind = True, len(behind)
        self._expected.extend((Phase.DOT, *steps))
        self.deadline = time.monotonic() + wait
        self.put(b".\r\n" + behind)

    def skip(self) -> None:
        """Leave out the words of an envelope whose turn has not come."""
        self._later.clear()

    def put(self, data: bytes) -> None:
        """Send now what the socket takes, the rest when it takes more; raises OSError."""
        # What could not leave yet goes first: the order of the bytes is what keeps letters apart.
        self._send(memoryview(bytes(self._unsent) + data if self._unsent else data))

    def flush(self) -> bool:
        """Send more of what waits; true when some of it left. Raises OSError."""
        before = len(self._unsent)
        self._send(self._unsent)
        return len(self._unsent) < before

    def answers(self) -> Iterator[tuple[Phase | None, Reply]]:
        """What has come, each with what it answers; raises Lost, OSError."""
        try:
            self.line.hear()
        except QUIET:
            return
        while self._open and (reply := self.line.told()) is not None:
            yield self._expected.popleft() if self._expected else None, reply

    def renew(self) -> None:
        """The server has gone on: its time begins anew."""
        self.deadline = time.monotonic() + self._timeout

    def rest(self) -> None:
        """Wait for nothing."""
        self.deadline = NEVER

    def hang_up(self) -> None:
        """Close without a word."""
        self._open = False
        self.line.close()

    def _send(self, data: memoryview) -> None:
        self._unsent = data  # kept whole should the line break: see dot_is_out
        self._unsent = data[self.line.offer(data) :]
