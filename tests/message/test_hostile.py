"""No value a visitor types adds a header, a recipient or a part: two parsers judge.

Python's own, in the two versions that may be here, and one that shares no line with it.
"""

import platform
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer import addresses
from mailer.errors import HeaderError
from mailer.message import compose
from mailer.message.values import cleaned
from tests.hunting import times, tried
from tests.message.conftest import OTHER_PYTHON
from tests.message.mails import ANN, HOSTILE, TRICKY, judged, read_back

MADE = "mails were made of generated names, subjects and texts"
REFUSED = "of these mails were refused, for what may stand in no header"
READ = (
    f"were composed, and read back by Python {platform.python_version()}, by a parser in Rust"
    f" (mailparse), and by {OTHER_PYTHON} where it is another: the same headers, addresses and"
    " parts, none added"
)

# Characters that mean something to some parser come up often enough to meet each other.
ALPHABET = '"\\<>@,;:()[]=?_. \t\r\n\0éλ李🙂\u202e\u2028\u0085\u00a0\ud800Bc'
values = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.text(alphabet=ALPHABET, max_size=30),
        st.sampled_from([*HOSTILE, *TRICKY, "=?utf-8?b?Zm9v?=", "\r\nBcc: v@x.example\r\n", "--"]),
    ),
    max_size=4,
).map("".join)
texts = st.lists(values, max_size=8).map("\n".join)


def harmless(value):
    """`value` without what may not stand in a header: all the rest must go through."""
    return "".join(c for c in value if not addresses.hostile(c))[:1000].replace("=?", "=+?")


def mail_of(sender, to, reply, subject, text, auto, html):
    return replace(
        ANN, from_name=sender, to_name=to, reply_name=reply, subject=subject, text=text,
        auto=auto, html=html,
    )  # fmt: skip


# Nearly all of these are refused; those below are all sent.
@settings(max_examples=times(200, 20_000), deadline=None)
@given(values, values, values, values, texts, st.booleans(), st.booleans())
def test_any_value_is_refused_or_changes_nothing(
    second, sender, to, reply, subject, text, auto, html
):
    mail = mail_of(sender, to, reply, subject, text, auto, html)
    tried(MADE)
    try:
        cleaned(mail)
    except HeaderError:
        with pytest.raises(HeaderError):
            compose(mail)
        tried(REFUSED)
        return
    judged(mail, data := read_back(mail), second.judge(data))
    tried(READ)


clean = values.map(harmless)


@pytest.mark.parametrize("html", [False, True])
@settings(max_examples=times(200, 50_000), deadline=None)
@given(
    sender=clean, to=clean, reply=clean, subject=clean.filter(lambda value: value.strip(" ")),
    text=texts, auto=st.booleans(),
)  # fmt: skip
def test_every_harmless_value_goes_through(second, html, sender, to, reply, subject, text, auto):
    text = "".join(c for c in text if c in "\n\t" or not addresses.hostile(c))
    mail = mail_of(sender, to, reply, subject, text, auto, html)
    tried(MADE)
    judged(mail, data := read_back(mail), second.judge(data))
    tried(READ)


def test_no_printable_character_is_hostile():
    printable = filter(str.isprintable, map(chr, range(sys.maxunicode + 1)))
    assert not [character for character in printable if addresses.hostile(character)]


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
