"""SMTP: every phase known, every answer judged, nothing let out that was not meant to go."""

import ssl
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.errors import Next, SendError
from mailer.transports import Parcel, from_url
from mailer.transports.smtp import Server, SmtpTransport
from tests.smtp_servers import Told, free_port, kept, sink

BODY = b"Subject: x\r\n\r\nDear Minister,\r\n.\r\n..two\r\nbye\r\n"
PARCEL = Parcel(
    letter="k2l3m4", sender="b+k2l3m4@us.example", recipient="you@ministry.example", data=BODY
)
ON_THE_WIRE = b"Subject: x\r\n\r\nDear Minister,\r\n..\r\n...two\r\nbye\r\n"


def transport(port, **changes):
    server = Server(host="127.0.0.1", port=port, tls="none", timeout=2.0, longest_wait=3.0)
    return SmtpTransport(replace(server, **changes))


@pytest.fixture
def connect():
    """Opens a connection to a port, closed after the test."""
    opened = []

    def make(port, **changes):
        opened.append(transport(port, **changes).connect())
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()


def fails(act, *arguments):
    with pytest.raises(SendError) as caught:
        act(*arguments)
    return caught.value


def send(connection, parcel=PARCEL):
    connection.stage(parcel)
    return connection.commit()


both_ways = pytest.mark.parametrize("features", [(), ("PIPELINING",)], ids=["stepwise", "at once"])


# --- Postfix's sink ---


@pytest.mark.parametrize("options", [(), ("-p",)], ids=["at once", "stepwise"])
def test_a_sink_takes_the_letter_as_it_is(tmp_path, options):
    with sink(tmp_path, *options) as port:
        connection = from_url(f"smtp://127.0.0.1:{port}?tls=none", tmp_path).connect()
        assert send(connection).code == "250 2.0.0"
        connection.stage(replace(PARCEL, recipient="two@ministry.example"))
        connection.commit()
        connection.close()
        letters = kept(tmp_path, 2)
    assert len(letters) == 2
    for letter in letters:
        head, _, body = letter.partition(b"Subject: x\n\n")
        assert body.rstrip(b"\n") == b"Dear Minister,\n.\n..two\nbye"
        assert b"X-Mail-Args: <b+k2l3m4@us.example>" in head
    assert b"X-Rcpt-Args: <two@ministry.example>" in b"".join(letters)


def test_a_staged_letter_that_is_abandoned_never_arrives(connect, tmp_path):
    with sink(tmp_path) as port:
        connection = connect(port)
        connection.stage(PARCEL)
        connection.abandon()
        send(connection, replace(PARCEL, data=b"Subject: second\r\n\r\n"))
        connection.stage(PARCEL)
        connection.close()
        time.sleep(0.3)
        [letter] = kept(tmp_path, 1)
    assert b"Subject: second" in letter


def test_a_staged_letter_replaced_by_another_never_arrives(connect, tmp_path):
    with sink(tmp_path) as port:
        connection = connect(port)
        connection.stage(PARCEL)
        send(connection, replace(PARCEL, data=b"Subject: second\r\n\r\n"))
        connection.close()
        time.sleep(0.3)
        [letter] = kept(tmp_path, 1)
    assert b"Subject: second" in letter


def test_a_sink_that_takes_the_letter_and_hangs_up(connect, tmp_path):
    """The one unavoidable window: accepted, and the answer lost."""
    with sink(tmp_path, "-q", ".") as port:
        connection = connect(port)
        connection.stage(PARCEL)
        error = fails(connection.commit)
    assert (error.maybe_accepted, error.then) == (True, Next.RETRY)


@pytest.mark.parametrize(
    ("options", "phase", "code", "then"),
    [
        (("-f", "MAIL"), "MAIL", "500 5.3.0", Next.STOP),
        (("-f", "RCPT"), "RCPT", "500 5.3.0", Next.FAIL),
        (("-f", "DATA"), "DATA", "500 5.3.0", Next.FAIL),
        (("-f", "."), "final dot", "500 5.3.0", Next.FAIL),
        (("-r", "MAIL"), "MAIL", "450 4.3.0", Next.RETRY),
        (("-r", "RCPT"), "RCPT", "450 4.3.0", Next.RETRY),
        (("-r", "."), "final dot", "450 4.3.0", Next.RETRY),
        (("-Q", "MAIL"), "MAIL", "421", Next.STOP),
        (("-Q", "RCPT"), "RCPT", "421", Next.RETRY),
        (("-Q", "DATA"), "DATA", "421", Next.RETRY),
        (("-Q", "."), "final dot", "421", Next.RETRY),
    ],
)
def test_refusals_of_a_sink(connect, tmp_path, options, phase, code, then):
    with sink(tmp_path, *options) as port:
        connection = connect(port)
        error = fails(send, connection)
        assert (error.then, error.maybe_accepted) == (then, False)
        assert error.code.startswith(code[:3])
        assert phase in error.reason
        again = fails(send, connection)
        assert again.code == error.code
        connection.close()


def test_a_slow_sink_is_waited_for_and_no_longer(connect, tmp_path):
    with sink(tmp_path, "-W", ".:1") as port:
        connection = connect(port)
        assert send(connection).code == "250 2.0.0"
        connection.close()
        connection = connect(port, longest_wait=0.3)
        connection.stage(PARCEL)
        began = time.monotonic()
        error = fails(connection.commit)
        assert time.monotonic() - began < 1
    assert error.maybe_accepted
    assert "no answer within 0.3 seconds" in error.reason


# --- servers told what to say ---


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


@pytest.mark.parametrize(
    ("answer", "then", "after"),
    [
        ("450 4.2.0 greylisted", Next.RETRY, None),
        ("421 4.3.2 shutting down", Next.RETRY, None),
        ("452 4.2.2 full for now", Next.RETRY, None),
        ("550 5.1.1 no such person", Next.FAIL, None),
        ("550 no such person", Next.FAIL, None),
        ("550-5.1.1 no such\r\n550 5.1.1 person", Next.FAIL, None),
        ("552 5.2.2 full", Next.RETRY, 86400.0),
        ("550 5.2.2 full", Next.RETRY, 86400.0),
        ("552 full", Next.RETRY, 86400.0),
        ("552 5.2.3 too big", Next.FAIL, None),
        ("554 5.2.121 slow down", Next.RETRY, 3600.0),
        ("554 5.2.122 slow down", Next.RETRY, 3600.0),
        ("550 5.7.1 blocked by policy", Next.RETRY, 3600.0),
        ("554 5.7.26 DMARC", Next.RETRY, 3600.0),
        ("530 5.7.0 authentication required", Next.STOP, None),
        ("535 5.7.8 wrong", Next.STOP, None),
    ],
)
def test_what_refusals_of_a_recipient_mean(connect, answer, then, after):
    def talk(peer):
        peer.greet()
        peer.envelope(rcpt=answer, data=None)
        peer.hear()

    with Told(talk) as server:
        error = fails(connect(server.port).stage, PARCEL)
    assert (error.then, error.after, error.maybe_accepted) == (then, after, False)
    assert error.code[:3] == answer[:3]
    assert not error.reason.startswith(answer[:3])


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        ("550 5.7.1 sender not allowed", Next.STOP),
        ("553 5.1.8 who are you", Next.STOP),
        ("552 5.3.4 too big", Next.FAIL),
        ("451 4.3.0 later", Next.RETRY),
    ],
)
def test_what_refusals_of_our_sender_mean(connect, answer, then):
    def talk(peer):
        peer.greet()
        peer.envelope(mail=answer, rcpt=None, data=None)
        peer.hear()

    with Told(talk) as server:
        assert fails(connect(server.port).stage, PARCEL).then is then


@pytest.mark.parametrize(
    ("answer", "then", "maybe_accepted"),
    [
        ("550 5.7.1 looks like spam", Next.RETRY, False),
        ("554 5.6.0 no", Next.FAIL, False),
        ("552 too big", Next.FAIL, False),
        ("451 4.3.0 later", Next.RETRY, False),
        ("421 4.3.2 shutting down", Next.RETRY, False),
        ("354 go on", Next.RETRY, True),
        ("hello", Next.RETRY, True),
        ("999 what", Next.RETRY, True),
        ("", Next.RETRY, True),
    ],
)
def test_what_answers_to_the_dot_mean(connect, answer, then, maybe_accepted):
    def talk(peer):
        peer.greet()
        peer.letter(answer)

    with Told(talk) as server:
        error = fails(lambda: send(connect(server.port)))
    assert (error.then, error.maybe_accepted) == (then, maybe_accepted)


def test_a_letter_after_a_refused_dot(connect):
    def talk(peer):
        peer.greet()
        peer.letter("554 5.6.0 no")
        peer.letter()

    with Told(talk) as server:
        connection = connect(server.port)
        assert fails(lambda: send(connection)).then is Next.FAIL
        assert send(connection).provider_id == "A1B2"


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
