"""Records that letters were wanted, handed out: to staff, on a terminal, with the keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from mailer import proof
from mailer.cli import main
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import audit_entry, submission
from mailer.message import compose
from mailer.sendlog import letter_page
from mailer.submissions import accept, data_links
from mailer.web import create_app
from mailer.worker import witness
from tests.factories import draft
from tests.staff_browser import Browser, member
from tests.staff_letters import letters
from tests.web_public.page import Visitor

KEY = "k" * 40
Run = Callable[..., Result]


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    return new_sqlite()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def run(home: Path, database_url: str) -> Run:
    env = {"MAILER_HOME": str(home), "MAILER_DATABASE_URL": database_url, "MAILER_SECRET_KEY": KEY}

    def invoke(*words: str, **more: str) -> Result:
        return CliRunner().invoke(main, list(words), env=env | more)

    return invoke


def sent_in(store: Store) -> str:
    made = draft()
    accept(store, made)
    return made.id


def acts(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        said = select(audit_entry.c.act, audit_entry.c.subject).order_by(audit_entry.c.number)
        return [(row.act, row.subject) for row in tx.execute(said)]


def test_staff_download_a_record_that_anybody_can_check(app: Flask, store: Store) -> None:
    key = sent_in(store)
    member(store, role="moderator")
    browser = Browser(app)
    browser.enter()
    page = f"/staff/submissions/{key}"
    answer = browser.post(f"{page}/proof", page=page)
    assert answer.status_code == 200
    name = f"proof-{key[:5]}-{key[5:10]}.json".replace(key[:10], key[:10].upper())
    assert answer.headers["Content-Disposition"].lower() == f'attachment; filename="{name}"'.lower()
    assert answer.headers["Cache-Control"] == "no-store"
    found = proof.check(answer.data)
    (ours,) = app.test_client().get("/.well-known/proof-keys.json").get_json()["keys"]
    assert ours == {"algorithm": "Ed25519", "public_key": found.public_key, "signs": True}
    assert ("export.proof", key) in acts(store)
    assert browser.post(f"/staff/submissions/{'0' * 26}/proof", page=page).status_code == 404
    assert browser.get(f"{page}/proof").status_code == 405


def test_a_viewer_is_told_who_can(app: Flask, store: Store) -> None:
    key = sent_in(store)
    member(store)
    browser = Browser(app)
    browser.enter()
    shown = browser.get(f"/staff/submissions/{key}").text
    assert "can download it" in shown
    assert "Download the record" not in shown
    refused = browser.post(f"/staff/submissions/{key}/proof", page="/staff/account")
    assert refused.status_code == 403
    assert "export.proof" not in [act for act, _ in acts(store)]


def test_a_record_is_made_and_checked_on_a_terminal(run: Run, store: Store, tmp_path: Path) -> None:
    key = sent_in(store)
    made = run("proof", "record", f"{key[:5]}-{key[5:10]}")
    assert made.exit_code == 0
    assert acts(store)[-1] == ("export.proof", key)
    file, mail = tmp_path / "record.json", tmp_path / "letter.eml"
    file.write_text(made.stdout, encoding="utf-8")
    page = letter_page(store, letters(store)[0])
    assert page
    assert page.mail
    mail.write_bytes(b"Received: by an office\r\n" + compose(page.mail))
    good = run("proof", "verify", str(file), "--message", str(mail),
               "--address", "ann@supporter.example")  # fmt: skip
    assert good.exit_code == 0, good.output
    for words in ("Whole", "key of this installation", "its letter to minister-1", "that address"):
        assert words in good.stderr
    assert "no mail asked to confirm it" in good.stdout
    said = json.loads(run("proof", "verify", str(file), "--json").stdout)
    assert said["whole"]
    assert said["known_key"]
    mail.write_bytes(compose(page.mail).replace(b"quiet", b"loud"))
    assert run("proof", "verify", str(file), "--message", str(mail)).exit_code == 2
    assert run("proof", "verify", str(file), "--address", "bob@x.example").exit_code == 2
    assert "--address" in run("proof", "verify", str(file), "--address", "nobody").stderr
    file.write_text(made.stdout.replace('"none"', '"link"'), encoding="utf-8")
    changed = run("proof", "verify", str(file))
    assert (changed.exit_code, changed.stdout) == (1, "")
    assert "was changed after it was signed" in changed.stderr


def test_elsewhere_the_key_is_to_be_given(run: Run, store: Store, tmp_path: Path) -> None:
    key = sent_in(store)
    file = tmp_path / "record.json"
    file.write_text(run("proof", "record", key).stdout, encoding="utf-8")
    (ours,) = json.loads(run("proof", "key", "--json").stdout)
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    there = {"MAILER_HOME": str(empty), "MAILER_DATABASE_URL": "", "MAILER_SECRET_KEY": ""}
    strange = run("proof", "verify", str(file), **there)
    assert strange.exit_code == 2
    assert f"the key {ours['public_key']}, which is not one" in strange.stderr
    assert list(empty.iterdir()) == [], "looking makes nothing"
    assert run("proof", "verify", str(file), "--key", "AAAA", **there).exit_code == 2
    assert run("proof", "verify", str(file), "--key", ours["public_key"], **there).exit_code == 0
    wrong = run("proof", "verify", str(file), "--key", ours["public_key"], MAILER_PROXY_HOPS="x")
    assert wrong.exit_code == 0, "other people's settings do not matter"


@pytest.mark.parametrize("typed", ["", "none", "😀", "\u202eabc", "x" * 20_001, "ZZZZZ-ZZZZZ"])
def test_a_reference_that_is_none_is_said_to_be(run: Run, typed: str) -> None:
    answer = run("proof", "record", typed)
    assert answer.exit_code == 1
    assert "a receipt shows one like" in answer.stderr
    assert len(answer.stderr) < 300


def test_supporters_have_the_records_with_their_data(app: Flask, store: Store) -> None:
    key = sent_in(store)
    with store.read() as tx:
        mailbox = tx.execute(select(submission.c.mailbox)).scalar_one()
    link = data_links.link("", (KEY,), mailbox, store.now())
    told = app.test_client().post(link).get_json()
    (one,) = told["proof_that_letters_were_wanted"]
    found = proof.check(json.dumps(one).encode())
    assert found.record["reference"] == f"{key[:5]}-{key[5:10]}".upper()
    assert found.public_key == proof.known((KEY,))[0].value


def test_what_was_signed_with_an_earlier_key_is_still_ours(
    run: Run, store: Store, settings: Settings, tmp_path: Path
) -> None:
    file, new = tmp_path / "record.json", "n" * 40
    file.write_text(run("proof", "record", sent_in(store)).stdout, encoding="utf-8")
    only_new = {"MAILER_SECRET_KEY": new}
    assert run("proof", "verify", str(file), **only_new).exit_code == 2
    assert run("proof", "verify", str(file), MAILER_SECRET_KEY=f"{new},{KEY}").exit_code == 0
    witness.endorsing(Settings(home=settings.home, secret_keys=(new, KEY)), store)()
    assert run("proof", "verify", str(file), **only_new).exit_code == 0
    listed = run("proof", "key", **only_new).stdout.split("\n")
    assert [line.split("  ")[-1] for line in listed[:2]] == ["signs today", "earlier"]


def test_the_check_before_sending_shows_the_words_that_are_kept(
    app: Flask, store: Store, settings: Settings
) -> None:
    sent = Visitor(app).send("proctoring", role="student")
    assert sent.status_code == 303, sent.text
    with store.read() as tx:
        (key,) = tx.execute(select(submission.c.id)).scalars()
        found = proof.record(tx, key, site="", now=1.0)
    assert found
    shown = found["wording"]["shown"]
    assert shown["words"].startswith("Pressing the button, you ask us to send these letters")
    assert (shown["language"], shown["text_days"], shown["person_days"]) == ("en", 28, 365)
    assert shown["privacy"] == f"{settings.public_url}/privacy"
