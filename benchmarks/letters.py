"""A log of many letters, as campaigns have them, for what staff see and do with it.

124 officials in four campaigns, two letters for each submission, every state, roles, districts and
organisations; entered in bulk, counted as the worker counts.
"""

from __future__ import annotations

import random
import threading
import time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from benchmarks.send import OFFICIALS
from mailer import accounts
from mailer.addresses import folded
from mailer.db import Store, searching
from mailer.db.ids import event_id, letter_id, random_id
from mailer.db.schema import (
    consent,
    lane,
    letter,
    letter_event,
    letter_text,
    queue,
    submission,
)
from mailer.sendlog import census, counting
from mailer.sendlog.named import Named
from tests.staff_browser import EMAIL, member

PARTNER = "sam@union.example"
BATCH = 5000  # submissions entered in one transaction
DAYS = 60  # in which they were written
CAMPAIGNS = ("proctoring", "exams", "tuition", "housing")
ROLES = ("student", "student", "student", "faculty", "staff", "parent", "")
VIA = ("", "", "opseu", "ocufa", "cupe")
SUBJECTS = ("Exams without surveillance", "Quiet exams", "Protect students")
STATES = ("sent",) * 60 + ("delivered",) * 20 + ("queued",) * 14 + (
    "bounced", "failed", "cancelled", "review", "awaiting", "uncertain")  # fmt: skip
FIRST = ("Ann", "Jean-Luc", "Marie", "Zoë", "Omar", "Li", "Sofía", "Ivan", "Aïcha", "Noor")


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
            "submission": [], "letter": [], "letter_text": [], "letter_event": [], "consent": [],
        }  # fmt: skip
        for number in range(start, min(start + BATCH, people)):
            _submission(rows, number, now - 60 - (people - number) * step, chance)
        with store.write() as tx:
            for table in (submission, letter, letter_text, letter_event, consent):
                tx.execute(insert(table), rows[table.name])
            searching.enter(tx, rows["submission"])
    own = Named(
        subjects=frozenset(SUBJECTS),
        districts=frozenset(f"District {number}" for number in range(OFFICIALS)),
    )
    counting.count_written(store, own, ZoneInfo("UTC"), threading.Event())
    counting.count_states(store, threading.Event())
    census.count_people(store, threading.Event())
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE")
    member(store, EMAIL, "admin")
    member(store, PARTNER, "partner")
    accounts.set_role(store, PARTNER, "partner", organisation="opseu")
    print(f"  {most:,} letters entered in {time.perf_counter() - began:.0f} s", flush=True)


def _submission(
    rows: dict[str, list[dict[str, Any]]], number: int, at: float, chance: random.Random
) -> None:
    key, campaign = random_id(), chance.choices(CAMPAIGNS, (60, 30, 9, 1))[0]
    via = chance.choice(VIA)
    name = f"{chance.choice(FIRST)} Example{number % 997}"
    email = f"s{number}@supporter.example"
    rows["submission"].append({
        "id": key, "receipt": random_id(), "campaign": campaign, "letters_hash": "",
        "person": key, "mailbox": key, "language": "en", "name": name, "email": email,
        "search": f"{folded(name)} {email}", "via": via,
        "role": chance.choice(ROLES), "district": f"District {number % OFFICIALS}",
        "created_at": at, "confirmed_at": at,
    })  # fmt: skip
    if via:
        agreed = {"submission": key, "organisation": via, "wording": "none", "at": at}
        rows["consent"].append(agreed)
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
