"""What the staff's pages cost with a million letters, against ten thousand, on both databases.

124 officials in four campaigns, two letters for each submission, every state, roles, districts and
organisations; entered in bulk, counted as the worker counts. Then each page as a browser asks for
it, the two sizes in turns; medians.
Run it with: python -m benchmarks.log [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy import insert

from benchmarks import load
from benchmarks.send import OFFICIALS, ready
from mailer.addresses import folded
from mailer.config import Settings
from mailer.db import Store, searching
from mailer.db.ids import event_id, letter_id, random_id
from mailer.db.schema import lane, letter, letter_event, letter_text, queue, submission
from mailer.sendlog import counting
from mailer.web import create_app
from tests import postgres
from tests.staff_browser import EMAIL, Browser, member

FEW = 10_000
BATCH = 5000  # submissions entered in one transaction
DAYS = 60  # in which they were written
CAMPAIGNS = ("proctoring", "exams", "tuition", "housing")
ROLES = ("student", "student", "student", "faculty", "staff", "parent", "")
VIA = ("", "", "opseu", "ocufa", "cupe")
SUBJECTS = ("Exams without surveillance", "Quiet exams", "Protect students")
STATES = ("sent",) * 60 + ("delivered",) * 20 + ("queued",) * 14 + (
    "bounced", "failed", "cancelled", "review", "awaiting", "uncertain")  # fmt: skip
FIRST = ("Ann", "Jean-Luc", "Marie", "Zoë", "Omar", "Li", "Sofía", "Ivan", "Aïcha", "Noor")

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
    for page, path in PAGES.items():
        report(page, [[seconds(one.client, path) for one in browsers] for _ in range(rounds)])
    for page, words in SEARCHES.items():
        both = [(one.client, searched(one, words)) for one in browsers]
        times = [[seconds(client, path) for client, path in both] for _ in range(rounds)]
        report(f"search: {page}", times)


def report(page: str, times: list[list[float]]) -> None:
    """One line: both medians, and how many times the first the second is."""
    few, many = (1000 * statistics.median(column) for column in zip(*times, strict=True))
    print(f"{page:<24} {few:>8.1f} {many:>8.1f}   ratio {many / few:.2f}", flush=True)


def signed_in(store: Store) -> Browser:
    """A member of staff at a browser."""
    home = Path(__file__).resolve().parent.parent
    app = create_app(Settings(home=home, secret_keys=("k" * 40,)), store)
    browser = Browser(app)
    browser.enter()
    return browser


def seconds(client: FlaskClient, path: str) -> float:
    """How long a page takes, first byte to last."""
    began = time.perf_counter()
    shown = client.get(path)
    assert shown.status_code == 200, (path, shown.status)
    return time.perf_counter() - began


def searched(browser: Browser, words: str) -> str:
    """The page that a search leads to."""
    if words == "REFERENCE":
        found = re.search(r"<code>(.{5}-.{5})</code>", browser.get("/staff/letters/").text)
        words = found[1] if found else ""
    answer = browser.post("/staff/search", {"query": words}, page="/staff/letters/")
    return str(answer.location)


def fill(store: Store, most: int) -> None:
    """Enter so many letters, two for each submission, and one copy for every tenth."""
    began = time.perf_counter()
    chance = random.Random(7)
    _lanes(store)
    now = time.time()
    people = most // 2
    step = DAYS * 86400 / people
    for start in range(0, people, BATCH):
        rows: dict[str, list[dict[str, Any]]] = {
            "submission": [], "letter": [], "letter_text": [], "letter_event": [],
        }  # fmt: skip
        for number in range(start, min(start + BATCH, people)):
            _submission(rows, number, now - 60 - (people - number) * step, chance)
        with store.write() as tx:
            for table in (submission, letter, letter_text, letter_event):
                tx.execute(insert(table), rows[table.name])
            searching.enter(tx, rows["submission"])
    counting.count_written(store, SUBJECTS, ZoneInfo("UTC"), threading.Event())
    counting.count_states(store, threading.Event())
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE")
    member(store, EMAIL, "admin")
    print(f"  {most:,} letters entered in {time.perf_counter() - began:.0f} s", flush=True)


def _submission(
    rows: dict[str, list[dict[str, Any]]], number: int, at: float, chance: random.Random
) -> None:
    key, campaign = random_id(), chance.choices(CAMPAIGNS, (60, 30, 9, 1))[0]
    name = f"{chance.choice(FIRST)} Example{number % 997}"
    email = f"s{number}@supporter.example"
    rows["submission"].append({
        "id": key, "receipt": random_id(), "campaign": campaign, "letters_hash": "",
        "person": key, "mailbox": key, "language": "en", "name": name, "email": email,
        "search": f"{folded(name)} {email}", "via": chance.choice(VIA),
        "role": chance.choice(ROLES), "district": f"District {number % OFFICIALS}",
        "created_at": at, "confirmed_at": at,
    })  # fmt: skip
    for official in (number % OFFICIALS, (number * 7 + 1) % OFFICIALS):
        _letter(rows, "letter", key, campaign, f"minister-{official}", at, chance)
    if number % 10 == 0:
        _letter(rows, "copy", key, campaign, None, at, chance)


def _letter(
    rows: dict[str, list[dict[str, Any]]], kind: str, key: str, campaign: str,
    official: str | None, at: float, chance: random.Random,
) -> None:  # fmt: skip
    state, made = chance.choice(STATES), letter_id(at)
    where = f"{campaign} {official} mailbox:{official}" if official else "people"
    rows["letter"].append({
        "id": made, "submission": key, "kind": kind, "state": state, "campaign": campaign,
        "official": official, "person": f"{key} {made}" if official else None, "queue": where,
        "priority": 5, "created_at": at, "due_at": at, "changed_at": at, "cleared": True,
        "sent_at": at + 60 if state in ("sent", "delivered") else None, "attempts": 1,
        "reason": "refused" if state == "failed" else "",
    })  # fmt: skip
    rows["letter_text"].append({
        "letter": made, "language": "en", "from_name": "Ann", "from_address": "l@c.example",
        "reply_name": "", "reply_address": "", "to_name": official or "Ann",
        "to_address": "minister@ministry.example", "subject": chance.choice(SUBJECTS),
        "salutation": "Dear Minister,", "body": "A short letter of no importance.",
        "message_id": f"{made}@c.example",
    })  # fmt: skip
    rows["letter_event"].append({
        "letter": made, "id": event_id(at), "at": at, "state": "queued", "actor": "supporter",
    })  # fmt: skip


def _lanes(store: Store) -> None:
    names = [f"minister-{number}" for number in range(OFFICIALS)]
    lanes = [{"id": f"mailbox:{name}", "full_at": 0.0} for name in names]
    queues = [
        {"id": f"{campaign} {name} mailbox:{name}", "campaign": campaign, "official": name,
         "mailbox": f"mailbox:{name}", "served_at": 0.0}
        for campaign in CAMPAIGNS for name in names
    ]  # fmt: skip
    with store.write() as tx:
        for table, some in ((lane, [*lanes, {"id": "people", "full_at": 0.0}]), (queue, queues)):
            tx.execute(insert(table), some)
        people = {"id": "people", "mailbox": "people", "served_at": 0.0}
        tx.execute(insert(queue), people)


if __name__ == "__main__":
    main()
