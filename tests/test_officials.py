"""officials.yaml: the shipped file, every mistake at its place, and no text that crashes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from mailer.officials.reader import read
from mailer.officials.schema import json_schema
from mailer.officials.values import Pace, say

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = (ROOT / "officials.yaml").read_text(encoding="utf-8")


def test_the_shipped_file_has_nothing_to_tell() -> None:
    officials, problems = read(SHIPPED)
    assert problems == ()
    assert list(officials.people) == ["romano", "mcnaughton", "mulroney"]
    assert officials.groups == {"ministers": ("minister-colleges-universities", "minister-labour")}


def test_the_shipped_file_can_mail_nobody_and_never_ends() -> None:
    officials, _ = read(SHIPPED)
    addresses = [one.email for one in (*officials.posts.values(), *officials.people.values())]
    assert all(address.endswith(".example") for address in filter(None, addresses))
    assert all(held.until is None for one in officials.people.values() for held in one.holds)


def test_the_shipped_people_are_addressed_in_both_languages() -> None:
    officials, _ = read(SHIPPED)
    for person in officials.people.values():
        for words in (person.honorific, person.salutation):
            assert words["en"]
            assert words["fr"]
        for held in person.holds:
            assert set(officials.posts[held.post].title) == {"en", "fr"}
    assert officials.posts["minister-francophone-affairs"].language == "fr"
    assert say(officials.people["mulroney"].salutation, "fr") == "Madame la Ministre"


def test_the_schema_beside_the_file_is_the_readers_own() -> None:
    assert SHIPPED.splitlines()[0] == "# yaml-language-server: $schema=./officials.schema.json"
    schema = json.loads((ROOT / "officials.schema.json").read_text(encoding="utf-8"))
    assert schema == json_schema()


def test_every_key_becomes_a_value() -> None:
    officials, problems = read(
        """\
posts:
  - id: minister
    title: {en: Minister, fr: ministre}
    email: minister@office.example
    phone: "0416 555 0100"
    address: |
      1 Example Street
      Toronto
    portfolios: [health, care]
    language: fr
    timezone: America/Toronto
    hours: Mon-Fri 09:00-17:00
    pace: 20/minute
officials:
  - id: ann
    name: Ann Example
    honorific: The Honourable
    salutation: {en: Minister Example, fr: Madame la Ministre}
    holds:
      - {post: minister, from: 2019-06-20, until: 2021-06-18}
    region: Ontario
    district: Example North
    tags: [cabinet]
    do_not_mail: no
  - id: ben
    name: Ben Example
    email: ben@office.example
    title: Director
    hours: 08:30-12:00
groups:
  all: [minister, ben]
domains:
  Office.example: {pace: 3000/hour}
"""
    )
    assert problems == ()
    post, ann = officials.posts["minister"], officials.people["ann"]
    assert post.pace == Pace(count=20, seconds=60.0)
    assert str(post.pace) == "20/minute"
    assert (post.hours, officials.people["ben"].hours) == ("mon-fri 09:00-17:00", "08:30-12:00")
    assert officials.domains == {"office.example": Pace(count=3000, seconds=3600.0)}
    assert post.address == "1 Example Street\nToronto"
    assert post.portfolios == ("health", "care")
    assert ann.honorific == {"": "The Honourable"}
    assert ann.do_not_mail is False
    assert ann.holds[0].until == date(2021, 6, 18)
    assert [one.id for one in officials.holders("minister", date(2021, 6, 18))] == ["ann"]
    assert officials.holders("minister", date(2021, 6, 19)) == ()
    assert officials.people["ben"].title == {"": "Director"}
    assert officials.groups == {"all": ("minister", "ben")}
