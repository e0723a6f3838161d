"""SMTP with Postfix's sink, as it is and as a troublemaker."""

import time
from dataclasses import replace

import pytest

from mailer.errors import Next
from mailer.transports import from_url
from tests.transports.servers import (
    PARCEL,
    fails,
    kept,
    send,
    sink,
)


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
