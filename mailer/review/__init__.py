"""Review: what staff should look at before it leaves, and waves of it that must not leave."""

from mailer.review.alike import SIMILAR, is_similar, note, purge
from mailer.review.signs import (
    BAITED,
    CROWD,
    LINK,
    MIXED,
    OFFICIAL,
    THROWAWAY,
    WORD,
    is_thrown_away,
    sign,
)
from mailer.review.words import bands, least

__all__ = [
    "BAITED",
    "CROWD",
    "LINK",
    "MIXED",
    "OFFICIAL",
    "SIMILAR",
    "THROWAWAY",
    "WORD",
    "bands",
    "is_similar",
    "is_thrown_away",
    "least",
    "note",
    "purge",
    "sign",
]
