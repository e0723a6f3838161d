"""One connection and the steps that go over it, one after another. Never waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic

from mailer.errors import Next, SendError
from mailer.transports.api.asking import Steps, T
from mailer.transports.api.base import Reply, Request
from mailer.transports.api.line import Line, Origin, why
from mailer.transports.api.replies import Garbled

CONNECTED_BY = 30.0  # seconds after which a request whose connection does not open is given up
IDLE = 4.0  # seconds after which a kept connection is not relied upon: many close theirs after 5
NEVER = float("inf")


def longest_ask(timeout: float) -> float:
    """Seconds that one request may take: to connect, to be written, to be answered."""
    return CONNECTED_BY + 2 * timeout


class Spacing:
    """Keeps the requests of all talks with one account apart."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def turn(self) -> float:
        """The moment, by time.monotonic(), at which the next request may leave."""
        at = max(time.monotonic(), self._next)
        self._next = at + self._seconds
        return at


class Talk(Generic[T]):
    """Runs steps to their end. `open_line` opens one elsewhere, and then calls `opened`."""

    def __init__(
        self, timeout: float, spacing: Spacing, open_line: Callable[[Talk[T], Line], None]
    ) -> None:
        self._timeout = timeout
        self._spacing = spacing
        self._open_line = open_line
        self.line: Line | None = None
        self.deadline = NEVER  # time.monotonic() at which something is to happen by itself
        self.result: T | None = None  # of steps that came to their end
        self._steps: Steps[T] | None = None
        self._request: Request | None = None
        self._opening: Line | None = None
        self._asked = False  # the request is on the line
        self._used = 0.0  # time.monotonic() of the last reply

    @property
    def wants_to_write(self) -> bool:
        """True while bytes wait for the socket to take more."""
        return self.line is not None and self.line.unsent

    def begin(self, steps: Steps[T]) -> None:
        """Take the first of the steps; `result` is there when they are done."""
        self._steps, self.result = steps, None
        self._go_on(lambda: next(steps))

    def due(self) -> None:
        """Do what the deadline was for."""
        self.deadline = NEVER
        if self._request is None:  # a pause is over
            self._answer(None)
        elif self._asked:
            self._lost(TimeoutError())
        elif self._opening is not None:
            self._opening = None
            self._fail(SendError(f"{self._host}: no connection: it took too long", Next.STOP))
        else:
            self._ask()

    def opened(self, line: Line, error: SendError | None) -> None:
        """A line is open, or cannot be opened. One that comes too late is closed."""
        if line is not self._opening:
            line.close()
            return
        self._opening = None
        if error is not None:
            self._fail(error)
            return
        self.line = line
        self._say()

    def writable(self) -> None:
        """Go on sending."""
        if self.line is None:
            return
        try:
            self.line.flush()
        except OSError as error:
            self._lost(error)
            return
        self._set_deadline()

    def readable(self) -> None:
        """Hear what has come."""
        if self.line is None:
            return
        if not self._asked:  # nobody was asked: it hung up, or says what nobody wants to know
            self._drop()
            return
        try:
            reply = self.line.hear()
        except (Garbled, OSError) as error:
            self._lost(error)
            return
        if reply is not None:
            self._answer(reply)

    def close(self) -> None:
        """Hang up, whatever is under way."""
        self._opening = None
        self.deadline = NEVER
        if self._steps is not None:
            self._steps.close()
        self._drop()

    @property
    def _host(self) -> str:
        return Origin.of(self._request.url).host if self._request else ""

    def _ask(self) -> None:
        """Send the request over the line that is open, or over a new one."""
        assert self._request is not None  # noqa: S101 - tells mypy what `due` made sure of
        origin = Origin.of(self._request.url)
        kept, recent = self.line, time.monotonic() < self._used + IDLE
        if kept and kept.usable and kept.origin == origin and recent and kept.quiet():
            self._say()
            return
        self._drop()
        self._opening = Line(origin)
        self.deadline = time.monotonic() + CONNECTED_BY
        self._open_line(self, self._opening)

    def _say(self) -> None:
        assert self.line is not None  # noqa: S101 - both callers have just put one there
        assert self._request is not None  # noqa: S101 - it waits until it is answered
        self._asked = True
        self.deadline = time.monotonic() + self._timeout
        try:
            self.line.ask(self._request)
        except SendError as error:  # ours: it cannot be said
            self._fail(error)
        except OSError as error:
            self._lost(error)
        else:
            self._set_deadline()

    def _set_deadline(self) -> None:
        """All of it has left: from now on the answer has its time."""
        if not self.wants_to_write:
            self.deadline = time.monotonic() + self._timeout

    def _lost(self, error: Exception) -> None:
        """The line broke: what that means depends on how far the request had come."""
        line, host = self.line, self._host
        if line is None:
            return
        unsent, stale = line.unsent, not line.fresh and not line.answering
        reply = self._last_words(line) if unsent else None
        self._drop()
        if reply is not None:  # refused before it was heard out: too large, or the wrong key
            self._answer(reply)
        elif unsent and stale and not isinstance(error, TimeoutError):
            self._ask()  # a kept line that was dead: the server has nothing of it
        elif unsent:
            self._fail(SendError(f"{host}: the connection broke: {why(error)}", Next.STOP))
        else:
            text = f"{host}: no answer: {why(error)}"
            self._fail(SendError(text, Next.STOP, maybe_accepted=True))

    def _last_words(self, line: Line) -> Reply | None:
        try:
            return line.hear()
        except (Garbled, OSError):
            return None

    def _answer(self, reply: Reply | None) -> None:
        self._used, steps = time.monotonic(), self._steps
        if self.line is not None and not self.line.usable:
            self._drop()
        if steps is not None:
            self._go_on(lambda: steps.send(reply))

    def _fail(self, error: SendError) -> None:
        self._drop()
        steps = self._steps
        if steps is not None:
            self._go_on(lambda: steps.throw(error))

    def _go_on(self, act: Callable[[], Request | float]) -> None:
        """Take the next step, or note that it was the last one."""
        self._asked, self._request, self.deadline = False, None, NEVER
        try:
            step = act()
        except StopIteration as done:
            self.result, self._steps = done.value, None
            return
        if isinstance(step, Request):
            self._request = step
            at = self._spacing.turn()
            if at > time.monotonic():
                self.deadline = at
            else:
                self._ask()
        else:
            self.deadline = time.monotonic() + step

    def _drop(self) -> None:
        self._asked = False
        if self.line is not None:
            self.line.close()
            self.line = None
