"""The private link to a campaign, and a campaign that staff have closed or paused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailer import life
from mailer.campaigns import links
from mailer.config import Settings
from mailer.db import Store
from mailer.outbox import lanes
from mailer.web import create_app
from tests.conftest import Clock
from tests.web_public.homes import write_campaign, write_home

KEYS = ("k" * 40,)


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: what is asked of the database is tested beside these pages."""
    return new_sqlite()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = write_home(tmp_path / "small")
    write_campaign(folder, "exams", status="draft")
    return folder


@pytest.fixture
def app(settings: Settings, home: Path, store: Store) -> Flask:
    return create_app(replace(settings, home=home, secret_keys=KEYS), store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def link(clock: Clock, slug: str = "exams", **more: int) -> str:
    return links.link("", KEYS, slug, now=clock.now, **more)


def test_a_draft_is_shown_to_whoever_has_the_link(client: FlaskClient, clock: Clock) -> None:
    assert client.get("/exams/").status_code == 404
    shown = client.get(link(clock))
    assert shown.status_code == 200
    for words in ("Quiet exams", "Des examens tranquilles", "Dear Minister North,",
                  "Madame la Ministre,", "Exams are in your care.", "Work is in your care.",
                  "J&#39;écris au sujet des examens.", "This campaign is not public yet.",
                  "Exams <strong>moved</strong> home."):  # fmt: skip
        assert words in shown.text, words
    assert "I am a student." not in shown.text
    assert shown.headers["X-Robots-Tag"] == "noindex"
    assert shown.headers["Cache-Control"] == "no-store"
    assert "<form" not in shown.text


def test_letters_that_are_alike_stand_once(client: FlaskClient, home: Path, clock: Clock) -> None:
    letters = home / "templates" / "letters"
    (letters / "exams.fr.md").unlink()
    file = letters / "exams.md"
    file.write_text(file.read_text().partition("***")[0] + "***\nLet exams be quiet.\n")
    shown = client.get(link(clock)).text
    assert shown.count("Let exams be quiet.") == 1
    assert "2 officials get this letter" in shown
    assert "Dear Minister South," in shown


def test_each_role_has_its_letters(client: FlaskClient, clock: Clock) -> None:
    assert "I am a student." in client.get(link(clock) + "?role=student").text
    assert "I am a student." not in client.get(link(clock) + "?role=%F0%9F%93%AE").text


def test_it_is_in_the_language_that_is_asked_for(client: FlaskClient, clock: Clock) -> None:
    shown = client.get(link(clock) + "?lang=fr")
    assert shown.headers["Content-Language"] == "fr"
    assert 'lang="fr"' in shown.text


def test_it_ends(client: FlaskClient, clock: Clock) -> None:
    old = link(clock, days=1)
    clock.pass_(86400)
    shown = client.get(old)
    assert shown.status_code == 410
    assert "This link is no longer open" in shown.text
    assert client.get(link(clock, "gone")).status_code == 410


def test_one_link_is_closed_and_the_others_stay_open(
    client: FlaskClient, clock: Clock, store: Store
) -> None:
    mine, theirs = link(clock), link(clock)
    assert mine != theirs, "links made in one second differ too"
    with store.write() as tx:
        token = links.token_of(f" http://127.0.0.1:8000{mine}?lang=fr ", "exams")
        assert life.close_link(tx, token, clock.now + 9, now=clock.now)
        assert not life.close_link(tx, token, clock.now + 9, now=clock.now)
    assert client.get(mine).status_code == 410
    assert client.get(theirs).status_code == 200
    clock.now += 10
    with store.write() as tx:  # what is over by itself is forgotten
        life.close_link(tx, "another", clock.now + 9, now=clock.now)
    assert not life.is_link_closed(store, token)


@pytest.mark.parametrize("token", ["x", "%00", "%F0%9F%93%AE", "a" * 20_001, "preview", "..%2f"])
def test_no_other_link_opens_anything(client: FlaskClient, token: str) -> None:
    assert client.get(f"/exams/draft/{token}").status_code in {404, 414}


def test_a_link_to_one_campaign_does_not_open_another(client: FlaskClient, clock: Clock) -> None:
    token = link(clock).rpartition("/")[2]
    assert client.get(f"/jobs/draft/{token}").status_code == 404


def test_letters_that_cannot_be_merged_are_told(
    client: FlaskClient, home: Path, clock: Clock
) -> None:
    file = home / "templates" / "letters" / "exams.md"
    file.write_text(file.read_text().replace("I write", "{{ official.name | date }} I write"))
    shown = client.get(link(clock))
    assert shown.status_code == 200
    assert "The letters cannot be shown yet" in shown.text


def test_a_closed_campaign_thanks_and_takes_no_letters(
    app: Flask, client: FlaskClient, home: Path, store: Store
) -> None:
    write_campaign(home, "jobs")
    assert client.get("/jobs/").text.count("<form") > 0
    with store.write() as tx:
        life.close(tx, "jobs", now=store.now(tx))
    shown = app.test_client().get("/jobs/?via=union").text
    assert "Thank you to everybody who wrote" in shown
    assert "<textarea" not in shown
    form = {"name": "Ann Example", "email": "ann@supporter.example"}
    assert "This campaign is closed" in client.post("/jobs/preview", data=form).text
    assert "/jobs/" not in client.get("/").text
    with store.write() as tx:
        life.reopen(tx, "jobs")
    assert client.get("/jobs/?lang=fr").text.count("<textarea") > 0


def test_a_pause_is_explained_in_both_languages(
    client: FlaskClient, home: Path, store: Store
) -> None:
    write_campaign(home, "jobs")
    told = {"en": "The vote <moved>.", "fr": "Le vote est reporté."}
    with store.write() as tx:
        now = store.now(tx)
        lanes.pause(tx, lanes.of_campaign("jobs"), reason="secret", actor="x", now=now)
        life.tell(tx, "jobs", told, of=now)
    english, french = client.get("/jobs/?lang=en").text, client.get("/jobs/?lang=fr").text
    assert "The vote &lt;moved&gt;." in english
    assert "Le vote est reporté." in french
    assert "secret" not in english + french
    assert "<textarea" in english
