"""Everything that can be said of the organizer's files before the world reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mailer.campaigns import (
    bounds,
    changeable,
    coverage,
    legible,
    pictures,
    rehearsal,
    tongues,
)
from mailer.campaigns.library import OFFICIALS, Content
from mailer.campaigns.recipients import left_out, reachable, recipients, vacant
from mailer.campaigns.values import Campaign
from mailer.officials import tenure
from mailer.problems import Problem
from mailer.records import text as texts


def check(content: Content, home: Path, *, now: float, service: bool) -> tuple[Problem, ...]:
    """What is wrong in the files, and in the letters as they would be merged at `now`.

    `home` is where the pictures lie; `service` says that a service knows districts.
    """
    return (
        *content.problems,
        *tenure.check(content.officials, OFFICIALS, content.files.get(OFFICIALS, ""), now=now),
        *(found for one in content.campaigns.values() for found in rehearsed(one, content, now)),
        *coverage.check(content, now=now, service=service),
        *pictures.check(content, home),
    )


def rehearsed(campaign: Campaign, content: Content, now: float) -> tuple[Problem, ...]:
    """What a merge of today's letters finds: every official, language, role and subject."""
    day = campaign.today(now)
    to = reachable(campaign, content.officials, day)
    out = left_out(campaign, content.officials, day)
    empty = vacant(campaign, content.officials, day)
    told = rehearsal.check(campaign, to, vacant=empty, files=content.files)
    main = texts.clean(content.files.get(campaign.version("").file, "")).split("\n")
    alone = replace(campaign, fallback="")
    none = campaign.fallback and not recipients(alone, content.officials, day)
    swallowed = [bounds.only_fallback(campaign, main)] if none and not campaign.to.own else []
    return (
        *told,
        *swallowed,
        *bounds.check(campaign, to, out, main),
        *legible.check(campaign, to),
        *tongues.check(campaign, to),
        *changeable.check(campaign, to),
    )
