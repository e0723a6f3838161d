"""The house's floors: imports point down, and each trade stays in its room."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence, Set
from functools import cache
from pathlib import Path

import pytest

import mailer

HOUSE = Path(mailer.__file__).parent

# From the ground up. Rooms of one floor do not know each other.
FLOORS = (
    {"__init__"},
    {"problems"},
    {"errors"},
    {"addresses", "i18n", "logs", "outbound", "pages", "paper", "status", "tables"},
    {"config", "records"},
    {"districts", "officials", "privacy"},
    {"campaigns"},
    {"message"},
    {"bounces", "db", "deliverability", "transports"},
    {"audit"},
    {"approvals", "life", "mails", "outbox"},
    {"accounts", "events", "limits", "lookups", "review", "sendlog", "submissions"},
    {"bulk", "proof"},
    {"web", "worker"},
    {"cli"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}

NOBODY: Set[str] = frozenset()

# Who may use what is not ours.
KEEPERS: dict[str, Set[str]] = {
    "alembic": {"db"},
    "argon2": {"accounts"},
    "click": {"cli"},
    "cryptography": {"proof", "transports"},
    "dkim": NOBODY,
    "dns": {"deliverability"},
    "email_validator": {"addresses"},
    "flask": {"web"},
    "flask_wtf": {"web"},
    "greenlet": {"transports"},
    "gunicorn": {"cli"},
    "imaplib": {"bounces"},
    "psycopg": {"db"},
    "pyotp": {"accounts"},
    "requests": {"transports"},
    "segno": {"web"},
    "smtplib": {"transports"},
    "sqlalchemy": {
        "accounts",
        "approvals",
        "audit",
        "bulk",
        "db",
        "events",
        "life",
        "limits",
        "lookups",
        "outbox",
        "proof",
        "review",
        "sendlog",
        "submissions",
    },
    "urllib3": {"transports"},
    "typst": {"paper"},
    "xlsxwriter": {"tables"},
    "werkzeug": {"web"},
    "wtforms": NOBODY,
    "yaml": {"records"},
}
# Who may open a line to another machine, or to this one, with what Python brings; and who runs
# programs that could. What comes with packages stands above.
SPEAKERS: dict[str, Set[str]] = {
    "asyncio": NOBODY,
    "ftplib": NOBODY,
    "http.client": {"cli", "outbound", "transports"},  # cli: whether our own /healthz answers
    "poplib": NOBODY,
    "socket": {"cli", "deliverability", "outbound", "transports"},  # cli: whether a port is free
    "socketserver": NOBODY,
    "ssl": {"bounces", "outbound", "transports"},
    "subprocess": {"cli", "db", "deliverability", "paper"},
    "urllib.request": NOBODY,
    "xmlrpc": NOBODY,
}
KEPT = KEEPERS | SPEAKERS


@cache
def imports() -> Sequence[tuple[Path, str]]:
    """Every module that each of our files imports, wherever in the file it does."""
    return tuple(_imports())


def _imports() -> Iterator[tuple[Path, str]]:
    for file in sorted(HOUSE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{file}: relative imports hide which room is meant"
                yield file, node.module or ""
                # What is taken out of a module may be one, too: `from urllib import request`.
                yield from ((file, f"{node.module}.{alias.name}") for alias in node.names)


def room(file: Path) -> str:
    return file.relative_to(HOUSE).parts[0].removesuffix(".py")


def test_every_room_has_a_floor() -> None:
    assert {room(file) for file in HOUSE.rglob("*.py")} == set(LEVEL)


def test_imports_point_down() -> None:
    climbing = [
        f"{file.relative_to(HOUSE)} imports {name}"
        for file, name in imports()
        if name.startswith("mailer.")
        and (other := name.split(".")[1]) in LEVEL
        and other != room(file)
        and LEVEL[other] >= LEVEL[room(file)]
    ]
    assert not climbing


def test_the_pages_have_floors_too() -> None:
    """What all pages share knows none of them; a page's public part does not know the private."""
    above = {"": {"public", "receipts", "staff"}, "public": {"receipts", "staff"},
             "receipts": {"staff"}, "staff": {"receipts"}}  # fmt: skip
    climbing = [
        f"{file.relative_to(HOUSE)} imports {name}"
        for file, name in imports()
        if room(file) == "web" and file != HOUSE / "web" / "__init__.py"
        if name.startswith("mailer.web.")
        and name.split(".")[2] in above["/".join(file.relative_to(HOUSE).parts[1:-1])]
    ]
    assert not climbing


def test_each_trade_stays_in_its_room() -> None:
    strays = [
        f"{file.relative_to(HOUSE)} imports {name}"
        for file, name in imports()
        if room(file) not in keepers(name, {room(file)})
    ]
    assert not strays


def keepers(name: str, everybody: Set[str]) -> Set[str]:
    """The rooms that may import a module: what is said of it, or of the package that it is in."""
    parts = name.split(".")
    above = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((KEPT[one] for one in above if one in KEPT), everybody)


@pytest.mark.parametrize("name", ["requests", "urllib.request", "urllib.request.urlopen", "ssl"])
def test_a_new_way_out_would_be_noticed(name: str) -> None:
    assert "worker" not in keepers(name, {"worker"})
    assert keepers("urllib.parse.urlsplit", {"worker"}) == {"worker"}


def test_every_room_that_may_speak_does() -> None:
    """Else the list would allow what nobody needs."""
    used: dict[str, set[str]] = {name: set() for name in KEPT}
    for file, name in imports():
        for one in used:
            if name == one or name.startswith(f"{one}."):
                used[one].add(room(file))
    assert used == KEPT


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        room(file)
        for file in HOUSE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        if isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert readers == {"config"}


@pytest.mark.parametrize(("part", "without"), [("worker", "flask"), ("web", "alembic")])
def test_a_process_does_not_carry_what_it_does_not_need(part: str, without: str) -> None:
    code = f"import sys, mailer.cli, mailer.{part}; sys.exit({without!r} in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=HOUSE.parent, check=False)
    assert ended.returncode == 0


def test_the_plan_of_the_house_names_every_room() -> None:
    plan = (HOUSE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line for line in plan.splitlines() if line.startswith("| ")]
    named = [set(re.findall(r"`([a-z0-9]+)`", row.split("|")[2])) for row in rows if "| |" in row]
    floors = [rooms for rooms in reversed(FLOORS) if not any("__" in room for room in rooms)]
    assert set().union(*named) == set().union(*floors)
