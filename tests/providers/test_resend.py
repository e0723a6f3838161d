"""Resend: what is asked, what its answers mean, what is asked once only, and its calls."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import Next, SendError, SettingsError
from mailer.message import text_to_html
from mailer.officials.values import Pace
from mailer.transports import Answer, Parcel
from mailer.transports.api import HOOKS, PROVIDERS
from mailer.transports.api.base import Call, Forged, Reply, Said
from mailer.transports.api.resend import EVENTS, HOOK, OURS, QUOTA_WAIT, QUOTAS, Resend
from mailer.transports.base import Accepted, Failed
from tests.message.mails import TRICKY
from tests.providers import resend, ways
from tests.providers.payloads import faults
from tests.providers.stub import Stub, Trouble
from tests.providers.test_talk import heard
from tests.providers.ways import LETTER, NOW, decision, fails, parcel, send

EXAMPLE = Resend(key="re_s3cret")
URL = f"resend://{resend.KEY}?requests=1000&api={{api}}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Stub, Any]]:
    with ways.account(resend.Rules(), URL, tmp_path) as found:
        yield found


def payload(**changes: Any) -> dict[str, Any]:
    return dict(json.loads(EXAMPLE.ask([parcel(**changes)]).body))


def told(status: int, body: Any, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=json.dumps(body).encode())


def refused(reply: Reply, count: int = 1) -> SendError:
    with pytest.raises(SendError) as caught:
        EXAMPLE.read([parcel()] * count, reply)
    return caught.value


def error(status: int, name: str, **headers: str) -> SendError:
    return refused(told(status, {"name": name, "message": "no"}, **headers))


def together(way: Any, parcels: Sequence[Parcel]) -> dict[int, Any]:
    """Send letters as a worker does, all dots at once; what came of each place."""
    lines = way.lines(1)
    for number, one in enumerate(parcels):
        lines.stage(number, one)
    heard(lines, len(parcels))
    for number in range(len(parcels)):
        lines.dot(number)
    found = {one.line: one for one in heard(lines, len(parcels))}
    lines.close()
    return found


# What is asked


def test_a_letter_is_taken(site: tuple[Stub, Any]) -> None:
    stub, way = site
    (answer,) = send(way)
    assert stub.taken == [LETTER]
    assert (answer.code, len(answer.provider_id)) == ("200", 36)
    assert stub.seen[0].path == "/emails"
    text = parcel().mail.text  # type: ignore[union-attr]  # ways.parcel gives one
    assert stub.seen[0].json() == {
        "from": '"Ann Example via Fair Exams" <letters@campaign.example>',
        "to": ['"The Honourable Sam Sample" <minister@ministry.example>'],
        "reply_to": '"Ann Example" <ann@home.example>',
        "subject": "Remote exams",
        "text": text,
        "html": text_to_html(text),
        "tags": [{"name": "letter", "value": LETTER}],
    }


def test_several_letters_leave_as_a_batch(site: tuple[Stub, Any]) -> None:
    stub, way = site
    names = [f"letter{number:04}" for number in range(7)]
    found = together(way, [parcel(name) for name in names])
    assert all(isinstance(one, Accepted) for one in found.values())
    assert stub.taken == names
    (seen,) = stub.seen
    assert (seen.path, len(seen.json())) == ("/emails/batch", 7)


@pytest.mark.parametrize(
    "changes",
    [
        {"to_name": "", "from_name": "", "reply_name": ""},
        {"reply_address": "", "auto": True, "linked": True, "text": "See\n\nhttps://a.example/b\n"},
        {"unsubscribe": "https://campaign.example/u/abc", "language": "fr"},
        {"enclosed": b"Subject: x\r\n\r\nyes\r\n"},
        {"html": False},
        {"to_address": "minister@québec.example"},
        ways.in_all(ways.TEMPLATED),
    ],
)
def test_every_payload_fits(changes: dict[str, Any]) -> None:
    assert not faults("resend", payload(**changes))


def test_text_alone_is_sent_as_text_alone() -> None:
    both = payload()
    assert both.pop("html")
    assert payload(html=False) == both


def test_the_judge_finds_what_does_not_fit() -> None:
    right = payload()
    assert faults("resend", right | {"bcc": ["x@home.example"]})
    assert faults("resend", right | {"to": "a@b.example, c@d.example"})
    assert faults("resend", {k: v for k, v in right.items() if k != "tags"})
    assert faults("resend", [right] * 101)
    assert faults("resend", [payload(enclosed=b"Subject: x\r\n\r\nyes\r\n")])


@pytest.mark.parametrize("words", [*TRICKY, *ways.HOSTILE])
def test_no_name_becomes_an_address(words: str) -> None:
    item = payload(**ways.in_all(words))
    assert not faults("resend", item)
    words = re.sub(" +", " ", words).strip(" ")
    quoted = words.replace("\\", "\\\\").replace('"', '\\"')
    assert item["to"] == [f'"{quoted}" <minister@ministry.example>']


def test_what_stands_in_headers() -> None:
    assert payload(auto=True, unsubscribe="https://campaign.example/u/abc")["headers"] == {
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<https://campaign.example/u/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_an_enclosed_message_leaves_alone_and_the_others_together(site: tuple[Stub, Any]) -> None:
    stub, way = site
    enclosed = b"Subject: x\r\n\r\nyes\r\n"
    letters = [parcel("letter0000"), parcel("letter0001"), parcel("letter0002", enclosed=enclosed)]
    found = together(way, letters)
    assert all(isinstance(one, Accepted) for one in found.values())
    assert sorted(stub.taken) == ["letter0000", "letter0001", "letter0002"]
    (alone,) = [seen.json() for seen in stub.seen if b"attachments" in seen.body]
    assert base64.b64decode(alone["attachments"][0]["content"]) == enclosed


# Where it is


def test_what_the_address_says() -> None:
    made = PROVIDERS["resend"]("resend://re_aB%2Fc?batch=100&requests=20")
    assert made == Resend(key="re_aB/c", batch=100, requests=20)
    assert "aB" not in repr(made)
    assert made.account == "resend"
    assert (made.spacing, made.limits.pace) == (0.05, Pace(count=2000, seconds=1.0))
    assert EXAMPLE.spacing == 0.2


def test_its_own_pace_holds_unless_the_address_says_another(tmp_path: Path) -> None:
    for options, pace in (
        ("", "250/second"),
        ("?daily=3000", "250/second"),
        ("?pace=9/hour", "9/hour"),
    ):
        way = ways.from_url(f"resend://re_k{options}", tmp_path)
        assert str(way.limits.pace) == pace
    assert ways.from_url("resend://re_k?daily=3000", tmp_path).limits.daily == 3000
    assert not ways.from_url("postmark://k", tmp_path).limits


@pytest.mark.parametrize(
    "url",
    [
        "resend://", "resend://s3cret:b", "resend://s3cret@x", "resend://s3cret?batch=101",
        "resend://s3cret?requests=0", "resend://s3cret?timeout=0", "resend://s3cret?timeout=9.5",
        "resend://s3cret?timeout=9&timeout=9",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_meant(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        ways.from_url(url, tmp_path)
    assert "s3cret" not in str(caught.value)


def test_the_doctor_asks_without_sending(site: tuple[Stub, Any]) -> None:
    stub, way = site
    assert way.probe() == "Resend knows the key; verified domains: campaign.example"
    assert isinstance(stub.rules, resend.Rules)
    stub.rules.restricted = True
    assert way.probe() == "Resend knows the key, which may send and nothing else"
    assert not stub.taken
    for reply in (told(200, []), told(200, {"data": 3}), told(403, {"name": "invalid_api_key"})):
        with pytest.raises(SendError):
            EXAMPLE.found(reply)


# What its answers mean


def test_a_wrong_key_stops_the_account(site: tuple[Stub, Any], tmp_path: Path) -> None:
    stub, _ = site
    found = fails(ways.from_url(f"resend://s3cret?api={stub.url}", tmp_path))
    assert decision(found) == (Next.STOP, None, False, True)
    assert "s3cret" not in f"{found} {found!r}"


@pytest.mark.parametrize("name", ["daily_quota_exceeded", "monthly_quota_exceeded"])
def test_a_used_up_quota_is_not_hammered(site: tuple[Stub, Any], name: str) -> None:
    stub, way = site
    assert isinstance(stub.rules, resend.Rules)
    stub.rules.busy = [name]
    assert decision(fails(way)) == (Next.STOP, QUOTA_WAIT, False, True)
    assert len(stub.seen) == 1
    assert error(429, name, retry_after="60").after == QUOTA_WAIT
    assert error(429, name, retry_after="7200").after == 7200.0


def test_too_many_requests_wait_as_it_says() -> None:
    name = "rate_limit_exceeded"
    assert decision(error(429, name, retry_after="2")) == (Next.STOP, 2.0, False, False)
    assert decision(error(429, name, ratelimit_reset="3")) == (Next.STOP, 3.0, False, False)
    assert decision(error(429, name)) == (Next.STOP, None, False, False)


@pytest.mark.parametrize(
    ("status", "name", "then", "doubt", "account"),
    [
        (400, "validation_error", Next.FAIL, False, False),
        (422, "missing_required_field", Next.FAIL, False, False),
        (422, "invalid_from_address", Next.STOP, False, True),
        (451, "security_error", Next.STOP, False, True),
        (401, "missing_api_key", Next.STOP, False, True),
        (403, "validation_error", Next.STOP, False, True),
        (404, "not_found", Next.STOP, False, True),
        (409, "invalid_idempotent_request", Next.RETRY, False, False),
        (409, "concurrent_idempotent_requests", Next.RETRY, True, False),
        (500, "application_error", Next.STOP, True, False),
        (503, "maintenance", Next.STOP, False, False),
    ],
)
def test_what_errors_mean(status: int, name: str, then: Next, doubt: bool, account: bool) -> None:
    assert decision(error(status, name)) == (then, None, doubt, account)


def test_a_batch_with_a_letter_it_does_not_take() -> None:
    body = {"data": [{"id": "a"}, {"id": "c"}], "errors": [{"index": 1, "message": "no to"}]}
    first, second, third = EXAMPLE.read([parcel()] * 3, told(200, body))
    assert isinstance(first, Answer)
    assert isinstance(third, Answer)
    assert (first.provider_id, third.provider_id) == ("a", "c")
    assert isinstance(second, SendError)
    assert (second.reason, second.then) == ("no to", Next.FAIL)


@pytest.mark.parametrize(
    "body",
    [
        None, [], {}, {"data": 3}, {"data": []}, {"data": [{"id": "a"}]}, {"id": "a"},
        {"data": [{"id": "a"}, {"id": 3}]}, {"data": [{"id": "a"}] * 3},
        {"data": [{"id": "a"}], "errors": [{"index": 7, "message": "x"}]},
        {"data": [{"id": "a"}, None]}, {"data": [{"id": "a"}, {"id": "b"}], "errors": {}, "x": 1},
    ],
)  # fmt: skip
def test_an_answer_nobody_knows_leaves_doubt(body: Any) -> None:
    if isinstance(body, dict) and "x" in body:
        body["errors"] = {"index": 0}
    found = refused(told(200, body), count=2)
    assert (found.then, found.maybe_accepted) == (Next.STOP, True)


@pytest.mark.parametrize("permissive", [True, False])
def test_a_letter_that_is_refused_spoils_no_other(site: tuple[Stub, Any], permissive: bool) -> None:
    stub, way = site
    assert isinstance(stub.rules, resend.Rules)
    stub.rules.permissive, stub.rules.refused = permissive, {"letter0002"}
    names = [f"letter{number:04}" for number in range(6)]
    found = together(way, [parcel(name) for name in names])
    assert [type(found[number]) for number in range(6)] == [
        Failed if number == 2 else Accepted for number in range(6)
    ]
    assert found[2].error.then is Next.FAIL
    assert sorted(stub.taken) == [name for name in names if name != "letter0002"]


# What is asked once only


def key_of(*parcels: Parcel) -> str:
    return EXAMPLE.ask(parcels).headers["Idempotency-Key"]


def test_a_key_is_that_of_exactly_this_request() -> None:
    a, b, c = parcel("letter000a"), parcel("letter000b"), parcel("letter000c")
    assert a.mail is not None
    other = replace(a, mail=replace(a.mail, text="Dear successor,\n\nHi.\n"))
    requests = [(a,), (b,), (other,), (a, b), (b, a), (a, c), (a, b, c), (other, b)]
    keys = [key_of(*one) for one in requests]
    assert len(set(keys)) == len(keys)
    assert keys == [key_of(*one) for one in requests]
    assert all(len(key) <= 256 and key.isascii() for key in keys)
    later = replace(a, data=b"x", sender="b-2@campaign.example")
    assert key_of(later) == keys[0], "neither date nor bounce address change what is sent"


@pytest.mark.parametrize(
    "trouble",
    [
        (Trouble.CUT_AFTER, {}),
        (Trouble.CUT_WITHIN, {}),
        (Trouble.STATUS_AFTER, {"status": 500}),
        (Trouble.STATUS, {"status": 502}),
    ],
)
@pytest.mark.parametrize("count", [1, 3])
def test_doubt_is_settled_by_asking_again(
    site: tuple[Stub, Any], trouble: tuple[Trouble, dict[str, Any]], count: int
) -> None:
    stub, way = site
    stub.trouble(trouble[0], **trouble[1])
    names = [f"letter{number:04}" for number in range(count)]
    found = together(way, [parcel(name) for name in names])
    assert all(isinstance(one, Accepted) for one in found.values())
    assert stub.taken == names, "each once"
    first, second = stub.seen
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body


def test_the_same_request_under_way_elsewhere_is_waited_for(site: tuple[Stub, Any]) -> None:
    stub, way = site
    assert isinstance(stub.rules, resend.Rules)
    stub.rules.busy = ["concurrent_idempotent_requests"]
    send(way)
    assert stub.taken == [LETTER]


def test_a_letter_alone_asked_again_a_day_through_is_taken_once(site: tuple[Stub, Any]) -> None:
    """By another worker, after a crash."""
    stub, way = site
    (first,) = send(way)
    (second,) = send(way)
    assert first == second
    assert stub.taken == [LETTER]


def test_doubt_that_stays_is_told(site: tuple[Stub, Any], tmp_path: Path) -> None:
    stub, _ = site
    stub.trouble(Trouble.CUT_AFTER, 2)
    stub.trouble(Trouble.SLOW, 2, seconds=20.0)
    way = ways.from_url(URL.format(api=stub.url) + "&timeout=1", tmp_path)
    found = together(way, [parcel("letter0000"), parcel("letter0001")])
    assert all(one.error.maybe_accepted for one in found.values())
    assert len(stub.taken) == 2


# Its calls

SECRET = base64.b64encode(b"0123456789abcdef01234567").decode()
KEY = f"whsec_{SECRET}"


def event(kind: str, **more: Any) -> dict[str, Any]:
    data = {
        "email_id": "e-1", "to": ["minister@ministry.example"], "tags": {"letter": LETTER}, **more
    }  # fmt: skip
    return {"type": kind, "created_at": "2026-01-02T03:04:05.123Z", "data": data}


def signed(body: bytes, *, at: float = NOW, key: str = SECRET, name: str = "msg_1") -> Call:
    stamp = f"{at:.0f}"
    content = f"{name}.{stamp}.".encode() + body
    proof = base64.b64encode(hmac.digest(base64.b64decode(key), content, hashlib.sha256)).decode()
    headers = {"svix-id": name, "svix-timestamp": stamp, "svix-signature": f"v1,{proof}"}
    return Call(headers=headers, body=body)


def news(told: dict[str, Any], name: str = "msg_1") -> Any:
    (found,) = HOOK.read(signed(json.dumps(told).encode(), name=name))
    return found


def forged(call: Call, keys: Sequence[str] = (KEY,), now: float = NOW) -> str:
    with pytest.raises(Forged) as caught:
        HOOK.verify(call, keys, now)
    return str(caught.value)


def test_the_example_of_svix_itself() -> None:
    """https://docs.svix.com/receiving/verifying-payloads/how-manual shows these values."""
    headers = {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    call = Call(headers=headers, body=b'{"test": 2432232314}')
    HOOK.verify(call, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], 1614265330.0)


def test_a_signed_call() -> None:
    call = signed(b"{}")
    HOOK.verify(call, [KEY], NOW)
    HOOK.verify(call, [f"whsec_{base64.b64encode(b'old').decode()}", KEY], NOW + 299)
    HOOK.verify(call, [SECRET], NOW - 299)
    two = {**call.headers, "svix-signature": f"v1,AAAA {call.headers['svix-signature']} v2,BBBB"}
    HOOK.verify(replace(call, headers=two), [KEY], NOW)


def test_a_forged_call() -> None:
    call = signed(b'{"type": "email.delivered"}')
    assert "our key" in forged(replace(call, body=call.body + b" "))
    assert "our key" in forged(signed(b"{}", key=base64.b64encode(b"other").decode()))
    assert "our key" in forged(call, [])
    for name in ("svix-id", "svix-timestamp"):
        assert "our key" in forged(replace(call, headers={**call.headers, name: "1"}))
    as_v2 = call.headers["svix-signature"].replace("v1,", "v2,")
    assert "our key" in forged(replace(call, headers={**call.headers, "svix-signature": as_v2}))
    for odd in ("\udcff", "é", "v1,", "v1,\udcff", ","):
        forged(replace(call, headers={**call.headers, "svix-signature": odd}))


@pytest.mark.parametrize("name", ["svix-id", "svix-timestamp", "svix-signature"])
def test_a_call_with_a_header_missing(name: str) -> None:
    call = signed(b"{}")
    headers = {key: value for key, value in call.headers.items() if key != name}
    assert "not signed" in forged(replace(call, headers=headers))


@pytest.mark.parametrize("age", [301.0, -301.0, 86400.0])
def test_a_stale_call(age: float) -> None:
    assert "too old" in forged(signed(b"{}"), now=NOW + age)


def test_a_time_that_is_none() -> None:
    for stamp in (float("nan"), float("inf"), -5.0):
        forged(signed(b"{}", at=stamp))


@pytest.mark.parametrize("key", ["whsec_", "whsec_%%%", "abc"])
def test_a_key_that_is_none_is_told_to_staff(key: str) -> None:
    with pytest.raises(SettingsError, match="MAILER_HOOK_RESEND"):
        HOOK.verify(signed(b"{}"), [key], NOW)


def test_a_repeated_call_is_the_same_event() -> None:
    told = event("email.delivered")
    assert news(told).id == news(told).id == "msg_1"
    assert news(told, name="msg_2").id != "msg_1"


@pytest.mark.parametrize(("kind", "said"), EVENTS.items())
def test_every_kind_is_told_by_the_table(kind: str, said: Said) -> None:
    found = news(event(kind, bounce={"type": "Permanent", "subType": "General", "message": "x"}))
    assert (found.said, found.letter) == (said, LETTER)
    assert found.at == pytest.approx(1767323045.123)
    assert found.kind.startswith(kind)


@pytest.mark.parametrize(
    ("bounce", "said"),
    [
        ({"type": "Permanent", "subType": "NoEmail"}, Said.BOUNCED),
        ({"type": "Permanent", "subType": "Suppressed"}, Said.DROPPED),
        ({"type": "Transient", "subType": "MailboxFull"}, Said.DROPPED),
        ({"type": "Undetermined"}, Said.DROPPED),
        ({}, Said.DROPPED),
        (3, Said.DROPPED),
    ],
)
def test_only_a_permanent_bounce_says_that_nobody_is_there(bounce: Any, said: Said) -> None:
    assert news(event("email.bounced", bounce=bounce)).said is said


def test_what_the_server_said() -> None:
    words = {"type": "Permanent", "message": "smtp; 550 5.1.1 no such user"}
    found = news(event("email.bounced", bounce=words))
    assert (found.code, found.kind) == ("550 5.1.1", "email.bounced Permanent")
    assert found.note == words["message"]
    assert news(event("email.failed", failed={"reason": "reached_daily_quota"})).note


def test_tags_come_as_they_were_sent_or_as_an_object() -> None:
    tags: list[tuple[Any, str]] = [
        ([{"name": "letter", "value": LETTER}], LETTER), ({"letter": LETTER}, LETTER),
        ([], ""), (None, ""), ([3, {"name": []}], ""), ({"letter": ["x"]}, ""), ("x", ""),
    ]  # fmt: skip
    for given_as, letter in tags:
        assert news(event("email.delivered", tags=given_as)).letter == letter


def test_an_unknown_kind_is_kept_and_means_nothing() -> None:
    found = news({"type": "contact.created", "data": 3})
    assert (found.said, found.letter, found.kind) == (Said.OTHER, "", "contact.created")


@pytest.mark.parametrize("body", ways.ODD)
def test_odd_bodies(body: bytes) -> None:
    with pytest.raises(ValueError):
        HOOK.read(Call(headers={}, body=body))


FIELDS = st.sampled_from(["type", "created_at", "data", "tags", "bounce", "failed", "letter"])


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
    assert HOOKS["resend"] is HOOK
    assert HOOK.name == EXAMPLE.name == "resend"


def test_the_docs_tell_every_kind_and_every_name() -> None:
    told_there = ways.told_in_docs("Resend")
    assert not {word for word in {*EVENTS, *QUOTAS, *OURS} if f"`{word}`" not in told_there}
