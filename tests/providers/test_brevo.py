"""Brevo: what is asked, what its answers mean, an account that goes wrong, and its calls."""

from __future__ import annotations

import base64
import html
import json
import re
from email.header import decode_header, make_header
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import Next, SendError, SettingsError
from mailer.message import text_to_html
from mailer.transports import Answer
from mailer.transports.api import HOOKS, PROVIDERS
from mailer.transports.api.base import Call, Forged, Reply, Said
from mailer.transports.api.brevo import EVENTS, HOOK, KEY_LIFE, LONGEST_NAME, Brevo
from tests.providers import brevo, ways
from tests.providers.payloads import faults
from tests.providers.stub import Trouble
from tests.providers.ways import LETTER, NOW, decision, fails, parcel, send

EXAMPLE = Brevo(key="xkeysib-1")
JOINER = "\u2060"


@pytest.fixture
def site(tmp_path):
    with ways.account(brevo.Rules(), brevo.URL, tmp_path) as found:
        yield found


def payload(letter: str = LETTER, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EXAMPLE.ask([parcel(letter, **changes)]).body)
    return found


def told(status: int, body: Any = b"", **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=data)


def verdict(reply: Reply) -> Any:
    (found,) = EXAMPLE.read([parcel()], reply)
    return found


def seen(text: str) -> str:
    """What somebody reads of a name or a text: encoded-words decoded, joiners not seen."""
    return str(make_header(decode_header(text))).replace(JOINER, "")


def bare(name: str) -> str:
    """A name without the signs that Brevo cannot carry beside letters of other alphabets."""
    return " ".join(re.sub(r'[()<>@,:;.\\"\[\]]', " ", name).split())


# What is asked


def test_a_letter_is_taken(site):
    stub, way = site
    one = parcel()
    (answer,) = send(way, one)
    (mail,) = stub.rules.mails
    assert stub.taken == [LETTER]
    assert answer == Answer(
        text="accepted", code="201", provider_id="20270115.1@smtp-relay.mailin.fr"
    )
    assert mail == {
        "sender": {"email": "letters@campaign.example", "name": "Ann Example via Fair Exams"},
        "to": [{"email": "minister@ministry.example", "name": "The Honourable Sam Sample"}],
        "replyTo": {"email": "ann@home.example", "name": "Ann Example"},
        "subject": "Remote exams",
        "textContent": one.mail.text,
        "htmlContent": text_to_html(one.mail.text),
        "headers": {"X-Mailin-custom": LETTER},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"to_name": "", "from_name": "", "reply_name": ""},
        {"reply_address": "", "auto": True, "linked": True, "text": "See\n\nhttps://a.example/b\n"},
        {"unsubscribe": "https://campaign.example/u/abc", "language": "fr"},
        {"enclosed": b"Subject: x\r\n\r\nyes\r\n"},
        {"html": False},
        ways.in_all(ways.TEMPLATED),
        ways.in_all("L’honorable Zoé Échantillon, députée de la circonscription du Grand-Nord" * 2),
    ],
)
def test_every_payload_fits(changes):
    assert not faults("brevo", payload(**changes))
    assert not {"templateId", "params", "messageVersions"} & set(payload(**changes))


def test_text_never_leaves_alone():
    """Brevo would make it into a mail of HTML alone."""
    assert payload(html=False) == payload()


@pytest.mark.parametrize("words", [*ways.HOSTILE, "{{", "{ {{{% {#{{", "{{params.x}} a {%if%}"])
def test_hostile_words_are_read_as_they_are(site, words):
    """The stub has Brevo's template language, which would take some of them away."""
    stub, way = site
    send(way, parcel(**ways.in_all(words)))
    (mail,) = stub.rules.mails
    assert mail["sender"]["name"] == mail["to"][0]["name"]
    name = seen(mail["to"][0]["name"])
    assert name == words or bare(words).startswith(name)  # too long to be encoded, or at all
    assert seen(mail["subject"]) == words
    text = f"Dear Minister,\n\n{words}\n"
    assert mail["textContent"].replace(JOINER, "") == text
    assert html.unescape(mail["htmlContent"]) == html.unescape(text_to_html(text))


@given(st.text(st.sampled_from("ab{}%# é,.x"), max_size=30))
def test_no_word_of_the_template_language_is_left(words):
    found = payload(subject=f"s{words}", text=words, from_name=words, to_name=words)
    for text in (found["subject"], found["textContent"], found["htmlContent"]):
        assert brevo.rendered(text) == text
        assert not {"{{", "{%", "{#"} & {text[at : at + 2] for at in range(len(text))}
    assert "{{" not in found["sender"].get("name", "")


def test_plain_words_are_left_alone():
    found = payload(subject="Plain {braces} 100 %", text="{one} {}\n")
    assert found["subject"] == "Plain {braces} 100 %"
    assert found["textContent"] == "{one} {}\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Hon. Sam Sample, M.P.P.", "Hon. Sam Sample, M.P.P."),  # ASCII travels as it is
        ("Zoé Échantillon", "Zoé Échantillon"),
        ("L’honorable Zoé Échantillon", "L’honorable Zoé Échantillon"),
        ("A" * 90, "A" * 70),
    ],
)
def test_names(name, expected):
    assert payload(to_name=name)["to"][0]["name"] == expected


@given(st.text(st.sampled_from("aé,. 漢👩"), min_size=1, max_size=90))
def test_a_name_with_signs_arrives(name):
    given = payload(to_name=f"x{name}")["to"][0]["name"]
    assert len(given) <= LONGEST_NAME
    whole = " ".join(f"x{name}".split())
    assert whole.startswith(seen(given)) or bare(whole).startswith(seen(given))
    assert given.isascii() or not set(",.") & set(given)
    assert len(seen(given)) >= min(len(bare(whole)), 60)


def test_a_name_to_reply_to_travels_only_in_ascii():
    """Brevo writes this one as it comes: eight bits in a header."""
    assert payload(reply_name="Zoé")["replyTo"] == {"email": "ann@home.example"}


def test_mail_of_the_program_itself():
    found = payload(auto=True, unsubscribe="https://campaign.example/u/abc")["headers"]
    del found["idempotencyKey"]
    assert found == {
        "X-Mailin-custom": LETTER,
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<https://campaign.example/u/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_an_enclosed_message_goes_along():
    (found,) = payload(enclosed=b"Subject: x\r\n\r\nyes\r\n")["attachment"]
    assert base64.b64decode(found["content"]) == b"Subject: x\r\n\r\nyes\r\n"
    assert found["name"] == "message.eml"


def test_bytes_alone_cannot_leave():
    one = parcel()
    bare = type(one)(letter="a1", sender=one.sender, recipient=one.recipient, data=one.data)
    with pytest.raises(SendError) as caught:
        EXAMPLE.ask([bare])
    assert caught.value.then is Next.FAIL


@pytest.mark.parametrize("address", ["brevo://", "brevo://s3cret@x", "brevo://s3cret:b"])
def test_an_address_that_is_not_right(address):
    with pytest.raises(SettingsError) as caught:
        PROVIDERS["brevo"](address)
    assert "s3cret" not in str(caught.value)


def test_the_key_is_not_shown():
    found = PROVIDERS["brevo"]("brevo://xkeysib-s3cret")
    request = found.ask([parcel()])
    assert request.url == "https://api.brevo.com/v3/smtp/email"
    assert request.headers["api-key"] == "xkeysib-s3cret"
    assert "s3cret" not in repr(found) + repr(request) + found.account


# The key that lets a request be taken once


def key(**changes: Any) -> str:
    return str(payload(**changes)["headers"]["idempotencyKey"])


def test_a_letter_asks_with_the_same_key_each_time():
    assert EXAMPLE.ask([parcel()]).again
    assert key() == key()
    assert UUID(key()).version == 5
    others = {key(letter="a1"), key(subject="Other"), key(to_address="new@ministry.example"), key()}
    assert len(others) == 4  # what was repaired is another request


@pytest.mark.parametrize("code", ["duplicate_parameter", "duplicate_request"])
def test_a_duplicate_was_taken_before(code):
    found = verdict(told(400, {"code": code, "message": "used"}))
    assert isinstance(found, Answer)
    assert found.code == f"400 {code}"


@pytest.mark.parametrize("trouble", [Trouble.CUT_AFTER, Trouble.CUT_WITHIN])
def test_a_lost_answer_is_asked_for_again_and_none_is_sent_twice(site, trouble):
    stub, way = site
    stub.trouble(trouble)
    (answer,) = send(way)
    assert answer.code == "400 duplicate_parameter"
    assert stub.taken == [LETTER]
    assert len(stub.seen) == 2


def test_doubt_that_comes_back_within_the_keys_life(site):
    """Another worker, another connection: the key is the letter's."""
    stub, way = site
    send(way)
    send(way)
    assert stub.taken == [LETTER]


def test_after_the_keys_life_it_is_a_new_letter(site):
    """Which is why a letter in doubt stays flagged "possibly twice"."""
    stub, way = site
    send(way)
    stub.rules.remembers = False
    send(way)
    assert stub.taken == [LETTER, LETTER]


# What answers mean

ACCOUNT, FAIL = (Next.STOP, KEY_LIFE, False, True), (Next.FAIL, None, False, False)
DOUBT = (Next.STOP, None, True, False)


@pytest.mark.parametrize(
    ("status", "code", "text", "expected"),
    [
        (400, "invalid_parameter", "email is not valid in to", FAIL),
        (400, "missing_parameter", "subject is missing", FAIL),
        (400, "invalid_parameter", "Sending has been rejected because the sender you used is not"
                                   " valid. Validate your sender or authenticate your domain",
         ACCOUNT),
        (400, "account_under_validation", "Your account is under validation", ACCOUNT),
        (400, "not_enough_credits", "no credits", ACCOUNT),
        (401, "unauthorized", "Key not found", (Next.STOP, None, False, True)),
        (402, "not_enough_credits", "You have no credits left", ACCOUNT),
        (403, "permission_denied", "Your SMTP account is not yet activated", ACCOUNT),
        (404, "document_not_found", "no such route", (Next.STOP, None, False, True)),
        (413, "", "too large", FAIL),
        (429, "too_many_requests", "slow down", (Next.STOP, None, False, False)),
        (500, "", "", DOUBT),
        (502, "", "bad gateway", DOUBT),
        (503, "", "away", (Next.STOP, None, False, False)),
    ],
)  # fmt: skip
def test_refusals(status, code, text, expected):
    found = verdict(told(status, {"code": code, "message": text}))
    assert decision(found) == expected
    assert found.code == str(status)
    assert text in found.reason


def test_a_limit_says_how_long_it_lasts():
    reply = told(429, {"code": "x", "message": "y"}, x_sib_ratelimit_reset="17", retry_after="3")
    assert decision(verdict(reply)) == (Next.STOP, 17.0, False, False)


@pytest.mark.parametrize("reset", ["", "soon", "-1", "9" * 40])
def test_a_limit_that_cannot_be_read(reset):
    assert verdict(told(429, b"", x_sib_ratelimit_reset=reset, retry_after="3")).after == 3.0


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"messageId": []}', b"[1]"])
def test_a_success_that_says_nothing_leaves_doubt(body):
    assert decision(verdict(told(201, body))) == DOUBT


@given(st.integers(100, 599), ways.RUBBISH)
def test_no_answer_is_too_odd(status, body):
    assert isinstance(verdict(told(status, body)), SendError) or 200 <= status < 300


# An account that goes wrong


def test_a_wrong_key(site, tmp_path):
    stub, _ = site
    error = fails(ways.from_url(f"brevo://xkeysib-other?api={stub.url}", tmp_path))
    assert decision(error) == (Next.STOP, None, False, True)
    assert error.reason == "Key not found"
    assert stub.taken == []


def test_a_suspended_account_takes_nothing_and_then_all(site):
    stub, way = site
    stub.suspended = True
    assert decision(fails(way)) == ACCOUNT
    stub.suspended = False
    send(way)
    assert stub.taken == [LETTER]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(402, ACCOUNT), (429, (Next.STOP, 12.0, False, False)), (400, FAIL)],
)
def test_refusals_over_the_wire(site, status, expected):
    stub, way = site
    stub.trouble(Trouble.STATUS, status=status, after=12.0 if status == 429 else None)
    assert decision(fails(way)) == expected
    assert stub.taken == []


def test_an_answer_that_is_none_is_doubt(site):
    stub, way = site
    stub.trouble(Trouble.RUBBISH)
    assert fails(way).maybe_accepted
    assert stub.taken == [LETTER]


def test_a_line_cut_before_the_request_was_read_is_asked_again(site):
    stub, way = site
    stub.trouble(Trouble.CUT_BEFORE)
    send(way)
    assert stub.taken == [LETTER]


def test_the_doctor_asks_whose_key_it_is(site, tmp_path):
    stub, way = site
    assert way.probe() == "Brevo knows the key, payAsYouGo: 8755 credits"
    with pytest.raises(SendError, match="Key not found"):
        ways.from_url(f"brevo://no?api={stub.url}", tmp_path).probe()
    assert stub.taken == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"code": 1}'])
def test_an_answer_that_is_not_brevos(body):
    with pytest.raises(SendError, match="not one of Brevo"):
        EXAMPLE.found(told(200, body))


@given(ways.JSON)
def test_an_account_may_be_told_in_odd_ways(plan):
    body = {"email": "us@campaign.example", "plan": plan}
    assert EXAMPLE.found(told(200, body)).startswith("Brevo knows the key")


# Its calls

SECRET = "hook-secret-1"
EVENT = {
    "event": "delivered", "email": "minister@ministry.example", "id": 26224,
    "date": "2027-01-15 09:00:00", "ts": 1_799_999_990, "ts_event": 1_799_999_990,
    "ts_epoch": 1_799_999_990_250, "message-id": "<20270115.1@smtp-relay.mailin.fr>",
    "subject": "Remote exams", "X-Mailin-custom": LETTER, "tags": [],
}  # fmt: skip


def basic(account: str) -> str:
    return f"Basic {base64.b64encode(account.encode()).decode()}"


def only(event: Any) -> Any:
    (news,) = HOOK.read(ways.call(json.dumps(event).encode()))
    return news


@pytest.mark.parametrize(
    ("headers", "keys"),
    [
        ({"authorization": f"Bearer {SECRET}"}, [SECRET]),
        ({"authorization": f"bearer {SECRET}"}, ["older", SECRET]),
        ({"authorization": basic(f"brevo:{SECRET}")}, [f"brevo:{SECRET}"]),
        ({"x_mailer_hook": SECRET}, [SECRET]),
        ({"authorization": f"Bearer {SECRET}é"}, [f"{SECRET}é"]),
    ],
)
def test_a_call_is_proven_by_a_secret(headers, keys):
    HOOKS["brevo"].verify(ways.call(b"{}", **headers), keys, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer other"},
        {"authorization": f"Digest {SECRET}"},
        {"authorization": SECRET},
        {"authorization": basic(f"brevo:{SECRET}x")},
        {"authorization": basic(SECRET + ":")},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic é"},
        {"authorization": f"Bearer {SECRET}\udcff"},
        {"x_mailer_hook": ""},
        {"x_mailer_hook": "other"},
    ],
)
def test_a_forged_call(headers):
    with pytest.raises(Forged):
        HOOK.verify(ways.call(json.dumps(EVENT).encode(), **headers), [SECRET], NOW)
    with pytest.raises(Forged):
        HOOK.verify(ways.call(b"", **headers), [], NOW)


@given(st.text(max_size=30), st.sampled_from(["authorization", "x_mailer_hook"]))
def test_no_header_is_too_odd(value, name):
    with pytest.raises(Forged):
        HOOK.verify(ways.call(b"", **{name: value}), [SECRET], NOW)
    with pytest.raises(Forged):
        HOOK.verify(ways.call(b"", **{name: f"Basic {value}"}), [SECRET], NOW)


def test_an_event_is_read():
    news = only(EVENT | {"event": "hard_bounce", "reason": "550 5.1.1 no such user"})
    assert (news.letter, news.said, news.kind) == (LETTER, Said.BOUNCED, "hard_bounce")
    assert (news.at, news.code, news.note) == (
        1_799_999_990.25, "550 5.1.1", "550 5.1.1 no such user",
    )  # fmt: skip
    assert json.loads(news.raw)["event"] == "hard_bounce"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("delivered", Said.DELIVERED),
        ("hard_bounce", Said.BOUNCED),
        ("soft_bounce", Said.DROPPED),
        ("deferred", Said.DEFERRED),
        ("blocked", Said.DROPPED),
        ("invalid_email", Said.DROPPED),
        ("error", Said.DROPPED),
        ("spam", Said.COMPLAINED),
        ("request", Said.OTHER),
        ("unique_opened", Said.OTHER),
        ("brand_new", Said.OTHER),
    ],
)
def test_kinds(kind, said):
    assert only(EVENT | {"event": kind}).said is said


def test_a_batched_call_holds_several_events():
    body = json.dumps([EVENT, EVENT | {"event": "spam"}]).encode()
    first, second = HOOK.read(ways.call(body))
    assert (first.said, second.said) == (Said.DELIVERED, Said.COMPLAINED)
    assert first.id != second.id


def test_a_call_made_again_is_the_same_news():
    again = {name: EVENT[name] for name in reversed(EVENT)} | {"id": 7, "tags": ["x"]}
    assert only(EVENT).id == only(again).id
    others = [{"ts_event": 1}, {"message-id": "x"}, {"event": "spam"}, {"X-Mailin-custom": "b2"}]
    assert len({only(EVENT | change).id for change in [{}, *others]}) == 5


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"ts_epoch": 1_799_999_990}, 1_799_999_990.0),  # seconds, as some pages of Brevo show it
        ({"ts_epoch": None}, 1_799_999_990.0),
        ({"ts_epoch": "x", "ts_event": "y"}, None),
        ({"ts_epoch": True, "ts_event": -5}, None),
    ],
)
def test_moments(times, expected):
    assert only(EVENT | times).at == expected


@pytest.mark.parametrize("event", [{}, {"items": []}, {"event": ""}, {"event": None}])
def test_what_is_no_event(event):
    with pytest.raises(ValueError, match="not an event"):
        only(event)


def test_the_docs_tell_every_kind():
    told_there = ways.told_in_docs("Brevo")
    assert not {word for word in set(EVENTS) if f"`{word}`" not in told_there}


def outcome(data: bytes) -> None:
    try:
        for news in HOOK.read(Call(headers={}, body=data)):
            assert "\0" not in news.id + news.kind + news.note + news.code + news.raw
            news.note.encode()
    except ValueError:
        pass


@given(ways.RUBBISH)
def test_rubbish_cannot_be_read(data):
    outcome(data)


@given(ways.JSON)
def test_rubbish_in_an_event(value):
    outcome(json.dumps({"event": "error", "reason": value, "ts_epoch": value}).encode())


@pytest.mark.parametrize("data", ways.ODD)
def test_odd_bodies(data):
    outcome(data)
