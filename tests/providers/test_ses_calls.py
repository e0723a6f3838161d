"""Amazon's calls at /hooks/ses, signed and forged, down to the letter; on both engines."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from mailer.db.schema import letter, news
from mailer.errors import OutboundError
from mailer.transports.api.ses_hook import SesHook
from mailer.web import create_app
from tests.factories import recipients
from tests.providers.sns import (
    AUTHORITY,
    CONFIRM,
    HOST,
    NOW,
    OTHER,
    TOPIC,
    Shelf,
    bounce,
    event,
    notification,
    question,
    stamp,
)  # fmt: skip
from tests.staff_letters import send, write


class Net:
    """Where yes is said."""

    def __init__(self):
        self.said = []

    def __call__(self, url, hosts):
        self.said.append((url, hosts))


@pytest.fixture
def net():
    return Net()


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def app(settings, store, net, shelf):
    ours = replace(settings, sns_topic=TOPIC)
    return create_app(ours, store, known={"ses": SesHook(shelf)}, fetch=net)


def post(app, message):
    return app.test_client().post("/hooks/ses", json=message).status_code


def sent(store, clock):
    write(store, 1, to=recipients(1))
    return send(store, clock)[0].id


def told_of(key, kind="Bounce", **parts):
    parts = parts or {"bounce": bounce("Permanent", "General")}
    return notification(event(kind, mail={"tags": {"letter": [key]}}, **parts))


def state(store, key):
    with store.read() as tx:
        return tx.execute(select(letter.c.state).where(letter.c.id == key)).scalar_one()


def kept(store):
    with store.read() as tx:
        return tx.execute(select(func.count()).select_from(news)).scalar_one()


def test_a_bounce_reaches_its_letter_once(app, store, clock):
    key = sent(store, clock)
    message = AUTHORITY.sign(told_of(key))
    assert [post(app, message) for _ in range(3)] == [200, 200, 200]
    assert (state(store, key), kept(store)) == ("bounced", 1)


def test_delivered_then_delayed(app, store, clock):
    key = sent(store, clock)
    for kind in ("Delivery", "DeliveryDelay", "Send", "Something new"):
        assert post(app, AUTHORITY.sign(told_of(key, kind, x={}))) == 200
    assert (state(store, key), kept(store)) == ("delivered", 4)


def test_an_automatic_reply_is_no_bounce(app, store, clock):
    key = sent(store, clock)
    reply = bounce("Transient", "General", action="")
    assert post(app, AUTHORITY.sign(told_of(key, bounce=reply))) == 200
    assert (state(store, key), kept(store)) == ("sent", 1)


def forgeries():
    yield "unsigned", lambda told: told
    yield "somebody else's", OTHER.sign
    yield "changed", lambda told: AUTHORITY.sign(told) | {"Message": told["Message"] + " "}
    yield "stale", lambda told: AUTHORITY.sign(told | {"Timestamp": stamp(NOW - 5000)})
    yield "ahead", lambda told: AUTHORITY.sign(told | {"Timestamp": stamp(NOW + 5000)})
    yield "elsewhere", lambda told: AUTHORITY.sign(told) | {"SigningCertURL": "https://a.ca/a.pem"}
    yield "of another topic", lambda told: AUTHORITY.sign(told | {"TopicArn": TOPIC + "2"})


@pytest.mark.parametrize(("name", "forge"), list(forgeries()), ids=lambda one: str(one)[:20])
def test_forged_calls_change_nothing(app, store, clock, net, name, forge):
    key = sent(store, clock)
    assert post(app, forge(told_of(key))) == 401
    assert post(app, forge(question())) == 401
    assert (state(store, key), kept(store), net.said) == ("sent", 0, [])


def test_the_subscription_to_our_topic_is_confirmed(app, store, net):
    assert post(app, AUTHORITY.sign(question())) == 200
    assert net.said == [(CONFIRM, SesHook.hosts)]


@pytest.mark.parametrize(
    "url", ["https://evil.example/?Action=ConfirmSubscription", f"{HOST}/?Action=DeleteTopic"]
)
def test_nothing_else_is_asked_of_anybody(app, store, net, url):
    assert post(app, AUTHORITY.sign(question(SubscribeURL=url))) == 200
    assert net.said == []


def test_without_the_certificate_the_call_comes_again(app, store, clock, shelf):
    key = sent(store, clock)
    shelf.pem = OutboundError("not now")
    message = AUTHORITY.sign(told_of(key))
    assert post(app, message) == 503
    shelf.pem = AUTHORITY.pem
    assert post(app, message) == 200
    assert state(store, key) == "bounced"


def test_without_a_topic_nobody_is_believed(settings, store, shelf):
    app = create_app(settings, store, known={"ses": SesHook(shelf)})
    assert post(app, AUTHORITY.sign(question())) == 401
    assert shelf.asked == []
