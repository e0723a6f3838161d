"""Each provider's own calls, as it proves them: forged, changed, stale and repeated ones too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from mailer.config import Settings
from mailer.db import Store
from mailer.status import State
from mailer.web import create_app
from tests.conftest import Clock
from tests.storms.voices import MAKERS, News, Said, Voice
from tests.test_web_hooks import counted, kept, sent, state

UNSIGNED = {"postmark", "brevo"}  # they show a secret: neither their words nor a time is proven
TRIES = {"ses": 3900.0}  # seconds for which a provider repeats what it has signed once


@pytest.fixture(params=sorted(MAKERS))
def voice(request: pytest.FixtureRequest) -> Voice:
    return MAKERS[request.param]()


@pytest.fixture
def ledger(new_sqlite: Callable[[], str], clock: Clock) -> Iterator[Store]:
    store = Store(new_sqlite(), clock=clock)
    yield store
    store.close()


@pytest.fixture
def app(settings: Settings, ledger: Store, voice: Voice) -> Flask:
    hooks = {voice.name: voice.keys}
    known = {voice.name: voice.hook}
    return create_app(replace(settings, hooks=hooks, sns_topic=voice.keys[0]), ledger, known=known)


def post(app: Flask, voice: Voice, said: Said) -> int:
    body, headers = said
    answer = app.test_client().post(f"/hooks/{voice.name}", data=body, headers=headers)
    return answer.status_code


def test_its_own_call_counts_while_it_is_fresh_and_once_however_often_it_comes(
    app: Flask, ledger: Store, clock: Clock, voice: Voice
) -> None:
    key = sent(ledger, clock)
    delivered = voice.tell(News(letter=key, bounced=False, id="e1", at=clock.now))
    bounced = voice.tell(News(letter=key, bounced=True, id="e2", at=clock.now + 1))
    assert [post(app, voice, said) for said in (delivered, bounced, delivered)] == [200, 200, 200]
    assert state(ledger, key) == State.BOUNCED
    late = TRIES.get(voice.name, 300.0)
    for seconds, status in ((late + 2, 401), (late - 2, 200)):
        news = News(letter=key, bounced=False, id=f"e{seconds}", at=clock.now - seconds)
        assert post(app, voice, voice.tell(news)) == (200 if voice.name in UNSIGNED else status)
    assert state(ledger, key) == State.BOUNCED
    assert kept(ledger) == 4 - (voice.name not in UNSIGNED)


def test_a_call_that_is_forged_or_changed_is_refused(
    app: Flask, ledger: Store, clock: Clock, voice: Voice
) -> None:
    """Mailgun's signature covers no words, so the call that was changed must be the second."""
    key, other = sent(ledger, clock), sent(ledger, clock)
    news = News(letter=key, bounced=True, id="e1", at=clock.now)
    body, headers = voice.tell(news)
    refused = [voice.forge(news), *([(body, {})] if headers else [])]
    assert {post(app, voice, one) for one in refused} == {401}
    assert state(ledger, key) == State.SENT
    assert counted(app, clock) == {f"{voice.name} refused": len(refused)}
    assert post(app, voice, (body, headers)) == 200
    if voice.name in UNSIGNED:
        return  # whoever knows the secret can say anything
    changed = body.replace(key.encode(), other.encode())
    assert changed != body
    assert post(app, voice, (changed, headers)) == 401
    assert state(ledger, other) == State.SENT
