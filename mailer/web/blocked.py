"""Where browsers say that a page broke its own policy: an attack, or a mistake of ours.

A report names the page's address, which may be somebody's private one: of all it holds only the
broken rule is kept, and only if it is one of ours.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from mailer.web.security import RULES

blueprint = Blueprint("blocked", __name__)

LARGEST = 16_384  # bytes of a report
QUIET = 600.0  # seconds for which a rule that was told is not told again by this process


class Told:
    """Which rules were told lately: whoever floods us with reports fills no log."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def is_new(self, rule: str) -> bool:
        """True once in `QUIET` seconds for each rule."""
        now = self._clock()
        if self._until.get(rule, now) > now:
            return False
        self._until[rule] = now + QUIET
        return True


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions.setdefault("mailer.told", Told())


@blueprint.post("/look/blocked")
def report() -> ResponseReturnValue:
    """Note which rule was broken; the answer is the same for whatever was sent."""
    rule = broken_rule(request.stream.read(LARGEST))
    if rule and current_app.extensions["mailer.told"].is_new(rule):
        current_app.logger.warning("a browser kept a page from breaking its rule %s", rule)
    return Response(status=204)


def broken_rule(sent: bytes) -> str | None:
    """The rule of ours that a report (CSP 3, section 5.3) is about; None for anything else."""
    try:
        about = json.loads(sent)["csp-report"]
        said = about.get("effective-directive") or about["violated-directive"]
        rule = str(said).partition(" ")[0].removesuffix("-elem").removesuffix("-attr")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return rule if rule in RULES else None
