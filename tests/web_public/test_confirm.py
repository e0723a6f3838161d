"""What a mailed link opens, and what the receipt offers to those who cannot open theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from mailer.db import Store
from mailer.db.schema import confirmation, letter, letter_text, submission, suppressed
from mailer.status import Kind, State
from mailer.submissions import copies, expiring, journal, links, unsubscribing
from mailer.submissions.entering import TRIES
from mailer.submissions.journal import What
from tests.conftest import Clock
from tests.web_public.homes import write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields

HOUR = 3600.0
WRONG = "333 333"


@pytest.fixture
def receipt(home: Path, visitor: Visitor) -> str:
    """The address of a receipt that waits for its supporter, without its language."""
    write_campaign(home, "careful", confirm=True)
    return address(visitor.send("careful").headers["Location"])


def address(location: str) -> str:
    return location.partition("?")[0]


def mailed(store: Store) -> tuple[str, str]:
    """The link's address and the code in the newest mail."""
    with store.read() as tx:
        texts = (
            select(letter_text.c.body)
            .join(letter, letter.c.id == letter_text.c.letter)
            .where(letter.c.kind == Kind.CONFIRMATION)
        )
        body = tx.execute(texts.order_by(letter.c.id.desc())).scalars().first() or ""
    token = body.partition("/confirm/")[2].partition("?")[0]
    (code,) = [line for line in body.splitlines() if len(line) == 7]
    return f"/confirm/{token}", code


def leave(store: Store) -> None:
    with store.write() as tx:
        asking = (letter.c.kind == Kind.CONFIRMATION, letter.c.state == State.QUEUED)
        sent = {"state": State.SENT, "sent_at": store.now(tx)}
        tx.execute(update(letter).where(*asking).values(**sent))


def states(store: Store) -> list[str]:
    """Of all letters to officials, in the order in which they were written."""
    with store.read() as tx:
        letters = select(letter.c.state).where(letter.c.kind == Kind.LETTER)
        return list(tx.execute(letters.order_by(letter.c.id)).scalars())


def correction(visitor: Visitor, receipt: str) -> dict[str, list[str]]:
    """The form on a receipt that leads back to the letters, as a browser would post it."""
    posted = fields(Page(visitor.get(receipt).text))
    posted.pop("code", None)
    return posted


# --- the link


def test_whoever_only_looks_changes_nothing(
    visitor: Visitor, sqlite: Store, receipt: str, clock: Clock
) -> None:
    """Scanners of mail fetch every address there is, more than once."""
    link, _ = mailed(sqlite)
    for path in (link, f"{link}/not-me", f"{receipt}/code", f"{receipt}/again"):
        for _ in range(2):
            answer = visitor.get(path)
            assert answer.status_code == (200 if path == link else 303)
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex"
            assert visitor.client.head(path).status_code == answer.status_code
    assert states(sqlite) == [State.AWAITING] * 2
    with sqlite.read() as tx:
        assert tx.execute(select(suppressed)).all() == []
        assert tx.execute(select(confirmation.c.tries)).scalars().all() == [0]


@pytest.mark.parametrize("wrote", ["en", "fr"])
def test_the_words_that_were_agreed_to_stand_above_each_button(
    home: Path, visitor: Visitor, sqlite: Store, wrote: str
) -> None:
    """As they were shown when the letters were sent in, whatever language is read now."""
    write_campaign(home, "careful", confirm=True)
    sent = visitor.send("careful", language=wrote)
    receipt, link = address(sent.headers["Location"]), mailed(sqlite)[0]
    words = {
        "en": "Pressing the button, you ask us to send these letters in your name.",
        "fr": "En appuyant sur le bouton, vous nous demandez d’envoyer ces lettres en votre nom.",
    }[wrote]
    for path in (receipt, link):
        for read in ("en", "fr"):
            page = visitor.get(f"{path}?lang={read}").text
            _, said, after = page.partition(f'<span lang="{wrote}">{words}')
            assert said, (path, read)
            assert "<button" in after.partition("</form>")[0]


def test_letters_of_before_such_words_were_kept_are_confirmed_all_the_same(
    visitor: Visitor, sqlite: Store, receipt: str
) -> None:
    with sqlite.write() as tx:
        tx.execute(update(submission).values(wording=""))
    link, _ = mailed(sqlite)
    assert "Pressing the button" not in visitor.get(link).text
    assert "Pressing the button" not in visitor.get(receipt).text


def test_it_opens_on_another_device_and_a_second_press_is_friendly(
    make_app: Callable[..., Flask], sqlite: Store, receipt: str
) -> None:
    link, _ = mailed(sqlite)
    phone = Visitor(make_app())
    shown = Page(phone.get(link).text)
    assert len(shown.letters) == 2
    assert "ann@supporter.example" in shown.words
    assert "Ann Example via Quiet careful" in shown.words
    pressed = [phone.post(link, fields(shown)) for _ in range(2)]
    assert {address(answer.headers["Location"]) for answer in pressed} == {receipt}
    assert states(sqlite) == [State.QUEUED] * 2
    assert "Your letters are confirmed" in phone.get(link).text


@pytest.mark.parametrize(
    ("language", "title", "button"),
    [
        ("en", "This link is over", "Open the campaign's page"),
        ("fr", "Ce lien ne sert plus", "Ouvrir la page de la campagne"),
    ],
)
def test_a_link_that_is_over_leads_back_to_the_form(
    home: Path, make_app: Callable[..., Flask], visitor: Visitor, sqlite: Store, receipt: str,
    clock: Clock, language: str, title: str, button: str,
) -> None:  # fmt: skip
    link, _ = mailed(sqlite)
    leave(sqlite)
    clock.pass_(links.LIFE)
    shown = visitor.get(f"{link}?lang={language}")
    page = Page(shown.text)
    assert shown.status_code == 410
    assert page.title.startswith(title)
    assert address(page.links[button]) == "/careful/"
    assert page.letters == []
    assert "supporter.example" not in shown.text, "nothing of anybody"
    write_campaign(home, "careful", confirm=True, status="closed")
    assert button not in Visitor(make_app()).get(f"{link}?lang={language}").text


def test_an_expired_receipt_keeps_everything_and_can_be_sent_again(
    visitor: Visitor, sqlite: Store, receipt: str, clock: Clock
) -> None:
    leave(sqlite)
    clock.pass_(links.LIFE)
    assert expiring.expire(sqlite) == 2
    page = visitor.get(receipt).text
    assert page.count("<b>Not confirmed in time</b>") == 2
    assert "Mail me a copy" not in page, "nobody has confirmed that the address is theirs"
    posted = correction(visitor, receipt)
    assert posted["email"] == ["ann@supporter.example"]
    assert posted["personal"] == [TYPED["personal"]]
    assert "replaces" not in posted
    shown = Page(visitor.post("/careful/preview", posted).text)
    assert TYPED["personal"] in shown.letters[0]
    again = visitor.post("/careful/send", fields(shown))
    assert again.status_code == 303
    assert address(again.headers["Location"]) != receipt
    assert states(sqlite) == [State.CANCELLED] * 2 + [State.AWAITING] * 2


def test_tokens_of_another_purpose_open_nothing(
    visitor: Visitor, sqlite: Store, receipt: str
) -> None:
    link, code = mailed(sqlite)
    token, of_receipt = link.rpartition("/")[2], receipt.rpartition("/")[2]
    with sqlite.read() as tx:
        row = tx.execute(select(submission)).one()
    signed = unsubscribing.link("", ["k" * 40], row.mailbox).rpartition("/")[2]
    for wrong in (of_receipt, row.id, signed, row.mailbox, token[::-1], token.upper(), "%00" * 26):
        assert visitor.get(f"/confirm/{wrong}").status_code == 404
        assert visitor.post(f"/confirm/{wrong}", {"submission": row.id}).status_code == 404
        assert visitor.post(f"/confirm/{wrong}/not-me", {}).status_code == 404
    for wrong in (token, row.id, "a" * 26, "x"):
        assert visitor.post(f"/receipt/{wrong}/code", {"code": code}).status_code == 404
        assert visitor.post(f"/receipt/{wrong}/again", {}).status_code == 404
    assert states(sqlite) == [State.AWAITING] * 2


def test_other_sites_cannot_press(visitor: Visitor, sqlite: Store, receipt: str) -> None:
    link, code = mailed(sqlite)
    for path in (link, f"{link}/not-me", f"{receipt}/code", f"{receipt}/again"):
        answer = visitor.post(path, {"code": code}, Origin="https://evil.example")
        assert answer.status_code == 403
    assert states(sqlite) == [State.AWAITING] * 2


# --- the code


def test_the_code_sends_the_letters(visitor: Visitor, sqlite: Store, receipt: str) -> None:
    _, code = mailed(sqlite)
    for _ in range(2):
        answer = visitor.post(f"{receipt}/code", {"code": code.lower()})
        assert address(answer.headers["Location"]) == receipt
    assert states(sqlite) == [State.QUEUED] * 2
    assert Page(visitor.get(receipt).text).values.get("code") is None


@pytest.mark.parametrize(
    ("language", "title", "words", "empty"),
    [
        ("en", "Error: Confirm your letters", "does not open your letters", "Enter the code"),
        ("fr", "Erreur", "n’ouvre pas vos lettres", "Saisissez le code"),
    ],
)
def test_a_wrong_code_is_explained_and_kept(
    visitor: Visitor, sqlite: Store, receipt: str, language: str, title: str, words: str,
    empty: str,
) -> None:  # fmt: skip
    told = set()
    for _ in range(TRIES + 1):
        answer = visitor.post(f"{receipt}/code?lang={language}", {"code": WRONG})
        page = Page(answer.text)
        told.add(page.errors[0])
    assert answer.status_code == 422
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.title.startswith(title)
    assert page.values["code"] == WRONG
    (target, said) = told.pop()
    assert not told, "the same words, whether or not codes still count"
    assert target in page.ids
    assert words in said
    assert "@" not in said
    again = Page(visitor.post(f"{receipt}/code?lang={language}", {"code": " "}).text)
    assert empty in again.errors[0][1]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("AB3 4O7", "No code of ours has A, B, O."),
        ("3330 33", "No code of ours has 0."),
        ("333 33", "six letters and digits"),
        ("3333333", "six letters and digits"),
    ],
)
def test_a_code_that_cannot_be_ours_is_told_what_is_strange(
    visitor: Visitor, sqlite: Store, receipt: str, typed: str, words: str
) -> None:
    page = Page(visitor.post(f"{receipt}/code", {"code": typed}).text)
    assert words in page.errors[0][1]
    assert page.values["code"] == typed
    visitor.post(f"{receipt}/code", {"code": mailed(sqlite)[1]})
    late = visitor.post(f"{receipt}/code", {"code": typed})
    assert address(late.headers["Location"]) == receipt, "in another tab they were sent already"


def test_a_code_whose_time_is_over_says_so(
    visitor: Visitor, sqlite: Store, receipt: str, clock: Clock
) -> None:
    leave(sqlite)
    _, older = mailed(sqlite)
    clock.pass_(6 * 86400)
    assert visitor.post(f"{receipt}/again", {}).status_code == 303
    leave(sqlite)
    clock.pass_(2 * 86400)
    page = Page(visitor.post(f"{receipt}/code", {"code": older}).text)
    assert "from an older mail, which was open for 7 days" in page.errors[0][1]
    clock.pass_(6 * 86400)
    over = visitor.post(f"{receipt}/code", {"code": mailed(sqlite)[1]})
    assert address(over.headers["Location"]) == receipt
    assert "Not confirmed in time" in Page(visitor.get(receipt).text).words


@pytest.mark.parametrize("typed", ["", "👍👍👍", "שלום עולם", "a\0b", "x" * 20_001, "<b>&amp;"])
def test_nonsense_is_no_code(visitor: Visitor, sqlite: Store, receipt: str, typed: str) -> None:
    answer = visitor.post(f"{receipt}/code", {"code": typed})
    assert answer.status_code == 422
    assert len(answer.text) < 20_000
    assert Page(answer.text).errors[0][0] == "f-code"
    assert visitor.post(f"{receipt}/code", {}).status_code == 422
    assert states(sqlite) == [State.AWAITING] * 2


# --- the mail once more


def test_the_mail_comes_again_an_hour_later(
    visitor: Visitor, sqlite: Store, receipt: str, clock: Clock
) -> None:
    first, _ = mailed(sqlite)
    page = " ".join(visitor.get(receipt).text.split())
    assert "You can ask for another one after January 15, 2027 at 9:00 AM UTC." in page
    assert "Send the mail again" not in page
    assert visitor.post(f"{receipt}/again", {}).status_code == 303
    assert mailed(sqlite)[0] == first
    clock.pass_(HOUR)
    assert "Send the mail again" in visitor.get(receipt).text
    pressed = visitor.post(f"{receipt}/again?lang=fr", {})
    assert pressed.headers["Location"].endswith("?lang=fr#confirm")
    assert mailed(sqlite)[0] != first
    shown = " ".join(visitor.get(receipt).text.split())
    assert "The mail was asked for again on January 15, 2027 at 9:00 AM UTC." in shown
    assert "after January 15, 2027 at 10:00 AM UTC." in shown


def test_where_the_mail_came_back_the_page_asks_for_another_address(
    visitor: Visitor, sqlite: Store, receipt: str
) -> None:
    with sqlite.write() as tx:
        mail = update(letter).where(letter.c.kind == Kind.CONFIRMATION)
        tx.execute(mail.values(state=State.BOUNCED, sent_at=1.0))
    page = Page(visitor.get(receipt).text)
    assert "Our mail came back" in page.words
    assert "code" not in page.values
    assert page.values["email"] == "ann@supporter.example"


# --- another address


def test_a_mistyped_address_is_corrected_and_the_letters_shown_again(
    visitor: Visitor, sqlite: Store, receipt: str
) -> None:
    stranger, _ = mailed(sqlite)
    posted = correction(visitor, receipt) | {"email": ["ann@right.example"]}
    assert posted["name"] == ["Ann Example"]
    shown = visitor.post("/careful/preview", posted)
    page = Page(shown.text)
    assert shown.status_code == 200
    assert states(sqlite) == [State.AWAITING] * 2, "nothing changes before they have sent it"
    assert all("ann@right.example" in text for text in page.letters)
    assert all(TYPED["personal"] in text for text in page.letters)
    assert "ann@supporter.example" not in shown.text
    sent = [visitor.post("/careful/send", fields(page)) for _ in range(2)]
    (new,) = {address(answer.headers["Location"]) for answer in sent}
    assert new != receipt
    assert states(sqlite) == [State.CANCELLED] * 2 + [State.AWAITING] * 2
    old = visitor.get(receipt).text
    assert "<h1>You wrote these letters again</h1>" in old
    assert "You corrected your address" in old
    for told in (TYPED["name"], TYPED["personal"], TYPED["email"], "right.example", "PDF"):
        assert told not in old, "whoever has the old address of it learns nothing"
    assert new.rpartition("/")[2] not in old
    assert "Mail me a copy" not in old
    assert visitor.get(f"{receipt}/letters.pdf").status_code == 404
    assert "Nothing waits for you here" in visitor.get(stranger).text
    link, code = mailed(sqlite)
    assert Page(visitor.get(link).text).letters == page.letters
    assert visitor.post(f"{new}/code", {"code": code}).status_code == 303
    with sqlite.read() as tx:
        left = (letter.c.kind == Kind.LETTER, letter.c.state == State.QUEUED)
        replies = select(letter_text.c.reply_address).join(
            letter, letter.c.id == letter_text.c.letter
        )
        assert set(tx.execute(replies.where(*left)).scalars()) == {"ann@right.example"}


def test_an_address_wrong_again_keeps_everything_on_the_form(
    visitor: Visitor, sqlite: Store, receipt: str
) -> None:
    posted = correction(visitor, receipt) | {"email": ["ann at right"]}
    refused = visitor.post("/careful/preview", posted)
    page = Page(refused.text)
    assert refused.status_code == 422
    assert [target for target, _ in page.errors] == ["f-email"]
    assert page.values["personal"] == TYPED["personal"]
    assert page.values["replaces"] == receipt.rpartition("/")[2]
    mended = fields(page) | {"email": ["ann@right.example"]}
    shown = Page(visitor.post("/careful/preview", mended).text)
    visitor.post("/careful/send", fields(shown))
    assert states(sqlite) == [State.CANCELLED] * 2 + [State.AWAITING] * 2


def test_two_tabs_with_one_correction_are_one_submission(
    visitor: Visitor, sqlite: Store, receipt: str
) -> None:
    tabs = [correction(visitor, receipt) | {"email": ["ann@right.example"]} for _ in range(2)]
    shown = [Page(visitor.post("/careful/preview", tab).text) for tab in tabs]
    sent = {visitor.post("/careful/send", fields(page)).headers["Location"] for page in shown}
    assert len(sent) == 1
    assert len(states(sqlite)) == 4


@pytest.mark.parametrize("forged", ["a" * 26, "\0" * 26, "x" * 20_001, "📯"])
def test_a_forged_receipt_replaces_nothing(
    visitor: Visitor, sqlite: Store, receipt: str, forged: str
) -> None:
    sent = visitor.send("careful", email="bo@supporter.example", replaces=forged)
    assert sent.status_code == 303
    assert states(sqlite) == [State.AWAITING] * 4


def test_who_was_chosen_role_and_language_are_kept(
    home: Path, visitor: Visitor, sqlite: Store
) -> None:
    write_campaign(home, "picky", confirm=True, choose="any")
    typed = {"officials": ["south"], "role": "student", "language": "fr", "via": "union"}
    receipt = address(visitor.send("picky", **typed).headers["Location"])
    posted = correction(visitor, receipt) | {"email": ["ann@right.example"]}
    assert {name: posted[name] for name in typed} == {
        "officials": ["south"], "role": ["student"], "language": ["fr"], "via": ["union"],
    }  # fmt: skip
    page = Page(visitor.post("/picky/preview", posted).text)
    assert page.language == "fr"
    (text,) = page.letters
    assert text.startswith("Monsieur le Ministre,")


def test_a_text_that_was_changed_is_kept(home: Path, visitor: Visitor, sqlite: Store) -> None:
    write_campaign(home, "own", confirm=True, editable="body", french=False)
    typed = {name: value for name, value in TYPED.items() if name != "personal"}
    first = Page(visitor.post("/own/preview", typed).text)
    changed = fields(first) | {"body": ["I wrote all of this myself.\n\nAnd this."]}
    shown = Page(visitor.post("/own/preview", changed).text)
    assert all("I wrote all of this myself." in text for text in shown.letters)
    sent = visitor.post("/own/send", fields(shown))
    posted = correction(visitor, address(sent.headers["Location"]))
    again = Page(visitor.post("/own/preview", posted | {"email": ["a@right.example"]}).text)
    expected = [
        text.replace("ann@supporter.example", "a@right.example") for text in shown.letters
    ]  # fmt: skip
    assert again.letters == expected


def test_a_closed_campaign_takes_no_correction(
    home: Path, make_app: Callable[..., Flask], sqlite: Store, receipt: str
) -> None:
    write_campaign(home, "careful", confirm=True, status="closed")
    visitor = Visitor(make_app())
    page = Page(visitor.get(receipt).text)
    assert "code" in page.values
    assert "email" not in page.values
    _, code = mailed(sqlite)
    assert visitor.post(f"{receipt}/code", {"code": code}).status_code == 303
    assert states(sqlite) == [State.QUEUED] * 2, "what was written before may still be confirmed"


# --- this was not me


@pytest.mark.parametrize(
    ("language", "button", "done"),
    [
        ("en", "This was not me", "We do not write to it again."),
        ("fr", "Ce n’était pas moi", "Nous n’y écrirons plus."),
    ],
)
def test_who_did_not_write_says_so_once_and_for_good(
    home: Path, make_app: Callable[..., Flask], sqlite: Store, receipt: str, clock: Clock,
    language: str, button: str, done: str,
) -> None:  # fmt: skip
    link, _ = mailed(sqlite)
    write_campaign(home, "french", confirm=True)
    visitor = Visitor(make_app())
    visitor.send("french", language="fr", name="Bo Example")
    assert button in visitor.get(f"{link}?lang={language}").text
    for _ in range(2):
        pressed = visitor.post(f"{link}/not-me?lang={language}", {})
        assert pressed.status_code == 303
        shown = visitor.get(pressed.headers["Location"])
        assert shown.status_code == 200
        assert done in shown.text
    assert Page(shown.text).fields == []
    assert states(sqlite) == [State.CANCELLED] * 4
    noted = journal.read(home / "var" / "erasures.log")
    assert noted is not None
    assert [wish.what for wish in noted.wishes] == [What.NOT_ME], "a restore will know"
    old = visitor.get(receipt).text
    assert old.count("<b>Withdrawn</b>") == 2, "the receipt does not tell by whom"
    assert "Mail me a copy" not in old
    clock.pass_(2 * 86400.0)
    later = visitor.send("careful", name="Cy Example")
    assert "Waiting for you" in visitor.get(later.headers["Location"]).text
    with sqlite.read() as tx:
        waiting = (letter.c.kind != Kind.LETTER, letter.c.state == State.QUEUED)
        assert tx.execute(select(letter.c.id).where(*waiting)).all() == []


def test_no_copy_of_what_nobody_confirmed(
    visitor: Visitor, sqlite: Store, receipt: str, clock: Clock
) -> None:
    """A form with somebody else's address must not become a way to mail them what was typed."""
    leave(sqlite)
    clock.pass_(links.LIFE)
    expiring.expire(sqlite)
    visitor.post(f"{receipt}/copy", {})
    with sqlite.read() as tx:
        assert tx.execute(select(letter.c.id).where(letter.c.kind == Kind.COPY)).all() == []
        row = tx.execute(select(submission)).one()
        assert copies.offer(tx, row, clock.now) is copies.Offer.WAITS
