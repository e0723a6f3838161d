"""Represent: asked over a real TLS line on loopback, and believed only as far as it can be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.districts.codes import CodeError
from mailer.districts.represent import Boundary, BusyError, Represent, read
from mailer.errors import OutboundError
from tests.represent import FEDERAL, ONTARIO, Stub, answer, boundary, served


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    with served(tmp_path_factory.mktemp("represent")) as stub:
        yield stub


@pytest.fixture
def stub(running: Stub) -> Stub:
    running.says, running.status, running.headers = {}, 200, {}
    running.pause = 0.0
    running.heard.clear()
    return running


def test_the_districts_of_a_code(stub: Stub) -> None:
    near = boundary(FEDERAL, "Ottawa Centre"), boundary(ONTARIO, "Ottawa West—Nepean")
    stub.says = {"K1A0B1": answer("K1A0B1", *near)}
    assert stub.client.ask("k1a 0b1") == (
        Boundary(set=FEDERAL, name="Ottawa Centre"),
        Boundary(set=ONTARIO, name="Ottawa West—Nepean"),
    )
    assert stub.heard == ["/postcodes/K1A0B1/"]


def test_what_tables_tell_counts_before_the_middle_set_by_set() -> None:
    near = boundary(FEDERAL, "Middle"), boundary(ONTARIO, "Near")
    told = boundary(FEDERAL, "One"), boundary(FEDERAL, "Other")
    found = read(answer("K1A0B1", *near, told=told))
    assert [one.name for one in found] == ["One", "Other", "Near"]


def test_a_code_it_does_not_know_has_no_districts(stub: Stub) -> None:
    assert stub.client.ask("K1A 0B1") == ()


def test_what_is_no_code_is_never_asked(stub: Stub) -> None:
    for typed in ("../../x", "K1A 0B1/../..", "K1O 0B1", "75001", "K1A0B1?x=y", ""):
        with pytest.raises(CodeError):
            stub.client.ask(typed)
    assert stub.heard == []


@pytest.mark.parametrize(
    ("said", "seconds"), [("120", 120.0), ("5", 60.0), ("x", 60.0), ("9" * 30, 86400.0)]
)
def test_it_may_ask_to_be_left_alone(stub: Stub, said: str, seconds: float) -> None:
    stub.status, stub.headers = 429, {"Retry-After": said}
    with pytest.raises(BusyError) as caught:
        stub.client.ask("K1A 0B1")
    assert caught.value.after == seconds


@pytest.mark.parametrize("status", [302, 400, 403, 500, 503])
def test_any_other_status_is_no_answer(stub: Stub, status: int) -> None:
    stub.status, stub.headers = status, {"Location": "https://elsewhere.example/"}
    with pytest.raises(OutboundError):
        stub.client.ask("K1A 0B1")
    assert len(stub.heard) == 1


def test_a_service_that_is_not_there_is_no_answer() -> None:
    with pytest.raises(OutboundError):
        Represent(base="https://localhost:1").ask("K1A 0B1")


@pytest.mark.parametrize(
    "body",
    [b"", b"no", b"[]", b"1", b'"x"', b"\xff", b"[" * 100_000, b"{" * 9, b"1" * 9999, b"null"],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(OutboundError):
        read(body)


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["/boundaries/a-b/1/"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "url"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["boundaries_centroid", "boundaries_concordance"]), VALUES))
def test_odd_answers_name_no_odd_districts(said: dict[str, object]) -> None:
    for one in read(json.dumps(said).encode()):
        assert one.name.strip() == one.name != ""
        assert one.name.isprintable()


def test_names_that_hide_something_and_endless_lists_are_cut(tmp_path: Path) -> None:
    odd = [boundary(FEDERAL, name) for name in ("\u202eevil", "a\nb", "x" * 121, "  ", "Good")]
    assert [one.name for one in read(answer("K1A0B1", *odd))] == ["Good"]
    many = [boundary(FEDERAL, f"Number {number}") for number in range(1000)]
    assert len(read(answer("K1A0B1", *many))) == 100
