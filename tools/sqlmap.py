"""sqlmap over every form and address that leads to the database."""

from __future__ import annotations

import re
import resource
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tools.explained import Finding
from tools.site import MORE, SLUG, Site

PATIENCE = 10
"""By the clock a target may take so many times its processor time: a busy machine is no finding."""

ASKED = r"(\w+ parameter '[^']+') does not seem to be injectable"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One request whose values are tried; a star marks a value in the path."""

    path: str
    data: dict[str, str] | None = None
    only: str = ""  # the parameters to try, by comma; all, where none are named
    cookie: str = ""


def targets(site: Site) -> list[Target]:
    """What a visitor and a member of staff can put values into."""
    token, (cookie, other) = {"csrf_token": site.token()}, site.stranger()
    door = {"csrf_token": other}
    received = site.receipt + "*"
    return [
        Target(path=f"/{SLUG}/?via=opseu&lang=fr"),
        Target(path=f"/{MORE}/embed?via=member"),
        Target(path=f"/{SLUG}/preview", data=site.drafted,
               only="name,email,role,draft,postal_code"),
        Target(path=f"/{SLUG}/send", data=site.submission,
               only="submission_id,signature,email,affiliation,draft"),
        Target(path=f"/{SLUG}*/"),
        Target(path=received),
        Target(path=f"{received}/code", data={"code": "123456"}),
        Target(path=f"{received}/answered", data={"letter": "a", "answer": "yes"}),
        Target(path="/confirm/aaaaaaaaaaaaaaaaaaaaaaaaaa*"),
        Target(path="/erase/aaaaaaaaaaaaaaaaaaaaaaaaaa*"),
        Target(path="/unsubscribe/aaaaaaaaaaaaaaaaaaaaaaaaaa*"),
        Target(path="/find", data={"email": "ann@coalition.example"}),
        Target(path="/hooks/postmark", data={"RecordType": "Bounce", "MessageID": "a"}),
        Target(path="/staff/sign-in", data=door | {"email": "ann@coalition.example",
               "password": "four quiet herons", "next": "/staff/"}, only="email,password,next",
               cookie=cookie),
        Target(path="/staff/reset", data=door | {"email": "ann@coalition.example"}, only="email",
               cookie=cookie),
        Target(path="/staff/enter/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*"),
        Target(path="/staff/letters/?campaign=proctoring&state=sent&official=romano&after=x&q=ann"
               "&via=opseu&day=2026-11-01", cookie=site.cookie),
        Target(path="/staff/search", data=token | {"query": "ann"}, only="query",
               cookie=site.cookie),
        Target(path=site.letter + "*", cookie=site.cookie),
        Target(path="/staff/audit/?object=a&actor=b&after=1", cookie=site.cookie),
        Target(path="/staff/campaigns/proctoring*", cookie=site.cookie),
        Target(path="/staff/many/aaaaaaaaaaaaaaaaaaaaaaaaaa*", cookie=site.cookie),
        Target(path="/staff/export/letters", data=token | {"format": "csv", "campaign": "a",
               "state": "sent"}, only="format,campaign,state", cookie=site.cookie),
        Target(path="/staff/lanes/pause", data=token | {"lane": "official:romano", "reason": "x"},
               only="lane,reason", cookie=site.cookie),
    ]  # fmt: skip


def findings(program: Path, site: Site, folder: Path, seconds: int) -> Iterator[Finding]:
    """What sqlmap can inject into; each target takes at most `seconds` of processor time."""
    every = targets(site)
    for number, target in enumerate(every):
        to = folder / str(number)
        to.mkdir(parents=True)
        began = time.monotonic()
        said = _run(program, site, target, to, seconds)
        found = list(told(said, target.path))
        took, values = time.monotonic() - began, len(set(re.findall(ASKED, said)))
        wrong = "; ".join(one.said for one in found) or "none can be injected into"
        where = f"sqlmap {number + 1} of {len(every)}: {target.path.partition('?')[0]}"
        print(f"{where}: {values} values, {wrong} ({took:.0f} s)", flush=True)
        yield from found


def told(said: str, path: str) -> Iterator[Finding]:
    """What sqlmap's words say of one target: what can be injected into, and whether it ended."""
    for name in re.findall(r"^Parameter: (.+)$", said, re.MULTILINE):
        yield Finding(scanner="sqlmap", said=name, place=path)
    if "do not appear to be injectable" not in said and "Parameter: " not in said:
        yield Finding(scanner="sqlmap", said="not finished", place=path)


def _run(program: Path, site: Site, target: Target, folder: Path, seconds: int) -> str:
    words = [str(program), "-u", site.url + target.path, "--batch", "--disable-coloring",
             "--output-dir", str(folder), "--flush-session", "--level", "2", "--risk", "2",
             "--ignore-code", "400,401,403,404,405,422,429,500", "--threads", "4",
             "--timeout", "20", "--skip-waf", "--technique", "BEUSTQ", "--answers",
             "redirect=N,URI parameters=Y,custom injection=Y,CSRF=N"]  # fmt: skip
    if target.data is not None:
        words += ["--data", urlencode(target.data)]
    if target.only:
        words += ["-p", target.only]
    if target.cookie:
        words += ["--cookie", target.cookie, "--drop-set-cookie"]
    try:
        ended = subprocess.run(
            words, capture_output=True, text=True, timeout=seconds * PATIENCE, check=False,
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds)),
        )  # fmt: skip
        said = ended.stdout
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace")
    (folder / "said.txt").write_text(said, encoding="utf-8")
    return said
