"""SMTP: what each refusal means for the letter."""

import pytest

from mailer.errors import Next
from tests.transports.servers import (
    PARCEL,
    Told,
    fails,
    send,
)


@pytest.mark.parametrize(
    ("answer", "then", "after"),
    [
        ("450 4.2.0 greylisted", Next.RETRY, 300.0),
        ("421 4.3.2 shutting down", Next.RETRY, None),
        ("452 4.2.2 full for now", Next.LANE, 3600.0),
        ("550 5.1.1 no such person", Next.FAIL, None),
        ("550 no such person", Next.FAIL, None),
        ("550-5.1.1 no such\r\n550 5.1.1 person", Next.FAIL, None),
        ("552 5.2.2 full", Next.LANE, 86400.0),
        ("550 5.2.2 full", Next.LANE, 86400.0),
        ("552 full", Next.LANE, 86400.0),
        ("552 5.2.3 too big", Next.FAIL, None),
        ("554 5.2.121 slow down", Next.LANE, 3600.0),
        ("554 5.2.122 slow down", Next.LANE, 3600.0),
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
