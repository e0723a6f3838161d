"""The product as its owner starts it, with letters in it, for scanners to try themselves on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.processes.box import Box, Hidden, new_home, write

SLUG, MORE = "proctoring", "fair-scan"
# What the shipped campaign has not: a frame, consents, a text of one's own, letters to confirm.
OTHER = """\
+++
title = "A fair scan"
status = "live"
to = ["minister-labour", "minister-colleges-universities"]
choose = "any"
confirm = true
editable = "body"
embed = ["https://member.example"]

[[organisations]]
id = "member"
name = "A member"
privacy = "https://member.example/privacy"
consent = true
+++
We ask that every scan be fair.
"""
TYPED = {
    "name": "Ann Example", "email": "ann@coalition.example", "postal_code": "M5V 3L9",
    "role": "student", "affiliation": "Algoma University", "personal": "I sat one of these.",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where the product answers, and what one needs to reach every part of it."""

    url: str
    cookie: str  # of somebody signed in as an administrator
    receipt: str  # the path of a receipt
    letter: str  # the path of a letter's page in the log
    submission: dict[str, str]  # what the button of a preview posts
    drafted: dict[str, str]  # what the form posts, with its hidden fields
    said: list[str]  # the lines of its log, as they come

    def faults(self) -> list[str]:
        """What went wrong inside, by kind: nothing that is sent may lead to any."""
        return [line.strip() for line in self.said if "Traceback" in line]

    def token(self) -> str:
        """The token that forms of the staff need beside the cookie."""
        page = _session().get(
            f"{self.url}/staff/letters/", headers={"Cookie": self.cookie}, timeout=30
        )
        return _token(page.text)

    def stranger(self) -> tuple[str, str]:
        """The cookie and the token of somebody who is about to sign in."""
        with _session() as visit:
            page = visit.get(f"{self.url}/staff/sign-in", timeout=30)
            return _cookies(visit), _token(page.text)


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """`mailer up` on a free port of this machine, until the block ends."""
    home = new_home(folder / "home")
    (home / "templates" / "letters" / f"{MORE}.md").write_text(OTHER, encoding="utf-8")
    box = Box(home)
    try:
        url, cookie = box.url, signed_in(box.line("Staff"))
        yield Site(
            url=url,
            cookie=cookie,
            receipt=urlsplit(write(url, SLUG, **TYPED)).path,
            letter=_first_letter(url, cookie),
            submission=_hidden(url, "/preview", "/send", TYPED | {"email": "bo@coalition.example"}),
            drafted=TYPED | _hidden(url, "/", "/preview", None),
            said=box.err,
        )
    finally:
        box.stop()


def signed_in(link: str) -> str:
    """The cookies of an administrator, from the link that a start prints."""
    with _session() as visit:
        visit.get(link, timeout=30)  # to the first page: from then on it holds the forms' token
        return _cookies(visit)


def _cookies(visit: requests.Session) -> str:
    return "; ".join(f"{name}={value}" for name, value in visit.cookies.items())


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "no form of the staff"
    return found[1]


def _first_letter(url: str, cookie: str) -> str:
    page = _session().get(f"{url}/staff/letters/", headers={"Cookie": cookie}, timeout=30).text
    found = re.search(r'href="(/staff/letters/[0-9A-Za-z]{20,})"', page)
    assert found, "no letter in the log"
    return found[1]


def _hidden(url: str, path: str, action: str, typed: dict[str, str] | None) -> dict[str, str]:
    with _session() as visit:
        where = f"{url}/{SLUG}{path}"
        page = visit.post(where, data=typed, timeout=30) if typed else visit.get(where, timeout=30)
    form = Hidden(action)
    form.feed(page.text)
    return form.fields


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session
