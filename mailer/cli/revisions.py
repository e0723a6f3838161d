"""What a file said in an earlier revision, asked of git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from mailer.errors import MailerError

_SECONDS = 20


def text_at(home: Path, name: str, revision: str) -> str:
    """The text of `name`, in the folder `home`, at a revision; raises MailerError."""
    if not shutil.which("git"):
        raise MailerError("git is not installed: name a file to compare with instead")
    inside = _git(home, "rev-parse", "--is-inside-work-tree")
    if inside.returncode:
        told = _first_line(inside.stderr)
        hint = "" if "not a git repository" in told else f" ({told})"
        raise MailerError(
            f"{home} is in no git repository{hint}: name a file to compare with instead"
        )
    if not revision or revision.startswith("-") or not revision.isprintable():
        raise MailerError(f"{revision!r} is no revision")
    found = _git(home, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        raise MailerError(f"git knows no revision {revision!r}, and there is no such file")
    commit = found.stdout.decode("ascii").strip()
    blob = _git(home, "cat-file", "blob", f"{commit}:./{name}")
    if blob.returncode:
        raise MailerError(f"{name} did not exist at {revision} ({commit[:10]})")
    try:
        return blob.stdout.decode("utf-8")
    except UnicodeDecodeError:
        raise MailerError(f"{name} was not UTF-8 at {revision}") from None


def _git(home: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Without a shell, without a prompt, and with nothing of the repository run."""
    command = ["git", "-c", "core.fsmonitor=false", *words]
    try:
        return subprocess.run(  # noqa: S603 - no shell; the revision was judged before
            command,
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MailerError(f"git did not answer within {_SECONDS} seconds") from None


def _first_line(told: bytes) -> str:
    lines = told.decode("utf-8", errors="replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else ""
