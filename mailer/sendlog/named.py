"""What letters are counted by name: words of the organizers' files, and none of any supporter."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.campaigns.library import Content

_TEMPLATE = ("{{", "{%")


@dataclass(frozen=True, kw_only=True)
class Named:
    """The organizers' own words, of what supporters may have typed as well."""

    subjects: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()


def named(content: Content) -> Named:
    """Every subject and every district that stands in the files as they are now."""
    return Named(subjects=_subjects(content), districts=_districts(content))


def _subjects(content: Content) -> frozenset[str]:
    """Every subject that is the same for everybody."""
    versions = [
        one for campaign in content.campaigns.values() for one in campaign.versions.values()
    ]
    subjects = {text for one in versions for text in (*one.subjects, one.title)}
    return frozenset(text for text in subjects if not any(mark in text for mark in _TEMPLATE))


def _districts(content: Content) -> frozenset[str]:
    """Where officials are from, by each name, and where postal codes and campaigns lead."""
    found = {name for one in content.officials.people.values() for name in one.district.values()}
    found |= {one.name for one in content.districts.named.values()}
    found |= {name for one in content.campaigns.values() for name in one.to.districts}
    return frozenset(found - {""})
