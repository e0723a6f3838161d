"""The map of personal data is whole and true: what it says is what the product does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from flask import Flask

from mailer import accounts, addresses, limits, lookups, privacy, review, transports
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store, schema
from mailer.db.searching import UNNAMED
from mailer.i18n import LANGUAGES, text
from mailer.privacy import Column, Ends, Erasing, Told, Whose, listing
from mailer.submissions import erasing
from mailer.web.fields import FIELDS
from mailer.worker.upkeep import purging
from tests.conftest import ROOT, Clock
from tests.web_public import planted
from tests.web_public.page import Page, Visitor
from tests.web_public.planted import EMAIL, WORDS, everything, found, of_supporters, without_roles

DAY = 86400.0
KEY = "k" * 40
MakeApp = Callable[..., Flask]

# How long at most, in days, by the defaults; what ends so may not be there any longer.
ORDER = (Ends.SESSION, Ends.DAY, Ends.WEEK, Ends.TEXT, Ends.PERSON, Ends.GOOD)


def personal() -> Iterator[tuple[str, str, Column]]:
    """The columns that hold something of a supporter which an erasure takes."""
    for table, columns in privacy.TABLES.items():
        for name, one in columns.items():
            if one.topic.whose is Whose.SUPPORTER and one.erasing is not Erasing.KEEP:
                yield table, name, one


@pytest.fixture
def app(make_app: MakeApp, home: Path, store: Store) -> Flask:
    planted.home(home)
    return make_app(store)


@pytest.fixture
def receipt(app: Flask, home: Path, store: Store, clock: Clock) -> str:
    made = planted.fill(app, store, clock.now)
    planted.counted(store, home, clock)
    return made


def test_every_column_is_declared() -> None:
    """Whoever adds a column says whose it is, what for, and what becomes of it."""
    there = {
        (table.name, column.name)
        for table in schema.metadata.sorted_tables
        for column in table.columns
    }
    declared = {(table, name) for table, columns in privacy.TABLES.items() for name in columns}
    assert declared == there


def test_what_is_declared_makes_sense() -> None:
    topics = {one.topic.id for columns in privacy.TABLES.values() for one in columns.values()}
    assert topics | {file.topic.id for file in privacy.FILES} == {one.id for one in privacy.TOPICS}
    for table, name, one in personal():
        assert one.topic in privacy.PUBLIC, (table, name)
        assert one.label or one.why or name in {"submission", "letter"}, f"{table}.{name}: unsaid"
    for table, columns in privacy.TABLES.items():
        for name, one in columns.items():
            if one.topic in privacy.PUBLIC:  # never longer than the page says
                assert _rank(one.ends) <= _rank(one.topic.ends), (table, name)
            assert (one.told is Told.NO) == (not one.label), (table, name)


def _rank(ends: Ends) -> int:
    return ORDER.index(Ends.GOOD if ends is Ends.WISH else ends)


def test_everything_that_can_name_somebody_was_planted(receipt: str, store: Store) -> None:
    """Else the tests below would find nothing where nothing was."""
    rows = everything(store)
    empty = [
        f"{table}.{name}" for table, name, _ in personal()
        if not any(row[name] not in {None, ""} for row in rows[table])
    ]  # fmt: skip
    assert empty == ["consent.withdrawn_at"]
    assert set(WORDS) - set(found(rows)) == set(planted.NEVER)
    assert set(planted.TYPED) > set(FIELDS), "every field of the form"
    counts = {(row["facet"], row["value"]) for row in rows["written_count"]}
    assert {("district", UNNAMED), ("via", ""), ("role", "student")} <= counts
    assert {row["state"] for row in rows["bulk"]} == {"done", "stopped"}


def test_an_erasure_does_what_the_map_says(
    receipt: str, store: Store, tmp_path: Path
) -> None:  # fmt: skip
    before = everything(store)
    erasing.forget(store, EMAIL, file=tmp_path / "erasures.log")
    accounts.disable(store, EMAIL)
    assert accounts.part(store, EMAIL) is accounts.Parted.GONE
    strays = [row for row in everything(store)["news"] if row["letter"] is None]
    assert strays
    assert found(strays) == []
    rows = without_roles(of_supporters(everything(store)))  # mails to staff go later
    assert found(rows) == []
    assert found((tmp_path / "erasures.log").read_text()) == []
    for table, columns in privacy.TABLES.items():
        _as_declared(table, columns, before[table], rows[table])


def _as_declared(table: str, columns: Any, before: list[Any], after: list[Any]) -> None:
    fates = {one.erasing for one in columns.values()}
    if Erasing.ROW in fates:
        assert len(fates) == 1, table
        assert [row for row in after if not str(row.get("key", "")).startswith("=via=")] == [], (
            table
        )
        return
    for name, one in columns.items():
        values = [row[name] for row in after]
        if one.erasing is Erasing.BLANK:
            assert not any(values), (table, name)
        elif one.told is Told.YES and table in {"submission", "suppressed"} and name != "erased_at":
            assert values == [row[name] for row in before], (table, name)


def test_retention_does_what_the_map_says(
    receipt: str, store: Store, clock: Clock, settings: Settings
) -> None:
    work = _retention(settings, store)
    for seconds, over in (
        (2 * DAY, (Ends.SESSION, Ends.DAY)), (7 * DAY, (Ends.WEEK,)), (28 * DAY, (Ends.TEXT,)),
        (365 * DAY, (Ends.PERSON,)),
    ):  # fmt: skip
        clock.now = 1_800_000_000.0 + seconds - 1
        work()
        still = everything(store)
        if Ends.DAY not in over:  # those go as soon as they are over
            assert [one for one in _ending(over) if not _kept(still, *one)] == []
        clock.pass_(2)
        work()
        rows = everything(store)
        assert [one for one in _ending(over) if _kept(rows, *one)] == []
    rows.pop("account")
    assert found(without_roles(rows)) == []


def _retention(settings: Settings, store: Store) -> Callable[[], None]:
    """What a worker does in its chores, once."""
    library, ways = Library(settings.home), transports.of(settings)
    purge = purging(settings, store, library, ways, pause=0.0)

    def work() -> None:
        purge(Event())
        for chore in (limits.purge, review.purge, lookups.purge):
            chore(store)

    return work


def _ending(over: tuple[Ends, ...]) -> list[tuple[str, str]]:
    skipped = {"consent.withdrawn_at", "letter_text.to_name", "letter_text.to_address"}
    return [
        (table, name)
        for table, columns in privacy.TABLES.items()
        for name, one in columns.items()
        if one.ends in over and one.topic.whose is not Whose.STAFF
        and f"{table}.{name}" not in skipped and _goes(one)
    ]  # fmt: skip


def _goes(one: Column) -> bool:
    return one.erasing in {Erasing.BLANK, Erasing.ROW} or one.ends is Ends.DAY


def _kept(rows: dict[str, list[dict[str, Any]]], table: str, name: str) -> bool:
    return any(
        row[name] not in {None, ""} for row in rows[table]
        if not str(row.get("key", "")).startswith("=via=")
    )  # fmt: skip


def test_a_place_is_kept_shortened_and_for_a_week(
    app: Flask, store: Store, clock: Clock
) -> None:  # fmt: skip
    at = ("203.0.113.77", "203.0.113.5", "198.51.100.1", "2001:db8:7:1::9", "2001:db8:7:2::1")
    for number, address in enumerate(at):
        visitor = Visitor(app)
        visitor.client.environ_base["REMOTE_ADDR"] = address
        visitor.send("exams", email=f"p{number}@supporter.example")
    rows = everything(store)["submission"]
    places = {row["email"]: row["network"] for row in rows}
    found_at = [places[f"p{number}@supporter.example"] for number in range(len(at))]
    assert found_at[0] == found_at[1] != found_at[2]
    assert found_at[3] == found_at[4]
    with store.read() as tx:
        pepper = store.pepper(tx)
    assert found_at[0] == addresses.place_key("203.0.113.0/24", pepper)
    assert found_at[3] == addresses.place_key("2001:db8:7::/48", pepper)
    assert not [one for one in at if one in repr(everything(store))]
    clock.pass_(privacy.WEEK - 1)
    review.purge(store)
    assert all(row["network"] for row in everything(store)["submission"])
    clock.pass_(2)
    review.purge(store)
    assert not any(row["network"] for row in everything(store)["submission"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("days", [(28, 365), (1, 0), (None, None)])
def test_the_page_says_what_the_map_says(
    make_app: MakeApp, settings: Settings, days: tuple[int | None, int | None], language: str
) -> None:
    made = make_app(text_days=days[0], person_days=days[1])
    page = " ".join(Page(Visitor(made).get(f"/privacy?lang={language}").text).words.split())
    live = made.extensions["mailer"].settings
    say = text(language).gettext
    for one in privacy.PUBLIC:
        kept = privacy.period(one.ends, live, language)
        said = f"{say(one.title)}{say(one.purpose)}{say('Kept:')} {kept}"
        assert " ".join(said.split()) in page


@pytest.mark.parametrize(("language", "most"), [("en", 300), ("fr", 360)])
def test_the_page_is_read_in_a_minute(make_app: MakeApp, language: str, most: int) -> None:
    html = Visitor(make_app()).get(f"/privacy?lang={language}").text
    main = html[html.index("<main") : html.index("</main>")]
    unfolded = re.sub(r"<details.*?</details>", "", main, flags=re.S)
    assert len(re.sub(r"<[^>]+>", " ", unfolded).split()) <= most


def test_the_docs_have_the_map() -> None:
    """With the settings as they come."""
    bare, docs = Settings(home=Path()), ROOT / "docs"
    for page, table in (
        ("security.md", listing.topics_table),
        ("privacy.md", listing.places_table),
    ):
        text = (docs / page).read_text(encoding="utf-8")
        assert table(bare) in text, f"docs/{page}: paste what `mailer privacy` prints"


def test_every_file_of_the_product_is_in_the_map(home: Path, app: Flask, store: Store) -> None:
    """What lies under MAILER_HOME after a day of work is named by a pattern of the map."""
    patterns = [file.place for file in privacy.FILES if file.place]
    made = {one for pattern in patterns for one in home.glob(pattern)}
    others = [
        one for one in (home / "var").rglob("*") if one.is_file() and one not in made
    ]  # fmt: skip
    assert others == []
