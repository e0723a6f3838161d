"""Amazon SES: what is asked, what its answers mean, and a whole account that goes wrong."""

import json
import re
import time
from contextlib import contextmanager

import pytest
import requests
from botocore.loaders import Loader
from moto.server import ThreadedMotoServer

from mailer.errors import Next, SendError, SettingsError
from mailer.transports import from_url
from mailer.transports.api.base import Provider, Reply
from mailer.transports.api.ses import RULES
from mailer.transports.api.ses import from_url as ses_from_url
from tests.conftest import ROOT
from tests.providers import ses, ways
from tests.providers.stub import Trouble
from tests.providers.ways import decision, parcel, send

ADDRESS = "ses://AKIDEXAMPLE:wJalr%2FXUtnFEMI%2BK7@ca-central-1"


@contextmanager
def account(home, options="", **more):
    """A stub and a way to it."""
    with ways.account(ses.Rules(**more), ses.URL + options, home) as made:
        yield made


def fails(way, *parcels):
    error = ways.fails(way, *parcels)
    assert "wJalr" not in str(error)
    return error


# What is asked


def test_a_letter_is_taken(tmp_path):
    one = parcel()
    with account(tmp_path) as (stub, way):
        (answer,) = send(way, one)
    (seen,) = stub.seen
    (message,) = stub.rules.messages
    assert stub.taken == [one.letter]
    assert answer.provider_id.startswith("0100")
    assert message["Content"]["Raw"]["Data"] == one.data  # to the byte
    assert message["Destination"] == {"ToAddresses": [one.recipient]}
    assert message["FeedbackForwardingEmailAddress"] == one.sender
    assert (seen.method, seen.path) == ("POST", "/v2/email/outbound-emails")


@pytest.mark.parametrize("words", ways.HOSTILE)
def test_whatever_is_typed_goes_as_it_is(tmp_path, words):
    one = parcel(**ways.in_all(words))
    with account(tmp_path) as (stub, way):
        send(way, one)
    assert stub.rules.messages[0]["Content"]["Raw"]["Data"] == one.data


def test_the_message_keeps_its_sender(tmp_path):
    """A FromEmailAddress would take the place of the name in From."""
    with account(tmp_path) as (stub, way):
        send(way)
    assert not {"FromEmailAddress", "ReplyToAddresses"} & set(stub.rules.messages[0])


def test_tracking_is_off_in_every_letter(tmp_path):
    with account(tmp_path) as (stub, way):
        send(way)
    assert stub.rules.messages[0]["ConfigurationOverrides"] == {
        "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
    }


def test_options(tmp_path):
    with account(tmp_path, "&configuration=letters_1&verp=off") as (stub, way):
        send(way)
    (message,) = stub.rules.messages
    assert message["ConfigurationSetName"] == "letters_1"
    assert "FeedbackForwardingEmailAddress" not in message


def test_credentials_for_a_time():
    request = ses_from_url(f"{ADDRESS}?token=abc%2Fdef").ask([parcel()])
    assert request.headers["X-Amz-Security-Token"] == "abc/def"
    assert "x-amz-security-token" in request.headers["Authorization"]


@pytest.mark.parametrize("letter", ["k2l3m4n5p6q7r8s9t0v1w2x3y4", "A-b_9"])
def test_payloads_are_those_of_the_official_model(letter):
    made = ses_from_url(f"{ADDRESS}?configuration=a").ask([parcel(letter)])
    assert ses.faults(ses.params(json.loads(made.body))) == ""
    # The judge can find fault: a word that the model does not know, a type that is wrong.
    told = ses.params(json.loads(made.body))
    assert "Destinaton" in ses.faults(told | {"Destinaton": {}})
    assert "EmailTags" in ses.faults(told | {"EmailTags": "letter"})


def test_one_connection_carries_many(tmp_path):
    letters = [parcel(f"letter{number}") for number in range(20)]
    with account(tmp_path) as (stub, way):
        send(way, *letters)
    assert stub.taken == [one.letter for one in letters]
    assert stub.connections == 1


# Addresses


def partitions():
    loaded = Loader().load_data("endpoints")
    return [
        (region, partition["dnsSuffix"])
        for partition in loaded["partitions"]
        for region in partition["services"].get("email", {}).get("endpoints", {})
        if partition["partition"] in {"aws", "aws-cn", "aws-us-gov"} and "fips" not in region
    ]


@pytest.mark.parametrize(("region", "suffix"), partitions())
def test_where_each_region_is_asked(region, suffix):
    made = ses_from_url(f"ses://AKID:secret@{region}")
    assert made.base == f"https://email.{region}.{suffix}"
    assert made.account == f"ses://{region}"


def test_it_is_a_provider():
    made: Provider = ses_from_url(ADDRESS)
    assert (made.name, made.batch, made.spacing) == ("ses", 1, 0.0)


@pytest.mark.parametrize(
    "address",
    [
        "ses:", "ses://", "ses://AKID@us-east-1", "ses://AKID:s3cret", "ses://AKID:s3cret@",
        "ses://:s3cret@us-east-1", "ses://AKID:@us-east-1", "ses://AKID:s3cret@useast1",
        "ses://AKID:s3cret@us-east-1.evil.example", "ses://AKID:s3cret@us-east-1/x",
        "ses://AKID:s3/cret@us-east-1", "ses://AKID:s3cret@us-east-1?region=x",
        "ses://AKID:s3cret@us-east-1?configuration=",
        "ses://AKID:s3cret@us-east-1?configuration=a b",
        "ses://AKID:s3cret@us-east-1?verp=no", "ses://AKID:s3cret@us-east-1?api=http://a.example",
        "ses://AKID:s3 cret@us-east-1", "ses://AKID:s3cret@US-EAST-1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_right(address, tmp_path):
    with pytest.raises(SettingsError) as caught:
        from_url(address, tmp_path)
    assert str(caught.value).startswith("MAILER_TRANSPORT: ")
    assert "s3" not in str(caught.value)


def test_secrets_are_not_shown(tmp_path):
    made = ses_from_url(f"{ADDRESS}?token=t0ken")
    shown = (
        repr(made) + repr(made.ask([parcel()])) + made.account + repr(from_url(ADDRESS, tmp_path))
    )
    assert not re.search("wJalr|t0ken|Signature", shown)


# What answers mean


def reply(status, name="", text="no", *, inside=False):
    headers = {} if inside else {"x-amzn-errortype": f"{name}:http://internal.amazon.com/"}
    told = {"message": text} | ({"__type": f"com.amazonaws.ses#{name}"} if inside else {})
    return Reply(status=status, headers=headers, body=json.dumps(told).encode())


def meant(*arguments, **options):
    (found,) = ses_from_url(ADDRESS).read([parcel()], reply(*arguments, **options))
    assert isinstance(found, SendError)
    return found


STOPS = [
    (400, "AccountSuspendedException", "no", None),
    (400, "SendingPausedException", "no", None),
    (400, "LimitExceededException", "no", 600.0),
    (400, "LimitExceededException", "Daily message quota exceeded", 600.0),
    (429, "TooManyRequestsException", "Daily message quota exceeded.", 600.0),
    (400, "ThrottlingException", "Daily message quota exceeded.", 600.0),
    (400, "MailFromDomainNotVerifiedException", "no", None),
    (400, "MessageRejected", "Email address is not verified. The following ... x@y.example", None),
    (400, "MessageRejected", "Sending suspended for this account", None),
    (404, "NotFoundException", "Configuration set <a> does not exist.", None),
    (400, "BadRequestException", "Configuration set <a> is not ready", None),
    (403, "InvalidSignatureException", "The request signature we calculated does not match", None),
    (403, "SignatureDoesNotMatch", "no", None),
    (403, "UnrecognizedClientException", "The security token ... is invalid", None),
    (403, "InvalidClientTokenId", "no", None),
    (403, "ExpiredTokenException", "The security token ... is expired", None),
    (403, "AccessDeniedException", "User ... is not authorized to perform ses:SendEmail", None),
    (403, "", "no", None),
    (404, "UnknownOperationException", "", None),
]


@pytest.mark.parametrize(("status", "name", "text", "after"), STOPS)
@pytest.mark.parametrize("inside", [False, True], ids=["header", "body"])
def test_what_stops_the_account_and_calls_staff(status, name, text, after, inside):
    error = meant(status, name, text, inside=inside)
    assert decision(error) == (Next.STOP, after, False, True)
    assert error.code == f"{status} {name}".strip() or error.code == str(status)
    assert "x@y.example" not in str(error)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RequestTimeTooSkewed", "The difference ... is too large"),
        ("RequestExpired", "no"),
        (
            "InvalidSignatureException",
            "Signature expired: 20270101T000000Z is now earlier than ...",
        ),
        ("InvalidSignatureException", "Signature not yet current: 2027 is still later than ..."),
        ("SignatureDoesNotMatch", "Signature expired: 2027 is now earlier than 2028"),
    ],
)
def test_a_wrong_clock_is_called_a_wrong_clock(name, text):
    error = meant(403, name, text)
    assert decision(error) == (Next.STOP, None, False, True)
    assert "clock" in error.reason


@pytest.mark.parametrize(
    ("status", "name"),
    [(429, "TooManyRequestsException"), (400, "ThrottlingException"), (400, "Throttling")],
)
def test_too_many_a_second_waits_a_second_and_calls_nobody(status, name):
    error = meant(status, name, "Maximum sending rate exceeded.")
    assert decision(error) == (Next.STOP, 1.0, False, False)


@pytest.mark.parametrize("name", ["MessageRejected", "BadRequestException", "", "NewException"])
def test_what_is_the_letters_own_fault(name):
    assert decision(meant(400, name, "it holds a virus")) == (Next.FAIL, None, False, False)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_failed_with_the_letter_in_its_hands(status):
    error = meant(status, "InternalFailure")
    assert (error.then, error.maybe_accepted) == (Next.STOP, True)


def test_not_now():
    assert decision(meant(503, "ServiceUnavailable")) == (Next.STOP, None, False, False)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"MessageId": null}', b"3"])
def test_success_without_an_id_leaves_doubt(body):
    (error,) = ses_from_url(ADDRESS).read([parcel()], Reply(status=200, body=body))
    assert isinstance(error, SendError)
    assert error.maybe_accepted


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"message": 3}', b"\xff"])
def test_refusals_that_say_nothing(body):
    (error,) = ses_from_url(ADDRESS).read([parcel()], Reply(status=403, body=body))
    assert decision(error) == (Next.STOP, None, False, True)


def test_every_rule_is_needed():
    """Of what can be said by a rule's names and words, something is decided by that rule."""
    reached = {
        meant(400, name, f"x {word} y").reason
        for rule in RULES
        for name in rule.names
        for word in rule.words or ("",)
    }
    assert {rule.why for rule in RULES} <= reached


def test_the_docs_list_every_rule():
    page = (ROOT / "docs" / "transports.md").read_text(encoding="utf-8")
    section = page.partition("### Amazon SES")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    for rule in RULES:
        stem, word = rule.names[0].removesuffix("Exception"), (*rule.words, "")[0]
        then = "staff" if rule.act else "stop"
        assert any(stem in row and word in row and then in row for row in rows), rule


# A whole account that goes wrong


@pytest.mark.parametrize(
    ("trouble", "more", "then", "maybe", "taken"),
    [
        (Trouble.CUT_BEFORE, {}, Next.STOP, None, 0),
        (Trouble.CUT_AFTER, {}, Next.STOP, True, 1),
        (Trouble.CUT_WITHIN, {}, Next.STOP, True, 1),
        (Trouble.SLOW, {"seconds": 3.0}, Next.STOP, True, 1),
        (Trouble.RUBBISH, {}, Next.STOP, True, 1),
        (Trouble.STATUS, {"status": 401}, Next.STOP, False, 0),
        (Trouble.STATUS, {"status": 403}, Next.STOP, False, 0),
        (Trouble.STATUS, {"status": 400}, Next.FAIL, False, 0),
        (Trouble.STATUS, {"status": 429}, Next.STOP, False, 0),
        (Trouble.STATUS, {"status": 503, "after": 30.0}, Next.STOP, False, 0),
        (Trouble.STATUS, {"status": 500}, Next.STOP, True, 0),
        (Trouble.STATUS_AFTER, {"status": 500}, Next.STOP, True, 1),
    ],
)
def test_troubles(tmp_path, trouble, more, then, maybe, taken):
    """Whatever was taken is said to be doubtful at least; then the next letter goes."""
    with account(tmp_path, "&timeout=1") as (stub, way):
        stub.trouble(trouble, **more)
        error = fails(way)
        assert error.then is then
        if maybe is not None:
            assert error.maybe_accepted is maybe
        assert len(stub.taken) == taken
        assert not stub.taken or error.maybe_accepted
        if trouble is not Trouble.SLOW:
            send(way, parcel("second"))
            assert stub.taken[taken:] == ["second"]


def test_a_hint_of_what_stands_between(tmp_path):
    with account(tmp_path) as (stub, way):
        stub.trouble(Trouble.STATUS, status=503, after=30.0)
        assert fails(way).after == 30.0
        stub.trouble(Trouble.STATUS, status=429, after=7.0)
        assert fails(way).after == 7.0


def test_a_suspended_account(tmp_path):
    with account(tmp_path) as (stub, way):
        stub.suspended = True
        error = fails(way)
        assert decision(error) == (Next.STOP, None, False, True)
        stub.suspended = False
        send(way)
    assert len(stub.taken) == 1


def test_a_wrong_secret(tmp_path):
    with account(tmp_path) as (stub, _):
        wrong = from_url(f"ses://AKIDEXAMPLE:other@ca-central-1?api={stub.url}", tmp_path)
        error = fails(wrong)
    assert decision(error) == (Next.STOP, None, False, True)
    assert "secret" in error.reason
    assert stub.taken == []


def test_an_unknown_key(tmp_path):
    with account(tmp_path) as (stub, _):
        error = fails(from_url(f"ses://AKIDOTHER:x@ca-central-1?api={stub.url}", tmp_path))
    assert decision(error) == (Next.STOP, None, False, True)


def test_a_clock_that_is_wrong(tmp_path):
    with account(tmp_path, clock=lambda: time.time() + 400) as (_, way):
        assert "clock" in fails(way).reason


def test_a_domain_that_is_not_verified(tmp_path):
    with account(tmp_path, verified={"campaign.example"}) as (stub, way):
        error = fails(way)  # bounces go to another domain, which Amazon does not know
        assert decision(error) == (Next.STOP, None, False, True)
        assert "MAILER_REPLY_DOMAIN" in error.reason
        stub.rules.verified.add("bounces.campaign.example")
        send(way)
    assert len(stub.taken) == 1


# The doctor's look


def test_what_the_account_may_send(tmp_path):
    with account(tmp_path) as (stub, way):
        assert way.probe() == (
            "Amazon SES in ca-central-1: at most 14 mails a second, 50000 in 24 hours, 12 sent"
        )
        stub.rules.account |= {"ProductionAccessEnabled": False, "EnforcementStatus": "PROBATION"}
        stub.rules.quota["Max24HourSend"] = -1.0
        found = way.probe()
    assert "any number in 24 hours" in found
    assert "sandbox" in found
    assert "under review" in found
    assert stub.taken == []


@pytest.mark.parametrize("told", [{"SendingEnabled": False}, {"EnforcementStatus": "SHUTDOWN"}])
def test_an_account_that_may_send_nothing(tmp_path, told):
    with account(tmp_path) as (stub, way):
        stub.rules.account |= told
        with pytest.raises(SendError) as caught:
            way.probe()
    assert caught.value.account


def test_a_key_that_may_send_but_not_look():
    found = ses_from_url(ADDRESS).found(reply(403, "AccessDeniedException", "ses:GetAccount"))
    assert "knows the key" in found


@pytest.mark.parametrize("status", [403, 500, 404])
def test_a_look_that_fails(status):
    with pytest.raises(SendError):
        ses_from_url(ADDRESS).found(reply(status, "UnrecognizedClientException"))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"SendingEnabled": 1}'])
def test_a_look_at_something_else(body):
    with pytest.raises(SendError):
        ses_from_url(ADDRESS).found(Reply(status=200, body=body))


def test_odd_figures():
    told = b'{"SendingEnabled": true, "SendQuota": {"MaxSendRate": "x", "Max24HourSend": null}}'
    assert "in 24 hours" in ses_from_url(ADDRESS).found(Reply(status=200, body=told))


# moto, a second judge that we did not write


@pytest.fixture(scope="session")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_moto_takes_a_letter(moto, tmp_path):
    way = from_url(f"ses://testing:testing@us-east-1?api={moto}", tmp_path)
    refused = fails(way)
    assert refused.then in {Next.FAIL, Next.STOP}  # the sender is not known to it yet
    signed = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20270101/us-east-1/ses/aws4_request"
    }
    body = json.dumps({"EmailIdentity": "campaign.example"})
    requests.post(f"{moto}/v2/email/identities", body, headers=signed, timeout=10)
    one = parcel()
    (answer,) = send(way, one)
    (kept,) = requests.get(f"{moto}/moto-api/data.json", timeout=10).json()["ses"]["RawMessage"]
    assert kept["id"] == answer.provider_id
    assert kept["source"] == one.mail.from_address
    assert kept["raw_data"].encode() == one.data
