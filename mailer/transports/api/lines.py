"""Lines for an API: each is a place for one letter in the next request.

Where an API takes batches a letter counts as staged when there is a request for it to leave with,
so what has its dot is really under way. While all requests are out letters gather, and leave
together with the next. Where each letter is a request, a few stand behind each connection.
"""

from __future__ import annotations

import time
from collections import deque
from functools import partial

from mailer.transports.api.asking import carry
from mailer.transports.api.base import Provider, Verdict
from mailer.transports.api.line import Spacing, longest_ask
from mailer.transports.api.loop import Loop
from mailer.transports.base import Accepted, Answer, Failed, Happened, Parcel, Staged

BATCHES = 2  # under way at most: one travels while the other is made; more would only be in doubt
DEPTH = 6  # letters for each connection where each is a request: a commit for ten is dear

Load = list[tuple[int, Parcel]]


class ApiLines:
    """Places in the requests to one provider."""

    def __init__(
        self, provider: Provider, connections: int, timeout: float, spacing: Spacing,
        longest: float | None = None,
    ) -> None:  # fmt: skip
        """`longest`: seconds after its dot in which the request of a letter may begin."""
        self._provider = provider
        self._longest = longest_ask(timeout) if longest is None else longest
        self._batch = provider.batch
        requests = min(connections, BATCHES) if self._batch > 1 else connections
        self.size = requests * (self._batch if self._batch > 1 else DEPTH)
        self._waiting: dict[int, Parcel] = {}  # in the order in which they came
        self._staged: dict[int, Parcel] = {}
        # With their dots, for the next request; and the last moment at which that may begin.
        self._leaving: deque[tuple[int, Parcel, float]] = deque()
        self._dotted: set[int] = set()  # places without an answer yet
        self._loop: Loop[list[Verdict]] = Loop(requests, timeout, spacing)
        self._loads: list[Load] = [[] for _ in range(requests)]  # what each talk carries

    def stage(self, line: int, parcel: Parcel) -> None:
        """Let the parcel wait for a place."""
        self._waiting[line] = parcel

    def dot(self, line: int, following: Parcel | None = None) -> None:
        """Let the parcel leave with the next request; what follows waits for the place."""
        last = time.monotonic() + self._longest
        self._leaving.append((line, self._staged.pop(line), last))
        self._dotted.add(line)
        if following is not None:
            self._waiting[line] = following
        if len(self._leaving) >= self._batch:
            self._send()

    def recall(self, line: int) -> bool:
        """Take back what waits."""
        return self._waiting.pop(line, None) is not None

    def abandon(self, line: int) -> None:
        """Give up a place; nothing of the letter has left."""
        self._staged.pop(line, None)
        self._waiting.pop(line, None)

    def poll(self, seconds: float) -> list[Happened]:
        """Send what has its dot; tell which letters have a place, and what came of others."""
        end = time.monotonic() + seconds
        self._send()
        wait = 0.0 if self._has_place() else seconds
        while True:
            self._loop.turn(wait)
            found = self._heard()
            wait = end - time.monotonic()
            if found or wait <= 0:
                return found

    def fileno(self) -> int:
        """Readable when somebody has spoken."""
        return self._loop.fileno()

    def close(self) -> None:
        """Hang up, whatever is under way."""
        self._loop.close()

    def _send(self) -> None:
        for number, load in enumerate(self._loads):
            if not self._leaving:
                return
            if not load:
                count = min(self._batch, len(self._leaving))
                taken = [self._leaving.popleft() for _ in range(count)]
                load.extend((line, parcel) for line, parcel, _ in taken)
                parcels, last = [parcel for _, parcel, _ in taken], taken[0][2]
                self._loop.begin(number, partial(carry, self._provider, parcels, last))

    def _heard(self) -> list[Happened]:
        found: list[Happened] = []
        for number, load in enumerate(self._loads):
            verdicts = self._loop.result(number) if load else None
            if verdicts is None:
                continue
            for (line, _), verdict in zip(load, verdicts, strict=True):
                self._dotted.discard(line)
                found.append(
                    Accepted(line, verdict)
                    if isinstance(verdict, Answer)
                    else Failed(line, verdict, dotted=True)
                )
            load.clear()
        self._send()
        return found + self._give_places()

    def _has_place(self) -> bool:
        return self._room() > 0 and any(line not in self._dotted for line in self._waiting)

    def _room(self) -> int:
        """For how many more letters there is a request."""
        if self._batch == 1:
            return self.size
        free = sum(not load for load in self._loads)
        return free * self._batch - len(self._staged) - len(self._leaving)

    def _give_places(self) -> list[Happened]:
        room = self._room()
        if room <= 0 or not self._waiting:
            return []
        free = [line for line in self._waiting if line not in self._dotted][:room]
        for line in free:
            self._staged[line] = self._waiting.pop(line)
        return [Staged(line) for line in free]
