"""The judge is judged: each broken promise, made by hand, is found, and a kept one is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.storms.logbook import REFUSED, TOOK, Entry
from tests.storms.verdict import Doubt, History, Letter, Shown, Thanked, judge

TO = "minister@ministry.example"
LETTER = Letter(
    id="l1", submission="s1", person="p1", official="o1", state="sent", recipient=TO,
    sha256="aa", rebuilt="aa", shown="Exams\nDear Minister,\nHi.",
)  # fmt: skip
ENTRY = Entry(at=100.0, did=TOOK, letter="l1", recipient=TO, sha256="aa")
THANKED = Thanked(submission="s1", letters=1, previewed=[LETTER.shown])
RECEIPT = Shown(at=101.0, submission="s1", recipient=TO, sent=True, twice=False, final=True)
KEPT = History(log=[ENTRY], letters=[LETTER], thanked=[THANKED], shown=[RECEIPT])


def with_letter(**changes: object) -> History:
    return replace(KEPT, letters=[replace(LETTER, **changes)], shown=[])  # type: ignore[arg-type]  # any field


def with_entry(**changes: object) -> History:
    return replace(KEPT, log=[replace(ENTRY, **changes)])  # type: ignore[arg-type]  # any field


def with_receipt(**changes: object) -> History:
    return replace(KEPT, shown=[replace(RECEIPT, **changes)])  # type: ignore[arg-type]  # any field


def test_a_kept_promise_is_good() -> None:
    verdict = judge(KEPT)
    assert verdict.good
    assert (verdict.accepted, verdict.uncertain, verdict.flagged) == (1, 0, 0)


def test_a_flagged_double_is_no_breach() -> None:
    twice = replace(LETTER, possibly_twice=True)
    said = replace(RECEIPT, twice=True)
    verdict = judge(replace(KEPT, log=[ENTRY, ENTRY], letters=[twice], shown=[said]))
    assert verdict.good
    assert verdict.flagged == 1


@pytest.mark.parametrize("state", ["review", "cancelled", "uncertain"])
def test_what_is_told_is_not_lost(state: str) -> None:
    assert judge(replace(with_letter(state=state), log=[])).good


def test_a_refusal_for_good_is_no_breach() -> None:
    failed = with_letter(state="failed", reason="refused")
    said = replace(ENTRY, did=REFUSED, code=550, sha256="")
    assert judge(replace(failed, log=[said])).good


def test_one_wave_for_each_death_may_be_in_doubt() -> None:
    doubts = [Doubt(letter="l1", reaped=True)] * 4
    on_the_line = [Doubt(letter="l1", reaped=False)] * 9
    assert judge(replace(KEPT, doubts=doubts + on_the_line, waves=2, wave=2)).good


BREACHES = {
    "no letter of a thanked submission": ("lost", replace(KEPT, letters=[], log=[], shown=[])),
    "one letter of two": ("lost", replace(KEPT, thanked=[replace(THANKED, letters=2)])),
    "queued for ever": ("lost", replace(with_letter(state="queued"), log=[])),
    "leased for ever": ("lost", replace(with_letter(state="claimed"), log=[])),
    "behind the dot for ever": ("lost", with_letter(state="dot")),
    "a state nobody knows": ("lost", with_letter(state="elsewhere")),
    "sent that was not taken": ("false", replace(KEPT, log=[], shown=[])),
    "delivered that was not taken": ("false", replace(with_letter(state="delivered"), log=[])),
    "sent that was refused": ("false", replace(with_entry(did=REFUSED, code=451), shown=[])),
    "taken twice in silence": ("unflagged", replace(KEPT, log=[ENTRY, ENTRY])),
    "a letter nobody wrote": ("stray", with_entry(letter="l9")),
    "another office": ("stray", with_entry(recipient="other@ministry.example")),
    "another text": ("changed", with_entry(sha256="bb")),
    "another text the second time": (
        "changed",
        replace(with_letter(possibly_twice=True), log=[ENTRY, replace(ENTRY, sha256="bb")]),
    ),
    "another hash in the ledger": ("changed", with_letter(sha256="bb")),
    "a text that was not shown": ("unapproved", with_letter(shown="Hi there.")),
    "a letter that was not shown": (
        "unapproved",
        replace(KEPT, letters=[LETTER, replace(LETTER, id="l2", state="cancelled")]),
    ),
    "two letters of one person": (
        "double",
        replace(
            KEPT,
            letters=[LETTER, replace(LETTER, id="l2", submission="s2")],
            log=[ENTRY, replace(ENTRY, letter="l2")],
        ),
    ),
    "more than a wave in doubt": (
        "doubt",
        replace(KEPT, doubts=[Doubt(letter="l1", reaped=True)] * 5, waves=1, wave=4),
    ),
    "a receipt before the fact": ("misled", with_receipt(at=99.0, final=False)),
    "a receipt of nothing": (
        "misled",
        replace(with_letter(state="uncertain"), log=[], shown=[replace(RECEIPT, final=False)]),
    ),
    "a receipt that stays behind": ("misled", with_receipt(sent=False)),
    "a receipt that hides a double": (
        "misled",
        replace(
            KEPT, log=[ENTRY, ENTRY], letters=[replace(LETTER, possibly_twice=True)]
        ),
    ),
    "a receipt that hides an arrival": (
        "misled",
        replace(
            KEPT, letters=[replace(LETTER, state="failed", reason="deadline", possibly_twice=True)],
            shown=[replace(RECEIPT, sent=False)],
        ),
    ),
    "failed without a refusal": (
        "unfounded", replace(with_letter(state="failed", reason="refused"), log=[]),
    ),
    "failed, and nobody was told": (
        "untold", replace(with_letter(state="failed", reason="deadline", told=False), log=[]),
    ),
    "failed though it was taken": (
        "unfounded", with_letter(state="failed", reason="deadline"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_every_breach_is_found(name: str) -> None:
    kind, history = BREACHES[name]
    verdict = judge(history)
    assert not verdict.good
    assert any(finding.startswith(f"{kind}:") for finding in verdict.findings), verdict


def test_the_breaches_are_counted_where_the_summary_looks() -> None:
    counted = {"lost": "lost", "false": "false", "unflagged": "unflagged"}
    for kind, history in BREACHES.values():
        assert getattr(judge(history), counted.get(kind, "others")), kind
