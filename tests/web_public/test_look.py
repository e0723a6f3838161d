"""A campaign's colour, logo and picture on its pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from mailer.campaigns import colours
from mailer.campaigns.pictures import FOLDER
from tests.test_campaigns_pictures import png
from tests.web_public.homes import write_campaign
from tests.web_public.page import Visitor

SHEET = re.compile(r'<link rel="stylesheet" href="(/look/[^"]+)">')


def test_a_campaign_without_a_colour_needs_no_second_sheet(visitor: Visitor) -> None:
    html = visitor.get("/exams/").text
    assert html.count("stylesheet") == 1
    assert "<img" not in html


def test_the_colour_is_on_every_page_of_the_campaign(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "exams", colour="#7A1F3D")
    receipt = visitor.send("exams").headers["Location"]
    pages = [visitor.get("/exams/?lang=fr"), visitor.preview("exams"), visitor.get(receipt)]
    (address,) = {SHEET.search(page.text)[1] for page in pages}  # type: ignore[index]
    sheet = visitor.get(address)
    assert sheet.mimetype == "text/css"
    assert sheet.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    light, dark = colours.shades("#7a1f3d")
    assert f"--accent: {light.accent};" in sheet.text
    assert f"--accent: {dark.accent};" in sheet.text
    assert SHEET.search(visitor.get("/privacy").text) is None


@pytest.mark.parametrize(
    "name", ["", "red", "7a1f3", "7a1f3dd", "7A1F3D", "%23a1f3d", "٣٣٣٣٣٣", "+1a1a1", "a{}:b}"]
)
def test_nothing_but_a_colour_becomes_a_sheet(visitor: Visitor, name: str) -> None:
    assert visitor.get(f"/look/{name}.css").status_code == 404


def test_logo_and_picture_have_their_sizes_and_words(home: Path, visitor: Visitor) -> None:
    (home / FOLDER).mkdir(parents=True)
    png(home / FOLDER / "a desk.png", 1200, 630)
    png(home / FOLDER / "logo.png", 80, 40)
    write_campaign(
        home, "exams", thumbnail="a desk.png", thumbnail_alt="A desk & a lamp", logo="logo.png"
    )
    html = visitor.get("/exams/").text
    assert (
        '<img class="picture" src="/media/a%20desk.png" width="1200" height="630"'
        ' alt="A desk &amp; a lamp" loading="lazy">'
    ) in html
    assert '<img src="/media/logo.png" width="80" height="40" alt="">' in html
    with visitor.get("/media/a%20desk.png") as picture:
        assert picture.mimetype == "image/png"


def test_a_picture_elsewhere_is_not_asked_for(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "exams", thumbnail="https://host.example/desk.png", logo="gone.svg")
    assert "<img" not in visitor.get("/exams/").text


def test_a_colour_of_the_approved_campaign_is_shown(
    home: Path, make_app: Callable[..., Flask]
) -> None:
    write_campaign(home, "exams", colour="#7a1f3d", status="closed")
    html = Visitor(make_app(transports=("smtp://127.0.0.1:9?tls=none",))).get("/exams/").text
    assert SHEET.search(html)
