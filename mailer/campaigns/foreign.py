"""Keys that front matter may hold and that are not ours: other programs' own, and near misses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Keys of Hugo and Forestry sites, some of which look almost like ours.
_FOREIGN = """
    linktitle linkTitle toc type tags draft layout slug url aliases author authors weight image
    images keywords lastmod publishDate expiryDate summary menu menus markup series videos audio
    cascade resources outputs sitemap params translationKey headless isCJKLanguage cover featured
    subtitle lead byline"""
FOREIGN = frozenset(_FOREIGN.split())

MEANT: Mapping[str, str] = MappingProxyType(
    {
        "exclude": 'write except = ["..."]',
        "exclusions": 'write except = ["..."]',
        "exclude_message": "write except_message",
        "subject": 'write subjects = ["..."]',
        "color": "write colour",
        "recipients": "write to",
        "greeting": "write salutation",
        "tz": "write timezone",
        **dict.fromkeys(("start", "starts", "begins"), "write opens"),
        **dict.fromkeys(("end", "ends", "deadline", "expires"), "write closes"),
    }
)
"""What people call our keys, and what to write instead."""
