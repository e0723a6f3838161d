"""A crew: the lines of one transport, and the letters they carry."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from mailer.errors import HeaderError, Next, SendError
from mailer.message import compose
from mailer.outbox import Claimed, Outcome
from mailer.outbox.lanes import PEOPLE, Health
from mailer.transports import Accepted, Happened, Parcel, Staged, Transport

log = logging.getLogger("mailer.worker")

HANGS = 5.0  # seconds without a word, before any dot, after which a server is not relied upon

Envelope = Callable[[Claimed, Transport], str]
"""Says the envelope sender of a letter that leaves by a transport."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """A letter made ready: its bytes, and what they add up to."""

    letter: Claimed
    parcel: Parcel
    sha256: str


class Crew:
    """Keeps the lines of one transport busy. A line stages a letter while it may still wait for
    the answer to the one before."""

    def __init__(self, transport: Transport, size: int, envelope: Envelope) -> None:
        self.transport = transport
        self._lines = transport.lines(size)
        self.size = size = self._lines.size  # an API that takes batches has more places
        self.queue: deque[Claimed] = deque()  # claimed, not yet made ready
        self._urgent: deque[Claimed] = deque()  # the same, and somebody waits for them
        self.staged: dict[int, Load] = {}  # all but the dot is with the server
        self.dotted: dict[int, Load] = {}  # the dot was sent: the server may own it
        self.outcomes: list[Outcome] = []
        self.idle = list(range(size))  # lines that have nothing to do
        self.health = Health.PROBE  # of the account, as it was when letters were last claimed
        self._staging: dict[int, Load] = {}
        self._ready: deque[Load] = deque()
        self._fresh: set[int] = set()  # sent off in the last wave: worth waiting for
        self.taken_at = math.inf  # time.monotonic() of the last claim
        self.moved_at = math.inf  # and of the last word of the server, or the first to it
        self._dotted_at = [0.0] * size  # time.monotonic() of each line's last dot
        self._envelope = envelope
        self._bytes_leave = not getattr(transport, "fields", False)

    @property
    def busy(self) -> bool:
        """True while a server is to say something."""
        return bool(self._staging or self.dotted)

    @property
    def waits(self) -> bool:
        """True while a line of the last wave is to say something."""
        self._fresh &= self._staging.keys() | self.dotted.keys()
        return bool(self._fresh)

    @property
    def waiting(self) -> int:
        """How many letters are claimed and not yet begun."""
        return len(self._urgent) + len(self.queue) + len(self._ready)

    @property
    def waited(self) -> float:
        """How many seconds the oldest letter has waited for a line, at least."""
        return time.monotonic() - self.taken_at if self.waiting else 0.0

    @property
    def hangs(self) -> bool:
        """True when the server takes no envelope, or no connection, and does not say why."""
        begun = bool(self._staging) and not self.dotted
        return begun and time.monotonic() > self.moved_at + HANGS

    @property
    def under_way(self) -> int:
        """How many letters this crew has."""
        return self.waiting + len(self._staging) + len(self.staged) + len(self.dotted)

    @property
    def letters(self) -> set[str]:
        """The letters on the lines."""
        loads = [*self._staging.values(), *self.staged.values(), *self.dotted.values()]
        return {load.letter.id for load in loads}

    def fileno(self) -> int:
        """What a selector may wait on."""
        return self._lines.fileno()

    def poll(self, seconds: float) -> bool:
        """Note what has happened; false when nothing came within `seconds`."""
        happened = self._lines.poll(seconds)
        for one in happened:
            self._note(one)
        if happened:
            self.moved_at = time.monotonic()
        return bool(happened)

    def take(self, letters: Sequence[Claimed]) -> None:
        """Let claimed letters wait for a line; those to people go first."""
        self.taken_at = time.monotonic()
        for one in letters:
            (self._urgent if one.lane == PEOPLE else self.queue).append(one)

    def send_off(self, passed: Collection[str]) -> None:
        """Send the dots of what is behind the fence, each with the next envelope; drop the rest."""
        staged, self.staged, self._fresh = self.staged, {}, set()
        for line, load in staged.items():
            if load.letter.id not in passed:
                self._abandon(line)
                continue
            following = self._next()
            self.dotted[line], self._dotted_at[line] = load, time.monotonic()
            if following:
                self._staging[line] = following
            self._lines.dot(line, following.parcel if following else None)
            self._fresh.add(line)

    def begin(self) -> None:
        """Let the idle lines begin with what waits, and make the next letters ready meanwhile."""
        if not self.busy:
            self.moved_at = time.monotonic()
        while self.idle and (load := self._next()):
            line = self.idle.pop()
            self._staging[line] = load
            self._lines.stage(line, load.parcel)
            self._fresh.add(line)
        while self.queue and len(self._ready) < self.size:
            if made := self._make_ready(self.queue.popleft()):
                self._ready.append(made)

    def recall(self, late: float) -> None:
        """Take letters back that wait behind a dot for more than `late` seconds: others go on."""
        before = time.monotonic() - late
        for line in self.dotted.keys() & self._staging.keys():
            if self._dotted_at[line] < before and self._lines.recall(line):
                self._ready.appendleft(self._staging.pop(line))

    def drop_staged(self, ids: Collection[str] | None = None) -> list[str]:
        """Abandon what is staged (those of `ids`, or all); return which letters."""
        dropped = [n for n, load in self.staged.items() if ids is None or load.letter.id in ids]
        letters = [self.staged.pop(line).letter.id for line in dropped]
        for line in dropped:
            self._abandon(line)
        return letters

    def drop_older(self, newest: dict[str, float]) -> None:
        """Abandon staged copies of letters that were claimed again since, with a newer lease."""
        for line, load in list(self.staged.items()):
            if load.letter.lease < newest[load.letter.id]:
                del self.staged[line]
                self._abandon(line)

    def give_back(self) -> list[str]:
        """Take what waits from the crew; return which letters."""
        letters = [*self._urgent, *self.queue, *(load.letter for load in self._ready)]
        for waiting in (self._urgent, self.queue, self._ready):
            waiting.clear()
        return [one.id for one in letters]

    def give_up(self) -> list[str]:
        """Wait for nothing any more: what has a dot is doubt; return the letters that have none."""
        for load in self.dotted.values():
            doubt = SendError("no answer before the stop", maybe_accepted=True)
            self._came_out(load.letter, error=doubt)
        unsent = [load.letter.id for load in self._staging.values()]
        self.dotted, self._staging = {}, {}
        return unsent

    def close(self) -> None:
        """Leave the server politely."""
        self._lines.close()

    def _note(self, happened: Happened) -> None:
        line = happened.line
        if isinstance(happened, Staged):
            self.staged[line] = self._staging.pop(line)
            return
        if isinstance(happened, Accepted):
            self._came_out(self.dotted.pop(line).letter, happened)
        elif happened.dotted:
            self._came_out(self.dotted.pop(line).letter, error=happened.error)
        else:
            load = self._staging.pop(line, None) or self.staged.pop(line)
            self._came_out(load.letter, error=happened.error, dotted=False)
        if line not in self._staging and line not in self.dotted:
            self.idle.append(line)

    def _came_out(
        self, letter: Claimed, accepted: Accepted | None = None,
        error: SendError | None = None, *, dotted: bool = True,
    ) -> None:  # fmt: skip
        answer = accepted.answer if accepted else None
        account = self.transport.account
        self.outcomes.append(
            Outcome(letter=letter, account=account, answer=answer, error=error, dotted=dotted)
        )

    def _next(self) -> Load | None:
        while waiting := self._urgent or self._ready or self.queue:
            one = waiting.popleft()
            if load := one if isinstance(one, Load) else self._make_ready(one):
                return load
        return None

    def _make_ready(self, letter: Claimed) -> Load | None:
        try:
            data = compose(letter.mail, checked=self._bytes_leave)
            sender = self._envelope(letter, self.transport)
        except HeaderError as error:
            self._came_out(letter, error=SendError(str(error), Next.FAIL), dotted=False)
            return None
        except Exception:  # a fault of ours with one letter must not stop the others
            log.exception("letter %s could not be made ready", letter.id)
            ours = SendError("the mailer could not prepare it; see its log")
            self._came_out(letter, error=ours, dotted=False)
            return None
        to = letter.mail.to_address
        parcel = Parcel(letter=letter.id, sender=sender, recipient=to, data=data, mail=letter.mail)
        return Load(letter=letter, parcel=parcel, sha256=hashlib.sha256(data).hexdigest())

    def _abandon(self, line: int) -> None:
        self._lines.abandon(line)
        self.idle.append(line)


def newest_leases(crews: Sequence[Crew]) -> dict[str, float]:
    """The newest lease of each letter that is staged anywhere."""
    newest: dict[str, float] = {}
    for crew in crews:
        for load in crew.staged.values():
            newest[load.letter.id] = max(load.letter.lease, newest.get(load.letter.id, 0.0))
    return newest
