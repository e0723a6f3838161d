"""Letters in the states that staff see, made by the outbox itself."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from mailer import outbox
from mailer.db import Store
from mailer.db.schema import letter
from mailer.errors import SendError
from mailer.message import compose
from mailer.outbox import Claimed, Outcome
from mailer.status import Kind
from mailer.submissions import Draft, accept
from mailer.transports import Answer
from tests.conftest import Clock
from tests.factories import draft, supporter
from tests.staff_browser import Browser


def write(store: Store, number: int = 0, **changes: object) -> Draft:
    who = supporter(name=f"Zoë Supporter {number}", email=f"s{number}@supporter.example")
    made = draft(who, **changes)  # type: ignore[arg-type]
    accept(store, made)
    return made


def letters(store: Store, kind: Kind = Kind.LETTER) -> list[str]:
    """The ids of all mail of a kind, by official."""
    statement = select(letter.c.id).where(letter.c.kind == kind).order_by(letter.c.official)
    with store.read() as tx:
        return list(tx.execute(statement).scalars())


def hand_over(store: Store, clock: Clock, *, bytes_: bytes = b"") -> tuple[Claimed, bytes]:
    """Take one letter as far as the fence; `bytes_` stand for what another program composed."""
    with store.write() as tx:
        one, *_ = outbox.claim(
            tx,
            "w",
            now=clock.now,
            lease=60,
            most=1,
            way=outbox.Way(account="fake:relay", delivers=False),
        )
        data = bytes_ or compose(one.mail)
        sha256 = hashlib.sha256(data).hexdigest()
        outbox.fence(tx, "w", [(one, sha256)], now=clock.now, lease=60)
    return one, data


def settle(store: Store, clock: Clock, one: Claimed, said: Answer | SendError) -> None:
    answer, error = (said, None) if isinstance(said, Answer) else (None, said)
    done = Outcome(letter=one, account="smtp:relay.example", answer=answer, error=error)
    with store.write() as tx:
        outbox.settle(tx, "w", [done], now=clock.now)


def send(store: Store, clock: Clock, **more: bytes) -> tuple[Claimed, bytes]:
    one, data = hand_over(store, clock, **more)
    clock.pass_(1)
    settle(store, clock, one, Answer(text="2.0.0 queued as 77", code="250"))
    return one, data


def rows(text: str) -> int:
    return text.count('<td role="cell" class="to">')


def found(browser: Browser, query: str, **filters: str) -> str:
    """The page that a search leads to."""
    answer = browser.post("/staff/search", {"query": query, **filters}, page="/staff/letters/")
    assert answer.status_code == 303
    shown = browser.get(answer.location)
    assert shown.status_code == 200
    return shown.text
