"""The commands, one by one: what they print where, and with which exit code they end."""

import csv
import io
import json
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer import accounts, submissions, worker
from mailer.approvals import latest
from mailer.cli import main
from mailer.config import KNOWN, Settings
from mailer.db import Store
from tests.factories import draft, supporter
from tests.transports import servers

Mailer = Callable[..., Result]


@pytest.fixture
def mailer(home: Path) -> Mailer:
    """Runs `mailer words...` with these settings and no others."""

    def run(*words: str, **settings: str) -> Result:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        clean |= {"DATABASE_URL": None, "PORT": None, "NO_COLOR": None}
        return CliRunner().invoke(main, words, env=clean | {"MAILER_HOME": str(home)} | settings)

    return run


@pytest.fixture
def database(home: Path, sqlite_template: Path) -> Path:
    """The database that `mailer up` would have made."""
    file = home / "var" / "mailer.db"
    file.parent.mkdir()
    return Path(shutil.copy(sqlite_template, file))


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    """That database, open."""
    with closing(Store(f"sqlite:///{database}")) as opened:
        yield opened


@pytest.fixture
def written(store: Store, settings: Settings) -> None:
    """Two letters of one supporter, sent."""
    submissions.accept(store, draft(supporter(name="=Ann Example")))
    worker.drain(settings, store)


def failed_plainly(ended: Result, code: int, *words: str) -> None:
    """One message on stderr, nothing on stdout, no traceback."""
    assert ended.exit_code == code, ended.output
    assert isinstance(ended.exception, SystemExit)
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr


@pytest.mark.parametrize(
    "words",
    ["", "up", "web", "worker", "check", "preview", "send-test", "campaign list",
     "campaign go-live", "officials list", "log list", "log show", "log export", "staff invite",
     "staff list", "staff disable", "db upgrade", "doctor", "simulate",
     "db copy", "db check", "backup", "restore", "forget",
     "campaign", "db", "staff", "officials", "log"],
)  # fmt: skip
def test_every_command_helps_with_an_example(mailer: Mailer, words: str) -> None:
    ended = mailer(*words.split(), "--help")
    assert ended.exit_code == 0
    assert "Example" in ended.stdout
    assert f"mailer {words}".strip() in ended.stdout.partition("Example")[2]


def test_an_unknown_command_is_wrong_usage(mailer: Mailer) -> None:
    failed_plainly(mailer("sned"), 2, "sned")


def test_a_wrong_setting_names_itself(mailer: Mailer) -> None:
    failed_plainly(mailer("doctor", PORT="80a"), 2, "PORT", "80a")


def test_staff_invite_judges_the_address_before_the_database(mailer: Mailer) -> None:
    ended = mailer("staff", "invite", "notmail")
    failed_plainly(ended, 1, "notmail: has no @ sign")
    assert "database" not in ended.stderr


def test_check_tells_what_only_a_merge_shows_once_with_its_line(mailer: Mailer, home: Path) -> None:
    file = home / "templates" / "letters" / "proctoring.md"
    file.write_text(file.read_text().replace("I ask you to:", "{{ official.name | date }}"))
    ended = mailer("check")
    assert ended.exit_code == 2
    assert ended.stdout.count("date needs a day") == 1
    assert "(for romano, every role)" in ended.stdout
    assert "| {{ official.name | date }}\n" in ended.stdout
    assert "1 error\n" in ended.stdout


# --- check, preview, officials, campaign list --------------------------------------------------


def test_check_says_nothing_when_all_is_well(mailer: Mailer) -> None:
    ended = mailer("check")
    assert (ended.exit_code, ended.output) == (0, "")
    assert json.loads(mailer("check", "--json").stdout) == []


def test_preview_prints_each_letter_as_it_would_leave(mailer: Mailer) -> None:
    ended = mailer("preview", "proctoring")
    assert ended.exit_code == 0
    assert ended.stdout.count("Subject: ") == 2
    assert ended.stdout.count("Reply-To: Ann Example <ann@supporter.example>") == 2
    assert "Dear Minister Romano," in ended.stdout
    assert "Dear Minister McNaughton," in ended.stdout
    assert "words at most, reading ease" in ended.stderr
    assert "holds" not in ended.stderr


def test_preview_says_that_an_office_will_change_hands(mailer: Mailer, home: Path) -> None:
    file = home / "officials.yaml"
    began = "        from: 2019-06-20\n"
    file.write_text(file.read_text().replace(began, f"{began}        until: 2099-01-31\n", 1))
    said = mailer("preview", "proctoring").stderr
    assert "Ross Romano holds minister-colleges-universities until 2099-01-31: letters that" in said


def test_preview_in_french_to_one(mailer: Mailer) -> None:
    ended = mailer("preview", "proctoring", "--official", "romano", "--language", "fr")
    assert "Monsieur le Ministre" in ended.stdout
    assert ended.stdout.count("Subject: ") == 1


def test_preview_by_role_differs(mailer: Mailer) -> None:
    one = mailer("preview", "proctoring", "--official", "romano", "--role", "student").stdout
    other = mailer("preview", "proctoring", "--official", "romano", "--role", "faculty").stdout
    assert one != other


def test_preview_as_a_message(mailer: Mailer) -> None:
    ended = mailer("preview", "proctoring", "--official", "romano", "--eml")
    message = message_from_bytes(ended.stdout_bytes, policy=policy.default)
    assert message["To"].addresses[0].addr_spec == "colleges.universities@ministry.example"
    assert message["Reply-To"].addresses[0].addr_spec == "ann@supporter.example"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Dear Minister Romano," in body.get_content()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["proctorin"], "did you mean proctoring?"),
        (["proctoring", "--official", "romno"], "did you mean romano?"),
        (["proctoring", "--language", "de"], "use one of en, fr"),
        (["proctoring", "--role", "studnet"], "did you mean student?"),
        (["proctoring", "--eml"], "add --official with one of romano, mcnaughton"),
    ],
)
def test_preview_of_what_is_not_there(mailer: Mailer, words: list[str], told: str) -> None:
    failed_plainly(mailer("preview", *words), 2, told)


def test_preview_of_a_broken_campaign_tells_its_problems(mailer: Mailer, home: Path) -> None:
    (home / "officials.yaml").write_text("officials: [")
    failed_plainly(mailer("preview", "proctoring"), 2, "officials.yaml:")


def test_officials_list(mailer: Mailer) -> None:
    rows = json.loads(mailer("officials", "list", "--json").stdout)
    assert [row["id"] for row in rows] == ["romano", "mcnaughton", "mulroney"]
    assert rows[2]["emails"] == ["francophone.affairs@ministry.example"]
    assert "Caroline Mulroney" in mailer("officials", "list").stdout


def test_campaign_list(mailer: Mailer) -> None:
    (row,) = json.loads(mailer("campaign", "list", "--json").stdout)
    assert (row["slug"], row["status"], row["letters"]) == ("proctoring", "live", 2)
    assert row["languages"] == ["en", "fr"]
    assert "proctoring" in mailer("campaign", "list").stdout


# --- send-test ---------------------------------------------------------------------------------


def test_send_test_marks_the_letters_and_mails_nobody_else(mailer: Mailer, home: Path) -> None:
    ended = mailer("send-test", "proctoring", "--to", "me@coalition.example")
    assert ended.exit_code == 0
    assert ended.stdout.count("kept on this machine") == 2
    files = list((home / "var" / "outbox" / "new").iterdir())
    messages = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    assert len(messages) == 2
    for message in messages:
        assert message["To"].addresses[0].addr_spec == "me@coalition.example"
        assert message["Subject"].startswith("[TEST] ")
        assert message["Auto-Submitted"] == "auto-generated"
        assert "This is a test." in message.get_body(("plain",)).get_content()


def test_send_test_goes_on_to_the_next_transport(mailer: Mailer, home: Path) -> None:
    (home / "in-the-way").write_text("")
    ways = "maildir:in-the-way maildir:var/second"
    ended = mailer("send-test", "proctoring", "--to", "me@coalition.example", MAILER_TRANSPORT=ways)
    assert ended.exit_code == 0, ended.output
    assert "trying the next" in ended.stderr
    assert len(list((home / "var" / "second" / "new").iterdir())) == 2


def test_send_test_says_when_it_could_not(mailer: Mailer, home: Path) -> None:
    (home / "in-the-way").write_text("")
    words = ("send-test", "proctoring", "--to", "me@coalition.example")
    failed_plainly(mailer(*words, MAILER_TRANSPORT="maildir:in-the-way"), 1, "in-the-way")


def test_send_test_wants_an_address(mailer: Mailer) -> None:
    failed_plainly(mailer("send-test", "proctoring", "--to", "me@"), 2, "--to me@")


# --- campaign go-live --------------------------------------------------------------------------

RELAY = {"MAILER_TRANSPORT": "smtp://127.0.0.1:9?tls=none"}


def test_go_live_shows_who_and_how_fast_and_stores_the_approval(
    mailer: Mailer, store: Store
) -> None:
    ended = mailer("campaign", "go-live", "proctoring", "--yes", **RELAY)
    assert ended.exit_code == 0, ended.output
    assert "labour@ministry.example" in ended.stdout
    assert "900/hour" in ended.stdout
    approved = latest(store, "proctoring")
    assert approved is not None
    assert set(approved.files) == {
        "officials.yaml", "templates/letters/proctoring.md", "templates/letters/proctoring.fr.md",
    }  # fmt: skip


def test_go_live_asks_and_takes_no_for_an_answer(mailer: Mailer, store: Store) -> None:
    ended = mailer("campaign", "go-live", "proctoring", **RELAY)
    assert ended.exit_code == 1
    assert "Let these letters leave?" in ended.stderr
    assert latest(store, "proctoring") is None


def test_go_live_shows_what_changed_since(mailer: Mailer, home: Path, database: Path) -> None:
    mailer("campaign", "go-live", "proctoring", "--yes", **RELAY)
    assert "as it stands" in mailer("campaign", "go-live", "proctoring", **RELAY).stderr
    file = home / "officials.yaml"
    file.write_text(file.read_text().replace("labour@ministry", "work@ministry"))
    again = mailer("campaign", "go-live", "proctoring", "--yes", **RELAY)
    assert "-    email: labour@ministry.example" in again.stdout
    assert "+    email: work@ministry.example" in again.stdout


@pytest.mark.parametrize(
    ("was", "now", "code", "told"),
    [
        ('status = "live"', 'status = "draft"', 1, 'status = "live"'),
        ("{{ supporter.personal }}", "{{ supporter.prsonal }}", 2, "personal"),
        ('to = ["minister-colleges-universities", "minister-labour"]',
         'to = { tags = ["nobody-has-this"] }', 1, "nobody"),
    ],
)  # fmt: skip
def test_go_live_refuses(
    mailer: Mailer, home: Path, store: Store, was: str, now: str, code: int, told: str
) -> None:
    for file in (home / "templates" / "letters").iterdir():
        text = file.read_text()
        file.write_text(text.replace(was, now))
    ended = mailer("campaign", "go-live", "proctoring", "--yes", **RELAY)
    assert ended.exit_code in {code, 2}
    assert told in ended.stderr
    assert latest(store, "proctoring") is None


def test_go_live_refuses_to_keep_letters_on_a_public_machine(
    mailer: Mailer, database: Path
) -> None:
    ended = mailer(
        "campaign", "go-live", "proctoring", "--yes",
        MAILER_SECRET_KEY="J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe",
        MAILER_BASE_URL="https://letters.example.org", MAILER_FROM="letters@campaign.example",
    )  # fmt: skip
    failed_plainly(ended, 1, "MAILER_TRANSPORT")


def test_doctor_asks_for_an_address_that_is_read(mailer: Mailer, database: Path) -> None:
    live = {
        "MAILER_SECRET_KEY": "J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe", **RELAY,
        "MAILER_BASE_URL": "https://letters.example.org",
        "MAILER_FROM": "letters@campaign.example",
        "MAILER_DATABASE_URL": f"sqlite:///{database}",
    }  # fmt: skip
    asked = mailer("doctor", **live).stdout
    assert "give MAILER_CONTACT an address that is read" in asked
    named = mailer("doctor", MAILER_CONTACT="help@campaign.example", **live).stdout
    assert "settings" in named
    assert "MAILER_CONTACT" not in named


APPROVAL_CELLS = {
    "missing": "not approved, not shown: mailer campaign go-live proctoring",
    "approved": "approved",
    "edits wait": "edits wait: mailer campaign go-live proctoring",
}


def test_campaign_list_says_what_is_approved(mailer: Mailer, home: Path, database: Path) -> None:
    def listed(expected: str) -> None:
        (row,) = json.loads(mailer("campaign", "list", "--json", **RELAY).stdout)
        assert row["approval"] == expected
        table = mailer("campaign", "list", **RELAY).stdout
        assert table.endswith(f"  {APPROVAL_CELLS[expected]}\n")

    listed("missing")
    assert mailer("campaign", "go-live", "proctoring", "--yes", **RELAY).exit_code == 0
    listed("approved")
    file = home / "officials.yaml"
    file.write_text(file.read_text().replace("labour@ministry", "work@ministry"))
    listed("edits wait")
    (row,) = json.loads(mailer("campaign", "list", "--json").stdout)
    assert row["approval"] == "not needed"
    assert "only kept here" in mailer("campaign", "list").stdout


def test_campaign_list_without_a_database_says_nothing_of_approvals(
    mailer: Mailer, home: Path
) -> None:
    ended = mailer("campaign", "list", "--json", **RELAY)
    assert (json.loads(ended.stdout)[0]["approval"], ended.stderr) == ("", "")
    assert not (home / "var").exists()


def test_campaign_list_says_when_the_database_is_away(mailer: Mailer) -> None:
    ended = mailer("campaign", "list", MAILER_DATABASE_URL="postgresql://127.0.0.1:9/x", **RELAY)
    assert ended.exit_code == 0
    assert "proctoring" in ended.stdout
    assert "is not known" in ended.stderr


def test_go_live_refuses_letters_that_cannot_be_merged(
    mailer: Mailer, home: Path, store: Store
) -> None:
    file = home / "templates" / "letters" / "proctoring.md"
    good = file.read_text()
    file.write_text(good.replace("I ask you to:", "{{ official.name | date }}"))
    ended = mailer("campaign", "go-live", "proctoring", "--yes", **RELAY)
    failed_plainly(ended, 2, "proctoring.md:", "date needs a day", "1 error")
    assert latest(store, "proctoring") is None


def test_go_live_prints_warnings_and_goes_on(mailer: Mailer, home: Path, store: Store) -> None:
    file = home / "templates" / "letters" / "proctoring.md"
    file.write_text(file.read_text().replace("I ask you to:", "See http://a.example and do:"))
    ended = mailer("campaign", "go-live", "proctoring", "--yes", **RELAY)
    assert ended.exit_code == 0
    assert "a link in the letter is not https" in ended.stderr
    assert latest(store, "proctoring") is not None


# --- log ---------------------------------------------------------------------------------------


def test_log_list_and_show(mailer: Mailer, written: None) -> None:
    rows = json.loads(mailer("log", "list", "--json").stdout)
    assert len(rows) == 2
    assert {row["state"] for row in rows} == {"sent"}
    assert mailer("log", "list", "--state", "failed").stdout == ""
    assert mailer("log", "list").stdout.count("ann@supporter.example") == 2
    one = rows[0]["id"]
    shown = mailer("log", "show", one).stdout
    assert "queued" in shown
    assert "sent" in shown
    assert "Dear Minister," in shown
    page = json.loads(mailer("log", "show", one, "--json").stdout)
    assert page["row"]["id"] == one
    assert page["events"][0]["state"] == "queued"
    mailer("log", "list", "--query", "ann")
    entries = json.loads(mailer("audit", "list", "--json").stdout)
    looks = [(entry["act"], entry["subject"], entry["count"]) for entry in entries[:3]]
    seen = ("letter.look", one, None)
    assert looks == [("letter.search", "", 2), seen, seen], "each look stands in the audit"


def test_log_show_gives_the_very_message_that_left(
    mailer: Mailer, written: None, home: Path
) -> None:
    (one, _) = json.loads(mailer("log", "list", "--json").stdout)
    (file,) = (home / "var" / "outbox" / "new").glob(f"{one['id']}*")
    shown = mailer("log", "show", one["id"], "--eml").stdout_bytes
    assert shown.replace(b"\r\n", b"\n") == file.read_bytes()


def test_log_show_of_nothing(mailer: Mailer, database: Path) -> None:
    failed_plainly(mailer("log", "show", "nothing"), 1, "mailer log list")


def test_log_export_is_a_table_without_formulas(
    mailer: Mailer, written: None, tmp_path: Path
) -> None:
    ended = mailer("log", "export", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ended.stdout_bytes.decode())))
    assert len(rows) == 2
    assert {row["Name"] for row in rows} == {"'=Ann Example"}
    assert {row["State"] for row in rows} == {"sent"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", rows[0]["Written (UTC)"])
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]
    assert ended.stderr == "2 letters written.\n"
    ended = mailer("log", "export", "--format", "jsonl", "--columns", "viewer")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {line["state"] for line in lines} == {"sent"}
    assert not [line for line in lines if {"name", "email", "answer"} & set(line)]
    book = tmp_path / "letters.xlsx"
    assert mailer("log", "export", "--format", "xlsx", "--to", str(book)).exit_code == 0
    assert book.read_bytes().startswith(b"PK")
    assert stat.S_IMODE(book.stat().st_mode) == 0o600
    failed_plainly(mailer("log", "export", "--format", "exe"), 2, "exe")


def test_log_pack_puts_letters_on_paper(mailer: Mailer, written: None, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    assert mailer("log", "pack", "exams", "--to", str(folder)).exit_code == 0
    files = sorted(file.name for file in folder.iterdir())
    assert files == ["exams-minister-1-001.pdf", "exams-minister-2-001.pdf"]
    assert (folder / files[0]).read_bytes().startswith(b"%PDF-")
    failed_plainly(mailer("log", "pack", "nothing", "--to", str(folder)), 1, "nothing")
    one = mailer("log", "pack", "exams", "--to", str(tmp_path / "one"), "--official", "minister-2")
    assert one.exit_code == 0
    assert len([*(tmp_path / "one").iterdir()]) == 1


def test_purge_says_what_would_go(mailer: Mailer, written: None, store: Store) -> None:
    days = {"MAILER_RETENTION_TEXT_DAYS": "0", "MAILER_RETENTION_PERSON_DAYS": "off"}
    looked = mailer("purge", "--dry-run", **days)
    assert looked.stdout == "exams: 2 texts, 0 submissions\n"
    assert "would go" in looked.stderr
    assert mailer("purge").stdout == "", "by the usual days nothing goes yet"
    assert json.loads(mailer("purge", "--json", **days).stdout)["texts"] == {"exams": 2}
    assert mailer("purge", **days).stdout == ""
    failed_plainly(
        mailer("purge", MAILER_RETENTION_TEXT_DAYS="-1"), 2, "MAILER_RETENTION_TEXT_DAYS"
    )


# --- staff, db, doctor -------------------------------------------------------------------------


def test_staff_invite_list_disable(mailer: Mailer, store: Store) -> None:
    invited = mailer("staff", "invite", "kim@coalition.example", "--role", "organizer", PORT="8123")
    link = invited.stdout.strip()
    assert link.startswith("http://127.0.0.1:8123/staff/invitation/")
    found = accounts.peek(store, link.rpartition("/")[2], accounts.INVITATION)
    assert found is not None
    assert (found.email, found.role) == ("kim@coalition.example", "organizer")
    (row,) = json.loads(mailer("staff", "list", "--json").stdout)
    assert row["state"] == "invited"
    assert mailer("staff", "disable", "kim@coalition.example").exit_code == 0
    assert "disabled" in mailer("staff", "list").stdout
    failed_plainly(mailer("staff", "disable", "lee@coalition.example"), 1, "no account")
    failed_plainly(mailer("staff", "invite", "kim@"), 1, "kim@")
    failed_plainly(mailer("staff", "invite", "kim@c.example", "--role", "king"), 2, "king")


@pytest.mark.parametrize(
    "words", ["log list", "staff list", "campaign go-live proctoring", "log export"]
)
def test_without_a_database_the_repair_is_told(mailer: Mailer, home: Path, words: str) -> None:
    failed_plainly(mailer(*words.split()), 1, "mailer up")
    assert not (home / "var").exists()


def test_db_upgrade_makes_the_database_in_development(mailer: Mailer, home: Path) -> None:
    assert mailer("db", "upgrade").exit_code == 0
    assert mailer("db", "upgrade").exit_code == 0, "again"
    assert stat.S_IMODE((home / "var" / "mailer.db").stat().st_mode) == 0o600
    assert mailer("log", "list").exit_code == 0


def test_db_upgrade_wants_a_name_outside_development(mailer: Mailer, home: Path) -> None:
    ended = mailer(
        "db", "upgrade", MAILER_SECRET_KEY="J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe",
        MAILER_BASE_URL="https://letters.example.org", MAILER_FROM="letters@campaign.example",
    )  # fmt: skip
    failed_plainly(ended, 2, "MAILER_DATABASE_URL")
    assert not (home / "var").exists()


def test_db_upgrade_of_another_place(mailer: Mailer, home: Path) -> None:
    url = f"sqlite:///{home}/elsewhere.db"
    assert mailer("db", "upgrade", DATABASE_URL=url).exit_code == 0
    assert mailer("log", "list", DATABASE_URL=url).exit_code == 0
    assert not (home / "var" / "mailer.db").exists()


def test_db_upgrade_on_postgresql(mailer: Mailer, new_postgres: Callable[[], str]) -> None:
    url = new_postgres()
    assert mailer("db", "upgrade", MAILER_DATABASE_URL=url).exit_code == 0
    assert mailer("log", "list", MAILER_DATABASE_URL=url).exit_code == 0
    findings = {one["what"]: one for one in json.loads(
        mailer("doctor", "--json", MAILER_DATABASE_URL=url).stdout
    )}  # fmt: skip
    assert findings["database"]["level"] == "ok"
    assert "PostgreSQL" in findings["database"]["found"]
    assert findings["clock"]["level"] == "ok"


def test_doctor_finds_all_well(mailer: Mailer, database: Path) -> None:
    ended = mailer("doctor", "--json")
    assert ended.exit_code == 0, ended.stdout
    findings = {one["what"]: one for one in json.loads(ended.stdout)}
    assert set(findings) == {
        "settings", "python", "files", "sqlite", "database", "clock", "transport", "domain", "disk",
    }  # fmt: skip
    assert {one["level"] for one in findings.values()} <= {"ok", "warn"}


def test_doctor_names_every_fault_with_its_repair(mailer: Mailer, home: Path) -> None:
    (home / "officials.yaml").write_text("officials: [")
    ended = mailer("doctor", "--json", **RELAY)
    assert ended.exit_code == 1
    faults = {one["what"]: one for one in json.loads(ended.stdout) if one["level"] == "fail"}
    assert set(faults) == {"files", "database", "transport"}
    assert all(one["repair"] for one in faults.values())


def fault(ended: Result, what: str) -> dict[str, str]:
    """The one thing the doctor found wrong with something."""
    (found,) = (one for one in json.loads(ended.stdout) if one["what"] == what)
    assert found["level"] == "fail"
    return dict(found)


def test_doctors_repairs_fit_the_fault(mailer: Mailer, home: Path) -> None:
    (home / "in-the-way").write_text("")
    ended = mailer("doctor", "--json", MAILER_TRANSPORT="maildir:in-the-way")
    assert fault(ended, "transport")["repair"].startswith("make the folder writable")
    none_yet = fault(ended, "database")
    assert none_yet["found"] == "there is none yet"
    assert none_yet["repair"] == "run `mailer up`, which makes one"
    away = mailer("doctor", "--json", MAILER_DATABASE_URL="postgresql://127.0.0.1:9/x", **RELAY)
    assert "start its server" in fault(away, "database")["repair"]
    assert "see that the server runs" in fault(away, "transport")["repair"]
    empty = mailer("doctor", "--json", MAILER_DATABASE_URL=f"sqlite:///{home}/empty.db")
    assert fault(empty, "database")["repair"] == "run `mailer db upgrade`"
    unknown = mailer("doctor", "--json", MAILER_TRANSPORT="pigeon:home")
    assert "correct MAILER_TRANSPORT" in fault(unknown, "transport")["repair"]


def test_doctor_sees_a_clock_that_went_back(mailer: Mailer, database: Path) -> None:
    with closing(Store(f"sqlite:///{database}", clock=lambda: time.time() + 3600)) as ahead:
        submissions.accept(ahead, draft())
    ended = mailer("doctor", "--json")
    (found,) = (one for one in json.loads(ended.stdout) if one["what"] == "clock")
    assert found["level"] == "fail"
    assert ended.exit_code == 1


def test_doctor_tells_what_the_account_may_send(
    mailer: Mailer, database: Path, tmp_path: Path
) -> None:
    with servers.sink(tmp_path) as port:
        relay = f"smtp://127.0.0.1:{port}?tls=none&pace=14/second&daily=50000"
        ended = mailer("doctor", "--json", MAILER_TRANSPORT=relay)
    (found,) = (one for one in json.loads(ended.stdout) if one["what"] == "transport")
    assert found["level"] == "ok"
    assert "; at most 14/second, 50,000 a day, 10% kept for mail to people" in found["found"]


def test_doctor_keeps_secrets(mailer: Mailer, database: Path) -> None:
    ended = mailer(
        "doctor", MAILER_TRANSPORT="smtp://user:pa55word@127.0.0.1:9",
        MAILER_SECRET_KEY="J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe",
        MAILER_DATABASE_URL="postgresql://user:pa55word@127.0.0.1:9/mailer",
    )  # fmt: skip
    assert ended.exit_code == 1
    assert "pa55word" not in ended.output
    assert "0123456789abcdef" not in ended.output


def test_colours_are_for_terminals_that_want_them(mailer: Mailer, database: Path) -> None:
    assert "\x1b[" not in mailer("doctor").output
    in_colour = CliRunner().invoke(
        main, ["doctor"], env={"MAILER_HOME": str(database.parents[1])}, color=True
    )
    assert "\x1b[32m" in in_colour.stdout
    plain = CliRunner().invoke(
        main, ["doctor"], env={"MAILER_HOME": str(database.parents[1]), "NO_COLOR": "1"}, color=True
    )
    assert "\x1b[" not in plain.stdout
