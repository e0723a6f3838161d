"""What can be done on the receipt: withdraw, erase, tell whether the offices answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from mailer.db import Store
from mailer.db.schema import letter, submission
from mailer.status import State
from mailer.transports.maildir import Box
from tests.conftest import Clock
from tests.web_public.homes import write_campaign
from tests.web_public.page import Page, Visitor, fields

DAY = 86400.0
ACTS = ("withdraw", "erase", "answered", "links", "asking")
TYPED_WORDS = ("Ann Example", "ann@supporter.example", "A1A", "Let exams be quiet")


def written(visitor: Visitor, slug: str = "exams") -> str:
    return visitor.send(slug).headers["Location"].partition("?")[0]


@pytest.fixture
def path(visitor: Visitor) -> str:
    """Ann's receipt."""
    return written(visitor)


def leave(store: Store, *officials: str, transport: str = "smtp:relay") -> None:
    values = {"state": State.SENT, "sent_at": store.now(), "transport": transport}
    with store.write() as tx:
        these = letter.c.official.in_(officials or ("north", "south"))
        tx.execute(update(letter).where(these).values(**values))


def states(store: Store) -> list[str]:
    with store.read() as tx:
        found = tx.execute(select(letter.c.state).order_by(letter.c.official))
        return list(found.scalars())


def words(page: str) -> str:
    return " ".join(Page(page).words.split())


def test_looking_changes_nothing_and_strangers_forms_are_refused(
    visitor: Visitor, sqlite: Store, path: str
) -> None:
    with sqlite.read() as tx:
        before = [tx.execute(select(table)).all() for table in (submission, letter)]
    for act in ACTS:
        answer = visitor.get(f"{path}/{act}")
        assert answer.status_code in {200, 303}
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert "Set-Cookie" not in answer.headers
        assert visitor.post(f"{path}/{act}", {}, Origin="https://evil.example").status_code == 403
    with sqlite.read() as tx:
        assert [tx.execute(select(table)).all() for table in (submission, letter)] == before


@pytest.mark.parametrize("token", ["0" * 26, "x", "é" * 26, "0" * 20_000, "A" * 26, "%00"])
def test_a_receipt_that_is_not_there_is_said_kindly(visitor: Visitor, token: str) -> None:
    for act in ("", *(f"/{one}" for one in ACTS)):
        answers = [visitor.get(f"/receipt/{token}{act}")]
        answers += [visitor.post(f"/receipt/{token}{act}", {"answered": "yes"})] if act else []
        for answer in answers:
            assert answer.status_code == 404
            assert "There is no receipt at this address" in answer.text
            assert Page(answer.text).links["Find my letters by mail"].startswith("/find")


def test_letters_are_withdrawn_one_by_one(visitor: Visitor, sqlite: Store, path: str) -> None:
    assert Page(visitor.get(path).text).links["Withdraw letters"] == f"{path}/withdraw"
    page = Page(visitor.get(f"{path}/withdraw").text)
    north, south = fields(page)["letter"]
    other_tab = fields(page)
    pressed = visitor.post(f"{path}/withdraw", {"letter": south})
    assert pressed.status_code == 303
    assert states(sqlite) == ["queued", "cancelled"]
    page = Page(visitor.get(pressed.headers["Location"]).text)
    assert fields(page) == {"letter": [north]}
    assert "You took it back before it left. You may write to this office again." in page.words
    leave(sqlite, "north")
    late = visitor.post(f"{path}/withdraw", other_tab)  # it has left meanwhile
    shown = words(visitor.get(late.headers["Location"]).text)
    assert states(sqlite) == ["sent", "cancelled"]
    assert "This is where each letter stands now." in shown
    assert "Accepted by the mail server" in shown
    assert "Withdraw letters" not in visitor.get(path).text
    receipt = words(visitor.get(path).text)
    assert "Your letters have left." in receipt, "what was withdrawn is not called a failure"


def test_none_chosen_is_an_error_beside_the_boxes(visitor: Visitor, path: str) -> None:
    answer = visitor.post(f"{path}/withdraw", {})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.title.startswith("Error: ")
    assert page.errors == [("letter-1", "Choose the letters that are not to leave.")]
    assert "letter-1" in page.ids


def test_whoever_withdrew_can_write_again(visitor: Visitor, sqlite: Store, path: str) -> None:
    page = Page(visitor.get(f"{path}/withdraw").text)
    done = visitor.post(f"{path}/withdraw", fields(page)).headers["Location"]
    page = Page(visitor.get(done).text)
    assert page.title.startswith("Withdrawn")
    assert visitor.get(page.links["Write again"]).status_code == 200
    assert "You withdrew your letters before they left." in visitor.get(path).text
    written(visitor)
    assert sorted(states(sqlite)) == ["cancelled", "cancelled", "queued", "queued"]


def test_letters_that_wait_to_be_confirmed_are_withdrawn_too(
    home: Path, visitor: Visitor, sqlite: Store
) -> None:
    write_campaign(home, "careful", confirm=True)
    path = written(visitor, "careful")
    page = Page(visitor.get(f"{path}/withdraw").text)
    visitor.post(f"{path}/withdraw", fields(page))
    assert set(states(sqlite)) == {"cancelled"}
    assert 'name="code"' not in visitor.get(path).text


def test_the_page_says_what_goes_and_what_stays_before_it_erases(
    visitor: Visitor, sqlite: Store, path: str
) -> None:
    leave(sqlite, "north")
    page = words(visitor.get(f"{path}/erase").text)
    assert "1 letter has not left, and does not leave any more" in page
    assert "1 letter that has left" in page
    french = words(visitor.get(f"{path}/erase?lang=fr").text)
    assert "1 lettre déjà partie" in french
    for _ in range(2):  # two tabs
        pressed = visitor.post(f"{path}/erase", {})
        assert pressed.status_code == 303
        proof = visitor.get(pressed.headers["Location"])
    assert proof.status_code == 200
    said = words(proof.text)
    assert "Your data are erased" in said
    assert "1 letter had left before." in said
    with sqlite.read() as tx:
        key = tx.execute(select(submission.c.id)).scalar_one()
    assert f"{key[:5]}-{key[5:10]}".upper() in said
    assert [word for word in TYPED_WORDS if word in proof.text] == []
    assert states(sqlite) == ["sent", "cancelled"]
    for act in ("withdraw", "erase", "answered"):
        assert visitor.get(f"{path}/{act}").headers["Location"].endswith(path)
    assert visitor.get(f"{path}/letters.pdf").status_code == 404
    assert visitor.post(f"{path}/copy", {}).status_code == 303
    visitor.post(f"{path}/answered", {"answered": "yes"})
    with sqlite.read() as tx:
        assert tx.execute(select(submission.c.answered)).scalar_one() == ""
    assert "Vos données sont effacées" in visitor.get(f"{path}?lang=fr").text


def test_what_was_kept_on_this_machine_goes_too(
    make_app: Callable[..., Flask], sqlite: Store, home: Path
) -> None:
    visitor = Visitor(make_app())
    path = written(visitor)
    with sqlite.read() as tx:
        one = tx.execute(select(letter.c.id).limit(1)).scalar_one()
    kept = home / "var" / "outbox" / "new"
    kept.mkdir(parents=True)
    (kept / f"{one}.mailer").write_text("To: somebody")
    visitor.post(f"{path}/erase", {})
    assert Box(home / "var" / "outbox").names() == []
    assert (home / "var" / "erasures.log").read_text().count("\n") == 1


def test_no_office_is_said_to_have_what_stayed_here(
    make_app: Callable[..., Flask], sqlite: Store
) -> None:
    visitor = Visitor(make_app())
    path = written(visitor)
    leave(sqlite, "north", "south", transport="maildir:var/outbox")
    assert "Only the office" not in words(visitor.get(f"{path}/erase").text)
    visitor.post(f"{path}/erase", {})
    assert "Only the office" not in words(visitor.get(path).text)


def test_nothing_is_erased_that_cannot_be_noted(
    make_app: Callable[..., Flask], sqlite: Store, home: Path
) -> None:
    visitor = Visitor(make_app(journal="officials.yaml/erasures.log"))
    path = written(visitor)
    assert visitor.post(f"{path}/erase", {}).status_code == 503
    assert "Ann Example" in visitor.get(path).text
    assert states(sqlite) == ["queued", "queued"]


def test_everything_of_the_address_takes_a_mail(
    home: Path, visitor: Visitor, sqlite: Store
) -> None:
    write_campaign(home, "careful", confirm=True)
    path = written(visitor)
    assert f'action="{path}/links"' in visitor.get(f"{path}/erase").text
    asked = visitor.post(f"{path}/links", {})
    assert (asked.status_code, asked.headers["Location"]) == (303, "/find/asked")
    assert "Look into your mail" in visitor.get("/find/asked").text
    assert states(sqlite) == ["queued", "queued"]
    waits = visitor.get(f"{written(visitor, 'careful')}/erase").text
    assert "/links" not in waits, "nobody has shown yet that the address is theirs"


def test_did_they_answer(visitor: Visitor, sqlite: Store, clock: Clock, path: str) -> None:
    question = "Did the offices answer?"
    assert question not in visitor.get(path).text
    page = visitor.get(f"{path}/answered").text
    assert "None of your letters has reached an office yet" in page
    leave(sqlite)
    assert question in visitor.get(path).text
    assert "Yes, there was an answer" in words(visitor.get(f"{path}/answered").text)
    for told, said in (("no", "not yet."), ("yes", "yes, there was an answer."), ("yes", "yes,")):
        pressed = visitor.post(f"{path}/answered", {"answered": told})
        assert pressed.status_code == 303
        thanks = words(visitor.get(pressed.headers["Location"]).text)
        assert "Thank you for telling" in thanks
        assert said in thanks
        assert said in visitor.get(path).text
    for wrong in ("", "perhaps", "😀", "y" * 20_001):
        assert visitor.post(f"{path}/answered", {"answered": wrong}).status_code == 400
    with sqlite.read() as tx:
        told_so = tx.execute(select(submission.c.answered, submission.c.answered_at)).one()
    assert tuple(told_so) == ("yes", clock.now)


def test_nobody_answers_letters_that_stayed_here(
    visitor: Visitor, sqlite: Store, path: str
) -> None:
    leave(sqlite, transport="maildir:/srv/outbox")
    assert "Did the offices answer?" not in visitor.get(path).text


def test_not_to_be_asked(
    make_app: Callable[..., Flask], visitor: Visitor, sqlite: Store, clock: Clock, path: str
) -> None:
    leave(sqlite)
    assert re.search(r"We ask you once by mail, about \w+ \d+, \d+\.", visitor.get(path).text)
    for _ in range(2):
        pressed = visitor.post(f"{path}/asking", {})
        assert pressed.headers["Location"].endswith(f"{path}#answers")
        assert "We do not ask you by mail." in visitor.get(path).text
    visitor.post(f"{path}/asking", {"again": "1"})
    assert "We ask you once by mail" in visitor.get(path).text
    silent = Visitor(make_app(answer_days=0)).get(path).text
    assert "Did the offices answer?" in silent
    assert "by mail, about" not in silent
    clock.pass_(15 * DAY)
    assert "by mail, about" not in visitor.get(path).text


def test_why_a_letter_is_held_in_plain_words(
    visitor: Visitor, sqlite: Store, path: str, clock: Clock
) -> None:
    with sqlite.write() as tx:
        held = {"state": State.REVIEW, "reason": "many names at one address"}
        tx.execute(update(letter).values(**held))
        tx.execute(update(submission).values(confirmed_at=clock.now))
    said = words(visitor.get(path).text)
    assert "Several people have written from this email address" in said
    assert "You do not have to do anything." in said
    assert "Withdraw letters" in said
    with sqlite.write() as tx:
        tx.execute(update(letter).values(reason="the hidden field was filled in"))
    said = words(visitor.get(path).text)
    assert "A person of the campaign reads it before it leaves." in said
    assert "hidden" not in said
