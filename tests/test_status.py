"""The table of legal moves."""

from __future__ import annotations

import pytest

from mailer.errors import IllegalMove
from mailer.status import ACCEPTED, MOVES, OPEN, PRIORITY, Kind, State, check_move, sources


def test_every_state_has_its_moves_and_every_kind_its_priority() -> None:
    assert set(MOVES) == set(State)
    assert set(PRIORITY) == set(Kind)


def test_nothing_is_ever_unsent() -> None:
    for state in (State.DELIVERED, State.COMPLAINED):
        assert not MOVES[state] & OPEN


def test_sent_is_reached_only_over_the_fence_or_by_a_late_answer_or_evidence() -> None:
    late = {State.UNCERTAIN, State.QUEUED, State.CLAIMED, State.FAILED}
    assert sources(State.SENT) == {State.DOT, *late}


def test_only_the_fence_leads_to_doubt_in_the_course_of_delivery() -> None:
    restore = {State.QUEUED, State.CLAIMED}
    assert sources(State.UNCERTAIN) - restore == {State.DOT}


def test_ends_are_ends() -> None:
    assert MOVES[State.CANCELLED] == frozenset()
    assert not ACCEPTED & OPEN


def test_an_illegal_move_says_both_ends() -> None:
    check_move(State.QUEUED, State.CLAIMED)
    with pytest.raises(IllegalMove, match="cancelled cannot become queued"):
        check_move(State.CANCELLED, State.QUEUED)
