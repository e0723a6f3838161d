"""The local outbox: for eyes at this machine alone, and safe whatever lies in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailer.config import Settings
from mailer.db import Store
from mailer.message import Mail, compose
from mailer.transports import Parcel, from_url
from mailer.web import create_app

HOSTILE = "<script>alert('name')</script>"


@pytest.fixture
def store(new_sqlite: Callable[[], str]) -> Iterator[Store]:
    opened = Store(new_sqlite())
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def keep(home: Path, name: str, data: bytes) -> None:
    line = from_url("maildir:var/outbox", home).connect()
    line.stage(Parcel(letter=name, sender="a@b.example", recipient="c@d.example", data=data))
    line.commit()
    line.close()


def mail(number: int = 1) -> bytes:
    return compose(
        Mail(
            from_name="Ann Example via Quiet exams", from_address="letters@campaign.example",
            reply_name="Ann Example", reply_address="ann@supporter.example",
            to_name=f"Minister {number}", to_address=f"minister-{number}@ministry.example",
            subject=f"Let exams be quiet, {number}", text=f"Dear Minister {number},\n\nÉté & <b>.",
            message_id=f"m{number}@campaign.example", date=1_800_000_000.0 + number,
        )
    )  # fmt: skip


def test_an_empty_box_says_what_to_do(client: FlaskClient) -> None:
    shown = client.get("/outbox/")
    assert shown.status_code == 200
    assert "Nothing lies here yet" in shown.text


def test_messages_are_listed_newest_first(client: FlaskClient, home: Path) -> None:
    for number in (1, 2, 3):
        keep(home, f"letter{number}", mail(number))
    shown = client.get("/outbox/").text
    assert "3 messages are kept on this machine" in shown
    places = [shown.index(f"Let exams be quiet, {number}") for number in (3, 2, 1)]
    assert places == sorted(places)
    assert "minister-2@ministry.example" in shown
    assert '<time datetime="2027-01-15T08:00:01Z">' in shown


def test_many_messages_come_in_pages(client: FlaskClient, home: Path) -> None:
    for number in range(53):
        keep(home, f"letter{number:02}", mail(number))
    first = client.get("/outbox/").text
    assert first.count("Let exams be quiet") == 50
    assert 'href="/outbox/?from=50"' in first
    second = client.get("/outbox/?from=50").text
    assert second.count("Let exams be quiet") == 3
    assert 'href="/outbox/?from=0"' in second
    for strange in ("-1", "9999", "x", "9" * 400):
        assert client.get(f"/outbox/?from={strange}").status_code == 200


def test_a_message_shows_its_headers_text_and_source(client: FlaskClient, home: Path) -> None:
    keep(home, "letter1", mail())
    shown = client.get("/outbox/letter1.mailer/")
    assert shown.status_code == 200
    for words in (
        "Let exams be quiet, 1",
        "minister-1@ministry.example",
        "ann@supporter.example",
        "Dear Minister 1,",
        "Été &amp; &lt;b&gt;.",
        "m1@campaign.example",
        "Content-Transfer-Encoding",
    ):
        assert words in shown.text, words
    assert 'src="/outbox/letter1.mailer/html"' in shown.text
    assert "<iframe" in shown.text
    assert " sandbox " in shown.text


def test_the_file_is_the_bytes_that_lie_there(client: FlaskClient, home: Path) -> None:
    keep(home, "letter1", mail())
    answer = client.get("/outbox/letter1.mailer/message.eml")
    assert answer.data == (home / "var/outbox/new/letter1.mailer").read_bytes()
    assert answer.mimetype == "message/rfc822"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="letter1.mailer.eml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def hostile() -> bytes:
    """A message nobody of ours would make: code wherever text can stand."""
    return (
        f'From: {HOSTILE} <a@b.example>\r\nTo: "{HOSTILE}" <c@d.example>\r\n'
        f"Subject: </title>{HOSTILE}\r\nX-Odd: {HOSTILE}\r\nDate: no date at all\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{HOSTILE}\r\n"
        "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        f"{HOSTILE}<form action='/staff/sign-out' method='post'><img src='//spy.example/x'>\r\n"
        "--b--\r\n"
    ).encode()


def test_a_hostile_message_is_escaped(client: FlaskClient, home: Path) -> None:
    keep(home, "evil", hostile())
    for path in ("/outbox/", "/outbox/evil.mailer/"):
        shown = client.get(path)
        assert shown.status_code == 200
        assert "<script" not in shown.text
        assert "&lt;script&gt;" in shown.text


def test_the_html_of_a_message_is_caged(client: FlaskClient, home: Path) -> None:
    keep(home, "evil", hostile())
    answer = client.get("/outbox/evil.mailer/html")
    assert HOSTILE in answer.text, "it is shown as it is, and may do nothing"
    policy = {part.strip() for part in answer.headers["Content-Security-Policy"].split(";")}
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= policy
    assert not any(part.startswith(("script-src", "img-src", "form-action")) for part in policy)


def test_the_page_lets_in_that_frame_and_no_other(client: FlaskClient, home: Path) -> None:
    keep(home, "letter1", mail())
    policy = client.get("/outbox/letter1.mailer/").headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "name", ["..", "%2e%2e", "nothing", "..%2f..%2fsecret.key", "%00", "a%00b", "x" * 300]
)
def test_only_names_of_messages_open_anything(client: FlaskClient, home: Path, name: str) -> None:
    (home / "var").mkdir()
    (home / "var" / "secret.key").write_text("top secret")
    keep(home, "letter1", mail())
    for end in ("/", "/html", "/message.eml"):
        answer = client.get(f"/outbox/{name}{end}")
        assert answer.status_code in {308, 404}
        assert b"top secret" not in answer.data


@pytest.mark.parametrize(
    "asked",
    [
        {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
        {"environ_base": {"REMOTE_ADDR": ""}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"X-Forwarded-Host": "localhost"}},
        {"headers": {"X-Forwarded-Anything": "1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"X-Real-IP": "127.0.0.1"}},
        {"headers": {"Via": "1.1 tunnel"}},
        {"headers": {"Host": "letters.example"}},
        {"headers": {"Host": "127.0.0.1.letters.example"}},
        {"headers": {"Host": "[::1"}},
    ],
)
def test_nobody_else_sees_it(
    client: FlaskClient, home: Path, asked: dict[str, dict[str, str]]
) -> None:
    keep(home, "letter1", mail())
    for path in ("", "letter1.mailer/", "letter1.mailer/html", "letter1.mailer/message.eml"):
        assert client.get(f"/outbox/{path}", **asked).status_code in {400, 404}  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_this_machine_has_several_names(client: FlaskClient, host: str) -> None:
    assert client.get("/outbox/", headers={"Host": host}).status_code == 200


def test_with_a_transport_that_sends_there_is_no_outbox(settings: Settings, store: Store) -> None:
    sending = Settings(
        home=settings.home, secret_keys=("k" * 40,), transports=("smtp://127.0.0.1:9?tls=none",)
    )
    client = create_app(sending, store).test_client()
    assert client.get("/outbox/").status_code == 404
    assert client.get("/outbox/letter1.mailer/message.eml").status_code == 404


def test_where_the_pages_have_an_address_for_others_there_is_no_outbox(
    settings: Settings, store: Store, home: Path
) -> None:
    """A bare proxy asks from this machine, for this machine, and says nothing of itself."""
    keep(home, "letter1", mail())
    outside = replace(settings, base_url="https://letters.coalition.example")
    client = create_app(outside, store).test_client()
    for path in ("", "letter1.mailer/", "letter1.mailer/html", "letter1.mailer/message.eml"):
        assert client.get(f"/outbox/{path}").status_code == 404


def test_no_cache_keeps_a_letter(client: FlaskClient, home: Path) -> None:
    keep(home, "letter1", mail())
    for path in ("", "letter1.mailer/", "letter1.mailer/html", "letter1.mailer/message.eml"):
        answer = client.get(f"/outbox/{path}")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_the_box_in_french_with_the_zone_of_its_times(
    client: FlaskClient, settings: Settings
) -> None:
    keep(settings.home, "one", mail())
    box = client.get("/outbox/?lang=fr").text
    assert '<span class="meta">À</span> &#34;Minister 1' in box
    assert "<span>De</span> &#34;Ann Example" in box
    assert re.search(r"<time [^>]+>[^<]+ (UTC|E[SD]T)</time>", box)
    link = re.search(r'href="(/outbox/[^"?]+/)', box)
    assert link
    message = client.get(f"{link[1]}?lang=fr").text
    for label in ("De", "À", "Date"):
        assert f"<dt>{label}</dt>" in message
