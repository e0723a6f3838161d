"""The plan of retries: when a letter is tried again, and when we give up."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.config import Settings
from mailer.outbox.retries import RetryPlan

HOUR = 3600.0


def test_the_usual_plan_is_quick_once_and_patient_then() -> None:
    plan = RetryPlan()
    assert [plan.wait(attempt) / 60 for attempt in range(1, 9)] == [1, 5, 15, 30, 30, 60, 60, 60]
    moments = list(accumulate(plan.wait(attempt) for attempt in range(1, 120)))
    late = [moment for moment in moments if moment >= HOUR]
    assert all(b - a >= HOUR / 2 for a, b in pairwise(late)), "RFC 5321, 4.5.4.1"


@given(st.integers(-3, 10_000), st.lists(st.floats(1, 86400), min_size=1, max_size=20))
def test_every_attempt_has_its_wait(attempt: int, waits: list[float]) -> None:
    plan = RetryPlan(backoff=tuple(waits))
    assert plan.wait(attempt) == waits[max(0, min(attempt - 1, len(waits) - 1))]


@pytest.mark.parametrize(
    ("first", "following", "late"),
    [
        (None, 1e12, False),
        (100.0, 100.0 + 96 * HOUR, False),
        (100.0, 100.5 + 96 * HOUR, True),
        (100.0, 99.0, False),
    ],
)
def test_the_deadline_counts_from_the_first_attempt(
    first: float | None, following: float, late: bool
) -> None:
    assert RetryPlan().too_late(first, following) is late


def test_the_settings_make_the_plan(settings: Settings) -> None:
    assert RetryPlan.of(settings) == RetryPlan()
    changed = replace(settings, backoff=(60.0, 2400.0), deadline=HOUR)
    assert RetryPlan.of(changed) == RetryPlan(backoff=(60.0, 2400.0), deadline=HOUR)
