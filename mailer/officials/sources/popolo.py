"""Popolo JSON (https://www.popoloproject.com/specs/), as EveryPolitician and mySociety publish it.

Persons stand in a list of their own, with memberships, organizations, posts, areas and events
beside them, or each with memberships of its own; or under "result", as PopIt answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from mailer.officials.sources.json_texts import Places, Table, table, tables, word
from mailer.officials.sources.values import Listing, NotAList, Raw

_PERSON = {
    "memberships",
    "contact_details",
    "other_names",
    "family_name",
    "sort_name",
    "given_name",
}
_PHONES = ("voice", "phone", "tel")


def fits(value: object) -> bool:
    """True when it looks like Popolo."""
    if isinstance(value, dict) and tables(value.get("persons")):
        return True
    return any(_PERSON & set(one) for one in _persons(value))


def read(value: object, text: str, day: date) -> Listing:
    """Everybody who is a member of something on `day`, or everybody when no list says who was."""
    found = _Popolo(table(value), day)
    places = Places(text)
    raws: list[Raw] = []
    former = 0
    for person in _persons(value):
        memberships = found.memberships(person)
        current = [one for one in memberships if found.is_current(one)]
        if memberships and not current:
            former += 1
        elif "redirect" not in person:
            raw = found.said(person, current)
            raws.append(Raw(line=places.line(word(person, "name"), raw["email"]), said=raw))
    if former and not raws:
        raise NotAList(f"everybody in it was a member before or after {day}: --date says when")
    notes = (f"{former:,} people are no members on {day} and were left out",) if former else ()
    return Listing(format="popolo", raws=tuple(raws), notes=notes)


def _persons(value: object) -> list[Table]:
    if not isinstance(value, dict):
        return tables(value)
    for name in ("persons", "result", "results"):
        if isinstance(value.get(name), dict):
            return [value[name]]
        if value.get(name):
            return tables(value[name])
    return [value] if _PERSON & set(value) else []


class _Popolo:
    """The tables of one file, by id."""

    def __init__(self, root: Table, day: date) -> None:
        self._day = day
        self._by_id = {
            kind: {word(one, "id"): one for one in tables(root.get(kind))}
            for kind in ("organizations", "posts", "areas", "events")
        }
        self._of: dict[str, list[Table]] = {}
        for one in tables(root.get("memberships")):
            self._of.setdefault(word(one, "person_id"), []).append(one)

    def memberships(self, person: Table) -> list[Table]:
        """All that is said of what a person was or is a member of."""
        return [*tables(person.get("memberships")), *self._of.get(word(person, "id"), ())]

    def is_current(self, membership: Table) -> bool:
        """True when the day lies within the membership, and within its term where one is named."""
        term = self._by_id["events"].get(word(membership, "legislative_period_id"), {})
        return all(_lasts(one, self._day) for one in (membership, term))

    def said(self, person: Table, memberships: Sequence[Table]) -> dict[str, str]:
        """A person in our fields; of several memberships the first that says something counts."""
        details = [*tables(person.get("contact_details"))]
        for one in memberships:
            details += tables(one.get("contact_details"))
            details += tables(self._linked(one, "post").get("contact_details"))
        named = _named(person, self._day)
        return {
            "name": word(person, "name") or word(named, "name") or word(named, "lordname"),
            "first": word(person, "given_name") or word(named, "given_name"),
            "last": word(person, "family_name") or word(named, "family_name"),
            "sort": word(person, "sort_name"),
            "email": word(person, "email") or _detail(details, ("email",)),
            "honorific": word(person, "honorific_prefix") or word(named, "honorific_prefix"),
            "phone": _detail(details, _PHONES),
            "address": _detail(details, ("address",)),
            "district": _first(self._district(one) for one in memberships),
            "group": _first(self._group(one) for one in memberships),
            "title": _first(self._title(one) for one in memberships),
            "language": word(person, "preferred_language"),
        }

    def _linked(self, membership: Table, name: str) -> Table:
        """A post, an area, an organization: within the membership, or by its id."""
        within = membership.get(name)
        if isinstance(within, Mapping):
            return within
        known = self._by_id["areas" if name == "area" else f"{name}s"]
        return known.get(word(membership, f"{name}_id"), {})

    def _district(self, membership: Table) -> str:
        area = self._linked(membership, "area")
        post = self._linked(membership, "post")
        return word(area, "name") or word(self._linked(post, "area"), "name")

    def _group(self, membership: Table) -> str:
        party = membership.get("on_behalf_of")
        if isinstance(party, Mapping):
            return word(party, "name")
        organizations = self._by_id["organizations"]
        named = organizations.get(word(membership, "on_behalf_of_id"), {})
        own = self._linked(membership, "organization")
        is_party = word(own, "classification").casefold() in {"party", "faction"}
        return word(named, "name") or (word(own, "name") if is_party else "")

    def _title(self, membership: Table) -> str:
        post = self._linked(membership, "post")
        role = word(membership, "role") or word(post, "role") or word(membership, "label")
        return "" if role.casefold() in {"member", "representative"} else role


def _lasts(span: Table, day: date) -> bool:
    """Texts as 2019-06 are compared as far as they go: all of that month counts."""
    start, end = word(span, "start_date")[:10], word(span, "end_date")[:10]
    text = day.isoformat()
    return (not start or start <= text[: len(start)]) and (not end or text[: len(end)] <= end)


def _named(person: Table, day: date) -> Table:
    """The name in use, where a person has names instead of one."""
    names = [one for one in tables(person.get("other_names")) if word(one, "note") == "Main"]
    return next((one for one in names if _lasts(one, day)), names[-1] if names else {})


def _detail(details: Sequence[Table], kinds: Sequence[str]) -> str:
    found = (word(one, "value") for one in details if word(one, "type").casefold() in kinds)
    return next(filter(None, found), "")


def _first(values: Iterator[str]) -> str:
    return next(filter(None, values), "")
