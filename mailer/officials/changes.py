"""What differs between two lists of officials: who is new, who is gone, who changed and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from mailer.officials.values import Holding, Official, Officials, Post, say


@dataclass(frozen=True, kw_only=True)
class Field:
    """One key that says something else; "" where it said or says nothing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Somebody or something of officials.yaml."""

    kind: str  # official | post | group | domain
    id: str
    name: str
    email: str = ""
    fields: tuple[Field, ...] = ()  # what changed; empty for what is new or gone


@dataclass(frozen=True, kw_only=True)
class Changes:
    """All that differs, in the file's order."""

    new: tuple[Entry, ...] = ()
    gone: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def compare(before: Officials, after: Officials) -> Changes:
    """What `after` says otherwise."""
    old, now = dict(_entries(before)), dict(_entries(after))
    return Changes(
        new=tuple(_entry(key, now[key]) for key in now if key not in old),
        gone=tuple(_entry(key, old[key]) for key in old if key not in now),
        changed=tuple(
            _entry(key, now[key], _differ(old[key], now[key]))
            for key in now
            if key in old and old[key] != now[key]
        ),
    )


_Key = tuple[str, str]


def _entries(of: Officials) -> list[tuple[_Key, object]]:
    return [
        *((("official", name), one) for name, one in of.people.items()),
        *((("post", name), one) for name, one in of.posts.items()),
        *((("group", name), one) for name, one in of.groups.items()),
        *((("domain", name), one) for name, one in of.domains.items()),
    ]


def _entry(key: _Key, value: object, changed: tuple[Field, ...] = ()) -> Entry:
    name = key[1]
    if isinstance(value, Official):
        name = value.name
    elif isinstance(value, Post):
        name = say(value.title, "en") or name
    email = value.email if isinstance(value, Official | Post) else ""
    return Entry(kind=key[0], id=key[1], name=name, email=email, fields=changed)


def _differ(old: object, now: object) -> tuple[Field, ...]:
    if not isinstance(now, Official | Post) or not isinstance(old, Official | Post):
        return (Field(name="members", before=_text(old), after=_text(now)),)
    names = [one.name for one in fields(now)]
    pairs = ((name, _text(getattr(old, name)), _text(getattr(now, name))) for name in names)
    return tuple(Field(name=name, before=was, after=is_) for name, was, is_ in pairs if was != is_)


def _text(value: object) -> str:
    """A value in a few words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {text}" if key else str(text) for key, text in value.items())
    if isinstance(value, tuple):
        return ", ".join(_holding(one) if isinstance(one, Holding) else str(one) for one in value)
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else str(value)


def _holding(held: Holding) -> str:
    start = f" from {held.start}" if held.start else ""
    return f"{held.post}{start}" + (f" until {held.until}" if held.until else "")
