"""The lock of a deployment: each package's version and the hashes of its files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LOCK, PINS = ROOT / "requirements.lock", ROOT / "constraints.txt"
NOT_DEPLOYED = {"test", "lock"}  # extras that no deployment needs

# Days until the lock must be made anew, whatever is known of the releases in it.
STALE = 30

# Releases younger than this are left alone: most that are forged are found within days.
SETTLED = "7 days"

_HEADER = f"""\
# Made by `make lock` on {{day}}. Every file that pip may take has its hash here:
#   pip install --require-hashes -r {LOCK.name}
#   pip install --no-deps --no-build-isolation .
"""
_PINS_HEADER = f"""\
# Made by `make lock`: the versions of {LOCK.name}, for platforms that install requirements.txt.
"""
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ; ([^\\\n]+?))?(?: \\)?$", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})\b")
_ELSEWHERE = re.compile(r"https?:|index-url|find-links|trusted-host|file:", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One line of the lock: a version, where it holds, and the hashes of its files."""

    name: str
    version: Version
    where: str
    hashes: tuple[str, ...]

    @property
    def here(self) -> bool:
        """Whether this Python on this machine is meant."""
        return not self.where or Marker(self.where).evaluate()


def pins(text: str) -> list[Pin]:
    """What a lock holds, in its order."""
    found = list(_PIN.finditer(text))
    ends = [*(one.start() for one in found), len(text)][1:]
    return [
        Pin(
            name=canonicalize_name(one[1]), version=Version(one[2]), where=one[3] or "",
            hashes=tuple(_HASH.findall(text, one.end(), end)),
        )
        for one, end in zip(found, ends, strict=True)
    ]  # fmt: skip


def hashes_of(text: str) -> dict[str, list[str]]:
    """By package, the hashes of the files a lock lets pip take here."""
    return {pin.name: sorted(pin.hashes) for pin in pins(text) if pin.here}


def wanted(project: Mapping[str, Any], *, build: bool = True) -> list[Requirement]:
    """What a deployment of the project asks for: all its extras, and what builds it."""
    about = project["project"]
    lines = [*about["dependencies"], *(project["build-system"]["requires"] if build else ())]
    for extra, more in about["optional-dependencies"].items():
        lines += [] if extra in NOT_DEPLOYED else more
    return [Requirement(line) for line in lines]


def faults(project: Mapping[str, Any], lock: str, constraints: str) -> Iterator[str]:
    """What is wrong with a lock, in words; nothing when all is well."""
    held = pins(lock)
    versions = {pin.name: pin.version for pin in held}
    for need in wanted(project):
        version = versions.get(canonicalize_name(need.name))
        if version is None:
            yield f"{need.name} is not locked: run make lock"
        elif version not in need.specifier:
            yield f"{need.name} is locked at {version}, wanted is {need.specifier}: run make lock"
    yield from (f"{pin.name} has no hash" for pin in held if not pin.hashes)
    for number, line in enumerate((lock + constraints).splitlines(), 1):
        if _ELSEWHERE.search(line):
            yield f"line {number} says where packages come from: {line.strip()}"
    if [(p.name, p.version, p.where) for p in held] != [
        (p.name, p.version, p.where) for p in pins(constraints)
    ]:
        yield f"{PINS.name} differs from {LOCK.name}: run make lock"


def versions_of(lock: str) -> str:
    """The same without hashes."""
    lines = [
        f"{pin.name}=={pin.version}{' ; ' + pin.where if pin.where else ''}" for pin in pins(lock)
    ]
    return _PINS_HEADER + "\n".join(lines) + "\n"


def today() -> date:
    return datetime.now(UTC).date()


def age(lock: str, day: date) -> int:
    """Days since a lock was made; raises ValueError where it does not say."""
    found = re.search(r"^# Made by `make lock` on (\d{4}-\d\d-\d\d)\.", lock)
    if not found:
        raise ValueError("the lock does not say when it was made: run make lock")
    return (day - date.fromisoformat(found[1])).days


def write(settled: str = SETTLED) -> None:
    """Lock the newest releases that are old enough, for every Python from 3.11 on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = [name for name in project["project"]["optional-dependencies"]
              if name not in NOT_DEPLOYED]  # fmt: skip
    made = subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config"),
            *("--universal", "--python-version", "3.11", "--generate-hashes"),
            *("--no-emit-index-url", "--no-emit-find-links", "--no-header"),
            *("--exclude-newer", settled),
            *(word for extra in extras for word in ("--extra", extra)),
            *("pyproject.toml", "-"),
        ],
        cwd=ROOT, input="\n".join(project["build-system"]["requires"]), text=True,
        stdout=subprocess.PIPE, check=True,
    ).stdout  # fmt: skip
    LOCK.write_text(_HEADER.format(day=today().isoformat()) + made, encoding="utf-8")
    PINS.write_text(versions_of(LOCK.read_text(encoding="utf-8")), encoding="utf-8")


def check() -> list[str]:
    """What is wrong with the lock that lies here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = (LOCK.read_text(encoding="utf-8"), PINS.read_text(encoding="utf-8"))
    return list(faults(project, *texts))


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write(os.environ.get("SETTLED", SETTLED))
    wrong = check()
    if (days := age(LOCK.read_text(encoding="utf-8"), today())) > STALE:
        wrong.append(f"{LOCK.name} is {days} days old, at most {STALE} are allowed: run make lock")
    print("\n".join(wrong) or f"{LOCK.name}: {len(pins(LOCK.read_text()))} packages, all hashed")
    sys.exit(bool(wrong))
