"""`mailer check` on the shipped files, and on what people really get wrong: place and repair."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes.box import new_home, run

OFFICIALS = "officials.yaml"
LETTER = "templates/letters/proctoring.md"
FRENCH = "templates/letters/proctoring.fr.md"


@dataclass(frozen=True)
class Broken:
    """A slip: `was` becomes `now`; it is told at `at`, a part of `now`, with these words."""

    file: str
    was: str
    now: str
    at: str
    words: str


SLIPS = {
    "a comma in an address": Broken(
        OFFICIALS, "labour@ministry.example", "labour@ministry,example",
        "labour@ministry,example", "labour@ministry.example",
    ),
    "a key twice": Broken(
        OFFICIALS, "name: Ross Romano", "name: Ross Romano\n    name: Ross R",
        "name: Ross R", "name",
    ),
    "a tab": Broken(OFFICIALS, "    portfolios: [labour]", "\tportfolios: [labour]", "\t", "tab"),
    "a key almost right": Broken(
        OFFICIALS, "salutation: {en: Minister R", "salutaton: {en: Minister R",
        "salutaton", "salutation",
    ),
    "a post that is not there": Broken(
        OFFICIALS, "post: minister-labour\n", "post: minister-labor\n",
        "minister-labor\n", "minister-labour",
    ),
    "no read as false": Broken(
        OFFICIALS, "region: Ontario\n    district: L", "region: no\n    district: L", "no\n", "no",
    ),
    "a campaign key almost right": Broken(
        LETTER, "confirm = false", "confrim = false", "confrim", "confirm",
    ),
    "a field that is not there": Broken(
        LETTER, "{{ supporter.personal }}", "{{ supporter.persnal }}", "persnal", "personal",
    ),
    "an office that is not there": Broken(
        LETTER, '"minister-labour"]', '"minister-labur"]', '"minister-labur"', "minister-labour",
    ),
    "a block that never ends": Broken(LETTER, "{% endfor %}", "", "", "never closed"),
    "a wrong status": Broken(LETTER, 'status = "live"', 'status = "life"', '"life"', "live"),
    "a filter that is not there": Broken(
        FRENCH, "{{ supporter.personal }}", "{{ supporter.personal | uper }}", "uper", "upper",
    ),
}  # fmt: skip


def break_(home: Path, slip: Broken) -> str:
    """Make the slip in the file; returns the file's new text."""
    file = home / slip.file
    text = file.read_text(encoding="utf-8")
    assert slip.was in text
    text = text.replace(slip.was, slip.now, 1)
    file.write_text(text, encoding="utf-8")
    return text


def test_it_is_silent_on_the_shipped_files(tmp_path: Path) -> None:
    ended = run(new_home(tmp_path / "home"), "check")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("name", SLIPS)
def test_it_tells_the_place_and_the_repair(tmp_path: Path, name: str) -> None:
    slip = SLIPS[name]
    home = new_home(tmp_path / "home")
    text = break_(home, slip)
    ended = run(home, "check")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    if slip.at:
        before = text[: text.index(slip.now) + slip.now.rindex(slip.at)]
        line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
        assert f"{slip.file}:{line}:{column}: " in ended.stdout, ended.stdout
    assert slip.words in ended.stdout


def test_it_tells_everything_at_once(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    slips = [SLIPS["a comma in an address"], SLIPS["a campaign key almost right"]]
    for slip in slips:
        break_(home, slip)
    ended = run(home, "check", "--json", MAILER_TRANSPORT="maildr:var/outbox")
    assert ended.returncode == 2
    found = json.loads(ended.stdout)
    assert {problem["file"] for problem in found} >= {OFFICIALS, LETTER, "the environment"}
    assert all(problem["message"] for problem in found)


def test_a_wrong_setting_is_told(tmp_path: Path) -> None:
    ended = run(new_home(tmp_path / "home"), "check", MAILER_FORM="x@campaign.example")
    assert ended.returncode == 2
    assert "MAILER_FORM is not a setting; did you mean MAILER_FROM?" in ended.stdout
