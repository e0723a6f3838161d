"""The campaign's page made once and shown to many: it is what a newsletter's readers all open.

Every visit's form holds an id of its own, so what is kept has a hole in that id's place. A page is
kept for a second: so late at most, and no later, does it tell of a pause, a new count or the last
day gone by. Changed files are in it as soon as they are in use.

Kept pages are answered before Flask begins: finding its way through a request takes it longer than
everything that is done here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from flask import Flask, Response, current_app, request

from mailer.campaigns.library import Content
from mailer.campaigns.values import Campaign
from mailer.submissions import new_id
from mailer.web import i18n, squeezed
from mailer.web.services import services
from mailer.web.squeezed import Squeezed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LIFE = 1.0  # seconds

Key = tuple[str, ...]
Headers = list[tuple[str, str]]
Make = Callable[[str], tuple[Campaign, str]]
"""Makes the page of this request with an id in its form; returns the campaign, too."""

_MADE = "mailer.page"  # where, among a request's values, lies what its view has made
_OF_ONE_FORM = frozenset({"content-length", "content-encoding"})


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A page that a view has just made, and since when it is true."""

    at: float
    content: Content
    campaign: Campaign
    page: Squeezed


@dataclass(frozen=True, kw_only=True)
class _Shelf:
    """The pages of one campaign made since a moment: few, whatever visitors ask for."""

    content: Content
    since: float
    languages: tuple[str, ...]
    organisations: frozenset[str]
    pages: dict[Key, tuple[Squeezed, Headers]] = field(default_factory=dict)


def install(
    app: Flask, *, content: Callable[[], Content], life: float = LIFE,
    clock: Callable[[], float] = time.monotonic,
) -> None:  # fmt: skip
    """Let the application keep its campaigns' pages for `life` seconds; 0: not at all."""
    app.extensions[_MADE] = clock
    pages = Pages(app.wsgi_app, content=content, life=life, clock=clock)
    app.wsgi_app = pages  # type: ignore[method-assign,assignment]  # the way Flask is wrapped


def show(make: Make) -> Response:
    """The page of this request, whole and well, with a new id in its form."""
    at = current_app.extensions[_MADE]()  # before anything is looked at
    content = services().library.current()
    hole = new_id()
    campaign, html = make(hole)
    page = squeezed.squeeze([piece.encode() for piece in html.split(hole)])
    request.environ[_MADE] = _Made(at=at, content=content, campaign=campaign, page=page)
    body, headers = _form(page, request.headers.get("Accept-Encoding", ""))
    headers.append(("Vary", "Accept-Encoding"))
    return Response(body, headers=headers, mimetype="text/html")


class Pages:
    """Pages as they were made within the last moment, in this process."""

    def __init__(
        self, inner: WSGIApplication, *, content: Callable[[], Content], life: float,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self.inner, self._content, self._life, self._clock = inner, content, life, clock
        self._shelves: dict[str, _Shelf] = {}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer with the page that is kept; else let the application make it, and keep that."""
        if environ["REQUEST_METHOD"] != "GET":
            return self.inner(environ, start)
        shelf = self._shelf(environ["PATH_INFO"])
        kept = shelf.pages.get(_key(environ, shelf)) if shelf else None
        if kept is None:
            return self.inner(environ, self._listening(environ, start))
        body, headers = _form(kept[0], environ.get("HTTP_ACCEPT_ENCODING", ""))
        length = ("Content-Length", str(len(body)))
        start("200 OK", [*kept[1], *headers, length])
        return (body,)

    def _shelf(self, path: str) -> _Shelf | None:
        found = self._shelves.get(path)
        if found is None or self._clock() >= found.since + self._life:
            return None
        return found if found.content is self._content() else None

    def _listening(self, environ: WSGIEnvironment, start: StartResponse) -> StartResponse:
        """Hears with which headers an answer begins."""

        def begin(status: str, headers: Headers, *error: object) -> Callable[[bytes], object]:
            made = environ.get(_MADE)
            if isinstance(made, _Made) and status.startswith("200 ") and not error:
                self._keep(environ, made, headers)
            return start(status, headers, *error)  # type: ignore[arg-type]  # passed on as it came

        return begin

    def _keep(self, environ: WSGIEnvironment, made: _Made, headers: Headers) -> None:
        path = environ["PATH_INFO"]
        shelf = self._shelf(path)
        if shelf is None:
            shelf = self._shelves[path] = _Shelf(
                content=made.content,
                since=made.at,
                languages=made.campaign.languages,
                organisations=frozenset(one.id for one in made.campaign.organisations),
            )
        if made.at < shelf.since or made.content is not shelf.content:
            return  # it took long to make, and others look at something newer
        same = [(name, value) for name, value in headers if name.lower() not in _OF_ONE_FORM]
        shelf.pages[_key(environ, shelf)] = (made.page, same)


def _key(environ: WSGIEnvironment, shelf: _Shelf) -> Key:
    """All of a request that its page may depend on; a test holds the page to that."""
    asked = brought = ""
    arguments = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    for name, value in reversed(arguments):  # of several with one name, the first counts
        if name == "lang":
            asked = value if value in shelf.languages else ""
        elif name == "via":
            brought = value if value in shelf.organisations else ""
    language = asked or i18n.preferred(environ.get("HTTP_ACCEPT_LANGUAGE"), *shelf.languages)
    return language, asked, brought, environ.get("SCRIPT_NAME", "")


def _form(page: Squeezed, accepted: str) -> tuple[bytes, Headers]:
    """A page in the form that a browser can read, and the headers that say so."""
    draft = new_id().encode()
    if squeezed.takes_gzip(accepted):
        return page.gzipped(draft), [("Content-Encoding", "gzip")]
    return page.whole(draft), []
