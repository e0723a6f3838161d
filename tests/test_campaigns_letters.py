"""The merge: what officials get, and that supporters' words arrive as they were typed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer import addresses
from mailer.campaigns.letters import merge
from mailer.campaigns.reader import read
from mailer.campaigns.recipients import recipients
from mailer.campaigns.rehearsal import check
from mailer.campaigns.values import (
    Campaign,
)
from mailer.errors import FieldError, MergeError
from tests.campaign_texts import OFFICIALS, SHIPPED
from tests.merging import ANN, OFFICIAL, above_closing, campaign, merged

DAY = date(2026, 11, 23)


@cache
def shipped() -> Campaign:
    campaign, problems = read("proctoring", SHIPPED, OFFICIALS)
    assert campaign is not None
    assert not problems
    return campaign


def test_the_shipped_campaign_merges_for_every_official_language_and_role() -> None:
    everybody = replace(shipped(), to=replace(shipped().to, names=tuple(OFFICIALS.posts)))
    found = recipients(everybody, OFFICIALS, DAY)
    assert len(found) == 3
    assert check(everybody, found) == ()


@pytest.mark.parametrize("role", ["", "student", "faculty", "staff", "parent", "neighbour"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_minister_gets_a_paragraph_of_their_own(language: str, role: str) -> None:
    supporter = replace(ANN, language=language, role=role, personal="In my own words.")
    found = recipients(shipped(), OFFICIALS, DAY)
    letters = [merge(shipped(), one, supporter) for one in found]
    assert [letter.to_address for letter in letters] == [
        "colleges.universities@ministry.example",
        "labour@ministry.example",
    ]
    privacy, work = {"en": ("York", "invigilators"), "fr": ("York", "syndiqués")}[language]
    assert [privacy in letter.body for letter in letters] == [True, False]
    assert [work in letter.body for letter in letters] == [False, True]
    for letter in letters:
        assert letter.language == language
        assert "\n\nIn my own words.\n\n" in letter.body
        assert all(one.name in letter.body for one in shipped().signatories)
        assert letter.body.endswith("ann@supporter.example")
        assert "\n\n\n" not in letter.text
        assert "{" not in letter.text


def test_roles_differ_by_one_paragraph() -> None:
    official = recipients(shipped(), OFFICIALS, DAY)[0]
    bodies = {
        role: set(merge(shipped(), official, replace(ANN, role=role)).body.split("\n\n"))
        for role in ("student", "faculty", "staff", "parent", "neighbour", "")
    }
    for role, body in bodies.items():
        assert len(body - bodies[""]) == (1 if role else 0)
    assert len({frozenset(body) for body in bodies.values()}) == 6


def test_the_letter_is_about_350_words() -> None:
    for official in recipients(shipped(), OFFICIALS, DAY):
        body = merge(shipped(), official, replace(ANN, role="student")).body
        words = len(body.partition("This letter is supported by")[0].split())
        assert 320 <= words <= 390


def test_salutation_and_name_are_in_the_letters_language() -> None:
    romano = recipients(shipped(), OFFICIALS, DAY)[0]
    english, french = (
        merge(shipped(), romano, replace(ANN, language=language)) for language in ("en", "fr")
    )
    assert (english.salutation, french.salutation) == (
        "Dear Minister Romano,",
        "Monsieur le Ministre,",
    )
    assert (english.to_name, french.to_name) == (
        "The Honourable Ross Romano",
        "L'honorable Ross Romano",
    )


def test_the_offices_language_is_kept_where_the_campaign_says_so() -> None:
    official = replace(shipped(), letter_language="official")
    assert merge(official, OFFICIAL, ANN).language == "fr"
    assert merge(official, replace(OFFICIAL, language="de"), ANN).language == "en"
    assert merge(shipped(), OFFICIAL, replace(ANN, language="de")).language == "en"


def test_the_closing_block() -> None:
    whole = replace(
        ANN, address="1 Example Street\nToronto", postal_code="A1A 1A1", district="Example North"
    )
    why = "\n\nWhy this letter reached you: https://c.example/about/x?lang=en"
    assert merged("x").body == f"x\n\nAnn Example\nReply to: ann@supporter.example{why}"
    assert merged("x", whole).body == (
        "x\n\nAnn Example\n1 Example Street\nToronto\nA1A 1A1\nDistrict: Example North\n"
        f"Reply to: ann@supporter.example{why}"
    )
    french = merge(shipped(), OFFICIAL, replace(whole, language="fr")).body
    assert french.endswith(
        "A1A 1A1\nCirconscription\u00a0: Example North\nRépondre à\u00a0: ann@supporter.example"
    )


def test_the_link_to_the_reason_follows_the_pages_address_and_the_letters_language() -> None:
    below = merge(shipped(), OFFICIAL, replace(ANN, language="fr"), url="https://c.example/a/b/")
    assert below.body.endswith(
        "Répondre à\u00a0: ann@supporter.example\n\n"
        "Pourquoi vous recevez cette lettre\u00a0: "
        "https://c.example/a/about/proctoring?lang=fr"
    )


def test_own_words_without_a_place_stand_above_the_closing_block() -> None:
    personal = replace(ANN, personal="Mine.")
    assert above_closing("Theirs.", personal) == "Theirs.\n\nMine."
    assert above_closing("{{ supporter.personal }}\n\nTheirs.", personal) == "Mine.\n\nTheirs."
    same = "{% set who = supporter %}{{ who.personal }}"
    assert above_closing(same, personal) == "Mine."


def test_the_subject_stays_with_the_mailbox() -> None:
    subjects = tuple(f"Subject {n}" for n in range(5))
    one = campaign("x", subjects=subjects)
    chosen = {
        merge(one, OFFICIAL, replace(ANN, email=f"a{n}@x.example")).subject for n in range(60)
    }
    assert chosen == set(subjects)
    same = ("ann.x@gmail.com", "AnnX+letters@gmail.com", "annx@gmail.com")
    again = [merge(one, OFFICIAL, replace(ANN, email=mail)).subject for mail in same]
    assert len(set(again)) == 1
    index = int.from_bytes(hashlib.sha256(b"annx@gmail.com\nx").digest()[:8]) % 5
    assert again[0] == subjects[index]


def test_without_subjects_the_title_is_the_subject_and_no_template() -> None:
    assert merge(campaign("x", title="{{ 7 * 7 }}"), OFFICIAL, ANN).subject == "{{ 7 * 7 }}"


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("From {{ supporter.name }}", "=?utf-8?q?x?="),
        ("From {{ supporter.name }}", "Ann\u202eExample"),
        ("From {{ supporter.name }}", "A" * 300),
        ("{{ supporter.district }}", "Ann"),
    ],
)
def test_a_subject_that_cannot_stand_in_a_header_is_refused(subject: str, name: str) -> None:
    with pytest.raises(MergeError):
        merge(campaign("x", subjects=(subject,)), OFFICIAL, replace(ANN, name=name))


def test_a_subject_is_one_line() -> None:
    one = campaign("x", subjects=("About {{ supporter.affiliation }}",))
    letter = merge(one, OFFICIAL, replace(ANN, affiliation="A\n\nBcc: b"))
    assert letter.subject == "About A Bcc: b"


def test_an_officials_name_that_cannot_stand_in_a_header_is_refused() -> None:
    with pytest.raises(MergeError, match="official's name"):
        merge(campaign("x"), replace(OFFICIAL, name="=?utf-8?q?x?="), ANN)


TYPED = st.text(st.characters(codec="utf-8"), max_size=200)
TRICKS = st.sampled_from(
    ["{{7*7}}", "{% for a in official.tags %}", "{{ supporter.email }}", "{#", "\\1", "%s", "&lt;"]
)


def typed(text: str, *, lines: bool) -> str:
    """What the form would keep of a text, or "" when it would refuse it."""
    try:
        return addresses.paragraphs(text, 5000) if lines else addresses.line(text, 200)
    except FieldError:
        return ""


@given(TYPED, TYPED, TYPED, st.lists(TRICKS, min_size=1), st.sampled_from(["en", "fr"]))
@settings(max_examples=200, deadline=None)
def test_what_is_typed_arrives_verbatim(
    name: str, personal: str, place: str, tricks: list[str], language: str
) -> None:
    supporter = replace(
        ANN,
        name=typed(name, lines=False) + " ".join(tricks),
        personal=typed("\n".join([*tricks, personal]), lines=True) or "\n\n".join(tricks),
        district=typed(place, lines=False) or tricks[0],
        affiliation=tricks[-1],
        role="student",
        language=language,
    )
    for official in recipients(shipped(), OFFICIALS, DAY):
        letter = merge(shipped(), official, supporter)
        plain = merge(shipped(), official, replace(ANN, language=language))
        assert letter.salutation == plain.salutation
        assert letter.subject == plain.subject
        assert f"\n\n{supporter.personal}\n\n" in letter.body
        assert f"\n\n{supporter.name}\n" in letter.body
        assert f"{supporter.district}\n" in letter.body
        assert letter.body.endswith(": " + ANN.email)
        assert f"{tricks[-1]}" in letter.body
