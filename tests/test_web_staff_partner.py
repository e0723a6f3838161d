"""What a partner sees: its own numbers and its own consenting people, and nothing else at all."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from mailer import accounts, audit
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import consent, letter, submission
from mailer.submissions import accept, erasing
from mailer.web import create_app
from mailer.web.staff import roles
from tests.conftest import Clock
from tests.factories import campaign as about
from tests.factories import draft, supporter
from tests.staff_browser import EMAIL, Browser, member
from tests.web_public.homes import write_campaign, write_home
from tests.web_public.unions import write_coalition

PAGE = "/staff/partner/"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = write_home(tmp_path / "small")
    write_coalition(folder)
    write_campaign(folder, "work")
    return folder


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


def partner(app: Flask, store: Store, organisation: str, *campaigns: str) -> Browser:
    member(store)
    accounts.set_role(store, EMAIL, "partner", organisation=organisation, campaigns=campaigns)
    browser = Browser(app)
    browser.enter()
    return browser


def agree(
    store: Store, name: str, organisation: str, campaign: str = "exams", *, at: float = 0.0,
    email: str = "",
) -> str:  # fmt: skip
    """Somebody who wrote and agreed; the id of their submission."""
    address = email or f"{re.sub('[^a-z0-9]', '', name.lower())}@supporter.example"
    before = known(store)
    accept(store, draft(supporter(name=name, email=address), about(slug=campaign)))
    (made,) = known(store) - before
    values = {"submission": made, "organisation": organisation, "wording": "w", "at": at}
    with store.write() as tx:
        tx.execute(insert(consent).values(values))
        tx.execute(update(submission).where(submission.c.id == made).values(confirmed_at=1.0))
    return made


def known(store: Store) -> set[str]:
    with store.read() as tx:
        return set(tx.execute(select(submission.c.id)).scalars())


def table(browser: Browser) -> list[list[str]]:
    answer = browser.get(f"{PAGE}people.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))[1:]


def test_a_partner_sees_its_own_people_and_nobody_elses(
    app: Flask, store: Store, tmp_path: Path
) -> None:
    agree(store, "Own Example", "union", at=5.0)
    agree(store, "Other Example", "guild", at=6.0)
    took_back = agree(store, "Gone Example", "union", at=7.0)
    agree(store, "Erased Example", "union", at=8.0)
    agree(store, "Elsewhere Example", "union", "other", at=9.0)
    nobody = agree(store, "Unconfirmed Example", "union", at=10.0)
    with store.write() as tx:
        theirs = consent.c.submission == took_back
        tx.execute(update(consent).where(theirs).values(withdrawn_at=9.0))
        open_ = submission.c.id == nobody
        tx.execute(update(submission).where(open_).values(confirmed_at=None))
        tx.execute(update(letter).where(letter.c.submission == nobody).values(person=None))
    erasing.forget(store, "erasedexample@supporter.example", file=tmp_path / "erasures.log")
    browser = partner(app, store, "union")
    page = browser.get(PAGE).text
    assert "Own Example" in page
    assert not any(name in page for name in ("Other", "Gone", "Erased", "Elsewhere", "Unconfirmed"))
    assert [row[0] for row in table(browser)] == ["Own Example"]


def test_whoever_agreed_twice_is_listed_once(app: Flask, store: Store) -> None:
    for at in (5.0, 6.0, 7.0):
        agree(store, "Ann Example", "union", at=at)
    agree(store, "Ben Example", "union", at=1.0)
    browser = partner(app, store, "union")
    assert [row[0] for row in table(browser)] == ["Ann Example", "Ben Example"]
    shown = re.sub(r"<[^>]+>", " ", browser.get(PAGE).text)
    assert re.search(r"Agree to it\s+2\b", shown)


def test_the_table_holds_no_formulas_and_the_audit_knows_of_it(
    app: Flask, store: Store, clock: Clock
) -> None:
    agree(store, "Ann Example", "union", at=clock.now)
    with store.write() as tx:
        tx.execute(update(submission).values(name='=HYPERLINK("http://x")', postal_code="+1"))
    browser = partner(app, store, "union")
    ((name, email, code, campaign, _, at),) = table(browser)
    assert (name[0], code[0]) == ("'", "'")
    assert (email, campaign) == ("annexample@supporter.example", "exams")
    assert at == "2027-01-15 08:00:00"
    found = audit.page(store, audit.Wanted(act="partner"), 9).entries
    assert (found[0].act, found[0].subject, found[0].count) == ("partner.export", "union", 1)
    browser.get(PAGE)
    found = audit.page(store, audit.Wanted(act="partner"), 9).entries
    assert found[0].act == "partner.list"


def test_many_people_go_by_pages(app: Flask, store: Store) -> None:
    first = agree(store, "Ann Example", "union", at=1.0)
    with store.write() as tx:
        row = dict(tx.execute(select(submission).where(submission.c.id == first)).one()._mapping)
        for number in range(60):
            own = {"id": f"s{number:025}", "receipt": f"r{number}", "person": f"p{number}"}
            tx.execute(insert(submission).values(**{**row, **own, "name": f"Zoë {number}"}))
            values = {"submission": own["id"], "organisation": "union", "wording": "w", "at": 2.0}
            tx.execute(insert(consent).values(values))
    browser = partner(app, store, "union")
    page = browser.get(PAGE).text
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older
    rest = browser.get(older[1]).text
    names = [set(re.findall(r"Zoë \d+|Ann Example", one)) for one in (page, rest)]
    assert (len(names[0]), len(names[1])) == (50, 11)
    assert not names[0] & names[1]
    assert len(table(browser)) == 61
    for odd in ("x", "1-", "-1-a", "9" * 400 + "-a", "1.0-😀", "nan-a"):
        assert browser.get(f"{PAGE}?before={odd}").status_code == 200


def test_an_account_may_be_for_some_campaigns_only(app: Flask, store: Store) -> None:
    agree(store, "Ann Example", "union", "exams", at=5.0)
    browser = partner(app, store, "union", "work")
    assert "Ann Example" not in browser.get(PAGE).text
    assert table(browser) == []


def test_without_an_organisation_there_is_nothing_to_see(app: Flask, store: Store) -> None:
    agree(store, "Ann Example", "union", at=5.0)
    browser = partner(app, store, "")
    assert "No campaign names your organisation" in browser.get(PAGE).text
    assert table(browser) == []


def test_every_other_view_is_shut_to_a_partner(app: Flask, store: Store) -> None:
    browser = partner(app, store, "union")
    tried = 0
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("staff."):
            continue
        view = app.view_functions[rule.endpoint]
        path = re.sub(r"<[^>]+>", "some", rule.rule)
        open_ = roles.may("partner", view)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            if open_:
                continue
            tried += 1
            answer = browser.client.open(path, method=method)
            assert answer.status_code in {403, 404}, f"{method} {path}: {answer.status}"
    assert tried > 15
    mine = {
        name for name, view in app.view_functions.items()
        if name.startswith("staff.") and roles.may("partner", view)
        and not roles.may("viewer", view)
    }  # fmt: skip
    assert mine == {"staff.partner", "staff.partner_people"}


def test_signing_in_leads_to_the_own_page(app: Flask, store: Store) -> None:
    member(store, role="partner")
    assert Browser(app).sign_in().location == PAGE


def test_nobody_else_opens_a_partners_pages(app: Flask, store: Store) -> None:
    for number, role in enumerate(("viewer", "admin")):
        email = f"a{number}@coalition.example"
        member(store, email, role)
        browser = Browser(app)
        browser.enter(email)
        for path in (PAGE, f"{PAGE}people.csv"):
            assert browser.get(path).status_code == 403
