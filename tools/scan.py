"""The scanners, over the product as its owner starts it; each finding needs its explanation.

Starts `mailer up` on this machine alone with a live campaign and letters in it, lets bandit, ruff,
wapiti and sqlmap try themselves on it, and ends it. Names loudly which of them are missing.
Run it with: python -m tools.scan [FOLDER OF THE SCANNERS] [SECONDS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools import code, sqlmap, wapiti
from tools.explained import PAGE, Finding, unexplained
from tools.lock import ROOT
from tools.site import running


def ruff() -> list[Finding]:
    """What ruff's security rules say, but for lines that give their reason beside them."""
    said = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "S", "--output-format", "concise",
         "mailer"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [
        Finding(scanner="ruff", said=line.split()[1], place=line.partition(":")[0])
        for line in said.stdout.splitlines() if line.count(":") > 2
    ]  # fmt: skip


def scanned(folder: Path, scanners: Path, seconds: int) -> Iterator[Finding]:
    """Everything the scanners that are installed say about the running product."""
    for name, scanner in (("wapiti", wapiti), ("sqlmap", sqlmap)):
        if not (scanners / name).exists():
            continue
        with running(folder / f"{name}-home") as site:  # each finds a site that nobody has used
            print(f"{name} over {site.url} ...", flush=True)
            yield from scanner.findings(scanners / name, site, folder / name, seconds)
            for fault in site.faults():
                yield Finding(scanner="mailer", said=fault, place=f"under {name}")


def main(scanners: Path, seconds: int) -> int:
    """Run all, say what they found; returns how the program ends."""
    found = [*code.findings(), *ruff()]
    folder = Path(tempfile.mkdtemp(prefix="scan-"))
    found += scanned(folder, scanners, seconds)
    for one in sorted(set(found)):
        print(f"{one.scanner:<7} {one.said:<40} {one.place}")
    wrong = list(unexplained(found, PAGE.read_text(encoding="utf-8")))
    missing = [name for name in ("wapiti", "sqlmap") if not (scanners / name).exists()]
    for name in missing:
        print(f"*** {name} IS NOT INSTALLED in {scanners}: it did not run. ***", file=sys.stderr)
    print(f"What they said word for word: {folder}")
    print("\n".join(wrong) or f"{len(set(found))} findings, all explained in docs/{PAGE.name}")
    return bool(wrong or missing)


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    sys.exit(main(Path(given.get(0, ".venv/scan/bin")), int(given.get(1, "600"))))
