"""What the staff's pages cost with a million letters, against ten thousand, on both databases.

The letters are those of benchmarks.letters. Each page is asked for as a browser does, the two
sizes in turns; medians.
Run it with: python -m benchmarks.log [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from flask.testing import FlaskClient

from benchmarks import load
from benchmarks.letters import PARTNER, fill
from benchmarks.send import ready
from mailer.config import Settings
from mailer.db import Store
from mailer.web import create_app
from tests import postgres
from tests.staff_browser import EMAIL, Browser

FEW = 10_000

PAGES: Mapping[str, str] = {
    "first page": "/staff/",
    "log": "/staff/letters/",
    "a campaign": "/staff/letters/?campaign=exams",
    "an official": "/staff/letters/?official=minister-7",
    "campaign, official": "/staff/letters/?campaign=exams&official=minister-7",
    "a state": "/staff/letters/?state=failed",
    "state, campaign": "/staff/letters/?state=bounced&campaign=tuition",
    "state, official": "/staff/letters/?state=uncertain&official=minister-9",
    "all three": "/staff/letters/?state=sent&official=minister-9&campaign=housing",
    "a role": "/staff/letters/?role=parent",
    "a district, failed": "/staff/letters/?district=District+17&state=failed",
    "an organisation": "/staff/letters/?via=opseu",
    "copies": "/staff/letters/?kind=copy",
    "review": "/staff/review/",
    "lanes": "/staff/lanes/",
    "lanes of a campaign": "/staff/lanes/?campaign=proctoring",
    "what to pause": "/staff/lanes/pause?lane=campaign:proctoring",
    "campaigns": "/staff/campaigns/",
    "one campaign": "/staff/campaigns/proctoring",
    "its private link": "/staff/campaigns/proctoring/link",
    "a file to try": "/staff/try/",
    "coalition": "/staff/coalition/",
    "letters on paper": "/staff/pack/?campaign=proctoring",
    "export": "/staff/export/?campaign=exams",
    "what to do to many": "/staff/many/new?state=review",
    "acts on many": "/staff/many/",
    "news": "/staff/news/",
    "people": "/staff/people/",
    "audit": "/staff/audit/",
    "own account": "/staff/account",
}
LINKED: Mapping[str, tuple[str, ...]] = {  # a page, and what the links lead on through from there
    "a letter": ("/staff/letters/?state=sent", "letters"),
    "one that is held": ("/staff/letters/?state=review", "letters"),
    "a submission": ("/staff/letters/", "letters", "submissions"),
    "a person": ("/staff/people/", "people"),
}
SEARCHES: Mapping[str, str] = {
    "a last name": "example77",
    "two words": "marie example123",
    "a first name": "marie",
    "one letter": "e",
    "an address": "s4321@supporter.example",
    "nobody": "nobody of that name",
    "a reference": "REFERENCE",
}


def main() -> None:
    """Measure both databases, print the figures and their ratios."""
    rounds, most = load.numbers(15, 1_000_000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"SQLite": (f"sqlite:///{folder}/few.db", f"sqlite:///{folder}/many.db")}
        if postgres.binaries():
            url = stack.enter_context(postgres.cluster(durable=True))
            urls["PostgreSQL"] = (url.format(name="postgres"), url.format(name="template1"))
        else:
            print("POSTGRESQL IS NOT INSTALLED: nothing is measured on it", file=sys.stderr)
        for name, pair in urls.items():
            with ready(pair[0]) as few, ready(pair[1]) as many:
                fill(few, FEW)
                fill(many, most)
                compare(name, few, many, rounds, most)


def compare(name: str, few: Store, many: Store, rounds: int, most: int) -> None:
    """Every page on both, one after the other."""
    browsers = [signed_in(store) for store in (few, many)]
    print(f"log on {name}: {FEW:,} letters, {most:,} letters, milliseconds (medians)")

    def measure(page: str, both: list[tuple[FlaskClient, str]]) -> None:
        report(page, [[seconds(client, path) for client, path in both] for _ in range(rounds)])

    for page, path in PAGES.items():
        measure(page, [(one.client, path) for one in browsers])
    for page, way in LINKED.items():
        measure(page, [(one.client, linked(one, *way)) for one in browsers])
    partners = [signed_in(store, PARTNER) for store in (few, many)]
    measure("a partner's page", [(one.client, "/staff/partner/") for one in partners])
    for page, words in SEARCHES.items():
        measure(f"search: {page}", [(one.client, searched(one, words)) for one in browsers])


def report(page: str, times: list[list[float]]) -> None:
    """One line: both medians, and how many times the first the second is."""
    few, many = (1000 * statistics.median(column) for column in zip(*times, strict=True))
    print(f"{page:<24} {few:>8.1f} {many:>8.1f}   ratio {many / few:.2f}", flush=True)


def signed_in(store: Store, email: str = EMAIL) -> Browser:
    """A member of staff at a browser, where letters really leave."""
    home = Path(__file__).resolve().parent.parent
    relay = ("smtp://127.0.0.1:9?tls=none",)
    browser = Browser(
        create_app(Settings(home=home, secret_keys=("k" * 40,), transports=relay), store)
    )
    browser.enter(email)
    return browser


def seconds(client: FlaskClient, path: str) -> float:
    """How long a page takes, first byte to last."""
    began = time.perf_counter()
    shown = client.get(path)
    assert shown.status_code == 200, (path, shown.status)
    return time.perf_counter() - began


def linked(browser: Browser, place: str, *rooms: str) -> str:
    """Where the first links to these rooms lead, from page to page."""
    for room in rooms:
        found = re.search(f'href="(/staff/{room}/[0-9a-z]+)', browser.get(place).text)
        assert found, f"{place} has no link to {room}"
        place = found[1]
    return place


def searched(browser: Browser, words: str) -> str:
    """The page that a search leads to."""
    if words == "REFERENCE":
        found = re.search(r"<code>(.{5}-.{5})</code>", browser.get("/staff/letters/").text)
        words = found[1] if found else ""
    answer = browser.post("/staff/search", {"query": words}, page="/staff/letters/")
    return str(answer.location)


if __name__ == "__main__":
    main()
