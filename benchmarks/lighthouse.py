"""Lighthouse on the campaign's page, as a phone on a slow line sees it: 100 in all four, wanted.

Run it with: make lighthouse. It needs Node 20, npm and Chromium, and the network once, to fetch
Lighthouse into var/lighthouse/. Performance is the median of five runs; 99 is enough there.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import load
from benchmarks.accept import SLUG, ours
from tests.processes.box import ROOT

FOLDER = ROOT / "var" / "lighthouse"
PROGRAM = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
WANTED = {"performance": 99, "accessibility": 100, "best-practices": 100, "seo": 100}
FLAGS = "--headless=new --no-sandbox --disable-background-networking --no-first-run"


def main() -> int:
    """Measure, print the figures; the exit code is 0 when all are reached."""
    (rounds,) = load.numbers(5)[:1]
    chromium = installed()
    with tempfile.TemporaryDirectory() as folder, ours(Path(folder)) as port:
        runs = [run(chromium, port, Path(folder) / "report.json") for _ in range(rounds)]
    reached = True
    for name, wanted in WANTED.items():
        found = [round(one["categories"][name]["score"] * 100) for one in runs]
        median = statistics.median(found)
        reached &= median >= wanted
        said = " ".join(map(str, found))
        print(f"{name:<16} {median:>3g}   (runs: {said}; wanted: {wanted})")
    tell_misses(runs[-1])
    return 0 if reached else 1


def installed() -> str:
    """Where Chromium is, with Lighthouse in place; ends the program, loudly, where one is not."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    missing += [] if chromium else ["chromium"]
    if missing:
        sys.exit(
            f"*** NOT MEASURED: {', '.join(missing)} missing (apt install nodejs npm chromium)"
        )
    if not PROGRAM.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run([*words, "--prefix", str(FOLDER), "lighthouse@12"], check=False)
        if done.returncode or not PROGRAM.exists():
            sys.exit("*** NOT MEASURED: npm could not fetch Lighthouse: check the network ***")
    return str(chromium)


def run(chromium: str, port: int, report: Path) -> dict[str, dict[str, dict[str, float]]]:
    """One report, as Lighthouse writes it."""
    page = f"http://127.0.0.1:{port}/{SLUG}/?lang=en"
    flags = ["--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={FLAGS}"]
    environment = os.environ | {"CHROME_PATH": chromium}
    done = subprocess.run(
        ["node", str(PROGRAM), page, *flags],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"*** NOT MEASURED: Lighthouse failed: {done.stderr[-500:]} ***")
    found: dict[str, dict[str, dict[str, float]]] = json.loads(report.read_text(encoding="utf-8"))
    return found


def tell_misses(report: dict[str, dict[str, dict[str, float]]]) -> None:
    """Name what cost points in the last run."""
    for category in WANTED:
        for part in report["categories"][category]["auditRefs"]:  # type: ignore[attr-defined]
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 1:
                said = audit.get("displayValue", "")
                print(f"  {category}: {audit['title']} {said} ({audit['score']:.2f})")


if __name__ == "__main__":
    sys.exit(main())
