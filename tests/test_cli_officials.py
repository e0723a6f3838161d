"""`mailer officials import | diff | schema`, `mailer campaign schema`, `mailer new`."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer.cli import main
from mailer.config import KNOWN
from tests.conftest import ROOT
from tests.official_lists import REPRESENT

Mailer = Callable[..., Result]
MEMBERS = "Name,Email,Riding\nAnn Example,ann@parl.example,Example Bay\n"


@pytest.fixture
def mailer(home: Path) -> Mailer:
    """Runs `mailer words...` with these settings and no others."""

    def run(*words: object, **settings: str) -> Result:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        clean |= {"DATABASE_URL": None, "PORT": None, "NO_COLOR": None}
        given = clean | {"MAILER_HOME": str(home)} | settings
        return CliRunner().invoke(main, [str(word) for word in words], env=given)

    return run


@pytest.fixture
def members(home: Path) -> Path:
    file = home / "members.csv"
    file.write_text(MEMBERS, encoding="utf-8")
    return file


def officials(home: Path) -> str:
    return (home / "officials.yaml").read_text(encoding="utf-8")


def git(home: Path, *words: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@x.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=home, check=True, capture_output=True)


@pytest.mark.parametrize(
    "words",
    ["officials import", "officials diff", "officials schema", "campaign schema", "new",
     "new campaign", "new official"],
)  # fmt: skip
def test_every_command_helps_with_an_example(mailer: Mailer, words: str) -> None:
    ended = mailer(*words.split(), "--help")
    assert ended.exit_code == 0
    assert f"mailer {words}" in ended.stdout.partition("Example")[2]


def test_import_shows_first_and_writes_when_told(mailer: Mailer, home: Path, members: Path) -> None:
    before = officials(home)
    (home / "officials.yaml").chmod(0o640)
    shown = mailer("officials", "import", members, "--tag", "member", "--patch")
    assert shown.exit_code == 0, shown.output
    assert officials(home) == before
    assert "+ ann-example  Ann Example <ann@parl.example>" in shown.stdout
    assert "proctoring (live): 2, the same" in shown.stdout
    assert "Not in the list" not in shown.stdout  # nobody else has the tag
    assert "\n+    district: Example Bay\n" in shown.stdout
    assert "--yes writes it" in shown.stderr
    assert "the text is UTF-8" in shown.stderr
    written = mailer("officials", "import", members, "--tag", "member", "--yes")
    assert "officials.yaml is written." in written.stderr
    added = officials(home).replace("\n  - id: ann-example\n    name: Ann Example\n"
                                    "    email: ann@parl.example\n    district: Example Bay\n"
                                    "    tags: [member]\n", "")  # fmt: skip
    assert added == before
    assert stat.S_IMODE((home / "officials.yaml").stat().st_mode) == 0o640
    assert [one.name for one in home.iterdir() if one.name.startswith(".")] == []
    again = mailer("officials", "import", members, "--tag", "member", "--yes")
    assert "says all of it already" in again.stderr
    assert mailer("check").exit_code == 0


def test_import_keeps_line_ends_and_goes_through_a_link(
    mailer: Mailer, home: Path, members: Path
) -> None:
    real = home / "real.yaml"
    real.write_bytes(b"\xef\xbb\xbf" + officials(home).replace("\n", "\r\n").encode())
    (home / "officials.yaml").unlink()
    (home / "officials.yaml").symlink_to(real)
    assert mailer("officials", "import", members, "--yes").exit_code == 0
    data = real.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf#")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert (home / "officials.yaml").is_symlink()


def test_import_says_who_is_not_in_the_list_and_prunes_when_told(
    mailer: Mailer, home: Path, members: Path
) -> None:
    kept = mailer("officials", "import", members)
    assert "kept (3; --prune takes them out):\n  romano, mcnaughton, mulroney" in kept.stdout
    ended = mailer("officials", "import", members, "--prune", "--yes")
    assert ended.exit_code == 0
    assert "    - Ross Romano <colleges.universities@ministry.example>" in ended.stdout
    assert "never used again: mcnaughton, mulroney, romano" in officials(home)


def test_import_refuses_what_would_be_an_error(mailer: Mailer, home: Path, members: Path) -> None:
    before = officials(home)
    file = home / "templates" / "letters" / "proctoring.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('to = ["minister-colleges-universities", ', 'to = ["romano", '))
    ended = mailer("officials", "import", members, "--prune", "--yes")
    assert ended.exit_code == 2
    assert "officials.yaml would have errors" in ended.stderr
    assert "proctoring.md:8" in ended.stderr
    assert officials(home) == before


def test_import_refuses_wrong_lines_or_leaves_them_out(mailer: Mailer, members: Path) -> None:
    members.write_text(MEMBERS + "Ben,ben@parl,\n", encoding="utf-8")
    ended = mailer("officials", "import", members, "--yes")
    assert ended.exit_code == 2
    assert "members.csv:3: error: " in ended.stderr
    assert "correct 1 line, or leave them out with --skip" in ended.stderr
    assert mailer("officials", "import", members, "--skip").exit_code == 0
    pruned = mailer("officials", "import", members, "--skip", "--prune", "--yes")
    assert pruned.exit_code == 2
    assert "--prune needs the whole list" in pruned.stderr


def test_import_of_represent_for_a_program(mailer: Mailer, home: Path) -> None:
    file = home / "mps.json"
    file.write_text(json.dumps(REPRESENT), encoding="utf-8")
    ended = mailer("officials", "import", file, "--json", "--yes")
    told = json.loads(ended.stdout)
    assert (told["format"], told["written"]) == ("represent", True)
    assert [one["id"] for one in told["new"]] == ["ann-example", "ben-sample"]
    assert told["campaigns"][0]["count"] == 2
    assert told["missing"] == ["romano", "mcnaughton", "mulroney"]
    page = REPRESENT | {"meta": {"next": "/more"}}
    file.write_text(json.dumps(page), encoding="utf-8")
    assert "a part of it" in mailer("officials", "import", file, "--prune", "--yes").stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [(["--map", "Ridng=district"], 2, "did you mean Riding"), (["--map", "Riding"], 2, "COLUMN="),
     (["--yes", "--dry-run"], 2, "take it or --yes away"), (["--format", "popolo"], 1, "not JSON"),
     (["--date", "soon"], 2, "write it as 2026-11-24")],
)  # fmt: skip
def test_import_used_wrongly(
    mailer: Mailer, members: Path, words: list[str], code: int, message: str
) -> None:
    ended = mailer("officials", "import", members, *words)
    assert ended.exit_code == code
    assert message in ended.stderr


def test_import_begins_the_file(mailer: Mailer, home: Path, members: Path) -> None:
    (home / "officials.yaml").unlink()
    assert mailer("officials", "import", members, "--yes").exit_code == 0
    assert officials(home).startswith("# yaml-language-server: $schema=./officials.schema.json\n")


def test_a_parliament_of_two_thousand(mailer: Mailer, home: Path, members: Path) -> None:
    lines = [f"Member {n} Example{n},m{n}@parl.example,District {n}\n" for n in range(2000)]
    members.write_text("Name,Email,Riding\n" + "".join(lines), encoding="utf-8")
    assert mailer("officials", "import", members, "--yes").exit_code == 0
    lines[1000] = lines[1000].replace("m1000@", "moved@")
    members.write_text("Name,Email,Riding\n" + "".join(lines), encoding="utf-8")
    before = officials(home).split("\n")
    ended = mailer("officials", "import", members, "--yes")
    assert "email: m1000@parl.example -> moved@parl.example" in ended.stdout
    after = officials(home).split("\n")
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [
        "    email: moved@parl.example"
    ]


def test_a_list_that_makes_the_file_too_large_is_refused(
    mailer: Mailer, home: Path, members: Path
) -> None:
    before = officials(home)
    long = "x" * 450
    lines = [f"Member {n} Example{n},m{n}@parl.example,{long}\n" for n in range(9000)]
    members.write_text("Name,Email,Address\n" + "".join(lines), encoding="utf-8")
    ended = mailer("officials", "import", members, "--yes", "--json")
    assert ended.exit_code == 2
    assert "larger than 4 MB" in ended.stdout
    assert officials(home) == before


def test_diff_with_a_file_today_and_on_another_day(mailer: Mailer, home: Path) -> None:
    old = home / "old.yaml"
    shutil.copy(home / "officials.yaml", old)
    assert "Nothing differs." in mailer("officials", "diff", old).stderr
    text = officials(home).replace("from: 2019-06-20\n", "from: 2019-06-20\n"
                                   "        until: 2030-01-01\n", 1)  # fmt: skip
    text = text.replace("labour@ministry", "work@ministry").replace("  ministers: [", "  all: [")
    (home / "officials.yaml").write_text(text, encoding="utf-8")
    ended = mailer("officials", "diff", old, "--date", "2030-01-02")
    assert ended.exit_code == 0
    assert "  + group all" in ended.stdout
    assert "  - group ministers" in ended.stdout
    assert "email: labour@ministry.example -> work@ministry.example" in ended.stdout
    assert "2019-06-20 until 2030-01-01" in ended.stdout
    today, _, later = ended.stdout.partition("Who gets letters on 2030-01-02:")
    assert "proctoring (live): 2\n" in today
    assert "~ Monte McNaughton: labour@ministry.example -> work@ministry.example" in today
    assert "proctoring (live): 2 -> 1\n    - Ross Romano <" in later
    data = json.loads(mailer("officials", "diff", old, "--json").stdout)
    assert [one["id"] for one in data["changed"]] == ["romano", "minister-labour"]


def test_diff_with_a_revision(mailer: Mailer, home: Path) -> None:
    if not shutil.which("git"):
        pytest.skip("GIT IS NOT INSTALLED: the comparison with a revision is not tested")
    told = mailer("officials", "diff")
    assert told.exit_code == 1
    assert "is in no git repository: name a file" in told.stderr
    git(home, "init", "-q")
    (home / "officials.yaml").rename(home / "away")
    git(home, "add", "templates")
    git(home, "commit", "-qm", "one")
    (home / "away").rename(home / "officials.yaml")
    git(home, "add", ".")
    git(home, "commit", "-qm", "two")
    text = officials(home).replace("name: Ross Romano", "name: Ann Example")
    (home / "officials.yaml").write_text(text, encoding="utf-8")
    assert "name: Ross Romano -> Ann Example" in mailer("officials", "diff").stdout
    assert "did not exist at HEAD~1" in mailer("officials", "diff", "HEAD~1").stderr
    for odd in ("nothing", "HEAD~9", "HEAD:officials.yaml", "a\nb", "", ":/two --output=x"):
        ended = mailer("officials", "diff", odd)
        assert ended.exit_code == 1, ended.output
        assert ended.stdout == ""
    ended = mailer("officials", "diff", "--", "--output=x")
    assert (ended.exit_code, (home / "x").exists()) == (1, False)
    none = mailer("officials", "diff", PATH=str(home))
    assert "git is not installed" in none.stderr


def test_schemas_are_those_beside_the_files(mailer: Mailer) -> None:
    for words, name in (("officials", "officials"), ("campaign", "campaign")):
        ended = mailer(words, "schema")
        assert ended.stdout == (ROOT / f"{name}.schema.json").read_text(encoding="utf-8")


def test_new_campaign_passes_the_check_in_two_languages(mailer: Mailer, home: Path) -> None:
    ended = mailer("new", "campaign", "quiet-libraries", "--language", "fr")
    assert ended.exit_code == 0, ended.output
    folder = home / "templates" / "letters"
    assert 'to = ["ministers"]' in (folder / "quiet-libraries.md").read_text(encoding="utf-8")
    checked = mailer("check")
    assert (checked.exit_code, checked.stdout) == (0, "")
    french = mailer("preview", "quiet-libraries", "--language", "fr", "--official", "romano")
    assert "Je vous écris au sujet de quiet libraries." in french.stdout
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    for words in ((), ("--language", "fr"), ("--language", "en")):
        again = mailer("new", "campaign", "quiet-libraries", *words)
        assert again.exit_code == 1
        assert "is there already" in again.stderr
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert mailer("new", "campaign", "proctoring", "--language", "de").exit_code == 0
    checked = mailer("check")
    assert checked.exit_code == 0
    assert checked.stdout.startswith(
        'templates/letters/proctoring.de.md: warning: letters in de begin with "Minister Romano":'
    ), "only the officials' salutations in German are missing"
    assert checked.stdout.endswith("\n1 warning\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [(["Quiet Libraries"], "quiet-libraries.md"), (["staff"], "page of the program itself"),
     (["../x"], "small letters"), (["x", "--language", "klingon"], "as en or fr"),
     (["x", "--title", "a\nb"], "heading")],
)  # fmt: skip
def test_new_campaign_used_wrongly(
    mailer: Mailer, home: Path, words: list[str], message: str
) -> None:
    ended = mailer("new", "campaign", *words)
    assert ended.exit_code == 2
    assert message in ended.stderr
    assert len(list((home / "templates" / "letters").iterdir())) == 2


def test_new_campaign_with_any_title(mailer: Mailer) -> None:
    title = 'Say "no" \\ to {{ x }} {% y %} +++ 100%'
    assert mailer("new", "campaign", "say-no", "--title", title).exit_code == 0
    assert mailer("check").exit_code == 0


def test_new_official_begins_and_goes_on(mailer: Mailer, home: Path) -> None:
    shutil.rmtree(home / "templates")
    (home / "officials.yaml").unlink()
    assert "mailer new official" in mailer("new", "campaign", "x").stderr
    words = ("new", "official", "--name", "Sam Sample", "--email")
    assert mailer(*words, "sam@ministry.example").exit_code == 0
    assert (home / "officials.schema.json").exists()
    assert mailer("new", "campaign", "x").exit_code == 0
    assert mailer("check").stdout == ""
    before = officials(home)
    for address in ("sam@ministry.example", "other@ministry.example", "no address"):
        assert mailer(*words, address).exit_code == 1
        assert officials(home) == before
    other = mailer(
        *("new", "official", "--name", "Sam O'Sample", "--email", "other@ministry.example"),
        *("--district", "N: #1", "--tag", "member"),
    )
    assert "sam-o-sample stands in officials.yaml now." in other.stderr
    assert officials(home).startswith(before.rstrip("\n"))
    assert 'district: "N: #1"' in officials(home)
