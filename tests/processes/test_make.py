"""The Makefile on a machine with little: what it says when something is missing, and where."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes.box import PATIENCE, ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout without anything made in it."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def make(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        ["make", *words], cwd=folder, env=kept | variables, capture_output=True, text=True,
        timeout=2 * PATIENCE, check=False,
    )  # fmt: skip


def python(folder: Path, body: str) -> str:
    """Something that answers when it is called as Python."""
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    return str(script)


def told(ended: subprocess.CompletedProcess[str]) -> str:
    """The one line that is not make's own or a sign of life."""
    lines = ended.stderr.splitlines()
    ours = [line for line in lines if not line.startswith(("make", "Installing"))]
    assert ended.returncode != 0
    assert len(ours) == 1, ended.stderr
    return ours[0]


def test_make_alone_lists_the_targets(copy: Path) -> None:
    ended = make(copy)
    assert ended.returncode == 0
    for target in ("run", "test", "check", "bench"):
        assert f"\n  {target} " in ended.stdout
    assert not (copy / ".venv").exists()


def test_an_old_python_is_named(copy: Path, tmp_path: Path) -> None:
    old = python(tmp_path, 'case "$1" in -V) echo Python 3.9.2;; *) exit 1;; esac')
    line = told(make(copy, "run", f"PYTHON={old}"))
    assert "Python 3.9.2; Python 3.11 or later is needed" in line
    assert "make PYTHON=" in line


def test_a_missing_venv_module_is_named(copy: Path, tmp_path: Path) -> None:
    bare = python(tmp_path, 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    assert "apt install python3-venv" in told(make(copy, "test", f"PYTHON={bare}"))


def test_a_missing_network_is_named(copy: Path) -> None:
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1",
    }  # fmt: skip
    assert "check the network" in told(make(copy, "run", **nowhere))
    assert not (copy / ".venv" / ".run").exists(), "the next make tries again"
