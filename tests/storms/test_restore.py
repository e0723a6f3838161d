"""A backup is put back after letters left and workers died: nothing of it leaves twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mailer import approvals
from mailer.submissions import accept
from tests.factories import draft, supporter
from tests.processes.box import eventually, run
from tests.storms import ledger
from tests.storms.people import SLUG
from tests.storms.site import Site

BEFORE, AFTER = 40, 10  # supporters before the backup and after it, of two letters each


def write(site: Site, numbers: Sequence[int]) -> None:
    """Let supporters write, one after the other."""
    found = approvals.latest(site.store, SLUG)
    assert found is not None
    for number in numbers:
        who = supporter(name=f"Ann Example {number}", email=f"ann-{number}@supporter.example")
        accept(site.store, draft(who, approval=found.id))


def mailer(site: Site, *words: str) -> str:
    """A command, to its end; it must go well."""
    done = run(site.home, *words, **site.settings)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_what_left_since_the_backup_does_not_leave_again(site: Site, tmp_path: Path) -> None:
    site.relay.start("--think", "0.02")
    write(site, range(BEFORE))
    site.start_workers(2)
    eventually(lambda: len(site.relay.taken) >= BEFORE // 2, "some letters have left")
    site.workers[0].kill()  # in mid-wave: some of its letters are in doubt
    file = tmp_path / "monday.backup"
    mailer(site, "backup", str(file))
    write(site, range(BEFORE, BEFORE + AFTER))
    site.workers.append(site.new_worker(2))
    site.wait_until_all_is_out()
    for part in site.workers:
        part.stop()
    before = Counter(entry.letter for entry in site.relay.taken)

    site.store.close()
    assert "paused" in mailer(site, "restore", str(file), "--yes")
    assert ledger.states(site.store).keys() <= {"sent", "uncertain"}
    site.start_workers(1)
    mailer(site, "lane", "resume", "everything")
    site.calm()  # what is in doubt is decided as the relay knows

    taken = Counter(entry.letter for entry in site.relay.taken)
    known = {one.id: one for one in ledger.letters(site.store)}
    assert len(known) == 2 * BEFORE, "what was written since is not in the backup"
    assert {key: taken[key] for key in before} == dict(before), "nothing left again"
    assert all(taken[key] == 1 or one.possibly_twice for key, one in known.items())
    assert {one.state for one in known.values()} == {"sent"}
