"""SMTP: what a parcel may be, and what the server allows for."""

import time
from dataclasses import replace

import pytest

from mailer.errors import Next
from tests.transports.servers import BODY, PARCEL, Told, fails, send, sink, transport


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": ""},
        {"recipient": "you@b.example> NOTIFY=NEVER"},
        {"recipient": "you@b.example\r\nRCPT TO:<me@b.example"},
        {"recipient": "yöu@b.example"},
        {"recipient": "<you@b.example>"},
        {"sender": "no address"},
        {"data": b"Subject: x\n\nbare\n"},
        {"data": b"a\r\n\r\nb\n.\r\nMAIL FROM:<x@y.example>\r\n"},
        {"data": b"a\r\n\r\nb\r.\r"},
        {"data": "a\r\n\r\né\r\n".encode()},
    ],
)
def test_parcels_that_cannot_go(connect, change):
    def talk(peer):
        peer.greet()
        assert peer.hear() == "QUIT"

    with Told(talk) as server:
        connection = connect(server.port)
        assert fails(connection.stage, replace(PARCEL, **change)).then is Next.FAIL
        connection.close()
    assert server.heard[1:] == ["QUIT"]


def test_an_international_domain_goes_as_name_servers_know_it(connect):
    def talk(peer):
        peer.greet()
        peer.letter()

    with Told(talk) as server:
        send(connect(server.port), replace(PARCEL, recipient="a@müller.example"))
    assert "RCPT TO:<a@xn--mller-kva.example>" in server.heard


def test_eight_bits_where_they_are_taken(connect):
    def talk(peer):
        peer.greet("8BITMIME")
        assert peer.letter() == "a: b\r\n\r\né\r\n".encode()

    with Told(talk) as server:
        send(connect(server.port), replace(PARCEL, data="a: b\r\n\r\né\r\n".encode()))
    assert "MAIL FROM:<b+k2l3m4@us.example> BODY=8BITMIME" in server.heard


@pytest.mark.parametrize(("size", "fits"), [("10", False), ("0", True), ("", True), ("x", True)])
def test_a_letter_too_big_is_not_offered(connect, size, fits):
    def talk(peer):
        peer.greet(f"SIZE {size}".strip())
        peer.letter()

    with Told(talk) as server:
        connection = connect(server.port)
        if fits:
            assert send(connection).code == "250 2.0.0"
        else:
            error = fails(connection.stage, PARCEL)
            assert error.then is Next.FAIL
            assert f"{len(BODY)} bytes" in error.reason
        connection.close()


def test_commit_needs_a_staged_letter(connect, tmp_path):
    with sink(tmp_path) as port:
        connection = connect(port)
        assert not fails(connection.commit).maybe_accepted
        send(connection)
        fails(connection.commit)
        connection.abandon()
        connection.close()
        connection.close()


def test_close_never_raises(connect):
    def talk(peer):
        peer.greet()

    with Told(talk) as server:
        connection = connect(server.port)
        time.sleep(0.1)
        connection.close()


def test_the_doctor_sees_what_the_server_offers():
    def talk(peer):
        peer.greet("PIPELINING", "SIZE 1000")
        assert peer.hear() == "QUIT"
        peer.say("221 bye")

    with Told(talk) as server:
        found = transport(server.port).probe()
    assert found == (
        f"127.0.0.1:{server.port} answers, not encrypted, takes letters up to 1000 bytes,"
        " pipelining"
    )
