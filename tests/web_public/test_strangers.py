"""Whatever is posted: letters go to the campaign's officials, mails to who wrote; nothing fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from mailer import addresses, message, sendlog
from mailer.db import Store
from mailer.db.schema import letter, letter_text, submission
from mailer.status import Kind
from tests.conftest import Clock
from tests.hunting import times
from tests.message import foreign
from tests.message.conftest import another_python
from tests.message.judge import judge
from tests.message.mails import HOSTILE, TRICKY
from tests.web_public.homes import OFFICIALS, write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields

STRANGER = "stranger@elsewhere.example"
OURS = {"north@ministry.example", "south@ministry.example"}
ELSEWHERE = """\
  - id: west
    name: Wen West
    email: west@ministry.example
"""

# Names that programs try, beside those of the form.
NAMES = [
    *TYPED, "officials", "officials[]", "official", "to", "To", "to[]", "cc", "bcc", "recipient",
    "recipients", "email[]", "reply_to", "subject", "body", "body_for", "draft", "submission_id",
    "signature", "via", "website", "replaces", "consent-union", "district", "district_for",
    "elsewhere", "role", "affiliation", "address", "_method", "__proto__", "original", "",
]  # fmt: skip
VALUES = [
    STRANGER, f"ann@supporter.example,{STRANGER}", f"ann@supporter.example\r\nBcc: {STRANGER}",
    f"Ann <{STRANGER}>", "north", "south", "west", "north,west", "north\0", "NORTH", "../west",
    "%00", "1", "0", "true", "[]", "null", "{{7*7}}", "' OR 1=1 --", "<script>", "student", "fr",
    "xx", "x" * 4000, "\ud800", "\u202e", "\u2028", *HOSTILE, *TRICKY[:8],
]  # fmt: skip
extra = st.lists(
    st.tuples(st.sampled_from(NAMES), st.one_of(st.sampled_from(VALUES), st.text(max_size=40))),
    max_size=6,
)
often = settings(
    max_examples=times(25, 2_000), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture
def home(home: Path) -> Path:
    """Two campaigns: the second writes to somebody whom the first does not."""
    file = home / "officials.yaml"
    file.write_text(OFFICIALS + ELSEWHERE, encoding="utf-8")
    write_campaign(home, "other", to=["west"])
    write_campaign(home, "chosen", choose="any", editable="body", embed=["https://a.example"])
    return home


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture(scope="module")
def second() -> Iterator[Any]:
    """Another Python's parser, where there is one."""
    with another_python() as judging:
        yield judging


def post(visitor: Visitor, path: str, pairs: list[tuple[str, str]], form: str) -> Any:
    """Send pairs, each as often as it stands there, in one of the forms that programs use."""
    if form == "json":
        data = json.dumps({name: [value, STRANGER] for name, value in pairs})
        return visitor.client.post(path, data=data, content_type="application/json")
    if form == "multipart":
        several: dict[str, list[str]] = {}
        for name, value in pairs:
            several.setdefault(name, []).append(value.encode("utf-8", "replace").decode())
        return visitor.client.post(path, data=several, content_type="multipart/form-data")
    kind = "text/plain" if form == "plain" else "application/x-www-form-urlencoded"
    data = urlencode([(name, value) for name, value in pairs], errors="surrogatepass")
    return visitor.client.post(f"{path}?to={STRANGER}&officials=west", data=data, content_type=kind)


def assert_known(store: Store) -> None:
    """Letters go to the campaign's officials; all else to the address of who wrote."""
    both = letter.join(letter_text).join(submission, submission.c.id == letter.c.submission)
    columns = (letter.c.kind, letter.c.campaign, letter_text.c.to_address, submission.c.email)
    with store.read() as tx:
        for kind, campaign, to_address, email in tx.execute(select(*columns).select_from(both)):
            assert to_address in OURS if kind == Kind.LETTER else to_address == email
            assert campaign != "other"
        assert not tx.execute(select(letter.c.id).where(letter.c.submission.is_(None))).all()


def written_with(store: Store, receipt: str) -> str:
    """The address with which the letters of a receipt were written."""
    with store.read() as tx:
        mine = select(submission.c.email).where(submission.c.receipt == receipt)
        return str(tx.execute(mine).scalar_one())


@often
@given(
    more=extra, slug=st.sampled_from(["exams", "chosen"]),
    step=st.sampled_from(["send", "send", "send", "send", "preview", "text", "embed", ""]),
    form=st.sampled_from([*["urlencoded"] * 4, "multipart", "multipart", "json", "plain"]),
    first=st.booleans(),
)  # fmt: skip
def test_nobody_but_the_campaign_s_officials_is_written_to(
    visitor: Visitor, sqlite: Store, clock: Clock, more: list[tuple[str, str]], slug: str,
    step: str, form: str, first: bool,
) -> None:  # fmt: skip
    """A form as it is shown, with more in it, before or after what the page itself has."""
    shown = Page(visitor.preview(slug, officials=["north"]).text)
    pairs = [*more, *shown.fields] if first else [*shown.fields, *more]
    clock.pass_(3600)
    answer = post(visitor, f"/{slug}/{step}", pairs, form)
    assert answer.status_code in {200, 303, 400, 403, 404, 405, 413, 415, 422, 429}
    assert_known(sqlite)
    if "/receipt/" in (where := answer.headers.get("Location", "")):
        named = next(value for name, value in pairs if name == "email")
        receipt = where.partition("?")[0].rpartition("/")[2]
        assert written_with(sqlite, receipt) == addresses.parse(named)


@pytest.mark.parametrize("name", ["submission_id", "signature", "officials", "email"])
def test_what_was_signed_and_then_changed_is_shown_again(
    visitor: Visitor, sqlite: Store, clock: Clock, name: str
) -> None:
    typed = {"officials": ["north"], "body": ["Quiet, please."]}
    posted = fields(Page(visitor.preview("chosen", **typed).text))
    clock.pass_(30)
    for value in ("", "x" * 26, *posted[name][:1]):
        changed = [value.swapcase() or STRANGER, *posted[name]]
        answer = visitor.post("/chosen/send", {**posted, name: changed})
        assert answer.status_code == 422
    assert_known(sqlite)
    assert visitor.post("/chosen/send", posted).status_code == 303


def test_a_signature_of_another_campaign_counts_for_nothing(
    visitor: Visitor, sqlite: Store, clock: Clock
) -> None:
    posted = fields(Page(visitor.preview("other").text))
    clock.pass_(30)
    assert visitor.post("/exams/send", posted).status_code == 422
    assert visitor.post("/exams/send", {**posted, "officials": "west"}).status_code == 422
    assert_known(sqlite)


@pytest.mark.parametrize(
    ("path", "leads"),
    [("/exams", "/exams/"), ("/exams?a=b", "/exams/?a=b"), ("/staff/letters", "/staff/letters/")],
)
def test_a_host_that_a_request_makes_up_is_nowhere_in_the_answer(
    visitor: Visitor, path: str, leads: str
) -> None:
    for name in ("Host", "X-Forwarded-Host", "Forwarded"):
        made_up = "host=evil.example" if name == "Forwarded" else "evil.example"
        answer = visitor.get(path, **{name: made_up})
        assert (answer.status_code, answer.headers["Location"]) == (308, leads)
        assert "evil.example" not in visitor.get("/exams/", **{name: made_up}).text


values = st.lists(
    st.one_of(st.text(max_size=20), st.sampled_from([*HOSTILE, *TRICKY, "\r\nBcc: v@x.example"])),
    min_size=1, max_size=3,
).map("".join)  # fmt: skip


@often
@given(name=values, affiliation=values, address=values, personal=values)
def test_what_the_form_lets_through_is_one_message_to_one_reader(
    app: Flask, sqlite: Store, clock: Clock, second: Any,
    name: str, affiliation: str, address: str, personal: str,
) -> None:  # fmt: skip
    """From the form to the finished bytes: two parsers find one of everything."""
    visitor, typed = Visitor(app), {"name": name, "affiliation": affiliation, "address": address}
    plain = {key: text.encode("utf-8", "replace").decode() for key, text in typed.items()}
    sent = visitor.send("exams", **plain, personal=personal.encode("utf-8", "replace").decode())
    clock.pass_(3600)
    assert sent.status_code in {303, 422}
    if sent.status_code == 422:
        return
    receipt = sent.headers["Location"].partition("?")[0]
    for data in messages(sqlite, receipt.rpartition("/")[2]):
        for found in (judge(data), foreign.judge(data), second.judge(data)):
            assert len(found["names"]) == len(set(found["names"]))
            assert [len(found["addresses"][one]) for one in ("From", "To", "Reply-To")] == [1] * 3
            assert found["addresses"]["To"][0][1] in OURS
            assert found["addresses"]["Reply-To"][0][1] == TYPED["email"]
            assert "bcc" not in {one.lower() for one in found["names"]}
            assert [kind for _, kind, _ in found["parts"]] == ["text/plain", "text/html"]
            assert found["defects"] == []


def messages(store: Store, receipt: str) -> list[bytes]:
    """The letters of a receipt as they leave."""
    with store.read() as tx:
        theirs = select(letter.c.id).join(submission, submission.c.id == letter.c.submission)
        mine = theirs.where(submission.c.receipt == receipt, letter.c.kind == Kind.LETTER)
        ids = tx.execute(mine).scalars().all()
    pages = [sendlog.letter_page(store, one) for one in ids]
    return [message.compose(page.mail) for page in pages if page and page.mail]
