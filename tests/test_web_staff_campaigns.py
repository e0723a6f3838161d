"""The campaigns on the staff's pages: edits approved, paused, closed, shown; successors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from mailer import approvals, life
from mailer.campaigns.library import Content, read_content, read_files
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import audit_entry
from mailer.outbox import lanes
from mailer.submissions import accept, succession
from mailer.web import create_app
from tests import factories
from tests.conftest import Clock
from tests.staff_browser import Browser, member
from tests.test_succession import day, draft, files, states
from tests.test_web_staff_coalition import words

PAGE = "/staff/campaigns/quiet"
RELAY = ("smtp://127.0.0.1:9?tls=none",)


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: approvals, pauses and successions are tested on both."""
    return new_sqlite()


def put(home: Path, made: Content) -> Content:
    """Write a home's files, and read them as the pages do."""
    for name, text in made.files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return read_content(*read_files(home))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    put(folder, files())
    return folder


@pytest.fixture
def settings(settings: Settings, home: Path) -> Settings:
    return replace(settings, home=home)


def browser_of(app: Flask, store: Store, role: str) -> Browser:
    member(store, role=role)
    opened = Browser(app)
    opened.enter()
    return opened


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    """Pages whose letters really leave."""
    return create_app(replace(settings, transports=RELAY), store)


@pytest.fixture
def organizer(app: Flask, store: Store) -> Browser:
    return browser_of(app, store, "organizer")


def approve(browser: Browser, digest: str = "") -> TestResponse:
    found = re.search(r'name="digest" value="([^"]+)"', browser.get(PAGE).text)
    assert found
    return browser.post(f"{PAGE}/approve", {"digest": digest or found[1]}, page=PAGE)


def acts(store: Store) -> list[str]:
    with store.read() as tx:
        rows = tx.execute(select(audit_entry.c.act).order_by(audit_entry.c.number)).scalars()
        return [act for act in rows if act.partition(".")[0] in {"campaign", "lane", "letter"}]


def test_edits_wait_are_shown_and_approved(organizer: Browser, home: Path, store: Store) -> None:
    approvals.approve(store, put(home, files()), "quiet", actor="test")
    assert "Approved as it stands" in organizer.get("/staff/campaigns/").text
    edited = files(body="Let exams be <quiet>. {{ supporter.personal }}")
    text = edited.files["officials.yaml"].replace("work@ministry", "labour@ministry")
    put(home, read_content({**edited.files, "officials.yaml": text}))
    fresh = Browser(create_app(organizer.client.application.extensions["mailer"].settings, store))
    fresh.enter()
    shown = fresh.get(PAGE)
    assert "Edits wait for approval" in shown.text
    assert "<ins>+Let exams be &lt;quiet&gt;. {{ supporter.personal }}</ins>" in shown.text
    assert "work@ministry.example → labour@ministry.example" in words(shown.text)
    refused = approve(fresh, digest="another")
    assert refused.status_code == 422
    assert "The files have changed since you looked" in refused.text
    answer = approve(fresh)
    assert answer.status_code == 303
    assert "Done: it is approved as it stands" in fresh.get(answer.location).text
    found = approvals.latest(store, "quiet")
    assert found is not None
    assert "<quiet>" in found.files["templates/letters/quiet.md"]
    assert found.actor.startswith("staff:")
    assert acts(store) == ["campaign.approve", "campaign.approve"]


def test_the_first_approval_is_an_admins_and_the_server_must_answer(
    organizer: Browser, app: Flask, store: Store
) -> None:
    assert "Not approved: not shown" in organizer.get(PAGE).text
    assert "The first approval is an administrator" in approve(organizer).text
    member(store, "root@coalition.example", role="admin")
    admin = Browser(app)
    admin.enter("root@coalition.example")
    refused = approve(admin)
    assert refused.status_code == 422
    assert "smtp://127.0.0.1:9" in refused.text
    assert approvals.latest(store, "quiet") is None


def test_a_broken_file_is_not_approved(organizer: Browser, home: Path, store: Store) -> None:
    approvals.approve(store, put(home, files()), "quiet", actor="test")
    file = home / "templates" / "letters" / "quiet.md"
    file.write_text(file.read_text().replace("Let exams", "{{ official.name | date }}"))
    fresh = Browser(create_app(organizer.client.application.extensions["mailer"].settings, store))
    fresh.enter()
    refused = approve(fresh)
    assert refused.status_code == 422
    assert "quiet.md:" in refused.text


def test_a_pause_needs_a_reason_and_may_have_a_notice(organizer: Browser, store: Store) -> None:
    lost = organizer.post(f"{PAGE}/pause", {"notice-en": "The vote moved."}, page=PAGE)
    assert lost.status_code == 422
    assert 'value="The vote moved."' in lost.text
    form = {"reason": "vote", "notice-en": "The\u202e vote moved. " + "x" * 600}
    answer = organizer.post(f"{PAGE}/pause", form, page=PAGE)
    assert "its letters wait until it is resumed" in organizer.get(answer.location).text
    told = life.notice(store, "quiet", lanes.of_campaign("quiet"))["en"]
    assert told.startswith("The vote moved. xx")
    assert len(told) < 500
    organizer.post(f"{PAGE}/resume", page=PAGE)
    with store.read() as tx:
        assert lanes.paused(tx) == {}
    assert acts(store) == ["lane.pause", "lane.resume"]


def test_it_is_closed_and_opened_again(organizer: Browser, store: Store) -> None:
    for name, confirm, hold in (("a", False, ""), ("b", True, ""), ("c", False, "a look")):
        about = factories.campaign(slug="quiet", confirm=confirm)
        who = factories.supporter(email=f"{name}@supporter.example")
        accept(store, factories.draft(who, about, hold=hold))
    shown = words(organizer.get(PAGE).text)
    assert "2 letters wait and leave in their turn" in shown
    assert "2 letters are held and leave only if you let them" in shown
    assert "2 letters leave once their writers confirm them" in shown
    answer = organizer.post(f"{PAGE}/close", page=PAGE)
    assert "Done: it is closed" in organizer.get(answer.location).text
    assert life.is_closed(store, "quiet")
    answer = organizer.post(f"{PAGE}/reopen", page=PAGE)
    assert "Done: its files say again" in organizer.get(answer.location).text
    assert not life.is_closed(store, "quiet")
    organizer.post(f"{PAGE}/reopen", page=PAGE)
    assert acts(store) == ["campaign.close", "campaign.reopen"], "twice is once"
    with store.read() as tx:
        noted = tx.execute(select(audit_entry).where(audit_entry.c.act == "campaign.close")).one()
    assert (noted._mapping["count"], json.loads(noted.details)) == (
        2,
        {"held": 2, "unconfirmed": 2},
    )


def test_a_private_link_is_made(organizer: Browser) -> None:
    shown = organizer.get(f"{PAGE}/link?days=7")
    (link,) = re.findall(r'class="address" href="http://[^/]+([^"]+)"', shown.text)
    assert "This is how the campaign" in organizer.client.get(link).text
    for odd in ("", "0", "x", "9999", "-1", "\U0001f4ee", "\u0663"):
        assert organizer.get(f"{PAGE}/link?days={odd}").status_code == 200


def test_a_private_link_is_taken_back(organizer: Browser, store: Store) -> None:
    here = f"{PAGE}/link"
    (link,) = re.findall(r'class="address" href="(http://[^"]+)"', organizer.get(here).text)
    answer = organizer.post(here, {"address": link}, page=here)
    assert answer.status_code == 303
    assert "The link is closed" in organizer.get(answer.location).text
    assert organizer.client.get(link).status_code == 410
    assert acts(store) == ["campaign.unlink"]
    for odd in ("", "x", link + "x", "\u202e\U0001f4ee", "a" * 20_001):
        refused = organizer.post(here, {"address": odd}, page=here)
        assert (refused.status_code, "no private link" in refused.text) == (422, True)


def test_letters_go_to_the_successor_at_the_press_of_a_button(
    settings: Settings, home: Path, store: Store, clock: Clock
) -> None:
    accept(store, draft(put(home, files()), clock, personal="Mine."))
    after = put(home, files(day(clock, -1), day(clock)))
    succession.watch(store, after)
    browser = browser_of(create_app(settings, store), store, "moderator")
    assert (
        "1 letter is held for an office that changed hands" in browser.get("/staff/campaigns/").text
    )
    shown = browser.get(PAGE)
    assert "Address 1 letter to Eva East" in shown.text
    assert "Dear Minister East," in shown.text
    form = {"post": "exams", "official": "north", "successor": "another"}
    nothing = browser.post(f"{PAGE}/readdress", form, page=PAGE)
    assert "Nothing was changed" in browser.get(nothing.location).text
    for nowhere in ("a%00b", "nowhere"):
        assert (
            browser.post(f"/staff/campaigns/{nowhere}/readdress", form, page=PAGE).status_code
            == 404
        )
    answer = browser.post(f"{PAGE}/readdress", form | {"successor": "east"}, page=PAGE)
    assert "1 letter goes to the successor" in browser.get(answer.location).text
    assert states(store)["east"] == [("queued", "")]
    assert acts(store) == ["letter.readdress"]


@pytest.mark.parametrize(
    ("role", "verb", "status"),
    [
        ("viewer", "pause", 403), ("viewer", "readdress", 403), ("viewer", "approve", 403),
        ("moderator", "approve", 403), ("moderator", "close", 403), ("moderator", "resume", 303),
    ],
)  # fmt: skip
def test_each_act_has_its_roles(
    app: Flask, store: Store, role: str, verb: str, status: int
) -> None:
    browser = browser_of(app, store, role)
    assert browser.get(PAGE).status_code == 200
    page = PAGE if role == "moderator" else "/staff/"
    assert browser.post(f"{PAGE}/{verb}", page=page).status_code == status


@pytest.mark.parametrize("slug", ["gone", "%00", "%F0%9F%93%AE", "a" * 20_001])
def test_what_is_not_there_is_not_found(organizer: Browser, slug: str) -> None:
    assert organizer.get(f"/staff/campaigns/{slug}").status_code == 404
    assert organizer.post(f"/staff/campaigns/{slug}/close", page=PAGE).status_code == 404
