"""`mailer audit` and `mailer staff`: what they print, what they refuse, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, update

from mailer import accounts, audit
from mailer.accounts import second
from mailer.audit import heads
from mailer.cli import main
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import audit_entry, audit_head
from mailer.submissions import accept, erasing
from mailer.worker import witness
from tests.factories import draft
from tests.staff_browser import EMAIL, member


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    return new_sqlite()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """At the time of day: the commands have no other."""
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def run(home: Path, database_url: str) -> Callable[..., Result]:
    env = {"MAILER_HOME": str(home), "MAILER_DATABASE_URL": database_url}

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, list(words), env=env)

    return invoke


Run = Callable[..., Result]


def test_the_audit_is_listed_and_verified(run: Run, store: Store, home: Path) -> None:
    one = member(store)
    accounts.start_session(store, one.id)
    accept(store, draft())
    erasing.forget(store, "ann@supporter.example", file=home / "var" / "erasures.log")
    found = run("audit", "list", "--limit", "2")
    assert found.exit_code == 0
    assert "erase.mailbox" in found.stdout.splitlines()[0]
    assert "@" not in found.stdout.splitlines()[0]
    mine = json.loads(run("audit", "list", "--actor", EMAIL, "--json").stdout)
    assert {one["act"] for one in mine} == {"sign-in"}
    assert json.loads(run("audit", "list", "--act", "account", "--json").stdout)[0]["number"] == 1
    assert "no such entry" in run("audit", "list", "--subject", "nothing").stderr
    assert run("audit", "list", "--actor", "who@x.example").exit_code == 1
    verified = run("audit", "verify")
    assert (verified.exit_code, verified.stdout[:7]) == (0, "head 3:")
    head = verified.stdout.split()[1]
    assert run("audit", "verify", "--head", head).exit_code == 0
    assert json.loads(run("audit", "verify", "--json").stdout)["wrong"] == 0


@pytest.mark.parametrize("head", ["", "3", "x:y", "3:" + "g" * 64, "😀", "9" * 30 + ":" + "a" * 64])
def test_a_head_that_is_none_is_a_usage_error(run: Run, head: str) -> None:
    found = run("audit", "verify", "--head", head)
    assert found.exit_code == 2
    assert "NUMBER:HASH" in found.output


def test_what_was_tampered_with_is_told_by_line_and_code(run: Run, store: Store) -> None:
    for number in range(8):
        member(store, f"a{number}@x.example")
    with store.write() as tx:
        tx.execute(update(audit_entry).where(audit_entry.c.number == 2).values(actor="x"))
        tx.execute(delete(audit_entry).where(audit_entry.c.number.in_([4, 5, 8])))
    found = run("audit", "verify")
    assert found.exit_code == 2
    assert found.stdout.splitlines()[:3] == [
        "entry 2: changed: it does not agree with its seal",
        "entries 4 to 5: missing: taken out",
        "entry 8: missing at the end: cut off",
    ]


def test_what_the_worker_noted_finds_an_end_that_was_cut_off_with_its_head(
    run: Run, store: Store, home: Path
) -> None:
    settings = Settings(home=home)
    note = witness.noting(settings, store)
    note()
    file = heads.file_beside(settings.path(settings.journal))
    assert not file.exists(), "there is nothing to note yet"
    member(store)
    member(store, "two@x.example")
    note()
    note()
    assert len(file.read_text().splitlines()) == 1, "once for what has not moved"
    with store.write() as tx:
        tx.execute(delete(audit_entry).where(audit_entry.c.number == 2))
        kept = tx.execute(audit_entry.select()).one()
        tx.execute(update(audit_head).values(number=1, hash=kept.hash))
    found = run("audit", "verify")
    assert (found.exit_code, found.stdout.splitlines()[0][:8]) == (2, "entry 2:")
    file.write_text(file.read_text().replace(" head 2 ", " head 1 "))
    found = run("audit", "verify")
    assert found.exit_code == 2
    assert "1 line that no key of today proves" in found.stdout


def test_a_restore_goes_back_and_says_so(run: Run, store: Store, home: Path) -> None:
    member(store)
    assert run("backup", str(home / "monday.backup")).exit_code == 0
    member(store, "later@coalition.example")
    witness.noting(Settings(home=home), store)()
    store.close()
    restored = run("restore", str(home / "monday.backup"), "--yes")
    assert restored.exit_code == 0, restored.output
    verified = run("audit", "verify")
    assert verified.exit_code == 0, verified.output
    acts = [one["act"] for one in json.loads(run("audit", "list", "--json").stdout)]
    assert acts[0] == "database.restore"
    assert "later" not in run("staff", "list").stdout


def test_staff_are_looked_after_on_the_command_line(run: Run, store: Store) -> None:
    link = run("staff", "invite", EMAIL, "--role", "admin").stdout.strip()
    secret = link.rpartition("/")[2]
    assert accounts.redeem(store, secret, accounts.INVITATION, "four quiet grey herons")
    (one,) = accounts.list_accounts(store)
    accounts.start_session(store, one.id)
    assert "(1 sessions)" in run("staff", "sign-out", EMAIL).stderr
    assert run("staff", "remove-factor", EMAIL).exit_code == 1
    shown = second.offer(store, one.id)
    assert second.prove(store, one.id, pyotp.TOTP(shown).at(int(store.now())))
    assert json.loads(run("staff", "list", "--json").stdout)[0]["second_factor"]
    assert run("staff", "remove-factor", EMAIL).exit_code == 0
    part = ("--organisation", "opseu", "--campaign", "proctoring")
    assert run("staff", "role", EMAIL, "partner", *part).exit_code == 0
    row = run("staff", "list").stdout.split()
    assert row == [EMAIL, "partner", "active", "opseu", "proctoring"]
    assert run("staff", "disable", EMAIL).exit_code == 0
    assert "disabled" in run("staff", "list").stdout
    assert not audit.verify(store).wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("invite", "nonsense"), "nonsense"),
        (("invite", EMAIL, "--role", "boss"), "boss"),
        (("invite", EMAIL, "--role", "partner", "--organisation", "opsue"), "did you mean"),
        (("invite", EMAIL, "--role", "partner", "--organisation", "😀"), "they name:"),
        (("invite", EMAIL, "--role", "partner", "--campaign", "proctorin"), "did you mean"),
        (("invite", EMAIL, "--organisation", "opseu"), "--role partner"),
        (("role", EMAIL, "viewer"), "there is no account"),
        (("role", EMAIL, "boss"), "boss"),
        (("disable", "who@x.example"), "there is no account"),
        (("disable", "nobody"), "not an email address"),
        (("sign-out", "\u202ereversed"), "not an email address"),
        (("sign-out", "x" * 20_001), "not an email address"),
        (("remove-factor", EMAIL), "no second factor"),
    ],
)
def test_nonsense_is_refused_in_words(run: Run, words: tuple[str, ...], said: str) -> None:
    found = run("staff", *words)
    assert found.exit_code in {1, 2}
    assert said in found.stderr
    assert "Traceback" not in found.output
    assert len(found.stderr) < 1000


def test_a_partner_without_organisation_is_told_that_it_sees_nothing(run: Run) -> None:
    found = run("staff", "invite", EMAIL, "--role", "partner")
    assert found.exit_code == 0
    assert "sees nothing" in found.stderr


def test_an_invitation_can_be_mailed(run: Run, store: Store) -> None:
    found = run("staff", "invite", EMAIL, "--mail")
    assert "waits to be mailed" in found.stderr
    listed = run("log", "list", "--json")
    assert "invitation" not in listed.stdout, "nobody reads the link in the log"
