"""A short storm over each e-mail API, and the promise is kept. `make storm`: longer, on both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import postgres
from tests.storms.places import Place, Postgres, Sqlite
from tests.storms.provider import sail
from tests.storms.voices import MAKERS


@pytest.mark.parametrize("name", MAKERS)
def test_the_promise_holds_with_every_provider(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Every second one on the other engine."""
    place: Place = Sqlite(tmp_path)
    if sorted(MAKERS).index(name) % 2 and postgres.binaries():
        place = Postgres(request.getfixturevalue("durable"))
    report = sail(tmp_path / "storm", place, MAKERS[name](), seed=1, rounds=3)
    print(report)
    assert report.verdict.findings == ()
    assert report.noise == ()
    assert report.verdict.accepted > 20
    for what in ("early", "twice", "forged", "kill", "suspended"):
        assert report.done[what], f"nothing was {what}"
