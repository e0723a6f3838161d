"""The finished-message check sees what the writer did not mean."""

from dataclasses import replace

import pytest

from mailer.errors import HeaderError
from mailer.message import compose, text_to_html
from mailer.message.check import check
from mailer.message.values import cleaned
from tests.message.mails import ANN, FRENCH


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"Bcc: v@x.example\r\nSubject: "),
        (b"To: ", b"To: v@x.example\r\nTo: "),
        (b'"Ann Example" <ann@', b'v@x.example, "Ann Example" <ann@'),
        (b"<letters@", b"<lettres@"),
        (b"To: ", b"Cc: "),
        (b"Subject: ", b"Reply-To: v@x.example\r\nSubject: "),
        (b'Reply-To: "Ann Example" <ann@home.example>\r\n', b""),
        (b'"Ann Example" <ann@', b"Ann Example <ann@"),
        (b'"Ann Example" <ann@', b"=?utf-8?q?Ann=20Example?=, <ann@"),
        (b'"Ann Example" <ann@', b"=?utf-8?q?Ann=C3?= <ann@"),
        (b'"Ann Example" <ann@', b"=?utf-8?b?QW5u?= <ann@"),
        (b"Remote exams", b"Remote exam"),
        (b"Remote exams", b"Remote\r\n  exams"),
        (b"Remote exams", b"Remote\r\nexams"),
        (b"Remote exams", b"=?utf-8?q?Remote?= exams"),
        (b"12:00:00", b"12:00:01"),
        (b"12:00:00 +0000", b"noon"),
        (b"12:00:00 +0000", b"12:00:00 +0001"),
        (b"12:00:00", b"12:00:60"),
        (b"Thu, 02", b"Fri, 02"),
        (b"02 Jul", b"32 Jul"),
        (b"02 Jul", b"02 Jux"),
        (b"<k2l3m4@", b"<k2l3m5@"),
        (b"MIME-Version: 1.0\r\n", b""),
        (b"MIME-Version: 1.0\r\n", b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"),
        (b"1.0", b"2.0"),
        (b"alternative", b"mixed"),
        (b"text/html", b"text/plain"),
        (b"charset=utf-8", b"charset=utf-7"),
        (b"read this", b"read that"),
        (b"<p>Please", b"<p>please"),
        (b"read this.\r\n", b"read this.\n"),
        (b"read this.", b"read\rthis."),
        (b"read this.\r\n", b"read this.\r\r\n"),
        (b"read this.", b"read\nthis."),
        (b"read this.", b"read\x7fthis."),
        (b"read this.", b"read\0this."),
        (b"read this.", b"r\xe9ad this."),
        (b"read this.", b"x" * 999),
        (b"Subject: Remote", b"Subject Remote"),
        (b"--\r\n", b"--\r\nmore\r\n"),
        (b"\r\n\r\n--", b"\r\n\r\npreamble\r\n--"),
    ],
)
def test_the_check_sees_every_change(old, new):
    mail, data = cleaned(ANN), compose(ANN)
    check(data, mail, text_to_html(mail.text))
    assert old in data
    with pytest.raises(HeaderError):
        check(data.replace(old, new, 1), mail, text_to_html(mail.text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"=C3=89lise", b"=C3=88lise"),
        (b"?=\r\n =?utf-8?q?", b"?=\r\n=?utf-8?q?"),
        (b"=E2=80=99", b"=E2=80=99?=\r\n =?utf-8?q?=E2=80"),
        (b"qu=\r\n", b"qu="),
        (b"qu=\r\n", b"qu=0A"),
        (b"qu=\r\n", b"qu=\rx\r\n"),  # binascii reads over this; others need not
        (b"quoted-printable", b"7bit"),
        (b"quoted-printable", b"base64"),
        (b"lang=3D", b"lang=3d="),
    ],
)
def test_the_check_sees_every_change_of_what_is_encoded(old, new):
    mail, data = cleaned(FRENCH), compose(FRENCH)
    check(data, mail, text_to_html(mail.text, "fr"))
    assert old in data
    with pytest.raises(HeaderError):
        check(data.replace(old, new, 1), mail, text_to_html(mail.text, "fr"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"text/plain", b"text/html"),
        (b"7bit", b"quoted-printable\r\nBcc: v@x.example"),
        (b"\r\nMIME", b"\r\nBcc: v@x.example\r\nMIME"),
        (b"read this", b"read that"),
        (b"Ann Example\r\n", b"Ann Example"),
        (b"Ann Example\r\n", b"Ann Example\r\n\r\n"),
        (b"charset=utf-8", b'charset=utf-8; boundary="=_"'),
    ],
)
def test_the_check_sees_every_change_of_text_alone(old, new):
    mail = cleaned(replace(ANN, html=False, reply_name="", from_name=""))
    data = compose(mail)
    check(data, mail, "")
    assert old in data
    with pytest.raises(HeaderError):
        check(data.replace(old, new, 1), mail, "")
    with pytest.raises(HeaderError):
        check(data, mail, text_to_html(mail.text))
    with pytest.raises(HeaderError):
        check(compose(replace(mail, html=True)), mail, "")


@pytest.mark.parametrize(
    "other",
    [
        {"from_name": "Ann"}, {"from_address": "ann@home.example"}, {"to_name": ""},
        {"to_address": "ann@home.example"}, {"reply_name": ""}, {"reply_address": ""},
        {"subject": "Remote exam"}, {"date": ANN.date + 1}, {"message_id": "k@campaign.example"},
        {"text": f"{ANN.text}\n"}, {"auto": True},
    ],
)  # fmt: skip
def test_the_check_sees_every_value_that_was_meant_otherwise(other):
    with pytest.raises(HeaderError):
        check(compose(ANN), replace(cleaned(ANN), **other), text_to_html(ANN.text))


@pytest.mark.parametrize("byte", [b"\0", b"\x0b", b"\x0c", b"\x1b", b"\x7f", b"\x80", b"\xe9"])
@pytest.mark.parametrize("place", [b"Remote exams", b"read this.", b"<p>Please"])
def test_no_byte_is_outside_plain_text(byte, place):
    data = compose(ANN).replace(place, place + byte, 1)
    with pytest.raises(HeaderError, match="outside plain text"):
        check(data, cleaned(ANN), text_to_html(ANN.text))


def test_a_line_may_have_998_characters_and_no_more():
    data, html = compose(ANN), text_to_html(ANN.text)
    for length in (998, 999):
        longer = data.replace(b"read this.", b"x" * (length - len(b"Please ")), 1)
        with pytest.raises(HeaderError, match="a body" if length == 998 else "line"):
            check(longer, cleaned(ANN), html)
