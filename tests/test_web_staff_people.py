"""Who may sign in, as administrators look after it; and what stands in the audit of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

import mailer
from mailer import accounts, audit
from mailer.accounts import Account
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import audit_entry, letter_text
from mailer.errors import MailerError
from mailer.web import create_app
from mailer.web.staff.letters import DECISIONS
from tests.conftest import Clock
from tests.staff_browser import EMAIL, PASSWORD, Browser, member
from tests.web_public.homes import write_home
from tests.web_public.unions import write_coalition

ADMIN = "ann@coalition.example"
NEW = "new@coalition.example"


@pytest.fixture
def store(new_sqlite: Callable[[], str], clock: Clock) -> Iterator[Store]:
    """One engine is enough here: accounts themselves are tested on both."""
    opened = Store(new_sqlite(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = write_home(tmp_path / "small")
    write_coalition(folder)
    return folder


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def admin(app: Flask, store: Store) -> Browser:
    member(store, ADMIN, "admin")
    browser = Browser(app)
    browser.enter(ADMIN)
    return browser


def invite(browser: Browser, **typed: str) -> tuple[int, str]:
    form = {"email": NEW, "role": "viewer", **typed}
    answer = browser.post("/staff/people/invite", form, page="/staff/people/")
    return answer.status_code, answer.text


def act(browser: Browser, one: Account, name: str, **typed: str) -> str:
    """Do something with an account; the page that says what came of it."""
    page = f"/staff/people/{one.id}"
    answer = browser.post(f"{page}/{name}", typed, page=page)
    return answer.text if answer.status_code != 303 else browser.get(answer.location).text


def texts(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        rows = tx.execute(select(letter_text.c.to_address, letter_text.c.body)).all()
    return [(row.to_address, row.body) for row in rows]


def test_an_invitation_is_shown_once_and_mailed(app: Flask, admin: Browser, store: Store) -> None:
    status, page = invite(admin, role="organizer", mail="yes")
    assert status == 200
    found = re.search(r"/staff/invitation/([\w-]+)", page)
    assert found
    assert [(to, found[1] in body) for to, body in texts(store)] == [(NEW, True)]
    assert found[1] not in admin.get("/staff/people/").text
    assert "invited, no password yet" in admin.get("/staff/people/").text
    form = {"new": PASSWORD, "again": PASSWORD}
    assert Browser(app).post(f"/staff/invitation/{found[1]}", form).status_code == 303
    made = next(one for one in accounts.list_accounts(store) if one.email == NEW)
    assert (made.role, made.pending) == ("organizer", False)
    status, page = invite(admin)
    assert status == 422
    assert "has an account already" in page


def test_a_double_click_is_one_invitation(app: Flask, admin: Browser, store: Store) -> None:
    once = re.search(r'name="once" value="([0-9a-f]{32})"', admin.get("/staff/people/").text)
    assert once
    pages = [invite(admin, mail="yes", once=once[1])[1] for _ in range(2)]
    links = [re.search(r"/staff/invitation/([\w-]+)", page) for page in pages]
    assert links[0]
    assert links[1]
    assert links[0][1] == links[1][1]
    assert len(texts(store)) == 1
    invited = audit.page(store, audit.Wanted(act="account.invite", actor=own(store)), 9).entries
    assert len(invited) == 1
    other = invite(admin, mail="yes", once=once[1], email="lee@coalition.example")[1]
    assert links[0][1] not in other
    form = {"new": PASSWORD, "again": PASSWORD}
    assert Browser(app).post(f"/staff/invitation/{links[0][1]}", form).status_code == 303


def own(store: Store) -> str:
    return next(one.id for one in accounts.list_accounts(store) if one.email == ADMIN)


def test_without_the_tick_nothing_is_mailed(admin: Browser, store: Store) -> None:
    assert invite(admin)[0] == 200
    assert texts(store) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": ""}, "Enter an email address"),
        ({"email": "😀"}, "Enter an email address"),
        ({"email": f"{'x' * 20_001}@x.example"}, "Enter an email address"),
        ({"role": "boss"}, "Choose a role"),
        ({"role": ""}, "Choose a role"),
        ({"role": "partner"}, "Choose the organisation"),
        ({"role": "partner", "organisation": "nobody"}, "Choose the organisation"),
        ({"role": "admin", "organisation": "union"}, "Only a partner has an organisation"),
    ],
)
def test_a_wrong_invitation_says_why_and_keeps_what_was_typed(
    admin: Browser, store: Store, typed: dict[str, str], said: str
) -> None:
    status, page = invite(admin, **typed)
    assert status == 422
    assert said in page
    assert "<title>Error: " in page
    kept = typed.get("email", NEW)
    assert not kept or f'value="{kept}"' in page
    assert len(accounts.list_accounts(store)) == 1


def test_roles_change_at_once_and_partners_get_their_part(
    app: Flask, admin: Browser, store: Store
) -> None:
    kim, browser = member(store), Browser(app)
    browser.enter()
    assert browser.get("/staff/audit/").status_code == 403
    assert "The role is changed" in act(admin, kim, "role", role="admin")
    assert browser.get("/staff/audit/").status_code == 200
    part = {"role": "partner", "organisation": "union", "campaign": "exams"}
    assert "The role is changed" in act(admin, kim, "role", **part)
    assert browser.get("/staff/").status_code == 403
    found = accounts.find(store, kim.id)
    assert found
    assert (found.organisation, found.campaigns) == ("union", ("exams",))
    assert "Choose the organisation" in act(admin, kim, "role", role="partner")


def test_shutting_signs_out_at_once_and_inviting_opens_again(
    app: Flask, admin: Browser, store: Store
) -> None:
    kim, browser = member(store), Browser(app)
    browser.enter()
    page = act(admin, kim, "disable")
    assert "The account is shut" in page
    assert not browser.signed_in()
    assert browser.sign_in().status_code == 422
    assert invite(admin, email=EMAIL)[0] == 200


def test_an_admin_ends_sessions_and_starts_resets_but_chooses_no_password(
    app: Flask, admin: Browser, store: Store
) -> None:
    kim, browser = member(store), Browser(app)
    browser.enter()
    assert "signed out everywhere" in act(admin, kim, "sign-out")
    assert not browser.signed_in()
    page = act(admin, kim, "reset")
    assert "waits to be mailed" in page
    ((to, body),) = texts(store)
    token = body.partition("/staff/reset/")[2].split()[0]
    assert (to, token in page) == (EMAIL, False)
    assert browser.sign_in().status_code == 303, "the old password works until there is another"
    assert "Nothing was changed" in act(admin, kim, "reset")
    assert "Nothing was changed" in act(admin, kim, "remove-factor")
    assert 'type="password"' not in admin.get(f"/staff/people/{kim.id}").text


def test_nobody_shuts_or_changes_themselves_or_the_last_administrator(
    app: Flask, admin: Browser, store: Store
) -> None:
    own = next(one for one in accounts.list_accounts(store) if one.email == ADMIN)
    page = f"/staff/people/{own.id}"
    for name in ("role", "disable", "sign-out"):
        answer = admin.post(f"{page}/{name}", {"role": "viewer"}, page="/staff/account")
        assert answer.status_code == 403
    second = member(store, role="admin")
    browser = Browser(app)
    browser.enter()
    accounts.disable(store, EMAIL)
    accounts.set_role(store, EMAIL, "admin")
    assert own.id != second.id
    with pytest.raises(MailerError, match="last administrator"):
        accounts.disable(store, own.id, actor=second.id)
    assert accounts.disable(store, own.id), "the command line may"


@pytest.mark.parametrize("path", ["nobody", "nobody/disable", "nobody/role", "x%00y", "😀"])
def test_who_is_not_there_is_not_found(admin: Browser, path: str) -> None:
    if "/" in path:
        answer = admin.post(f"/staff/people/{path}", {"role": "viewer"}, page="/staff/people/")
    else:
        answer = admin.get(f"/staff/people/{path}")
    assert answer.status_code == 404


def test_an_act_that_does_not_exist_is_not_found(admin: Browser, store: Store) -> None:
    page = f"/staff/people/{member(store).id}"
    assert admin.post(f"{page}/promote", page=page).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "moderator", "organizer"])
def test_people_and_audit_are_for_administrators(app: Flask, store: Store, role: str) -> None:
    member(store, role=role)
    browser = Browser(app)
    browser.enter()
    for path in ("/staff/people/", "/staff/audit/"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "Not open to your role" in answer.text
        assert path not in browser.get("/staff/account").text
    answer = browser.post("/staff/people/invite", {"email": NEW}, page="/staff/account")
    assert answer.status_code == 403
    assert len(accounts.list_accounts(store)) == 1


def test_the_audit_tells_of_a_day_by_ids_alone(app: Flask, admin: Browser, store: Store) -> None:
    kim = member(store)
    Browser(app).sign_in(EMAIL, "not the password")
    Browser(app).sign_in("nobody@coalition.example", "not the password")
    browser = Browser(app)
    browser.enter()
    browser.post("/staff/search", {"query": "zoe@supporter.example"}, page="/staff/letters/")
    browser.post("/staff/sign-out", page="/staff/account")
    act(admin, kim, "role", role="moderator")
    with store.read() as tx:
        kept = tx.execute(select(audit_entry).order_by(audit_entry.c.number)).all()
    assert "@" not in repr(kept)
    said = [(row.actor, row.act, row.subject) for row in kept if row.actor != audit.COMMAND]
    assert (audit.STRANGER, "sign-in.failed", kim.id) in said
    assert (audit.STRANGER, "sign-in.failed", "") in said
    for one in ("sign-in", "sign-out"):
        assert (kim.id, one, kim.id) in said
    assert any(who == kim.id and what == "letter.search" for who, what, _ in said)
    changed = kept[-1]
    assert (changed.act, changed.subject) == ("account.role", kim.id)
    assert changed.details == '{"before": "viewer", "role": "moderator"}'
    page = admin.get("/staff/audit/").text
    assert "Changed a role" in page
    assert EMAIL in page, "staff are named to administrators"
    assert not audit.verify(store).wrong


def test_the_audit_is_filtered_and_goes_by_pages(admin: Browser, store: Store) -> None:
    for number in range(120):
        with store.write() as tx:
            audit.record(
                tx, now=store.now(tx), actor=audit.WORKER, act="letter.look",
                subject=f"one{number % 2}",
            )  # fmt: skip
    first = admin.get("/staff/audit/").text
    assert first.count('class="ref"') == 50
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = admin.get(older[1]).text
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer
    assert admin.get(newer[1]).text.count('class="ref"') == 50
    assert "sign-in" not in admin.get("/staff/audit/?act=letter").text.partition("<table")[2]
    some = admin.get("/staff/audit/?actor=worker&subject=one1&act=letter.look").text
    assert "one0" not in some
    assert "subject=one1" in some
    assert "No entry fits" in admin.get("/staff/audit/?subject=nothing").text
    for odd in ("before=x", "before=9" + "9" * 40, "after=-1", "actor=%00", "act=😀" * 200):
        assert admin.get(f"/staff/audit/?{odd}").status_code == 200


def test_every_act_is_told_in_words() -> None:
    house = Path(mailer.__file__).parent
    code = "\n".join(file.read_text(encoding="utf-8") for file in house.rglob("*.py"))
    acts = set(re.findall(r'(?:act=|record\(\s*tx, |shows_people\()"([a-z.-]+)"', code))
    acts |= {f"letter.{decision}" for decision in DECISIONS} | {"lane.pause", "lane.resume"}
    words = (house.parent / "templates" / "staff" / "audit_words.html").read_text(encoding="utf-8")
    assert len(acts) > 40
    assert not {act for act in acts if f'act == "{act}"' not in words}
