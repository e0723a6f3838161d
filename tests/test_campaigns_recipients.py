"""Who gets the letter: one person one letter, one mailbox one letter, whatever matches."""

from __future__ import annotations

from datetime import date

from mailer.campaigns.recipients import recipients, vacant
from mailer.campaigns.rehearsal import check
from mailer.campaigns.values import Campaign, Recipient, Target, Version
from mailer.officials.reader import read
from mailer.officials.values import DEFAULT_PACE, Pace
from mailer.problems import Severity

OFFICIALS, PROBLEMS = read(
    """\
posts:
  - id: health
    title: Minister of Health
    email: health@office.example
    portfolios: [health]
    pace: 20/minute
    language: fr
  - {id: care, title: Minister of Care, email: care@office.example, portfolios: [care, health]}
  - {id: parks, title: Minister of Parks, email: parks@office.example, portfolios: [parks]}
officials:
  - id: ann
    name: Ann Example
    holds: [{post: health, until: 2021-06-18}, {post: care}]
    region: North
    tags: [cabinet]
    portfolios: [women]
  - id: ben
    name: Ben Example
    holds: [{post: health, from: 2021-06-19}]
    region: South
    tags: [cabinet]
    email: ben@home.example
    language: en
  - id: cleo
    name: Cleo Example
    holds: [{post: parks}]
    do_not_mail: true
    region: North
  - {id: dora, name: Dora Example, email: Health@office.example, region: north, title: Critic}
  - {id: emil, name: Emil Example, email: emil@office.example, district: Lakeside}
groups:
  all: [parks, care, ben]
"""
)
BEFORE, AFTER = date(2021, 6, 18), date(2021, 6, 19)


def who(
    *names: str, day: date = AFTER, fallback: str = "", to: Target | None = None
) -> tuple[Recipient, ...]:
    target = to or Target(names=names)
    campaign = Campaign(slug="x", versions={}, to=target, fallback=fallback)
    return recipients(campaign, OFFICIALS, day)


def ids(found: tuple[Recipient, ...]) -> list[str]:
    return [one.official for one in found]


def test_the_file_is_good() -> None:
    assert [str(one) for one in PROBLEMS if one.severity is not Severity.NOTE] == []


def test_a_post_is_whoever_holds_it_that_day() -> None:
    assert ids(who("health", day=BEFORE)) == ["ann"]
    assert ids(who("health", day=AFTER)) == ["ben"]


def test_an_office_that_changes_hands_keeps_its_address_and_pace() -> None:
    for day in (BEFORE, AFTER):
        (found,) = who("health", day=day)
        assert found.email == "health@office.example"
        assert found.pace == Pace(count=20, seconds=60)
        assert found.title == {"": "Minister of Health"}
        assert found.language == "fr"


def test_a_person_by_name_has_their_own_address_first() -> None:
    (found,) = who("ben")
    assert (found.email, found.language) == ("ben@home.example", "en")
    assert (found.post, found.title) == ("health", {"": "Minister of Health"})
    assert who("emil")[0].pace == DEFAULT_PACE


def test_several_posts_make_one_letter_and_the_first_says_how() -> None:
    (found,) = who("care", "health", day=BEFORE)
    assert (found.official, found.post, found.email) == ("ann", "care", "care@office.example")
    assert found.portfolios == ("women", "care", "health")
    (found,) = who("health", "care", day=BEFORE)
    assert (found.post, found.email) == ("health", "health@office.example")
    assert found.portfolios == ("women", "health", "care")


def test_the_order_is_the_campaigns() -> None:
    assert ids(who("emil", "care", "health")) == ["emil", "ann", "ben"]
    assert ids(who("health", "emil", "care")) == ["ben", "emil", "ann"]


def test_a_group_is_its_members_without_those_not_to_be_written_to() -> None:
    assert ids(who("all")) == ["ann", "ben"]


def test_one_mailbox_one_letter() -> None:
    assert ids(who("health", "dora")) == ["ben"]
    assert ids(who("dora", "health")) == ["dora"]


def test_recipients_by_description() -> None:
    assert ids(who(to=Target(portfolios=("health",)), day=BEFORE)) == ["ann"]
    assert ids(who(to=Target(portfolios=("health",)), day=AFTER)) == ["ann", "ben"]
    assert ids(who(to=Target(portfolios=("women",)))) == ["ann"]
    assert ids(who(to=Target(tags=("cabinet",)))) == ["ann", "ben"]
    assert ids(who(to=Target(region="North"))) == ["ann", "dora"]
    assert ids(who(to=Target(region="North", tags=("cabinet",)))) == ["ann"]
    assert ids(who(to=Target(districts=("lakeside",)))) == ["emil"]
    assert ids(who(to=Target(region="North", portfolios=("health",)))) == ["ann"]


def test_by_description_only_the_posts_that_fit_are_meant() -> None:
    (found,) = who(to=Target(portfolios=("care",)), day=BEFORE)
    assert (found.post, found.portfolios) == ("care", ("women", "care", "health"))


def test_the_fallback_is_asked_when_nobody_is_left() -> None:
    assert ids(who(to=Target(region="West"), fallback="emil")) == ["emil"]
    assert ids(who("parks", fallback="health")) == ["ben"]
    assert ids(who("health", fallback="emil")) == ["ben"]
    assert who(to=Target(region="West")) == ()


def test_a_post_that_nobody_holds_today_is_told() -> None:
    version = Version(language="en", title="T", letter="x", file="x.md")
    campaign = Campaign(slug="x", versions={"en": version}, to=Target(names=("all", "health")))
    assert vacant(campaign, OFFICIALS, AFTER) == ()
    gone, _ = read(
        "posts:\n  - {id: health, email: h@x.example}\nofficials:\n"
        "  - {id: a, name: A, holds: [{post: health, until: 2020-01-01}]}\n"
        "  - {id: b, name: B, email: b@x.example}\ngroups: {all: [health, b]}\n"
    )
    assert vacant(campaign, gone, AFTER) == ("health",)
    found = recipients(campaign, gone, AFTER)
    (problem,) = check(campaign, found, vacant=vacant(campaign, gone, AFTER))
    assert "nobody holds the post health" in problem.message
