"""`mailer check` and `mailer preview` as programs, workflows and browsers meet them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner, Result

from mailer.cli import main, program, workflow
from mailer.config import KNOWN, wrong
from mailer.i18n import LOCALES
from mailer.problems import Problem, Severity

Mailer = Callable[..., Result]
CAMPAIGN = "templates/letters/proctoring.md"


@pytest.fixture
def mailer(home: Path) -> Mailer:
    """Runs `mailer words...` with these settings and no others."""

    def run(*words: str, **settings: str) -> Result:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        clean |= {"DATABASE_URL": None, "PORT": None, "NO_COLOR": None}
        return CliRunner().invoke(main, words, env=clean | {"MAILER_HOME": str(home)} | settings)

    return run


@pytest.fixture
def change(home: Path) -> Callable[[str, str], None]:
    """Changes the shipped campaign's main file."""

    def replaced(old: str, new: str) -> None:
        text = (home / CAMPAIGN).read_text(encoding="utf-8")
        assert old in text
        (home / CAMPAIGN).write_text(text.replace(old, new), encoding="utf-8")

    return replaced


Change = Callable[[str, str], None]


# --- for workflows and programs ----------------------------------------------------------------


def test_an_annotation_is_a_workflow_command(mailer: Mailer, change: Change) -> None:
    change("goal = 5000", "gaol = 5000")
    ended = mailer("check", "--format", "github")
    assert ended.exit_code == 2
    (line,) = ended.stdout.splitlines()
    assert line.startswith("::error title=mailer check,file=templates/letters/proctoring.md,line=")
    assert line.endswith('::"gaol" is not a key of a campaign; did you mean goal?')


def test_signs_of_the_command_are_escaped() -> None:
    told = workflow.line(
        Problem(file="a,b:c.md", line=2, message="50% of\nit", severity=Severity.NOTE), "home/"
    )
    assert told == "::notice title=mailer check,file=home/a%2Cb%3Ac.md,line=2,col=0::50%25 of%0Ait"


def test_json_by_either_name_and_not_with_another(mailer: Mailer, change: Change) -> None:
    change("goal = 5000", "gaol = 5000")
    (one,) = json.loads(mailer("check", "--json").stdout)
    assert json.loads(mailer("check", "--format", "json").stdout) == [one]
    assert (one["file"], one["severity"], one["column"]) == (CAMPAIGN, "error", 1)
    assert mailer("check", "--json", "--format", "github").exit_code == 2
    assert mailer("check", "--format", "html").exit_code == 2


def test_every_wrong_setting_is_told_at_once_beside_the_files(
    mailer: Mailer, change: Change
) -> None:
    change("goal = 5000", "gaol = 5000")
    settings = {
        "MAILER_BASE_URL": "nonsense",
        "MAILER_RETENTION_TEXT_DAYS": "x",
        "MAILER_TRIALTO": "a",
        "MAILER_TRANSPORT": "pigeon:x",
    }
    ended = mailer("check", **settings)
    assert ended.exit_code == 2
    assert all(name in ended.stdout for name in (*settings, "gaol"))
    assert "5 errors" in ended.stdout


def test_settings_that_must_be_there_end_the_search() -> None:
    told, settings = wrong.everything({"MAILER_BASE_URL": "https://letters.example"})
    assert settings is None
    assert "MAILER_SECRET_KEY" in str(told[0])
    assert wrong.everything({})[0] == []


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-16-le", "officials.yaml: error: the file cannot be read: it is UTF-16"),
        ("utf-16", "officials.yaml: error: the file cannot be read: it is UTF-16"),
        ("cp1252", "officials.yaml:13:28: error: the text is not UTF-8 from here on"),
    ],
)
def test_a_file_in_another_encoding_is_told(
    mailer: Mailer, home: Path, encoding: str, told: str
) -> None:
    file = home / "officials.yaml"
    file.write_bytes(file.read_text(encoding="utf-8").encode(encoding, "ignore"))
    assert told in mailer("check").stdout


# --- templates and translations ----------------------------------------------------------------


def test_a_template_of_ones_own_that_cannot_be_read_is_told(mailer: Mailer, home: Path) -> None:
    file = home / "templates" / "pages" / "home.html"
    file.parent.mkdir()
    file.write_text("<p>\n{% if x %}\n</p>", encoding="utf-8")
    ended = mailer("check")
    assert ended.exit_code == 2
    assert "templates/pages/home.html:2:1: error: this template cannot be read" in ended.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('msgid "Hello %(name)s"\nmsgstr "Bonjour %(nom)s"\n', "would break its page"),
        ('msgid "Hello"\nnonsense\n', "not a catalogue"),
        ('msgid "Hello %(name)s"\nmsgstr "Bonjour %(name)s"\n', ""),
        ('msgid "Hello %(name)s"\nmsgstr ""\n', ""),
    ],
)
def test_translations_are_read_for_what_would_break_a_page(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "es" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n#, python-format\n'
    file.write_text(head + text, encoding="utf-8")
    found = program.check(tmp_path, tmp_path)
    assert [told in one.message for one in found] == ([True] if told else [])
    assert all(one.line > 3 for one in found)


def test_the_shipped_templates_and_translations_are_good(home: Path) -> None:
    assert program.check(home) == ()
    with (LOCALES / "fr" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        assert len(read_po(file)) > 100


# --- what holds letters back -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("ceiling = 30000", 'warning: "ceiling": 30,000 a day limits nothing'),
        ("ceiling = 500", ""),
        ('except = ["mulroney"]', 'note: "except" leaves out nobody'),
        ('except = ["romano"]', ""),
        ('except = ["romno"]', 'there is no post, official or group "romno"'),
        ('except = { tags = ["cabinett"] }', "nobody in officials.yaml has the tag"),
        ('except = ["romano", "mcnaughton"]', "nobody would get this letter"),
        ('except = ["ministers"]\nexcept_message = "They agree."', ""),
    ],
)
def test_ceilings_and_exceptions_are_looked_at(
    mailer: Mailer, change: Change, keys: str, told: str
) -> None:
    change("goal = 5000", f"goal = 5000\n{keys}")
    ended = mailer("check")
    assert (told in ended.stdout) if told else (ended.stdout == "")


# --- preview -----------------------------------------------------------------------------------


def test_the_preview_is_one_page_with_every_letter(mailer: Mailer, tmp_path: Path) -> None:
    file = tmp_path / "letters.html"
    ended = mailer("preview", "proctoring", "--role", "student", "--html", str(file))
    assert ended.exit_code == 0, ended.output
    assert ended.stdout.strip() == str(file)
    page = file.read_text(encoding="utf-8")
    assert page.count("<article") == 4  # two officials, two languages
    assert page.count("Dear Minister") == 2
    assert "Monsieur le Ministre" in page
    assert "I am a student" in page
    assert "<script" not in page
    assert "years of school" in page
    assert file.stat().st_mode & 0o077 == 0


def test_what_is_in_a_letter_is_text_on_the_page(mailer: Mailer, change: Change) -> None:
    change("I am writing about", "<script>alert(1)</script> & I am writing about")
    made = Path(mailer("preview", "proctoring", "--html", "x.html").stdout.strip())
    page = made.read_text(encoding="utf-8")
    made.unlink()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_letter_that_cannot_be_made_does_not_hide_the_others(
    mailer: Mailer, change: Change, tmp_path: Path
) -> None:
    change("I ask you to:", '{{ "x" | date }}')
    file = tmp_path / "x.html"
    assert mailer("preview", "proctoring", "--html", str(file)).exit_code == 0
    page = file.read_text(encoding="utf-8")
    assert page.count("This letter cannot be made: date needs a day") == 1
    assert page.count("<article") == 4


def test_open_hands_the_page_to_the_browser_and_says_where_it_is(
    mailer: Mailer, home: Path
) -> None:
    ended = mailer("preview", "proctoring", "--open", BROWSER="true")
    assert ended.stdout.strip() == str(home / "var" / "preview-proctoring.html")


@pytest.mark.parametrize(
    "words",
    [
        ["--eml", "--open"],
        ["--html", "x.html", "--official", "nobody"],
        ["--html", "x.html", "--language", "xx"],
        ["--html", "x.html", "--role", "\u202e"],
    ],
)
def test_wrong_words_make_no_page(mailer: Mailer, words: list[str]) -> None:
    assert mailer("preview", "proctoring", *words).exit_code == 2
    assert not Path("x.html").exists()
