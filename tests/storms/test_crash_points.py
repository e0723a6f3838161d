"""A worker dies before and after every commit and every write to a socket: the promise is kept."""

from __future__ import annotations

from tests.storms.crashes import CONNECTIONS, PEOPLE, every_point
from tests.storms.site import Site


def test_a_worker_may_die_at_any_point(site: Site) -> None:
    step = 1 if site.store.is_sqlite else 4  # commits take longer there; `make storm` takes all
    site.relay.start()
    died = every_point(site, step)
    assert died * step > 2 * (2 * CONNECTIONS + 4), "each connection writes, and there are commits"
    verdict = site.judge([])
    assert verdict.findings == ()
    assert verdict.accepted == 2 * PEOPLE * (died + 1)
    assert verdict.uncertain >= 2, "some died behind the fence"
    assert verdict.flagged >= 1, "and some of those after the dot"
