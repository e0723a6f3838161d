"""docs/asvs.md answers every item it must, and docs/security.md names what is there."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from mailer.config import Settings
from mailer.db import Store
from mailer.web import create_app
from mailer.web.fields import BODY, FIELDS
from tests.conftest import ROOT, Clock
from tests.staff_browser import EMAIL, Browser, member

ASVS = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

# All of level 1 in ASVS 5.0.0, by the standard's own list.
LEVEL_1 = re.findall(
    r"\S+",
    """
    1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1
    3.4.2 3.5.1 3.5.2 3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5
    6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2
    8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1 10.4.2 10.4.3 10.4.4 10.4.5 11.3.1 11.3.2 11.4.1 12.1.1
    12.2.1 12.2.2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1
""",
)
# Of levels 2 and 3, what bites here.
MORE = re.findall(
    r"\S+",
    """
    1.2.8 1.2.10 1.3.3 1.3.5 1.3.6 1.3.7 1.3.11 1.3.12 2.1.3 2.3.2 2.3.4 2.4.1 2.4.2 3.3.2 3.3.3
    3.3.4 3.4.3 3.4.4 3.4.5 3.4.6 3.4.7 3.4.8 3.5.5 3.5.8 3.6.1 3.7.2 4.1.3 4.1.4 4.1.5 5.4.1 5.4.2
    6.2.9 6.2.10 6.3.3 6.3.8 6.4.6 6.5.1 6.5.5 6.8.2 7.3.1 7.3.2 7.4.5 7.5.2 8.2.3 8.2.4 9.2.2 9.2.3
    9.2.4 11.5.1 13.2.4 13.2.5 13.3.1 13.4.2 13.4.6 14.2.7 14.3.2 15.1.2 15.3.2 15.3.3 15.3.4 15.3.7
    16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.5.1 16.5.2 16.5.3 16.5.4
""",
)
ROWS = re.findall(
    r"^\| (\d+\.\d+\.\d+) \| ([123]) \| (.+?) \| (.+?) \| (.+) \|$", ASVS, re.MULTILINE
)


def test_every_item_stands_once_under_its_level() -> None:
    assert len(LEVEL_1) == 70
    assert (
        len(ROWS)
        == len({row[0] for row in ROWS})
        == ASVS.count("| met |") + ASVS.count("| does not apply |")
    )
    assert {row[0] for row in ROWS if row[1] == "1"} == set(LEVEL_1)
    assert {row[0] for row in ROWS if row[1] != "1"} == set(MORE)


def test_what_is_met_names_a_test_that_is_there() -> None:
    for number, _, _, answer, where in ROWS:
        if answer == "met":
            tests = re.findall(r"`(tests/[\w/]+\.py)`", where)
            assert tests, f"{number} names no test"
            assert all((ROOT / test).is_file() for test in tests), f"{number}: {where}"
        else:
            assert answer == "does not apply", number
            assert len(where.split()) > 3, f"{number} gives no reason"


def test_every_threat_has_its_line_with_a_test_that_is_there() -> None:
    rows = re.findall(r"^\| S(\d+) \| (.+?) \| (.+) \|$", SECURITY, re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, 23))
    for number, _, control in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)`", control)
        assert tests, f"S{number} names no test"
        assert all((ROOT / test).is_file() for test in tests), f"S{number}: {control}"


def test_every_control_names_where_it_stands_and_a_test() -> None:
    table = SECURITY.partition("| promise | where | test |\n|---|---|---|\n")[2]
    lines = table.partition("\n\n")[0].splitlines()
    assert len(lines) > 40
    for line in lines:
        where, test = line.strip("| ").split(" | ")[-2:]
        assert re.search(r"`(mailer|templates|tools|requirements|Makefile)", where), line
        tests = re.findall(r"`([^`]+)`", test)
        assert tests, line
        # A folder would prove everything, and so nothing.
        assert all(one.endswith(".py") and (ROOT / one).is_file() for one in tests), line


def test_the_rules_of_what_may_be_typed_are_those_of_the_form() -> None:
    section = SECURITY.partition("## What may be typed\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| .+? \| ([\d,]+) \|$", section, re.MULTILINE)
    told = {name: int(longest.replace(",", "")) for name, longest in rows}
    assert told == {one.name: one.longest for one in (*FIELDS.values(), BODY)}


@pytest.mark.parametrize("word", ["within 3 days", "within 14 days", "every 30 days"])
def test_the_time_frames_of_updates_are_written_down(word: str) -> None:
    section = SECURITY.partition("## What is installed\n")[2].partition("\n## ")[0]
    assert word in section


@pytest.fixture
def app(settings: Settings, new_sqlite: Callable[[], str], clock: Clock) -> Iterator[Flask]:
    store = Store(new_sqlite(), clock=clock)
    yield create_app(settings, store)
    store.close()


def test_refused_access_is_logged_by_ids(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    member(app.extensions["mailer"].store)
    browser = Browser(app)
    browser.enter()
    with caplog.at_level(logging.WARNING):
        assert browser.get("/staff/people/").status_code == 403
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert browser.client.post("/find", headers=elsewhere).status_code == 403
    said = [one.getMessage() for one in caplog.records]
    assert re.fullmatch(r"staff:\w+ may not open staff\.people", said[0])
    assert said[1] == "finding.find: a form of another site was refused"
    assert EMAIL not in caplog.text
