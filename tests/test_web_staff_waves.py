"""A wave of forged letters, as staff stop it from one of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from mailer import audit, sendlog
from mailer.audit import Wanted
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import submission
from mailer.review import THROWAWAY
from mailer.status import State
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import campaign
from tests.staff_browser import Browser, member
from tests.staff_letters import hand_over, write

HERE, ELSEWHERE = "198.51.100.7/32", "203.0.113.7/32"


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: what a wave is asks the database in tests/test_review.py."""
    return new_sqlite()


@pytest.fixture
def enter(settings: Settings, store: Store) -> Callable[[str], Browser]:
    """Signs somebody of a role in."""

    def sign_in(role: str) -> Browser:
        member(store, role=role)
        browser = Browser(create_app(settings, store))
        browser.enter()
        return browser

    return sign_in


def words(text: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", text).split())


def counted(page: str) -> dict[str, str]:
    """What the page's form holds, as it was counted."""
    return dict(re.findall(r'<input type="hidden" name="(hours|until)" value="([^"]+)"', page))


def test_a_wave_is_counted_before_and_stopped_after(
    enter: Callable[[str], Browser], store: Store, clock: Clock
) -> None:
    first = write(store, 0, network=HERE)
    hand_over(store, clock)
    for number in (1, 2):
        write(store, number, network=HERE, hold=THROWAWAY)
    write(store, 3, network=ELSEWHERE)
    write(store, 4, network=HERE, about=campaign(slug="other"))
    staff = enter("moderator")
    clock.pass_(60)
    submission_page = f"/staff/submissions/{first.id}"
    page = f"{submission_page}/wave"
    assert f'href="{page}"' in staff.get(submission_page).text
    shown = staff.get(page).text
    assert "From the same network · 3 submissions" in words(shown)
    assert "5 letters would be stopped; 1 has left or may have, and would be marked." in words(
        shown
    )
    assert "Held for the same reason" not in shown
    before = sendlog.counts(store)
    for typed, error in (
        ({"what": "network"}, "Tick that you mean it"),
        ({"sure": "yes"}, "Choose which letters"),
        ({"what": "held", "sure": "yes"}, "Choose which letters"),
        ({"what": "network", "sure": "yes", "why": "ann@x.example"}, "Leave addresses out"),
        ({"what": "network", "sure": "yes", "why": "x" * 201}, "Say it in 200 characters"),
    ):
        answer = staff.post(page, typed)
        assert (answer.status_code, error in words(answer.text)) == (422, True)
    assert sendlog.counts(store) == before
    clock.pass_(60)
    late = write(store, 5, network=HERE)  # nobody has looked at it
    typed = {"what": "network", "sure": "yes", "why": "one machine", **counted(shown)}
    done = staff.get(staff.post(page, typed).location).text
    told = "Submissions: 3; letters stopped: 5; gone before, and marked: 1."
    assert told in words(done)
    assert sendlog.counts(store)[State.CANCELLED] == 5
    with store.read() as tx:
        left = tx.execute(select(submission.c.id).where(submission.c.invalid_at.is_(None)))
        assert late.id in set(left.scalars())
    (act,) = [one for one in audit.page(store, Wanted(), 10).entries if "wave" in one.act]
    assert (act.count, act.details["why"]) == (3, "one machine")


def test_what_is_held_for_one_reason_goes_together(
    enter: Callable[[str], Browser], store: Store, clock: Clock
) -> None:
    one, _ = write(store, 1, hold=THROWAWAY), write(store, 2, hold=THROWAWAY)
    write(store, 3, hold="held by staff")
    clock.pass_(7200)
    write(store, 4, hold=THROWAWAY)
    staff = enter("organizer")
    page = f"/staff/submissions/{one.id}/wave"
    assert "Held for the same reason · 3 submissions" in words(staff.get(page).text)
    assert "Held for the same reason · 1 submission " in words(staff.get(f"{page}?hours=1").text)
    for nonsense in ("hours=999999", "hours=%00", "hours=-1", "of=x&stopped=é&left=%F0%9F%98%80"):
        assert "Held for the same reason · 3" in words(staff.get(f"{page}?{nonsense}").text)
    typed = {"what": "held", "sure": "yes", "until": "nan", "hours": "24"}
    assert "Submissions: 3" in words(staff.get(staff.post(page, typed).location).text)
    assert "Nothing is left to stop or to mark." in words(staff.get(page).text)
    for late in ({}, {"what": "nonsense", "sure": "yes"}, {"why": "x" * 201}):
        again = staff.post(page, late)  # from a page that was open before
        assert again.status_code == 422
        assert "Nothing is left to stop or to mark." in words(again.text)


def test_only_who_decides_may_stop_one(
    enter: Callable[[str], Browser], store: Store
) -> None:  # fmt: skip
    made = write(store, 1)
    viewer = enter("viewer")
    page = f"/staff/submissions/{made.id}"
    assert "Is it forged?" not in viewer.get(page).text
    assert viewer.get(f"{page}/wave").status_code == 403
    assert viewer.post(f"{page}/wave", page="/staff/account").status_code == 403


@pytest.mark.parametrize("wrong", ["0" * 26, "x", "%00", "é" * 26])
def test_a_submission_that_is_not_there_has_no_wave(
    enter: Callable[[str], Browser], wrong: str
) -> None:
    assert enter("admin").get(f"/staff/submissions/{wrong}/wave").status_code == 404
