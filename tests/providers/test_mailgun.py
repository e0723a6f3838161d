"""Mailgun: what is asked, what its answers mean, an account that goes wrong, and its calls."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import Next, SendError, SettingsError
from mailer.transports.api import HOOKS, PROVIDERS
from mailer.transports.api.base import Call, Forged, Once, Reply, Said
from mailer.transports.api.mailgun import EVENTS, HOOK, Mailgun
from tests.providers import mailgun, ways
from tests.providers.payloads import faults
from tests.providers.stub import Trouble
from tests.providers.ways import LETTER, NOW, decision, fails, parcel, send

EXAMPLE = Mailgun(key="key-1", domain="mg.campaign.example", base="https://api.mailgun.net")


@pytest.fixture
def site(tmp_path):
    with ways.account(mailgun.Rules(), mailgun.URL, tmp_path) as found:
        yield found


def told(status: int, body: Any = b"", **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status=status, headers=headers, body=data)


def verdict(reply: Reply) -> Any:
    (found,) = EXAMPLE.read([parcel()], reply)
    return found


# What is asked


def test_a_letter_arrives_to_the_byte(site):
    stub, way = site
    one = parcel()
    (answer,) = send(way, one)
    assert stub.taken == [LETTER]
    assert stub.rules.messages == [one.data]
    assert stub.rules.forms[0]["to"] == one.recipient
    assert (answer.code, answer.provider_id) == ("200", "1.25659.5817@mg.campaign.example")
    assert answer.text == "Queued. Thank you."


def test_tracking_is_off_and_nothing_is_a_template(site):
    stub, way = site
    send(way)
    (form,) = stub.rules.forms
    switches = {"o:tracking": "no", "o:tracking-clicks": "no", "o:tracking-opens": "no"}
    assert form == {"to": "minister@ministry.example", "v:letter": LETTER, **switches}
    assert not faults("mailgun", {**form, "message": "read"})


@pytest.mark.parametrize("words", ways.HOSTILE)
def test_hostile_words_arrive_as_they_are(site, words):
    stub, way = site
    one = parcel(**ways.in_all(words))
    send(way, one)
    assert stub.rules.messages == [one.data]
    assert "recipient-variables" not in stub.rules.forms[0]


@pytest.mark.parametrize("place", ["subject", "text", "from_name", "to_name", "reply_name"])
@pytest.mark.parametrize("word", ["%unsubscribe_url%", "%tag_unsubscribe_url%"])
def test_what_mailgun_would_replace_does_not_leave(place, word):
    with pytest.raises(SendError, match="which Mailgun would replace") as caught:
        EXAMPLE.ask([parcel(**{place: f"Dear {word}\n" if place == "text" else f"A {word}"})])
    assert caught.value.then is Next.FAIL


def test_a_mail_of_which_only_bytes_are_known_leaves(site):
    stub, way = site
    one = parcel()
    bare = type(one)(letter="a1", sender=one.sender, recipient=one.recipient, data=one.data)
    send(way, bare)
    assert stub.taken == ["a1"]


# The address


def test_the_regions():
    usual = PROVIDERS["mailgun"]("mailgun://k%40y@mg.campaign.example")
    europe = PROVIDERS["mailgun"]("mailgun://k%40y@MG.campaign.example?region=eu")
    assert usual.ask([parcel()]).url.startswith("https://api.mailgun.net/v3/mg.campaign.example/")
    assert europe.ask([parcel()]).url.startswith("https://api.eu.mailgun.net/v3/mg.campaign")
    assert usual.account == "mailgun://mg.campaign.example"
    assert "k@y" not in repr(usual)
    assert "k@y" not in repr(usual.ask([parcel()]))


@pytest.mark.parametrize(
    "address",
    [
        "mailgun://s3cret", "mailgun://@mg.campaign.example", "mailgun://s3cret@",
        "mailgun://s3cret@mg.campaign.example?region=mars", "mailgun://s3cret@mg%2F..%2Fx",
        "mailgun://s3cret@-mg.example", "mailgun://s3cret@mg.example?regoin=eu",
        "mailgun://s3cret@mg.example?api=http://elsewhere.example",
    ],
)  # fmt: skip
def test_an_address_that_is_not_right(address):
    with pytest.raises(SettingsError) as caught:
        PROVIDERS["mailgun"](address)
    assert "s3cret" not in str(caught.value)


# What answers mean

ACCOUNT, LATER, GONE = (Next.STOP, None, False, True), (Next.STOP, 30.0, False, False), Next.FAIL


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (400, "to parameter is not a valid address. please check documentation",
         (Next.FAIL, None, False, False)),
        (400, mailgun.UNREADY, ACCOUNT),
        (400, "Domain x is not allowed to send: The domain is unverified and requires DNS"
              " configuration.", ACCOUNT),
        (401, "Forbidden", ACCOUNT),
        (402, "Request Failed", ACCOUNT),
        (403, "Rejected: IP 192.0.2.1 can't be used to send the message", ACCOUNT),
        (404, "Domain not found: x", ACCOUNT),
        (413, "request size exceeds 52.4MiB limit", (Next.FAIL, None, False, False)),
        (500, "Internal Server Error", (Next.STOP, None, True, False)),
        (502, "", (Next.STOP, None, True, False)),
        (503, "", (Next.STOP, None, False, False)),
    ],
)  # fmt: skip
def test_refusals(status, text, expected):
    found = verdict(told(status, {"message": text}))
    assert decision(found) == expected
    assert found.code == str(status)
    assert text[:300] in found.reason


@pytest.mark.parametrize("status", [420, 429])
@pytest.mark.parametrize("why", ["request", "bytes", "recipient"])
def test_a_limit_names_the_moment_to_come_again(status, why):
    text = (
        f"Domain x is not allowed to send: {why} limit exceeded,"
        " try again after Mon, 20 Dec 2021 20:33:21 UTC"
    )
    found = verdict(told(status, {"message": text}, date="Mon, 20 Dec 2021 20:32:51 GMT"))
    assert decision(found) == LATER


@pytest.mark.parametrize("when", ["", "soon", "Mon, 99 Xxx 2021 20:33:21 UTC", "1 2 3 4 5 6 7 8 9"])
def test_a_limit_without_a_moment_waits_a_minute(when):
    text = f"request limit exceeded, try again after {when}"
    assert verdict(told(429, {"message": text})).after == 60.0
    assert verdict(told(429, {"message": text}, **{"retry-after": "7"})).after == 7.0


@given(st.text(max_size=50), st.text(max_size=40))
def test_any_moment_can_be_read_or_passed_over(when, date):
    text = f"limit exceeded, try again after {when}"
    assert verdict(told(429, {"message": text}, date=date)).after >= 1.0


def test_the_wrong_place_answers_200():
    found = verdict(told(200, b"Mailgun Magnificent API"))
    assert decision(found) == ACCOUNT
    assert "check the domain" in found.reason


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"id": 7.5}x', b'{"id": []}'])
def test_a_success_that_says_nothing_leaves_doubt(body):
    assert decision(verdict(told(200, body))) == (Next.STOP, None, True, False)


@given(st.integers(100, 599), ways.RUBBISH)
def test_no_answer_is_too_odd(status, body):
    found = verdict(told(status, body))
    assert status == 200 or isinstance(found, SendError)


# An account that goes wrong


def test_wrong_key_wrong_domain_wrong_place(site, tmp_path):
    stub, _ = site
    for address, hint in [
        ("mailgun://other@mg.campaign.example?api={api}", "region=eu"),
        (mailgun.URL.replace("mg.campaign", "mg.other"), "region=eu"),
        (mailgun.URL + "/v4", "check the domain"),
    ]:
        way = ways.from_url(address.format(api=stub.url), tmp_path)
        error = fails(way)
        assert decision(error) == ACCOUNT
        assert hint in error.reason
        assert mailgun.KEY not in str(error)
    assert stub.taken == []


def test_a_suspended_account_takes_nothing_and_then_all(site):
    stub, way = site
    stub.suspended = True
    assert decision(fails(way)) == ACCOUNT
    stub.suspended = False
    send(way)
    assert stub.taken == [LETTER]


def test_a_limit_with_a_clock_that_is_wrong(tmp_path):
    with ways.account(mailgun.Rules(ahead=-7200.0), mailgun.URL, tmp_path) as (stub, way):
        stub.trouble(Trouble.STATUS, status=429, after=90.0)
        error = fails(way)
    assert 88 <= error.after <= 92  # whole seconds are written, and the clock goes on
    assert (error.then, error.maybe_accepted, error.account) == (Next.STOP, False, False)


@pytest.mark.parametrize(
    ("trouble", "more", "doubt", "taken"),
    [
        (Trouble.CUT_AFTER, {}, True, 1),
        (Trouble.CUT_WITHIN, {}, True, 1),
        (Trouble.RUBBISH, {}, True, 1),
        (Trouble.STATUS_AFTER, {"status": 500}, True, 1),
        (Trouble.STATUS, {"status": 502}, True, 0),
        (Trouble.STATUS, {"status": 503}, False, 0),
    ],
)
def test_troubles(site, trouble, more, doubt, taken):
    stub, way = site
    stub.trouble(trouble, **more)
    error = fails(way)
    assert (error.then, error.maybe_accepted, len(stub.taken)) == (Next.STOP, doubt, taken)
    assert mailgun.KEY not in str(error)


def test_a_line_cut_before_the_request_was_read_takes_nothing(site):
    stub, way = site
    stub.trouble(Trouble.CUT_BEFORE)
    assert fails(way).then is Next.STOP
    assert stub.taken == []
    send(way)
    assert stub.taken == [LETTER]


def test_a_slow_answer_is_doubt(site, tmp_path):
    stub, _ = site
    stub.trouble(Trouble.SLOW, seconds=30.0)
    way = ways.from_url(mailgun.URL.format(api=stub.url) + "&timeout=1", tmp_path)
    assert fails(way).maybe_accepted
    assert stub.taken == [LETTER]


def test_the_doctor_tries_the_key_and_sends_nothing(site, tmp_path):
    stub, way = site
    assert way.probe() == "Mailgun knows the key, and it may send for mg.campaign.example"
    assert (stub.taken, stub.rules.messages) == ([], [])
    stub.suspended = True
    with pytest.raises(SendError, match="activate your Mailgun account"):
        way.probe()
    stub.suspended = False
    with pytest.raises(SendError, match="Forbidden"):
        ways.from_url(f"mailgun://no@mg.campaign.example?api={stub.url}", tmp_path).probe()


def test_a_probe_that_was_taken_is_told():
    with pytest.raises(SendError, match="without a recipient"):
        EXAMPLE.found(told(200, {"id": "x", "message": "Queued."}))


# Its calls

KEY, OTHER_KEY = "signing-key-1", "signing-key-2"
EVENT = {
    "event": "delivered", "id": "CPgfbmQMTCKtHW6uIWtuVe", "timestamp": NOW - 3.25,
    "recipient": "minister@ministry.example", "user-variables": {"letter": LETTER},
    "delivery-status": {"code": 250, "message": "OK", "description": "", "attempt-no": 1},
    "message": {"headers": {"message-id": f"{LETTER}@campaign.example"}},
}  # fmt: skip


def event(**changes: Any) -> dict[str, Any]:
    return EVENT | {name.replace("_", "-"): value for name, value in changes.items()}


def body(data: Any, *, at: float = NOW, token: str = "a8ce0edb2d", key: str = KEY) -> bytes:
    stamp = f"{at:.0f}"
    proof = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": stamp, "token": token, "signature": proof}
    return json.dumps({"signature": signature, "event-data": data}).encode()


def only(data: Any) -> Any:
    (news,) = HOOK.read(ways.call(body(data)))
    return news


def test_a_call_is_proven_and_read():
    call = ways.call(body(EVENT))
    HOOKS["mailgun"].verify(call, [OTHER_KEY, KEY], NOW)
    (news,) = HOOKS["mailgun"].read(call)
    assert (news.letter, news.said, news.kind) == (LETTER, Said.DELIVERED, "delivered")
    assert (news.at, news.code, news.note) == (NOW - 3.25, "250", "OK")
    assert news.id == f"CPgfbmQMTCKtHW6uIWtuVe-{NOW - 4:.0f}"
    assert json.loads(news.raw) == EVENT


@pytest.mark.parametrize(
    ("changes", "said", "code"),
    [
        ({"event": "accepted"}, Said.OTHER, "250"),
        ({"event": "complained"}, Said.COMPLAINED, "250"),
        ({"event": "opened"}, Said.OTHER, "250"),
        ({"event": "brand-new"}, Said.OTHER, "250"),
        ({"event": "failed", "severity": "permanent", "reason": "bounce",
          "delivery_status": {"code": 550, "enhanced-code": "5.1.1", "message": "No such user"}},
         Said.BOUNCED, "550 5.1.1"),
        ({"event": "failed", "severity": "permanent", "reason": "generic",
          "delivery_status": {"code": 550, "bounce-code": "5.1.1", "message": "smtp; 550-5.1.1"}},
         Said.BOUNCED, "550 5.1.1"),
        ({"event": "failed", "severity": "permanent", "reason": "suppress-bounce",
          "delivery_status": {"code": 605, "message": "",
                              "description": "Not delivering to previously bounced address"}},
         Said.DROPPED, ""),
        ({"event": "failed", "severity": "permanent", "reason": "old",
          "delivery_status": {"code": 450, "message": "Too old"}}, Said.DROPPED, "450"),
        ({"event": "failed", "severity": "temporary", "reason": "generic",
          "delivery_status": {"code": 451, "enhanced-code": "4.7.652"}},
         Said.DEFERRED, "451 4.7.652"),
        ({"event": "failed", "severity": "odd"}, Said.OTHER, "250"),
        ({"event": "rejected", "reject": {"reason": "virus"}, "delivery_status": None},
         Said.DROPPED, ""),
    ],
)  # fmt: skip
def test_kinds(changes, said, code):
    news = only(event(**changes))
    assert (news.said, news.code) == (said, code)


def test_what_is_suppressed_says_so():
    status = {"code": 605, "description": "Not delivering to previously bounced address"}
    changes = {"severity": "permanent", "reason": "suppress-bounce", "delivery_status": status}
    news = only(event(event="failed", **changes))
    assert news.note == "suppress-bounce; Not delivering to previously bounced address"
    assert news.kind == "failed permanent"


@pytest.mark.parametrize(
    ("data", "at", "key"),
    [
        (EVENT, NOW, "another key"),
        (EVENT, NOW - 301, KEY),
        (EVENT, NOW + 301, KEY),
    ],
)
def test_forged_and_stale_calls(data, at, key):
    with pytest.raises(Forged):
        HOOK.verify(ways.call(body(data, at=at, key=key)), [KEY], NOW)


@pytest.mark.parametrize("gone", ["timestamp", "token", "signature"])
def test_a_call_that_is_not_signed(gone):
    found = json.loads(body(EVENT))
    del found["signature"][gone]
    with pytest.raises(Forged, match="not signed"):
        HOOK.verify(ways.call(json.dumps(found).encode()), [KEY], NOW)


def test_a_time_and_a_token_cannot_be_cut_elsewhere():
    """Both are signed as one text; a digit moved from one to the other makes another time."""
    found = json.loads(body(EVENT, token="1abc"))
    for stamp, token in ((f"{NOW:.0f}1", "abc"), (f"{NOW:.0f}"[:-1], "01abc")):
        found["signature"] |= {"timestamp": stamp, "token": token}
        with pytest.raises(Forged, match="too old"):
            HOOK.verify(ways.call(json.dumps(found).encode()), [KEY], NOW)


def test_no_key_no_call():
    with pytest.raises(Forged):
        HOOK.verify(ways.call(body(EVENT)), [], NOW)


def test_a_token_counts_for_one_body():
    """The body is not signed: whoever has seen a call could change it."""
    assert isinstance(HOOK, Once)
    call = ways.call(body(EVENT, token="t0k3n"))
    assert HOOK.once(call) == "t0k3n"


def test_a_call_made_again_is_the_same_news():
    first, again = (ways.call(body(EVENT, token=token)) for token in ("one", "two"))
    assert HOOK.read(first)[0].id == HOOK.read(again)[0].id


def test_events_without_ids_are_told_apart():
    bare = {name: value for name, value in EVENT.items() if name != "id"}
    ids = {only(bare).id, only(bare | {"event": "complained"}).id}
    assert len(ids) == 2
    assert only(bare).id in ids


@pytest.mark.parametrize("given", ["", None, 7, ["x"], "not an id!", "x" * 65, {"id": LETTER}])
def test_a_letter_that_cannot_be_told(given):
    assert only(event(user_variables={"letter": given})).letter == ""


def test_the_docs_tell_every_kind():
    told_there = ways.told_in_docs("Mailgun")
    assert not {
        word
        for word in {word for pair in EVENTS for word in pair if word}
        if f"`{word}`" not in told_there
    }


def outcome(data: bytes) -> None:
    call = Call(headers={}, body=data)
    with pytest.raises(Forged):
        HOOK.verify(call, [KEY], NOW)
    try:
        for news in HOOK.read(call):
            assert "\0" not in news.id + news.kind + news.note + news.code + news.raw
            news.note.encode()
    except ValueError:
        pass


@given(ways.RUBBISH)
def test_rubbish_is_forged_or_cannot_be_read(data):
    outcome(data)


@given(ways.JSON)
def test_rubbish_in_an_event(value):
    outcome(json.dumps({"event-data": value, "signature": value}).encode())
    outcome(json.dumps({"event-data": {"event": "failed", "delivery-status": value}}).encode())


@pytest.mark.parametrize("data", ways.ODD)
def test_odd_bodies(data):
    outcome(data)
