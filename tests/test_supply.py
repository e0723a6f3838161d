"""What a deployment installs: locked by hash, under fitting licences, with a true bill."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
import venv
from datetime import date
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.conftest import ROOT
from tools import licences, lock, sbom

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = lock.LOCK.read_text(encoding="utf-8")
PINS = lock.PINS.read_text(encoding="utf-8")
ONE = "flask==3.1.3 \\\n    --hash=sha256:" + "a" * 64 + "\n    # via mailer\n"


def test_the_lock_has_every_package_above_its_floor_with_its_hashes() -> None:
    assert lock.check() == []
    assert len(lock.pins(LOCK)) > 40
    assert all(pin.hashes for pin in lock.pins(LOCK))


def test_what_our_packages_need_in_turn_is_in_the_lock() -> None:
    held = {pin.name for pin in lock.pins(LOCK) if pin.here}
    assert licences.needed(lock.wanted(PROJECT, build=False)) <= held


def test_what_only_tests_need_is_not_deployed() -> None:
    assert not {"pytest", "moto", "playwright", "bandit"} & {pin.name for pin in lock.pins(LOCK)}


def project(*needs: str, **extras: list[str]) -> dict[str, dict[str, object]]:
    return {
        "project": {"dependencies": list(needs), "optional-dependencies": extras},
        "build-system": {"requires": []},
    }


@pytest.mark.parametrize(
    ("needs", "held", "word"),
    [
        (["flask>=3.1", "click>=8"], ONE, "click is not locked"),
        (["flask>=3.2"], ONE, "flask is locked at 3.1.3, wanted is >=3.2"),
        (["flask>=3.1"], "flask==3.1.3\n", "flask has no hash"),
        (["flask>=3.1"], "--index-url https://p.example/simple\n" + ONE, "line 1 says where"),
        (["flask>=3.1"], "--find-links /srv/wheels\n" + ONE, "line 1 says where"),
        (["flask>=3.1"], ONE.replace("a" * 64, "a" * 63), "flask has no hash"),
    ],
)
def test_a_lock_that_is_not_whole_is_seen(needs: list[str], held: str, word: str) -> None:
    (said,) = lock.faults(project(*needs), held, lock.versions_of(held))
    assert word in said


def test_an_extra_that_is_not_locked_is_seen() -> None:
    (said,) = lock.faults(project(pdf=["typst>=0.15"], test=["pytest>=8"]), "", "")
    assert "typst is not locked" in said


def test_versions_that_differ_from_the_lock_are_seen() -> None:
    (said,) = lock.faults(project("flask>=3.1"), ONE, "flask==3.1.2\n")
    assert "constraints.txt differs" in said


def test_a_lock_says_how_old_it_is() -> None:
    made = "# Made by `make lock` on 2026-11-01. Every file\n" + ONE
    assert lock.age(made, date(2026, 11, 1)) == 0
    assert lock.age(made, date(2026, 12, 2)) == lock.STALE + 1
    with pytest.raises(ValueError, match="does not say when"):
        lock.age(ONE, date(2026, 12, 2))
    assert lock.age(LOCK, date.max) > 0


def test_lines_for_other_machines_are_kept_as_such() -> None:
    (pin,) = lock.pins('colorama==0.4.6 ; sys_platform == "win32" \\\n' + ONE.split("\n", 1)[1])
    assert (pin.name, pin.where) == ("colorama", 'sys_platform == "win32"')
    assert pin.here is (sys.platform == "win32")


def test_deployments_install_what_is_locked() -> None:
    extras = sorted(set(PROJECT["project"]["optional-dependencies"]) - lock.NOT_DEPLOYED)
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines == [f"-c {lock.PINS.name}", f".[{','.join(extras)}]"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"--require-hashes -r /opt/mailer/source/{lock.LOCK.name}" in readme
    assert f"EXTRAS := {','.join(extras)}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_licence_goes_with_ours() -> None:
    known, wrong = licences.check()
    assert wrong == []
    assert {"flask", "psycopg-binary", "pysqlite3", "typst", "moto"} <= known.keys()


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("MIT", True),
        ("Apache-2.0 OR LicenseRef-Own", False),
        ("MIT AND SSPL-1.0", False),
        ("MIT OR SSPL-1.0", True),
        ("(MIT OR SSPL-1.0) AND BSD-3-Clause", True),
        ("GPL-2.0-only", False),
        ("Apache-2.0 AND CNRI-Python", False),
        ("a licence of our own", False),
        ("", False),
    ],
)
def test_a_licence_is_judged_as_it_is_written(said: str, fits: bool) -> None:
    assert licences.goes_with_ours(said) is fits


def test_a_licence_that_nobody_can_tell_is_a_fault() -> None:
    told = list(licences.faults({"odd": "", "shut": "BUSL-1.1", "well": "MIT"}))
    assert [line.partition(":")[0] for line in told] == ["odd", "shut"]


def test_what_a_person_has_read_still_says_so() -> None:
    for name, (said, words) in licences.READ.items():
        assert licences.licence(name) == said, f"read the licence of {name} again: no {words!r}"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with three packages, one of them as if installed from a folder of this machine."""
    home = tmp_path_factory.mktemp("deployed")
    venv.create(home, with_pip=False)
    (site,) = home.glob("lib/python*/site-packages")
    for name in ("itsdangerous", "click", "dkimpy"):
        place = Path(str(metadata.distribution(name).locate_file("")))
        (own,) = place.glob(f"{name}-*.dist-info")
        shutil.copytree(own, site / own.name)
    (own,) = site.glob("click-*.dist-info")
    laid = {"url": f"file://{home}/click", "dir_info": {"editable": True}}
    (own / "direct_url.json").write_text(json.dumps(laid))
    return str(home / "bin" / "python")


def test_the_bill_is_valid_and_tells_versions_licences_and_hashes_but_no_places(
    deployed: str,
) -> None:
    version = metadata.version("itsdangerous")
    held = f"itsdangerous=={version} \\\n    --hash=sha256:{'b' * 64}\n"
    made = sbom.bill(deployed, held)
    assert list(sbom.faults(made)) == []
    parts = {canonicalize_name(part["name"]): part for part in made["components"]}
    assert parts.keys() == {"itsdangerous", "click", "dkimpy"}
    assert all(part["licenses"] for part in parts.values())
    assert parts["itsdangerous"]["version"] == version
    assert parts["itsdangerous"]["hashes"] == [{"alg": "SHA-256", "content": "b" * 64}]
    assert parts["itsdangerous"]["licenses"]
    about = made["metadata"]["component"]
    assert (about["name"], about["licenses"][0]["license"]["id"]) == ("mailer", "AGPL-3.0-or-later")
    for place in ("file:", str(Path(deployed).parent.parent), str(ROOT), sys.prefix):
        assert place not in json.dumps(made)


def test_a_bill_that_is_not_valid_is_seen() -> None:
    assert list(sbom.faults({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": 1}))


@pytest.mark.parametrize("target", ["lock", "lock-check", "licences", "sbom", "scan"])
def test_the_makefile_has_it(target: str) -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"\n  {target} " in said
