"""The address of the page being shown, changed or to come back to."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from flask import current_app, request, url_for


def this_page(**changes: str) -> str:
    """The address of this page with some of its arguments changed.

    Built from text, not by url_for: an argument of the address could be named like one of its own.
    """
    path = request.path if _opens(request.path) else "/staff/"
    arguments = {**request.args.to_dict(), **changes} if path == request.path else changes
    return quote(path) + (f"?{urlencode(arguments)}" if arguments else "")


def to_come_back() -> str | None:
    """This page for after signing in: only one that was asked for by GET."""
    return request.full_path.rstrip("?") if request.method == "GET" else None


def staff_page(wanted: str) -> str:
    """`wanted` if it is a page of the staff here, else their first; nobody is sent elsewhere."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return url_for("staff.first")
    plain = wanted.isprintable() and "\\" not in wanted and ".." not in parts.path.split("/")
    local = not parts.scheme and not parts.netloc and parts.path.startswith("/staff/")
    return wanted if plain and local and _opens(parts.path) else url_for("staff.first")


def _opens(path: str) -> bool:
    """True for a page that can be opened by a link; false for one that only takes forms."""
    return current_app.url_map.bind_to_environ(request.environ).test(path, "GET")
