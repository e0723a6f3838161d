"""A short storm on each engine: everything once, and the promise is kept. `make storm`: longer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.storms.places import Place
from tests.storms.storm import sail
from tests.storms.torments import everything_once


def test_the_promise_holds_in_a_storm(new_place: Callable[[Path], Place], tmp_path: Path) -> None:
    report = sail(
        tmp_path / "storm", new_place(tmp_path), seed=1, seconds=0.0, torments=everything_once
    )
    print(report)
    assert report.verdict.findings == ()
    assert report.noise == ()
    assert report.verdict.accepted > 20
