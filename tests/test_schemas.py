"""The schemas for editors: what the readers use, judged by a program that is not ours."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import Any

import jsonschema
import pytest
import yaml

from mailer.campaigns import describe
from mailer.campaigns.schema import MAIN, VERSION
from mailer.cli import beginnings
from mailer.officials.schema import json_schema
from tests.conftest import ROOT

LETTERS = sorted((ROOT / "templates" / "letters").glob("*.md"))
CAMPAIGN = describe.json_schema()
CHECK = jsonschema.Draft7Validator
FORMATS = jsonschema.FormatChecker()


def matter(text: str) -> dict[str, Any]:
    """Front matter as an editor sees it: JSON has no dates of its own."""
    found = tomllib.loads(text.split("+++")[1])
    return {
        key: one.isoformat() if isinstance(one, date) else one for key, one in found.items()
    }  # fmt: skip


def wrong(value: object, schema: dict[str, Any]) -> list[str]:
    """Where the value does not fit, as text."""
    errors = CHECK(schema, format_checker=FORMATS).iter_errors(value)
    return ["/".join(map(str, error.absolute_path)) or error.message for error in errors]


def good() -> dict[str, Any]:
    return matter((ROOT / "templates" / "letters" / "proctoring.md").read_text(encoding="utf-8"))


def test_the_schemas_are_schemas_and_lie_beside_the_files() -> None:
    for name, schema in (
        ("officials.schema.json", json_schema()),
        ("campaign.schema.json", CAMPAIGN),
    ):
        CHECK.check_schema(schema)
        assert json.loads((ROOT / name).read_text(encoding="utf-8")) == schema


@pytest.mark.parametrize("file", LETTERS, ids=lambda file: file.name)
def test_the_shipped_letters_fit(file: Any) -> None:
    is_version = file.stem.count(".")
    schema = CAMPAIGN["definitions"]["version"] if is_version else CAMPAIGN
    assert wrong(matter(file.read_text(encoding="utf-8")), schema) == []


def test_what_mailer_new_makes_fits() -> None:
    made = beginnings.main_file(
        title="T", about="t", day="2020-07-02", to='["ann"]', timezone="UTC"
    )
    assert wrong(matter(made), CAMPAIGN) == []
    for language in ("fr", "de"):
        version = beginnings.version_file(language, title="T", about="t", alone=False)
        assert wrong(matter(version), CAMPAIGN["definitions"]["version"]) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("to", []), ("to", "ann"), ("to", {}), ("to", {"portfolio": ["x"]}), ("to", ["Ann Example"]),
     ("to", {"district": []}), ("status", "alive"), ("confirm", "false"), ("goal", 0),
     ("goal", "5000"), ("colour", "red"), ("hours", "nine to five"), ("contact", "nobody"),
     ("embed", ["http://x.example"]), ("roles", [{"id": "a"}]), ("require", ["name"]),
     ("organisations", [{"id": "A B", "name": "x"}]), ("title", ""), ("subjects", "one"),
     ("opens", "soon")],
)  # fmt: skip
def test_a_campaigns_mistakes_are_seen_where_they_are(key: str, value: object) -> None:
    found = wrong(good() | {key: value}, CAMPAIGN)
    assert [place.split("/")[0] for place in found] == [key]


@pytest.mark.parametrize(
    ("key", "value"),
    [("to", {"district": "supporter", "tags": ["member"]}), ("to", {"district": ["A", "B"]}),
     ("status", "closed"), ("layout", "a key of another program"), ("hours", "mon-fri 09:00-17:00"),
     ("signatories", [{"name": "Ann", "role": {"en": "Chair", "fr": "Présidente"}}])],
)  # fmt: skip
def test_good_variants_of_a_campaign_fit(key: str, value: object) -> None:
    assert wrong(good() | {key: value}, CAMPAIGN) == []


@pytest.mark.parametrize("missing", ["title", "to"])
def test_what_a_campaign_cannot_do_without(missing: str) -> None:
    found = good()
    del found[missing]
    assert wrong(found, CAMPAIGN) == [f"'{missing}' is a required property"]


def test_every_key_is_explained() -> None:
    for schema, record in ((CAMPAIGN, MAIN), (CAMPAIGN["definitions"]["version"], VERSION)):
        assert list(schema["properties"]) == [key.name for key in record.keys]
        assert all(one["description"] for one in schema["properties"].values())
        assert all(len(one) > 1 for one in schema["properties"].values())


class _Texts(yaml.SafeLoader):
    """As editors read YAML: days are texts."""


_Texts.yaml_implicit_resolvers = {
    sign: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [("", "", ""), ("pace: 900/hour", "pace: 900 an hour", "posts/0/pace"),
     ("region: Ontario", "regoin: Ontario", "officials/0"),
     ("id: romano", "id: Ross Romano", "officials/0/id"),
     ("from: 2019-06-20", "from: June", "officials/0/holds/0/from"),
     ("tags: [cabinet]", "tags: cabinet", "officials/0/tags"),
     ("language: en ", "language: English ", "posts/0/language"),
     ("groups:", "gruops:", "Additional properties")],
)  # fmt: skip
def test_mistakes_in_officials_yaml_are_seen_where_they_are(old: str, new: str, place: str) -> None:
    text = (ROOT / "officials.yaml").read_text(encoding="utf-8")
    assert old in text
    value = yaml.load(text.replace(old, new, 1) if old else text, _Texts)
    found = wrong(value, json_schema())
    assert [one[: len(place)] for one in found] == ([place] if place else [])
