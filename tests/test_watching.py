"""What machines that watch are told: ready or why not, figures, lines, alerts by URL."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailer import logs, outbound
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import alert, letter
from mailer.errors import OutboundError
from mailer.outbound import Net
from mailer.outbox import bell
from mailer.sendlog import pulse
from mailer.status import State
from mailer.submissions import accept, alerts, undecided
from mailer.submissions.alerts import Desk
from mailer.web import create_app
from mailer.web.timing import BOUNDS, Timings
from mailer.worker.ringing import ringing
from tests.conftest import Clock
from tests.factories import SENDER, draft, supporter

LOCAL = {"base_url": "http://127.0.0.1:8000", "headers": {"Host": "127.0.0.1:8000"}}


def beat(store: Store) -> None:
    with store.write() as tx:
        pulse.beat(tx, now=store.now(tx))


# --- /readyz -----------------------------------------------------------------------------------


def test_ready_says_why_not(settings: Settings, store: Store, clock: Clock) -> None:
    visitor = create_app(settings, store).test_client()
    assert visitor.get("/readyz").status_code == 503
    assert "no worker has been heard yet" in visitor.get("/readyz").text
    beat(store)
    assert visitor.get("/readyz").text == "ready\n"
    clock.pass_(121)
    late = visitor.get("/readyz")
    assert (late.status_code, late.headers["Cache-Control"]) == (503, "no-store")
    assert late.text == ("no worker has been heard for 121 seconds: is `mailer worker` running?\n")
    assert visitor.get("/healthz").text == "alive\n"


def test_all_reasons_are_told_and_no_secret(tmp_path: Path) -> None:
    bare = Settings(home=tmp_path, secret_keys=("k" * 40,))
    (tmp_path / "officials.yaml").write_text("officials: [")
    url = f"sqlite:///{tmp_path}/new.db"
    with closing(Store(url)) as empty:
        why = create_app(bare, empty).test_client().get("/readyz").text
    assert "the database is empty, this program needs version" in why
    assert "no good version: run `mailer check`" in why
    assert str(tmp_path) not in why
    with closing(Store("postgresql+psycopg://user:geheim@127.0.0.1:9/x")) as away:
        why = create_app(bare, away).test_client().get("/readyz").text
    assert "the database cannot be reached" in why
    assert "geheim" not in why


# --- /metrics ----------------------------------------------------------------------------------


def test_figures_are_for_this_machine_or_for_who_shows_the_token(
    settings: Settings, store: Store
) -> None:
    open_ = create_app(settings, store).test_client()
    assert open_.get("/metrics", **LOCAL).status_code == 200
    assert open_.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    near = {"headers": {**LOCAL["headers"], "X-Forwarded-For": "192.0.2.7"}}
    far = open_.get("/metrics", **near)
    assert (far.status_code, far.content_type) == (403, "text/plain; charset=utf-8")
    shut = create_app(replace(settings, metrics_token="t" * 20), store).test_client()
    for shown in ("", "Bearer", "Bearer " + "t" * 19, "Basic " + "t" * 20, "Bearer é"):
        refused = shut.get("/metrics", headers={"Authorization": shown})
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    let = {"Authorization": "Bearer " + "t" * 20}
    assert shut.get("/metrics", headers=let).status_code == 200


def samples(text: str) -> dict[str, float]:
    """Every sample of a page of figures, by name and labels."""
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_the_figures_tell_what_waits_and_how_long(
    settings: Settings, store: Store, clock: Clock
) -> None:
    accept(store, draft())
    visitor = create_app(settings, store).test_client()
    clock.pass_(90)
    beat(store)
    clock.pass_(5)
    shown = visitor.get("/metrics", **LOCAL)
    assert shown.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(shown.text)
    assert found["mailer_oldest_due_seconds"] == 95
    assert found["mailer_worker_heard_seconds"] == 5
    assert found["mailer_lanes_paused"] == 0
    visitor.get("/nothing/")
    visitor.get("/healthz")
    found = samples(visitor.get("/metrics", **LOCAL).text)
    assert found['mailer_request_seconds_count{page="health",status="2xx"}'] == 1
    assert found['mailer_request_seconds_bucket{page="health",status="2xx",le="+Inf"}'] == 1
    assert "ann@" not in shown.text
    assert "exams" not in shown.text


def test_processes_count_together_and_counts_outlive_them() -> None:
    timings = Timings(slots=3)
    for _ in range(3):  # more in all than there are slots
        child = os.fork()
        if not child:
            timings.count(1, 2, 0.02)
            os._exit(0)
        os.waitpid(child, 0)
    timings.count(1, 2, 99.0)
    (found,) = timings.series()
    assert (found.page, found.status) == (1, 2)
    assert sum(found.buckets) == 4
    assert found.buckets[-1] == 1
    assert len(found.buckets) == len(BOUNDS) + 1
    assert found.seconds == pytest.approx(99.06)


# --- lines -------------------------------------------------------------------------------------


def line(form: str, message: str, *words: object, fault: Exception | None = None) -> str:
    """A line as it is written."""
    try:
        if fault:
            raise fault
        given = None
    except type(fault or ValueError):
        given = sys.exc_info()
    record = logging.LogRecord("mailer.x", logging.ERROR, __file__, 1, message, words, given)
    return logs.formatter(form, "web").format(record)


@pytest.mark.parametrize("form", ["plain", "json"])
def test_a_line_is_one_line_about_nobody(form: str) -> None:
    said = line(
        form, "failed: %s", "<ann@supporter.example> 192.0.2.7 2001:db8::1 said\r\nmailer: forged "
        "/receipt/abc123?q=1 \u202e\x1b[31m mailbox:office@ministry.example 127.0.0.1",
        fault=ValueError("ann@supporter.example"),
    )  # fmt: skip
    for hidden in ("ann@", "192.0.2.7", "2001:db8", "abc123", "q=1", "\u202e", "\x1b", "\r"):
        assert hidden not in said
    assert "mailbox:office@ministry.example" in said
    assert "127.0.0.1" in said
    assert "ValueError" in said
    if form == "json":
        told = json.loads(said)
        assert "\n" not in said
        assert (told["level"], told["part"], told["error"]) == ("error", "web", "ValueError")
        assert told["where"][0].endswith("in line")
    else:
        assert said.splitlines()[0].startswith("mailer: failed")
        assert not [one for one in said.splitlines()[1:] if one.startswith("mailer:")]


def test_whatever_is_logged_is_written_as_set(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:], logging.root.level
    stream = io.StringIO()
    try:
        logs.set_up("json", "worker", "INFO", stream)
        logging.getLogger("mailer.worker").info("to %s", "ann@supporter.example")
    finally:
        logging.root.handlers[:] = before[0]
        logging.root.setLevel(before[1])
    assert json.loads(stream.getvalue())["message"] == "to (address)"


# --- alerts by URL -----------------------------------------------------------------------------


class Room:
    """A chat room on loopback that hears, or is out of order."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self.status = 200
        room = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = self.rfile.read(int(self.headers["Content-Length"]))
                room.heard.append(json.loads(said))
                self.send_response(room.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/secret"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.close()


def ring(store: Store, settings: Settings, net: Net | None = None) -> None:
    ringing(settings, store, net)(threading.Event())


def waiting(store: Store) -> list[int]:
    with store.read() as tx:
        return list(tx.execute(select(alert.c.tries).order_by(alert.c.id)).scalars())


def fail(store: Store) -> None:
    accept(store, draft())
    with store.write() as tx:
        tx.execute(update(letter).values(state=State.FAILED, reason="refused"))
        alerts.gather(tx, tx.execute(select(letter)).all())
    alerts.tell_failed(store, Desk(sender=SENDER))


def test_failed_letters_are_told_by_url_without_any_mail(
    settings: Settings, store: Store, room: Room, clock: Clock
) -> None:
    fail(store)
    told = replace(settings, alert_url=room.url)
    ring(store, told)
    ring(store, told)
    (heard,) = room.heard
    assert heard["text"] == heard["content"]
    assert "minister-1" in heard["text"]
    assert "ann@" not in json.dumps(heard)
    assert waiting(store) == []
    with store.read() as tx:
        kinds = tx.execute(select(letter.c.kind)).scalars().all()
    assert set(kinds) == {"letter"}


def test_a_room_out_of_order_is_told_again_later(
    settings: Settings, store: Store, room: Room, clock: Clock
) -> None:
    room.status = 500
    with store.write() as tx:
        bell.ring(tx, "one", "first", now=clock.now)
    told = replace(settings, alert_url=room.url)
    ring(store, told)
    ring(store, told)
    assert (len(room.heard), waiting(store)) == (1, [1]), "not at once"
    room.status = 302
    clock.pass_(30)
    ring(store, told)
    assert (len(room.heard), waiting(store)) == (2, [2]), "a redirect is not followed"
    room.status = 204
    clock.pass_(60)
    ring(store, told)
    assert waiting(store) == []
    with store.write() as tx:
        bell.ring(tx, "two", "stale", now=clock.now - bell.GIVE_UP - 1)
    ring(store, told)
    assert (len(room.heard), waiting(store)) == (3, []), "nobody wants to hear of yesterday's"


def test_without_a_url_nothing_piles_up(settings: Settings, store: Store, clock: Clock) -> None:
    with store.write() as tx:
        bell.ring(tx, "one", "first", now=clock.now)
    ring(store, settings)
    assert waiting(store) == []


def test_only_in_development_may_it_be_this_machine(room: Room) -> None:
    where = {"hosts": frozenset({room.url.split("/")[2]}), "most": 100, "seconds": 5.0}
    for net in (Net(), Net(here=True, allowed=lambda _: True)):
        allowed = net.here
        if allowed:
            assert outbound.post(room.url, b"{}", net=net, **where).status == 200
        else:
            with pytest.raises(OutboundError):
                outbound.post(room.url, b"{}", net=net, **where)
    inside = Net(here=True, resolve=lambda *_: [("10.0.0.1", 80)], allowed=lambda _: True)
    with pytest.raises(OutboundError, match="not public"):
        outbound.post("http://a.example/", b"{}", hosts=frozenset({"a.example"}), most=9,
                      seconds=1.0, net=inside)  # fmt: skip


def test_what_waits_for_a_person_is_told_once_and_then_not_too_often(
    store: Store, clock: Clock
) -> None:
    def hold(how: State) -> None:
        accept(store, draft(supporter(name=f"Ann {clock.now}", email=f"a{clock.now}@s.example")))
        with store.write() as tx:
            now_held = update(letter).where(letter.c.state == State.QUEUED)
            tx.execute(now_held.values(state=how, on_uncertain="hold"))

    desk = Desk(sender=SENDER)
    assert undecided.tell(store, desk) == 0
    hold(State.REVIEW)
    assert undecided.tell(store, desk) == 2
    assert undecided.tell(store, desk) == 0, "once"
    clock.pass_(3600)
    hold(State.UNCERTAIN)
    assert undecided.tell(store, desk) == 0, "not too often"
    clock.pass_(undecided.QUIET)
    assert undecided.tell(store, desk) == 4
    with store.write() as tx:
        text = tx.execute(select(alert.c.text).order_by(alert.c.id.desc())).scalars().first()
        tx.execute(update(letter).values(state=State.SENT))
    assert text is not None
    assert "2 letters are held" in text
    assert "2 letters are in doubt" in text
    assert undecided.tell(store, desk) == 0
    clock.pass_(undecided.QUIET)
    hold(State.REVIEW)
    assert undecided.tell(store, desk) == 2, "what comes after is new"
