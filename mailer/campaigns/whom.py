"""Whose letters a remark is about, in words."""

from __future__ import annotations

from collections.abc import Sequence

from mailer.campaigns.values import Campaign

_MOST_NAMED = 3


def named(whose: Sequence[tuple[str, str]], campaign: Campaign) -> str:
    """Officials and roles in words: romano and mcnaughton, every role."""
    roles: dict[str, dict[str, None]] = {}
    for official, role in whose:
        roles.setdefault(official, {})[role or "no role"] = None
    alike: dict[tuple[str, ...], list[str]] = {}
    for official, named in roles.items():
        alike.setdefault(tuple(named), []).append(official)
    return "; ".join(
        f"{_listed(officials)}{_roles(named, campaign)}" for named, officials in alike.items()
    )


def _roles(named: Sequence[str], campaign: Campaign) -> str:
    if not campaign.roles:
        return ""
    return ", every role" if len(named) > len(campaign.roles) else f", {_listed(named)}"


def _listed(words: Sequence[str]) -> str:
    if len(words) > _MOST_NAMED:
        words = [*words[: _MOST_NAMED - 1], f"{len(words) - _MOST_NAMED + 1} more"]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
