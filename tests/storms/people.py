"""Supporters with browsers: they fill in, check, send, press again when nothing comes, and look."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import requests

from tests.storms.verdict import Shown, Thanked
from tests.web_public.page import Page

SLUG = "proctoring"
PAUSE = 0.2  # seconds before somebody presses again
PATIENCE = 120.0  # seconds until they give up, which no storm may bring about

_SECTION = re.compile(r'<section class="one">(.*?)</section>', re.DOTALL)
_BADGE = re.compile(r'<p class="state[^"]*"><b>([^<]*)</b>')
_OFFICE = re.compile(r"[\w.-]+@ministry\.example")
_SENT = frozenset({"Accepted by the mail server", "Delivered"})


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A preview on somebody's screen: what its button posts, and the letters it shows."""

    fields: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]

    @property
    def submission(self) -> str:
        """The id under which it may be sent."""
        return dict(self.fields)["submission_id"]

    def thanked(self) -> Thanked:
        """Its supporter, once there is a receipt."""
        return Thanked(
            submission=self.submission, letters=len(self.texts), previewed=sorted(self.texts)
        )


class Browser:
    """One device. It asks again, as people do, until the pages answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._visit = requests.Session()
        self._visit.trust_env = False

    def check(self, **typed: str) -> Checked:
        """Fill in the form and have the letters shown."""
        blank = Page(self._until(200, "GET", f"/{SLUG}/", {}).text)
        form = {**blank.values, **typed}
        shown = Page(self._until(200, "POST", f"/{SLUG}/preview", form).text)
        return Checked(fields=tuple(shown.fields), texts=tuple(shown.letters))

    def send(self, checked: Checked) -> str:
        """Press the button, again and again until there is a receipt; returns its address."""
        sent = self._until(303, "POST", f"/{SLUG}/send", dict(checked.fields))
        return sent.headers["Location"].removeprefix(self._url)

    def press(self, checked: Checked) -> requests.Response:
        """Press the button once; raises requests.RequestException when no answer comes."""
        return self._ask("POST", f"/{SLUG}/send", dict(checked.fields))

    def look(self, receipt: str, submission: str, *, final: bool = False) -> list[Shown]:
        """What a receipt says of each letter now."""
        page = self._until(200, "GET", receipt, {}).text
        return list(read(page, submission, time.time(), final=final))

    def close(self) -> None:
        """Close the browser."""
        self._visit.close()

    def _until(
        self, status: int, method: str, path: str, form: dict[str, str]
    ) -> requests.Response:
        end = time.monotonic() + PATIENCE
        answer: requests.Response | None = None
        while time.monotonic() < end:
            try:
                answer = self._ask(method, path, form)
            except requests.RequestException:
                time.sleep(PAUSE)
                continue
            if answer.status_code == status:
                return answer
            if answer.status_code < 500:
                raise AssertionError(f"{path} answered {answer.status_code}: {answer.text[:2000]}")
            time.sleep(PAUSE)
        raise GaveUp(f"{path}: {answer.text[:2000] if answer is not None else 'no answer'}")

    def _ask(self, method: str, path: str, form: dict[str, str]) -> requests.Response:
        return self._visit.request(
            method, self._url + path, data=form or None, timeout=30, allow_redirects=False
        )


class GaveUp(AssertionError):  # noqa: N818 - it names what happened
    """Somebody pressed the button for two minutes, in vain."""


def read(page: str, submission: str, at: float, *, final: bool) -> Iterator[Shown]:
    """What a receipt's page says of each letter."""
    for section in _SECTION.findall(page):
        badge, office = _BADGE.search(section), _OFFICE.search(section)
        assert badge, section
        assert office, section
        yield Shown(
            at=at, submission=submission, recipient=office[0], sent=badge[1] in _SENT,
            twice="may have arrived" in section, final=final,
        )  # fmt: skip
