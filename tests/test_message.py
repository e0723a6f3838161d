"""A mail becomes bytes that hold exactly what was meant, or HeaderError."""

import base64
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.errors import HeaderError
from mailer.message import Mail, compose, text_to_html
from mailer.message.check import check
from mailer.message.values import cleaned
from tests import message_judge

OTHER_PYTHON = Path("/usr/bin/python3")  # Debian's, with an e-mail package patched by Debian

ANN = Mail(
    from_name="Ann Example via Fair Exams",
    from_address="letters@campaign.example",
    to_name="The Honourable Sam Sample",
    to_address="minister@ministry.example",
    reply_name="Ann Example",
    reply_address="ann@home.example",
    subject="Remote exams",
    text="Dear Minister Sample,\n\nPlease read this.\n\nAnn Example\n",
    message_id="k2l3m4@campaign.example",
    date=1_593_691_200.7,
)

HOSTILE = [
    "Jo\r\nBcc: victim@home.example",
    "Jo\nBcc: victim@home.example",
    "Jo\rBcc: victim@home.example",
    "Jo\0hn",
    "=?utf-8?q?Jo=0d=0aBcc=3a_v=40x=2eexample?=",
    "=?",
    "Jo\u2028Bcc: victim@home.example",
    "Jo\x85Bcc: victim@home.example",
    "Jo\u202egnp.exe",
    "Jo\u200bhn",
    "Jo\ud800hn",
    "Jo\x1fhn",
]
TRICKY = [
    'Ann "the pen" Example',
    "Jean Tremblay <minister@ontario.example>, Mary via Some Long Campaign Name",
    "Élise Müller <minister@ontario.example>, Mary",
    "Ann, Bob; Carol: undisclosed:;",
    "{{7*7}} ${7*7} %recipient.email%",
    'back\\slash \\" \\',
    '"',
    "\\",
    "(comment) Ann (comment",
    "Ann@home.example",
    "<>",
    ".",
    "?=",
    "=",
    "=41=42 _ ",
    "👩🏽‍🎓 Zoë",
    "李小龙" * 40,
    "é" * 300,
    "x" * 1500,
    "word " * 300,
    "Ann\u00a0Example\u3000",
    "\u00a0",
    "שלום עולם",
    "é" + " " * 200 + "a",
    '"' * 200,
    "a" * 70 + " é",
    "A" * 61 + '" <x@y.example>, "' + "B" * 40,
]


def bare(addresses):
    """Names without white space, for Python puts some between encoded-words (RFC 2047, 6.2)."""
    return {
        field: [["".join(name.split()), address] for name, address in pairs]
        for field, pairs in addresses.items()
    }


def judged(mail, data, verdict):
    """Assert that a parser read exactly the cleaned mail."""
    mail = cleaned(mail)
    names = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID"]
    names += ["Auto-Submitted"] * mail.auto + ["MIME-Version", "Content-Type"]
    addresses = {
        "From": [[mail.from_name, mail.from_address]],
        "To": [[mail.to_name, mail.to_address]],
        "Reply-To": [[mail.reply_name, mail.reply_address]],
    }
    if not mail.reply_address:
        names.remove("Reply-To")
        del addresses["Reply-To"]
    assert verdict["names"] == names
    assert bare(verdict["addresses"]) == bare(addresses)
    assert verdict["subject"] == mail.subject
    assert verdict["date"] == int(mail.date)
    assert verdict["id"] == f"<{mail.message_id}>"
    assert verdict["kind"] == "multipart/alternative"
    heads = ["Content-Type", "Content-Transfer-Encoding"]
    html = text_to_html(mail.text, mail.language)
    assert [[names, kind, text] for names, kind, text in verdict["parts"]] == [
        [heads, "text/plain", mail.text],
        [heads, "text/html", html],
    ]
    assert verdict["defects"] == []
    assert max(map(len, data.split(b"\r\n"))) <= 998


def read_back(mail):
    data = compose(mail)
    judged(mail, data, message_judge.judge(data))
    return data


class SecondJudge:
    """Another Python's parser, kept running."""

    def __init__(self):
        self.process = subprocess.Popen(
            [OTHER_PYTHON, "-I", message_judge.__file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def judge(self, data):
        self.process.stdin.write(base64.b64encode(data).decode() + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.communicate(timeout=10)


@pytest.fixture(scope="module")
def second():
    if not OTHER_PYTHON.exists() or OTHER_PYTHON.resolve() == Path(sys.executable).resolve():
        pytest.skip("no second Python in /usr/bin to judge by")
    judge = SecondJudge()
    yield judge
    judge.close()


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


@pytest.mark.parametrize("field", ["from_name", "to_name", "reply_name", "subject"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_refused(field, value):
    with pytest.raises(HeaderError):
        compose(replace(ANN, **{field: value}))


@pytest.mark.parametrize("field", ["from_name", "to_name", "reply_name", "subject"])
@pytest.mark.parametrize("value", TRICKY)
def test_tricky_values_stay_what_they_are(field, value, second):
    mail = replace(ANN, **{field: value})
    judged(mail, data := read_back(mail), second.judge(data))


@pytest.mark.parametrize(
    "address",
    [
        "", "ann", "ann@", "@home.example", "a b@home.example", '"a b"@home.example',
        "ann@home.example, bob@home.example", "ann@home.example\r\nBcc: x@y.example",
        "<ann@home.example>", "ann@[127.0.0.1]", "ann@home..example", ".ann@home.example",
        "ann(x)@home.example", "änn@home.example", "ann@home.example\n", "ann\0@home.example",
        "=?utf-8?q?ann?=@home.example", "ann@" + "x" * 64 + ".example", "a" * 250 + "@x.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["from_address", "to_address", "reply_address"])
def test_addresses_that_are_none_are_refused(field, address):
    if field == "reply_address" and not address:
        return  # that means: no Reply-To
    with pytest.raises(HeaderError):
        compose(replace(ANN, **{field: address}))


def test_an_international_domain_goes_as_name_servers_know_it():
    assert b"<ann@xn--mller-kva.example>" in read_back(
        replace(ANN, reply_address="ann@müller.example")
    )


@pytest.mark.parametrize("value", ["a\r\nB: c", "a b@c.example", "", "<a@b.example>", "a"])
def test_a_message_id_that_is_none_is_refused(value):
    with pytest.raises(HeaderError):
        compose(replace(ANN, message_id=value))


@pytest.mark.parametrize("value", ['"', "en\n", "", "e", "en><script>"])
def test_a_language_that_is_none_is_refused(value):
    with pytest.raises(HeaderError):
        compose(replace(ANN, language=value))


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_subject_is_refused(value):
    with pytest.raises(HeaderError, match="subject"):
        compose(replace(ANN, subject=value))


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
def test_the_body_is_untouched(text, second):
    mail = replace(ANN, text=text)
    data = read_back(mail)
    judged(mail, data, second.judge(data))
    body = data.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert not re.search(rb"^From |^\.$|[ \t]$", body.replace(b"\r\n", b"\n"), re.MULTILINE)


@pytest.mark.parametrize("text", ["a\0b", "a\rb", "a\x1bb", "a\x85b", "a\x0cb", "a\ud800b"])
def test_control_characters_in_the_text_are_refused(text):
    with pytest.raises(HeaderError, match="control"):
        compose(replace(ANN, text=text))


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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"Bcc: v@x.example\r\nSubject: "),
        (b"To: ", b"To: v@x.example\r\nTo: "),
        (b'"Ann Example" <ann@', b'v@x.example, "Ann Example" <ann@'),
        (b"<letters@", b"<lettres@"),
        (b"Remote exams", b"Remote exam"),
        (b"Remote exams", b"=?utf-8?q?Remote?= exams"),
        (b"12:00:00", b"12:00:01"),
        (b"12:00:00 +0000", b"noon"),
        (b"<k2l3m4@", b"<k2l3m5@"),
        (b"MIME-Version: 1.0\r\n", b""),
        (b"1.0", b"2.0"),
        (b"alternative", b"mixed"),
        (b"text/html", b"text/plain"),
        (b"charset=utf-8", b"charset=utf-7"),
        (b"read this", b"read that"),
        (b"<p>Please", b"<p>please"),
        (b"read this.\r\n", b"read this.\n"),
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


# Characters that mean something to some parser come up often enough to meet each other.
pieces = st.one_of(
    st.text(),
    st.text(alphabet='"\\<>@,;:()[]=?_. \t\r\n\0é李🙂\u202e\u2028\u0085\u00a0\ud800Bc'),
    st.sampled_from(HOSTILE + TRICKY + ["=?utf-8?b?Zm9v?=", "\r\nBcc: v@x.example\r\n", "--", "."]),
)
values = st.lists(pieces, max_size=4).map("".join)
texts = st.lists(pieces, max_size=8).map("\n".join)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values, values, values, values, texts, st.booleans())
def test_no_value_changes_the_structure(second, sender, to, reply, subject, text, auto):
    mail = replace(
        ANN, from_name=sender, to_name=to, reply_name=reply, subject=subject, text=text, auto=auto
    )
    try:
        cleaned(mail)
    except HeaderError:
        with pytest.raises(HeaderError):
            compose(mail)
        return
    data = compose(mail)
    judged(mail, data, message_judge.judge(data))
    judged(mail, data, second.judge(data))


safe = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(safe, safe, safe, safe.filter(str.strip), safe)
def test_every_harmless_value_goes_through(second, sender, to, reply, subject, text):
    names = [value.replace("=?", "= ?") for value in (sender, to, reply, subject)]
    mail = replace(
        ANN, from_name=names[0], to_name=names[1], reply_name=names[2], subject=names[3], text=text
    )
    data = compose(mail)
    judged(mail, data, message_judge.judge(data))
    judged(mail, data, second.judge(data))
