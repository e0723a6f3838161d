"""What SES tells by SNS: signatures of a certificate of our own, forged in every part."""

import base64
import contextlib
import json
import ssl

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mailer.errors import OutboundError
from mailer.outbound import Net
from mailer.transports.api import HOOKS, sns
from mailer.transports.api.base import Asks, Call, Forged, Hook, Said
from mailer.transports.api.ses_hook import SesHook
from tests.https import Service, page
from tests.providers.sns import (
    AUTHORITY,
    CERTIFICATE,
    CONFIRM,
    HOST,
    LETTER,
    NOW,
    OTHER,
    TOPIC,
    Authority,
    Shelf,
    bounce,
    event,
    notification,
    question,
    stamp,
)  # fmt: skip
from tests.transports.servers import certificate


def call(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return Call(headers={"x-amz-sns-message-type": "Notification"}, body=body)


def verify(message, *, shelf=None, topics=(TOPIC,), now=NOW):
    SesHook(shelf or Shelf()).verify(call(message), topics, now)


def forged(message, **options):
    with pytest.raises(Forged) as caught:
        verify(message, **options)
    return str(caught.value)


def read(told):
    (news,) = SesHook(Shelf()).read(call(notification(told)))
    return news


# Proof


def test_it_is_a_hook_that_asks():
    hook: Hook = HOOKS["ses"]
    assert hook.name == "ses"
    assert isinstance(hook, Asks)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("message", [notification(), notification(Subject="x\ny"), question()])
def test_what_sns_signed(version, message):
    verify(AUTHORITY.sign(message, version))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("message", [notification(Subject="x"), question()])
def test_every_signed_part_counts(version, message):
    signed = AUTHORITY.sign(message, version)
    for name in sns.SIGNED[message["Type"]]:
        if name not in {"Type", "TopicArn", "Timestamp"}:
            assert "signature" in forged(signed | {name: signed[name] + " "})
            forged({key: value for key, value in signed.items() if key != name})
    forged(signed | {"Timestamp": stamp(NOW - 3)})
    other = "arn:aws:sns:ca-central-1:123456789012:other"
    assert "signature" in forged(signed | {"TopicArn": other}, topics=(TOPIC, other))


def test_a_notification_does_not_become_a_question():
    """The same signature, read as another type."""
    signed = AUTHORITY.sign(notification(SubscribeURL=CONFIRM, Token="x"))
    assert "signature" in forged(signed | {"Type": "SubscriptionConfirmation"})


@pytest.mark.parametrize(
    "change",
    [
        {"Signature": None}, {"Signature": ""}, {"Signature": "!"}, {"Signature": 3},
        {"Signature": base64.b64encode(b"x" * 256).decode()}, {"Signature": ["x"]},
        {"SignatureVersion": "3"}, {"SignatureVersion": None}, {"SignatureVersion": 2},
        {"SignatureVersion": "1"}, {"SignatureVersion": ["2"]}, {"Message": None},
        {"Message": "\ud800"}, {"MessageId": 3}, {"Subject": "slipped in"}, {"Subject": 3},
    ],
)  # fmt: skip
def test_signatures_that_are_none(change):
    assert "signature" in forged(AUTHORITY.sign(notification()) | change)


def test_somebody_elses_signature():
    assert "signature" in forged(OTHER.sign(notification()))


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"{", b"\xff", b'{"Type": "Other"}', b'{"Type": []}', b"[" * 10**5,
     b'{"Type": "Notification"}', b'{"Type": "Notification", "TopicArn": null}'],
)  # fmt: skip
def test_what_is_no_message(body):
    shelf = Shelf()
    forged(body, shelf=shelf)
    assert shelf.asked == []


@pytest.mark.parametrize("topics", [(), ("",), ("arn:aws:sns:ca-central-1:123456789012:letter",)])
def test_another_topic(topics):
    shelf = Shelf()
    assert "topic" in forged(AUTHORITY.sign(notification()), topics=topics, shelf=shelf)
    assert shelf.asked == []  # nobody is asked for what would not count anyhow


@pytest.mark.parametrize("topic", ["", "letters", "arn:aws:sqs:ca-central-1:123456789012:letters"])
def test_a_setting_that_is_no_topic(topic):
    assert "certificate" in forged(AUTHORITY.sign(notification(TopicArn=topic)), topics=(topic,))


@pytest.mark.parametrize(
    "url",
    [
        "", None, 3, "http://sns.ca-central-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem", f"{HOST}.evil.example/a.pem",
        "https://evil.example/a.pem", "https://sns.ca-central-1.amazonaws.com@evil.example/a.pem",
        f"{HOST}/a.txt", f"{HOST}/a.pem?x", f"{HOST}/a.pem#x", f"{HOST}/../a.pem",
        f"{HOST}/a/b.pem", f"{HOST}/?Action=x.pem", f"{HOST}:444/a.pem", f"{HOST}/a.pem\n",
        f"{HOST}.cn/a.pem",
        "https://s3.ca-central-1.amazonaws.com/a.pem", f"{HOST}/%2e.pem", f"{HOST}a.pem",
        f"https://evil.example/?{HOST}/a.pem", "https://SNS.ca-central-1.amazonaws.com/a.pem",
    ],
)  # fmt: skip
def test_certificates_of_other_places_are_not_fetched(url):
    shelf = Shelf()
    signed = AUTHORITY.sign(notification()) | {"SigningCertURL": url}
    assert "certificate" in forged(signed, shelf=shelf)
    assert shelf.asked == []


@pytest.mark.parametrize(
    ("topic", "host"),
    [
        (TOPIC, "sns.ca-central-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:a", "sns.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:a", "sns.us-gov-west-1.amazonaws.com"),
        ("arn:aws:sns:evil.example/:123456789012:a", ""), (f"{TOPIC}\n", ""), (f"{TOPIC}:x", ""),
    ],
)  # fmt: skip
def test_where_sns_of_a_topic_is(topic, host):
    assert sns.host(topic) == host


def test_the_time():
    message = AUTHORITY.sign(notification())
    for fine in (-290.0, 0.0, 200.0, 3600.0):
        verify(message, now=NOW + fine)
    for late in (4000.0, 1e6, -400.0, -1e6):
        assert "old" in forged(message, now=NOW + late)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        1800000000,
        "now",
        "2027-02-31T00:00:00.000Z",
        stamp(NOW)[:-1],
        "٢٠٢٧-01-15T08:00:00Z",
    ],
)
def test_times_that_are_none(text):
    forged(AUTHORITY.sign(notification(Timestamp=text)) | {"Timestamp": text})


# Certificates


def test_a_certificate_is_fetched_once():
    shelf = Shelf()
    hook = SesHook(shelf)
    for version in ("1", "2", "2"):
        hook.verify(call(AUTHORITY.sign(notification(), version)), (TOPIC,), NOW)
    assert shelf.asked == [CERTIFICATE]


@pytest.mark.parametrize("times", [(-10.0, -1.0), (1.0, 10.0)])
def test_a_certificate_of_another_time(times):
    first, last = times
    authority = Authority(AUTHORITY.key, since=NOW + first, until=NOW + last)
    forged(authority.sign(notification()), shelf=Shelf(authority.pem))


def test_a_certificate_with_another_kind_of_key():
    other = Authority(ec.generate_private_key(ec.SECP256R1()))
    forged(AUTHORITY.sign(notification()), shelf=Shelf(other.pem))


@pytest.mark.parametrize("pem", [b"", b"<html>", OutboundError("not now"), AUTHORITY.pem[:300]])
def test_a_certificate_that_cannot_be_had_lets_sns_come_again(pem):
    shelf = Shelf(pem)
    hook = SesHook(shelf)
    with pytest.raises(OutboundError):
        hook.verify(call(AUTHORITY.sign(notification())), (TOPIC,), NOW)
    shelf.pem = AUTHORITY.pem
    hook.verify(call(AUTHORITY.sign(notification())), (TOPIC,), NOW)


def test_strangers_do_not_make_us_ask_without_end():
    shelf = Shelf(OTHER.pem)
    hook = SesHook(shelf)
    for number in range(50):
        made = AUTHORITY.sign(notification(SigningCertURL=f"{HOST}/a{number}.pem"))
        with pytest.raises((Forged, OutboundError)):
            hook.verify(call(made), (TOPIC,), NOW)
    assert len(shelf.asked) == sns.MOST_FETCHES
    shelf.pem = AUTHORITY.pem
    later = NOW + sns.FETCHES_IN + 1
    hook.verify(call(AUTHORITY.sign(notification())), (TOPIC,), later)


def test_certificates_kept_are_few():
    shelf = Shelf(AUTHORITY.pem)
    hook = SesHook(shelf)
    urls = [f"{HOST}/a{number}.pem" for number in range(sns.MOST_KEPT + 1)]
    for number, url in enumerate([*urls, urls[-1], urls[0]]):
        moment = NOW + number * 60.0
        made = AUTHORITY.sign(notification(SigningCertURL=url, Timestamp=stamp(moment)))
        hook.verify(call(made), (TOPIC,), moment)
    assert shelf.asked == [*urls, urls[0]]  # the first was given up for the last


@given(st.binary(max_size=300))
@hypothesis_settings(max_examples=200, deadline=None)
def test_no_bytes_get_in(body):
    forged(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3),
    max_leaves=8,
)  # fmt: skip
FIELDS = st.sampled_from(
    ["Type", "MessageId", "TopicArn", "Message", "Timestamp", "SigningCertURL", "Signature",
     "SignatureVersion", "SubscribeURL", "Token", "Subject"]
)  # fmt: skip


@given(st.sampled_from([notification(), question()]), st.dictionaries(FIELDS, JSON, min_size=1))
@hypothesis_settings(max_examples=200, deadline=None)
def test_nothing_changed_gets_in(message, changes):
    signed = AUTHORITY.sign(message)
    changed = signed | changes
    covered = {*sns.SIGNED[message["Type"]], "Signature", "SignatureVersion", "SigningCertURL"}
    same = all(changed.get(name) == signed.get(name) for name in covered)
    if not same:
        forged(changed)


# The question of a new subscription


def test_a_question_of_our_topic_is_answered_at_its_own_address():
    assert SesHook(Shelf()).asked(call(question())) == CONFIRM


@pytest.mark.parametrize(
    "url",
    [
        "", None, 3, CONFIRM.replace("https", "http"), CONFIRM.replace("ca-central", "us-east"),
        CONFIRM.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CONFIRM.replace("sns.", "sns.x@evil.example/"), CONFIRM.replace("Confirm", "Unconfirm"),
        CONFIRM.replace("letters", "other"), CONFIRM + "&Action=Subscribe", f"{HOST}/",
        CONFIRM + "&TopicArn=x", CONFIRM.replace("/?", "/x?"), "https://[",
    ],
)  # fmt: skip
def test_other_addresses_are_not_asked(url):
    assert SesHook(Shelf()).asked(call(question(SubscribeURL=url))) == ""


@pytest.mark.parametrize("kind", ["Notification", "UnsubscribeConfirmation"])
def test_nothing_is_asked(kind):
    assert SesHook(Shelf()).asked(call(question(Type=kind))) == ""


def test_links_that_anybody_could_follow_are_not_kept():
    (news,) = SesHook(Shelf()).read(call(question(Type="UnsubscribeConfirmation")))
    assert (news.said, news.letter, news.kind) == (Said.OTHER, "", "UnsubscribeConfirmation")
    assert news.id == "165545c9"
    assert not {"2336412f37", "ConfirmSubscription"} & set(news.raw.replace("=", " ").split())
    assert "Unsubscribe&" not in read(event()).raw


def test_the_greeting_of_a_new_topic():
    news = read("Successfully validated SNS topic for Amazon SES event publishing.")
    assert (news.said, news.kind, news.letter) == (Said.OTHER, "Notification", "")
    assert news.note.startswith("Successfully")


# Events


@pytest.mark.parametrize(
    ("told", "said", "kind", "code"),
    [
        (event("Bounce", bounce=bounce("Permanent", "General")), Said.BOUNCED,
         "Bounce Permanent General", "550 5.1.1"),
        (event("Bounce", bounce=bounce("Permanent", "NoEmail", action="")), Said.BOUNCED,
         "Bounce Permanent NoEmail", ""),
        (event("Bounce", bounce=bounce("Permanent", "Suppressed")), Said.DROPPED,
         "Bounce Permanent Suppressed", "550 5.1.1"),
        (event("Bounce", bounce=bounce("Permanent", "OnAccountSuppressionList")), Said.DROPPED,
         "Bounce Permanent OnAccountSuppressionList", "550 5.1.1"),
        (event("Bounce", bounce=bounce("Transient", "MailboxFull", code="", status="4.2.2")),
         Said.DROPPED, "Bounce Transient MailboxFull", "4.2.2"),
        (event("Bounce", bounce=bounce("Transient", "General")), Said.DROPPED,
         "Bounce Transient General", "550 5.1.1"),
        (event("Bounce", bounce=bounce("Transient", "General", action="")), Said.OTHER,
         "Bounce Transient General", ""),
        (event("Bounce", bounce=bounce("Undetermined", "Undetermined", action="")), Said.OTHER,
         "Bounce Undetermined Undetermined", ""),
        (event("Bounce", bounce=bounce("Undetermined", "Undetermined")), Said.DROPPED,
         "Bounce Undetermined Undetermined", "550 5.1.1"),
        (event("Complaint", complaint={"complaintFeedbackType": "abuse", "feedbackId": "c"}),
         Said.COMPLAINED, "Complaint", ""),
        (event("Complaint", complaint={"complaintSubType": "OnAccountSuppressionList"}),
         Said.DROPPED, "Complaint OnAccountSuppressionList", ""),
        (event("Delivery", delivery={"smtpResponse": "250 2.6.0 Message received"}),
         Said.DELIVERED, "Delivery", "250 2.6.0"),
        (event("DeliveryDelay", deliveryDelay={"delayType": "TransientCommunicationFailure",
         "delayedRecipients": [{"status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 no"}]}),
         Said.DEFERRED, "DeliveryDelay", "421 4.4.1"),
        (event("Reject", reject={"reason": "Bad content"}), Said.DROPPED, "Reject", ""),
        (event("Rendering Failure", failure={"errorMessage": "no value"}), Said.DROPPED,
         "Rendering Failure", ""),
        (event("Send", send={}), Said.OTHER, "Send", ""),
        (event("Open", open={"ipAddress": "192.0.2.1"}), Said.OTHER, "Open", ""),
        (event("Something new"), Said.OTHER, "Something new", ""),
    ],
)  # fmt: skip
def test_events(told, said, kind, code):
    news = read(told)
    assert (news.said, news.kind, news.code) == (said, kind, code)
    assert news.letter == LETTER
    assert json.loads(news.raw) == told
    older = {key: value for key, value in told.items() if key != "eventType"}
    assert read(older | {"notificationType": told["eventType"]}).said is said


def test_when_and_what():
    news = read(event("Bounce", bounce=bounce("Permanent", "General")))
    assert news.at == NOW - 5
    assert news.note == "smtp; 550 5.1.1 user unknown"
    assert read(event("Send", send={})).at == NOW - 90


def test_an_event_published_twice_counts_once():
    """Once for the identity, once for the configuration set: two messages, one event."""
    told = event("Delivery", delivery={"timestamp": stamp(NOW)})
    hook = SesHook(Shelf())
    twice = [hook.read(call(notification(told, MessageId=known)))[0].id for known in ("a", "b")]
    assert twice[0] == twice[1]
    others = [
        event("Delivery", delivery={"timestamp": stamp(NOW + 1)}),
        event("Delivery", mail={"messageId": "0100b"}, delivery={"timestamp": stamp(NOW)}),
        event("DeliveryDelay", deliveryDelay={"timestamp": stamp(NOW)}),
        event("Bounce", bounce=bounce("Permanent", "General")),
        event("Complaint", complaint={"feedbackId": "0100f"}),
    ]
    assert len({twice[0], *(read(other).id for other in others)}) == len(others) + 1


@pytest.mark.parametrize(
    ("mail", "letter"),
    [
        ({"tags": {"letter": ["a1b2c3d4"]}}, "a1b2c3d4"),
        ({"tags": {}, "headers": [{"name": "Message-ID", "value": f"<{LETTER}@a.ca>"}]}, LETTER),
        ({"tags": {}, "headers": [{"name": "message-id", "value": "<x.y@mail.example>"}]}, ""),
        ({"tags": {}, "headers": "x"}, ""), ({"tags": []}, ""), ({"tags": {"letter": []}}, ""),
        ({"tags": {"letter": "a1b2c3d4"}}, ""), ({"tags": {"letter": [None]}}, ""),
        ({"tags": {"letter": ["../etc/passwd"]}}, ""), ({"tags": {}, "headers": [3, {}]}, ""),
    ],
)  # fmt: skip
def test_whose_letter(mail, letter):
    assert read(event(mail=mail)).letter == letter


@pytest.mark.parametrize("text", ["{", "{}", '{"mail": {}}', '{"eventType": ""}', "{" * 10**5])
def test_events_that_cannot_be_read(text):
    with pytest.raises(ValueError):
        read(text)


@given(JSON, st.sampled_from(["Bounce", "Delivery", "DeliveryDelay", "Complaint", "x"]))
@hypothesis_settings(max_examples=200, deadline=None)
def test_odd_events_are_read_or_refused_politely(odd, kind):
    for told in (
        {"eventType": kind, "mail": odd, kind.lower(): odd},
        {"eventType": kind, "mail": {"tags": odd, "headers": odd, "messageId": odd}},
        event(
            kind, **{kind.lower(): {"bouncedRecipients": odd, "timestamp": odd, "feedbackId": odd}}
        ),
    ):
        with contextlib.suppress(ValueError):
            assert read(told).kind.startswith(kind)


# With a real line


def shelf(path):
    if path.startswith("/Simple"):
        return page(AUTHORITY.pem)
    return page(b"", "503 Slow Down" if path == "/busy.pem" else "404 Not Found")


def test_a_certificate_over_a_real_line(tmp_path):
    """As in earnest, but for where the host leads and whose authority is trusted."""
    keys = certificate(tmp_path, "DNS:sns.ca-central-1.amazonaws.com")
    with Service(keys, shelf) as service:
        net = Net(
            allowed=lambda _: True,
            resolve=lambda *_: [("127.0.0.1", service.port)],
            context=lambda: ssl.create_default_context(cafile=keys[0]),
        )
        hook = SesHook(lambda url: sns.fetch(url, net))
        hook.verify(call(AUTHORITY.sign(notification())), (TOPIC,), NOW)
        with pytest.raises(Forged):
            hook.verify(
                call(AUTHORITY.sign(notification(SigningCertURL=f"{HOST}/a.pem"))), (TOPIC,), NOW
            )
        with pytest.raises(OutboundError):
            hook.verify(
                call(AUTHORITY.sign(notification(SigningCertURL=f"{HOST}/busy.pem"))), (TOPIC,), NOW
            )
    assert len(service.heard) == 3
