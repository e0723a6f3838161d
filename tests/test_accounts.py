"""Staff accounts: one-time secrets, sessions that end, nothing that tells who has an account."""

from __future__ import annotations

import base64
import time
from functools import reduce
from operator import and_, or_

import pytest
from sqlalchemy import select

from mailer import accounts, audit
from mailer.accounts import ENTER, INVITATION, RESET, passwords
from mailer.accounts.people import RESET_SECONDS
from mailer.db import Store
from mailer.db.schema import account, account_token, letter_text, staff_session
from mailer.errors import MailerError
from tests import staff_browser
from tests.conftest import Clock
from tests.factories import SENDER
from tests.staff_browser import PASSWORD

EMAIL = "staff@coalition.example"
LONG = "nine slow purple barges, " * 11


@pytest.fixture
def member(store: Store) -> accounts.Account:
    return staff_browser.member(store, EMAIL)


def test_an_invitation_sets_the_password_once(store: Store) -> None:
    secret = accounts.invite(store, EMAIL, "moderator")
    assert accounts.peek(store, secret, INVITATION) is not None
    made = accounts.redeem(store, secret, INVITATION, PASSWORD)
    assert made is not None
    assert (made.email, made.role, made.pending) == (EMAIL, "moderator", False)
    assert accounts.redeem(store, secret, INVITATION, "another password here") is None
    assert accounts.sign_in(store, EMAIL, PASSWORD) == made


def test_inviting_again_ends_the_earlier_link(store: Store) -> None:
    first = accounts.invite(store, EMAIL, "viewer")
    second = accounts.invite(store, EMAIL, "admin")
    assert accounts.peek(store, first, INVITATION) is None
    found = accounts.peek(store, second, INVITATION)
    assert found is not None
    assert found.role == "admin"


def test_an_invitation_ends_after_a_week(store: Store, clock: Clock) -> None:
    secret = accounts.invite(store, EMAIL, "viewer")
    clock.pass_(7 * 86400 + 1)
    assert accounts.redeem(store, secret, INVITATION, PASSWORD) is None


def test_a_secret_serves_its_own_purpose_only(store: Store) -> None:
    secret = accounts.invite(store, EMAIL, "viewer")
    assert accounts.redeem(store, secret, RESET, PASSWORD) is None
    assert accounts.redeem(store, secret, ENTER) is None


@pytest.mark.parametrize(
    ("email", "role", "said"),
    [(EMAIL, "boss", "not a role"), ("staff@", "viewer", "staff@"), ("", "viewer", "empty")],
)
def test_a_wrong_invitation_is_refused_in_words(
    store: Store, email: str, role: str, said: str
) -> None:
    with pytest.raises(MailerError, match=said):
        accounts.invite(store, email, role)


def test_who_has_an_account_is_not_invited_again(store: Store, member: accounts.Account) -> None:
    with pytest.raises(MailerError, match="has an account already"):
        accounts.invite(store, EMAIL, "admin")


def test_the_local_admins_link_works_once(store: Store) -> None:
    secret = accounts.local_admin(store)
    found = accounts.redeem(store, secret, ENTER)
    assert found is not None
    assert found.role == "admin"
    assert accounts.redeem(store, secret, ENTER) is None
    assert accounts.redeem(store, accounts.local_admin(store), ENTER) is not None
    assert accounts.sign_in(store, accounts.LOCAL_ADMIN, "") is None


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), PASSWORD + " ", "x" * 5000])
def test_a_wrong_password_does_not_sign_in(
    store: Store, member: accounts.Account, password: str
) -> None:
    assert accounts.sign_in(store, EMAIL, password) is None


def test_strangers_cost_what_members_do() -> None:
    """The hash that is compared with where there is no account was made with today's settings."""
    assert not passwords.is_outdated(passwords.NOBODY)
    assert not passwords.matches("", "correct horse battery")


def test_secrets_are_kept_as_hashes_only(store: Store, member: accounts.Account) -> None:
    session = accounts.start_session(store, member.id)
    invitation = accounts.invite(store, "new@coalition.example", "viewer")
    with store.read() as tx:
        kept = repr([tx.execute(select(t)).all() for t in (account, account_token, staff_session)])
    assert PASSWORD not in kept
    assert session not in kept
    assert invitation not in kept
    assert "$argon2id$" in kept


def test_a_session_s_secret_is_new_each_time_and_all_256_bits_of_it_are_random(
    store: Store, member: accounts.Account
) -> None:
    secrets = [accounts.start_session(store, member.id) for _ in range(64)]
    assert len(set(secrets)) == len(secrets)
    raw = [base64.b64decode(f"{secret}=", altchars="-_", validate=True) for secret in secrets]
    assert {len(one) for one in raw} == {32}
    numbers = [int.from_bytes(one) for one in raw]
    assert reduce(and_, numbers) == 0, "a bit is always set"
    assert reduce(or_, numbers) == 2**256 - 1, "a bit is never set"


def test_a_session_ends_when_idle_and_at_all(
    store: Store, member: accounts.Account, clock: Clock
) -> None:
    secret = accounts.start_session(store, member.id)
    for _ in range(24):
        clock.pass_(29 * 60)
        assert accounts.session(store, secret) == member
    clock.pass_(31 * 60)
    assert accounts.session(store, secret) is None
    secret = accounts.start_session(store, member.id)
    for _ in range(25):
        clock.pass_(29 * 60)
        accounts.session(store, secret)
    assert accounts.session(store, secret) is None, "twelve hours are over"


def test_signing_out_and_disabling_end_sessions(store: Store, member: accounts.Account) -> None:
    first, second = (accounts.start_session(store, member.id) for _ in range(2))
    accounts.end_session(store, first)
    assert accounts.session(store, first) is None
    assert accounts.session(store, second) == member
    assert accounts.disable(store, EMAIL)
    assert accounts.session(store, second) is None
    assert accounts.sign_in(store, EMAIL, PASSWORD) is None
    assert not accounts.disable(store, "nobody@coalition.example")


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions(
    store: Store, member: accounts.Account
) -> None:
    mine, other = (accounts.start_session(store, member.id) for _ in range(2))
    new = "nine slow purple barges"
    assert not accounts.change_password(store, member.id, "wrong", new, keep_session=mine)
    assert accounts.change_password(store, member.id, PASSWORD, new, keep_session=mine)
    assert accounts.session(store, mine) == member
    assert accounts.session(store, other) is None
    assert accounts.sign_in(store, EMAIL, PASSWORD) is None
    assert accounts.sign_in(store, EMAIL, new) == member


def test_a_reset_link_is_mailed_to_the_account_and_ends_all_sessions(
    store: Store, member: accounts.Account
) -> None:
    session = accounts.start_session(store, member.id)
    for email in (EMAIL, "nobody@coalition.example"):
        began = time.monotonic()
        accounts.request_reset(store, email, sender=SENDER, language="en")
        assert time.monotonic() - began >= RESET_SECONDS, "the work itself takes much less"
    with store.read() as tx:
        (row,) = tx.execute(select(letter_text)).all()
    assert row.to_address == EMAIL
    asked = audit.page(store, audit.Wanted(act="account.reset-asked"), 4).entries
    assert [(one.actor, one.subject) for one in asked] == [(audit.STRANGER, member.id)]
    secret = row.body.partition("/staff/reset/")[2].split()[0]
    assert accounts.redeem(store, secret, RESET, "nine slow purple barges") is not None
    assert accounts.session(store, session) is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "short"),
        (PASSWORD[:14], "short"),
        ("password12345678", "guessable"),
        ("qwertyuiopasdfghjkl", "guessable"),
        ("coalitioncoalition", "guessable"),
        (LONG[:257], "long"),
        ("x" * 300, "long"),
    ],
)
def test_weak_passwords_are_refused_with_a_reason(password: str, code: str) -> None:
    found = accounts.weak_password(password, EMAIL)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("length", [15, 16, 64, 65, 128, 256])
def test_a_password_may_be_as_long_as_that(length: int) -> None:
    assert accounts.weak_password(LONG[:length], EMAIL) is None


def test_the_longest_password_signs_in_and_nothing_ever_makes_it_end(
    store: Store, clock: Clock
) -> None:
    secret = accounts.invite(store, EMAIL, "admin")
    made = accounts.redeem(store, secret, INVITATION, LONG[:256])
    clock.pass_(5 * 365 * 86400)
    assert accounts.sign_in(store, EMAIL, LONG[:255]) is None
    assert accounts.sign_in(store, EMAIL, LONG[:256]) == made


@pytest.mark.parametrize("password", [PASSWORD, "ÿ" * 3 + "kräftig 12 Wörter", "a3" + "q9z" * 40])
def test_no_rules_of_composition(password: str) -> None:
    assert accounts.weak_password(password, EMAIL) is None
