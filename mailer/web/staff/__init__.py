"""The pages of staff: the door, the log, and what they decide.

A module of views takes the `blueprint` of `signin`, names who may open each view (`roles.open_to`)
and is listed here: that is all it needs to be served.
"""

from mailer.web.staff import (
    audit,
    campaigns,
    coalition,
    exports,
    first,
    lanes,
    letters,
    log,
    many,
    news,
    packing,
    partner,
    passwords,
    people,
    reviewing,
    second,
    steering,
    submissions,
    trying,
    waves,
)
from mailer.web.staff.signin import blueprint

__all__ = [
    "audit", "blueprint", "campaigns", "coalition", "exports", "first", "lanes", "letters", "log",
    "many", "news", "packing", "partner", "passwords", "people", "reviewing", "second", "steering",
    "submissions", "trying", "waves",
]  # fmt: skip
