"""How long work in the database tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Tick = Callable[[str, int, int], None]
"""Called now and then with the name of the work, how much of it is done, and of how much."""


def silent(_work: str, _done: int, _of: int) -> None:
    """A Tick for those who do not want to know."""
