"""Campaign files that are good: the shipped one, a real post, two languages, YAML and TOML."""

from __future__ import annotations

from datetime import date

import pytest

from mailer.campaigns.letters import merge
from mailer.campaigns.reader import read
from mailer.campaigns.recipients import recipients
from mailer.campaigns.values import Status, Supporter
from mailer.problems import Severity
from tests.campaign_texts import OFFICIALS, ROLES, ROOT, SHIPPED, good, load, page

POST = (ROOT / "tests" / "fixtures" / "forestry_post.md").read_text(encoding="utf-8")
DAY = date(2026, 11, 23)


def test_the_shipped_campaign_has_nothing_to_tell() -> None:
    campaign, problems = read("proctoring", SHIPPED, OFFICIALS)
    assert problems == ()
    assert campaign is not None
    assert campaign.languages == ("en", "fr")
    assert campaign.status is Status.LIVE
    assert campaign.confirm is False
    assert campaign.closes is None
    assert len(campaign.signatories) == 9
    assert [one.id for one in campaign.organisations] == [
        "opseu", "ocufa", "cupe", "osstf", "ofl", "cfs", "psac",
    ]  # fmt: skip
    assert all(one.privacy.endswith(".example/privacy") for one in campaign.organisations)
    assert campaign.contact.endswith(".example")


def test_the_shipped_campaign_is_whole_in_french() -> None:
    campaign, _ = read("proctoring", SHIPPED, OFFICIALS)
    assert campaign is not None
    for words in (
        *(role.label for role in campaign.roles),
        *(role.prompt for role in campaign.roles),
        *(one.name for one in campaign.organisations),
        *(one.role for one in campaign.signatories),
    ):
        assert words["fr"]
        assert words["fr"] != words[""]
    english, french = campaign.version("en"), campaign.version("fr")
    assert len(english.subjects) == len(french.subjects)
    assert french.story
    assert french.description != english.description


def test_a_post_of_another_site_becomes_a_campaign_with_a_few_keys() -> None:
    keys = 'to = ["ministers"]\nstatus = "live"\nsalutation = "Dear {{ official.salutation }},"\n'
    campaign, problems = load(POST.replace("campuses = []\n", keys))
    assert campaign is not None
    assert [(one.severity, one.line, one.column) for one in problems] == [
        (Severity.NOTE, 15, 1),  # linktitle
        (Severity.NOTE, 24, 1),  # the greeting
        (Severity.NOTE, 26, 1),  # no place for own words
    ]
    version = campaign.version("en")
    assert version.title == "Readers and workers ask for the lakeside library to stay open"
    assert version.story.startswith("Today our coalition")
    assert version.letter.startswith("We hope this letter")
    assert version.letter_line == 26
    assert campaign.published == date(2020, 11, 5)
    assert campaign.categories == ("News",)
    letters = [
        merge(campaign, one, Supporter(name="Ann Example", email="a@x.example", personal="Mine."))
        for one in recipients(campaign, OFFICIALS, DAY)
    ]
    assert [one.salutation for one in letters] == [
        "Dear Minister Romano,",
        "Dear Minister McNaughton,",
    ]
    for one in letters:
        assert "Dear" not in one.body
        assert "Ben Example, Steward" in one.body
        assert one.body.endswith("\n\nMine.\n\nAnn Example\nReply to: a@x.example")


def test_a_post_without_added_keys_says_what_is_missing() -> None:
    _, problems = load(POST)
    assert [one.message for one in problems if one.severity is Severity.ERROR] == [
        '"to" is missing: a campaign needs it'
    ]


def test_a_literal_greeting_for_several_is_a_warning() -> None:
    _, problems = load(POST.replace("campuses = []\n", 'to = ["ministers"]\n'))
    warnings = [one for one in problems if one.severity is Severity.WARNING]
    assert [(one.line, one.column) for one in warnings] == [(22, 1)]
    assert "every official would be addressed" in warnings[0].message
    campaign, problems = load(POST.replace("campuses = []\n", 'to = ["minister-labour"]\n'))
    assert not [one for one in problems if one.severity is Severity.WARNING]
    assert campaign is not None
    assert campaign.version("en").salutation == "Dear Minister Example,"


@pytest.mark.parametrize(
    ("letter", "salutation"),
    [
        ("Dear {{ official.salutation }},\n\nText. {{ supporter.personal }}", None),
        ("Text, more text. {{ supporter.personal }}", None),
        ("- a list,\n\n{{ supporter.personal }}", None),
        ("Two lines\nof text,\n\n{{ supporter.personal }}", None),
    ],
)
def test_what_is_no_greeting_stays_in_the_letter(letter: str, salutation: None) -> None:
    version = good(page(letter=letter)).version("en")
    assert version.salutation == "Dear {{ official.salutation }},"
    assert version.letter in letter


def test_every_language_has_its_own_salutation_when_none_is_given() -> None:
    french = "+++\ntitle = 'T'\n+++\n{{ supporter.personal }}"
    campaign = good(page('salutation = "Hello {{ official.name }},"'), french)
    assert campaign.version("en").salutation == "Hello {{ official.name }},"
    assert campaign.version("fr").salutation == "{{ official.salutation }},"


def test_defaults() -> None:
    campaign = good(page())
    assert campaign.status is Status.DRAFT
    assert (campaign.choose, campaign.confirm, campaign.editable) == ("all", True, "personal")
    assert (campaign.letter_language, campaign.uncertain) == ("supporter", "resend")
    assert campaign.disposable == "hold"
    assert (campaign.opens, campaign.closes, campaign.goal, campaign.ceiling) == (None, None, 0, 0)


def test_yaml_front_matter_says_the_same() -> None:
    toml = good(
        page(
            "date = 2020-07-02",
            "closes = 2021-01-01T04:59:59Z",
            'timezone = "America/Toronto"',
            "goal = 5000",
            "confirm = false",
            'require = ["postal_code"]',
            '[[roles]]\nid = "a"\nlabel = "A"',
        )
    )
    yaml = good(
        "---\ntitle: T\nto: [minister-labour]\ndate: 2020-07-02\ncloses: 2021-01-01T04:59:59Z\n"
        "timezone: America/Toronto\ngoal: 5000\nconfirm: false\nrequire: [postal_code]\n"
        "roles:\n  - id: a\n    label: A\n---\n{{ supporter.personal }}"
    )
    assert toml.closes == date(2020, 12, 31)  # in Toronto
    for name in ("published", "closes", "timezone", "goal", "confirm", "require", "roles", "to"):
        assert getattr(toml, name) == getattr(yaml, name)


def test_recipients_may_be_described() -> None:
    campaign = good(
        page().replace('["minister-labour"]', '{ portfolios = ["labour"], region = "Ontario" }')
    )
    assert campaign.to.portfolios == ("labour",)
    assert [one.official for one in recipients(campaign, OFFICIALS, DAY)] == ["mcnaughton"]


def test_a_language_version_gives_words_by_id_or_order() -> None:
    main = page(
        ROLES,
        '[[roles]]\nid = "staff"\nlabel = { en = "Staff", fr = "Personnel" }',
        '[[signatories]]\nname = "Ann Example"\nrole = "Chair"',
    )
    french = (
        "+++\ntitle = 'Titre'\ndate = 2020-01-01\n[[roles]]\nid = 'student'\nlabel = 'Étudiante'\n"
        "[[signatories]]\nname = 'Ann Example'\nrole = 'présidente'\n+++\n{{ supporter.personal }}"
    )
    campaign, problems = load(main, french)
    assert [(one.severity, one.line) for one in problems] == [(Severity.NOTE, 3)]
    assert campaign is not None
    assert campaign.roles[0].label == {"": "Student", "fr": "Étudiante"}
    assert campaign.roles[1].label["fr"] == "Personnel"
    assert campaign.signatories[0].role["fr"] == "présidente"


def test_keys_of_other_programs_are_notes() -> None:
    campaign, problems = load(page('author = "A"', "weight = 3", '_schema = "x"', 'type = "x"'))
    assert campaign is not None
    assert {one.severity for one in problems} == {Severity.NOTE}
    assert [one.line for one in problems] == [4, 5, 6, 7]


def test_story_and_letter_are_parted_by_three_stars() -> None:
    version = good(page(letter="Story.\n\n***\n\nLetter. {{ supporter.personal }}")).version("en")
    assert (version.story, version.letter) == ("Story.", "Letter. {{ supporter.personal }}")
    assert version.letter_line == 9
    version = good(page(letter="All of it. {{ supporter.personal }}")).version("en")
    assert (version.story, version.letter) == ("", "All of it. {{ supporter.personal }}")


def test_a_rule_below_yaml_front_matter_is_no_second_front_matter() -> None:
    head = "---\ntitle: T\nto: [minister-labour]\n---\n"
    text = head + "Story\n\n---\n\nmore\n***\n{{ supporter.personal }}"
    assert good(text).version("en").story == "Story\n\n---\n\nmore"
