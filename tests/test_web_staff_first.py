"""The staff's first page: what needs attention, and numbers whose charts and tables agree."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.outbox import lanes
from mailer.submissions import accept
from mailer.web import create_app
from mailer.web.staff import charts
from mailer.web.staff.charts import Item
from mailer.worker.beside import counting_letters
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter
from tests.staff_browser import Browser, member
from tests.staff_letters import send, write


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


def signed_in(app: Flask, store: Store, role: str = "moderator") -> Browser:
    member(store, role=role)
    browser = Browser(app)
    browser.enter()
    return browser


def words(text: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", text).split())


def table(text: str, key: str) -> dict[str, str]:
    """What the table behind a chart says."""
    found = re.search(rf'<details id="table-{key}">.*?<tbody>(.*?)</tbody>', text, re.DOTALL)
    assert found, key
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="number">(.*?)</td>', found[1])
    return {words(label): number for label, number in rows if number != "0"}


def test_nothing_is_there_yet(app: Flask, store: Store) -> None:
    shown = words(signed_in(app, store).get("/staff/").text)
    assert "Nothing needs attention." in shown
    assert "No letter has been written yet." in shown


def test_what_needs_attention_stands_first_each_with_its_way_out(
    app: Flask, store: Store, clock: Clock
) -> None:
    write(store, 1, hold="a look", to=recipients(1))
    with store.write() as tx:
        lanes.pause(tx, "official:minister-1", reason="away", actor="test", now=clock.now)
    browser = signed_in(app, store)
    shown = browser.get("/staff/").text
    for said in ("1 letter is held.", "Paused: Letters to minister-1.", "away"):
        assert said in words(shown), said
    assert 'href="/staff/review/"' in shown
    assert words(shown).index("Needs attention") < words(shown).index("Letters to officials")
    answer = browser.post("/staff/lanes/resume", {"lane": "official:minister-1"}, page="/staff/")
    assert answer.status_code == 303
    assert "Paused:" not in words(browser.get("/staff/").text)


def test_a_viewer_sees_it_without_the_buttons(app: Flask, store: Store, clock: Clock) -> None:
    write(store, 1, hold="a look")
    with store.write() as tx:
        lanes.pause(tx, "everything", reason="away", actor="test", now=clock.now)
    browser = signed_in(app, store, role="viewer")
    shown = browser.get("/staff/").text
    assert "2 letters are held." in words(shown)
    assert "/staff/review/" not in shown
    assert "/staff/lanes/resume" not in shown
    assert browser.get("/staff/review/").status_code == 403
    assert browser.get("/staff/many/new").status_code == 403


def test_numbers_stand_in_charts_and_in_tables(
    app: Flask, home: Path, store: Store, clock: Clock
) -> None:
    _official_of(home, "North <b>")
    for number, role in enumerate(("student", "student", "")):
        who = supporter(
            name=f"Ann {number}", email=f"a{number}@supporter.example", role=role,
            district="North <b>",
        )  # fmt: skip
        accept(store, draft(who))
        clock.pass_(3600)
    accept(store, draft(supporter(email="o@supporter.example"), about=campaign(slug="other")))
    browser = signed_in(app, store)
    shown = browser.get("/staff/").text
    assert table(shown, "days") == {"Jan 15, 2027": "8"}
    assert sorted(table(shown, "hours").values()) == ["2", "2", "2", "2"]
    assert table(shown, "official") == {"minister-1": "4", "minister-2": "4"}
    assert table(shown, "role") == {"Student": "4", "Gave no role": "4"}
    assert table(shown, "district")["North &lt;b&gt;"] == "6"
    assert "North <b>" not in shown
    link = re.search(r'href="(/staff/letters/\?role=student)"', shown)
    assert link
    assert browser.get(link[1]).text.count('<td role="cell" class="to">') == 4
    assert re.search(r"<svg[^>]+aria-hidden", shown)
    assert " style=" not in shown
    only = browser.get("/staff/?campaign=other").text
    assert table(only, "official") == {"minister-1": "1", "minister-2": "1"}


def _official_of(home: Path, district: str) -> None:
    file = home / "officials.yaml"
    one = f"  - {{id: up, name: Uma Up, email: up@ministry.example, district: {district!r}}}\n"
    known = file.read_text(encoding="utf-8")
    file.write_text(known.replace("\nofficials:\n", f"\nofficials:\n{one}", 1), encoding="utf-8")


def test_a_district_that_somebody_typed_is_not_shown(
    app: Flask, home: Path, store: Store, clock: Clock
) -> None:
    """Whoever writes a name there must not stand on this page for good."""
    _official_of(home, "North")
    for number, lives in enumerate(("North", "Zebedee Quillfeather", "416 555 0100", "")):
        who = supporter(email=f"a{number}@supporter.example", district=lives)
        accept(store, draft(who))
    browser, work = signed_in(app, store), counting_letters(store, Library(home), ZoneInfo("UTC"))
    for _ in range(2):  # as it is added while it is new, and as the worker keeps it
        shown = browser.get("/staff/").text
        assert table(shown, "district") == {
            "Typed by the supporter": "4", "North": "2", "Not known": "2",
        }  # fmt: skip
        assert "district=North" in shown
        for hidden in ("Zebedee", "416 555", "district=%3F", "district=?"):
            assert hidden not in shown
        clock.pass_(60)
        work(Event())
    assert "Saisie par la personne" in browser.get("/staff/?lang=fr").text


def test_a_subject_with_a_name_in_it_is_not_shown(app: Flask, store: Store) -> None:
    write(store, 1)
    shown = signed_in(app, store).get("/staff/").text
    assert 'id="table-subject"' not in shown


def test_old_addresses_of_the_log_lead_to_it(app: Flask, store: Store) -> None:
    browser = signed_in(app, store)
    answer = browser.get("/staff/?state=failed&campaign=exams&_external=1")
    assert (answer.status_code, answer.location) == (
        303, "/staff/letters/?state=failed&campaign=exams",
    )  # fmt: skip


@pytest.mark.parametrize("asked", ["%00", "x" * 20001, "\U0001f300", "\u202e", "' OR 1=1"])
def test_a_campaign_that_is_none_shows_nothing(app: Flask, store: Store, asked: str) -> None:
    write(store, 1)
    shown = signed_in(app, store).get("/staff/", query_string={"campaign": asked})
    assert shown.status_code == 200


def test_a_letter_is_held_cancelled_and_answered_on_its_page(
    app: Flask, store: Store, clock: Clock
) -> None:
    made = write(store, 1, to=recipients(1))
    browser = signed_in(app, store)
    listed = re.search(r'href="(/staff/letters/[0-9a-z]{26})"', browser.get("/staff/letters/").text)
    assert listed
    page = listed[1]
    for decision, said in (("hold", "it is held until"), ("leave", "it leaves in its turn")):
        answer = browser.post(f"{page}/{decision}", page=page)
        assert f"Done: {said}" in words(browser.get(answer.location).text)
    send(store, clock)
    assert f'action="{page}/answered"' in browser.get(page).text
    answer = browser.post(f"{page}/answered", page=page)
    after = browser.get(answer.location).text
    assert "Done: it is noted that the office has answered" in words(after)
    assert "The office has answered it." in words(after)
    assert f'action="{page}/answered"' not in after
    late = browser.post(f"{page}/cancel", page=page)
    assert "Nothing was changed" in words(browser.get(late.location).text)
    assert f'href="/staff/submissions/{made.id}"' in after


def test_a_submission_shows_all_its_mail_and_what_else_came(app: Flask, store: Store) -> None:
    made = write(store, 1)
    again = write(store, 1, about=campaign(slug="other"))
    browser = signed_in(app, store)
    shown = browser.get(f"/staff/submissions/{made.id}").text
    assert shown.count('href="/staff/letters/') >= 3
    assert "Zoë Supporter 1" in shown
    assert f'href="/staff/submissions/{again.id}"' in shown
    for wrong in ("nothing", "0" * 26, "%00", "x" * 20001):
        assert browser.get(f"/staff/submissions/{wrong}").status_code == 404


def test_bars_and_columns_fit_their_room() -> None:
    many = [Item(label="x" * 99, value=value) for value in range(700, 0, -1)]
    lying = charts.bars("official", many)
    assert max(bar.width for bar in lying.bars) == 100.0
    assert len(lying.bars) == charts.MOST_BARS
    assert all(len(bar.label) <= charts.LONGEST_LABEL for bar in lying.bars)
    assert (len(lying.items), lying.left_out, lying.total) == (500, 200, sum(range(701)))
    upright = charts.columns("days", [Item(label="a", value=0), Item(label="b", value=1)])
    assert [bar.height for bar in upright.columns] == [0.0, charts.HEIGHT]
    assert all(bar.left + bar.width <= 100 for bar in upright.columns)
    assert charts.columns("days", []).columns == []
