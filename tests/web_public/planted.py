"""Somebody whose every detail is planted: through the pages, a worker, providers and bounces."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import Column, select, update

from mailer import accounts, addresses, bulk, events
from mailer.campaigns.library import Library
from mailer.db import Store, schema
from mailer.db.schema import confirmation, letter, submission
from mailer.errors import Next, SendError
from mailer.events.answers import Answer, pass_on
from mailer.events.recording import record
from mailer.sendlog import Filter, counting
from mailer.status import Kind
from mailer.submissions import finding, unsubscribing
from mailer.transports import Parcel
from mailer.transports.api.base import News, Said
from mailer.web.services import Services
from mailer.worker.beside import acting_on_many, counting_letters
from tests.conftest import Clock
from tests.factories import SENDER
from tests.fakes import FakeTransport
from tests.web_public.page import Visitor
from tests.web_public.unions import write_coalition
from tests.workers import worker

NAME, EMAIL, CALLER = "Zebedee Quillfeather", "zq.planted@supporter.example", "203.0.113.77"
OWN = "Purple walruses sing in the quiet hall while nine green owls keep watch outside."
TYPED = {
    "name": NAME, "email": EMAIL, "postal_code": "K7Z 9R9", "address": "77 Planted Lane",
    "district": "Quillshire", "role": "student", "affiliation": "Walrus College", "personal": OWN,
    "consent-union": "yes",
}  # fmt: skip
BROWSER, OFFICE_SAYS = "Plantedbrowser", "We hear you about walruses."
LINK = {"via": "plantedvia", "utm_source": "plantedsource", "utm_campaign": "plantedutm"}
"""What a link may carry that no organizer made."""
CAME_FROM = "https://plantedreferrer.example/?q=quills"
NEVER = (CALLER, *LINK.values(), "plantedreferrer")
"""What is kept nowhere, not even for a moment."""
WORDS = (NAME, "Quillfeather", EMAIL, "zq.planted", "K7Z 9R9", "Planted Lane", "Quillshire",
         "Walrus", "walruses", "student", BROWSER, OFFICE_SAYS, *NEVER)  # fmt: skip
"""What no row and no file may hold once it was to go."""
PLACE = re.compile(r"(?<![a-z0-9])k7z(?:9r9|(?![a-z0-9]))")
"""A postal code's first half: three characters, which chance puts into longer words."""


def home(folder: Path) -> None:
    """A campaign that asks for everything, and confirms."""
    asks = ["postal_code", "address", "district", "affiliation"]
    write_coalition(folder, "quiet", confirm=True, require=asks)


def fill(app: Flask, store: Store, now: float) -> str:
    """Let every table that may hold something of somebody hold it; returns their receipt."""
    visitor = Visitor(app, **{"User-Agent": BROWSER, "Referer": CAME_FROM})
    visitor.client.environ_base["REMOTE_ADDR"] = CALLER
    assert visitor.get(f"/quiet/?{urlencode(LINK)}").status_code == 200
    for _ in range(2):  # the second one is "written already", and a mail tells the address
        sent = visitor.send("quiet", **TYPED, **LINK)
        assert sent.status_code == 303, sent.text
    receipt = str(sent.location.partition("?")[0])
    visitor.post(f"{receipt}/code", {"code": "00000"})
    _deliver(store)
    for token in _all(store, confirmation.c.token):
        for one in _all(store, submission.c.id):
            visitor.post(f"/confirm/{token}", {"submission": one})
    _deliver(store, refuse="north@")
    visitor.post(f"{receipt}/copy", {})
    visitor.post("/find", {"email": EMAIL})
    services: Services = app.extensions["mailer"]
    finding.answer(store, SENDER, services.settings.secret_keys)
    _deliver(store, refuse="zq.planted")
    _come_back(store, now)
    _staff(store)
    _deliver(store)
    visitor.post("/find", {"email": EMAIL})
    return receipt


def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, each table in the order of its key."""
    with store.read() as tx:
        return {
            table.name: [
                dict(row)
                for row in tx.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in schema.metadata.sorted_tables
        }


def counted(store: Store, home: Path, clock: Clock) -> None:
    """Let staff act on the letters of their district, and the worker do that and count it all."""
    clock.pass_(counting.LATE + 1)
    wanted = Filter(district=TYPED["district"])
    with store.write() as tx:
        for _ in range(2):
            key = bulk.begin(tx, "answered", wanted, actor="staff:0", now=store.now(tx))
        bulk.stop(tx, key, now=store.now(tx))
    acting_on_many(store, delivers=False)(Event())
    counting_letters(store, Library(home), ZoneInfo("UTC"))(Event())


def without_roles(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows without the counts of roles: the planted one is a word of the organizers."""
    counts = rows["written_count"]
    assert {row["value"] for row in counts if row["facet"] == "role"} <= {"student", ""}
    return rows | {"written_count": [row for row in counts if row["facet"] != "role"]}


def found(rows: object) -> list[str]:
    """Which of the planted words stand anywhere in these rows."""
    text = repr(rows)
    for hidden in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text):  # a message that goes along
        with suppress(ValueError):
            text += base64.b64decode(hidden).decode("utf-8", "replace")
    text = text.casefold()
    return [word for word in WORDS if word.casefold() in text] + PLACE.findall(text)


def of_supporters(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows without those about mails to staff, which belong to no submission."""
    ours = {row["id"] for row in rows["letter"] if row["submission"]}
    rows["letter"] = [row for row in rows["letter"] if row["id"] in ours]
    for table in ("letter_text", "letter_event", "news", "enclosure"):
        rows[table] = [row for row in rows[table] if row["letter"] in ours]
    return rows


def _all(store: Store, column: Column[Any]) -> list[str]:
    with store.read() as tx:
        return list(tx.execute(select(column)).scalars())


def _deliver(store: Store, refuse: str = "nobody") -> None:
    """Send what is due; whoever's address begins with `refuse` is refused, in telling words."""

    def say_no(parcel: Parcel) -> None:
        if parcel.recipient.startswith(refuse):
            said = f"<{EMAIL.upper()}> alias {NAME} unknown"
            raise SendError(said, Next.FAIL, code="550 5.1.1")

    way = FakeTransport()
    way.on_stage = say_no
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))
    one = worker(store, way)
    one.drain()
    one.close()


def _come_back(store: Store, now: float) -> None:
    """Providers and bounces tell of letters, of mails and of nothing we know; an office answers."""
    with store.write() as tx:
        rows = tx.execute(select(letter.c.id, letter.c.kind).order_by(letter.c.id)).all()
        for number, about in enumerate((*[row.id for row in rows], "", "")):
            told = f'{{"to": "{EMAIL}", "name": "{NAME}"}}'
            news = News(
                id=f"n{number}",
                letter=about,
                said=Said.OTHER,
                kind="odd",
                note=told,
                raw=f"raw {told}",
            )
            record(tx, "mailgun", news, now=now, attention=True)
        events.note_unread(tx, "resend", told.encode(), "no such event", now=now)
        mine = next(row.id for row in rows if row.kind == Kind.LETTER)
        answer = f"From: north@ministry.example\nSubject: Re\n\n{OFFICE_SAYS}\n"
        assert pass_on(tx, Answer(letter=mine, data=answer.encode()), SENDER, now=now) == ""
        key = addresses.mailbox_key(EMAIL, store.pepper(tx))
    unsubscribing.unsubscribe(store, key)


def _staff(store: Store) -> None:
    """They have an account on the staff pages as well, and a session."""
    secret = accounts.invite(store, EMAIL, "viewer")
    account = accounts.redeem(store, secret, accounts.INVITATION, "a long quiet river bends")
    assert account is not None
    accounts.start_session(store, account.id, BROWSER)
    accounts.mail_invitation(store, EMAIL, "secret", sender=SENDER, language="en")
