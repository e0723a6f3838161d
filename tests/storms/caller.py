"""The webhook of a provider in a storm: some calls early, some twice, some never, some forged."""

from __future__ import annotations

import queue
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

from flask import Flask

from tests.processes.box import PATIENCE
from tests.providers.stub import Rules, Seen, Told
from tests.storms.logbook import TOOK, Entry
from tests.storms.voices import News, Said, Voice


@dataclass(kw_only=True)
class Caller:
    """The provider's webhook: tells of each letter once or twice, some early, some never."""

    app: Flask
    voice: Voice
    dice: random.Random
    fates: dict[str, str] = field(default_factory=dict)  # by letter: delivered, bounced or ""
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    _later: queue.SimpleQueue[Said | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Tell what comes, one after the other."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell what is left, and end."""
        self._later.put(None)
        if self._thread:
            self._thread.join(PATIENCE)

    def took(self, key: str) -> None:
        """Decide what becomes of a letter that was taken just now, before this is answered."""
        if key in self.fates:
            return  # a second copy
        fate = self.dice.choices(["delivered", "bounced", ""], [5, 2, 4])[0]
        self.fates[key] = fate
        if self.dice.random() < 0.25:
            self._forge(key)
        if not fate:
            return
        news = News(letter=key, bounced=fate == "bounced", id=uuid.uuid4().hex, at=time.time())
        said = self.voice.tell(news)
        if self.dice.random() < 0.3:
            self.done["early"] += 1
            self._post(said, 200)
        else:
            self._later.put(said)
        if self.dice.random() < 0.3:
            self.done["twice"] += 1
            self._later.put(said)

    def _forge(self, key: str) -> None:
        """Claim without the key that a letter came back."""
        news = News(letter=key, bounced=True, id=uuid.uuid4().hex, at=time.time())
        self.done["forged"] += 1
        self._post(self.voice.forge(news), 401)

    def _run(self) -> None:
        while (said := self._later.get()) is not None:
            self._post(said, 200)

    def _post(self, said: Said, hoped: int) -> None:
        """Post until the answer is not "later", as every provider does."""
        body, headers = said
        end = time.monotonic() + PATIENCE
        status = 503
        while status == 503 and time.monotonic() < end:
            posted = self.app.test_client().post(
                f"/hooks/{self.voice.name}", data=body, headers=headers
            )
            status = posted.status_code
        if status != hoped:
            self.wrong.append(f"a call was answered {status}, not {hoped}")


@dataclass(kw_only=True)
class Talking:
    """Rules that tell the webhook what they took, and when, for the verdict."""

    rules: Rules
    caller: Caller
    log: list[Entry] = field(default_factory=list)

    def play(self, seen: Seen) -> Told:
        """Answer a request."""
        told = self.rules.play(seen)
        for key in told.taken:
            self.log.append(Entry(at=time.time(), did=TOOK, letter=key))
            self.caller.took(key)
        return told

    def refuse(self, status: int, after: float | None) -> Told:
        """Refuse with a status."""
        return self.rules.refuse(status, after)

    def suspend(self) -> Told:
        """Refuse everything."""
        return self.rules.suspend()
