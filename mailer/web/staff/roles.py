"""Which roles may open which of the staff's pages: each view says so itself, in one line.

The guard in `signin` refuses everybody else; a view that says nothing is open to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mailer.accounts import ROLES

View = TypeVar("View", bound=Callable[..., Any])

ALL = ("viewer", "moderator", "organizer", "admin")
"""Who works for the campaign itself, and may see supporters' data."""

DECIDING = ("moderator", "organizer", "admin")
"""Who decides what becomes of a letter, and what is paused."""

WRITING = ("organizer", "admin")
"""Who changes what campaigns say and to whom."""

ADMIN = ("admin",)

PARTNER = ("partner",)
"""An organisation of the coalition: its own numbers and its own people, nothing else."""

EVERYBODY = ROLES
"""Whoever is signed in, a partner too."""

STRANGER = ""
ANYBODY = (STRANGER, *ROLES)
"""Also those who are not signed in: the doors."""

_MARK = "open_to"


def open_to(*roles: str) -> Callable[[View], View]:
    """Declare who may open a view; stands right below its route. Raises ValueError for no role."""
    unknown = set(roles) - set(ANYBODY)
    if unknown or not roles:
        raise ValueError(f"not a role: {sorted(unknown)}")

    def declare(view: View) -> View:
        vars(view)[_MARK] = frozenset(roles)
        return view

    return declare


def declared(view: Callable[..., Any]) -> frozenset[str] | None:
    """The roles that a view names, or None when it names none."""
    found: frozenset[str] | None = vars(view).get(_MARK)
    return found


def may(role: str, view: Callable[..., Any]) -> bool:
    """True when whoever has this role may open a view; a view that declares none is shut."""
    return role in (declared(view) or ())
