"""What only the whole of officials.yaml tells: posts exist, one holder at a time, addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mailer.officials.values import Holding, Official, Officials
from mailer.problems import did_you_mean
from mailer.records.findings import Findings, quoted
from mailer.records.tree import Item, Table


@dataclass(frozen=True, kw_only=True)
class Held:
    """A post held by a person, and where the file says so."""

    person: str
    holding: Holding
    place: Item

    @property
    def placed(self) -> Holding:
        """The holding with its lines of the file."""
        return replace(
            self.holding, line=self.place.line, until_line=_place(self.place, "until")[0]
        )

    @property
    def first(self) -> date:
        """The first day, the beginning of time when none is given."""
        return self.holding.start or date.min

    @property
    def last(self) -> date:
        """The last day, the end of time when none is given."""
        return self.holding.until or date.max


def check_holdings(held: Sequence[Held], posts: Mapping[str, Item], findings: Findings) -> None:
    """Every post held exists and has one holder at a time; every post has some holder."""
    by_post: dict[str, list[Held]] = defaultdict(list)
    for one in held:
        by_post[one.holding.post].append(one)
        if one.holding.post not in posts:
            hint = did_you_mean(one.holding.post, posts) or "add it under posts"
            line, column = _place(one.place, "post")
            findings.error(line, column, f"there is no post {quoted(one.holding.post)}", hint)
    for post in posts:
        _check_one_holder(by_post[post], findings)
    for post, item in posts.items():
        if not by_post[post] and not findings.failed:  # else that may be why
            message = f"nobody holds the post {post}: no letter can go to it"
            findings.warning(item.line, item.column, message, "add a holds: to an official")


def _check_one_holder(held: list[Held], findings: Findings) -> None:
    """Tell each holding that begins before an earlier one has ended."""
    latest: Held | None = None
    for one in sorted(held, key=lambda one: (one.first, one.place.line)):
        if latest is not None and one.first <= latest.last:
            earlier, later = sorted((latest, one), key=lambda two: two.place.line)
            line, column = _place(later.place, "post")
            findings.error(
                line,
                column,
                f"{later.person} and {earlier.person} (line {earlier.place.line}) "
                f"hold {one.holding.post} at the same time",
                f"give {latest.person} an until, the day before the other begins",
            )
        if latest is None or one.last > latest.last:
            latest = one


def check_addresses(
    officials: Officials,
    people: Mapping[str, Item],
    posts: Mapping[str, Item],
    findings: Findings,
) -> None:
    """Everybody who may be written to has an address, of their own or of every post they hold."""
    for person in officials.people.values():
        if person.email or person.do_not_mail or _wrote_address(people[person.id]):
            continue
        missing = [name for name in _posts_of(person) if not _has_address(name, officials, posts)]
        if missing or not person.holds:
            item = people[person.id]
            where = f"neither has the post {missing[0]}" if missing else "no post gives one"
            message = f"{person.id} has no address, and {where}"
            findings.error(item.line, item.column, message, "add email: to one of them")


def _posts_of(person: Official) -> list[str]:
    return [holding.post for holding in person.holds]


def _has_address(name: str, officials: Officials, posts: Mapping[str, Item]) -> bool:
    """True also for what was told already: an unknown post, or an address that is wrong."""
    post = officials.posts.get(name)
    return post is None or bool(post.email) or _wrote(posts[name], "email")


def _wrote_address(item: Item) -> bool:
    """True also when it stands under a key that is none, which was told."""
    entries = item.value.values() if isinstance(item.value, Table) else ()
    texts = (entry.item.value for entry in entries)
    return _wrote(item, "email") or any(isinstance(one, str) and "@" in one for one in texts)


def _wrote(item: Item, name: str) -> bool:
    return isinstance(item.value, Table) and name in item.value


def _place(item: Item, name: str) -> tuple[int, int]:
    """Where the value of a key stands, else where its record does."""
    entry = item.value.get(name) if isinstance(item.value, Table) else None
    where = entry.item if entry else item
    return where.line, where.column
