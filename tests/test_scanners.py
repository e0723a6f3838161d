"""What is made of scanners' findings: each is repaired or has its line in docs/security.md."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tools import code, explained, sqlmap, wapiti
from tools.explained import Finding

PAGE = """
## What scanners say

| scanner | says | of | why it is harmless |
|---|---|---|---|
| bandit | `B101` | `mailer/a.py`, `mailer/rooms/*.py` | it tells mypy |
| wapiti | `Odd thing` | `/receipt/*` | there is none |

## Afterwards

| bandit | `B999` | `mailer/a.py` | no longer in the table |
"""


def finding(scanner: str, said: str, place: str) -> Finding:
    return Finding(scanner=scanner, said=said, place=place)


@pytest.mark.parametrize(
    ("found", "fine"),
    [
        (finding("bandit", "B101", "mailer/a.py"), True),
        (finding("bandit", "B101", "mailer/rooms/b.py"), True),
        (finding("wapiti", "Odd thing", "/receipt/x/erase"), True),
        (finding("bandit", "B101", "mailer/b.py"), False),
        (finding("bandit", "B102", "mailer/a.py"), False),
        (finding("wapiti", "B101", "mailer/a.py"), False),
        (finding("bandit", "B999", "mailer/a.py"), False),
        (finding("sqlmap", "Parameter: email (POST)", "/find"), False),
    ],
)
def test_a_finding_needs_its_line(found: Finding, fine: bool) -> None:
    said = list(explained.unexplained([found], PAGE))
    assert (said == []) is fine
    assert all(found.place in line and found.said in line for line in said)


def test_a_line_needs_its_finding() -> None:
    assert (
        list(explained.needless([finding("bandit", "B101", "mailer/a.py")], PAGE, "bandit")) == []
    )
    (said,) = explained.needless([], PAGE, "bandit")
    assert "bandit no longer says B101" in said


def test_the_page_has_its_table_with_reasons() -> None:
    lines = explained.lines(explained.PAGE.read_text(encoding="utf-8"))
    assert {"bandit", "wapiti"} <= {line.scanner for line in lines}
    assert all(line.places and len(line.why.split()) > 3 for line in lines)


def test_a_report_is_read_by_page() -> None:
    one = {"path": "http://127.0.0.1:8000/find?lang=fr", "info": "x"}
    report = {"vulnerabilities": {"Odd thing": [one], "None": []}, "anomalies": {"Slow": [one]}}
    assert list(wapiti.told(report)) == [
        finding("wapiti", "Odd thing", "/find"),
        finding("wapiti", "Slow", "/find"),
    ]


def test_what_sqlmap_did_not_finish_is_a_finding() -> None:
    through = "POST parameter 'email' does not seem to be injectable\nall tested parameters do not"
    assert list(sqlmap.told(f"{through} appear to be injectable.", "/find")) == []
    assert list(sqlmap.told("[INFO] testing 'AND boolean-based", "/find")) == [
        finding("sqlmap", "not finished", "/find")
    ]
    assert list(sqlmap.told("---\nParameter: email (POST)\n    Type: x", "/find")) == [
        finding("sqlmap", "email (POST)", "/find")
    ]


def test_what_wapiti_tried_is_told_with_what_it_did_not_finish() -> None:
    report = {"infos": {"crawled_pages": [{}, {}]}}
    said = "[*] Launching module csp\n[*] Launching module exec\n"
    assert wapiti.summary(report, said).endswith("2 modules (csp, exec), each to its end")
    late = said + "Max attack time was reached for module exec, stopping.\n"
    assert wapiti.summary(report, late).endswith("; not to their end: exec")


def test_bandit_finds_what_is_there() -> None:
    """Over one small folder here; `make check` has it look through everything."""
    found = code.findings("mailer/paper")
    assert finding("bandit", "B603", "mailer/paper/__init__.py") in found
    assert list(explained.unexplained(found, explained.PAGE.read_text(encoding="utf-8"))) == []


def test_each_exception_from_ruffs_security_rules_gives_its_reason() -> None:
    lines = [
        line
        for file in (ROOT / "mailer").rglob("*.py")
        for line in re.findall(r"# noqa: S\d+.*", file.read_text(encoding="utf-8"))
    ]
    assert len(lines) > 10
    assert [line for line in lines if " - " not in line] == []
