"""What a receipt gives to take along: the server's answer, a PDF, other ways to send it."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select, update

from mailer import approvals, paper
from mailer.campaigns.library import read_content
from mailer.db import Store
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.status import State
from mailer.web.receipts import ways
from tests.conftest import Clock
from tests.web_public.homes import write_campaign
from tests.web_public.page import Page, Visitor, mailed

HOUR = 3600.0
OFFICE = """email: north@ministry.example
    phone: "+1 416 555 0100"
    address: 1 Example Street, Toronto ON"""


@pytest.fixture
def address(visitor: Visitor) -> str:
    return visitor.send("exams", via="union").headers["Location"].partition("?")[0]


def set_north(store: Store, **values: object) -> None:
    with store.write() as tx:
        tx.execute(update(letter).where(letter.c.official == "north").values(**values))


def words(visitor: Visitor, path: str) -> str:
    return " ".join(Page(visitor.get(path).text).words.split())


# --- What the server said ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "told", "dit"),
    [
        (
            {"state": State.SENT, "sent_at": 1_800_000_000.0, "answer": "250 2.0.0 Ok: as 4Fq2"},
            ["It left on January 15, 2027 at 8:00 AM UTC.", "250 2.0.0 Ok – it means: the letter"],
            ["Elle est partie le 15 janvier 2027 à 08:00 UTC.", "la lettre est acceptée."],
        ),
        (
            {"state": State.DELIVERED, "sent_at": 1.8e9, "changed_at": 1.8e9 + HOUR,
             "answer": "250 <ann@supporter.example> id=9"},
            ["It left on January 15, 2027 at 8:00 AM", "The confirmation came on January 15, 2027"
             " at 9:00 AM UTC.", "250 – it means"],
            ["La confirmation est arrivée le 15 janvier 2027 à 09:00 UTC.", "250 – cela"],
        ),
        (
            {"state": State.FAILED, "reason": "refused", "answer": "550 5.1.1 no <a@b.example>"},
            ["550 5.1.1 – it means: no."], ["550 5.1.1 – cela veut dire : non."],
        ),
        (
            {"state": State.QUEUED, "attempts": 1, "tried_at": 1.8e9, "answer": "451 4.7.1 later"},
            ["451 4.7.1 – it means: not now"], ["451 4.7.1 – cela veut dire : pas maintenant"],
        ),
    ],
)  # fmt: skip
def test_when_it_left_and_what_was_answered(
    visitor: Visitor, sqlite: Store, address: str, values: dict[str, object], told: list[str],
    dit: list[str],
) -> None:  # fmt: skip
    set_north(sqlite, **values)
    for language, sentences in (("en", told), ("fr", dit)):
        shown = words(visitor, f"{address}?lang={language}")
        for sentence in sentences:
            assert sentence in shown.replace("\u202f", " ")
        assert "4Fq2" not in shown
        assert "@b.example" not in shown


def test_why_a_letter_came_back(visitor: Visitor, sqlite: Store, address: str) -> None:
    set_north(sqlite, state=State.BOUNCED, sent_at=1.8e9, changed_at=1.8e9 + HOUR)
    assert "It came back on January 15, 2027 at 9:00" in words(visitor, address).replace(
        "\u202f", " "
    )
    with sqlite.write() as tx:
        key = tx.execute(select(letter.c.id).where(letter.c.official == "north")).scalar_one()
        values = {"letter": key, "id": "z" * 26, "at": 1.0, "state": "bounced", "code": "5.2.2"}
        tx.execute(letter_event.insert().values(**values))
    assert "Their mailbox is full." in words(visitor, address)
    assert "leur boîte" in words(visitor, f"{address}?lang=fr").lower()


@pytest.mark.parametrize("reason", ["unapproved", "restored", "a field that people cannot see"])
def test_why_it_is_held_as_far_as_that_may_be_told(
    visitor: Visitor, sqlite: Store, address: str, reason: str
) -> None:
    set_north(sqlite, state=State.REVIEW, reason=reason)
    shown = words(visitor, address)
    assert reason not in shown
    known = {"unapproved": "before the campaign was approved", "restored": "put back from a copy"}
    assert known.get(reason, "A person of the campaign reads it") in shown


def test_a_second_letter_tells_nothing_of_the_first(
    visitor: Visitor, sqlite: Store, clock: Clock, address: str
) -> None:
    left = clock.now
    with sqlite.write() as tx:
        tx.execute(update(letter).values(
            state=State.DELIVERED, sent_at=left, changed_at=left, answer="250 2.0.0 Ok: as 4Fq2"
        ))  # fmt: skip
    clock.pass_(48 * HOUR)
    again = visitor.send("exams").headers["Location"]
    clock.pass_(HOUR)
    shown = words(visitor, again)
    assert "January 15" not in shown, "nothing that it did before today"
    assert "Delivered" in shown
    assert "4Fq2" not in shown


# --- PDF --------------------------------------------------------------------------------------


def test_all_letters_as_one_pdf(visitor: Visitor, address: str) -> None:
    shown = Page(visitor.get(f"{address}?lang=fr").text)
    link = shown.links["Toutes les lettres en PDF"]
    made = visitor.get(link)
    assert made.status_code == 200
    assert made.mimetype == "application/pdf"
    assert made.headers["Cache-Control"] == "no-store"
    assert made.headers["X-Robots-Tag"] == "noindex"
    reader = PdfReader(io.BytesIO(made.data))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) == len(shown.letters) == 2
    for text, page, name in zip(
        shown.letters, pages, ("Nora North", "Sam South"), strict=True
    ):  # fmt: skip
        assert name in page
        at = -1
        for line in filter(None, text.splitlines()):
            at = page.index(line, at + 1)
    assert reader.root_object["/Lang"] == "fr"
    assert reader.metadata is not None
    assert reader.metadata.title == "Quiet exams"
    name = re.search(r'filename="(.+)"', made.headers["Content-Disposition"])
    assert name is not None
    assert re.fullmatch(r"letters-[0-9A-Z]{5}-[0-9A-Z]{5}\.pdf", name[1])


def test_a_pdf_only_of_what_is_there_and_not_too_long(
    visitor: Visitor, sqlite: Store, address: str
) -> None:
    assert visitor.get(f"/receipt/{'0' * 26}/letters.pdf").status_code == 404
    assert visitor.get("/receipt/nonsense/letters.pdf").status_code == 404
    for body in ("", "x" * paper.MOST):
        with sqlite.write() as tx:
            tx.execute(update(letter_text).values(body=body))
        assert visitor.get(f"{address}/letters.pdf").status_code == 404
        assert "letters.pdf" not in visitor.get(address).text
    assert "Send it another way" in visitor.get(address).text, "only the PDF is too long"


# --- Other ways -------------------------------------------------------------------------------


def test_a_short_letter_is_mailed_whole_a_long_one_by_its_subject(
    visitor: Visitor, sqlite: Store, address: str
) -> None:
    page = Page(visitor.get(address).text)
    shown = html.unescape(visitor.get(address).text)
    links = re.findall(r'<a href="(mailto:north[^"]+)"', shown)
    to, subject, body = mailed(links[0])
    assert (to, subject) == ("north@ministry.example", "Quiet exams")
    assert body.replace("\r\n", "\n") == page.letters[0]
    assert "Address, subject and text are filled in." in shown
    set_north(sqlite, state=State.FAILED, reason="refused")
    with sqlite.write() as tx:
        tx.execute(update(letter_text).values(body="é" * 400))
    shown = html.unescape(visitor.get(address).text)
    to, subject, body = mailed(re.findall(r'<a href="(mailto:north[^"]+)"', shown)[0])
    assert (to, subject, body) == ("north@ministry.example", "Quiet exams", "")
    assert "The text is too long for that" in shown
    assert shown.count('<details class="ways screen" open>') == 1, "where it failed"


@given(
    subject=st.text(max_size=200),
    body=st.text(min_size=1, max_size=500).filter(lambda t: "\r" not in t),
)
def test_whatever_was_typed_stays_in_its_place(subject: str, body: str) -> None:
    text = body.encode("utf-8", "ignore").decode()
    head = subject.encode("utf-8", "ignore").decode() or "-"
    link = ways.mailto("o'north+exams@ministry.example", head, text or "-")
    assert re.fullmatch(r"mailto:[!-~]+", link), "nothing that could end it"
    to, said, told = mailed(link)
    assert parseaddr(to)[1] == "o'north+exams@ministry.example"
    assert said == head
    assert told.replace("\r\n", "\n") == (text or "-")


def test_telephone_and_postal_address_as_they_were_approved(
    home: Path, make_app: Callable[..., Flask], sqlite: Store
) -> None:
    officials = home / "officials.yaml"
    officials.write_text(officials.read_text().replace("email: north@ministry.example", OFFICE))
    visitor = Visitor(make_app())
    address = visitor.send("exams").headers["Location"]
    for language, phone, post in (
        ("en", "By telephone: +1 416 555 0100", "By post: 1 Example Street, Toronto ON"),
        ("fr", "Par téléphone : +1 416 555 0100", "Par la poste : 1 Example Street, Toronto ON"),
    ):
        shown = words(visitor, f"{address.partition('?')[0]}?lang={language}")
        assert shown.count(phone) == 1, "south has none"
        assert shown.count(post) == 1
    assert 'href="tel:+14165550100"' in visitor.get(address).text
    names = [officials, *(home / "templates" / "letters").glob("exams*")]
    files = {file.relative_to(home).as_posix(): file.read_text() for file in names}
    key = approvals.approve(sqlite, read_content(files), "exams", actor="staff:1")
    with sqlite.write() as tx:
        tx.execute(update(submission).values(approval=key))
    officials.write_text(officials.read_text().replace("1 Example Street", "9 Other Street"))
    moved = Visitor(make_app())
    assert "1 Example Street" in words(moved, address), "as it was when the letter was made"


def test_no_other_way_for_a_trial_or_what_is_erased(
    home: Path, make_app: Callable[..., Flask], visitor: Visitor, sqlite: Store, address: str
) -> None:
    write_campaign(home, "trying", status="trial")
    trying = Visitor(make_app(trial_to="staff@coalition.example"))
    receipt = trying.send("trying").headers["Location"]
    assert "Send it another way" not in trying.get(receipt).text
    with sqlite.write() as tx:
        tx.execute(update(letter_text).values(body=""))
    assert "Send it another way" not in visitor.get(address).text
