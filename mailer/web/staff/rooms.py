"""The pages that the head of every staff page leads to, as far as they are open to its reader."""

from __future__ import annotations

from mailer.web.i18n import gettext, mark

ROOMS = (
    ("staff.first", mark("Today")),
    ("staff.log", mark("Letters")),
    ("staff.review", mark("Review")),
    ("staff.lane_list", mark("Lanes")),
    ("staff.news_list", mark("What came back")),
    ("staff.campaign_list", mark("Campaigns")),
    ("staff.coalition_list", mark("Coalition")),
    ("staff.partner", mark("Your organisation")),
    ("staff.people", mark("People")),
    ("staff.audit_list", mark("Audit")),
    ("staff.account", mark("Your account")),
)
"""In their order: the endpoint of each, and its name."""


def named() -> list[tuple[str, str]]:
    """All of them with their names in the reader's language."""
    return [(endpoint, gettext(name)) for endpoint, name in ROOMS]
