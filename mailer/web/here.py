"""The address of the page being shown, with a change: another language, another filter."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import current_app, request


def this_page(**changes: str) -> str:
    """The address of this page with some of its arguments changed.

    Built from text, not by url_for: an argument of the address could be named like one of its own.
    """
    path = request.path if _opens(request.path) else "/staff/"
    arguments = {**request.args.to_dict(), **changes} if path == request.path else changes
    return quote(path) + (f"?{urlencode(arguments)}" if arguments else "")


def _opens(path: str) -> bool:
    """True for a page that can be opened by a link; false for one that only takes forms."""
    return current_app.url_map.bind_to_environ(request.environ).test(path, "GET")
