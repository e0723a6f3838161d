"""The mailbox for bounces, in a real Dovecot: each message once, and what fails stays."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from mailer.bounces.mailbox import Looked, Mailbox, look, parse
from mailer.errors import MailboxError, MailerError, SettingsError, StoreError
from tests.bounces.dovecot import PASSWORD, Dovecot, dovecot, needs_dovecot
from tests.processes.box import free_port

KEY = quote(PASSWORD, safe="")


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture
def server(running: Dovecot) -> Dovecot:
    running.clear()
    return running


def at(server: Dovecot, more: str = "") -> Mailbox:
    return parse(f"imap://ann:{KEY}@127.0.0.1:{server.port}/INBOX{more}")


@needs_dovecot
def test_each_message_is_handled_once_and_then_gone(server: Dovecot) -> None:
    for number in range(3):
        server.put(b"Subject: %d\n\nx\n" % number, f"{number}.m")
    taken: list[bytes] = []
    assert look(at(server), taken.append) == Looked(handled=3)
    assert [data.split(b"\r\n", 1)[0] for data in taken] == [
        b"Subject: 0", b"Subject: 1", b"Subject: 2",
    ]  # fmt: skip
    assert look(at(server), taken.append) == Looked()
    assert (len(taken), server.inbox()) == (3, [])


@needs_dovecot
def test_they_can_be_kept_in_another_folder(server: Dovecot) -> None:
    server.put(b"Subject: x\n\nx\n", "1.m")
    assert look(at(server, "?done=Done"), lambda _: None) == Looked(handled=1)
    assert (server.inbox(), len(server.done())) == ([], 1)


@needs_dovecot
def test_what_fails_stays_flagged_and_stops_no_other(
    server: Dovecot, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        server.put(b"Subject: %d\n\nx\n" % number, f"{number}.m")
    taken: list[bytes] = []

    def handle(data: bytes) -> None:
        if b"Subject: 1" in data:
            raise MailerError("too odd")
        taken.append(data)

    with caplog.at_level(logging.ERROR):
        assert look(at(server), handle) == Looked(handled=2, failed=1)
    assert "too odd" in caplog.text
    assert (len(taken), len(server.inbox()), server.flagged()) == (2, 1, 1)
    assert look(at(server), taken.append) == Looked(), "a person looks at it now"


@needs_dovecot
def test_while_the_database_is_away_all_stay(server: Dovecot) -> None:
    server.put(b"Subject: x\n\nx\n", "1.m")

    def away(_: bytes) -> None:
        raise StoreError("gone")

    with pytest.raises(StoreError):
        look(at(server), away)
    assert (len(server.inbox()), server.flagged()) == (1, 0)
    assert look(at(server), lambda _: None) == Looked(handled=1)


@needs_dovecot
def test_a_folder_that_is_not_there_and_a_wrong_password(server: Dovecot) -> None:
    with pytest.raises(MailboxError, match="broke off"):
        look(parse(f"imap://ann:{KEY}@127.0.0.1:{server.port}/Nowhere"), lambda _: None)
    with pytest.raises(MailboxError, match="refuses the user or the password") as raised:
        look(parse(f"imap://ann:secret@127.0.0.1:{server.port}/"), lambda _: None)
    assert "secret" not in str(raised.value)


@needs_dovecot
def test_a_message_goes_nowhere_when_its_folder_is_not_there(server: Dovecot) -> None:
    server.put(b"Subject: x\n\nx\n", "1.m")
    with pytest.raises(MailboxError):
        look(at(server, "?done=Nowhere"), lambda _: None)
    assert len(server.inbox()) == 1


@needs_dovecot
def test_a_certificate_nobody_vouches_for_is_refused(server: Dovecot) -> None:
    with pytest.raises(MailboxError, match="certificate"):
        look(parse(f"imaps://ann:{KEY}@localhost:{server.tls_port}/"), lambda _: None)


@needs_dovecot
def test_over_tls(server: Dovecot) -> None:
    server.put(b"Subject: x\n\nx\n", "1.m")
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(server.base / "cert.pem")
    try:
        there = parse(f"imaps://ann:{KEY}@localhost:{server.tls_port}/")
        assert look(there, lambda _: None) == Looked(handled=1)
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before:
            os.environ["SSL_CERT_FILE"] = before


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(
        MailboxError, match=r"mailbox for bounces at 127\.0\.0\.1 cannot be reached"
    ):
        look(parse(f"imap://ann:x@127.0.0.1:{free_port()}/"), lambda _: None)


def test_what_an_address_says() -> None:
    told = parse("imaps://ann%40campaign.example:p%2Fw@mail.example/Bounces%20here?done=Old%20ones")
    assert told == Mailbox(
        host="mail.example", port=993, encrypted=True, user="ann@campaign.example", password="p/w",
        folder="Bounces here", done="Old ones",
    )  # fmt: skip
    assert "p/w" not in repr(told)
    assert parse("imap://a:b@mail.example") == Mailbox(
        host="mail.example", port=143, encrypted=False, user="a", password="b"
    )


@pytest.mark.parametrize(
    "url",
    [
        "", "imaps://", "imaps://mail.example/INBOX", "imaps://ann@mail.example/INBOX",
        "pop3://ann:secret@mail.example/", "imaps://ann:secret@mail.example:x/",
        "imaps://ann:secret@mail.example/INBOX?what=x", "imaps://ann:secret@mail.example/?done",
        "imaps://ann:secret@mail.example/INBOX?done=INBOX", "imaps://ann:secret%0d@mail.example/",
        "imaps://ann:secret@[mail.example/", "imaps://ann:secret@mail.example/a%0aLOGOUT",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="MAILER_BOUNCES") as raised:
        parse(url)
    assert "secret" not in str(raised.value)
