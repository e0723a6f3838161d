"""A page as a visitor's browser understands it: enough of HTML to read and post forms."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

_VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})


class Page(HTMLParser):
    """One page: its title, its texts by class, and what its fields hold."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.fields: list[tuple[str, str]] = []  # as a browser would post them
        self.links: dict[str, str] = {}  # text -> address
        self.ids: set[str] = set()
        self.letters: list[str] = []  # the exact text of each letter shown in full
        self.errors: list[tuple[str, str]] = []  # of the summary: link, words
        self.language = ""
        self.words = ""  # all there is to read
        self._open: list[tuple[str, dict[str, str]]] = []
        self._text: list[str] = []
        self._selected = ""  # of the list that is open
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if found.get("id"):
            assert found["id"] not in self.ids, f"the id {found['id']} stands twice"
            self.ids.add(found["id"])
        if tag == "html":
            self.language = found["lang"]
        if tag == "input" and found.get("name"):
            ticked = found.get("type") not in {"radio", "checkbox"} or "checked" in found
            if ticked:
                self.fields.append((found["name"], found.get("value", "")))
        if tag == "select":
            self._selected = ""
        if tag == "option" and "selected" in found:
            self._selected = found["value"]
        if tag not in _VOID:
            self._open.append((tag, found))
        if tag in {"title", "textarea", "a"} or found.get("class") == "text":
            self._text = []

    def handle_data(self, data: str) -> None:
        self._text.append(data)
        self.words += data

    def handle_endtag(self, tag: str) -> None:
        opened, found = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        text = "".join(self._text)
        if tag == "title":
            self.title = text
        elif tag == "textarea":
            self.fields.append((found["name"], text.removeprefix("\n")))
        elif tag == "select":  # the first option of ours says nothing
            self.fields.append((found["name"], self._selected))
        elif tag == "a":
            self.links[text] = found.get("href", "")
            if any("errors" in one.get("class", "").split() for _, one in self._open):
                self.errors.append((found["href"].removeprefix("#"), text))
        elif found.get("class") == "text":
            self.letters.append(text)

    @property
    def values(self) -> dict[str, str]:
        """The fields by name; of several with one name, the last."""
        return dict(self.fields)


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, app: Flask, **headers: str) -> None:
        self.client = app.test_client()
        self.headers = headers

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open an address."""
        return self.client.get(path, headers={**self.headers, **headers})

    def post(self, path: str, data: Any, **headers: str) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data=data, headers={**self.headers, **headers})

    def preview(self, slug: str, **typed: Any) -> TestResponse:
        """Fill in a campaign's form and ask for the letters."""
        return self.post(f"/{slug}/preview", {**TYPED, **typed})

    def send(self, slug: str, **typed: Any) -> TestResponse:
        """Go all the way: fill in, check, send."""
        shown = Page(self.preview(slug, **typed).text)
        return self.post(f"/{slug}/send", fields(shown))


TYPED = {
    "language": "en",
    "name": "Ann Example",
    "email": "ann@supporter.example",
    "postal_code": "A1A 1A1",
    "personal": "Let exams be quiet.\n\nThey can be.",
}


def fields(page: Page) -> dict[str, list[str]]:
    """A page's fields, ready to be posted."""
    posted: dict[str, list[str]] = {}
    for name, value in page.fields:
        posted.setdefault(name, []).append(value)
    return posted


def mailed(link: str) -> tuple[str, str, str]:
    """Address, subject and body as a mail program reads them from a mailto: address."""
    parts = urlsplit(link)
    assert parts.scheme == "mailto"
    found = parse_qs(parts.query.replace("+", "%2B"), strict_parsing=True)
    return unquote(parts.path), found["subject"][0], found.get("body", [""])[0]
