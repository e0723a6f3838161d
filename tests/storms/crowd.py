"""A crowd: some write through the pages, some straight into the ledger, all insist on an answer."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mailer import approvals, submissions
from mailer.campaigns.library import Library
from mailer.campaigns.recipients import recipients
from mailer.campaigns.values import Supporter
from mailer.config import DEFAULT_FROM
from mailer.db import Store
from mailer.errors import StoreError
from mailer.outbox import Sender
from mailer.submissions import Draft
from tests.storms.people import PATIENCE, PAUSE, SLUG, Browser, GaveUp
from tests.storms.verdict import Shown, Thanked

BROWSERS = 2
LOOKS = 0.3  # how often somebody looks at an earlier receipt
AGAIN = 0.1  # how often somebody writes who has written before
BREATH = 0.1  # seconds before the next one writes


class Crowd:
    """People on threads of their own, until they are told that it is enough."""

    def __init__(self, url: str, database: str, home: Path, seed: int) -> None:
        self.thanked: list[Thanked] = []
        self.shown: list[Shown] = []
        self.noise: tuple[str, ...] = ()
        self._url = url
        self._database = database
        self._home = home
        self._seed = seed
        self._receipts: list[tuple[str, str]] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._visit, f"{seed}-{number}"))
            for number in range(BROWSERS)
        ]
        self._threads.append(threading.Thread(target=self._guarded, args=(self._pour, f"{seed}")))

    def start(self) -> None:
        """Let them write."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each finish what is begun."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def look_at_last(self) -> list[Shown]:
        """What every receipt says when all is calm."""
        browser = Browser(self._url)
        shown: list[Shown] = []
        for address, submission in self._receipts:
            shown += browser.look(address, submission, final=True)
        browser.close()
        return shown

    def _guarded(self, act: Callable[[str], None], name: str) -> None:
        try:
            act(name)
        except Exception as error:  # noqa: BLE001 - told in the report
            self.noise = (*self.noise, f"{name}: {error!r}")

    def _visit(self, name: str) -> None:
        dice, browser, number = random.Random(name), Browser(self._url), 0
        while not self._over.is_set():
            again = number and dice.random() < AGAIN
            number += not again
            who = {
                "name": f"Ann Example {name} {number}",
                "email": f"ann-{name}-{number}@a.example",
            }
            checked = browser.check(**who, personal=f"My room {dice.random()} has no door.")
            receipt = browser.send(checked)
            self.thanked.append(checked.thanked())
            self._receipts.append((receipt, checked.submission))
            if dice.random() < LOOKS:
                self.shown += browser.look(*dice.choice(self._receipts))
            time.sleep(BREATH)
        browser.close()

    def _pour(self, name: str) -> None:
        """Take letters in as the pages do, but faster, from a program of its own."""
        store, number = Store(self._database, home=self._home), 0
        while not self._over.is_set():
            number += 1
            who = Supporter(name=f"Bo Example {name} {number}", email=f"bo-{number}@b.example")
            _insist(store, made := self._draft(store, who))
            texts = sorted(letter.text for letter in made.letters)
            self.thanked.append(
                Thanked(submission=made.id, letters=len(texts), previewed=texts)
            )  # fmt: skip
            time.sleep(BREATH)
        store.close()

    def _draft(self, store: Store, who: Supporter) -> Draft:
        content = Library(self._home).current()
        while True:
            try:
                edition = approvals.edition(store, content, SLUG, approval_needed=True)
                break
            except StoreError:
                time.sleep(PAUSE)
        assert edition is not None
        to = recipients(edition.campaign, edition.officials, edition.campaign.today(time.time()))
        url = f"{self._url}/{SLUG}/"
        letters = submissions.prepare(edition.campaign, to, who, url=url, trial_to="")
        return Draft(
            id=submissions.new_id(), edition=edition, supporter=who, letters=letters,
            recipients=to, sender=Sender(address=DEFAULT_FROM, url=self._url),
        )  # fmt: skip


def _insist(store: Store, draft: Draft) -> str:
    """Hand the same draft in until it is taken; returns its receipt."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            return submissions.accept(store, draft)
        except StoreError:
            time.sleep(PAUSE)
    raise GaveUp(f"nobody took {draft.id}")
