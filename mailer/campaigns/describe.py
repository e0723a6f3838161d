"""The JSON schema of a campaign's front matter, from the definition that reads it."""

from __future__ import annotations

from typing import Any

from mailer.campaigns.schema import MAIN, VERSION
from mailer.records.record import Record

# For people whose editor shows the schema; docs/organizers.md says more.
_HELP = {
    "title": "Of the page; also behind the supporter's name in From.",
    "description": "For lists, search engines, and whoever shares the link.",
    "thumbnail": "The picture beside a shared link: a file of templates/media/, or an address.",
    "thumbnail_alt": "What the picture shows.",
    "logo": "A picture beside the title.",
    "subjects": "One is chosen for each supporter, and stays; without them the title.",
    "salutation": "A line of its own, as Dear {{ official.salutation }},",
    "fallback_message": "What the page says when nobody can be written to.",
    "except_message": "What the page says when all whom a supporter would write to are left out.",
    "hold_words": "Letters whose own words hold one of these wait until somebody has looked.",
    "date": "The newest campaign stands first.",
    "categories": "For lists.",
    "campuses": "Offered as affiliation; without them free text.",
    "status": "draft: nobody sees it; trial; live; closed: the page thanks.",
    "opens": "The first day, in the campaign's time zone.",
    "closes": "The last day.",
    "timezone": "As America/Toronto; without it UTC.",
    "goal": "Shown beside the count.",
    "to": "Posts, officials and groups by id, or what is said of them.",
    "except": "Who of them gets no letter: by id, or by what is said of them.",
    "choose": "all get a letter; any or one of them, as the supporter picks.",
    "fallback": "Who is written to when nobody matches: a post, an official or a group.",
    "ceiling": "Most letters to one official in a day, whatever its pace.",
    "confirm": "true: nothing leaves before a mailed link was opened and its button pressed.",
    "disposable": "E-mail addresses that end within hours: hold for a look, or refuse.",
    "editable": "What supporters may change: none, personal, body.",
    "require": "Fields that must be filled.",
    "hours": "Letters leave only then, as mon-fri 09:00-17:00.",
    "language": "The letter's: the supporter's or the official's.",
    "uncertain": "A letter of which it is not sure that it arrived: resend or hold.",
    "embed": "Sites that may show the form in a frame.",
    "colour": "Of buttons and links, as #7a1f3d.",
    "contact": "An address for questions, on the page.",
    "roles": "What a supporter may be.",
    "organisations": "Who is in the coalition.",
    "signatories": "Who signs the letter.",
}


def json_schema() -> dict[str, Any]:
    """The schema (draft 7) of a campaign's main file; `definitions/version` is a translation's."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A campaign",
        "description": "The front matter of templates/letters/<slug>.md.",
        **_described(MAIN),
        "definitions": {
            "version": {
                "title": "A campaign in another language",
                "description": "The front matter of templates/letters/<slug>.fr.md.",
                **_described(VERSION),
            }
        },
    }


def _described(record: Record) -> dict[str, Any]:
    schema = record.schema()
    properties = {
        name: {**({"description": _HELP[name]} if name in _HELP else {}), **entry}
        for name, entry in schema["properties"].items()
    }
    return {**schema, "properties": properties}
