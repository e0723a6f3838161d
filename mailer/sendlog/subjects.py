"""The subjects that are counted by name: those that hold nothing of any supporter."""

from __future__ import annotations

from mailer.campaigns.library import Content

_TEMPLATE = ("{{", "{%")


def plain(content: Content) -> frozenset[str]:
    """Every subject of the campaigns' files that is the same for everybody."""
    versions = [
        one for campaign in content.campaigns.values() for one in campaign.versions.values()
    ]
    subjects = {text for one in versions for text in (*one.subjects, one.title)}
    return frozenset(text for text in subjects if not any(mark in text for mark in _TEMPLATE))
