"""How many letters a second leave by an e-mail API: from claim to settled, through the ledger.

Against a bare requests.Session on one connection that it keeps open, posting the same letters one
by one to the same stub, which runs in a process of its own and does not compare payloads with
their schema. Where an API takes batches, ours leave so; where it does not, ten connections share
the work. Resend's count of requests a second is lifted: what is measured is the program, not the
account.
Run it with: python -m benchmarks.providers [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from benchmarks import load
from benchmarks.send import letter, queue, ready, serving, verp
from mailer import sendlog, transports
from mailer.db import Store
from mailer.message import compose
from mailer.outbox import lanes
from mailer.status import Kind, State
from mailer.transports import Parcel
from mailer.transports.api import PROVIDERS
from mailer.transports.api.base import Request
from mailer.worker import Worker
from tests.processes.box import free_port
from tests.providers import brevo, mailgun, postmark, resend, sendgrid, ses

LINES = 10  # as MAILER_WORKER_CONNECTIONS is when nobody sets it
WAYS: dict[str, tuple[str, float]] = {
    "postmark": (f"postmark://{postmark.TOKEN}?api={{api}}", 2.0),
    "resend": (f"resend://{resend.KEY}?requests=1000&api={{api}}", 2.0),
    "mailgun": (mailgun.URL, 0.9),
    "sendgrid": (sendgrid.URL, 0.9),
    "ses": (ses.URL, 0.9),
    "brevo": (brevo.URL, 0.9),
}
"""An address for each, and the ratio to reach."""


def main() -> None:
    """Measure all, print the figures and their ratios."""
    rounds, size = load.numbers(5, 4000)
    print(f"providers: {size} letters a round, SQLite")
    with tempfile.TemporaryDirectory() as folder, ready(f"sqlite:///{folder}/bench.db") as store:
        for name, (url, target) in WAYS.items():
            mine, theirs = [], []
            with stub(name) as port:
                here = url.format(api=f"http://127.0.0.1:{port}")
                for number in range(rounds):
                    mine.append(ours(store, here, size))
                    theirs.append(bare(one_by_one(here, size, number)))
            a = load.report(f"{name}, through the ledger", mine, "/s")
            b = load.report(f"{name}, requests.Session", theirs, "/s")
            print(f"{'':<28} ratio {a / b:.2f} (to reach: {target})")


@contextmanager
def stub(name: str) -> Iterator[int]:
    """The stub of a provider, in a process of its own."""
    with serving(
        free_port(),
        lambda port: [sys.executable, "-m", "tests.providers.stub", name, str(port)],
    ) as port:
        yield port


def ours(store: Store, url: str, size: int) -> float:
    """Letters a second, from the first claim to the last one settled."""
    queue(store, size)
    before = sendlog.counts(store).get(State.SENT, 0)
    way = transports.from_url(url, Path.cwd())
    if way.limits:
        with store.write() as tx:
            lanes.limit_account(tx, way.account, way.limits.pace, way.limits.daily, store.now(tx))
    worker = Worker(store, [way], "benchmark", connections=LINES, envelope=verp)
    began = time.perf_counter()
    worker.drain()
    seconds = time.perf_counter() - began
    worker.close()
    sent = sendlog.counts(store)[State.SENT] - before
    assert sent == size, f"{sent} of {size} letters were sent"
    return size / seconds


def one_by_one(url: str, size: int, turn: int) -> list[Request]:
    """So many requests with a letter each, ready to be sent; other ones at each turn, because
    some APIs remember what they were asked."""
    provider = PROVIDERS[url.partition(":")[0]](url)
    made = []
    for number in range(size):
        mail = letter(number).written.mail(f"bare-{number}@campaign.example", Kind.LETTER, 0.0)
        parcel = Parcel(
            letter=f"bare{turn:04}{number:08}", sender=mail.from_address, recipient=mail.to_address,
            data=compose(mail), mail=mail,
        )  # fmt: skip
        made.append(provider.ask([parcel]))
    return made


def bare(asked: list[Request]) -> float:
    """Letters a second of a Session that does nothing else."""
    with requests.Session() as session:
        session.trust_env = False
        began = time.perf_counter()
        for one in asked:
            answer = session.request(one.method, one.url, headers=dict(one.headers), data=one.body)
            assert answer.status_code in {200, 201, 202}, answer.text
        return len(asked) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
