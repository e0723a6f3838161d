"""Officials whom no letter reaches any more: paused until somebody has found out why.

What waits for them waits on; each pause is told to staff once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Row

from mailer.db import Tx, marks
from mailer.outbox import lanes

ACTOR = "bounce"
"""Who paused them."""

_MARK = "dead "


@dataclass(frozen=True, kw_only=True)
class Dead:
    """A pause that a letter brought about which came back."""

    official: str
    letter: str
    reason: str
    at: float
    told: bool = False  # staff know


def pause(tx: Tx, about: Row[Any], *, reason: str, now: float) -> bool:
    """Pause the official of a letter that came back; false when somebody else had done so before.

    Letters that were under way at an earlier pause tell nothing new: once staff have resumed the
    official, only one that left later pauses again. `about` has id, official and sent_at.
    """
    lane = lanes.of_official(about.official)
    standing = lanes.paused(tx).get(lane)
    if standing is not None:
        return standing.actor == ACTOR
    last = _read(about.official, marks.get(tx, _MARK + about.official))
    if last is not None and about.sent_at is not None and about.sent_at <= last.at:
        return True
    lanes.pause(tx, lane, reason=reason, actor=ACTOR, now=now)
    _write(tx, Dead(official=about.official, letter=about.id, reason=reason, at=now))
    return True


def untold(tx: Tx) -> list[Dead]:
    """The pauses that staff were not told of, and that nobody has ended."""
    found = [_read(*one) for one in marks.beginning(tx, _MARK).items()]
    waiting = [one for one in found if one is not None and not one.told]
    if not waiting:
        return []
    paused = lanes.paused(tx)
    return [one for one in waiting if lanes.of_official(one.official) in paused]


def told(tx: Tx, one: Dead) -> None:
    """Note that staff know of a pause."""
    _write(tx, replace(one, told=True))


def _read(official: str, note: str) -> Dead | None:
    return Dead(**{**json.loads(note), "official": official}) if note else None


def _write(tx: Tx, one: Dead) -> None:
    marks.put(tx, _MARK + one.official, json.dumps(asdict(one)))
