"""At the counter: people press twice, share devices, use two; and the pages die in between."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from mailer.db.schema import submission
from tests.processes.box import eventually, free_port
from tests.storms import ledger
from tests.storms.parts import Part, lives
from tests.storms.people import Browser, Checked
from tests.storms.places import Place
from tests.storms.site import Site
from tests.storms.stores import DIED

LETTERS = 2  # of each supporter
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def open_site(
    tmp_path_factory: pytest.TempPathFactory, new_place: Callable[[Path], Place]
) -> Iterator[Site]:
    """Pages, a worker and a relay, all well."""
    folder = tmp_path_factory.mktemp("counter")
    made = Site(folder / "site", new_place(folder).url)
    made.prepare()
    made.relay.start()
    made.start_web()
    made.start_workers(1)
    yield made
    made.end()


def somebody() -> dict[str, str]:
    """A person nobody has seen before."""
    number = next(NUMBERS)
    mark = f"example-{number}"
    return {"name": f"Ann {mark}", "email": f"{mark}@supporter.example", "personal": f"I, {mark}."}


def test_sixteen_posts_of_one_form_are_one_submission(open_site: Site) -> None:
    checked = Browser(open_site.url).check(**somebody())
    browsers = [Browser(open_site.url) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(lambda one: one.send(checked), browsers))
    assert len(set(receipts)) == 1
    goes_out_once(open_site, checked, receipts[0])


def test_two_people_on_one_device_never_see_each_other(open_site: Site) -> None:
    browser, ann, bo = Browser(open_site.url), somebody(), somebody()
    first, second = browser.check(**ann), browser.check(**bo)
    receipts = [browser.send(first), browser.send(second)]
    assert browser.send(first) == receipts[0], "Back, and pressed again"
    for receipt, mine, other in ((receipts[0], ann, bo), (receipts[1], bo, ann)):
        page = requests.get(open_site.url + receipt, timeout=30).text
        assert mine["personal"] in page
        assert other["email"] not in page
    goes_out_once(open_site, first, receipts[0])
    goes_out_once(open_site, second, receipts[1])


def test_one_person_on_two_devices_writes_once(open_site: Site) -> None:
    who, devices = somebody(), [Browser(open_site.url) for _ in range(2)]
    checked = [device.check(**who) for device in devices]
    assert checked[0].submission != checked[1].submission
    with ThreadPoolExecutor(2) as pool:
        receipts = list(pool.map(Browser.send, devices, checked))
    assert receipts[0] != receipts[1], "nobody is shown what another device sent"
    open_site.wait_until_all_is_out()
    mine = [one for one in ledger.letters(open_site.store) if one.submission in ids(checked)]
    assert sorted(one.state for one in mine) == ["cancelled"] * LETTERS + ["sent"] * LETTERS
    assert open_site.judge([one.thanked() for one in checked]).findings == ()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_pages_that_die_at_the_commit_thank_for_one_submission_in_the_end(
    open_site: Site, moment: str
) -> None:
    port = free_port()
    words = ("-m", "tests.storms.dying_web", str(port), moment)
    # The letters name the pages' address: behind two ports the pages are still the same ones.
    here = open_site.settings | {"MAILER_BASE_URL": open_site.url}
    dying = Part(open_site.folder, "dying", words, **here)
    eventually(lambda: lives(f"http://127.0.0.1:{port}") or not dying.alive, "the pages answer")
    checked = Browser(f"http://127.0.0.1:{port}").check(**somebody())
    with pytest.raises(requests.ConnectionError):
        Browser(f"http://127.0.0.1:{port}").press(checked)
    assert dying.process.wait(30) == DIED
    assert taken_in(open_site, checked) == (moment == "after")
    receipt = Browser(open_site.url).send(checked)
    goes_out_once(open_site, checked, receipt)


def goes_out_once(site: Site, checked: Checked, receipt: str) -> None:
    """The submission is there once, leaves once, and its receipt says so."""
    browser = Browser(site.url)
    assert browser.send(checked) == receipt, "pressed once more"
    site.wait_until_all_is_out()
    mine = [one for one in ledger.letters(site.store) if one.submission == checked.submission]
    assert [one.state for one in mine] == ["sent"] * LETTERS
    assert sum(one.letter in {letter.id for letter in mine} for one in site.relay.taken) == LETTERS
    shown = browser.look(receipt, checked.submission, final=True)
    assert [one.sent for one in shown] == [True] * LETTERS
    assert site.judge([checked.thanked()], shown).findings == ()
    browser.close()


def taken_in(site: Site, checked: Checked) -> bool:
    """Whether the ledger has the submission."""
    with site.store.read() as tx:
        same = select(func.count()).where(submission.c.id == checked.submission)
        return bool(tx.execute(same).scalar_one())


def ids(checked: list[Checked]) -> set[str]:
    """The submissions that these previews may become."""
    return {one.submission for one in checked}
