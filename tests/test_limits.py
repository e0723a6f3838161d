"""Limits on both databases: what they let through, whom they slow, and whom they refuse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mailer import limits
from mailer.db import Store
from mailer.db.schema import bucket
from mailer.errors import OverLimit
from mailer.limits import Caller, Limit, Rules, Verdict, Writer, buckets
from mailer.limits.rules import share
from tests.conftest import ROOT, Clock

THREE = Limit(count=6, seconds=60.0, burst=3)
SMALL = Rules(network=THREE, domain=THREE)
HERE = Caller(network="198.51.100.7/32")


def take(store: Store, limit: Limit = THREE, key: str = "a", times: int = 1) -> list[bool]:
    """Which of some turns were given."""
    found = []
    for _ in range(times):
        with store.write() as tx:
            found.append(not buckets.take(tx, {key: limit}, store.now(tx)))
    return found


def write(store: Store, rules: Rules = SMALL, number: int = 0, **changes: object) -> Verdict:
    """Somebody writes; each number is a person of their own."""
    who = Writer(caller=HERE, email=f"p{number}@example{number}.org", campaign="exams")
    with store.write() as tx:
        key, now = store.pepper(tx), store.now(tx)
        return limits.write(tx, rules, replace(who, **changes), key, now)  # type: ignore[arg-type]


def test_a_burst_and_then_the_pace(store: Store, clock: Clock) -> None:
    assert take(store, times=5) == [True, True, True, False, False]
    with store.read() as tx:
        assert buckets.wait(tx, "a", THREE, clock.now) == pytest.approx(10.0)
        assert buckets.wait(tx, "nobody's", THREE, clock.now) == 0
    clock.pass_(9.9)
    assert take(store) == [False]
    clock.pass_(0.1)
    assert take(store, times=2) == [True, False]
    clock.pass_(30)
    assert take(store, times=4) == [True, True, True, False]


def test_what_is_refused_costs_nothing_and_others_are_not_touched(store: Store) -> None:
    take(store, times=3)
    with store.write() as tx:
        over = buckets.take(tx, {"a": THREE, "b": THREE}, store.now(tx))
        assert buckets.take(tx, {}, store.now(tx)) == frozenset()
    assert over == {"a"}
    assert take(store, key="b", times=3) == [True, True, False]


def test_a_clock_that_was_wrong_keeps_nobody_out(store: Store, clock: Clock) -> None:
    clock.pass_(1e9)
    take(store, times=3)
    clock.pass_(-1e9)
    assert take(store) == [True]


def test_a_smaller_limit_counts_from_its_change_on(store: Store) -> None:
    take(store, Limit(count=1, seconds=60.0, burst=100), times=50)
    assert take(store, times=4) == [True, True, True, False]


def test_many_at_once_get_what_there_is(store: Store) -> None:
    with ThreadPoolExecutor(6) as pool:
        given_ = list(pool.map(lambda _: take(store)[0], range(12)))
    assert sum(given_) == THREE.burst


def test_what_is_whole_again_is_thrown_away(store: Store, clock: Clock) -> None:
    take(store, times=2)
    take(store, Limit(count=1, seconds=600.0, burst=1), key="slow")
    clock.pass_(20)
    assert buckets.purge(store) == 1
    with store.read() as tx:
        assert tx.execute(select(bucket.c.id)).scalars().all() == ["slow"]


@given(st.integers(1, 20_000), st.text("0123456789abcdef", min_size=32, max_size=32))
def test_the_shares_of_a_limit_are_the_limit(burst: int, key: str) -> None:
    number, part = share(Limit(count=3000, seconds=3600.0, burst=burst), key)
    shares = round(part.seconds / 3600)
    assert 0 <= int(number) < shares <= 16
    assert burst - shares < part.burst * shares <= burst
    assert part.burst >= min(burst, 50)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("198.51.100.7", "198.51.100.7/32"),
        ("::ffff:198.51.100.7", "198.51.100.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("198.51.100.7:40001", "198.51.100.7/32"),
        (" [2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        *((wrong, limits.UNKNOWN) for wrong in ("", "nonsense", "198.51.100.7, 192.0.2.1", "😀")),
        *((wrong, limits.UNKNOWN) for wrong in (":", "[", "[]:1", "999.1.1.1:5")),
    ],
)
def test_a_place_is_an_address_or_the_network_of_a_home(address: str, place: str) -> None:
    assert limits.network(address) == place


def test_trusted_networks_are_those_that_are_named() -> None:
    named = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/48"))
    for address in ("192.0.2.200", "::ffff:192.0.2.1", "2001:db8::1"):
        assert limits.is_trusted(address, named)
    for address in ("198.51.100.1", "2001:db9::1", "", "unix:"):
        assert not limits.is_trusted(address, named)


def test_a_place_and_a_domain_are_slowed_and_never_refused(store: Store) -> None:
    found = [write(store, number=number) for number in range(9)]
    assert [one.ask for one in found] == [False] * 3 + [True] * 6
    elsewhere = [
        write(store, number=number, caller=Caller(network=f"192.0.2.{number}/32"),
              email=f"q{number}@one.example")
        for number in range(6)
    ]  # fmt: skip
    assert [one.ask for one in elsewhere] == [False] * 3 + [True] * 3
    great = [
        write(store, number=number, caller=Caller(network=f"203.0.113.{number}/32"),
              email=f"q{number}@gmail.com")
        for number in range(6)
    ]  # fmt: skip
    assert not any(one.ask for one in great)
    assert not any(one.crowd for one in (*found, *elsewhere, *great))


def test_whoever_is_trusted_is_not_slowed(store: Store) -> None:
    trusted = replace(HERE, trusted=True)
    found = {write(store, number=number, caller=trusted, odd=True) for number in range(40)}
    assert found == {Verdict()}
    assert not write(store).ask  # nor do they use up what others have


def test_an_unknown_place_is_nobodys(store: Store) -> None:
    found = [write(store, number=number, caller=Caller(network="")) for number in range(9)]
    assert not any(one.ask for one in found)


def test_one_place_that_writes_with_one_address_is_refused_and_others_are_not(
    store: Store, clock: Clock
) -> None:
    rules = replace(SMALL, pair=THREE, mailbox=Limit(count=1, seconds=60.0, burst=90))
    spellings = ("p@one.example", "p+1@one.example", "P@one.example")
    for spelling in spellings:
        write(store, rules, email=spelling)
    with pytest.raises(OverLimit) as refused:
        write(store, rules, email="p+2@one.example")
    assert refused.value.after == pytest.approx(10.0)
    write(store, rules, email="p@one.example", caller=Caller(network="192.0.2.1/32"))
    write(store, rules, email="other@one.example")
    clock.pass_(refused.value.after)
    write(store, rules, email="p@one.example")


def test_what_is_refused_counts_nowhere(store: Store) -> None:
    rules = replace(SMALL, pair=Limit(count=1, seconds=3600.0, burst=1), campaign=THREE)
    write(store, rules, email="p@one.example")
    for _ in range(5):
        with pytest.raises(OverLimit):
            write(store, rules, email="p@one.example")
    with store.read() as tx:
        full = select(bucket.c.full_at).where(bucket.c.id.startswith("campaign"))
        assert tx.execute(full).scalar_one() == pytest.approx(store.now() + THREE.every)


def test_an_address_used_often_is_confirmed_wherever_it_is_used(store: Store) -> None:
    rules = replace(SMALL, mailbox=THREE)
    found = [
        write(store, rules, email="p@one.example", caller=Caller(network=f"192.0.2.{number}/32"))
        for number in range(5)
    ]  # fmt: skip
    assert [one.ask for one in found] == [False, False, False, True, True]


def test_everything_at_once_is_refused_for_a_moment(store: Store, clock: Clock) -> None:
    rules = Rules(everything=THREE)
    for number in range(3):
        write(store, rules, number, caller=Caller(network=f"192.0.2.{number}/32"))
    with pytest.raises(OverLimit):
        write(store, rules, 9)
    clock.pass_(10)
    write(store, rules, 9)


def test_a_crowd_beyond_reason_is_looked_at(store: Store) -> None:
    rules = Rules(network=THREE, crowd=Limit(count=1, seconds=3600.0, burst=4))
    assert [write(store, rules, number).crowd for number in range(9)] == [False] * 7 + [True] * 2


def test_nothing_of_a_person_or_place_stands_in_the_rows(store: Store) -> None:
    write(store, email="Ann.Example@supporter.example")
    with store.read() as tx:
        rows = " ".join(tx.execute(select(bucket.c.id)).scalars())
    for word in ("ann", "supporter", "198.51", "example"):
        assert word not in rows.lower()


def test_the_docs_tell_the_limits_as_they_are() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = text.partition("| what | at once |")[2].partition("\n\n")[0].splitlines()[2:]
    told = [[cell.strip() for cell in row.split("|")[2:4]] for row in table]
    units = {1.0: "a second", 3600.0: "an hour", 86400.0: "a day"}
    are = [getattr(Rules(), one.name) for one in fields(Rules)]
    assert told == [[str(one.burst), f"{one.count} {units[one.seconds]}"] for one in are]
