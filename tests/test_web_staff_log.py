"""The log and a letter's page: what staff see, and what they must not."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from mailer import accounts, outbox, worker
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter, letter_text
from mailer.errors import Next, SendError
from mailer.message import compose
from mailer.outbox import Claimed, Event, Outcome
from mailer.status import Kind, State
from mailer.submissions import Draft, accept
from mailer.transports import Answer
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, recipients, supporter
from tests.staff_browser import Browser, member


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def staff(app: Flask, store: Store) -> Browser:
    member(store)
    browser = Browser(app)
    browser.sign_in()
    return browser


def write(store: Store, number: int = 0, **changes: object) -> Draft:
    who = supporter(name=f"Zoë Supporter {number}", email=f"s{number}@supporter.example")
    made = draft(who, **changes)  # type: ignore[arg-type]
    accept(store, made)
    return made


def letters(store: Store, kind: Kind = Kind.LETTER) -> list[str]:
    """The ids of all mail of a kind, by official."""
    statement = select(letter.c.id).where(letter.c.kind == kind).order_by(letter.c.official)
    with store.read() as tx:
        return list(tx.execute(statement).scalars())


def hand_over(store: Store, clock: Clock, *, bytes_: bytes = b"") -> tuple[Claimed, bytes]:
    """Take one letter as far as the fence; `bytes_` stand for what another program composed."""
    with store.write() as tx:
        one, *_ = outbox.claim(tx, "w", now=clock.now, lease=60, most=1, delivers=False)
        data = bytes_ or compose(one.mail)
        outbox.fence(tx, "w", [(one.id, hashlib.sha256(data).hexdigest())], now=clock.now, lease=60)
    return one, data


def settle(store: Store, clock: Clock, one: Claimed, said: Answer | SendError) -> None:
    answer, error = (said, None) if isinstance(said, Answer) else (None, said)
    done = Outcome(letter=one, account="smtp:relay.example", answer=answer, error=error)
    with store.write() as tx:
        outbox.settle(tx, "w", [done], now=clock.now)


def send(store: Store, clock: Clock, **more: bytes) -> tuple[Claimed, bytes]:
    one, data = hand_over(store, clock, **more)
    clock.pass_(1)
    settle(store, clock, one, Answer(text="2.0.0 queued as 77", code="250"))
    return one, data


def rows(text: str) -> int:
    return text.count('<td role="cell" class="to">')


def found(browser: Browser, query: str, **filters: str) -> str:
    """The page that a search leads to."""
    answer = browser.post("/staff/search", {"query": query, **filters}, page="/staff/")
    assert answer.status_code == 303
    shown = browser.get(answer.location)
    assert shown.status_code == 200
    return shown.text


def test_an_empty_log_says_what_comes(staff: Browser) -> None:
    shown = staff.get("/staff/").text
    assert "No letter has been written yet" in shown
    assert rows(shown) == 0


def test_the_log_shows_who_wrote_to_whom(staff: Browser, store: Store) -> None:
    made = write(store, 1)
    shown = staff.get("/staff/").text
    assert rows(shown) == 2
    reference = f"{made.id[:5]}-{made.id[5:10]}".upper()
    for words in ("Minister 1", "Minister 2", "Zoë Supporter 1", "s1@supporter.example", reference):
        assert words in shown, words
    assert shown.count("Waiting to leave") >= 2
    assert '<time datetime="2027-01-15T08:00:00Z">Jan 15, 2027' in shown


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", 6),
        ("?campaign=exams", 4),
        ("?campaign=other", 2),
        ("?campaign=nothing", 0),
        ("?official=minister-1", 3),
        ("?state=queued", 4),
        ("?state=review", 2),
        ("?state=sent", 0),
        ("?state=review&official=minister-2", 1),
        ("?state=nonsense", 6),
        ("?kind=account", 6),
        ("?kind=confirmation", 0),
        ("?campaign=%00", 6),
        ("?before=%00_%00", 6),
        ("?before=nan_x&after=inf_%ff", 6),
        ("?state=review&state=sent", 2),
    ],
)
def test_filters_stand_in_the_address(
    staff: Browser, store: Store, filters: str, expected: int
) -> None:
    write(store, 0)
    write(store, 1, hold="a look")
    write(store, 2, about=campaign(slug="other"))
    shown = staff.get(f"/staff/{filters}")
    assert shown.status_code == 200
    if "nan" not in filters:
        assert rows(shown.text) == expected
    assert ("No letter fits" in shown.text) == (rows(shown.text) == 0)


def test_chosen_filters_stay_chosen(staff: Browser, store: Store) -> None:
    write(store)
    shown = staff.get("/staff/?campaign=exams&official=minister-1&state=queued").text
    for chosen in ("exams", "minister-1", "queued"):
        assert f'<option value="{chosen}" selected>' in shown
    assert 'name="official" value="minister-1"' in shown, "a search keeps them"


def test_states_are_counted_and_lead_to_their_letters(staff: Browser, store: Store) -> None:
    write(store, 0)
    write(store, 1, hold="a look")
    shown = staff.get("/staff/").text
    counted = dict(re.findall(r'class="name">([^<]+)</span> <span class="figure">(\d+)<', shown))
    assert counted == {"All": "4", "Held": "2", "Waiting to leave": "2"}
    assert 'href="/staff/?state=review"' in shown


@pytest.mark.parametrize(
    ("query", "expected"),
    [("zoe supporter 1", 2), ("S2@supporter", 2), ("supporter", 6), ("nobody", 0), ("%", 0)],
)
def test_search_by_name_and_address(
    staff: Browser, store: Store, query: str, expected: int
) -> None:
    for number in range(3):
        write(store, number)
    shown = found(staff, query)
    assert rows(shown) == expected
    assert f'value="{query}"' in shown


def test_search_by_reference(staff: Browser, store: Store) -> None:
    made, _ = write(store, 0), write(store, 1)
    shown = found(staff, f"{made.id[:5]}-{made.id[5:10]}".upper())
    assert rows(shown) == 2
    assert "Zoë Supporter 0" in shown
    assert "Zoë Supporter 1" not in shown


def test_searched_words_never_stand_in_an_address(staff: Browser, store: Store) -> None:
    for number in range(3):
        write(store, number)
    form = {"query": "s1@supporter.example", "state": "queued"}
    answer = staff.post("/staff/search", form, page="/staff/")
    assert re.fullmatch(r"/staff/\?state=queued&search=[0-9a-f]{8}", answer.location)
    shown = staff.get(answer.location).text
    links = re.findall(r'(?:href|action)="([^"]+)"', shown)
    assert not [link for link in links if "supporter.example" in unquote(link)]
    key = answer.location.rpartition("=")[2]
    assert [link for link in links if key in link], "the search goes on from page to page"
    assert rows(staff.get(answer.location).text) == 2, "Back and reload show it again"


def test_a_search_that_is_no_longer_kept_says_so(staff: Browser, store: Store) -> None:
    write(store)
    found_at = [
        staff.post("/staff/search", {"query": f"word {number}"}, page="/staff/").location
        for number in range(6)
    ]
    assert "no longer kept" in staff.get(found_at[0]).text
    assert "no longer kept" not in staff.get(found_at[-1]).text


def test_searches_never_outgrow_the_cookie(staff: Browser) -> None:
    for number in range(5):
        words = "".join(chr(0x1F300 + (number * 97 + place * 7) % 0x2FF) for place in range(300))
        staff.post("/staff/search", {"query": words}, page="/staff/")
    cookie = staff.client.get_cookie("mailer")
    assert cookie
    assert len(cookie.value) < 3500
    assert staff.signed_in()


def test_an_empty_search_shows_all(staff: Browser, store: Store) -> None:
    write(store)
    answer = staff.post("/staff/search", {"query": "  \0 ", "kind": "letter"}, page="/staff/")
    assert answer.location == "/staff/"


def test_pages_go_there_and_back(staff: Browser, store: Store, clock: Clock) -> None:
    for number in range(4):
        write(store, number, to=recipients(30))
        clock.pass_(60)
    path, seen, back = "/staff/?state=queued", [], ""
    while path:
        shown = staff.get(path).text
        seen.append(re.findall(r'href="/staff/letters/([^"]+)"', shown))
        older = re.search(r'rel="next" href="([^"]+)"', shown)
        newer = re.search(r'rel="prev" href="([^"]+)"', shown)
        assert bool(newer) == (len(seen) > 1)
        path = older[1].replace("&amp;", "&") if older else ""
        back = newer[1].replace("&amp;", "&") if newer else ""
    assert [len(page) for page in seen] == [50, 50, 20]
    assert len({one for page in seen for one in page}) == 120
    shown = staff.get(back).text
    assert re.findall(r'href="/staff/letters/([^"]+)"', shown) == seen[1]
    assert 'rel="prev"' in shown
    assert 'rel="next"' in shown
    assert "state=queued" in back


def test_a_hostile_name_is_text(staff: Browser, store: Store) -> None:
    who = supporter(name='<script>alert(1)</script>"{{7*7}}', email="x@supporter.example")
    accept(store, draft(who))
    (one, _) = letters(store)
    for path in ("/staff/", f"/staff/letters/{one}"):
        shown = staff.get(path).text
        assert "<script>" not in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;{{7*7}}" in shown


def test_a_letter_that_waits(staff: Browser, store: Store) -> None:
    made = write(store, 1)
    one, other = letters(store)
    shown = staff.get(f"/staff/letters/{one}").text
    for words in (
        "Letter to Minister 1",
        "Waiting to leave",
        "Approved by the supporter",
        "It has not left yet",
        "minister-1@ministry.example",
        "Quiet exams",
        "Let exams be quiet.",
        made.supporter.email,
        "Zoë Supporter 1 via Quiet exams",
    ):
        assert words in shown, words
    assert f'href="/staff/letters/{other}"' in shown, "the other letter of the submission"


def test_a_letter_that_left_is_shown_byte_for_byte(
    staff: Browser, store: Store, clock: Clock
) -> None:
    write(store, 1)
    one, data = send(store, clock)
    clock.pass_(86400)
    staff.sign_in()
    page = f"/staff/letters/{one.id}"
    shown = staff.get(page).text
    for words in (
        "These are the bytes that left",
        hashlib.sha256(data).hexdigest(),
        "Taken up to be sent",
        "Handed over",
        "250 2.0.0 queued as 77",
        "smtp:relay.example",
    ):
        assert words in shown, words
    assert "Kept" not in shown
    file = staff.get(f"{page}/message.eml")
    assert file.data == data
    assert file.mimetype == "message/rfc822"
    assert re.fullmatch(
        r'attachment; filename="[a-z0-9]{5}-[a-z0-9]{5}-minister-\d\.eml"',
        file.headers["Content-Disposition"],
    )
    parsed = email.message_from_bytes(file.data, policy=email.policy.default)
    assert parsed["Reply-To"].addresses[0].addr_spec == "s1@supporter.example"


def test_bytes_that_differ_are_not_called_the_same(
    staff: Browser, store: Store, clock: Clock
) -> None:
    write(store, 1)
    one, _ = send(store, clock, bytes_=b"what an older program composed\r\n")
    shown = staff.get(f"/staff/letters/{one.id}").text
    assert "not the very bytes that left" in shown
    assert "These are the bytes that left" not in shown


def test_attempts_stand_in_the_timeline(staff: Browser, store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(1))
    one, _ = hand_over(store, clock)
    settle(store, clock, one, SendError("4.7.1 come back later", code="451"))
    clock.pass_(3600)
    one, _ = hand_over(store, clock)
    settle(store, clock, one, SendError("5.1.1 no such mailbox", Next.FAIL, code="550"))
    staff.sign_in()
    shown = staff.get(f"/staff/letters/{one.id}").text
    places = [
        shown.index(words)
        for words in (
            "Attempt 1 did not succeed",
            "451 4.7.1 come back later",
            "Given up",
            "550 5.1.1 no such mailbox",
            "attempt 2",
        )
    ]
    assert places == sorted(places)
    assert "The server refused it for good" in shown
    assert "It was not delivered. This is how it was written." in shown


def test_an_uncertain_letter_says_so(staff: Browser, store: Store, clock: Clock) -> None:
    write(store, 1, about=campaign(uncertain="hold"), to=recipients(1))
    one, _ = hand_over(store, clock)
    clock.pass_(3600)
    with store.write() as tx:
        outbox.reap(tx, now=clock.now)
    staff.sign_in()
    shown = staff.get(f"/staff/letters/{one.id}").text
    assert "No answer was heard" in shown
    assert "The program that was sending it stopped" in shown
    assert "These are the bytes that left" not in shown
    assert "bytes that were handed over" in shown


def test_a_letter_kept_on_this_machine_is_not_called_accepted(
    staff: Browser, store: Store, settings: Settings
) -> None:
    write(store, 1)
    worker.drain(settings, store)
    one, _ = letters(store)
    shown = staff.get(f"/staff/letters/{one}").text
    assert "Kept here" in shown
    assert "Accepted" not in shown
    link = re.search(r'href="(/outbox/[^"]+/)"', shown)
    assert link
    kept = staff.get(link[1])
    assert kept.status_code == 200
    assert "Let exams be quiet." in kept.text
    log = staff.get("/staff/").text
    assert "Accepted" not in log
    assert "Nothing leaves this machine" in log
    file = staff.get(f"/staff/letters/{one}/message.eml").data
    maildir = settings.home / "var" / "outbox" / "new"
    assert file.replace(b"\r\n", b"\n") in [kept.read_bytes() for kept in maildir.iterdir()]


def test_mails_about_accounts_are_never_shown(staff: Browser, store: Store) -> None:
    accounts.request_reset(store, "kim@coalition.example", sender=SENDER, language="en")
    (one,) = letters(store, Kind.ACCOUNT)
    assert staff.get(f"/staff/letters/{one}").status_code == 404
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404
    assert one not in staff.get("/staff/?kind=account").text
    assert one not in found(staff, "kim@coalition.example", kind="account")


def test_a_request_to_confirm_shows_its_way_but_not_its_link(staff: Browser, store: Store) -> None:
    made = write(store, 1, about=campaign(confirm=True))
    (one,) = letters(store, Kind.CONFIRMATION)
    shown = staff.get(f"/staff/letters/{one}").text
    assert "a link that only its reader may use" in shown
    assert "/confirm/" not in shown
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404
    listed = staff.get("/staff/?kind=confirmation").text
    assert rows(listed) == 1
    assert made.supporter.email in listed
    waits = staff.get(f"/staff/letters/{letters(store)[0]}").text
    assert "waits for the supporter to confirm" in waits


def test_an_erased_text_is_said_to_be_gone(staff: Browser, store: Store) -> None:
    write(store, 1)
    one, _ = letters(store)
    with store.write() as tx:
        tx.execute(delete(letter_text).where(letter_text.c.letter == one))
    shown = staff.get(f"/staff/letters/{one}")
    assert shown.status_code == 200
    assert "Its text is not shown" in shown.text
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404
    assert staff.get("/staff/").status_code == 200


def test_a_text_that_cannot_be_composed_breaks_nothing(staff: Browser, store: Store) -> None:
    write(store, 1)
    one, _ = letters(store)
    with store.write() as tx:
        tx.execute(update(letter_text).where(letter_text.c.letter == one).values(subject="a\x07b"))
    assert staff.get(f"/staff/letters/{one}").status_code == 200
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404


def test_a_held_letter_tells_why(staff: Browser, store: Store) -> None:
    write(store, 1, hold="many names at one address")
    one, _ = letters(store)
    for path in ("/staff/", f"/staff/letters/{one}"):
        shown = staff.get(path).text
        assert "Held" in shown
        assert "More than two people have written from this email address" in shown


def test_every_state_has_words_in_every_language(staff: Browser, store: Store) -> None:
    write(store, 1, to=recipients(1))
    (one,) = letters(store)
    for state in State:
        with store.write() as tx:
            tx.execute(update(letter).where(letter.c.id == one).values(state=state))
            outbox.moves.record(tx, [one], state, Event(now=store.now(), actor="provider"))
        for tongue in ("en", "fr"):
            for path in ("/staff/", f"/staff/letters/{one}"):
                shown = staff.get(f"{path}?lang={tongue}").text
                badge = re.search(rf'<span class="badge tone-{state}">([^<]+)<', shown)
                assert badge, f"{state} {tongue}"
                assert badge[1].strip()
                assert badge[1] != state
    assert staff.get(f"/staff/letters/{one}").text.count("<strong></strong>") == 0


@pytest.mark.parametrize("name", ["nothing", "%00", "..", "x" * 500, "é"])
def test_an_unknown_letter_is_a_page_that_helps(staff: Browser, name: str) -> None:
    assert staff.get(f"/staff/letters/{name}").status_code == 404


def test_problems_of_the_files_stand_above_the_log(
    settings: Settings, store: Store, home: Path
) -> None:
    (home / "officials.yaml").write_text("officials:\n  - id: one\n    nane: <b>One</b>\n")
    member(store)
    browser = Browser(create_app(settings, store))
    browser.sign_in()
    shown = browser.get("/staff/").text
    assert re.search(r"<code>officials\.yaml:3:\d+</code>", shown)
    assert "1 problem in the campaign" in shown
    assert "did you mean name?" in shown
    assert "<b>One" not in shown


def test_good_files_need_no_banner(staff: Browser) -> None:
    shown = staff.get("/staff/").text
    assert "in the campaign&#39;s files" not in shown
    assert "in the campaign's files" not in shown


def test_moments_are_told_in_the_time_zone_of_the_settings(
    settings: Settings, store: Store
) -> None:
    toronto = Settings(home=settings.home, secret_keys=("k" * 40,), timezone="America/Toronto")
    write(store, 1)
    member(store)
    browser = Browser(create_app(toronto, store))
    browser.sign_in()
    shown = browser.get("/staff/").text
    assert re.search(r'<time datetime="2027-01-15T08:00:00Z">Jan 15, 2027, 3:00\sAM</time>', shown)
    one, _ = letters(store)
    assert "EST</time>" in browser.get(f"/staff/letters/{one}").text
