"""Writing to one's own member: by postal code, by answer, from the list, and nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import letter, submission
from tests.represent import FEDERAL, ONTARIO, Stub, answer, boundary, served
from tests.web_public.page import Page, Visitor, fields
from tests.web_public.ridings import MEMBERS, beginning, official, write_ridings

MakeApp = Callable[..., Flask]
OF_SEVEN = f"{beginning(7)} 1A1"
QUESTION = "One more question"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_ridings(tmp_path / "ridings")


@pytest.fixture
def rewrite(home: Path, tmp_path: Path) -> Callable[..., None]:
    """Writes the home anew with other keys in the campaign, before the application is made."""

    def write(keys: str, **more: str) -> None:
        home.rename(tmp_path / "before")
        write_ridings(home, keys, **more)

    return write


def written(store: Store) -> list[tuple[str, str]]:
    """To whom letters went, and the district of who wrote."""
    with store.read() as tx:
        rows = tx.execute(
            select(letter.c.official, submission.c.district).join(
                submission, submission.c.id == letter.c.submission
            )
        )
        return [(row.official, row.district) for row in rows]


def chosen(page: Page) -> list[str]:
    """The officials of the letters shown."""
    return [text.splitlines()[0] for text in page.letters]


@pytest.mark.parametrize("typed", [OF_SEVEN, OF_SEVEN.lower().replace(" ", ""), f" {OF_SEVEN} "])
def test_the_code_leads_to_the_one_member(visitor: Visitor, sqlite: Store, typed: str) -> None:
    answer = visitor.preview("member", postal_code=typed)
    page = Page(answer.text)
    assert answer.status_code == 200
    assert chosen(page) == ["Dear Member 7,"]
    assert "I live in Riding of 7." in page.letters[0]
    assert f"\n{OF_SEVEN}\nDistrict: Riding of 7\n" in page.letters[0]
    assert f"(by your postal code {OF_SEVEN})" in page.words
    assert visitor.post("/member/send", fields(page)).status_code == 303
    assert written(sqlite) == [("member-7", "Riding of 7")]


def test_the_district_is_named_in_the_letter_s_language(visitor: Visitor) -> None:
    page = Page(visitor.preview("member", postal_code=OF_SEVEN, language="fr").text)
    assert "J'habite Comté de l'Étang 7." in page.letters[0]
    assert "Circonscription\u00a0: Comté de l'Étang 7" in page.letters[0]


def test_the_district_is_named_in_the_language_of_the_office(
    make_app: MakeApp, rewrite: Callable[..., None], home: Path
) -> None:
    rewrite('require = ["postal_code"]\nlanguage = "official"')
    file = home / "officials.yaml"
    text = file.read_text(encoding="utf-8").replace(
        "{id: member-7,", "{language: fr, id: member-7,"
    )
    file.write_text(text, encoding="utf-8")
    visitor = Visitor(make_app())
    page = Page(visitor.preview("member", postal_code=OF_SEVEN, language="en").text)
    assert "J'habite Comté de l'Étang 7." in page.letters[0]
    assert "Circonscription\u00a0: Comté de l'Étang 7" in page.letters[0]
    assert "Your district: Riding of 7" in page.words


def test_each_letter_names_the_district_in_its_own_language(
    make_app: MakeApp, rewrite: Callable[..., None], home: Path, sqlite: Store
) -> None:
    """Also where the letters are made again, with a corrected address."""
    own = '{ tags = ["member"], district = "supporter" }'
    rewrite('require = ["postal_code"]\nlanguage = "official"\neditable = "body"')
    letters = home / "templates" / "letters" / "member.md"
    text = letters.read_text(encoding="utf-8").replace("confirm = false", "confirm = true")
    assert own in text
    letters.write_text(text, encoding="utf-8")
    file = home / "officials.yaml"
    twin = official(7, ", language: fr").replace("member-7", "senator-7").replace("m7@", "s7@")
    file.write_text(file.read_text(encoding="utf-8") + twin, encoding="utf-8")
    visitor = Visitor(make_app())
    page = Page(visitor.preview("member", postal_code=OF_SEVEN).text)
    english, french = page.letters
    assert "\nDistrict: Riding of 7\n" in english
    assert "I live in Riding of 7." in english
    assert "\nCirconscription\u00a0: Comté de l'Étang 7\n" in french
    assert "J'habite Comté de l'Étang 7." in french
    receipt = visitor.post("/member/send", fields(page)).location
    kept = fields(Page(visitor.get(receipt).text)) | {"email": ["ann@right.example"]}
    kept.pop("code")
    again = Page(visitor.post("/member/preview", kept).text)
    wanted = [one.replace("ann@supporter", "ann@right") for one in page.letters]
    assert again.letters == wanted, "nothing counts as changed"
    assert "Change the text again" not in again.words


def test_the_page_names_no_hundred_members(visitor: Visitor) -> None:
    answer = visitor.get("/member/")
    assert "Whoever represents your district" in answer.text
    assert f"One of {MEMBERS + 1} districts is yours" in answer.text
    assert "Member 7" not in answer.text
    assert "f-district" not in Page(answer.text).ids
    assert "Write your letter</h2>" in answer.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("K1O 0B1", "with a zero"),
        ("D1A 0B1", "no code has the letter D"),
        ("W1A 0B1", "none begins with W"),
        ("KIA OBI", "Did you mean K1A 0B1?"),
        ("K1A", "the whole postal code"),
        ("75001", "letters and digits in turn"),
        ("🙂🙂🙂🙂🙂🙂", "letters and digits in turn"),
        ("\u05d0\u05d1\u05d2", "letters and digits in turn"),
        ("K1A\u202e0B1", "a hidden character after “K1A”"),
        ("K" * 20_001, "shorten it to 20 characters; it has 20,001"),
        ("", "Enter your postal code"),
    ],
)
def test_a_wrong_code_is_an_error_at_its_field(visitor: Visitor, typed: str, words: str) -> None:
    answer = visitor.preview("member", postal_code=typed)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert page.title.startswith("Error: ")
    assert [link for link, _ in page.errors] == ["f-postal_code"]
    assert words in page.errors[0][1]
    assert page.values["postal_code"] == typed
    assert "postal_code-error" in page.ids


def test_codes_of_ordinary_campaigns_are_normalised_and_foreign_ones_left(
    home: Path, visitor: Visitor
) -> None:
    letters = home / "templates" / "letters"
    plain = (
        (letters / "member.md")
        .read_text()
        .replace('{ tags = ["member"], district = "supporter" }', '["premier"]')
    )
    (letters / "plain.md").write_text(plain)
    for typed, kept in (("k1a0b1", "K1A 0B1"), ("SW1A 1AA", "SW1A 1AA"), ("75001", "75001")):
        page = Page(visitor.preview("plain", postal_code=typed).text)
        assert f"\n{kept}\n" in page.letters[0]
    page = Page(visitor.preview("plain", postal_code="K1O 0B1").text)
    assert page.errors[0][0] == "f-postal_code"


def test_a_code_in_two_districts_asks_which(visitor: Visitor, sqlite: Store) -> None:
    answer = visitor.preview("member", postal_code="k0a1a1")
    page = Page(answer.text)
    assert answer.status_code == 422
    assert page.title.startswith(QUESTION)
    assert page.errors == [("f-district", "K0A 1A1 lies in more than one district. Choose yours.")]
    assert answer.text.count('type="radio"') == 3
    assert "<legend>Which district do you live in?</legend>" in answer.text
    assert page.values["personal"] == "Let exams be quiet.\n\nThey can be."
    again = Page(visitor.post("/member/preview", fields(page)).text)
    assert again.title.startswith("Error: ")
    assert again.errors == [("f-district", "Choose your district")]
    shown = Page(visitor.post("/member/preview", {**fields(again), "district": "Riding of 2"}).text)
    assert chosen(shown) == ["Dear Member 2,"]
    visitor.post("/member/send", fields(shown))
    assert written(sqlite) == [("member-2", "Riding of 2")]


def test_the_question_is_asked_in_french_and_survives_the_language(visitor: Visitor) -> None:
    page = Page(visitor.preview("member", postal_code="K0A 1A1").text)
    turned = visitor.post("/member/?lang=fr", fields(page))
    assert turned.status_code == 200
    assert "Dans quelle circonscription habitez-vous" in turned.text
    assert "Comté de l&#39;Étang 2" in turned.text
    assert "Il y a un problème" not in turned.text
    asked = Page(visitor.post("/member/preview?lang=fr", fields(Page(turned.text))).text)
    assert asked.errors == [("f-district", "Choisissez votre circonscription")]


def test_none_of_these_shows_the_list(visitor: Visitor) -> None:
    page = Page(visitor.preview("member", postal_code="K0A 1A1").text)
    answer = visitor.post("/member/preview", {**fields(page), "district": "?"})
    assert answer.status_code == 422
    assert answer.text.count("<option ") == MEMBERS + 2  # with the first, which says to choose
    shown = Page(
        visitor.post(
            "/member/preview", {**fields(Page(answer.text)), "district": "Riding of 9"}
        ).text
    )
    assert chosen(shown) == ["Dear Member 9,"]


def test_an_unknown_code_offers_the_list_and_the_answer_holds(
    visitor: Visitor, sqlite: Store
) -> None:
    answer = visitor.preview("member", postal_code="V9Z 9Z9")
    page = Page(answer.text)
    assert answer.status_code == 422
    assert page.errors == [
        ("f-district", "We could not find the district of V9Z 9Z9. Choose yours from the list.")
    ]
    asked = Page(visitor.post("/member/preview", fields(page)).text)
    assert asked.errors == [("f-district", "Choose your district")]
    sent = {**fields(asked), "district": "comté de l'étang 50"}
    shown = Page(visitor.post("/member/preview", sent).text)
    assert chosen(shown) == ["Dear Member 50,"]
    assert visitor.post("/member/send", fields(shown)).status_code == 303
    assert written(sqlite) == [("member-50", "Riding of 50")]


def test_an_answer_belongs_to_its_code(visitor: Visitor) -> None:
    page = Page(visitor.preview("member", postal_code="V9Z 9Z9").text)
    answered = {**fields(page), "district": "Riding of 50"}
    assert chosen(Page(visitor.post("/member/preview", answered).text)) == ["Dear Member 50,"]
    other = {**answered, "postal_code": OF_SEVEN}
    assert chosen(Page(visitor.post("/member/preview", other).text)) == ["Dear Member 7,"]
    lost = Page(visitor.post("/member/preview", {**answered, "postal_code": "V9Z 1A1"}).text)
    assert lost.errors[0][0] == "f-district"


def test_another_district_than_the_code_s_may_be_chosen(visitor: Visitor, sqlite: Store) -> None:
    shown = Page(visitor.preview("member", postal_code=OF_SEVEN).text)
    answer = visitor.post("/member/", {**fields(shown), "elsewhere": "1"})
    page = Page(answer.text)
    assert answer.status_code == 200
    assert page.errors == []
    moved = Page(visitor.post("/member/preview", {**fields(page), "district": "Riding of 8"}).text)
    assert chosen(moved) == ["Dear Member 8,"]
    kept = Page(visitor.post("/member/", fields(moved)).text)  # "Change something"
    again = {**fields(kept), "district": "Riding of 8"}
    assert chosen(Page(visitor.post("/member/preview", again).text)) == ["Dear Member 8,"]
    visitor.post("/member/send", fields(moved))
    assert written(sqlite) == [("member-8", "Riding of 8")]


def test_who_knows_their_district_may_post_it_with_the_code(visitor: Visitor) -> None:
    page = Page(visitor.preview("member", postal_code="K0A 1A1", district="riding of 1").text)
    assert chosen(page) == ["Dear Member 1,"]
    page = Page(visitor.preview("member", postal_code=OF_SEVEN, district="Riding of 8").text)
    assert chosen(page) == ["Dear Member 7,"]


@pytest.mark.parametrize(
    "typed",
    ["Riding of 999", "m7@parliament.example", "member-7", "🙂", "\u202eriding", "x" * 121,
     "Riding of 7\r\nBcc: a@b.example", "=?utf-8?q?x?=", "{{7*7}}", "x" * 20_001, "\x00"],
)  # fmt: skip
def test_a_district_that_is_not_in_the_files_is_refused_and_logged(
    visitor: Visitor, sqlite: Store, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    for code in ("K0A 1A1", OF_SEVEN):
        with caplog.at_level(logging.WARNING):
            answer = visitor.preview("member", postal_code=code, district=typed)
        page = Page(answer.text)
        assert answer.status_code == 422
        assert [link for link, _ in page.errors] == ["f-district"]
        assert page.letters == []
        sent = visitor.post("/member/send", {**fields(page), "district": typed})
        assert sent.status_code == 422
    assert written(sqlite) == []
    assert "a district it has not" in caplog.text
    assert typed not in caplog.text


def test_ids_of_other_officials_are_refused(visitor: Visitor, sqlite: Store) -> None:
    for ids in (["nobody"], ["member-8", "nobody"]):
        answer = visitor.preview("member", postal_code=OF_SEVEN, officials=ids)
        assert answer.status_code == 422
    shown = Page(visitor.preview("member", postal_code=OF_SEVEN, officials=["member-8"]).text)
    assert chosen(shown) == ["Dear Member 7,"]
    assert written(sqlite) == []


def test_other_mistakes_and_the_question_stand_together(visitor: Visitor) -> None:
    page = Page(visitor.preview("member", name="", postal_code="K0A 1A1").text)
    assert page.title.startswith("Error: ")
    assert [link for link, _ in page.errors] == ["f-name", "f-district"]
    both = {**fields(page), "name": "Ann Example", "district": "Riding of 2"}
    assert chosen(Page(visitor.post("/member/preview", both).text)) == ["Dear Member 2,"]


def test_a_district_that_nobody_holds_says_so(visitor: Visitor) -> None:
    answer = visitor.preview("member", postal_code="K0B 1A1")
    page = Page(answer.text)
    assert answer.status_code == 422
    assert page.errors == [
        ("f-district", "Nobody can be written to for this district. Your words are still here.")
    ]
    assert page.values["name"] == "Ann Example"


def test_the_fallback_gets_the_letter_and_the_page_says_so(
    rewrite: Callable[..., None], make_app: MakeApp, sqlite: Store
) -> None:
    rewrite('require = ["postal_code"]\nfallback = "premier"')
    visitor = Visitor(make_app())
    page = Page(visitor.preview("member", postal_code="K0B 1A1").text)
    assert chosen(page) == ["Dear Pat Premier,"]
    assert "Vacant Lake" in page.words
    assert "Nobody there can be written to" in page.words
    visitor.post("/member/send", fields(page))
    assert written(sqlite) == [("premier", "Vacant Lake")]
    listed = Page(visitor.preview("member", postal_code="V9Z 9Z9").text)
    nowhere = Page(visitor.post("/member/preview", {**fields(listed), "district": "-"}).text)
    assert chosen(nowhere) == ["Dear Pat Premier,"]
    assert "We do not know who represents you" in nowhere.words
    assert visitor.post("/member/send", fields(nowhere)).status_code == 303


def test_a_fallback_message_is_what_the_page_says(
    rewrite: Callable[..., None], make_app: MakeApp
) -> None:
    rewrite('fallback_message = "The seat is empty until May."')
    visitor = Visitor(make_app())
    page = Page(visitor.preview("member", postal_code="K0B 1A1").text)
    assert page.errors == [("f-district", "The seat is empty until May.")]


def test_without_a_code_the_list_is_asked(rewrite: Callable[..., None], make_app: MakeApp) -> None:
    rewrite("")
    visitor = Visitor(make_app())
    page = Page(visitor.preview("member", postal_code="").text)
    assert page.title.startswith(QUESTION)
    assert page.errors == [("f-district", "Choose your district")]
    shown = Page(visitor.post("/member/preview", {**fields(page), "district": "Riding of 3"}).text)
    assert chosen(shown) == ["Dear Member 3,"]


def test_without_any_list_the_form_asks_from_the_start(home: Path, make_app: MakeApp) -> None:
    (home / "districts.csv").unlink()
    visitor = Visitor(make_app())
    first = visitor.get("/member/")
    assert first.text.count("<option ") == MEMBERS + 1
    shown = Page(visitor.preview("member", postal_code="12345", district="Riding of 3").text)
    assert chosen(shown) == ["Dear Member 3,"]
    missing = Page(visitor.preview("member", postal_code="12345").text)
    assert missing.errors == [("f-district", "Choose your district")]
    change = visitor.post("/member/", fields(shown))
    assert '<option value="Riding of 3" selected>' in change.text


def test_of_several_members_of_one_district_one_is_chosen(
    home: Path, rewrite: Callable[..., None], make_app: MakeApp
) -> None:
    rewrite('choose = "one"')
    with (home / "officials.yaml").open("a") as file:
        file.write(official(7).replace("member-7", "other-7").replace("m7@", "o7@"))
    visitor = Visitor(make_app())
    assert chosen(Page(visitor.preview("member", postal_code=f"{beginning(8)} 1A1").text)) == [
        "Dear Member 8,"
    ]
    page = Page(visitor.preview("member", postal_code=OF_SEVEN).text)
    assert page.errors == [("f-officials", "Choose who you want to write to")]
    picked = {**fields(page), "officials": "other-7"}
    shown = Page(visitor.post("/member/preview", picked).text)
    assert len(shown.letters) == 1
    other = {**picked, "officials": "member-9"}
    assert visitor.post("/member/preview", other).status_code == 422


def test_codes_of_another_country_are_looked_up_as_they_are(home: Path, make_app: MakeApp) -> None:
    rows = (
        "code;district\n75001;Riding of 1\n7500;Riding of 2\n75002;Riding of 3\n75002;Riding of 4\n"
    )
    (home / "districts.csv").write_text(rows)
    visitor = Visitor(make_app())
    for typed, whom in (("75 001", 1), ("75009", 2)):
        page = Page(visitor.preview("member", postal_code=typed).text)
        assert chosen(page) == [f"Dear Member {whom},"]
    assert Page(visitor.preview("member", postal_code="75002").text).title.startswith(QUESTION)


@pytest.fixture
def represent(tmp_path: Path, home: Path) -> Iterator[Stub]:
    """The service, and no list of our own."""
    (home / "districts.csv").unlink()
    with served(tmp_path) as stub:
        yield stub


def test_the_service_tells_where_there_is_no_list(
    represent: Stub, make_app: MakeApp, sqlite: Store
) -> None:
    wards = boundary(FEDERAL, "Riding of 9"), boundary("wards", "Ward 1")
    represent.says = {"K1A0B1": answer("K1A0B1", boundary(ONTARIO, "Comté-de-l’Étang 5"), *wards)}
    visitor = Visitor(make_app(represent=(ONTARIO,), asks=represent.client))
    shown = Page(visitor.preview("member", postal_code="k1a0b1").text)
    assert chosen(shown) == ["Dear Member 5,"]
    assert visitor.post("/member/send", fields(shown)).status_code == 303
    assert represent.heard == ["/postcodes/K1A0B1/"]
    assert written(sqlite) == [("member-5", "Riding of 5")]
    both = Visitor(make_app(represent=(), asks=represent.client))
    page = Page(both.preview("member", postal_code="K1A 0B1").text)
    assert page.errors[0][1].startswith("K1A 0B1 lies in more than one district")
    assert len(represent.heard) == 1


def test_what_is_no_code_does_not_reach_the_service(represent: Stub, make_app: MakeApp) -> None:
    visitor = Visitor(make_app(represent=(), asks=represent.client))
    for typed in ("75001", "../../etc", "K1O 0B1"):
        assert visitor.preview("member", postal_code=typed).status_code == 422
    assert represent.heard == []


@pytest.mark.parametrize("trouble", ["status", "slow", "rubbish"])
def test_a_service_in_trouble_is_not_in_the_way(
    represent: Stub, make_app: MakeApp, trouble: str
) -> None:
    represent.says = {"K1A0B1": b"rubbish"}
    represent.status = 503 if trouble == "status" else 200
    represent.pause = 3.0 if trouble == "slow" else 0.0
    visitor = Visitor(make_app(represent=(), asks=represent.client))
    page = Page(visitor.preview("member", postal_code="K1A 0B1").text)
    assert page.errors[0][1].startswith("We could not find the district of K1A 0B1")
    assert visitor.preview("member", postal_code="K1A 0B2").status_code == 422
    assert len(represent.heard) == 1  # it is left alone meanwhile
    shown = Page(visitor.post("/member/preview", {**fields(page), "district": "Riding of 4"}).text)
    assert chosen(shown) == ["Dear Member 4,"]
    assert visitor.post("/member/send", fields(shown)).status_code == 303


def test_it_is_off_unless_it_is_set_and_the_privacy_page_tells(
    represent: Stub, make_app: MakeApp
) -> None:
    represent.says = {"K1A0B1": answer("K1A0B1", boundary(ONTARIO, "Riding of 5"))}
    visitor = Visitor(make_app(asks=represent.client))
    assert visitor.preview("member", postal_code="K1A 0B1").status_code == 422
    assert represent.heard == []
    assert "Open North" not in visitor.get("/privacy").text
    assert "Open North" in Visitor(make_app(represent=())).get("/privacy").text
