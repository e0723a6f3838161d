"""From the preview to the receipt: what was seen is what is sent, once, to its own receipt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from mailer.db import Store, Tx
from mailer.db.schema import confirmation, letter, letter_text, submission
from mailer.errors import StoreError
from mailer.status import Kind, State
from tests.conftest import Clock
from tests.web_public.homes import write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields

MakeApp = Callable[..., Flask]


def submissions_in(store: Store) -> int:
    with store.read() as tx:
        return int(tx.execute(select(func.count()).select_from(submission)).scalar_one())


def letters_in(store: Store) -> list[tuple[str, str, str]]:
    """Official, state and whole text of every letter to an official."""
    with store.read() as tx:
        rows = tx.execute(
            select(letter, letter_text)
            .join(letter_text, letter_text.c.letter == letter.c.id)
            .where(letter.c.kind == Kind.LETTER)
            .order_by(letter.c.official)
        ).all()
    return [(row.official, row.state, f"{row.salutation}\n\n{row.body}") for row in rows]


def test_the_preview_shows_each_letter_exactly_and_stores_nothing(
    visitor: Visitor, sqlite: Store
) -> None:
    answer = visitor.preview("exams")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert page.title.startswith("Check your letters")
    assert page.letters == [
        f"Dear Minister {name},\n\nI write about exams.\n\n{care} in your care.\n\n"
        "Let exams be quiet.\n\nThey can be.\n\n"
        "Ann Example\nA1A 1A1\nReply to: ann@supporter.example\n\n"
        "Why this letter reached you: http://127.0.0.1:8000/about/exams?lang=en"
        for name, care in (("North", "Exams are"), ("South", "Work is"))
    ]
    assert answer.text.count(">Send my letters</button>") == 2
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert submissions_in(sqlite) == 0


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ("All read this.", "The same letter, word for word."),
        ('{% if "exams" in official.tags %}\n\nOne reads.\n{% endif %}\n\nAll read this.',
         "The same letter, without these words:"),
        ('{% if "exams" not in official.tags %}\n\nOne reads.\n{% endif %}\n\nAll read this.',
         "The same letter, but for these words:"),
    ],
)  # fmt: skip
def test_the_second_letter_shows_what_it_lacks(
    home: Path, visitor: Visitor, above: str, said: str
) -> None:
    write_campaign(home, "exams", salutation="Good day,", french=False)
    file = home / "templates" / "letters" / "exams.md"
    story = file.read_text(encoding="utf-8").split("***\n")[0]
    file.write_text(f"{story}***\n{above}\n\nIt is so.\n", encoding="utf-8")
    page = visitor.preview("exams").text
    assert said in page
    assert page.count('class="sheet excerpt"') == (said[-1] == ":")
    assert ("<del>One reads.</del>" in page) is ("without" in said)


def test_the_second_letter_shows_what_differs(visitor: Visitor) -> None:
    html = visitor.preview("exams").text
    assert re.search(r"<mark>Dear Minister South,\n\n</mark>", html)
    assert re.search(r"<mark>Work is in your care\.\n\n</mark>", html)
    assert "<mark>I write" not in html


def test_the_whole_journey_on_each_database(make_app: MakeApp, store: Store, clock: Clock) -> None:
    visitor = Visitor(make_app(store))
    shown = Page(visitor.preview("exams", role="student").text)
    answer = visitor.post("/exams/send", fields(shown))
    assert answer.status_code == 303
    receipt = visitor.get(answer.headers["Location"])
    page = Page(receipt.text)
    assert sorted(page.letters) == sorted(shown.letters)
    assert [text for _, _, text in letters_in(store)] == shown.letters
    assert {state for _, state, _ in letters_in(store)} == {State.QUEUED}
    assert "In the queue" in receipt.text
    assert re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", receipt.text)
    assert receipt.headers["Cache-Control"] == "no-store"
    assert "1</strong> person has written" in visitor.get("/exams/").text


def test_the_same_preview_again_gives_the_same_receipt(visitor: Visitor, sqlite: Store) -> None:
    posted = fields(Page(visitor.preview("exams").text))
    first, second = (visitor.post("/exams/send", posted) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert submissions_in(sqlite) == 1


def test_a_preview_asked_for_again_is_the_same_preview(visitor: Visitor, sqlite: Store) -> None:
    """A browser may keep no copy of it, and posts the form again after Back."""
    form = {**fields(Page(visitor.get("/exams/").text)), **TYPED}
    first, again = (Page(visitor.post("/exams/preview", form).text) for _ in range(2))
    assert first.values["submission_id"] == again.values["submission_id"]
    receipts = {
        visitor.post("/exams/send", fields(page)).headers["Location"] for page in (first, again)
    }
    assert len(receipts) == 1
    other = Page(visitor.post("/exams/preview", {**form, "name": "Bea Example"}).text)
    assert other.values["submission_id"] != first.values["submission_id"]
    assert visitor.post("/exams/send", fields(other)).headers["Location"] not in receipts
    assert submissions_in(sqlite) == 2


def test_two_forms_are_two_submissions(visitor: Visitor) -> None:
    first, second = (Page(visitor.get("/exams/").text).values["draft"] for _ in range(2))
    assert first != second
    without = [Page(visitor.preview("exams").text).values["submission_id"] for _ in range(2)]
    assert len(set(without)) == 2


def test_six_times_at_once_is_one_submission(make_app: MakeApp, store: Store) -> None:
    app = make_app(store)
    posted = fields(Page(Visitor(app).preview("exams").text))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: Visitor(app).post("/exams/send", posted), range(6)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert submissions_in(store) == 1
    assert len(letters_in(store)) == 2


def test_another_person_on_the_same_device_gets_her_own_receipt(
    visitor: Visitor, sqlite: Store
) -> None:
    first = fields(Page(visitor.preview("exams").text))
    ann = visitor.post("/exams/send", first).headers["Location"]
    form = Page(visitor.post("/exams/", first).text)  # Back, then other details
    typed = {**fields(form), "name": "Bea Example", "email": "bea@supporter.example"}
    shown = Page(visitor.post("/exams/preview", typed).text)
    bea = visitor.post("/exams/send", fields(shown)).headers["Location"]
    assert bea != ann
    assert submissions_in(sqlite) == 2
    assert "bea@supporter.example" in visitor.get(bea).text
    assert "Ann" not in visitor.get(bea).text


def test_details_changed_behind_the_preview_are_shown_again(
    visitor: Visitor, sqlite: Store
) -> None:
    """Another person's details under the first one's id: never the first one's receipt."""
    posted = fields(Page(visitor.preview("exams").text))
    visitor.post("/exams/send", posted)
    answer = visitor.post("/exams/send", {**posted, "name": "Bea Example"})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert page.title.startswith("Error: ")
    assert "The letters were made anew" in answer.text
    assert page.values["submission_id"] != posted["submission_id"][0]
    assert page.values["name"] == "Bea Example"
    assert submissions_in(sqlite) == 1
    assert visitor.post("/exams/send", fields(page)).status_code == 303


@pytest.mark.parametrize("lost", ["signature", "submission_id"])
@pytest.mark.parametrize("forged", ["", "x", "…", "a.b.c"])
def test_without_our_signature_the_letters_are_shown_again(
    visitor: Visitor, sqlite: Store, caplog: pytest.LogCaptureFixture, lost: str, forged: str
) -> None:
    posted = {**fields(Page(visitor.preview("exams").text)), lost: forged}
    assert visitor.post("/exams/send", posted).status_code == 422
    assert submissions_in(sqlite) == 0
    assert [one.message for one in caplog.records if one.levelname == "WARNING"] == [
        "campaign exams: what was sent is not what was shown"
    ]


def test_a_signature_counts_for_its_own_campaign_only(
    home: Path, visitor: Visitor, sqlite: Store
) -> None:
    write_campaign(home, "other", title="Quiet exams")
    posted = fields(Page(visitor.preview("exams").text))
    assert visitor.post("/other/send", posted).status_code == 422
    assert submissions_in(sqlite) == 0


def test_a_preview_may_be_sent_for_a_day(visitor: Visitor, sqlite: Store, clock: Clock) -> None:
    posted = fields(Page(visitor.preview("exams").text))
    clock.pass_(24 * 3600 + 2)
    late = visitor.post("/exams/send", posted)
    assert late.status_code == 422
    assert "The letters were made anew" in late.text
    assert submissions_in(sqlite) == 0
    assert visitor.post("/exams/send", fields(Page(late.text))).status_code == 303


@pytest.mark.parametrize(("behind", "status"), [(299, 303), (302, 422)])
def test_the_clocks_of_two_machines_may_differ_by_minutes(
    visitor: Visitor, clock: Clock, behind: float, status: int
) -> None:
    posted = fields(Page(visitor.preview("exams").text))
    clock.pass_(-behind)
    assert visitor.post("/exams/send", posted).status_code == status


def test_letters_edited_meanwhile_are_shown_again(home: Path, make_app: MakeApp) -> None:
    posted = fields(Page(Visitor(make_app()).preview("exams").text))
    file = home / "templates" / "letters" / "exams.md"
    file.write_text(file.read_text().replace("I write about", "I now write about"))
    answer = Visitor(make_app()).post("/exams/send", posted)  # a process that has read the files
    assert answer.status_code == 422
    assert "I now write about" in answer.text


def test_keys_can_be_changed_in_use(make_app: MakeApp) -> None:
    old, new = "a" * 40, "b" * 40
    posted = fields(Page(Visitor(make_app(secret_keys=(old,))).preview("exams").text))
    changed = Visitor(make_app(secret_keys=(new, old)))
    assert changed.post("/exams/send", posted).status_code == 303
    assert Visitor(make_app(secret_keys=(new,))).post("/exams/send", posted).status_code == 422


def test_what_fills_the_field_nobody_sees_is_held_not_dropped(
    visitor: Visitor, sqlite: Store
) -> None:
    answer = visitor.send("exams", website="https://x.example")
    assert answer.status_code == 303
    assert {state for _, state, _ in letters_in(sqlite)} == {State.REVIEW}
    assert "Held" in visitor.get(answer.headers["Location"]).text


def test_who_brought_somebody_is_kept(visitor: Visitor, sqlite: Store) -> None:
    visitor.send("exams", via="union")
    with sqlite.read() as tx:
        assert tx.execute(select(submission.c.via)).scalar_one() == "union"


def test_a_second_letter_looks_like_any_other(visitor: Visitor, sqlite: Store) -> None:
    first = visitor.get(visitor.send("exams").headers["Location"]).text
    second = visitor.get(visitor.send("exams").headers["Location"]).text
    states = [state for _, state, _ in letters_in(sqlite)]
    assert sorted(states) == [State.CANCELLED] * 2 + [State.QUEUED] * 2
    bare = re.compile(r"[0-9a-z]{26}|[0-9A-Z]{5}-[0-9A-Z]{5}")
    assert bare.sub("", first) == bare.sub("", second)


def test_a_database_that_cannot_be_written_loses_nothing(
    make_app: MakeApp, new_sqlite: Callable[[], str], clock: Clock
) -> None:
    broken = Store(new_sqlite(), clock=clock)
    visitor = Visitor(make_app(broken))
    posted = fields(Page(visitor.preview("exams").text))
    gate = Path(f"{broken.url.database}.gate")
    gate.unlink(missing_ok=True)
    gate.mkdir()  # a folder in the place of the gate's file: nobody can write
    answer = visitor.post("/exams/send", posted)
    page = Page(answer.text)
    assert answer.status_code == 503
    assert "It is not certain that your letters were stored" in answer.text
    assert "Nothing was sent" not in answer.text, "a commit whose answer was lost may be done"
    assert page.values["submission_id"] == posted["submission_id"][0]
    assert page.values["personal"].splitlines() == ["Let exams be quiet.", "", "They can be."]
    gate.rmdir()
    assert visitor.post("/exams/send", fields(page)).status_code == 303
    broken.close()


class LosesTheAnswer(Store):
    """A store whose commits are done, but whose answer is lost."""

    @contextmanager
    def write(self) -> Iterator[Tx]:
        with super().write() as tx:
            yield tx
        raise StoreError("the connection broke off")


def test_after_a_lost_answer_sending_again_leads_to_the_one_receipt(
    make_app: MakeApp, new_sqlite: Callable[[], str], clock: Clock
) -> None:
    url = new_sqlite()
    losing, whole = LosesTheAnswer(url, clock=clock), Store(url, clock=clock)
    visitor = Visitor(make_app(losing))
    answer = visitor.send("exams", language="fr")
    assert answer.status_code == 503
    assert "Il n’est pas certain que vos lettres aient été enregistrées" in answer.text
    assert submissions_in(whole) == 1
    again = Visitor(make_app(whole)).post("/exams/send", fields(Page(answer.text)))
    assert again.status_code == 303
    assert submissions_in(whole) == 1
    losing.close()
    whole.close()


@pytest.mark.parametrize("action", ["", "preview", "send"])
def test_words_are_kept_when_not_even_the_campaign_can_be_read(
    make_app: MakeApp, tmp_path: Path, clock: Clock, action: str
) -> None:
    """Where letters really leave, what was approved lies in the database."""
    gone = Store(f"sqlite:///{tmp_path}/none.db", clock=clock)
    app = make_app(gone, transports=("smtp://127.0.0.1:2525?tls=none",))
    typed = {**TYPED, "personal": "Long <b>\n\nwords"}
    answer = Visitor(app).post(f"/exams/{action}", typed)
    page = Page(answer.text)
    assert answer.status_code == 503
    for words in ("Your own words", "Long <b>\n\nwords", "ann@supporter.example"):
        assert words in page.words
    assert answer.headers["Cache-Control"] == "private, no-cache"
    gone.close()


def test_a_confirmation_that_cannot_be_stored_can_be_pressed_again(
    home: Path, make_app: MakeApp, new_sqlite: Callable[[], str], clock: Clock
) -> None:
    write_campaign(home, "careful", confirm=True)
    url = new_sqlite()
    losing, whole = LosesTheAnswer(url, clock=clock), Store(url, clock=clock)
    Visitor(make_app(whole)).send("careful")
    with whole.read() as tx:
        token = tx.execute(select(confirmation.c.token)).scalar_one()
    posted = fields(Page(Visitor(make_app(whole)).get(f"/confirm/{token}").text))
    answer = Visitor(make_app(losing)).post(f"/confirm/{token}", posted)
    assert answer.status_code == 503
    assert "try again in a minute" in answer.text
    assert Visitor(make_app(whole)).post(f"/confirm/{token}", posted).status_code == 303
    losing.close()
    whole.close()


def test_a_campaign_that_confirms_waits_for_the_button(
    home: Path, visitor: Visitor, sqlite: Store
) -> None:
    write_campaign(home, "careful", confirm=True)
    receipt = visitor.get(visitor.send("careful").headers["Location"]).text
    assert "Waiting for you" in receipt
    with sqlite.read() as tx:
        token = tx.execute(select(confirmation.c.token)).scalar_one()
    looked = visitor.get(f"/confirm/{token}")
    page = Page(looked.text)
    assert looked.headers["Cache-Control"] == "no-store"
    assert page.letters[0].endswith("/about/careful?lang=en")
    assert {state for _, state, _ in letters_in(sqlite)} == {State.AWAITING}
    answer = visitor.post(f"/confirm/{token}", fields(page))
    assert answer.status_code == 303
    assert {state for _, state, _ in letters_in(sqlite)} == {State.QUEUED}
    again = visitor.post(f"/confirm/{token}", fields(page))
    assert again.headers["Location"] == answer.headers["Location"]
    assert "Your letters are confirmed" in visitor.get(f"/confirm/{token}").text
    assert "1</strong> person has written" in visitor.get("/careful/").text


def test_a_link_confirms_only_what_belongs_to_its_mailbox(
    home: Path, visitor: Visitor, sqlite: Store
) -> None:
    write_campaign(home, "careful", confirm=True)
    visitor.send("careful")
    visitor.send("careful", name="Bea Example", email="bea@supporter.example")
    with sqlite.read() as tx:
        mine = tx.execute(
            select(confirmation.c.token, submission.c.id)
            .join(submission, submission.c.mailbox == confirmation.c.mailbox)
            .order_by(submission.c.name)
        ).all()
    (ann, _), (_, of_bea) = mine
    assert visitor.post(f"/confirm/{ann}", {"submission": of_bea}).status_code == 404
    assert {state for _, state, _ in letters_in(sqlite)} == {State.AWAITING}
    assert visitor.get("/confirm/nothing").status_code == 404


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.AWAITING, "Waiting for you"),
        (State.REVIEW, "Held"),
        (State.QUEUED, "In the queue"),
        (State.CLAIMED, "Leaving now"),
        (State.DOT, "Leaving now"),
        (State.SENT, "Accepted by the mail server"),
        (State.UNCERTAIN, "Not certain"),
        (State.DELIVERED, "Delivered"),
        (State.BOUNCED, "Returned"),
        (State.COMPLAINED, "Marked as unwanted"),
        (State.FAILED, "Not delivered"),
        (State.CANCELLED, "Withdrawn"),
    ],
)
def test_the_receipt_says_the_true_state(
    visitor: Visitor, sqlite: Store, state: State, words: str
) -> None:
    address = visitor.send("exams").headers["Location"]
    with sqlite.write() as tx:
        tx.execute(update(letter).where(letter.c.official == "north").values(state=state))
    html = visitor.get(address).text
    assert f"<b>{words}</b>" in html
    assert html.count("<b>In the queue</b>") == 1 + (state is State.QUEUED)


def test_a_letter_in_the_maildir_is_kept_here_and_never_sent(
    visitor: Visitor, sqlite: Store
) -> None:
    address = visitor.send("exams").headers["Location"]
    with sqlite.write() as tx:
        tx.execute(update(letter).values(state=State.SENT, transport="maildir:var/outbox"))
    html = visitor.get(address).text
    assert html.count("<b>Kept here</b>") == 2
    assert "Accepted by" not in html


def test_why_a_letter_is_held_is_said(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "trying", status="trial")
    assert "being tried out" in visitor.get("/trying/").text
    html = visitor.get(visitor.send("trying").headers["Location"]).text
    assert "letters do not leave yet" in html


def test_letters_stand_in_the_order_of_the_campaign(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "turned", to=["south", "north"], confirm=True)
    shown = Page(visitor.preview("turned").text)
    assert shown.letters[0].startswith("Dear Minister South")
    address = visitor.post("/turned/send", fields(shown)).headers["Location"]
    assert Page(visitor.get(address).text).letters == shown.letters


def test_the_receipt_speaks_the_language_the_letters_were_written_in(visitor: Visitor) -> None:
    address = visitor.send("exams", language="fr").headers["Location"].partition("?")[0]
    assert Page(visitor.get(address, Accept_Language="en").text).language == "fr"
    assert Page(visitor.get(f"{address}?lang=en").text).language == "en"


class Unasked(Store):
    """A store that is out for whoever asks it."""

    def read(self) -> AbstractContextManager[Tx]:
        raise StoreError("nobody may ask the database for this")

    write = read


@pytest.mark.parametrize(
    "token",
    ["nothing", "%00", "%00" * 26, "a" * 25, "a" * 27, "A" * 26, "é" * 26, "a" * 26 + "%0A"],
)
def test_what_cannot_be_an_id_never_reaches_the_database(
    make_app: MakeApp, new_sqlite: Callable[[], str], clock: Clock, token: str
) -> None:
    unasked = Unasked(new_sqlite(), clock=clock)
    visitor = Visitor(make_app(unasked))
    links = [
        visitor.get(f"/confirm/{token}"),
        visitor.post(f"/confirm/{token}", {"submission": "a" * 26}),
        visitor.post(f"/confirm/{'a' * 26}", {"submission": unquote(token)}),
    ]
    receipt = visitor.get(f"/receipt/{token}")
    assert "There is no receipt at this address" in receipt.text
    assert all("This link leads nowhere" in answer.text for answer in links)
    assert {answer.status_code for answer in (receipt, *links)} == {404}
    unasked.close()


@pytest.mark.parametrize("token", ["a" * 26, "%00"])
def test_unknown_receipts_are_not_found(make_app: MakeApp, store: Store, token: str) -> None:
    visitor = Visitor(make_app(store))
    for answer in (
        visitor.get(f"/receipt/{token}"),
        visitor.get(f"/confirm/{token}"),
        visitor.post(f"/confirm/{token}", {"submission": "\0"}),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("changes", "headers", "offered"),
    [
        ({}, {}, True),
        ({}, {"X-Forwarded-For": "192.0.2.7"}, False),
        ({}, {"Host": "letters.coalition.example"}, False),
        ({"base_url": "https://letters.coalition.example"}, {}, False),
    ],
)
def test_the_local_outbox_is_offered_to_whom_it_opens(
    make_app: MakeApp, changes: dict[str, str], headers: dict[str, str], offered: bool
) -> None:
    app = make_app(**changes)
    address = Visitor(app).send("exams").headers["Location"]
    visitor = Visitor(app, **headers)
    links = Page(visitor.get(address).text).links
    assert ("See the mail in this machine's local outbox" in links) is offered
    assert visitor.get("/outbox/").status_code == (200 if offered else 404)
