"""A list made part of officials.yaml: who is who, what changes, and the text that it becomes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mailer import addresses
from mailer.officials import naming
from mailer.officials.schema import OFFICIAL
from mailer.officials.sources.values import Row
from mailer.officials.values import Official, Officials
from mailer.problems import Problem, Severity
from mailer.records.yaml_edit import Edits, edit
from mailer.records.yaml_write import Plain

_ORDER = tuple(key.name for key in OFFICIAL.keys)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What a list makes of the file."""

    text: str
    problems: tuple[Problem, ...]
    missing: tuple[str, ...]  # ids of people whom the list does not name
    new: int = 0
    known: int = 0


def merge(
    rows: Sequence[Row],
    officials: Officials,
    text: str,
    *,
    file: str,
    day: date,
    tag: str = "",
    prune: bool = False,
) -> Merged:
    """The text of officials.yaml with the list in it. `officials` is what `text` says, and good.

    With a `tag` everybody gets it, and only who has it can be missing. Whoever is missing stays,
    but with `prune`.
    """
    merging = _Merging(officials, text, file, day)
    for row in rows:
        merging.take(row)
    missing = [
        one.id
        for one in officials.people.values()
        if one.id not in merging.met and (not tag or tag in one.tags)
    ]
    removed = frozenset(missing if prune else ())
    made = edit(
        text,
        Edits(
            section="officials",
            set=merging.changes(rows, tag),
            add=[_record(name, row, tag) for name, row in merging.new.items()],
            remove=removed,
            order=_ORDER,
        ),
    )
    return Merged(
        text=naming.retire(made, sorted(removed)),
        problems=tuple(merging.problems),
        missing=tuple(missing),
        new=len(merging.new),
        known=len(merging.met),
    )


class _Merging:
    """Who of the list is who of the file."""

    def __init__(self, officials: Officials, text: str, file: str, day: date) -> None:
        self.met: dict[str, Row] = {}
        self.new: dict[str, Row] = {}
        self.problems: list[Problem] = []
        self._officials = officials
        self._file = file
        self._day = day
        self._text = text
        self._taken = {*officials.posts, *officials.people, *officials.groups}
        self._taken |= naming.retired(text)
        self._by_mailbox: dict[str, list[str]] = defaultdict(list)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._seen: dict[tuple[str, ...], Row] = {}
        for one in officials.people.values():
            self._by_name[addresses.folded(one.name)].append(one.id)
            for email in self._emails(one):
                self._by_mailbox[addresses.mailbox(email)].append(one.id)

    def take(self, row: Row) -> None:
        """One row: somebody known, somebody new, or told why neither."""
        mailbox = addresses.mailbox(row.email) if row.email else ""
        key = (addresses.folded(row.name), " ".join(map(addresses.folded, row.district)), mailbox)
        if self._seen.setdefault(key, row) is not row:
            self._tell(row, f"{row.name} stands in the list twice: the first counts")
            return
        known = self._known(row)
        if known in self.met:
            self._tell(row, f"{row.name} is {known}, as on line {self.met[known].line}: left out")
        elif known:
            self.met[known] = row
        elif row.id in self._taken:
            self._belongs(row)
        elif not row.email:
            self._tell(row, f"{row.name} has no address: left out")
        else:
            self._add(row)

    def changes(self, rows: Iterable[Row], tag: str) -> dict[str, dict[str, Plain]]:
        """What the list says otherwise of whom the file knows."""
        groups = {row.group for row in rows if row.group}
        found = {
            name: self._changed(self._officials.people[name], row, groups, tag)
            for name, row in self.met.items()
        }
        return {name: changed for name, changed in found.items() if changed}

    def _emails(self, person: Official) -> list[str]:
        """A person's addresses: their own, and those of the posts they hold on the day."""
        posts = [held.post for held in person.holds if held.on(self._day)]
        return [one for one in (person.email, *self._of_posts(posts)) if one]

    def _of_posts(self, posts: Iterable[str]) -> list[str]:
        return [self._officials.posts[name].email for name in posts]

    def _known(self, row: Row) -> str:
        """The id of the person whom a row means, or "": by id, else address, else name."""
        people = self._officials.people
        if row.id in people and _alike(people[row.id].name, row.name):
            return row.id
        at_mailbox = self._by_mailbox.get(addresses.mailbox(row.email), []) if row.email else []
        alike = [name for name in at_mailbox if _alike(people[name].name, row.name)]
        if len(alike) == 1:
            return alike[0]
        named = self._by_name.get(addresses.folded(row.name), [])
        fitting = [name for name in named if _may_be_from(people[name], row)]
        if len(fitting) == 1 and row.id not in self._taken:
            return fitting[0]
        if at_mailbox and not alike and row.id not in self._taken:
            self._takes_over(row, at_mailbox[0])
        return ""

    def _takes_over(self, row: Row, before: str) -> None:
        name = self._officials.people[before].name
        message = f"{row.email} is the address of {name} ({before}) so far"
        hint = "give them an until, or take them out; of two at one address the first gets letters"
        self._tell(row, message, hint)

    def _belongs(self, row: Row) -> None:
        owner = self._officials.people.get(row.id)
        whose = f"is {owner.name}'s" if owner else "is taken, or was"
        message = f"the id {row.id} {whose}: {row.name} cannot have it"
        hint = "ids are never used again for somebody else: give another, or none"
        self._tell(row, message, hint, Severity.ERROR)

    def _add(self, row: Row) -> None:
        plain = naming.made(row.name, row.email, ())
        name = row.id or naming.made(row.name, row.email, self._taken)
        if not row.id and name != plain:
            message = f"the id {plain} is taken: {row.name} is {name}"
            self._tell(row, message, severity=Severity.NOTE)
        self._taken.add(name)
        self.new[name] = row

    def _changed(self, person: Official, row: Row, groups: set[str], tag: str) -> dict[str, Plain]:
        """The keys that are not as the row has them. What it does not say stays."""
        same = row.name.casefold() == person.name.casefold()  # lists like capitals
        found: dict[str, Plain] = {} if same else {"name": row.name}
        mailboxes = {addresses.mailbox(email) for email in self._emails(person)}
        if row.email and addresses.mailbox(row.email) not in mailboxes:
            found["email"] = row.email
        for name, value in row.values.items():
            now = getattr(person, name)
            if name not in {"tags", "portfolios"} and not _says(now, value):
                found[name] = value
        for name in ("tags", "portfolios"):
            wanted = _wanted(name, row, tag)
            now = getattr(person, name)
            listed = tuple(
                row.group if name == "tags" and row.group and one in groups - {row.group} else one
                for one in now
            )
            merged = tuple(dict.fromkeys((*listed, *wanted)))
            if merged != now:
                found[name] = merged
        return found

    def _tell(
        self, row: Row, message: str, hint: str = "", severity: Severity = Severity.WARNING
    ) -> None:
        self.problems.append(
            Problem(
                file=self._file, line=row.line, message=message, suggestion=hint, severity=severity
            )
        )


def _record(name: str, row: Row, tag: str) -> dict[str, Plain]:
    """Somebody new, with keys in the file's order."""
    found: dict[str, Plain] = {"id": name, "name": row.name, "email": row.email, **row.values}
    tags = _wanted("tags", row, tag)
    if tags:
        found["tags"] = tags
    return {key: found[key] for key in _ORDER if key in found}


def _wanted(name: str, row: Row, tag: str) -> tuple[str, ...]:
    said = row.values.get(name, ())
    listed = said if isinstance(said, tuple) else ()
    own = (row.group, tag) if name == "tags" else ()
    return tuple(dict.fromkeys(one for one in (*own, *listed) if one))


def _says(now: object, value: Plain) -> bool:
    """True when the file says a value already, in any language when the list has only one."""
    if isinstance(value, Mapping):
        return isinstance(now, Mapping) and all(now.get(key) == text for key, text in value.items())
    if isinstance(now, Mapping):
        return value in now.values()
    return now == value


def _alike(one: str, other: str) -> bool:
    """True for two ways to write one person's name, as far as names can tell."""
    first, second = (addresses.folded(name).replace("-", " ").split() for name in (one, other))
    shared = (Counter(first) & Counter(second)).total()
    return first[-1:] == second[-1:] or shared >= min(2, len(first), len(second))


def _may_be_from(person: Official, row: Row) -> bool:
    """False when both name a district, and not the same."""
    theirs = {addresses.folded(name) for name in person.district.values()}
    given = {addresses.folded(name) for name in row.district}
    return not theirs or not given or bool(theirs & given)
