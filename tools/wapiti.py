"""wapiti over the pages: everything a visitor reaches, then everything an administrator does.

Its modules that ask other hosts (ssrf, xxe, log4shell, takeover) or fetch lists are left out:
nothing leaves this machine. What they look for is held by `tests/test_outbound.py`. So are those
for what is not here: shells, Spring, WordPress.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.explained import Finding
from tools.site import MORE, SLUG, Site

MODULES = (
    *("cookieflags", "crlf", "csp", "csrf", "exec", "file", "htaccess", "http_headers", "ldap"),
    *("methods", "permanentxss", "redirect", "sql", "timesql"),
    *("upload", "xss", "backup"),
)
ATTEMPTS = 2  # its notes lie in a database of its own, which a busy machine may lock
# What would end the scanner's own session, or the site for everybody else.
_ENDINGS = ("/staff/sign-out", "/staff/account/sessions/end", "/staff/people/", "/outbox/")


def findings(program: Path, site: Site, folder: Path, seconds: int) -> Iterator[Finding]:
    """What wapiti says, each finding once for each page; takes about `seconds`, twice."""
    public = ["/", f"/{SLUG}/", f"/{SLUG}/?via=opseu&lang=fr", f"/{MORE}/",
              f"/{MORE}/embed?via=member", "/find",
              site.receipt, site.receipt + "/withdraw", site.receipt + "/erase", "/privacy",
              "/about/", "/staff/sign-in?next=/staff/", "/staff/reset",
              "/confirm/" + "a" * 26, "/erase/" + "a" * 26]  # fmt: skip
    staff = ["/staff/", "/staff/letters/?state=sent&q=ann", "/staff/coalition/", "/staff/lanes/",
             "/staff/many/", "/staff/review/", "/staff/audit/", "/staff/export/", "/staff/try/",
             "/staff/news/", "/staff/campaigns/" + SLUG, "/staff/account", site.letter]  # fmt: skip
    signed_in = ("-H", f"Cookie: {site.cookie}", "--drop-set-cookie")
    for name, starts, more in (("public", public, ()), ("staff", staff, signed_in)):
        for attempt in range(ATTEMPTS):
            report = _run(program, site.url, starts, folder / f"{name}-{attempt}", seconds, more)
            if report is not None:
                yield from told(report)
                break
        else:
            yield Finding(scanner="wapiti", said="not finished", place=f"the {name} pages")


def told(report: dict[str, Any]) -> Iterator[Finding]:
    """What a report of wapiti's says."""
    for kind in ("vulnerabilities", "anomalies"):
        for said, found in report[kind].items():
            for one in found:
                yield Finding(scanner="wapiti", said=said, place=urlsplit(one["path"]).path)


def _run(
    program: Path, url: str, starts: list[str], folder: Path, seconds: int, more: tuple[str, ...]
) -> dict[str, Any] | None:
    """Its report; None when it broke off."""
    folder.mkdir(parents=True)
    memory = Path("/dev/shm")
    notes = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else folder))
    report = folder / "report.json"
    subprocess.run(
        [
            *(str(program), "-u", f"{url}{starts[0]}", "--scope", "domain"),
            *(word for start in starts for word in ("-s", url + start)),
            *(word for ending in _ENDINGS for word in ("-x", f"{url}{ending}*")),
            *("-x", f"{url}/static/*", "-m", ",".join(MODULES), "--level", "2"),
            *("--depth", "6", "--max-links-per-page", "60", "--max-files-per-dir", "25"),
            *("--max-scan-time", str(seconds // 3)),
            *("--max-attack-time", str(max(10, seconds // len(MODULES)))),
            *("--endpoint", f"{url}/healthz"),  # what a module may ask stays on this machine
            *("--store-session", str(notes), "--store-config", str(notes)),
            *("--flush-session", "--no-bugreport", "--format", "json", "-o", str(report)),
            *("-dr", "1", "-v", "1", "--tasks", "4", *more),
        ],
        stdout=(folder / "said.txt").open("w"), stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    shutil.rmtree(notes, ignore_errors=True)
    if not report.exists():
        return None
    made: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return made
