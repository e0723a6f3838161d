"""Trying a file on the staff's page: the report, the letters, the difference; nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from mailer.config import Settings
from mailer.db import Store
from mailer.web import create_app
from tests.staff_browser import Browser, member
from tests.test_web_staff_coalition import words
from tests.web_public.homes import OFFICIALS, write_campaign, write_home

PAGE = "/staff/try/"


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: nothing of this is in the database."""
    return new_sqlite()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = write_home(tmp_path / "small")
    write_campaign(folder, "exams")
    return folder


@pytest.fixture
def app(settings: Settings, home: Path, store: Store) -> Flask:
    return create_app(replace(settings, home=home), store)


@pytest.fixture
def browser(app: Flask, store: Store) -> Browser:
    member(store, role="organizer")
    opened = Browser(app)
    opened.enter()
    return opened


def tried(browser: Browser, name: str, text: str) -> TestResponse:
    return browser.post(PAGE, {"name": name, "text": text})


def uploaded(browser: Browser, data: bytes, name: str = "officials.yaml") -> TestResponse:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(PAGE).text)
    assert found
    # Written out: the test client would leave a large file of its own open.
    fields = {"csrf_token": found[1], "name": name}
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.yaml"\r\n\r\n'
    body = b"".join([*parts, head, data, b"\r\n--b--\r\n"])
    return browser.client.post(PAGE, data=body, content_type="multipart/form-data; boundary=b")


def everything(home: Path) -> dict[str, str]:
    return {
        str(file): file.read_text() for file in home.rglob("*") if file.suffix in {".md", ".yaml"}
    }


def test_a_good_list_is_told_with_its_letters_and_differences(browser: Browser, home: Path) -> None:
    before = everything(home)
    text = OFFICIALS.replace("south@ministry", "work@ministry").replace(
        "Minister North", "Minister Nora North"
    )
    shown = tried(browser, "officials.yaml", text)
    assert shown.status_code == 200
    said = words(shown.text)
    assert "It was compared with the officials.yaml in use" in said
    assert "<del>-    email: south@ministry.example</del>" in shown.text
    assert "<ins>+    email: work@ministry.example</ins>" in shown.text
    assert "Sam South south@ministry.example → work@ministry.example" in said
    assert "Dear Minister Nora North," in said
    assert "Madame la Ministre," in said
    assert everything(home) == before


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("officials.yaml", OFFICIALS.replace("name: Sam South", "nmae: Sam South"), "nmae"),
        ("officials.yaml", "officials:\n\t- id: x", "tab"),
        ("officials.yaml", OFFICIALS.replace("id: south", "id: west"), "south"),
        ("exams.md", "+++\ntitle = \n+++\nHi", "exams.md:2"),
        ("exams.md", "+++\ntitle = 'T'\nto = ['north']\n+++\n{{ oficial.name }}", "oficial"),
        ("templates/letters/exams.fr.md", "+++\ntitel = 'T'\n+++\n***\nBonjour", "titel"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_at_its_line(
    browser: Browser, name: str, text: str, told: str
) -> None:
    shown = tried(browser, name, text)
    assert shown.status_code == 200
    assert "It cannot be used" in shown.text
    assert told in words(shown.text)


def test_a_new_letter_is_laid_out(browser: Browser) -> None:
    text = (
        '+++\ntitle = "Late trains"\nto = ["north"]\n+++\nTrains are late.\n***\nDear you,\n\nHm.'
    )
    shown = tried(browser, "late-trains.md", text)
    assert "There is no templates/letters/late-trains.md in use: it would be new." in shown.text
    assert "Dear you," in shown.text


def test_an_upload_counts_and_is_kept_in_the_form(browser: Browser) -> None:
    shown = uploaded(browser, OFFICIALS.replace("Nora", "Norah").encode("utf-8-sig"))
    assert shown.status_code == 200
    assert "Norah North" in shown.text.partition("<textarea")[2]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [*{old},*{old},*{old},*{old},*{old},*{old},*{old},*{old}]\n"
    for old, name in zip("abcdefgh", "bcdefghi", strict=True)
)
LOOP = (
    """+++
title = "T"
to = ["north", "south"]
+++
***
{% set a = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" %}
"""
    + "{% for x in official.tags %}" * 9
    + "{% for y in campaign.signatories %}" * 9
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("officials.yaml", BOMB),
        ("officials.yaml", "[" * 50_000),
        ("officials.yaml", "!!python/object/apply:os.system ['id']"),
        ("exams.md", LOOP + "x" + "{% endfor %}" * 18),
        ("exams.md", "+++\ntitle='T'\nto=['north']\n+++\n{{ ''.__class__.__mro__ }}"),
        ("exams.md", "+++\ntitle='T'\nto=['north']\n+++\n{% include '/etc/passwd' %}"),
        ("exams.md", "+++\ntitle='T'\nto=['north']\n+++\n{{ 'a' * 999999999 }}"),
        ("exams.md", "\x00\x01\x02 \u202e\ud7ff <script>alert(1)</script>"),
    ],
)  # fmt: skip
def test_a_hostile_paste_gets_a_plain_answer(browser: Browser, name: str, text: str) -> None:
    shown = tried(browser, name, text)
    assert shown.status_code == 200
    assert "It cannot be used" in shown.text
    assert "<script>alert" not in shown.text
    assert "root:" not in shown.text


@pytest.mark.parametrize(
    ("data", "status", "told"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", 422, "not UTF-8 text from line 1"),
        (b"officials:\n  - name: \xe9", 422, "not UTF-8 text from line 2"),
        (b"x" * 1_000_001, 422, "more than 1 MB"),
        (b"", 422, "Paste a file, or choose one"),
        (b"x" * 20_000_000, 413, ""),
    ],
    ids=["binary", "latin-1", "a megabyte", "nothing", "20 MB"],
)
def test_what_cannot_be_read_is_said(browser: Browser, data: bytes, status: int, told: str) -> None:
    shown = uploaded(browser, data)
    assert shown.status_code == status
    assert told in shown.text
    if status == 422:
        assert "There is a problem" in shown.text


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "staff.md", "x.exe", "é.md", "a" * 20_001, "\U0001f4ee",
             "officials.yaml/../x.md", "templates/letters/../../x.md"],
)  # fmt: skip
def test_no_other_file_can_be_tried(browser: Browser, name: str) -> None:
    shown = tried(browser, name, "officials: []")
    assert shown.status_code == 422
    assert 'href="#name"' in shown.text
    assert "officials: []" in shown.text, "what was pasted is kept"


@pytest.mark.parametrize("role", ["viewer", "moderator"])
def test_only_organizers_try_files(app: Flask, store: Store, role: str) -> None:
    member(store, role=role)
    browser = Browser(app)
    browser.enter()
    assert browser.get(PAGE).status_code == 403
    assert browser.client.post(PAGE, data={"name": "officials.yaml"}).status_code == 403
