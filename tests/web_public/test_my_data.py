"""My data: everything that is kept of a mailbox, for its owner, and for staff who answer them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from mailer import addresses, privacy
from mailer.cli import main
from mailer.db import Store
from mailer.db.schema import audit_entry
from mailer.i18n import LANGUAGES
from mailer.privacy import Told
from mailer.submissions import data_links, finding, own_data
from tests.conftest import Clock
from tests.factories import SENDER
from tests.web_public import planted
from tests.web_public.page import Page, Visitor, fields
from tests.web_public.planted import EMAIL, NAME, everything, of_supporters

DAY = 86400.0
KEY = "k" * 40
MakeApp = Callable[..., Flask]


@pytest.fixture
def app(make_app: MakeApp, home: Path, store: Store) -> Flask:
    planted.home(home)
    return make_app(store)


@pytest.fixture
def receipt(app: Flask, store: Store, clock: Clock) -> str:
    return planted.fill(app, store, clock.now)


def test_my_data_is_all_that_the_map_tells(receipt: str, store: Store) -> None:
    rows = of_supporters(everything(store))
    with store.read() as tx:
        key = addresses.mailbox_key(EMAIL, store.pepper(tx))
    told = json.dumps(own_data.of_mailbox(store, key, owner=True).as_json())
    answered = json.dumps(own_data.of_address(store, EMAIL, actor="command").as_json())
    for table, columns in privacy.TABLES.items():
        for name, one in columns.items():
            values = {str(row[name]) for row in rows[table] if isinstance(row[name], str)}
            values = {json.dumps(value)[1:-1] for value in values if len(value) > 20}
            if one.topic in privacy.PUBLIC and table not in {"news", "bucket"}:
                missing = [value for value in values if value not in told]
                assert not missing or one.told is Told.NO, (table, name, missing)
            if one.told is Told.OWNER:
                assert not [value for value in values if value in answered], (table, name)
            if "never told" in one.why or name in {"receipt", "token"}:
                assert not [value for value in values if f'"{value}"' in told], (table, name)
                assert not [value for value in values if value in answered], (table, name)
    assert "/receipt/" not in answered, "no link that speaks for its owner"
    with store.read() as tx:
        entry = tx.execute(select(audit_entry).where(audit_entry.c.act == "data.answer")).one()
    assert (entry.actor, entry.subject, entry._mapping["count"]) == ("command", key, 2)


def _mailed(store: Store, clock: Clock, email: str = EMAIL) -> str:
    with store.read() as tx:
        key = addresses.mailbox_key(email, store.pepper(tx))
    return data_links.link("", [KEY], key, clock.now)


def test_the_mail_leads_to_it(make_app: MakeApp, sqlite: Store) -> None:
    visitor = Visitor(make_app())
    visitor.send("exams")
    visitor.post("/find", {"email": "ann@supporter.example"})
    assert finding.answer(sqlite, SENDER, [KEY]) == 1
    bodies = [row["body"] for row in everything(sqlite)["letter_text"]]
    lines = [line for body in bodies for line in body.splitlines()]
    link = next(line for line in lines if "/data/" in line).removeprefix(SENDER.url)
    assert "Let exams be quiet." in visitor.get(link).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_shows_it_and_hands_it_out(
    app: Flask, receipt: str, store: Store, clock: Clock
) -> None:
    visitor, link = Visitor(app), _mailed(store, clock)
    before = everything(store)
    for language in LANGUAGES:
        shown = visitor.get(f"{link}?lang={language}")
        assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
        page = Page(shown.text)
        for word in (NAME, EMAIL, "K7Z 9R9", planted.OWN, planted.OFFICE_SAYS):
            assert word in page.words
    assert everything(store) == before, "looking changes nothing"
    taken = visitor.post(link, fields(page))
    assert taken.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert taken.headers["Cache-Control"] == "no-store"
    told = json.loads(taken.text)
    assert told["submission"][0]["name"] == NAME
    assert set(told["fields"]) >= {"submission.name", "consent.organisation"}
    acts = [(row["act"], row["actor"]) for row in everything(store)["audit_entry"]]
    assert ("data.own", "supporter") in acts


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_other_link_opens_it(app: Flask, store: Store, clock: Clock) -> None:
    visitor, link = Visitor(app), _mailed(store, clock)
    visitor.send("quiet", **planted.TYPED)
    token = link.removeprefix(data_links.PLACE)
    assert "Nothing is kept" in visitor.get(_mailed(store, clock, "other@s.example")).text
    for wrong in ("x", token[:-1], token + "x", token.upper(), "é" * 200, "a" * 20_001):
        assert visitor.get(data_links.PLACE + wrong).status_code == 404
        assert visitor.post(data_links.PLACE + wrong, {}).status_code == 404
    assert visitor.get(f"/erase/{token}").status_code == 404, "one purpose, one link"
    clock.pass_(DAY)
    for late in (visitor.get(link), visitor.post(link, {})):
        assert (late.status_code, NAME in late.text) == (410, False)
        assert "This link is over" in late.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_staff_answer_with_a_command(home: Path, receipt: str, database_url: str) -> None:
    def run(*words: str) -> Any:
        env = {"MAILER_HOME": str(home), "MAILER_DATABASE_URL": database_url}
        with chdir(home):
            return CliRunner().invoke(main, ["data", *words], env=env)

    told = run(EMAIL)
    assert json.loads(told.stdout)["submission"][0]["email"] == EMAIL
    filed = run(EMAIL, "--to", "answer.json")
    assert (filed.exit_code, filed.stdout) == (0, "")
    assert (home / "answer.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((home / "answer.json").read_text())["submission"]
    nobody = run("nobody@supporter.example")
    assert (nobody.exit_code, nobody.stdout) == (0, "")
    wrong = run("nonsense")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "the address has no @ sign" in wrong.stderr
