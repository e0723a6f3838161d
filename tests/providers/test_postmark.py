"""Postmark: what is asked, what its answers mean, and its calls."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import Next, SendError, SettingsError
from mailer.message import text_to_html
from mailer.transports import Answer
from mailer.transports.api import HOOKS, PROVIDERS
from mailer.transports.api.base import Call, Forged, Reply, Said
from mailer.transports.api.postmark import ACCOUNT, BUSY, EVENTS, HOOK, Postmark
from tests.message.mails import TRICKY
from tests.providers import postmark, ways
from tests.providers.payloads import faults
from tests.providers.stub import Stub, playing
from tests.providers.ways import LETTER, NOW, decision, fails, parcel, send

EXAMPLE = Postmark(key="s3cret-token")
SAID = {"ErrorCode": 0, "Message": "OK", "MessageID": "m-1"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Stub, Any]]:
    with ways.account(
        postmark.Rules(), f"postmark://{postmark.TOKEN}?api={{api}}", tmp_path
    ) as way:
        yield way


def payload(**changes: Any) -> dict[str, Any]:
    (found,) = json.loads(EXAMPLE.ask([parcel(**changes)]).body)
    return dict(found)


def told(status: int, body: Any, **headers: str) -> Reply:
    return Reply(status=status, headers=headers, body=json.dumps(body).encode())


def refused(reply: Reply) -> SendError:
    with pytest.raises(SendError) as caught:
        EXAMPLE.read([parcel()], reply)
    return caught.value


# What is asked


def test_a_letter_is_taken(site: tuple[Stub, Any]) -> None:
    stub, way = site
    (answer,) = send(way)
    assert stub.taken == [LETTER]
    assert (answer.text, answer.code) == ("OK", "200")
    assert len(answer.provider_id) == 36
    (item,) = stub.seen[0].json()
    text = parcel().mail.text  # type: ignore[union-attr]  # ways.parcel gives one
    assert item == {
        "From": '"Ann Example via Fair Exams" <letters@campaign.example>',
        "To": '"The Honourable Sam Sample" <minister@ministry.example>',
        "ReplyTo": '"Ann Example" <ann@home.example>',
        "Subject": "Remote exams",
        "TextBody": text,
        "HtmlBody": text_to_html(text),
        "Headers": [
            {"Name": "Message-ID", "Value": f"<{LETTER}@campaign.example>"},
            {"Name": "X-PM-KeepID", "Value": "true"},
        ],
        "Metadata": {"letter": LETTER},
        "MessageStream": "outbound",
        "TrackOpens": False,
        "TrackLinks": "None",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"to_name": "", "from_name": "", "reply_name": ""},
        {"reply_address": "", "auto": True, "linked": True, "text": "See\n\nhttps://a.example/b\n"},
        {"unsubscribe": "https://campaign.example/u/abc", "language": "fr"},
        {"enclosed": b"Subject: x\r\n\r\nyes\r\n"},
        {"html": False},
        {"to_address": "minister@québec.example"},
        {"subject": "two  spaces"},
        ways.in_all(ways.TEMPLATED),
    ],
)
def test_every_payload_fits(changes: dict[str, Any]) -> None:
    assert not faults("postmark", [payload(**changes)])


def test_text_alone_is_sent_as_text_alone() -> None:
    alone, both = payload(html=False), payload()
    assert both.pop("HtmlBody")
    assert alone == both


def test_the_judge_finds_what_does_not_fit() -> None:
    right = payload()
    assert faults("postmark", [right | {"TrackOpens": True}])
    assert faults("postmark", [right | {"Bcc": "x@home.example"}])
    assert faults("postmark", [right | {"To": "a@b.example, c@d.example"}])
    assert faults("postmark", [{k: v for k, v in right.items() if k != "Metadata"}])
    assert faults("postmark", [right] * 501)


@pytest.mark.parametrize("words", [*TRICKY, *ways.HOSTILE])
def test_no_name_becomes_an_address(words: str) -> None:
    item = payload(**ways.in_all(words))
    assert not faults("postmark", [item])
    words = re.sub(" +", " ", words).strip(" ")
    quoted = words.replace("\\", "\\\\").replace('"', '\\"')
    assert item["To"] == f'"{quoted}" <minister@ministry.example>'
    assert item["Subject"] == words


def test_what_stands_in_headers() -> None:
    item = payload(auto=True, unsubscribe="https://campaign.example/u/abc")
    assert {line["Name"]: line["Value"] for line in item["Headers"]} == {
        "Message-ID": f"<{LETTER}@campaign.example>",
        "X-PM-KeepID": "true",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<https://campaign.example/u/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_an_enclosed_message_goes_along() -> None:
    enclosed = b"Subject: x\r\n\r\nyes\r\n"
    (found,) = payload(enclosed=enclosed)["Attachments"]
    assert base64.b64decode(found["Content"]) == enclosed
    assert (found["Name"], found["ContentType"]) == ("message.eml", "message/rfc822")


def test_a_value_no_header_may_have_is_refused_before() -> None:
    one = parcel()
    assert one.mail is not None
    for mail in (replace(one.mail, subject="a\r\nBcc: b@c.example"), None):
        with pytest.raises(SendError) as caught:
            EXAMPLE.ask([replace(one, mail=mail)])
        assert caught.value.then is Next.FAIL


# Where it is


def test_what_the_address_says() -> None:
    made = PROVIDERS["postmark"]("postmark://aB%2Fc-1?stream=letters&batch=500")
    assert made == Postmark(key="aB/c-1", stream="letters", batch=500)
    assert made.account == "postmark://letters"
    assert "aB" not in repr(made)
    assert EXAMPLE.ask([parcel()]).url == "https://api.postmarkapp.com/email/batch"
    assert "s3cret" not in repr(EXAMPLE.ask([parcel()]))


@pytest.mark.parametrize(
    "url",
    [
        "postmark://", "postmark:s3cret", "postmark://s3cret:b", "postmark://s3cret@x",
        "postmark://s3cret?batch=0", "postmark://s3cret?batch=501", "postmark://s3cret?batch=x",
        "postmark://s3cret?api=http://api.example", "postmark://s3cret?api=ftp://127.0.0.1",
        "postmark://s3cret?api=https://a:b@api.example", "postmark://s3cret?strem=a",
        "postmark://s3cret?stream=a&stream=b", "postmark://s3cret#x", "postmark://s3%0Dcret",
        "postmark://a/s3cret", "postmark://s3cret?a@b", "postmark://s3cret?batch",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_meant(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        PROVIDERS["postmark"](url)
    assert str(caught.value).startswith("MAILER_TRANSPORT: ")
    assert "s3" not in str(caught.value)


def test_the_doctor_asks_without_sending(site: tuple[Stub, Any]) -> None:
    stub, way = site
    assert way.probe() == "Postmark knows the key: server Exams, stream outbound"
    assert not stub.taken
    sandbox = told(200, {"Name": "Trial", "DeliveryType": "Sandbox"})
    assert EXAMPLE.found(sandbox).endswith("it is a sandbox and delivers nothing")
    for reply in (told(200, []), told(401, {"ErrorCode": 10, "Message": "no"})):
        with pytest.raises(SendError):
            EXAMPLE.found(reply)


# What its answers mean


def test_a_wrong_key_stops_the_account(tmp_path: Path) -> None:
    with playing(postmark.Rules()) as stub:
        way = ways.from_url(f"postmark://s3cret?api={stub.url}", tmp_path)
        error = fails(way)
        assert decision(error) == (Next.STOP, None, False, True)
        assert "s3cret" not in f"{error} {error!r}"
        with pytest.raises(SendError):
            way.probe()


@pytest.mark.parametrize("code", sorted(ACCOUNT | BUSY))
def test_codes_of_the_account_stop_it_whoever_they_are_said_of(code: int) -> None:
    one = EXAMPLE.read([parcel()], told(200, [{"ErrorCode": code, "Message": "no"}]))[0]
    whole = refused(told(422, {"ErrorCode": code, "Message": "no"}))
    for error in (one, whole):
        assert isinstance(error, SendError)
        assert decision(error) == (Next.STOP, None, False, code in ACCOUNT)


@pytest.mark.parametrize("code", [300, 406, 411, 99999])
def test_codes_of_a_letter_refuse_it_alone(code: int) -> None:
    items = [SAID, {"ErrorCode": code, "Message": "not this one"}, SAID]
    first, error, last = EXAMPLE.read([parcel()] * 3, told(200, items))
    assert isinstance(error, SendError)
    assert (error.code, *decision(error)) == (str(code), Next.FAIL, None, False, False)
    assert first == last == Answer(text="OK", code="200", provider_id="m-1")


def test_what_it_says_of_the_whole_request() -> None:
    wait = refused(Reply(status=429, headers={"retry-after": "7"}, body=b"{}"))
    assert decision(wait) == (Next.STOP, 7.0, False, False)
    assert decision(refused(told(503, {}))) == (Next.STOP, None, False, False)
    assert decision(refused(told(500, {}))) == (Next.STOP, None, True, False)
    assert decision(refused(told(422, {"ErrorCode": 402}))) == (Next.FAIL, None, False, False)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"[1, 2]", b"<html>", b'[{"ErrorCode": 0}]' * 2, b"\xff"]
)
def test_an_answer_nobody_knows_leaves_doubt(body: bytes) -> None:
    error = refused(Reply(status=200, body=body))
    assert (error.then, error.maybe_accepted) == (Next.STOP, True)


@pytest.mark.parametrize("item", [None, 3, {}, {"ErrorCode": "0"}, {"ErrorCode": True}])
def test_a_part_of_an_answer_nobody_knows_leaves_doubt_of_that_letter(item: Any) -> None:
    first, second = EXAMPLE.read([parcel()] * 2, told(200, [SAID, item]))
    assert isinstance(first, Answer)
    assert isinstance(second, SendError)
    assert second.maybe_accepted


# Its calls

DELIVERY = {
    "RecordType": "Delivery", "ServerID": 23, "MessageStream": "outbound", "MessageID": "m-1",
    "Recipient": "minister@ministry.example", "Tag": "",
    "DeliveredAt": "2026-01-02T03:04:05.1234567Z",
    "Details": "smtp;250 2.0.0 OK queued as A1", "Metadata": {"letter": LETTER},
}  # fmt: skip
BOUNCE = {
    "RecordType": "Bounce", "ID": 4323372036854775807, "Type": "HardBounce", "TypeCode": 1,
    "Name": "Hard bounce", "MessageID": "m-1", "Metadata": {"letter": LETTER},
    "Description": "The server was unable to deliver your message.",
    "Details": "smtp;550 5.1.1 no such user", "Email": "minister@ministry.example",
    "BouncedAt": "2026-01-02T03:04:05Z", "Inactive": True,
}  # fmt: skip
COMPLAINT = BOUNCE | {"RecordType": "SpamComplaint", "ID": 42, "Type": "SpamComplaint"}


def news(event: Any) -> Any:
    (found,) = HOOK.read(Call(headers={}, body=json.dumps(event).encode()))
    return found


def test_a_delivery() -> None:
    found = news(DELIVERY)
    assert (found.letter, found.said, found.kind) == (LETTER, Said.DELIVERED, "Delivery")
    assert found.at == pytest.approx(1767323045.123456)
    assert found.code == "250 2.0.0"
    assert json.loads(found.raw) == DELIVERY


def test_a_bounce_and_a_complaint() -> None:
    bounced, complained = news(BOUNCE), news(COMPLAINT)
    assert (bounced.letter, bounced.said, bounced.code) == (LETTER, Said.BOUNCED, "550 5.1.1")
    assert bounced.kind == "HardBounce"
    assert "no such user" in bounced.note
    assert complained.said is Said.COMPLAINED
    assert bounced.id != complained.id


@pytest.mark.parametrize(("kind", "said"), EVENTS.items())
def test_every_kind_is_told_by_the_table(kind: str, said: Said) -> None:
    of_bounces = kind not in {"Delivery", "SpamComplaint", "SubscriptionChange", "Open", "Click"}
    event = BOUNCE | ({"Type": kind} if of_bounces else {"RecordType": kind})
    assert (news(event).said, news(event).kind) == (said, kind)


def test_an_unknown_kind_is_kept_and_means_nothing() -> None:
    for event in (BOUNCE | {"Type": "New"}, {"RecordType": "New"}, {"RecordType": "Bounce"}):
        assert news(event).said is Said.OTHER
    assert news({"RecordType": "New"}).letter == ""


def test_a_repeated_call_is_the_same_event_and_another_is_not() -> None:
    again = json.loads(json.dumps(DELIVERY))
    assert news(again).id == news(DELIVERY).id
    others = [DELIVERY | {"Recipient": "x@y.example"}, DELIVERY | {"MessageID": "m-2"}, BOUNCE,
              BOUNCE | {"ID": 1}]  # fmt: skip
    assert len({news(event).id for event in [DELIVERY, *others]}) == 5


@pytest.mark.parametrize("when", ["", None, 7, "soon", "2026-01-02T03:04:05", "9999-99-99T00:00Z"])
def test_a_time_that_cannot_be_told(when: Any) -> None:
    assert news(DELIVERY | {"DeliveredAt": when}).at is None


def basic(words: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(words.encode()).decode()}"}


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        ("user:pass word", basic("user:pass word")),
        ("usér:é", basic("usér:é")),
        ("t0ken", {"authorization": "Bearer t0ken"}),
        ("t0ken", {"x-mailer-hook": "t0ken"}),
    ],
)
def test_a_call_that_shows_the_secret(key: str, headers: dict[str, str]) -> None:
    call = Call(headers=headers, body=b"{}")
    HOOK.verify(call, [key], NOW)
    HOOK.verify(call, ["another", key], NOW)
    for keys in (["another"], [], [key + "x"], [key[:-1]]):
        with pytest.raises(Forged):
            HOOK.verify(call, keys, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"authorization": ""}, {"authorization": "Basic"}, {"authorization": "Basic %%%"},
        {"authorization": "Basic \udcff"}, {"authorization": "Digest user:pass"},
        {"x-mailer-hook": ""}, basic("user"), basic("user:Pass"),
    ],
)  # fmt: skip
def test_a_call_that_does_not(headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        HOOK.verify(Call(headers=headers, body=b"{}"), ["user:pass"], NOW)


@pytest.mark.parametrize("body", ways.ODD)
def test_odd_bodies(body: bytes) -> None:
    with pytest.raises(ValueError):
        HOOK.read(Call(headers={}, body=body))


FIELDS = st.sampled_from([*DELIVERY, *BOUNCE, "Metadata"])


@given(ways.RUBBISH | st.dictionaries(FIELDS, ways.JSON).map(lambda it: json.dumps(it).encode()))
def test_whatever_a_call_holds_it_is_read_or_refused(body: bytes) -> None:
    try:
        found = HOOK.read(Call(headers={}, body=body))
    except ValueError:
        return
    for one in found:
        assert one.id
        assert "\0" not in f"{one.kind}{one.note}{one.letter}{one.raw}"
        json.loads(one.raw)


def test_the_table_knows_it() -> None:
    assert HOOKS["postmark"] is HOOK
    assert HOOK.name == EXAMPLE.name == "postmark"


def test_the_docs_tell_every_kind_and_every_code() -> None:
    told_there = ways.told_in_docs("Postmark")
    assert not {word for word in EVENTS if f"`{word}`" not in told_there}
    named = re.findall(r"^\| ([\d, ]+) \| stop", told_there, re.M)
    assert {int(code) for row in named for code in row.split(", ")} == ACCOUNT | BUSY
