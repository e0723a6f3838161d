"""mailer bounce and mailer bounces, as a mail server, a timer and a worker run them."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from mailer import worker
from mailer.bounces import Kind, mailbox
from mailer.cli import domain, main
from mailer.cli.bouncing import WORDS
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter, news
from mailer.deliverability import Names
from mailer.errors import MailerError
from mailer.message import tokens
from mailer.submissions import accept
from mailer.worker.fetching import Fetching
from tests.bounces import samples
from tests.bounces.dovecot import PASSWORD, Dovecot, dovecot, needs_dovecot
from tests.bounces.samples import KEYS
from tests.factories import draft, recipients
from tests.processes.box import free_port


@pytest.fixture
def sent(home: Path, sqlite_template: Path, settings: Settings) -> str:
    """A letter that has left from this home; returns its id."""
    (home / "var").mkdir()
    shutil.copy(sqlite_template, home / "var" / "mailer.db")
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as store:
        accept(store, draft(to=recipients(1)))
        worker.drain(settings, store)
        with store.read() as tx:
            return str(tx.execute(select(letter.c.id)).scalar_one())


def run(home: Path, *words: str, data: bytes = b"", **env: str):  # type: ignore[no-untyped-def]
    given = {"MAILER_HOME": str(home), "MAILER_SECRET_KEY": KEYS[0], **env}
    return CliRunner().invoke(main, words, input=data, env=given)


def bounced(key: str) -> bytes:
    return samples.of_letter(samples.HARD[0].data, key)


def told(home: Path) -> list[str]:
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as store, store.read() as tx:
        return list(tx.execute(select(news.c.kind)).scalars())


def test_a_message_on_standard_input(home: Path, sent: str) -> None:
    ended = run(home, "bounce", data=bounced(sent))
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert ended.stderr == f"a bounce: there is no such mailbox, letter {sent}, staff look at it\n"
    again = run(home, "bounce", data=bounced(sent))
    assert (again.exit_code, "taken before" in again.stderr) == (0, True)
    assert told(home) == ["hard"]


def test_a_forged_message_is_kept_and_says_of_what_it_speaks(home: Path, sent: str) -> None:
    ended = run(home, "bounce", data=bounced(sent), MAILER_SECRET_KEY="another" * 8)
    assert ended.stderr == (
        f"a bounce: there is no such mailbox, names letter {sent} and does not prove it,"
        " staff look at it\n"
    )
    assert run(home, "bounce", data=bounced(sent), MAILER_SECRET_KEY=f"{'new' * 12},{KEYS[0]}")


@pytest.mark.parametrize("way", ["option", "environment"])
def test_the_envelope_names_the_letter(home: Path, sent: str, way: str) -> None:
    to = tokens.for_bounces(sent, "letters@campaign.example", "", KEYS)
    more = ["--envelope-to", to] if way == "option" else []
    env = {"ORIGINAL_RECIPIENT": to} if way == "environment" else {}
    ended = run(home, "bounce", *more, data=b"\xff???", **env)
    assert ended.stderr == f"nobody can tell what, letter {sent}, staff look at it\n"


def test_a_mail_server_tries_again_while_the_database_is_away(home: Path) -> None:
    assert run(home, "bounce", data=b"x").exit_code == 75
    away = f"postgresql://mailer@127.0.0.1:{free_port()}/none?connect_timeout=1"
    ended = run(home, "bounce", data=b"x", MAILER_DATABASE_URL=away)
    assert ended.exit_code == 75


def test_and_while_a_setting_is_wrong(home: Path, sent: str) -> None:
    ended = run(home, "bounce", data=b"x", MAILER_FROM="nobody")
    assert (ended.exit_code, "MAILER_FROM" in ended.stderr) == (75, True)


def test_what_is_too_large_is_refused(home: Path, sent: str) -> None:
    assert run(home, "bounce", data=b"x" * 25_000_001).exit_code == 65


def test_every_kind_has_its_words() -> None:
    assert set(WORDS) == set(Kind)


def test_without_a_mailbox_there_is_nothing_to_look_into(home: Path, sent: str) -> None:
    ended = run(home, "bounces")
    assert (ended.exit_code, "MAILER_BOUNCES is missing" in ended.stderr) == (2, True)


@pytest.fixture
def server() -> Dovecot:  # type: ignore[misc]
    with dovecot() as running:
        yield running


@needs_dovecot
def test_the_mailbox_is_emptied(home: Path, sent: str, server: Dovecot, settings: Settings) -> None:
    url = f"imap://ann:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/INBOX"
    server.put(bounced(sent), "1.m")
    server.put(b"From: friend@home.example\nSubject: hello\n\nhello\n", "2.m")
    ended = run(home, "bounces", "--json", MAILER_BOUNCES=url)
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == {"handled": 2, "failed": 0}
    assert server.inbox() == []
    assert sorted(told(home)) == ["hard", "unknown"]


@needs_dovecot
def test_the_doctor_opens_the_mailbox_and_touches_nothing(
    server: Dovecot, settings: Settings
) -> None:
    url = f"imap://ann:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/INBOX"

    def looked(at: str) -> tuple[str, str]:
        found = domain.look(replace(settings, bounces=at), Names())
        (one,) = [one for one in found if one.what == "bounces"]
        return one.level, one.found

    server.put(b"Subject: x\n\nx\n", "1.m")
    assert looked(url) == ("ok", "INBOX at 127.0.0.1: 1 to be read")
    assert len(server.inbox()) == 1
    level, told_of = looked(url.replace("ann:", "ann:not-"))
    assert (level, "refuses the user" in told_of) == ("fail", True)
    assert looked(f"{url}?no=such")[0] == "fail"

    def refuse(_: bytes) -> None:
        raise MailerError("not to be handled")

    mailbox.look(mailbox.parse(url), refuse)
    level, told_of = looked(url)
    assert (level, "1 could not be read" in told_of) == ("warn", True)


@needs_dovecot
def test_a_worker_looks_by_itself(home: Path, sent: str, server: Dovecot) -> None:
    url = f"imap://ann:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/INBOX"
    told_so = Settings(home=home, secret_keys=("k" * 40,), bounces=url)
    server.put(bounced(sent), "1.m")
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as store:
        fetching = Fetching(told_so, store)
        fetching.begin()
        fetching.begin()  # the first look goes on: there is no second beside it
        fetching.end(30.0)
    assert (server.inbox(), told(home)) == ([], ["hard"])


def test_without_a_mailbox_a_worker_looks_nowhere(home: Path, sent: str) -> None:
    before = threading.active_count()
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as store:
        fetching = Fetching(Settings(home=home), store)
        fetching.begin()
        assert threading.active_count() == before
        fetching.end(1.0)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"MAILER_REPLY_ALIAS": "always"}, "MAILER_REPLY_DOMAIN is missing"),
        ({"MAILER_REPLY_ALIAS": "perhaps"}, "MAILER_REPLY_ALIAS"),
        ({"MAILER_REPLY_DOMAIN": "no domain"}, "MAILER_REPLY_DOMAIN"),
        ({"MAILER_BOUNCES": "https://ann:secret@mail.example/"}, "MAILER_BOUNCES"),
        ({"MAILER_BOUNCES": "imaps://ann:secret@mail.example/?what"}, "MAILER_BOUNCES"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_told(
    home: Path, sent: str, env: dict[str, str], said: str
) -> None:
    ended = run(home, "bounces", **env)
    assert (ended.exit_code, said in ended.stderr) == (2, True)
    assert "secret" not in ended.output
