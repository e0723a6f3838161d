"""Whether everything a campaign names exists: officials, portfolios, organisations."""

from __future__ import annotations

from collections.abc import Callable, Collection

from mailer.campaigns.schema import OWN
from mailer.campaigns.values import Campaign, Target
from mailer.campaigns.versions import Page
from mailer.districts.names import folded
from mailer.officials.values import Official, Officials, Post
from mailer.problems import did_you_mean
from mailer.records.findings import quoted
from mailer.records.kinds import ID
from mailer.records.tree import Item, Table


def reaches_several(target: Target, officials: Officials | None) -> bool:
    """True when the letter may go to more than one official."""
    if target.described:
        return True
    groups = officials.groups if officials else {}
    return len({one for name in target.names for one in groups.get(name, (name,))}) > 1


def check_references(campaign: Campaign, page: Page, officials: Officials | None) -> None:
    """Tell of names nobody has, and of ids given twice."""
    if officials is not None:
        _check_officials(page, officials)
    for name in ("roles", "organisations"):
        _check_distinct(page.item(name), page)
    _check_labels(page.item("roles"), page)
    organisations = [one.id for one in campaign.organisations]
    for row in _rows(page.item("signatories")):
        _check_known(_inside(row, "organisation"), organisations, "organisation", page)
    for row in _rows(page.item("organisations")):
        _check_consent(row, page)
    if "role" in campaign.require and not campaign.roles:
        item = page.item("require")
        if item:
            message = '"require" asks for a role, and there are none'
            page.findings.error(item.line, item.column, message, "add [[roles]], or take it away")


def _check_officials(page: Page, officials: Officials) -> None:
    names = [*officials.posts, *officials.people, *officials.groups]
    to = page.item("to")
    for item in _rows(to):
        _check_known(item, names, "post, official or group", page)
    _check_known(page.item("fallback"), names, "post, official or group", page)
    _note_twice(to, page)
    out = page.item("except")
    for item in _rows(out):
        _check_known(item, names, "post, official or group", page)
    for table in (to, out):
        if table is not None and isinstance(table.value, Table):
            _check_described(table, officials, page)


def _note_twice(to: Item | None, page: Page) -> None:
    seen: set[str] = set()
    for item in _rows(to):
        if isinstance(item.value, str) and item.value in seen:
            message = f"{quoted(item.value)} stands in the list before"
            page.findings.note(item.line, item.column, message, "once is enough")
        seen |= {item.value} if isinstance(item.value, str) else set()


def _check_described(table: Item, officials: Officials, page: Page) -> None:
    """Warn of portfolios, tags, regions and districts that nobody has."""
    everybody: list[Post | Official] = [*officials.posts.values(), *officials.people.values()]
    people = officials.people.values()
    known: dict[str, set[str]] = {
        "portfolios": {word for one in everybody for word in one.portfolios},
        "tags": {word for one in people for word in one.tags},
        "region": {one.region for one in people},
        "district": {OWN, *(name for one in people for name in one.district.values())},
    }
    for key, words in known.items():
        given = _inside(table, key)
        for one in _rows(given) or ((given,) if given else ()):
            _warn_unless_some(one, words, key.removesuffix("s"), page)


def _warn_unless_some(item: Item, words: Collection[str], what: str, page: Page) -> None:
    """A warning only: the fallback may be meant for exactly this."""
    name = item.value
    same: dict[str, Callable[[str], str]] = {"district": folded, "region": str.casefold}
    alike = same.get(what, str)
    if isinstance(name, str) and alike(name) not in {alike(word) for word in words}:
        message = f"nobody in officials.yaml has the {what} {quoted(name)}"
        page.findings.warning(item.line, item.column, message, did_you_mean(name[:60], words))


def _check_known(item: Item | None, known: Collection[str], what: str, page: Page) -> None:
    if item is None or not isinstance(item.value, str) or item.value in known:
        return
    if not ID.fullmatch(item.value.strip()):
        return  # that was told already
    name = item.value[:60]
    hint = did_you_mean(name, known) or f"known are {', '.join(list(known)[:8])}"
    message = f"there is no {what} {quoted(name)}"
    page.findings.error(item.line, item.column, message, hint if known else "add it first")


def _check_consent(row: Item, page: Page) -> None:
    """Nobody can agree to what they cannot read about."""
    consent = _inside(row, "consent")
    if consent is not None and consent.value is True and _inside(row, "privacy") is None:
        message = "whoever is asked to agree must be able to read what becomes of their details"
        hint = f'add privacy{page.findings.assigns}"https://..."'
        page.findings.error(consent.line, consent.column, message, hint)


def _check_distinct(rows: Item | None, page: Page) -> None:
    seen: dict[str, int] = {}
    for row in _rows(rows):
        item = _inside(row, "id")
        if item is None or not isinstance(item.value, str):
            continue
        first = seen.setdefault(item.value, item.line)
        if first != item.line:
            message = f"the id {quoted(item.value)} is taken, on line {first}"
            page.findings.error(item.line, item.column, message, "give each its own")


def _check_labels(rows: Item | None, page: Page) -> None:
    """Supporters choose by the label: two that are alike leave them guessing."""
    seen: dict[str, tuple[int, object]] = {}
    for row in _rows(rows):
        item, id_ = _inside(row, "label"), _inside(row, "id")
        if item is None or not isinstance(item.value, str):
            continue
        own = id_.value if id_ else None
        first, other = seen.setdefault(item.value.strip().casefold(), (item.line, own))
        if other != own:
            message = f'"label": {quoted(item.value)} is the label on line {first}, too'
            page.findings.warning(item.line, item.column, message, "give each role its own")


def _rows(item: Item | None) -> tuple[Item, ...]:
    return item.value if item is not None and isinstance(item.value, tuple) else ()


def _inside(item: Item, name: str) -> Item | None:
    entry = item.value.get(name) if isinstance(item.value, Table) else None
    return entry.item if entry else None
