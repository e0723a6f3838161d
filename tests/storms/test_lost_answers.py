"""A COMMIT whose answer is lost: whoever asked cannot know, and nothing comes of it twice."""

from __future__ import annotations

from contextlib import suppress

import pytest

from mailer import approvals
from mailer.db import Store
from mailer.errors import StoreError
from mailer.submissions import Draft, accept
from mailer.transports.smtp import Server, SmtpTransport
from mailer.worker import Worker
from tests.factories import draft, supporter
from tests.storms import ledger
from tests.storms.people import SLUG, Browser
from tests.storms.proxy import Wired
from tests.storms.site import CONNECTIONS, Site
from tests.storms.stores import Sometimes, Watched, lose, nothing
from tests.storms.verdict import Thanked

PEOPLE = 10
LETTERS = 2  # of each supporter


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("seed", [1, 2])
def test_letters_are_taken_in_and_delivered_once(site: Site, moment: str, seed: int) -> None:
    """Now and then a COMMIT is done, or undone, and said to have failed."""
    site.relay.start()
    losing = Sometimes(seed, lose)
    before, after = (losing, nothing) if moment == "before" else (nothing, losing)
    url = site.store.url.render_as_string(hide_password=False)
    store = Watched(url, before=before, after=after)
    thanked = _write(store)
    _deliver(store, site)
    store.close()
    assert losing.times > PEOPLE / 3
    verdict = site.judge(thanked)
    assert verdict.findings == ()
    assert len(site.relay.taken) == PEOPLE * LETTERS, "none twice, flagged or not"


def test_a_wire_that_breaks_behind_commits_loses_and_doubles_nothing(wired: Wired) -> None:
    site, store = wired.site, Store(wired.url)
    site.relay.start()
    wired.wire.cut_every(3)
    thanked = _write(store)
    _deliver(store, site)
    store.close()
    assert wired.wire.cuts > PEOPLE / 3
    assert site.judge(thanked).findings == ()
    assert len(site.relay.taken) == PEOPLE * LETTERS, "none twice, flagged or not"


def test_a_page_says_when_it_is_not_certain_and_takes_letters_once(wired: Wired) -> None:
    site = wired.site
    site.database = wired.url
    site.start_web()
    browser = Browser(site.url)
    checked = browser.check(name="Ann Example", email="ann@supporter.example")
    wired.wire.cut_next()
    answer = browser.press(checked)
    assert (answer.status_code, wired.wire.cuts) == (503, 1)
    assert "It is not certain that your letters were stored" in answer.text
    assert ledger.states(site.store) == {"queued": LETTERS}
    receipt = browser.send(checked)
    assert browser.send(checked) == receipt
    site.relay.start()
    site.start_workers(1)
    site.wait_until_all_is_out()
    assert ledger.states(site.store) == {"sent": LETTERS}
    shown = browser.look(receipt, checked.submission, final=True)
    assert site.judge([checked.thanked()], shown).findings == ()
    browser.close()


def _write(store: Store) -> list[Thanked]:
    """Supporters who hand the same draft in until they are thanked."""
    found = approvals.latest(store, SLUG)
    assert found is not None
    thanked = []
    for number in range(PEOPLE):
        who = supporter(name=f"Ann Example {number}", email=f"ann-{number}@supporter.example")
        made = draft(who, approval=found.id)
        receipts = {_until_told(store, made) for _ in range(2)}
        assert len(receipts) == 1
        texts = sorted(one.text for one in made.letters)
        thanked.append(Thanked(submission=made.id, letters=LETTERS, previewed=texts))
    return thanked


def _until_told(store: Store, made: Draft) -> str:
    while True:
        with suppress(StoreError):
            return accept(store, made)


def _deliver(store: Store, site: Site) -> None:
    """One worker, which asks again whenever the database fails it."""
    server = Server(
        host="127.0.0.1", port=site.relay.port, tls="none", timeout=10.0, longest_wait=10.0
    )
    worker = Worker(
        store, [SmtpTransport(server)], "w1", connections=CONNECTIONS,
        envelope=lambda letter, _: f"letters+b-{letter.id}@campaign.example",
    )  # fmt: skip
    for _ in range(200):
        try:
            worker.drain()
        except StoreError:
            continue
        if not ledger.waiting(site.store):
            break
    worker.close()
