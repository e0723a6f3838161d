"""What can be read in officials.yaml and is hardly meant so: told, never refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from mailer import addresses
from mailer.officials import names, nearly
from mailer.officials.values import Official, Officials, Pace, Post
from mailer.records import oddities
from mailer.records.findings import Findings, quoted
from mailer.records.tree import Item, Table

FASTEST = 3600.0
"""Letters an hour to one mailbox that no known mail server takes from one sender."""

_ELSEWHERE = frozenset({"id", "email", "post", "language", "timezone", "hours", "pace"})
_GREETING = re.compile(r"(?:dear|hello|hi)\b", re.IGNORECASE)


def check(
    officials: Officials,
    posts: Mapping[str, Item],
    people: Mapping[str, Item],
    groups: Item | None,
    findings: Findings,
) -> None:
    """Warn of values that are probably slips; ids lead to where each record stands."""
    oddities.tell((*posts.values(), *people.values()), findings, but=_ELSEWHERE)
    for item in people.values():
        names.check(_value(item, "name"), findings)
        for text in _texts(_value(item, "salutation")):
            _check_salutation(text, findings)
    records = [*posts.values(), *people.values()]
    for item in records:
        _check_templates(item, findings)
    _check_languages([_value(item, "salutation") for item in people.values()], findings)
    for key in ("tags", "portfolios"):
        _check_spellings(key, records, findings)
    _check_mailboxes(officials, posts, people, findings)
    _check_domains(officials, [_value(item, "email") for item in records], findings)
    for one in _everybody(officials):
        _check_pace(one.pace, _value(posts.get(one.id) or people[one.id], "pace"), findings)
    _check_groups(groups, findings)


def _check_salutation(item: Item, findings: Findings) -> None:
    """The letter says Dear, and sets the comma."""
    said = item.value.strip() if isinstance(item.value, str) else ""
    hint = "the letter's own salutation line has it already: write Minister Sample"
    if _GREETING.match(said):
        message = f'"salutation": {quoted(said)} begins with a greeting'
        findings.warning(item.line, item.column, message, hint)
    elif said.endswith(","):
        message = f'"salutation": {quoted(said)} ends in a comma'
        findings.warning(item.line, item.column, message, hint)


def _check_languages(salutations: Iterable[Item | None], findings: Findings) -> None:
    """Salutations that are given by language, and not in all that others are given in."""
    tables = [one for one in salutations if one is not None and isinstance(one.value, Table)]
    several = sorted({code for one in tables for code, _ in _entries(one)})
    for one in tables:
        missing = [code for code in several if code not in dict(_entries(one))]
        if missing and dict(_entries(one)):
            message = f'"salutation" has no {missing[0]}, as others in this file have'
            hint = f"add {missing[0]}: ..., or letters in it begin with another language"
            findings.warning(one.line, one.column, message, hint)


def _check_templates(record: Item, findings: Findings) -> None:
    for name, entry in _entries(record):
        for item in _texts(entry):
            if isinstance(item.value, str) and ("{{" in item.value or "{%" in item.value):
                message = f'"{name}": {{{{ }}}} stays as it is here'
                hint = "only letters, subjects and salutation lines of campaigns are filled in"
                findings.warning(item.line, item.column, message, hint)


def _check_spellings(key: str, records: Iterable[Item], findings: Findings) -> None:
    """Words that campaigns compare letter by letter, in two spellings; lists in one word."""
    known: dict[str, Item] = {}
    records = list(records)
    meant = nearly.slips(_counted(key, records))
    for record in records:
        for item in _texts(_value(record, key)):
            word = item.value
            if not isinstance(word, str):
                continue
            if word.strip() in meant:
                message = f'"{key}": nobody else here has {quoted(word)}'
                hint = f"did you mean {meant[word.strip()]}, as others have?"
                findings.warning(item.line, item.column, message, hint)
            if ";" in word.strip(";") or "," in word.strip(","):
                message = f'"{key}": {quoted(word)} is one word of the list'
                findings.warning(item.line, item.column, message, "part them: [one, other]")
            first = known.setdefault(word.strip().casefold(), item)
            if isinstance(first.value, str) and first.value.strip() != word.strip():
                message = f"{quoted(word)} is another word than {quoted(first.value)}"
                hint = "write it the same everywhere: campaigns compare every letter"
                line = f"{message} on line {first.line}"
                findings.warning(item.line, item.column, f'"{key}": {line}', hint)


def _counted(key: str, records: Iterable[Item]) -> Mapping[str, int]:
    """How often each word of a list stands in the file."""
    items = (item for record in records for item in _texts(_value(record, key)))
    return nearly.count(item.value.strip() for item in items if isinstance(item.value, str))


def _check_mailboxes(
    officials: Officials, posts: Mapping[str, Item], people: Mapping[str, Item], findings: Findings
) -> None:
    """Two records with one mailbox: right for a shared office, wrong for a copied line."""
    first: dict[str, tuple[str, int]] = {}
    for one in _everybody(officials):
        item = _value(posts.get(one.id) or people[one.id], "email")
        if not one.email or item is None:
            continue
        name, line = first.setdefault(addresses.mailbox(one.email), (one.id, item.line))
        own = isinstance(one, Official) and any(held.post == name for held in one.holds)
        if name != one.id and not own:
            message = f'"email": {quoted(one.email)} is the address of {name} (line {line}), too'
            hint = "right where they share a mailbox: it gets one letter of each supporter"
            findings.note(item.line, item.column, message, hint)


def _check_domains(
    officials: Officials, addresses_: Iterable[Item | None], findings: Findings
) -> None:
    """Domains that differ by a slip from one that others here have."""
    given = [(_domain(item), item) for item in addresses_ if item is not None]
    counted = nearly.count(domain for domain, _ in given)
    meant = nearly.slips(counted, [one for one in officials.domains if counted[one]])
    for domain, item in given:
        if domain in meant:
            message = f'"email": no other address here ends in @{domain}'
            hint = f"did you mean @{meant[domain]}, as others have?"
            findings.warning(item.line, item.column, message, hint)


def _domain(item: Item) -> str:
    return item.value.strip().rpartition("@")[2].casefold() if isinstance(item.value, str) else ""


def _everybody(officials: Officials) -> list[Post | Official]:
    return [*officials.posts.values(), *officials.people.values()]


def _check_pace(pace: Pace | None, item: Item | None, findings: Findings) -> None:
    if pace and item and pace.count * 3600 / pace.seconds > FASTEST:
        message = f'"pace": {pace} is more than any mail server takes of one sender'
        findings.warning(item.line, item.column, message, "900/hour is safe")


def _check_groups(groups: Item | None, findings: Findings) -> None:
    for name, item in _entries(groups) if groups else ():
        members = [one.value for one in _texts(item)]
        if item.value == ():
            findings.warning(
                item.line, item.column, f"the group {name} is empty", "add its members"
            )
        for word in {one for one in members if members.count(one) > 1 and isinstance(one, str)}:
            message = f"the group {name} has {quoted(word)} twice"
            findings.note(item.line, item.column, message, "once is enough")


def _entries(item: Item) -> Iterator[tuple[str, Item]]:
    if isinstance(item.value, Table):
        for name, entry in item.value.items():
            yield name, entry.item


def _value(item: Item, name: str) -> Item | None:
    entry = item.value.get(name) if isinstance(item.value, Table) else None
    return entry.item if entry else None


def _texts(item: Item | None) -> Iterator[Item]:
    """A value, or each of a list or of a table of languages."""
    if item is None:
        return
    if isinstance(item.value, tuple):
        yield from item.value
    elif isinstance(item.value, Table):
        yield from (entry.item for entry in item.value.values())
    else:
        yield item
