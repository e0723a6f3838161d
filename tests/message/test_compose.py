"""A mail becomes the bytes that were meant."""

import base64
import re
from dataclasses import replace
from email.header import decode_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import HeaderError
from mailer.message import compose, headers, text_to_html
from tests.message.mails import ANN, judged, read_back


def test_the_whole_message_as_it_leaves():
    assert compose(ANN).decode() == (
        'From: "Ann Example via Fair Exams" <letters@campaign.example>\r\n'
        'To: "The Honourable Sam Sample" <minister@ministry.example>\r\n'
        'Reply-To: "Ann Example" <ann@home.example>\r\n'
        "Subject: Remote exams\r\n"
        "Date: Thu, 02 Jul 2020 12:00:00 +0000\r\n"
        "Message-ID: <k2l3m4@campaign.example>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative;\r\n"
        ' boundary="=_34f1ce7f71aee5daec890e86914a34b6"\r\n'
        "\r\n"
        "--=_34f1ce7f71aee5daec890e86914a34b6\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Dear Minister Sample,\r\n\r\nPlease read this.\r\n\r\nAnn Example\r\n"
        "\r\n"
        "--=_34f1ce7f71aee5daec890e86914a34b6\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "<!DOCTYPE html>\r\n"
        '<html lang="en">\r\n'
        '<head><meta charset="utf-8"></head>\r\n'
        '<body dir="auto">\r\n'
        "<p>Dear Minister Sample,</p>\r\n"
        "<p>Please read this.</p>\r\n"
        "<p>Ann Example</p>\r\n"
        "</body>\r\n"
        "</html>\r\n"
        "\r\n"
        "--=_34f1ce7f71aee5daec890e86914a34b6--\r\n"
    )


def test_the_same_mail_gives_the_same_bytes():
    assert compose(ANN) == compose(replace(ANN))


def test_without_reply_address_and_made_by_the_program():
    data = read_back(replace(ANN, reply_address="", auto=True))
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in data
    assert b"Reply-To" not in data


def test_addresses_without_names():
    data = read_back(replace(ANN, from_name="", to_name="", reply_name=""))
    assert data.startswith(b"From: letters@campaign.example\r\nTo: minister@ministry.example\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "no newline at the end", ".", ".\n..\n.\n", "From here\n>From there\n",
        "trailing blanks   \nand a tab\t\n \n", "x" * 20_000, "é" * 20_000, "word " * 4_000,
        "🙂" * 500, "--\n-- \n--=_34f1ce7f71aee5daec890e86914a34b6\n--=_34f1ce7f71aee5--\n",
        "Content-Type: text/html\n\n<script>alert(1)</script>\n", "=3D=\n=0A= =\n", "a" * 76 + "=",
        "\n\n\nDear\n\n\n", "{{7*7}}", "\u2028\u2029", "x" * 74 + " \ny", "x" * 75 + "é",
        "x" * 70 + " From here to there, more than a line long, and longer", "\ufeffbom",
    ],
)  # fmt: skip
@pytest.mark.parametrize("html", [True, False])
def test_the_body_is_untouched(text, html, second):
    mail = replace(ANN, text=text, html=html)
    data = read_back(mail)
    judged(mail, data, second.judge(data))
    body = data.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert not re.search(rb"^From |^\.$|[ \t]$", body.replace(b"\r\n", b"\n"), re.MULTILINE)


@pytest.mark.parametrize("text", ["a\0b", "a\rb", "a\x1bb", "a\x85b", "a\x0cb", "a\ud800b"])
def test_control_characters_in_the_text_are_refused(text):
    with pytest.raises(HeaderError, match="control"):
        compose(replace(ANN, text=text))


def test_text_alone_is_one_part(second):
    data = read_back(replace(ANN, html=False))
    head, _, body = data.partition(b"\r\n\r\n")
    assert body.decode() == ANN.text.replace("\n", "\r\n")
    assert head.endswith(
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit"
    )


def test_a_boundary_that_stands_in_the_text_is_not_used():
    first = compose(ANN)
    border = re.search(rb'boundary="([^"]+)"', first)[1].decode()
    second = read_back(replace(ANN, text=f"--{border}\n\n--{border}--\n"))
    assert border.encode() + b'"' not in second


def test_html_is_escaped_and_links_nothing():
    html = text_to_html('<b>&\n"Ann" https://x.example\n\n\nbye\n', "fr")
    assert '<html lang="fr">' in html
    assert '<p>&lt;b&gt;&amp;<br>\n"Ann" https://x.example</p>\n<p>bye</p>' in html
    assert "<a" not in html


def test_long_headers_are_folded():
    data = read_back(replace(ANN, subject="A word " * 60, from_name="Ann " * 60))
    head = data.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_encoded_lines_keep_to_their_length_and_to_whole_characters():
    data = read_back(replace(ANN, subject="Ça " * 99, from_name="李" * 99))
    head = data.partition(b"\r\n\r\n")[0].decode()
    assert max(map(len, head.split("\r\n"))) <= 78
    words = re.findall(r"=\?utf-8\?b\?([^?]*)\?=", head.partition("\r\nTo:")[0])
    assert len(words) > 5
    assert "".join(base64.b64decode(word).decode() for word in words) == "李" * 99


def whole(value):
    """Assert that each encoded-word says whole characters, in a line that is not too long."""
    lines = headers.text("Subject", value).split("\r\n")
    words = [line.partition(" ")[2] for line in lines]
    assert "".join(decode_header(word)[0][0].decode() for word in words) == value
    assert max(map(len, lines)) <= 76


@given(st.text(alphabet="aé李🙂 _=.", min_size=1, max_size=200).filter(lambda v: not v.isascii()))
def test_each_encoded_word_says_whole_characters(value):
    whole(value)


@pytest.mark.parametrize("character", ["é", "李", "🙂", "é?", "\u0301"])
def test_no_line_ends_inside_a_character_wherever_it_stands(character):
    for before in range(130):
        whole("a" * before + character + "a" * 80)


def test_a_line_that_is_an_address_is_a_link_only_where_all_words_are_ours() -> None:
    text = 'Open:\n\nhttps://letters.example/confirm/a?b=1&c="d\nhttps://letters.example/x?y=1&z\n'
    assert "<a " not in text_to_html(text)
    html = text_to_html(text, linked=True)
    address = "https://letters.example/x?y=1&amp;z"
    assert f'<a href="{address}">{address}</a>' in html
    assert html.count("<a ") == 1, "no quote may end the attribute"
