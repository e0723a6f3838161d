"""Any bytes can be looked at; our own messages are shown as they were meant."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message import Mail, compose, text_to_html
from mailer.message.read import parts

MAIL = Mail(
    from_name="Élise Exemple via Une très longue campagne pour des examens équitables",
    from_address="letters@campaign.example",
    to_name='Sam "the" Sample',
    to_address="minister@ministry.example",
    reply_name="Élise",
    reply_address="elise@home.example",
    subject="Les examens à distance " * 8,
    text="Madame la Ministre,\n\n<b>É</b>\n.\nFrom here\n\n",
    message_id="k2l3m4@campaign.example",
    date=1_593_691_200,
)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_our_own_message(end):
    shown = parts(compose(MAIL).replace(b"\r\n", end))
    assert [name for name, _ in shown.headers] == [
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert shown.header("from") == f"{MAIL.from_name} <letters@campaign.example>"
    assert shown.header("To") == '"Sam \\"the\\" Sample" <minister@ministry.example>'
    assert shown.header("Subject") == MAIL.subject.strip()
    assert shown.header("Cc") == ""
    assert shown.text == MAIL.text
    assert shown.html == text_to_html(MAIL.text)


def test_a_header_that_hides_a_line_break_shows_one_line():
    shown = parts(b"Subject: =?utf-8?q?Jo=0d=0aBcc=3a_v=40x=2eexample?=\n\n")
    assert shown.header("Subject") == "Jo Bcc: v@x.example"


@pytest.mark.parametrize(
    ("data", "subject", "text"),
    [
        (b"", "", ""),
        (b"no header at all", "", "no header at all"),
        (b"Subject: =?x-none?q?caf=E9?=\n\nhi", "caf\ufffd", "hi"),
        (b"Subject: =?utf-8?b?A?=\n\nhi", "=?utf-8?b?A?=", "hi"),
        (b"Subject: caf\xc3\xa9\n\nhi", "caf\ufffd\ufffd", "hi"),
        (b"Content-Type: text/plain; charset=rot13\n\nhi", "", "hi"),
        (b"Content-Type: text/plain; charset=latin-1\n\n\xe9", "", "é"),
        (b"Content-Type: multipart/mixed\n\nhi", "", ""),
        (b"Content-Transfer-Encoding: base64\n\n!!!", "", None),
        (b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n", "", ""),
    ],
)  # fmt: skip
def test_what_is_broken_is_shown_as_far_as_it_goes(data, subject, text):
    shown = parts(data)
    assert shown.header("Subject") == subject
    assert text is None or shown.text == text


lines = st.sampled_from([
    b"Subject: ", b"From: ", b"Content-Type: ", b"Content-Transfer-Encoding: ", b"boundary=x\r\n",
    b"multipart/mixed; ", b"--x\r\n", b"--x--\r\n", b"\r\n", b"\n", b"text/plain; charset=",
    b"utf-8", b"utf-16", b"hex", b"base64", b"quoted-printable", b"x-uuencode", b"message/rfc822",
    b"=?utf-8?q?", b"?=", b"=E9", b"\0", b"begin 644 x\n", b"charset*=utf-8''%e9", b"name*0*=x",
    b"; ", b"\xff\xfe",
])  # fmt: skip


@given(st.one_of(st.binary(), st.lists(st.one_of(lines, st.binary(max_size=4))).map(b"".join)))
def test_no_bytes_break_it(data):
    shown = parts(data)
    assert not any("\n" in value or "\r" in value for _, value in shown.headers)


@pytest.mark.parametrize(
    "kind",
    [
        b'text/plain; charset="a\0b"', b"text/plain; charset*=a\0b'en'x%ff",
        b"text/plain; name*=a\0b'en'x%ff", b'multipart/mixed; boundary=x; charset="a\0b"',
    ],
)  # fmt: skip
def test_a_charset_whose_name_holds_a_nul_breaks_nothing(kind):
    shown = parts(b"Subject: Hello\nContent-Type: " + kind + b"\n\nwords \xff")
    assert shown.header("Subject") == "Hello"


def test_the_first_text_counts_and_attachments_do_not():
    data = (
        b'Content-Type: multipart/mixed; boundary="x"\n\n'
        b"--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a\n\nfile\n"
        b"--x\nContent-Type: text/plain\n\nfirst\n--x\nContent-Type: text/plain\n\nsecond\n--x--\n"
    )
    assert parts(data).text == "first"


def test_text_without_html():
    assert parts(b"Subject: x\n\nhi\n").html == ""
    assert parts(compose(replace(MAIL, text=""))).text == ""
