"""The workers' sign of life, for whoever watches from the pages."""

from __future__ import annotations

from mailer.db import Tx, marks

_MARK = "a worker was heard at"


def beat(tx: Tx, *, now: float) -> None:
    """Note that a worker lives."""
    marks.put(tx, _MARK, repr(now))


def heard(tx: Tx) -> float | None:
    """When a worker was heard last, or None when never."""
    noted = marks.get(tx, _MARK)
    return float(noted) if noted else None
