"""Webhooks: what is proven is kept, once; what is not is refused and counted."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from mailer import events
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter, letter_event
from mailer.db.schema import news as table
from mailer.errors import OutboundError
from mailer.status import State
from mailer.transports.api import HOOKS
from mailer.transports.api.base import Call, Forged, Hook, News, Said
from mailer.web import create_app
from mailer.web.counting import Counting
from mailer.web.hooks import LARGEST, keys
from mailer.web.services import Services
from tests.conftest import Clock
from tests.factories import recipients
from tests.staff_letters import hand_over, send, write

KEY = "a key of the pages"
QUESTION = "https://sns.example/confirm?token=1"


class PlainHook:
    """Proven by a header, read as a list of [id, letter, said]."""

    name = "mailgun"

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:
        """Raise Forged unless the headers have one of the keys, and a time of these minutes."""
        if call.headers.get("x-key") not in keys:
            raise Forged("it is not signed")
        if abs(float(call.headers.get("x-at", now)) - now) > 300:
            raise Forged("it is too old")

    def read(self, call: Call) -> Sequence[News]:
        """The events; raises ValueError."""
        told = json.loads(call.body)
        return [News(id=key, letter=about, said=Said(said), kind=said) for key, about, said in told]


class OnceHook(PlainHook):
    """Its signature covers the header only."""

    def once(self, call: Call) -> str:
        """What was signed."""
        return call.headers.get("x-token", "")


class UnreadyHook(PlainHook):
    """What proves its calls cannot be had."""

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:
        """Raise OutboundError."""
        raise OutboundError(f"no key for {len(call.body)} bytes at {now}: {len(keys)}")


class AskingHook(PlainHook):
    """Asks before it tells."""

    hosts = frozenset({"sns.example"})

    def asked(self, call: Call) -> str:
        """The question's address."""
        return QUESTION if call.body == b"may I?" else ""


@dataclass(kw_only=True)
class Net:
    """Notes what was fetched; `down` fails."""

    fetched: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    down: bool = False

    def __call__(self, url: str, hosts: frozenset[str]) -> None:
        self.fetched.append((url, hosts))
        if self.down:
            raise OutboundError("nobody answers there")


@pytest.fixture
def set_up(settings: Settings) -> Settings:
    return replace(settings, hooks={"mailgun": (KEY, "an older one"), "brevo": ()})


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
def app(set_up: Settings, store: Store, net: Net) -> Flask:
    known: dict[str, Hook] = {
        "mailgun": PlainHook(), "brevo": PlainHook(), "ses": AskingHook(),
        "sendgrid": UnreadyHook(),
    }  # fmt: skip
    return create_app(replace(set_up, sns_topic=KEY), store, known=known, fetch=net)


def call(
    app: Flask, told: Any, *, key: str = KEY, provider: str = "mailgun", **more: str
) -> TestResponse:  # fmt: skip
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    headers = {"X-Key": key} | more
    return app.test_client().post(f"/hooks/{provider}", data=body, headers=headers)


def kept(store: Store) -> int:
    with store.read() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def counted(app: Flask, clock: Clock) -> dict[str, int]:
    """What a process that stops now has counted."""
    serving: Services = app.extensions["mailer"]
    serving.counting.write(serving.store)
    return tallied(serving.store, clock)


def tallied(store: Store, clock: Clock) -> dict[str, int]:
    with store.read() as tx:
        return events.tally(tx, "hook ", days=1, now=clock.now)


def state(store: Store, about: str) -> str:
    with store.read() as tx:
        return str(tx.execute(select(letter.c.state).where(letter.c.id == about)).scalar_one())


def sent(store: Store, clock: Clock) -> str:
    write(store, 1, to=recipients(1))
    return send(store, clock)[0].id


def test_what_is_proven_reaches_its_letter(app: Flask, store: Store, clock: Clock) -> None:
    key = sent(store, clock)
    answer = call(app, [["e1", key, "delivered"]])
    assert (answer.status_code, answer.text) == (200, "kept\n")
    assert state(store, key) == State.DELIVERED
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert counted(app, clock) == {}


def test_an_older_key_still_proves(app: Flask) -> None:
    assert call(app, [], key="an older one").status_code == 200


@pytest.mark.parametrize("key", ["", "a key", KEY + "x"])
def test_what_is_not_proven_is_refused_and_counted(
    app: Flask, store: Store, clock: Clock, key: str
) -> None:
    about = sent(store, clock)
    answer = call(app, [["e1", about, "delivered"]], key=key)
    assert (answer.status_code, answer.text) == (401, "this call is not proven\n")
    assert state(store, about) == State.SENT
    assert kept(store) == 0
    assert counted(app, clock) == {"mailgun refused": 1}


@pytest.mark.parametrize(("late", "status"), [(299, 200), (301, 401), (-301, 401)])
def test_what_is_stale_is_refused(app: Flask, clock: Clock, late: float, status: int) -> None:
    assert call(app, [], **{"X-At": str(clock.now - late)}).status_code == status


def test_it_is_proven_before_it_is_read(app: Flask, store: Store) -> None:
    assert call(app, b"{no JSON", key="wrong").status_code == 401
    assert kept(store) == 0


def test_without_a_key_nobody_is_believed(app: Flask, store: Store, clock: Clock) -> None:
    assert call(app, [], provider="brevo", key="").status_code == 401
    assert call(app, [], provider="brevo").status_code == 401
    assert counted(app, clock) == {"brevo refused": 2}


def test_a_flood_of_refused_calls_costs_one_write_a_second(
    app: Flask, store: Store, clock: Clock
) -> None:
    serving: Services = app.extensions["mailer"]
    serving.counting.every = 3600.0  # a second may be over before a slow machine's fifty calls are
    answers = [call(app, [], key="wrong").status_code for _ in range(50)]
    assert answers == [401] * 50
    assert tallied(store, clock) == {"mailgun refused": 1}, "the first is written at once"
    assert counted(app, clock) == {"mailgun refused": 50}
    assert counted(app, clock) == {"mailgun refused": 50}, "and nothing twice"


def test_what_is_counted_while_the_database_is_away_is_written_later(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    away = Store(f"sqlite:///{tmp_path}/none/mailer.db")
    counting = Counting()
    for _ in range(3):
        counting.count(away, "hook mailgun refused")
    counting.write(away)
    counting.write(store)
    away.close()
    assert tallied(store, clock) == {"mailgun refused": 3}


def test_a_process_that_ends_writes_what_it_has_counted(
    new_sqlite: Callable[[], str], clock: Clock
) -> None:
    url = new_sqlite()
    code = (
        "import sys; from mailer.db import Store; from mailer.web.counting import Counting\n"
        "one = Counting()\nfor _ in range(7): one.count(Store(sys.argv[1]), 'hook mailgun refused')"
    )
    subprocess.run([sys.executable, "-c", code, url], check=True, timeout=60)
    with closing(Store(url)) as store, store.read() as tx:
        assert events.tally(tx, "hook ", days=2, now=time.time()) == {"mailgun refused": 7}


def test_a_provider_we_do_not_know_has_no_page(app: Flask, store: Store, clock: Clock) -> None:
    assert call(app, [], provider="nobody").status_code == 404
    assert counted(app, clock) == {}, "no stranger names what is counted"


@pytest.mark.parametrize(("provider", "status"), [("mailgun", 406), ("ses", 400)])
def test_what_cannot_be_read_is_kept_for_staff(
    app: Flask, store: Store, clock: Clock, provider: str, status: int
) -> None:
    for _ in range(2):
        assert call(app, b"{no JSON", provider=provider).status_code == status
    with store.read() as tx:
        (stored,) = tx.execute(select(table)).all()
    assert (stored.source, stored.kind, stored.attention) == (provider, "unreadable", True)
    assert stored.raw == "{no JSON"
    assert counted(app, clock) == {f"{provider} unreadable": 2}


def test_a_letter_we_do_not_know_is_answered_as_any_other(
    app: Flask, store: Store, clock: Clock
) -> None:
    known = call(app, [["e1", sent(store, clock), "delivered"]])
    unknown = call(app, [["e2", "0" * 26, "delivered"]])
    assert (unknown.status_code, unknown.data) == (known.status_code, known.data)
    assert kept(store) == 2


def test_what_is_too_large_is_not_read(app: Flask, store: Store, clock: Clock) -> None:
    assert call(app, b"[" + b" " * LARGEST + b"]").status_code == 413
    assert call(app, b"[" + b" " * (LARGEST - 2) + b"]").status_code == 200
    assert counted(app, clock) == {"mailgun too large": 1}


@pytest.mark.parametrize(("length", "status"), [(LARGEST + 10, 413), (LARGEST - 10, 200)])
def test_what_comes_in_chunks_tells_no_length_and_is_not_read_either(
    app: Flask, length: int, status: int
) -> None:
    body = b"[" + b" " * (length - 2) + b"]"
    answer = app.test_client().post(
        "/hooks/mailgun", input_stream=io.BytesIO(body), headers={"X-Key": KEY},
        environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
def test_there_is_nothing_to_look_at(app: Flask, method: str) -> None:
    assert getattr(app.test_client(), method)("/hooks/mailgun").status_code == 405


def test_a_browsers_headers_change_nothing(app: Flask) -> None:
    headers = {"Origin": "https://provider.example", "Sec-Fetch-Site": "cross-site"}
    assert call(app, [], **headers).status_code == 200
    assert call(app, [], key="wrong", **headers).status_code == 401


def test_the_same_call_again_is_thanked_and_changes_nothing(
    app: Flask, store: Store, clock: Clock
) -> None:
    key = sent(store, clock)
    first = call(app, [["e1", key, "delivered"], ["e1", key, "delivered"]])
    call(app, [["e2", key, "bounced"]])
    again = call(app, [["e1", key, "delivered"]])
    assert (again.status_code, again.data) == (200, first.data)
    assert state(store, key) == State.BOUNCED
    assert kept(store) == 2


def test_the_same_call_from_many_sides_at_once_counts_once(
    app: Flask, store: Store, clock: Clock
) -> None:
    key, gate = sent(store, clock), threading.Barrier(8)
    answers: list[int] = []

    def post() -> None:
        gate.wait()
        answers.append(call(app, [["e1", key, "delivered"]]).status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    with store.read() as tx:
        told_of = select(func.count()).where(letter_event.c.external_id == "mailgun:e1")
        assert tx.execute(told_of).scalar_one() == 1


def test_what_comes_before_our_own_answer_counts(app: Flask, store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(1))
    claimed, _ = hand_over(store, clock)
    assert call(app, [["e1", claimed.id, "delivered"]]).status_code == 200
    assert state(store, claimed.id) == State.DELIVERED


def test_a_signature_that_covers_no_body_stands_for_one(
    set_up: Settings, store: Store, clock: Clock
) -> None:
    app = create_app(set_up, store, known={"mailgun": OnceHook()})
    key = sent(store, clock)
    token = {"X-Token": "t1"}
    assert call(app, [["e1", key, "delivered"]], **token).status_code == 200
    assert call(app, [["e1", key, "delivered"]], **token).status_code == 200
    assert call(app, [["e2", key, "bounced"]], **token).status_code == 401
    assert state(store, key) == State.DELIVERED
    assert counted(app, clock) == {"mailgun refused": 1}
    assert call(app, b"{no JSON", **token).status_code == 406


def test_a_question_is_answered_where_it_may_be(app: Flask, store: Store, net: Net) -> None:
    assert call(app, b"may I?", provider="ses").status_code == 200
    assert net.fetched == [(QUESTION, frozenset({"sns.example"}))]
    assert call(app, b"may I?", provider="ses", key="another topic").status_code == 401
    assert len(net.fetched) == 1
    assert kept(store) == 0


def test_a_question_that_cannot_be_answered_now_comes_again(app: Flask, net: Net) -> None:
    net.down = True
    answer = call(app, b"may I?", provider="ses")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


@pytest.mark.parametrize(("provider", "status"), [("mailgun", 503), ("brevo", 429)])
def test_while_the_database_is_away_the_call_comes_again(
    settings: Settings, tmp_path: Any, provider: str, status: int
) -> None:
    """Brevo takes 503 for a reason to give up."""
    broken = tmp_path / "no-database"
    broken.write_bytes(b"this is no database, and never was" * 100)
    hooks = replace(settings, hooks={provider: (KEY,)})
    app = create_app(hooks, Store(f"sqlite:///{broken}"), known={provider: PlainHook()})
    answer = call(app, [["e1", "0" * 26, "delivered"]], provider=provider)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "60")
    assert call(app, [], provider=provider, key="wrong").status_code == 401, "refused all the same"


def test_keys_are_those_of_the_settings(settings: Settings) -> None:
    full = replace(settings, hooks={"brevo": ("k1", "k2")}, sns_topic="arn:x")
    assert keys(full, "brevo") == ("k1", "k2")
    assert keys(full, "ses") == ("arn:x",)
    assert keys(settings, "brevo") == keys(settings, "ses") == ()


def elliptic() -> str:
    """A public key as SendGrid shows it."""
    encoding, form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return base64.b64encode(public.public_bytes(encoding, form)).decode()


def test_what_cannot_be_judged_yet_comes_again_and_is_told(
    app: Flask, store: Store, clock: Clock
) -> None:
    assert call(app, [], provider="sendgrid").status_code == 503
    assert counted(app, clock) == {"sendgrid not judged": 1}


GARBAGE = (
    b"", b"{", b"[]", b"{}", b"null", b"\xff\xfe", b'{"signature": 7}', b'{"Type": "Notification"}',
    b"[" * 100_000, b'{"signature": {"timestamp": "\xc3\xa9", "token": [], "signature": null}}',
)  # fmt: skip
ODD_HEADERS: tuple[dict[str, str], ...] = (
    {}, {"Authorization": "Basic \xe9"}, {"Authorization": "Basic Og=="},
    {"X-Twilio-Email-Event-Webhook-Signature": "!!", "X-Twilio-Email-Event-Webhook-Timestamp": "x"},
    {"svix-id": "", "svix-timestamp": "9" * 5000, "svix-signature": "v1,\xe9"},
)  # fmt: skip


@pytest.mark.parametrize("provider", sorted(HOOKS))
def test_every_provider_refuses_what_is_not_signed(
    settings: Settings, new_sqlite: Callable[[], str], clock: Clock, provider: str
) -> None:
    store = Store(new_sqlite(), clock=clock)
    topic = "arn:aws:sns:ca-central-1:123456789012:mail"
    some = dict.fromkeys(HOOKS, ("user:" + "k" * 32,)) | {"sendgrid": (elliptic(),)}
    for known in (settings, replace(settings, hooks=some, sns_topic=topic)):
        app = create_app(known, store)
        for body in GARBAGE:
            for odd in ODD_HEADERS:
                answer = app.test_client().post(f"/hooks/{provider}", data=body, headers=odd)
                assert answer.status_code == 401, (body[:40], odd)
        refused = counted(app, clock)
    assert kept(store) == 0
    assert refused == {f"{provider} refused": 2 * len(GARBAGE) * len(ODD_HEADERS)}
    store.close()
