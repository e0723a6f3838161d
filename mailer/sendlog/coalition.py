"""What each organisation of a campaign has brought, and whose details it may have: in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.db import Store
from mailer.sendlog import census
from mailer.sendlog.census import AGREED, EVER, VIA, People


@dataclass(frozen=True, kw_only=True)
class Share:
    """The people of one organisation in one campaign, none twice."""

    via: int = 0  # wrote after its link had brought them
    consenting: int = 0  # agree today that it has their details
    withdrawn: int = 0  # had agreed, and do no more


def shares(store: Store, campaign: str) -> dict[str, Share]:
    """What is known of each organisation, by id; of those with neither link nor consent nothing.

    People count as in `census.written`: confirmed where the campaign confirms, no trials. A
    consent counts as soon as its person has confirmed, whatever became of the letters.
    """
    return shares_of(census.people(store, campaign))


def shares_of(found: People) -> dict[str, Share]:
    """The same, of what was counted."""
    via, agreed, ever = (found.by_facet.get(facet, {}) for facet in (VIA, AGREED, EVER))
    return {
        name: Share(
            via=via.get(name, 0),
            consenting=agreed.get(name, 0),
            withdrawn=ever.get(name, 0) - agreed.get(name, 0),
        )
        for name in sorted({*via, *ever})
    }
