"""SMTP: what is said, letter after letter, and nothing let out that was not meant to go."""

import ssl
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.errors import Next
from mailer.transports import from_url
from tests.transports.servers import (
    BODY,
    ON_THE_WIRE,
    PARCEL,
    Told,
    fails,
    send,
    transport,
)

both_ways = pytest.mark.parametrize("features", [(), ("PIPELINING",)], ids=["stepwise", "at once"])


@both_ways
def test_the_conversation(connect, features):
    bodies = []

    def talk(peer):
        peer.greet(*features, "SIZE 1000000", "8BITMIME")
        bodies.append(peer.letter())
        bodies.append(peer.letter("250 thanks"))
        assert peer.hear() == "QUIT"
        peer.say("221 bye")

    with Told(talk) as server:
        connection = connect(server.port)
        answer = send(connection)
        assert (answer.code, answer.provider_id) == ("250 2.0.0", "A1B2")
        assert answer.text == "Ok: queued as A1B2"
        assert send(connection, replace(PARCEL, sender="")).code == "250"
        connection.close()
    assert bodies == [ON_THE_WIRE, ON_THE_WIRE]
    assert server.heard[0] == "EHLO [127.0.0.1]" or "." in server.heard[0]
    assert server.heard[1:4] == [
        f"MAIL FROM:<b+k2l3m4@us.example> SIZE={len(BODY)}",
        "RCPT TO:<you@ministry.example>",
        "DATA",
    ]
    assert server.heard[5] == f"MAIL FROM:<> SIZE={len(BODY)}"


def test_at_once_means_one_write(connect):
    def talk(peer):
        peer.greet("PIPELINING")
        peer.sock.settimeout(2)
        got = b""
        while got.count(b"\r\n") < 3:  # not one answer until all three are there
            got += peer.sock.recv(4096)
        peer.say("250 ok", "250 ok", "354 go on")
        peer.hear_body()
        peer.say("250 ok")

    with Told(talk) as server:
        assert send(connect(server.port)).code == "250"


def test_a_refused_recipient_whose_data_is_accepted_gets_no_body(connect):
    """RFC 2920, 3.1: with pipelining DATA may be answered 354 though RCPT was refused."""
    bodies = []

    def talk(peer):
        peer.greet("PIPELINING")
        peer.envelope(rcpt="550 5.1.1 no such person")
        bodies.append(peer.hear_body())

    def next_talk(peer):
        peer.greet("PIPELINING")
        bodies.append(peer.letter())

    with Told(talk, next_talk) as server:
        connection = connect(server.port)
        error = fails(connection.stage, PARCEL)
        assert (error.then, error.code) == (Next.FAIL, "550 5.1.1")
        send(connection)
    assert bodies == [None, ON_THE_WIRE]


@both_ways
def test_after_a_refusal_the_line_is_kept(connect, features):
    at_once = "PIPELINING" in features

    def talk(peer):
        peer.greet(*features)
        peer.envelope(
            rcpt="550 5.1.1 no such person", data="554 5.5.1 no recipients" if at_once else None
        )
        assert peer.hear() == "RSET"
        peer.say("250 ok")
        peer.letter()

    with Told(talk) as server:
        connection = connect(server.port)
        assert fails(connection.stage, PARCEL).code == "550 5.1.1"
        assert send(connection).provider_id == "A1B2"


@both_ways
@pytest.mark.parametrize("last_words", [(), ("421 4.3.2 shutting down",)])
def test_a_line_closed_between_letters_is_opened_again(connect, features, last_words):
    def talk(peer):
        peer.greet(*features)
        peer.letter()
        peer.say(*last_words)

    def next_talk(peer):
        peer.greet(*features)
        peer.letter()

    with Told(talk, next_talk) as server:
        connection = connect(server.port)
        send(connection)
        time.sleep(0.1)
        assert send(connection).provider_id == "A1B2"


@both_ways
def test_closed_at_the_next_letters_first_word(connect, features):
    """Many relays take so many letters a connection, then say 421 to MAIL: no letter's fault."""

    def talk(peer):
        peer.greet(*features)
        peer.letter()
        peer.hear()
        peer.say("421 4.7.0 enough for one connection")

    def next_talk(peer):
        peer.greet(*features)
        peer.letter()

    with Told(talk, next_talk) as server:
        connection = connect(server.port)
        send(connection)
        assert send(connection).provider_id == "A1B2"


def test_helo(connect):
    def talk(peer):
        peer.greet()

    with Told(talk) as server:
        connect(server.port, helo="mail.campaign.example")
    assert server.heard == ["EHLO mail.campaign.example"]


def test_a_server_that_knows_no_ehlo():
    def talk(peer):
        peer.say("220 hi")
        peer.hear()
        peer.say("502 5.5.1 what")

    with Told(talk) as server:
        error = fails(transport(server.port).connect)
    assert (error.then, error.code) == (Next.STOP, "502 5.5.1")


def test_the_default_context_judges_certificates():
    context = from_url("smtps://mail.example", Path("/")).server.context
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
