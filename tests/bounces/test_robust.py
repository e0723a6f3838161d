"""Rubbish is read too: without an error, without an end that does not come, never as hard."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.bounces import Kind, read
from tests.bounces.samples import AUTOREPLY, COMPLAINT, HARD, REPLY, SOFT, VERP
from tests.hunting import times

ALL = [sample.data for sample in (*HARD, *SOFT, *AUTOREPLY, COMPLAINT)] + [REPLY]
HEAD = b"From: MAILER-DAEMON@x.example\nSubject: Undeliverable\n\n"

pieces = st.sampled_from([
    b"Content-Type: ", b"multipart/report; ", b"boundary=x\n", b"--x\n", b"--x--\n", b"\n\n", b"\n",
    b"message/delivery-status\n", b"message/rfc822\n", b"message/feedback-report\n", b"text/html\n",
    b"Final-Recipient: rfc822; ", b"a@b.example", b"Action: failed\n", b"Status: 5.1.1\n", b"<",
    b">", b";", b"Content-Transfer-Encoding: base64\n", b"charset=utf-16\n", b"charset=hex\n",
    b"=?utf-8?b?A?=", b"Subject: ", b"\xff\xfe", b"\0", b"550 5.1.1 user unknown", b"Re: ",
    b"X-Failed-Recipients: ", b"Return-Path: <>\n", b"Received: from ", b"begin 644 x\n", b"%",
    b"boundary*0*=x''%e9;", b"From: MAILER-DAEMON@x.example\n", b"References: <", b" \n", b"\r",
])  # fmt: skip


@settings(max_examples=times(300, 5_000), deadline=None)
@given(st.one_of(st.binary(), st.lists(st.one_of(pieces, st.binary(max_size=4))).map(b"".join)))
def test_no_bytes_break_it(data: bytes) -> None:
    bounce = read(data, envelope_to=VERP)
    assert bounce.letter
    assert all("\n" not in text for text in (bounce.recipient, bounce.code, bounce.note))


@settings(max_examples=times(200, 5_000), deadline=None)
@given(st.sampled_from(ALL), st.data())
def test_a_cut_or_changed_bounce_breaks_nothing(whole: bytes, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    read(whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:])
    read(whole[start:end])


@pytest.mark.parametrize("kind", [b"multipart/report", b"text/plain", b"message/rfc822"])
def test_a_charset_that_is_no_name_breaks_nothing(kind: bytes) -> None:
    head = b"Subject: Undeliverable\nContent-Type: " + kind + b'; charset="a\0b"\n\n'
    assert read(head + b"\xff mailbox unknown\n").kind is not Kind.REPLY


@given(st.text(), st.text(alphabet="@.<>:;\n abc5410", max_size=200))
def test_words_that_say_nothing_are_never_hard(subject: str, said: str) -> None:
    line = " ".join(subject.split())
    assert read(f"Subject: {line}\n\n{said}".encode("utf-8", "replace")).kind is not Kind.HARD


HOSTILE = {
    "one word": HEAD + b"a" * 400_000,
    "at signs": HEAD + b"a@" * 200_000,
    "open brackets": HEAD + b"<" * 400_000,
    "a word again and again": HEAD + b"mailbox!!!!! " * 30_000,
    "half a sentence": HEAD + b"no such " * 50_000,
    "addresses": HEAD + b"<a@b.example>:\n" * 27_000,
    "headers": b"X-A: b\n" * 57_000 + b"\n",
    "a folded header": b"Subject: a\n" + b" b\n" * 130_000 + b"\n",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 30_000 + b"\n\n",
    "parameters": b"Content-Type: multipart/report; " + b"a=b; " * 80_000 + b"\n\nx",
    "parts": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 50_000,
    "parts in parts": b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(8_000)
    ),
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 13_000,
    "recipients": b"Content-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 7_500,
    "styles": b"Subject: Undeliverable\nContent-Type: text/html\n\n" + b"<style>" * 57_000,
    "tags": b"Subject: Undeliverable\nContent-Type: text/html\n\n" + b"<a" * 200_000,
    "references": b"References: " + b"<0123456789abcdefghjkmnpqrs@x> " * 13_000 + b"\n\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_to_take_long_does_not(name: str) -> None:
    """A cost that grew with the square of the length would let this run for many minutes."""
    assert read(HOSTILE[name]).kind is not Kind.REPLY
