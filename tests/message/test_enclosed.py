"""A message that goes along, and the address that ends a kind of mail."""

import re
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import HeaderError
from mailer.message import compose, enclosing, text_to_html
from mailer.message.check import check
from mailer.message.read import parts
from mailer.message.values import cleaned
from tests.message.mails import ANN, judged, read_back

URL = "https://letters.example:8443/unsubscribe/k2l3m4?lang=fr"
REPLY = (
    b"From: Sam Sample <minister@ministry.example>\r\nSubject: Re: Remote exams\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nI have read it.\r\n"
)
OURS = replace(ANN, auto=True, reply_address="")
PLAIN = re.compile(rb"(?:[\t\x20-\x7e]{0,998}\r\n)*")


def test_an_address_to_unsubscribe_at_is_said_as_rfc_8058_wants_it(second):
    mail = replace(OURS, unsubscribe=URL)
    data = read_back(mail)
    judged(mail, data, second.judge(data))
    lines = data.split(b"\r\n")
    at = lines.index(f"List-Unsubscribe: <{URL}>".encode())
    assert lines[at + 1] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "url",
    [
        "http://letters.example/u", "https://letters.example", "https://", "mailto:a@b.example",
        "https://letters.example/a b", "https://letters.example/a>,<mailto:x@y.example",
        "https://letters.example/a\r\nBcc: x@y.example", "https://letters.example/\n",
        "https://ann:pw@letters.example/", "https://letters.example/=?utf-8?q?x?=",
        "https://létters.example/", "https://letters.example/" + "x" * 500, "https://-x.example/",
    ],
)  # fmt: skip
def test_an_address_to_unsubscribe_at_that_is_none_is_refused(url):
    with pytest.raises(HeaderError, match="unsubscribe"):
        compose(replace(OURS, unsubscribe=url))


def test_a_message_goes_along_untouched(second):
    mail = replace(OURS, enclosed=REPLY, unsubscribe=URL)
    data = read_back(mail)
    judged(mail, data, second.judge(data))
    said, inner = message_from_bytes(data, policy=policy.default).iter_parts()
    assert said.get_content_type() == "multipart/alternative"
    assert inner.get_content().as_bytes(policy=policy.SMTP) == REPLY
    shown = parts(data)
    assert (shown.text, shown.html) == (mail.text, text_to_html(mail.text))
    assert shown.enclosed.header("Subject") == "Re: Remote exams"
    assert shown.enclosed.text == "I have read it.\n"
    assert shown.enclosed.enclosed is None


def test_a_message_goes_along_with_text_alone(second):
    mail = replace(OURS, enclosed=REPLY, html=False)
    judged(mail, data := read_back(mail), second.judge(data))
    html = text_to_html(mail.text)
    for changed in (
        data.replace(b"text/plain", b"text/html", 1),
        compose(replace(mail, html=True)),
    ):
        with pytest.raises(HeaderError):
            check(changed, mail, "")
    with pytest.raises(HeaderError):
        check(data, mail, html)


def test_what_goes_along_cannot_end_its_part():
    first = compose(replace(OURS, enclosed=REPLY))
    borders = re.findall(rb'boundary="([^"]+)"', first)
    assert len(set(borders)) == 2
    hostile = b"".join(b"--%b\r\n--%b--\r\n" % (border, border) for border in borders)
    read_back(replace(OURS, enclosed=REPLY + hostile))


@pytest.mark.parametrize(
    "enclosed",
    [
        b"Subject: x\n\nhi\n", b"Subject: x\r\n\r\ncaf\xc3\xa9\r\n", b"x" * 999, b"a\0b", b"a\rb",
        b"a\x1b",
    ],
)  # fmt: skip
def test_what_is_not_plain_does_not_go_along(enclosed):
    with pytest.raises(HeaderError):
        compose(replace(OURS, enclosed=enclosed))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"I have read it.", b"I have read it"),
        (b"message/rfc822", b"text/html"),
        (b"multipart/mixed", b"multipart/alternative"),
        (b"attachment; ", b"inline; "),
        (b"7bit\r\n\r\nFrom", b"8bit\r\n\r\nFrom"),
        (b"<https://letters", b"<https://lettres"),
        (b"One-Click", b"Two-Clicks"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
    ],
)
def test_the_check_sees_every_change(old, new):
    mail = cleaned(replace(OURS, enclosed=REPLY, unsubscribe=URL))
    data, html = compose(mail), text_to_html(mail.text)
    assert old in data
    with pytest.raises(HeaderError):
        check(data.replace(old, new, 1), mail, html)


@pytest.mark.parametrize("other", [{"enclosed": b""}, {"unsubscribe": ""}, {"enclosed": b"x\r\n"}])
def test_the_check_sees_what_was_meant_otherwise(other):
    mail = cleaned(replace(OURS, enclosed=REPLY, unsubscribe=URL))
    with pytest.raises(HeaderError):
        check(compose(mail), replace(mail, **other), text_to_html(mail.text))


def test_a_plain_message_is_enclosed_as_it_came():
    assert enclosing.plain(REPLY) == REPLY
    assert enclosing.plain(REPLY.replace(b"\r\n", b"\n")) == REPLY


def test_what_is_not_plain_is_encoded_again_part_by_part():
    data = (
        "From: Zoë <zoe@ministry.example>\nSubject: Réponse\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="x"\n\n'
        "--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        "J’ai lu.\n--x\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
        "JVBERi0xLjQK\n--x--\n"
    ).encode()
    made = enclosing.plain(data)
    assert PLAIN.fullmatch(made)
    message = message_from_bytes(made, policy=policy.default)
    text, file = message.iter_parts()
    assert text.get_content().strip() == "J’ai lu."
    assert file.get_content() == b"%PDF-1.4\n"
    compose(replace(OURS, enclosed=made))


def test_what_is_too_broken_is_told_again():
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n)
                    for n in range(3000))  # fmt: skip
    made = enclosing.plain("Subject: Réponse\nFrom: a@b.example\n".encode() + deep + b"\xff\0")
    assert PLAIN.fullmatch(made)
    shown = parts(made)
    assert shown.header("From") == "a@b.example"
    assert shown.header("Subject").startswith("R")


lines = st.sampled_from([
    b"Subject: ", b"Content-Type: ", b"Content-Transfer-Encoding: ", b"boundary=x\r\n", b"8bit",
    b"multipart/mixed; ", b"--x\r\n", b"--x--\r\n", b"\r\n", b"\n", b"text/plain; charset=",
    b"utf-8", b"utf-16", b"base64", b"message/rfc822", b"\xe9", b"\0", b"charset*=utf-8''%e9",
    b"; ", b"\xff\xfe", b"x" * 999,
])  # fmt: skip


@given(st.one_of(st.binary(), st.lists(st.one_of(lines, st.binary(max_size=4))).map(b"".join)))
def test_any_bytes_can_go_along(data):
    compose(replace(OURS, enclosed=enclosing.plain(data)))
