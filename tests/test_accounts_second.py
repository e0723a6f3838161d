"""The second factor: codes that count once, ten to recover with, nothing that guessing helps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlalchemy import select

from mailer import accounts, audit
from mailer.accounts import Account, second
from mailer.db import Store
from mailer.db.schema import account, recovery_code
from tests.conftest import Clock
from tests.staff_browser import EMAIL, member


@pytest.fixture
def owner(store: Store) -> Account:
    return member(store)


def code(secret: str, at: float) -> str:
    return pyotp.TOTP(secret).at(int(at))


def turned_on(store: Store, owner: Account, clock: Clock) -> tuple[str, tuple[str, ...]]:
    secret = second.offer(store, owner.id)
    codes = second.prove(store, owner.id, code(secret, clock.now))
    assert len(set(codes)) == 10
    clock.pass_(30)
    return secret, codes


def test_it_is_off_until_the_app_has_proven_its_secret(
    store: Store, owner: Account, clock: Clock
) -> None:
    secret = second.offer(store, owner.id)
    assert second.offer(store, owner.id) == secret, "two tabs show the same"
    assert not second.prove(store, owner.id, "000000")
    assert not second.prove(store, owner.id, "")
    found = accounts.find(store, owner.id)
    assert found
    assert not found.second_factor
    assert second.prove(store, owner.id, code(secret, clock.now))
    found = accounts.find(store, owner.id)
    assert found
    assert found.second_factor
    assert not second.prove(store, owner.id, code(secret, clock.now)), "it is on already"
    address = second.address(secret, EMAIL)
    assert address.startswith("otpauth://totp/")
    assert secret in address


def test_a_code_counts_once_and_for_a_minute(store: Store, owner: Account, clock: Clock) -> None:
    secret, _ = turned_on(store, owner, clock)
    now = code(secret, clock.now)

    def tried(typed: str) -> Account | None:
        return second.complete(store, second.half(store, owner.id), typed)

    assert tried(f" {now[:3]} {now[3:]}") is not None
    assert tried(now) is None, "used"
    assert tried(code(secret, clock.now - 30)) is None, "older than one that was used"
    assert tried(code(secret, clock.now + 30)) is None, "not shown yet"
    clock.pass_(90)
    assert tried(code(secret, clock.now - 60)) is None
    assert tried(code(secret, clock.now - 30)) is not None, "the one before, typed slowly"


def test_two_who_use_one_code_at_once_do_not_both_get_in(
    store: Store, owner: Account, clock: Clock
) -> None:
    secret, codes = turned_on(store, owner, clock)
    for typed in (code(secret, clock.now), codes[3]):
        half = second.half(store, owner.id)

        def tried(_: int, half: str = half, typed: str = typed) -> bool:
            return second.complete(store, half, typed) is not None

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(tried, range(4))) == 1


def test_recovery_codes_work_once_however_they_are_typed(
    store: Store, owner: Account, clock: Clock
) -> None:
    _, codes = turned_on(store, owner, clock)
    for typed in (codes[0], codes[1].upper(), codes[2].replace("-", " "), f"\t{codes[3]}\n"):
        assert second.complete(store, second.half(store, owner.id), typed) is not None
        assert second.complete(store, second.half(store, owner.id), typed) is None
    assert second.codes_left(store, owner.id) == 6
    fresh = second.renew_codes(store, owner.id)
    assert second.codes_left(store, owner.id) == 10
    assert second.complete(store, second.half(store, owner.id), codes[5]) is None
    assert second.complete(store, second.half(store, owner.id), fresh[5]) is not None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "😀" * 6, "x" * 20_001, "-"])
def test_nonsense_is_no_code(store: Store, owner: Account, clock: Clock, typed: str) -> None:
    turned_on(store, owner, clock)
    assert second.complete(store, second.half(store, owner.id), typed) is None


def test_a_half_sign_in_ends_after_ten_minutes_and_serves_one_account(
    store: Store, owner: Account, clock: Clock
) -> None:
    secret, _ = turned_on(store, owner, clock)
    other = member(store, "other@coalition.example")
    half = second.half(store, owner.id)
    assert second.whose_half(store, half) == owner.id
    assert second.complete(store, second.half(store, other.id), code(secret, clock.now)) is None
    clock.pass_(601)
    assert second.whose_half(store, half) is None
    assert second.complete(store, half, code(secret, clock.now)) is None
    assert second.whose_half(store, "forged") is None


def test_recovery_codes_are_kept_as_hashes_and_go_with_the_factor(
    store: Store, owner: Account, clock: Clock
) -> None:
    _, codes = turned_on(store, owner, clock)
    with store.read() as tx:
        kept = repr(tx.execute(select(recovery_code)).all())
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert accounts.remove_factor(store, EMAIL)
    assert not accounts.remove_factor(store, EMAIL)
    assert second.codes_left(store, owner.id) == 0
    assert second.renew_codes(store, owner.id) == ()
    with store.read() as tx:
        assert tx.execute(select(account.c.totp, account.c.totp_new)).one() == ("", "")


def test_what_happens_to_it_stands_in_the_audit(store: Store, owner: Account, clock: Clock) -> None:
    _, codes = turned_on(store, owner, clock)
    second.complete(store, second.half(store, owner.id), "000000")
    second.complete(store, second.half(store, owner.id), codes[0])
    accounts.remove_factor(store, owner.id, actor="another")
    found = [(one.actor, one.act) for one in audit.page(store, audit.Wanted(), 4).entries]
    assert found == [
        ("another", "factor.removed"),
        (owner.id, "factor.code-used"),
        (audit.STRANGER, "sign-in.code-failed"),
        (owner.id, "factor.set-up"),
    ]
