"""The docs are true: every command in them runs, every setting is listed, every link leads on."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import chdir, closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mailer import sendlog, submissions, worker
from mailer.cli import main
from mailer.config import KNOWN, Settings
from mailer.db import Store
from mailer.status import State
from tests.conftest import ROOT
from tests.factories import campaign, draft
from tests.official_lists import REPRESENT

PAGES = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8")
         for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}  # fmt: skip
OTHERS = {"PORT", "WEB_CONCURRENCY", "DATABASE_URL", "NO_COLOR"}  # without our prefix
STAY = {"up", "web", "worker"}  # tests/processes/ runs them


def fenced(language: str) -> Iterator[tuple[str, str]]:
    """Each line of the blocks in that language, with its page."""
    for page, text in PAGES.items():
        for block in re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            yield from ((page, line) for line in block.splitlines())


COMMANDS = sorted({line.partition("#")[0].strip() for _, line in fenced("sh")})
MAILER = [command for command in COMMANDS if command.startswith("mailer ")]
MAKE = [command for command in COMMANDS if command.startswith("make ")]


def test_there_is_something_to_run() -> None:
    assert len(MAILER) > 15
    assert {"make run", "make test"} <= set(MAKE)


@pytest.fixture
def used(home: Path, sqlite_template: Path, settings: Settings) -> str:
    """A home as the docs mean it: two letters sent, somebody invited; returns a letter's id."""
    (home / "var").mkdir()
    shutil.copy(sqlite_template, home / "var" / "mailer.db")
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as store:
        submissions.accept(store, draft(about=campaign(slug="proctoring")))
        worker.drain(settings, store)
        found = sendlog.page(store, sendlog.Filter()).rows
    CliRunner().invoke(
        main, ["staff", "invite", "kim@coalition.example"], env={"MAILER_HOME": str(home)}
    )
    return found[0].id


def lists(home: Path) -> None:
    """What an organizer has beside the files: lists of others, and git with two commits."""
    (home / "members.csv").write_text("Name,Email,Ward,Remarks\nAnn Example,ann@parl.example,1,\n")
    (home / "house-of-commons.json").write_text(json.dumps(REPRESENT))
    shutil.copy(home / "officials.yaml", home / "last-year.yaml")
    if not shutil.which("git"):
        pytest.skip("GIT IS NOT INSTALLED: comparing with a revision is not tested")
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@x.example", "-c", "commit.gpgsign=false")
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "one"],
                  [*who, "commit", "-qm", "two", "--allow-empty"]):  # fmt: skip
        subprocess.run(["git", *words], cwd=home, check=True, capture_output=True)


@pytest.mark.parametrize("command", MAILER)
def test_every_command_runs(home: Path, used: str, command: str) -> None:
    words = shlex.split(re.split("[<>]", command)[0])[1:]
    words = [used if word == "LETTER-ID" else word for word in words]
    assert words[0] not in STAY
    if words[0] == "officials" and words[1] in {"import", "diff"}:
        lists(home)
    with chdir(home):
        if "own-member" in words and words[0] != "new":
            CliRunner().invoke(
                main, ["new", "campaign", "own-member"], env={"MAILER_HOME": str(home)}
            )
        if words[:2] == ["proof", "verify"]:
            for file, made in (
                ("record.json", ["proof", "record", used]),
                ("letter.eml", ["log", "show", used, "--eml"]),
            ):
                said = CliRunner().invoke(main, made, env={"MAILER_HOME": str(home)})
                Path(file).write_bytes(said.stdout_bytes)
        if words[0] == "restore":
            CliRunner().invoke(main, ["backup", words[1]], env={"MAILER_HOME": str(home)})
        ended = CliRunner().invoke(main, words, env={"MAILER_HOME": str(home)}, input="y\n")
    assert ended.exit_code == 0, ended.output


@pytest.mark.parametrize("command", MAKE)
def test_every_make_target_is_there(command: str) -> None:
    planned = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, check=False
    )
    assert planned.returncode == 0


def test_every_command_named_in_passing_exists() -> None:
    inline = {
        words for text in PAGES.values() for words in re.findall(r"`mailer ([^`|]+)`", text)
    }  # fmt: skip
    assert len(inline) > 5
    for words in inline:
        _resolve(words.split())


def _resolve(words: list[str]) -> None:
    """Walk to the command that `words` mean; fails where there is none."""
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            break
        assert word in command.commands, f"mailer {' '.join(words)}"
        command = command.commands[word]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known, words


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", PAGES["README.md"], re.MULTILINE)
    assert {row for row in rows if row.startswith("MAILER_")} == {f"MAILER_{n}" for n in KNOWN}
    assert set(rows) - {f"MAILER_{name}" for name in KNOWN} == OTHERS - {"DATABASE_URL"}
    assert "`DATABASE_URL`" in PAGES["README.md"]


def test_no_page_names_a_setting_that_is_not_there() -> None:
    named = {
        name for text in PAGES.values() for name in re.findall(r"MAILER_([A-Z][A-Z_]*)", text)
    }  # fmt: skip
    assert {name.removesuffix("_FILE") for name in named} <= {*KNOWN, "X"}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGES[page])
    broken = [
        link for link in links
        if not link.startswith("https://") and not (ROOT / page).parent.joinpath(link).exists()
    ]  # fmt: skip
    assert not broken


def test_every_file_named_in_the_docs_is_there() -> None:
    named = {
        path for text in PAGES.values()
        for path in re.findall(r"`((?:mailer|tests|benchmarks|docs)/[\w./*]*)`", text)
    }  # fmt: skip
    assert named
    missing = [path for path in named if not list(ROOT.glob(path.rstrip("/")))]
    assert not missing


def test_every_column_of_the_states_is_a_state() -> None:
    table = PAGES["docs/staff.md"].partition("| state |")[2].partition("\n\n")[0]
    words = re.findall(r"^\| ([a-z, ]+) \|", table, re.MULTILINE)
    told = {word for row in words for word in row.split(", ")}
    assert told == {state.value for state in State}


def test_the_procfile_runs_what_there_is() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    parts = dict(line.split(": ", 1) for line in lines)
    assert set(parts) == {"release", "web", "worker"}
    for command in parts.values():
        _resolve(command.split()[1:])
