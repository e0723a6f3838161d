"""Campaign texts for tests: short pages, and reading them against the shipped officials."""

from __future__ import annotations

from pathlib import Path

from mailer.campaigns.reader import read
from mailer.campaigns.values import Campaign
from mailer.officials import reader as officials_reader
from mailer.problems import Problem

ROOT = Path(__file__).resolve().parent.parent
OFFICIALS, _ = officials_reader.read((ROOT / "officials.yaml").read_text(encoding="utf-8"))
SHIPPED = {
    language: (name, (ROOT / "templates" / "letters" / name).read_text(encoding="utf-8"))
    for language, name in (("en", "proctoring.md"), ("fr", "proctoring.fr.md"))
}
OWN = "{{ supporter.personal }}"
ROLES = '[[roles]]\nid = "student"\nlabel = "Student"'


def load(text: str, french: str = "") -> tuple[Campaign | None, tuple[Problem, ...]]:
    """A campaign from its texts, against the shipped officials."""
    files = {"en": ("x.md", text)} | ({"fr": ("x.fr.md", french)} if french else {})
    return read("x", files, OFFICIALS)


def good(text: str, french: str = "") -> Campaign:
    """The campaign of texts with nothing to tell."""
    campaign, problems = load(text, french)
    assert problems == ()
    assert campaign is not None
    return campaign


def page(*lines: str, letter: str = OWN) -> str:
    """A campaign whose extra lines begin on line 4; without them the letter begins on line 5."""
    head = ["+++", 'title = "T"', 'to = ["minister-labour"]']
    return "\n".join([*head, *lines, "+++", letter])
