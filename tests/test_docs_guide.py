"""The organizers' guide, step by step: 124 members by postal code, two languages, a coalition."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import chdir, closing
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mailer.cli import main
from mailer.config import KNOWN, Settings
from mailer.db import Store
from mailer.web import create_app
from tests.conftest import ROOT

SLUG, MEMBERS = "own-member", 124
GUIDE = (ROOT / "docs" / "organizers.md").read_text(encoding="utf-8")
HEAD = re.search(r"with this head:\n\n   ```toml\n(.*?)   ```", GUIDE, re.DOTALL)
WORKFLOW = ROOT / "docs" / "workflows" / "check-campaigns.yml"
LETTERS = "FGHJKLMNPR"


def code(number: int) -> str:
    """The postal code of a district's town hall; no two are alike."""
    return f"{LETTERS[number // 100]}1{LETTERS[number // 10 % 10]} {number % 10}B1".replace(
        "F", "K"
    )


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Runs a command of the guide in an empty folder; it must do what it says."""

    def mailer(*words: str) -> str:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        ended = CliRunner().invoke(main, words, env=clean | {"MAILER_HOME": str(tmp_path)})
        assert ended.exit_code == 0, ended.output
        return ended.output

    with chdir(tmp_path):
        yield mailer


def lists() -> None:
    """What an organizer has: the parliament's members, and the election office's codes."""
    members = ["Name,Email,Riding,Riding (fr)"]
    codes = ["code,district"]
    for number in range(MEMBERS):
        members.append(
            f"Member {number} Example{number},member{number}@parliament.example,Bay {number}"
            f",Baie {number}"
        )
        codes.append(f"{code(number)},Bay {number}")
    Path("members.csv").write_text("\n".join(members) + "\n", encoding="utf-8")
    Path("districts.csv").write_text("\n".join(codes) + "\n", encoding="utf-8")


def put_head(name: str, head: str) -> None:
    """Give a letter that `mailer new` made the head that the guide prints."""
    file = Path("templates/letters", name)
    letter = file.read_text(encoding="utf-8").split("+++\n", 2)[2]
    file.write_text(f"+++\n{head}+++\n{letter}", encoding="utf-8")


def test_a_bilingual_campaign_to_124_members(
    run: Callable[..., str], settings: Settings, new_sqlite: Callable[[], str]
) -> None:
    lists()
    mapped = ("--map", "Riding=district", "--map", "Riding (fr)=district.fr")
    assert f"New ({MEMBERS})" in run("officials", "import", "members.csv", *mapped)
    run("officials", "import", "members.csv", *mapped, "--tag", "member", "--yes")
    run("new", "campaign", SLUG, "--language", "fr")
    assert HEAD
    put_head(f"{SLUG}.md", textwrap.dedent(HEAD[1]))
    french = 'title = "Écrivez à votre députée ou député"\nsalutation = "{{ official.name }},"\n'
    put_head(f"{SLUG}.fr.md", french)
    assert "error" not in run("check")
    shown = run("preview", SLUG, "--official", "member-7-example7", "--language", "fr")
    assert "Member 7 Example7," in shown
    assert run("campaign", "link", SLUG).startswith("http://127.0.0.1:8000/own-member/draft/")
    assert "The last letter leaves" in run("simulate", SLUG, "--supporters", "500", "--hours", "8")

    home = replace(settings, home=Path.cwd())
    with closing(Store(new_sqlite())) as store:
        client = create_app(home, store).test_client()
        form = {"name": "Ann Example", "email": "ann@supporter.example", "language": "fr",
                "postal_code": code(99)}  # fmt: skip
        page = client.post(f"/{SLUG}/preview", data=form)
        assert page.status_code == 200
        assert "Baie 99" in page.text
        assert "member99@parliament.example" in page.text
        assert "member98@" not in page.text
        assert "Syndicat Exemple" in client.get(f"/{SLUG}/?lang=fr").text


def test_the_workflow_checks_every_push() -> None:
    found = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert set(found[True]) == {"push", "pull_request"}, "YAML takes `on` for true"
    assert found["permissions"] == {"contents": "read"}
    (job,) = found["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[-1] == "mailer check --format github"
    assert CliRunner().invoke(main, [*commands[-1].split()[1:], "--help"]).exit_code == 0
