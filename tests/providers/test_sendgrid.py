"""SendGrid: what is asked, what its answers mean, an account that goes wrong, and its calls."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import Next, SendError, SettingsError
from mailer.message import text_to_html
from mailer.transports import Answer
from mailer.transports.api import HOOKS, PROVIDERS
from mailer.transports.api.base import Call, Forged, Reply, Said
from mailer.transports.api.sendgrid import EVENTS, HOOK, SIGNATURE, TIMESTAMP, SendGrid
from tests.providers import sendgrid, ways
from tests.providers.payloads import faults
from tests.providers.stub import Trouble
from tests.providers.ways import LETTER, NOW, decision, fails, parcel, send

EXAMPLE = SendGrid(key="SG.key-1")


@pytest.fixture
def site(tmp_path):
    with ways.account(sendgrid.Rules(), sendgrid.URL, tmp_path) as found:
        yield found


def payload(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EXAMPLE.ask([parcel(**changes)]).body)
    return found


def told(status: int, body: Any = b"", **headers: str) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=data)


def verdict(reply: Reply) -> Any:
    (found,) = EXAMPLE.read([parcel()], reply)
    return found


def refused(status: int, text: str, place: str | None = None, **headers: str) -> Any:
    body = {"errors": [{"message": text, "field": place, "help": None}]}
    return verdict(told(status, body, **headers))


# What is asked


def test_a_letter_is_taken(site):
    stub, way = site
    one = parcel()
    (answer,) = send(way, one)
    (mail,) = stub.rules.mails
    assert stub.taken == [LETTER]
    assert answer == Answer(text="Accepted", code="202", provider_id="14c5d75ce93-1")
    assert mail["from"] == {
        "email": "letters@campaign.example", "name": "Ann Example via Fair Exams",
    }  # fmt: skip
    assert mail["reply_to"] == {"email": "ann@home.example", "name": "Ann Example"}
    assert mail["personalizations"][0] == {
        "to": [{"email": "minister@ministry.example", "name": "The Honourable Sam Sample"}],
        "custom_args": {"letter": LETTER},
    }
    assert [part["type"] for part in mail["content"]] == ["text/plain", "text/html"]
    assert [part["value"] for part in mail["content"]] == [
        one.mail.text, text_to_html(one.mail.text),
    ]  # fmt: skip
    assert mail["headers"] == {"Message-ID": f"<{LETTER}@campaign.example>"}


MAILS: list[dict[str, Any]] = [
    {},
    {"to_name": "", "from_name": "", "reply_name": ""},
    {"reply_address": "", "auto": True, "linked": True, "text": "See\n\nhttps://a.example/b\n"},
    {"unsubscribe": "https://campaign.example/u/abc", "language": "fr"},
    {"enclosed": b"Subject: x\r\n\r\nyes\r\n"},
    {"html": False},
    ways.in_all(ways.TEMPLATED),
]


@pytest.mark.parametrize("changes", MAILS)
def test_tracking_is_off_and_every_payload_fits(changes):
    found = payload(**changes)
    assert not faults("sendgrid", found)
    switches = [*found["tracking_settings"].values(), *found["mail_settings"].values()]
    assert set(found["tracking_settings"]) == {
        "click_tracking", "open_tracking", "subscription_tracking", "ganalytics",
    }  # fmt: skip
    assert not any(switch["enable"] for switch in switches)
    assert found["tracking_settings"]["click_tracking"]["enable_text"] is False
    assert not {"template_id", "sections"} & set(found)
    assert not {"substitutions", "dynamic_template_data"} & set(found["personalizations"][0])


def test_text_alone_is_sent_as_text_alone():
    (part,) = payload(html=False)["content"]
    assert part == {"type": "text/plain", "value": payload()["content"][0]["value"]}


@pytest.mark.parametrize("words", ways.HOSTILE)
def test_hostile_words_arrive_as_they_are(site, words):
    stub, way = site
    send(way, parcel(**ways.in_all(words)))
    (mail,) = stub.rules.mails
    people = [mail["from"], mail["reply_to"], *mail["personalizations"][0]["to"]]
    assert {person["name"] for person in people} == {words}
    assert mail["subject"] == words
    assert mail["content"][0]["value"] == f"Dear Minister,\n\n{words}\n"
    assert mail["content"][1]["value"] == text_to_html(f"Dear Minister,\n\n{words}\n")


def test_mail_of_the_program_itself():
    found = payload(auto=True, unsubscribe="https://campaign.example/u/abc")
    assert found["headers"] == {
        "Message-ID": f"<{LETTER}@campaign.example>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<https://campaign.example/u/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_an_enclosed_message_goes_along():
    enclosed = b"Subject: x\r\n\r\nyes\r\n"
    (found,) = payload(enclosed=enclosed)["attachments"]
    assert base64.b64decode(found["content"]) == enclosed
    assert (found["type"], found["filename"]) == ("message/rfc822", "message.eml")


def test_an_address_of_other_letters_is_written_in_ascii():
    found = payload(to_address="minister@québec.example")
    assert found["personalizations"][0]["to"][0]["email"] == "minister@xn--qubec-csa.example"


def test_bytes_alone_cannot_leave():
    one = parcel()
    bare = type(one)(letter="a1", sender=one.sender, recipient=one.recipient, data=one.data)
    with pytest.raises(SendError) as caught:
        EXAMPLE.ask([bare])
    assert caught.value.then is Next.FAIL


@pytest.mark.parametrize("address", ["sendgrid://", "sendgrid://s3cret@x", "sendgrid://s3cret:b"])
def test_an_address_that_is_not_right(address):
    with pytest.raises(SettingsError) as caught:
        PROVIDERS["sendgrid"](address)
    assert "s3cret" not in str(caught.value)


def test_the_key_is_not_shown():
    found = PROVIDERS["sendgrid"]("sendgrid://SG.s3cret")
    request = found.ask([parcel()])
    assert request.url == "https://api.sendgrid.com/v3/mail/send"
    assert request.headers["Authorization"] == "Bearer SG.s3cret"
    assert "s3cret" not in repr(found) + repr(request) + found.account


# What answers mean

ACCOUNT, FAIL = (Next.STOP, None, False, True), (Next.FAIL, None, False, False)
DOUBT = (Next.STOP, None, True, False)


@pytest.mark.parametrize(
    ("status", "place", "text", "expected"),
    [
        (400, "personalizations.0.to.0.email", "Does not contain a valid address.", FAIL),
        (400, "subject", "The subject is required.", FAIL),
        (400, None, "Bad Request", FAIL),
        (400, "from", "The from email does not contain a valid address.", ACCOUNT),
        (401, None, "Permission denied, wrong credentials", ACCOUNT),
        (401, None, "Maximum credits exceeded", (Next.STOP, 3600.0, False, True)),
        (403, "from", "The from address does not match a verified Sender Identity.", ACCOUNT),
        (404, None, "not found", ACCOUNT),
        (405, None, "method not allowed", ACCOUNT),
        (413, None, "payload too large", FAIL),
        (415, None, "unsupported media type", FAIL),
        (429, None, "too many requests", (Next.STOP, None, False, False)),
        (500, None, "internal error", DOUBT),
        (503, None, "not available", (Next.STOP, None, False, False)),
    ],
)
def test_refusals(status, place, text, expected):
    found = refused(status, text, place)
    assert decision(found) == expected
    assert found.code == str(status)
    assert found.reason == (f"{place}: {text}" if place else text)


def test_a_limit_names_the_moment_to_come_again():
    at = {"X_RateLimit_Reset": "1640032401", "date": "Mon, 20 Dec 2021 20:32:51 GMT"}
    found = refused(429, "too many requests", **{name.lower(): one for name, one in at.items()})
    assert decision(found) == (Next.STOP, 30.0, False, False)


@pytest.mark.parametrize("reset", ["", "soon", "9" * 40, "-1", "１２"])
def test_a_moment_that_cannot_be_read(reset):
    assert refused(429, "too many", x_ratelimit_reset=reset, retry_after="8").after == 8.0


def test_a_test_run_was_not_taken():
    """200 is what SendGrid answers in its sandbox, where nothing leaves."""
    assert decision(verdict(told(200))) == DOUBT


@given(st.integers(100, 599), ways.RUBBISH)
def test_no_answer_is_too_odd(status, body):
    found = verdict(told(status, body))
    assert status == 202 or isinstance(found, SendError)


# An account that goes wrong


def test_a_wrong_key(site, tmp_path):
    stub, _ = site
    error = fails(ways.from_url(f"sendgrid://SG.other?api={stub.url}", tmp_path))
    assert decision(error) == ACCOUNT
    assert "SG.other" not in str(error)
    assert stub.taken == []


def test_a_sender_that_is_not_verified(tmp_path):
    rules = sendgrid.Rules(senders={"other.example"})
    with ways.account(rules, sendgrid.URL, tmp_path) as (stub, way):
        error = fails(way)
    assert decision(error) == ACCOUNT
    assert "verified Sender Identity" in error.reason
    assert stub.taken == []


def test_an_account_without_credits_takes_nothing_and_then_all(site):
    stub, way = site
    stub.suspended = True
    assert decision(fails(way)) == (Next.STOP, 3600.0, False, True)
    stub.suspended = False
    send(way)
    assert stub.taken == [LETTER]


def test_a_limit(site):
    stub, way = site
    stub.trouble(Trouble.STATUS, status=429, after=90.0)
    error = fails(way)
    assert 87 <= error.after <= 93
    assert (error.then, error.maybe_accepted, error.account) == (Next.STOP, False, False)


@pytest.mark.parametrize(
    ("trouble", "more", "doubt", "taken"),
    [
        (Trouble.CUT_AFTER, {}, True, 1),
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
    assert sendgrid.KEY not in str(error)


def test_a_line_cut_before_the_request_was_read_takes_nothing(site):
    stub, way = site
    stub.trouble(Trouble.CUT_BEFORE)
    assert fails(way).then is Next.STOP
    assert stub.taken == []


def test_a_slow_answer_is_doubt(site, tmp_path):
    stub, _ = site
    stub.trouble(Trouble.SLOW, seconds=30.0)
    way = ways.from_url(sendgrid.URL.format(api=stub.url) + "&timeout=1", tmp_path)
    assert fails(way).maybe_accepted
    assert stub.taken == [LETTER]


def test_the_doctor_asks_what_the_key_may_do(site, tmp_path):
    stub, way = site
    assert way.probe() == "SendGrid knows the key, and it may send"
    stub.rules.scopes = ["stats.read"]
    with pytest.raises(SendError, match="give it Mail Send"):
        way.probe()
    with pytest.raises(SendError, match="authorization grant is invalid"):
        ways.from_url(f"sendgrid://no?api={stub.url}", tmp_path).probe()
    assert stub.taken == []


def test_an_answer_that_is_not_sendgrids():
    with pytest.raises(SendError, match="not one of SendGrid"):
        EXAMPLE.found(told(200, b"<html>"))


# Its calls


def shown(key: Any) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


PRIVATE = ec.generate_private_key(ec.SECP256R1())
KEY = shown(PRIVATE)
OTHER_KEY = shown(ec.generate_private_key(ec.SECP256R1()))
EVENT = {
    "event": "delivered", "email": "minister@ministry.example", "timestamp": NOW - 3,
    "smtp-id": f"<{LETTER}@campaign.example>", "sg_event_id": "ZGVsaXZlcmVk-1",
    "sg_message_id": "14c5d75ce93.dfd.64b469", "response": "250 OK", "letter": LETTER,
}  # fmt: skip


def signed(body: bytes, at: float = NOW, key: Any = PRIVATE) -> Call:
    stamp = f"{at:.0f}"
    proof = key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
    headers = {SIGNATURE: base64.b64encode(proof).decode(), TIMESTAMP: stamp}
    return Call(headers=headers, body=body)


def read(*events: Any) -> Any:
    return HOOK.read(ways.call(json.dumps(events).encode()))


def test_a_call_is_proven_and_read():
    body = json.dumps([EVENT, EVENT | {"event": "open", "sg_event_id": "b"}]).encode() + b"\r\n"
    HOOKS["sendgrid"].verify(signed(body), [OTHER_KEY, KEY], NOW)
    first, second = HOOKS["sendgrid"].read(signed(body))
    assert (first.id, first.letter, first.said) == ("ZGVsaXZlcmVk-1", LETTER, Said.DELIVERED)
    assert (first.kind, first.at, first.code, first.note) == (
        "delivered", NOW - 3, "250", "250 OK",
    )  # fmt: skip
    assert (second.id, second.said) == ("b", Said.OTHER)
    assert json.loads(first.raw) == EVENT


@pytest.mark.parametrize(
    ("changes", "said", "code"),
    [
        ({"event": "processed"}, Said.OTHER, ""),
        ({"event": "brand-new"}, Said.OTHER, ""),
        ({"event": "deferred", "response": "450 4.2.0 later"}, Said.DEFERRED, "450 4.2.0"),
        ({"event": "bounce", "type": "bounce", "status": "5.1.1",
          "reason": "550 5.1.1 The account does not exist"}, Said.BOUNCED, "550 5.1.1"),
        ({"event": "bounce", "type": "bounce", "status": "5.0.0", "reason": "unknown user"},
         Said.BOUNCED, "5.0.0"),
        ({"event": "bounce", "type": "blocked", "status": "5.7.1",
          "reason": "550 5.7.1 blocked, see http://x"}, Said.DROPPED, "550 5.7.1"),
        ({"event": "dropped", "reason": "Bounced Address"}, Said.DROPPED, ""),
        ({"event": "spamreport"}, Said.COMPLAINED, ""),
        ({"event": "group_unsubscribe"}, Said.OTHER, ""),
    ],
)  # fmt: skip
def test_kinds(changes, said, code):
    bare = {name: value for name, value in EVENT.items() if name != "response"}
    (news,) = read(bare | changes)
    assert (news.said, news.code) == (said, code)
    assert news.note == changes.get("reason", changes.get("response", ""))


def test_an_event_without_an_id_counts_once():
    bare = {name: value for name, value in EVENT.items() if name != "sg_event_id"}
    (one,), (again,), (other,) = read(bare), read(bare), read(bare | {"event": "bounce"})
    assert one.id == again.id != other.id


def forged(call: Call, *keys: str) -> None:
    with pytest.raises(Forged):
        HOOK.verify(call, keys or [KEY], NOW)


def test_forged_calls():
    body = json.dumps([EVENT]).encode()
    good = signed(body)
    HOOK.verify(good, [KEY], NOW)
    forged(good, OTHER_KEY)
    forged(Call(headers=good.headers, body=body + b" "))
    forged(Call(headers=good.headers, body=body.replace(b"delivered", b"bounce")))
    forged(Call(headers={**good.headers, TIMESTAMP: f"{NOW + 1:.0f}"}, body=body))
    with pytest.raises(Forged):
        HOOK.verify(good, [], NOW)


def test_a_call_that_sendgrid_signed():
    """The example in the tests of its own library (sendgrid-nodejs, packages/eventwebhook)."""
    key = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yA"
        "QGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA=="
    )
    proof = (
        "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYN"
        "H2j/0="
    )
    body = b'{"category":"example_payload","event":"test_event","message_id":"message_id"}'
    call = Call(headers={SIGNATURE: proof, TIMESTAMP: "1588788367"}, body=body)
    HOOK.verify(call, [key], 1_588_788_400.0)
    forged(call, KEY)
    with pytest.raises(Forged, match="too old"):
        HOOK.verify(call, [key], NOW)


@pytest.mark.parametrize("gone", [SIGNATURE, TIMESTAMP])
def test_a_call_that_is_not_signed(gone):
    good = signed(b"[]")
    forged(
        Call(headers={name: one for name, one in good.headers.items() if name != gone}, body=b"")
    )


@pytest.mark.parametrize("at", [NOW - 301, NOW + 301])
def test_a_stale_call(at):
    with pytest.raises(Forged, match="too old"):
        HOOK.verify(signed(b"[]", at=at), [KEY], NOW)


@pytest.mark.parametrize("stamp", ["", "now", "1e9", "-1", "１８", "1800000000.0", "\udcff"])
def test_a_time_that_cannot_be_read(stamp):
    proof = PRIVATE.sign(stamp.encode("utf-8", "surrogatepass") + b"[]", ec.ECDSA(SHA256()))
    headers = {SIGNATURE: base64.b64encode(proof).decode(), TIMESTAMP: stamp}
    forged(Call(headers=headers, body=b"[]"))


@given(
    st.text(max_size=80) | st.binary(max_size=80).map(lambda one: base64.b64encode(one).decode())
)
def test_no_signature_is_too_odd(proof):
    forged(Call(headers={SIGNATURE: proof, TIMESTAMP: f"{NOW:.0f}"}, body=b"[]"))


@pytest.mark.parametrize(
    "key",
    [
        "no key", "AAAA", "é", shown(ed25519.Ed25519PrivateKey.generate()),
        shown(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=["words", "short", "letters", "Ed25519", "P-384"],
)  # fmt: skip
def test_a_key_that_is_none_is_a_mistake_of_ours(key):
    with pytest.raises(SettingsError, match="MAILER_HOOK_SENDGRID") as caught:
        HOOK.verify(signed(b"[]"), [key], NOW)
    assert key not in str(caught.value)


def test_without_the_library_it_says_what_to_install():
    """In a Python of its own, where the library cannot be found."""
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from mailer.errors import SettingsError\n"
        "from mailer.transports.api import HOOKS, ecdsa\n"
        "try: ecdsa.is_signed('a', 'b', b'c')\n"
        "except SettingsError as error: print(HOOKS['sendgrid'].name, error)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("sendgrid MAILER_HOOK_SENDGRID")
    assert "mailer[webhooks]" in found.stdout


def test_the_docs_tell_every_kind():
    told_there = ways.told_in_docs("SendGrid")
    assert not {word for word in set(EVENTS) if f"`{word}`" not in told_there}


def outcome(data: bytes) -> None:
    try:
        for news in HOOK.read(signed(data)):
            assert "\0" not in news.id + news.kind + news.note + news.code + news.raw
            news.note.encode()
    except ValueError:
        pass


@given(ways.RUBBISH)
def test_rubbish_cannot_be_read(data):
    outcome(data)


@given(st.lists(ways.JSON, max_size=3))
def test_rubbish_in_events(events):
    outcome(json.dumps(events).encode())


@pytest.mark.parametrize("data", ways.ODD)
def test_odd_bodies(data):
    outcome(data)
