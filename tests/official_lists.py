"""Lists of officials in the shapes that others publish, with people who do not exist."""

from __future__ import annotations

from typing import Any

MP = {
    "name": "Ann Example",
    "first_name": "Ann",
    "last_name": "Example",
    "district_name": "Example East\u2014Bay",
    "elected_office": "MP",
    "source_url": "https://parl.example/members",
    "party_name": "Party A",
    "email": "ann.example@parl.example",
    "url": "https://parl.example/members/ann",
    "personal_url": "",
    "photo_url": "",
    "gender": "F",
    "offices": [
        {"type": "constituency", "tel": "1 604 555 0100", "postal": "Main office\nExample Bay BC"},
        {"type": "legislature", "tel": "1 613 555 0100", "postal": "House\nOttawa ON  K1A 0A6"},
    ],
    "extra": {"preferred_languages": ["English"]},
    "representative_set_name": "House of Commons",
    "related": {"representative_set_url": "/representative-sets/house-of-commons/"},
}
COUNCILLOR = {
    "name": "Ben Sample", "district_name": "Ward 1", "elected_office": "Councillor", "email": "",
    "offices": [{"email": "ben@town.example", "tel": None}], "extra": {},
}  # fmt: skip
REPRESENT = {
    "objects": [MP, COUNCILLOR],
    "meta": {"limit": 1000, "next": None, "offset": 0, "previous": None, "total_count": 2},
}
BY_POSTCODE = {
    "code": "K1A0B1", "city": "Ottawa", "province": "ON", "boundaries_centroid": [],
    "representatives_centroid": [MP], "representatives_concordance": [MP, COUNCILLOR],
}  # fmt: skip

EVERYPOLITICIAN: dict[str, Any] = {
    "persons": [
        {
            "id": "0a1b2c3d-0000-4000-8000-000000000001",
            "name": "Ann Example",
            "sort_name": "Example, Ann",
            "given_name": "Ann",
            "family_name": "Example",
            "honorific_prefix": "Dr",
            "contact_details": [
                {"type": "email", "value": "ann@parl.example"},
                {"type": "phone", "value": "+1 613 555 0100"},
                {"type": "twitter", "value": "ann"},
            ],
            "identifiers": [{"scheme": "wikidata", "identifier": "Q0"}],
            "images": [{"url": "https://parl.example/ann.jpg"}],
        },
        {"id": "p2", "name": "Ben Sample", "email": "ben@parl.example"},
        {"id": "p3", "name": "Cy Former", "email": "cy@parl.example"},
    ],
    "organizations": [
        {"id": "house", "name": "House", "classification": "legislature", "seats": 2},
        {"id": "party/a", "name": "Party A", "classification": "party"},
        {"id": "party/b", "name": "Party B", "classification": "party"},
    ],
    "areas": [{"id": "area/bay", "name": "Example Bay", "type": "constituency"}],
    "events": [
        {"id": "term/1", "classification": "legislative period", "name": "1st",
         "start_date": "2015", "end_date": "2019-09-11"},
        {"id": "term/2", "classification": "legislative period", "name": "2nd",
         "start_date": "2019-10"},
    ],
    "memberships": [
        {"person_id": "0a1b2c3d-0000-4000-8000-000000000001", "organization_id": "house",
         "on_behalf_of_id": "party/b", "legislative_period_id": "term/1", "role": "member"},
        {"person_id": "0a1b2c3d-0000-4000-8000-000000000001", "organization_id": "house",
         "on_behalf_of_id": "party/a", "area_id": "area/bay",
         "legislative_period_id": "term/2", "role": "member"},
        {"person_id": "p2", "organization_id": "house", "on_behalf_of_id": "party/b",
         "legislative_period_id": "term/2", "start_date": "2020-02-01", "role": "Speaker"},
        {"person_id": "p3", "organization_id": "house", "on_behalf_of_id": "party/a",
         "legislative_period_id": "term/2", "end_date": "2020-01-31", "role": "member"},
    ],
}  # fmt: skip
PARLPARSE = {
    "persons": [
        {
            "id": "uk.org.publicwhip/person/1",
            "other_names": [
                {"note": "Main", "given_name": "Ann", "family_name": "Before",
                 "end_date": "2017-01-01"},
                {"note": "Main", "given_name": "Ann", "family_name": "Example",
                 "start_date": "2017-01-02"},
                {"note": "Alternate", "given_name": "Annie", "family_name": "Other"},
            ],
            "contact_details": [{"type": "email", "value": "ann@parl.example"}],
        },
        {"id": "uk.org.publicwhip/person/2", "redirect": "uk.org.publicwhip/person/1"},
    ],
    "posts": [
        {"id": "seat/1", "area": {"name": "Example Bay"}, "label": "MP for Example Bay",
         "organization_id": "house-of-commons", "role": "MP"},
    ],
    "organizations": [{"id": "party-a", "name": "Party A"}],
    "memberships": [
        {"id": "m/1", "person_id": "uk.org.publicwhip/person/1", "post_id": "seat/1",
         "on_behalf_of_id": "party-a", "start_date": "2019-12-13"},
    ],
}  # fmt: skip
POPIT = {
    "result": [
        {
            "id": "ann",
            "name": "Ann Example",
            "email": "ann@parl.example",
            "memberships": [
                {
                    "role": "Minister",
                    "organization": {"name": "Party A", "classification": "Party"},
                    "post": {"label": "Seat", "area": {"name": "Example Bay"}},
                    "contact_details": [{"type": "voice", "value": "555 0100"}],
                }
            ],
        }
    ]
}
