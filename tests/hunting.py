"""How far tests go: as far as `make test` has time for, or as far as `make hunt` does."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("HUNT"))


def times(short: int, long: int) -> int:
    """How often something is tried."""
    return long if LONG else short
