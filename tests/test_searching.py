"""Whom a search finds: beginnings of words, addresses, properties; and nobody who was erased."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailer import sendlog
from mailer.campaigns.values import Status
from mailer.db import Store, searching
from mailer.db.schema import found_by
from mailer.sendlog import Filter, people
from mailer.status import State
from mailer.submissions import accept, erasing
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter


def write(store: Store, name: str, email: str = "one@supporter.example", **changes: object) -> str:
    about = changes.pop("about", None)
    who = replace(supporter(name=name, email=email), **changes)  # type: ignore[arg-type]
    made = draft(who, about=about) if about else draft(who)  # type: ignore[arg-type]
    accept(store, made)
    return made.id


def found(store: Store, **wanted: str) -> set[str]:
    page = sendlog.page(store, Filter(**wanted))  # type: ignore[arg-type]
    return {row.name for row in page.rows}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ann", {"Ann Marie Example"}),
        ("MARIE", {"Ann Marie Example"}),
        ("exam", {"Ann Marie Example", "Zoë Exampleton"}),
        ("example ann", {"Ann Marie Example"}),
        ("marie exa", {"Ann Marie Example"}),
        ("ann zoe", set()),
        ("zoe", {"Zoë Exampleton"}),
        ("xample", set()),
        ("jean-luc", {"Jean-Luc O'Sample"}),
        ("luc", {"Jean-Luc O'Sample"}),
        ("osample", {"Jean-Luc O'Sample"}),
        ("o'sam", {"Jean-Luc O'Sample"}),
        ("second@supp", {"Zoë Exampleton"}),
        ("Second@Supporter.example", {"Zoë Exampleton"}),
        ("luc third@supporter.example", {"Jean-Luc O'Sample"}),
        ("luc second@supporter.example", set()),
        ("=via=", set()),
        ("=role=student", set()),
        ("%", set()),
        ("' OR 1=1 --", set()),
        ("\U0001f300\u202e", set()),
        ("a " * 60, {"Ann Marie Example"}),
    ],
)
def test_beginnings_of_words_and_addresses(store: Store, query: str, expected: set[str]) -> None:
    write(store, "Ann Marie Example", "first@supporter.example")
    write(store, "Zoë Exampleton", "second@supporter.example")
    write(store, "Jean-Luc O'Sample", "third@supporter.example")
    assert found(store, query=query) == expected


def test_a_search_is_narrowed_by_filters_and_goes_from_page_to_page(
    store: Store, clock: Clock
) -> None:
    for number in range(5):
        write(store, f"Ann Example{number}", f"s{number}@supporter.example")
        clock.pass_(1)
    write(store, "Ann Other", about=campaign(slug="other"))
    assert found(store, query="ann", campaign="other") == {"Ann Other"}
    seen: list[str] = []
    wanted = Filter(query="ann", campaign="exams", official="minister-1")
    while True:
        page = sendlog.page(store, wanted, 2)
        seen += [row.name for row in page.rows]
        if not page.next:
            break
        wanted = replace(wanted, before=page.next)
    assert seen == [f"Ann Example{number}" for number in (4, 3, 2, 1, 0)]
    back = sendlog.page(store, replace(wanted, before="", after=page.previous), 2)
    assert [row.name for row in back.rows] == ["Ann Example2", "Ann Example1"]


@pytest.mark.parametrize(("few", "some"), [(2, 100), (2, 2)])
def test_very_many_who_fit_are_found_another_way(
    store: Store, clock: Clock, few: int, some: int
) -> None:
    for number in range(6):
        write(store, f"Ann Example{number}", f"s{number}@supporter.example")
        clock.pass_(1)
    write(store, "Zoë Other", "zoe@supporter.example")
    found_: list[str] = []
    wanted = Filter(query="ann", official="minister-1")
    most = people.Most(few=few, some=some)
    with store.read() as tx:
        while places := people.by_words(tx, wanted, 4, most).places:
            found_ += [key for _, key in places]
            wanted = replace(wanted, before=sendlog.cursor_at(places[-1]))
    assert len(found_) == len(set(found_)) == 6
    with store.read() as tx:
        two = people.by_words(tx, Filter(query="ann example3"), 9, most).places
    assert len(two) == 2


def test_properties_narrow_the_log_and_each_other(store: Store, clock: Clock) -> None:
    write(store, "Ann One", role="student", district="North")
    clock.pass_(1)
    write(store, "Ann Two", "two@supporter.example", role="student", district="South")
    clock.pass_(1)
    write(store, "Ann Three", "three@supporter.example", role="faculty", district="South")
    assert found(store, role="student") == {"Ann One", "Ann Two"}
    assert found(store, role="student", district="South") == {"Ann Two"}
    assert found(store, role="student", state="sent") == set()
    assert found(store, district="South", official="minister-2") == {"Ann Two", "Ann Three"}
    assert found(store, district="Nowhere") == set()
    assert found(store, role="student", query="ann tw") == {"Ann Two"}
    first = sendlog.page(store, Filter(district="South"), 3)
    second = sendlog.page(store, Filter(district="South", before=first.next), 3)
    assert [len(first.rows), len(second.rows)] == [3, 1]


def test_a_day_narrows_the_log(store: Store, clock: Clock) -> None:
    write(store, "Ann One")
    middle = clock.pass_(86400)
    write(store, "Ann Two", "two@supporter.example")
    for wanted, expected in (
        (Filter(since=middle), {"Ann Two"}), (Filter(until=middle), {"Ann One"}),
        (Filter(since=middle, state="queued", official="minister-1"), {"Ann Two"}),
    ):  # fmt: skip
        assert {row.name for row in sendlog.page(store, wanted).rows} == expected


def test_every_way_of_narrowing_finds_what_there_is(store: Store, clock: Clock) -> None:
    """Whatever index it uses, a filter finds what a plain look at every letter finds."""
    for number in range(3):
        write(store, f"Ann {number}", f"s{number}@supporter.example")
        write(store, f"Zoë {number}", f"z{number}@supporter.example",
              about=campaign(slug="other", confirm=True))  # fmt: skip
        clock.pass_(1)
    write(store, "Ann Trial", about=campaign(slug="trial", status=Status.TRIAL))
    everything = list(sendlog.rows(store, Filter(kind="")))
    assert {row.kind.value for row in everything} == {"letter", "confirmation"}
    for kind in ("", "letter", "confirmation", "copy"):
        for state in ("", *State):
            for slug in ("", "exams", "other", "none"):
                for official in ("", "minister-1", "minister-9"):
                    wanted = Filter(kind=kind, state=state, campaign=slug, official=official)
                    expected = [
                        row.id
                        for row in everything
                        if kind in ("", row.kind) and state in ("", row.state)
                        if slug in ("", row.campaign) and official in ("", row.official)
                    ]
                    with store.read() as tx:
                        places = sendlog.places(tx, wanted, 99).places
                        assert [key for _, key in places] == expected, wanted
                        assert sendlog.count(tx, wanted) == len(expected), wanted


def test_who_is_erased_is_found_no_more(store: Store, tmp_path: Path) -> None:
    gone = write(store, "Ann Example", "ann@supporter.example", role="student", district="North")
    write(store, "Zoë Other", "zoe@supporter.example")
    erasing.forget(store, "ann@supporter.example", file=tmp_path / "erased")
    keys = select(func.count()).select_from(found_by).where(found_by.c.submission == gone)
    with store.read() as tx:
        assert tx.execute(keys).scalar_one() == 0
    assert found(store, query="ann") == set()
    assert found(store, query=gone[:10]) == {""}
    assert found(store, query="zoe") == {"Zoë Other"}


def test_an_older_database_is_made_searchable(store: Store) -> None:
    write(store, "Ann Example", "ann@supporter.example", role="student")
    with store.write() as tx:
        before = tx.execute(select(found_by).order_by(found_by.c.key)).all()
        tx.execute(found_by.delete())
        searching.enter_all(tx)
        assert tx.execute(select(found_by).order_by(found_by.c.key)).all() == before
    assert len(before) == 4
