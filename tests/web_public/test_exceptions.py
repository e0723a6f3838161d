"""Officials whom a campaign leaves out: nobody reaches them, and the page says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import letter
from tests.web_public.page import Page, Visitor, fields
from tests.web_public.ridings import beginning, write_ridings

MakeApp = Callable[..., Flask]
OURS = f"{beginning(7)} 1A1"
WITH_US = "Your member is with us already."


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_ridings(tmp_path / "ridings")


@pytest.fixture
def visitor(home: Path, tmp_path: Path, make_app: MakeApp) -> Callable[[str], Visitor]:
    """A visitor of the home whose campaign has these keys more."""

    def made(keys: str) -> Visitor:
        home.rename(tmp_path / "before")
        write_ridings(home, f'require = ["postal_code"]\n{keys}')
        return Visitor(make_app())

    return made


def test_whose_member_is_left_out_reads_why_and_others_write(
    visitor: Callable[[str], Visitor], sqlite: Store
) -> None:
    person = visitor(f'except = ["member-7"]\nexcept_message = "{WITH_US}"')
    page = Page(person.preview("member", postal_code=OURS).text)
    assert page.errors == [("f-district", WITH_US)]
    assert page.letters == []
    other = Page(person.preview("member", postal_code=f"{beginning(8)} 1A1").text)
    assert person.post("/member/send", fields(other)).status_code == 303
    with sqlite.read() as tx:
        assert tx.execute(select(letter.c.official)).scalars().all() == ["member-8"]


def test_where_everybody_is_left_out_the_page_says_why(
    visitor: Callable[[str], Visitor],
) -> None:
    person = visitor(f'except = {{ tags = ["member"] }}\nexcept_message = "{WITH_US}"')
    page = Page(person.get("/member/").text)
    assert WITH_US in page.words


def test_with_a_fallback_the_letter_goes_there_and_the_message_stands_above_it(
    visitor: Callable[[str], Visitor],
) -> None:
    keys = f'except = ["member-7"]\nexcept_message = "{WITH_US}"\nfallback = "premier"'
    person = visitor(f'{keys}\nfallback_message = "The seat is empty."')
    page = Page(person.preview("member", postal_code=OURS).text)
    assert WITH_US in page.words
    assert "Pat Premier" in page.words
    vacant = Page(person.preview("member", postal_code="K0B 1A1").text)
    assert "The seat is empty." in vacant.words
    assert WITH_US not in vacant.words


def test_nobody_reaches_somebody_left_out_by_naming_them(
    visitor: Callable[[str], Visitor],
) -> None:
    person = visitor('except = ["member-7"]')
    page = Page(person.preview("member", postal_code=f"{beginning(8)} 1A1").text)
    forged = {**fields(page), "officials": "member-7"}
    assert person.post("/member/send", forged).status_code == 422
