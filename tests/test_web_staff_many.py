"""Acts on many letters and the review queue, as staff meet them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from mailer import audit, bulk, sendlog
from mailer.config import Settings
from mailer.db import Store, schema
from mailer.status import State
from mailer.submissions import accept, restoring
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter
from tests.staff_browser import Browser, member
from tests.staff_letters import write


@pytest.fixture
def staff(settings: Settings, store: Store) -> Browser:
    member(store, role="moderator")
    browser = Browser(create_app(settings, store))
    browser.enter()
    return browser


def words(text: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", text).split())


def test_letters_are_counted_before_and_changed_after(
    staff: Browser, store: Store, clock: Clock
) -> None:
    write(store, 1, hold="a look")
    write(store, 2, hold="a look", about=campaign(slug="other"))
    clock.pass_(1)
    log = staff.get("/staff/letters/?campaign=exams").text
    assert 'href="/staff/many/new?campaign=exams"' in log
    form = staff.get("/staff/many/new?campaign=exams").text
    assert "Let held letters leave: 2" in words(form)
    assert "Campaign: exams" in words(form)
    assert staff.post("/staff/many/new?campaign=exams").status_code == 422
    answer = staff.post("/staff/many/new?campaign=exams", {"act": "release"})
    assert answer.status_code == 303
    assert "The letters are being counted." in words(staff.get(answer.location).text)
    bulk.step(store, delivers=False)
    done = words(staff.get(answer.location).text)
    assert "Done. 2 letters changed" in done
    assert sendlog.counts(store) == {State.QUEUED: 2, State.REVIEW: 2}
    assert "Let held letters leave" in words(staff.get("/staff/many/").text)
    noted = words(staff.get("/staff/letters/?campaign=exams").text)
    assert "2 letters fit." in noted


def test_an_act_is_stopped_by_its_button(staff: Browser, store: Store, clock: Clock) -> None:
    write(store, 1)
    clock.pass_(1)
    page = staff.post("/staff/many/new", {"act": "hold"}).location
    assert "See how far it is" in words(staff.get("/staff/").text)
    answer = staff.post(f"{page}/stop", page=page)
    assert "Stopped: what it had done stays done. 0 letters changed" in words(
        staff.get(answer.location).text
    )
    assert not bulk.step(store, delivers=False)


@pytest.mark.parametrize("ends", ["done", "stopped", "restored"])
def test_an_act_that_is_over_keeps_no_district(
    staff: Browser, store: Store, clock: Clock, ends: str
) -> None:
    """A supporter may have typed anything for it."""
    who = supporter(district="Zebedee Quillfeather")
    accept(store, draft(who))
    accept(store, draft(supporter(name="Ben", email="b@supporter.example")))
    clock.pass_(1)
    page = staff.post("/staff/many/new?district=Zebedee+Quillfeather", {"act": "hold"}).location
    assert "District: Zebedee Quillfeather" in words(staff.get(page).text)
    if ends == "done":
        bulk.step(store, delivers=False)
        assert sendlog.counts(store) == {State.QUEUED: 2, State.REVIEW: 2}
    elif ends == "stopped":
        staff.post(f"{page}/stop", page=page)
    else:
        with store.write() as tx:
            restoring.settle(tx, why="a test", actor="command", now=clock.now)
    shown = staff.get(page).text
    assert "District: not kept once the act is over" in words(shown)
    assert "Zebedee" not in shown
    assert "See the letters" not in shown, "nobody knows any more which those are"
    with store.read() as tx:
        assert "Zebedee" not in repr(tx.execute(select(schema.bulk)).all())
    undo = re.search(r'action="(/staff/many/[a-z0-9]+/undo)"', shown)
    if ends == "done":
        assert undo
        staff.post(undo[1], page=page)
        bulk.step(store, delivers=False)
        assert sendlog.counts(store) == {State.QUEUED: 4}


def test_what_cannot_be_undone_is_to_be_meant(staff: Browser, store: Store, clock: Clock) -> None:
    write(store, 1)
    clock.pass_(1)
    wrong = staff.post("/staff/many/new", {"act": "cancel"})
    assert wrong.status_code == 422
    assert "Tick that you mean it" in words(wrong.text)
    assert 'value="cancel" checked' in wrong.text
    answer = staff.post("/staff/many/new", {"act": "cancel", "sure": "yes"})
    assert answer.status_code == 303
    while bulk.step(store, delivers=False):
        pass
    done = staff.get(answer.location).text
    assert "Done. 2 letters changed" in words(done)
    assert "Undo it" not in done
    assert sendlog.counts(store) == {State.CANCELLED: 2}


def test_an_act_is_taken_back_by_its_button(staff: Browser, store: Store, clock: Clock) -> None:
    write(store, 1)
    clock.pass_(1)
    page = staff.post("/staff/many/new", {"act": "hold"}).location
    bulk.step(store, delivers=False)
    assert "Undo it: 2 letters still stand as it left them" in words(staff.get(page).text)
    answer = staff.post(f"{page}/undo", page=page)
    bulk.step(store, delivers=False)
    assert "Done. 2 letters changed" in words(staff.get(answer.location).text)
    assert sendlog.counts(store) == {State.QUEUED: 2}
    assert "It was taken back: see how far" in words(staff.get(page).text)
    (noted,) = audit.page(store, audit.Wanted(act="bulk.undo"), 9).entries
    assert (noted.count, noted.details["of"]) == (2, page.rpartition("/")[2])


@pytest.mark.parametrize("asked", ["?day=2027-01-15", "?district=North", "?role=x&state=queued"])
def test_narrow_filters_are_counted_one_by_one(staff: Browser, store: Store, asked: str) -> None:
    write(store, 1)
    shown = words(staff.get(f"/staff/many/new{asked}").text)
    expected = "Hold letters that wait to leave: 2" if "day" in asked else "There is nothing to do"
    assert expected in shown


@pytest.mark.parametrize("wrong", ["nothing", "0" * 26, "%00", "x" * 20001, "a%20b"])
def test_an_act_that_is_none_is_not_found(staff: Browser, wrong: str) -> None:
    assert staff.get(f"/staff/many/{wrong}").status_code == 404


def test_the_review_queue_goes_from_the_oldest_on(
    staff: Browser, store: Store, clock: Clock
) -> None:
    for number in range(3):
        write(store, number, hold="many names at one address", to=recipients(1))
        clock.pass_(60)
    first = staff.get("/staff/review/").text
    assert "Zoë Supporter 0" in first
    assert "More than two people have written from this email address." in words(first)
    assert "3 letters are held; the oldest comes first." in words(first)
    passed = re.search(r'data-key="n" href="([^"]+)"', first)
    assert passed
    second = staff.get(passed[1].replace("&amp;", "&")).text
    assert "Zoë Supporter 1" in second
    button = re.search(r'action="(/staff/review/[0-9a-z]{26})/leave"', second)
    place = re.search(r'name="after" value="([^"]+)"', second)
    assert button
    assert place
    answer = staff.post(f"{button[1]}/leave", {"after": place[1]}, page="/staff/review/")
    third = staff.get(answer.location).text
    assert "Done: it leaves in its turn." in words(third)
    assert "Zoë Supporter 2" in third
    again = staff.post(f"{button[1]}/leave", {"after": place[1]}, page="/staff/review/")
    assert "Nothing was changed" in words(staff.get(again.location).text)
    gone = re.search(r'action="(/staff/review/[0-9a-z]{26})/withdraw"', third)
    last = re.search(r'name="after" value="([^"]+)"', third)
    assert gone
    assert last
    answer = staff.post(f"{gone[1]}/withdraw", {"after": last[1]}, page="/staff/review/")
    assert "You have been through all of them." in words(staff.get(answer.location).text)
    assert sendlog.counts(store) == {State.QUEUED: 1, State.REVIEW: 1, State.CANCELLED: 1}


def test_an_empty_queue_says_so(staff: Browser) -> None:
    assert "No letter is held." in words(staff.get("/staff/review/?after=nonsense").text)
    assert (
        staff.get("/staff/review/?after=1.0_%00&campaign=%00&done=leave&letter=x").status_code
        == 200
    )
