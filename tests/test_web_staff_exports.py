"""What staff take away: tables with their role's columns, letters on paper; all of it is noted."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select

from mailer import tables
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import audit_entry
from mailer.sendlog import Filter, exporting, pack
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import draft, supporter
from tests.staff_browser import Browser, member
from tests.staff_letters import accept, send

CRUEL = '=HYPERLINK("http://evil.example","Ann")'
CELLS = st.text("ab=-@\t\r\n＝;\"',é", max_size=5)


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def wrote(store: Store, clock: Clock) -> None:
    """Two letters of two people each; the first to leave has left."""
    for number, name in enumerate((CRUEL, "Zoë Example")):
        clock.pass_(1)
        who = supporter(
            name=name, email=f"s{number}@supporter.example", postal_code="K1A 0B1",
            address="1 Elm Street", personal="My own planted words.",
        )  # fmt: skip
        accept(store, draft(who))
    send(store, clock)


def browser(app: Flask, store: Store, role: str) -> Browser:
    made = Browser(app)
    member(store, f"{role}@coalition.example", role)
    made.sign_in(f"{role}@coalition.example")
    return made


def take(who: Browser, form: str, query: str = "") -> bytes:
    answer = who.post(
        f"/staff/export/letters{query}", {"format": form}, page=f"/staff/export/{query}"
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == f'attachment; filename="letters.{form}"'
    data = answer.data
    answer.close()
    return data


def taken(store: Store) -> list[tuple[str, int | None, str]]:
    with store.read() as tx:
        rows = tx.execute(
            select(audit_entry).where(audit_entry.c.act.startswith("export"))
            .order_by(audit_entry.c.number)
        ).all()  # fmt: skip
    return [(row.act, row._mapping["count"], row.details) for row in rows]


@pytest.mark.parametrize(
    ("role", "names", "street"),
    [("viewer", False, False), ("moderator", True, False), ("admin", True, True)],
)
def test_each_role_gets_its_columns(
    app: Flask, store: Store, wrote: None, role: str, names: bool, street: bool
) -> None:
    text = take(browser(app, store, role), "csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 4
    assert ("Zoë Example" in text) is names
    assert ("@supporter.example" in text) is names
    assert ("1 Elm Street" in text) is street
    assert "planted words" not in text, "no words of letters"
    assert {row["State"] for row in rows} == {"sent", "queued"}
    assert {row["Mailbox"] for row in rows} == {
        "minister-1@ministry.example", "minister-2@ministry.example"
    }  # fmt: skip
    (noted,) = taken(store)
    assert noted[:2] == ("export.letters", 4)
    assert json.loads(noted[2]) == {"format": "csv", "columns": role}


def test_no_cell_is_a_formula_in_any_file(app: Flask, store: Store, wrote: None) -> None:
    who = browser(app, store, "admin")
    rows = csv.DictReader(io.StringIO(take(who, "csv").decode("utf-8-sig")))
    assert {row["Name"] for row in rows} == {f"'{CRUEL}", "Zoë Example"}
    lines = [json.loads(line) for line in take(who, "jsonl").decode().splitlines()]
    assert {line["name"] for line in lines} == {CRUEL, "Zoë Example"}
    assert all(line["created_at"].endswith("Z") for line in lines)
    with zipfile.ZipFile(io.BytesIO(take(who, "xlsx"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "HYPERLINK" in sheet
    assert [entry[1] for entry in taken(store)] == [4, 4, 4]


def test_the_filters_of_the_log_hold(app: Flask, store: Store, wrote: None) -> None:
    who = browser(app, store, "viewer")
    assert take(who, "jsonl", "?official=minister-1").count(b"\n") == 2
    assert take(who, "jsonl", "?state=sent").count(b"\n") == 1
    assert take(who, "jsonl", "?state=failed") == b""
    found = who.post("/staff/search", {"query": "zoë"}, page="/staff/letters/")
    query = "?" + found.location.partition("?")[2]
    assert take(who, "jsonl", query).count(b"\n") == 2
    page = who.get(f"/staff/export/{query}").text
    assert "zoë" in page
    lost = who.post("/staff/export/letters?search=gone", {"format": "csv"}, page="/staff/export/")
    assert lost.status_code == 422


@pytest.mark.parametrize("form", ["", "exe", "=cmd", "x" * 20_001])
def test_another_kind_of_file_is_refused(app: Flask, store: Store, wrote: None, form: str) -> None:
    who = browser(app, store, "viewer")
    answer = who.post("/staff/export/letters", {"format": form}, page="/staff/export/")
    assert answer.status_code == 422
    assert "Error:" in answer.text
    assert taken(store) == []


def test_a_reader_who_goes_away_is_noted_and_makes_room(
    app: Flask, store: Store, wrote: None
) -> None:
    who = browser(app, store, "viewer")
    for _ in range(4):  # more than may be under way at once
        answer = who.post("/staff/export/letters", {"format": "csv"}, page="/staff/export/",
                          buffered=False)  # fmt: skip
        assert answer.status_code == 200
        answer.close()
    assert len(taken(store)) == 4


def test_letters_go_on_paper_by_official(app: Flask, store: Store, wrote: None) -> None:
    who = browser(app, store, "moderator")
    page = who.get("/staff/pack/?campaign=exams")
    assert page.status_code == 200
    assert "minister-2" in page.text
    form = {"campaign": "exams", "official": "minister-1", "volume": "1"}
    made = who.post("/staff/pack/volume", form, page="/staff/pack/?campaign=exams")
    assert made.status_code == 200
    pages = [one.extract_text() for one in PdfReader(io.BytesIO(made.data)).pages]
    assert len(pages) == 3, "a cover and two letters"
    assert "Zoë Example" in pages[0]
    assert "Letters 1 to 2" in pages[0] or "letters 1 to 2" in pages[0]
    assert "My own planted words." in pages[1]
    assert taken(store)[-1][:2] == ("export.pack", 2)
    for volume in ("0", "2", "-1", "x", "", "9" * 30, "１"):
        refused = who.post(
            "/staff/pack/volume", {**form, "volume": volume}, page="/staff/pack/?campaign=exams"
        )
        assert refused.status_code == 422, volume
    assert browser(app, store, "viewer").get("/staff/pack/").status_code == 403


def test_a_formula_is_text_wherever_it_begins() -> None:
    for begin in "=+-@\t\r\n＝＋－＠":
        assert tables.safe(f"{begin}1") == f"'{begin}1"
    assert tables.safe("Elm; =1+1") == "Elm; '=1+1"
    assert tables.safe('Elm\t"@SUM(1)') == "Elm\t\"'@SUM(1)"
    for plain in ("", "Ann", "a=b", "Ann; Ben", "1-2", "é"):
        assert tables.safe(plain) == plain
    head, body = b"".join(
        tables.csv_bytes(["=a"], [["x"], ["-1"], [None], ["y;=1"]])
    ).decode().split("\r\n", 1)  # fmt: skip
    assert head == "'=a"
    assert body == "x\r\n'-1\r\n\"\"\r\ny;'=1\r\n"


@given(
    st.lists(
        st.tuples(st.none() | CELLS, st.integers(), st.booleans()),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_a_table_is_what_the_library_would_write(rows: list[tuple[str | None, int, bool]]) -> None:
    plain = io.StringIO(newline="")
    table = csv.writer(plain)
    table.writerow(["a", "b", "c"])
    for text, number, sure in rows:
        table.writerow([tables.safe(text or ""), number, "yes" if sure else "no"])
    assert b"".join(tables.csv_bytes(["a", "b", "c"], rows)).decode() == plain.getvalue()


def test_many_letters_make_several_volumes_and_sheets(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    for number in range(5):
        clock.pass_(1)
        accept(store, draft(supporter(name=f"Ann {number}", email=f"a{number}@supporter.example")))

    def names(**limits: int) -> list[list[str]]:
        found = pack.volumes(store, "exams", "minister-1", **limits)
        return [[one.name for one in volume] for volume in found]

    assert names() == [["Ann 0", "Ann 1", "Ann 2", "Ann 3", "Ann 4"]]
    assert names(letters=2) == [["Ann 0", "Ann 1"], ["Ann 2", "Ann 3"], ["Ann 4"]]
    assert len(names(characters=1)) == 5, "one letter at least in each"
    assert [*pack.volumes(store, "exams", "nobody")] == []
    head = exporting.columns("viewer")
    rows = exporting.rows(store, Filter(), head, at_once=3)
    file = tmp_path / "book.xlsx"
    tables.write_xlsx([one.label for one in head], rows, file, title="Letters", most=4)
    with zipfile.ZipFile(file) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        lines = [book.read(name).count(b"<row ") for name in sorted(sheets)]
    assert lines == [5, 5, 3], "a heading on each, and every letter once"
