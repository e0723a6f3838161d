"""bandit over the program's code: each finding needs its line in docs/security.md.

Run it with: python -m tools.code
"""

from __future__ import annotations

import json
import subprocess
import sys

from tools.explained import PAGE, Finding, needless, unexplained
from tools.lock import ROOT


def findings(folder: str = "mailer") -> list[Finding]:
    """What bandit says about the code in one folder."""
    said = subprocess.run(
        [sys.executable, "-m", "bandit", "--quiet", "--format", "json", "-r", folder],
        cwd=ROOT, capture_output=True, check=False,
    ).stdout  # fmt: skip
    return [
        Finding(scanner="bandit", said=one["test_id"], place=one["filename"])
        for one in json.loads(said)["results"]
    ]


if __name__ == "__main__":
    found, page = findings(), PAGE.read_text(encoding="utf-8")
    wrong = [*unexplained(found, page), *needless(found, page, "bandit")]
    print("\n".join(wrong) or f"bandit: {len(found)} findings, all explained in docs/{PAGE.name}")
    sys.exit(bool(wrong))
