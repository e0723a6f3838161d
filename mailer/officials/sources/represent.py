"""Lists of Represent, a service of Open North: https://represent.opennorth.ca/api/

A page is {"meta": {...}, "objects": [...]}; an answer about a postal code has its people under
representatives_centroid and representatives_concordance; one person may stand alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailer.officials.sources.json_texts import Places, Table, table, tables, word
from mailer.officials.sources.values import Listing, Raw

_LISTS = ("objects", "representatives_centroid", "representatives_concordance")


def fits(value: object) -> bool:
    """True when it looks like an answer of Represent."""
    people = _people(value)
    return bool(people) and any("elected_office" in one or "district_name" in one for one in people)


def read(value: object, text: str) -> Listing:
    """Everybody in an answer, each once."""
    places = Places(text)
    raws: list[Raw] = []
    seen: set[tuple[str, ...]] = set()
    for person in _people(value):
        raw = _raw(person, places)
        key = tuple(raw.said.values())
        if key not in seen:
            seen.add(key)
            raws.append(raw)
    partial = _is_partial(table(value).get("meta"))
    warning = (
        "this is one page of several: ask the service with ?limit=1000 to have everybody"
        if partial
        else ""
    )
    return Listing(
        format="represent",
        raws=tuple(raws),
        warnings=(warning,) if warning else (),
        partial=partial,
    )


def _people(value: object) -> list[Table]:
    if not isinstance(value, dict):
        return tables(value)
    if "name" in value and "elected_office" in value:
        return [value]
    return [person for name in _LISTS for person in tables(value.get(name))]


def _is_partial(meta: object) -> bool:
    said = table(meta)
    return bool(said.get("next") or said.get("previous"))


def _raw(person: Table, places: Places) -> Raw:
    offices = tables(person.get("offices"))
    email = word(person, "email") or _first(offices, "email")
    languages = table(person.get("extra")).get("preferred_languages")
    known = (
        [one for one in languages if isinstance(one, str)] if isinstance(languages, list) else []
    )
    said = {
        "name": word(person, "name"),
        "first": word(person, "first_name"),
        "last": word(person, "last_name"),
        "email": email,
        "district": word(person, "district_name"),
        "title": word(person, "elected_office"),
        "group": word(person, "party_name"),
        "phone": _first(offices, "tel"),
        "address": _first(offices, "postal"),
        "language": known[0] if len(known) == 1 else "",
    }
    return Raw(line=places.line(said["name"], email), said=said)


def _first(offices: Sequence[Table], name: str) -> str:
    """What an office says, the one at the legislature first."""
    ordered = sorted(offices, key=lambda one: word(one, "type") != "legislature")
    return next((word(one, name) for one in ordered if word(one, name)), "")
