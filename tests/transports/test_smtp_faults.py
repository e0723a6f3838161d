"""SMTP: lines that are cut in each phase, and servers that are none."""

import time
from dataclasses import replace

import pytest

from mailer.errors import Next
from tests.processes.box import free_port
from tests.transports.servers import (
    ON_THE_WIRE,
    PARCEL,
    Told,
    fails,
    send,
    transport,
)


def cut_after(words):
    """A talk that ends after so many answers, the greeting being the first."""

    def talk(peer):
        for number, answer in enumerate(
            ["220 hi", "250 told.example", "250 ok", "250 ok", "354 go on", None, "250 ok"]
        ):
            if 1 <= number <= 4:
                peer.hear()
            if number == words:
                return
            if answer is None:
                peer.hear_body()
            else:
                peer.say(answer)

    return talk


@pytest.mark.parametrize(
    ("answers", "then", "maybe_accepted"),
    [
        (0, Next.STOP, False),
        (1, Next.STOP, False),
        (2, Next.STOP, False),
        (3, Next.RETRY, False),
        (4, Next.RETRY, False),
        (6, Next.RETRY, True),
        (7, None, False),
    ],
)
def test_cut_in_every_phase(connect, answers, then, maybe_accepted):
    with Told(cut_after(answers)) as server:
        if then is None:
            assert send(connect(server.port)).code == "250"
            return
        error = fails(lambda: send(connect(server.port)))
    assert (error.then, error.maybe_accepted) == (then, maybe_accepted)


def test_cut_before_the_dot(connect):
    """The server hangs up on a staged body: it cannot own the letter."""

    def talk(peer):
        peer.greet()
        peer.envelope()
        while peer.hear() != "bye":
            pass

    def next_talk(peer):
        peer.greet()
        peer.letter()

    with Told(talk, next_talk) as server:
        connection = connect(server.port)
        connection.stage(PARCEL)
        time.sleep(0.2)
        error = fails(connection.commit)
        assert (error.then, error.maybe_accepted) == (Next.RETRY, False)
        assert send(connection).code == "250 2.0.0"


def test_what_a_server_says_before_the_dot_counts(connect):
    def talk(peer):
        peer.greet()
        peer.envelope()
        while peer.hear() != "bye":
            pass
        peer.say("552 5.3.4 too big for us")

    with Told(talk) as server:
        connection = connect(server.port)
        connection.stage(PARCEL)
        time.sleep(0.2)
        error = fails(connection.commit)
    assert (error.code, error.then, error.maybe_accepted) == ("552 5.3.4", Next.FAIL, False)


def test_a_server_that_hangs_up_in_the_body(connect):
    def talk(peer):
        peer.greet()
        peer.envelope()
        peer.sock.recv(1000)
        peer.say("554 5.6.0 not this")

    with Told(talk) as server:
        connection = connect(server.port)
        big = replace(PARCEL, data=b"x" * 70 + b"\r\n" + b"y\r\n" * 10_000_000)
        error = fails(lambda: send(connection, big))
    assert not error.maybe_accepted
    assert error.then in {Next.RETRY, Next.FAIL}  # the reset may overtake the words


def test_an_answer_too_many_is_not_taken_for_the_next_letters(connect):
    """A stray 250 must not make "accepted" of a letter that was not."""
    bodies = []

    def talk(peer):
        peer.greet("PIPELINING")
        bodies.append(peer.letter("250 ok\r\n250 ok"))
        peer.hear_body()

    def next_talk(peer):
        peer.greet("PIPELINING")
        bodies.append(peer.letter())

    with Told(talk, next_talk) as server:
        connection = connect(server.port)
        send(connection)
        time.sleep(0.1)
        assert send(connection).provider_id == "A1B2"
    assert bodies == [ON_THE_WIRE, ON_THE_WIRE]


@pytest.mark.parametrize(
    "greeting",
    [b"hello\r\n", b"\r\n", b"\0\xff\r\n", b"220-a\r\n221 b\r\n", b"x" * 200_000, b"22\r\n",
     b"220-more\r\n" * 20_000, b"SSH-2.0-OpenSSH_9.2\r\n"],
    ids=["words", "empty", "bytes", "mixed", "endless line", "short", "endless lines", "ssh"],
)  # fmt: skip
def test_what_is_no_mail_server(greeting):
    def talk(peer):
        peer.raw(greeting)
        peer.hear()

    with Told(talk) as server:
        error = fails(transport(server.port).connect)
    assert error.then is Next.STOP
    assert "does not answer as a mail server does" in error.reason


def test_silence_and_trickle_end_in_time():
    def silent(peer):
        peer.hear()

    def trickle(peer):
        for _ in range(100):
            peer.raw(b"220-a\r\n")
            time.sleep(0.05)

    for talk in (silent, trickle):
        with Told(talk) as server:
            began = time.monotonic()
            error = fails(transport(server.port, timeout=0.5).connect)
            assert time.monotonic() - began < 1.5
        assert error.then is Next.STOP
        assert "no answer within 0.5 seconds" in error.reason


def test_silence_in_the_envelope(connect):
    def talk(peer):
        peer.greet()
        peer.envelope(rcpt="", data=None)
        time.sleep(1)

    with Told(talk) as server:
        error = fails(connect(server.port, timeout=0.3).stage, PARCEL)
    assert error.then is Next.RETRY
    assert not error.maybe_accepted


@pytest.mark.parametrize("greeting", ["554 5.3.2 not here", "421 4.3.2 too busy"])
def test_a_server_that_wants_nobody(greeting):
    with Told(lambda peer: peer.say(greeting)) as server:
        error = fails(transport(server.port).connect)
    assert (error.then, error.code) == (Next.STOP, greeting[:9])


def test_nobody_there():
    error = fails(transport(free_port()).connect)
    assert error.then is Next.STOP
    assert "nothing answers there" in error.reason
    error = fails(transport(25, host="nowhere.invalid").connect)
    assert error.then is Next.STOP
    assert "its name is not known" in error.reason


def test_a_reply_cannot_write_into_the_log(connect):
    def talk(peer):
        peer.greet()
        peer.envelope(rcpt="550 5.1.1 no\x1b[2J\tone\u202e \x00" + "x" * 2000, data=None)
        peer.hear()

    with Told(talk) as server:
        reason = fails(connect(server.port).stage, PARCEL).reason
    assert reason.isprintable()
    assert len(reason) < 400
