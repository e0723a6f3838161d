"""wapiti over the pages: everything a visitor reaches, then everything an administrator does.

Its modules that ask other hosts (ssrf, xxe, log4shell, takeover) or fetch lists are left out:
nothing leaves this machine. What they look for is held by `tests/test_outbound.py`. So are those
for what is not here: shells, Spring, WordPress. Each page is tried in one language: the other has
the same fields, and which one it is to be in is a value that sqlmap tries.
"""

from __future__ import annotations

import json
import re
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
_ENDINGS = (
    "/staff/sign-out*", "/staff/account/sessions/end*", "/staff/people/*", "/outbox/*",
)  # fmt: skip
_SAME = ("/static/*", "*?lang=en", "*?lang=fr", "*&lang=en", "*&lang=fr")


def findings(program: Path, site: Site, folder: Path, seconds: int) -> Iterator[Finding]:
    """What wapiti says, each finding once for each page; a module takes at most `seconds`."""
    public = ["/", f"/{SLUG}/", f"/{SLUG}/?lang=fr&via=opseu", f"/{MORE}/",
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
            to = folder / f"{name}-{attempt}"
            report = _run(program, site.url, starts, to, seconds, more)
            if report is not None:
                said = (to / "said.txt").read_text(encoding="utf-8", errors="replace")
                print(f"wapiti, the {name} pages: {summary(report, said)}", flush=True)
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


def summary(report: dict[str, Any], said: str) -> str:
    """What was tried: how many requests were found, by which modules, and which ran out of time."""
    found = len(report["infos"]["crawled_pages"])
    done = re.findall(r"Launching module (\w+)", said)
    late = re.findall(r"Max attack time was reached for module (\w+)", said)
    cut = f"; not to their end: {', '.join(late)}" if late else ", each to its end"
    return f"{found} addresses and forms, {len(done)} modules ({', '.join(done)}){cut}"


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
            *(word for ending in (*_ENDINGS, *_SAME) for word in ("-x", url + ending)),
            *("-m", ",".join(MODULES), "--level", "2"),
            *("--depth", "6", "--max-links-per-page", "60", "--max-files-per-dir", "8"),
            *("--max-scan-time", str(seconds)),
            *("--max-attack-time", str(seconds)),
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
