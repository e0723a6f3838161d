"""What tests of e-mail APIs share: letters, ways to a stub, bodies that no webhook may choke on."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from mailer.errors import Next, SendError
from mailer.message import compose
from mailer.transports import Answer, Parcel, from_url
from mailer.transports.api.base import Call
from tests.conftest import ROOT
from tests.message.mails import ANN
from tests.providers.stub import Rules, Stub, playing

LETTER = "k2l3m4n5p6q7r8s9t0v1w2x3y4"
NOW = 1_800_000_000.0

TEMPLATED = "%recipient.email% {{7*7}} {{{x}}} {% if x %} {# x #} -x- ${x} <%body%> [unsubscribe]"
"""Words of the template languages of all providers."""

HOSTILE = [
    TEMPLATED,
    'Ann "the pen" Example',
    "Jean Tremblay <minister@ontario.example>, Mary",
    "Élise Müller <minister@ontario.example>, Mary",
    "Ann, Bob; Carol: undisclosed:;",
    "back\\slash",
    "(comment) Ann (comment",
    "Sam & Söhne <b>bold</b>",
    "Éric, M.P.P.",
    "👩‍🔬 Ann",
]


def parcel(letter: str = LETTER, **changes: Any) -> Parcel:
    """A letter, as the worker hands it over; changes are of the mail."""
    mail = replace(ANN, message_id=f"{letter}@campaign.example", **changes)
    return Parcel(
        letter=letter, sender=f"b-{letter}@bounces.campaign.example", recipient=mail.to_address,
        data=compose(mail), mail=mail,
    )  # fmt: skip


def in_all(words: str) -> dict[str, str]:
    """Changes that put some words wherever a person can type them."""
    return {
        "from_name": words, "to_name": words, "reply_name": words, "subject": words,
        "text": f"Dear Minister,\n\n{words}\n",
    }  # fmt: skip


@contextmanager
def account(rules: Rules, address: str, home: Path) -> Iterator[tuple[Stub, Any]]:
    """A stub at work, and the way to it that `address` names with its `{api}`."""
    with playing(rules) as stub:
        yield stub, from_url(address.format(api=stub.url), home)


def send(way: Any, *parcels: Parcel) -> list[Answer]:
    connection = way.connect()
    try:
        answers = []
        for one in parcels or (parcel(),):
            connection.stage(one)
            answers.append(connection.commit())
        return answers
    finally:
        connection.close()


def fails(way: Any, *parcels: Parcel) -> SendError:
    with pytest.raises(SendError) as caught:
        send(way, *parcels)
    return caught.value


def decision(error: SendError) -> tuple[Next, float | None, bool, bool]:
    return error.then, error.after, error.maybe_accepted, error.account


def told_in_docs(provider: str) -> str:
    """What docs/transports.md says of a provider."""
    text = (ROOT / "docs" / "transports.md").read_text(encoding="utf-8")
    return text.partition(f"\n### {provider}\n")[2].partition("\n###")[0].partition("\n## ")[0]


def date(after: float = 0.0) -> str:
    """A moment so many seconds from now, as HTTP and mail write it."""
    return email.utils.formatdate(time.time() + after, usegmt=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
    | st.sampled_from(["failed", "bounce", "hard_bounce", LETTER, "\0", "\ud800", "5.1.1"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            [
                "event", "event-data", "signature", "timestamp", "token", "delivery-status", "code",
                "severity", "reason", "user-variables", "letter", "id", "message", "sg_event_id",
                "type", "status", "email", "ts_epoch", "ts_event", "X-Mailin-custom", "reject",
                "enhanced-code", "description", "response", "message-id", "link",
            ]
        )
        | st.text(max_size=5),
        inner,
        max_size=8,
    ),
    max_leaves=25,
)  # fmt: skip
RUBBISH = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())
ODD = [
    b"", b"null", b"[]", b"{}", b"[[]]", b"[null]", b"NaN", b'{"a": Infinity}', b"\xff\xfe", b"0",
    b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b'[{"timestamp": 1e999}]',
    b'{"event-data": {"event": [], "timestamp": "x", "delivery-status": []}}',
    '{"event": "\\ud800"}'.encode("utf-16"),
]  # fmt: skip


def call(body: bytes, **headers: str) -> Call:
    """A webhook's request; `_` in names stands for `-`."""
    return Call(
        headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body
    )
