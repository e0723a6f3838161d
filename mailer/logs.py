"""What the programs say: plain lines for people, or JSON lines for machines; about nobody.

A line never holds an e-mail address of a supporter, a name, an IP address, the token of a link, or
anything that somebody typed; and nothing typed can begin a line of its own. An exception is told by
its kind and its place: its words may quote what was in hand.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered."""

FIELDS = ("method", "page", "status", "ms")
"""What a line about a request has beside its message; given as `extra`."""

# An office's mailbox, as the lanes are named by it, is nobody's secret.
_ADDRESS = re.compile(r"(?<!mailbox:)(?<![\w.+%-])[\w.+%-]{1,64}@[\w.-]{1,255}")
_IP = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}"
)
_TOKEN = re.compile(
    r"(?<=/)(receipt|confirm|erase|data|unsubscribe|enter|invitation|password|reset|draft|hooks|find)"
    r"/[^\s/?\"']+"
)
_QUERY = re.compile(r"(?<=[\w/.])\?[^\s\"']+")
_LOCAL = ("127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - a word to look for


def set_up(
    form: str, part: str, level: str, stream: TextIO | None = None, *, hidden: Sequence[str] = ()
) -> None:  # fmt: skip
    """Let everything that is logged be written to `stream` (stderr), as `form` says.

    `hidden` are words of which no line may hold one: the secrets of the settings.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(form, part))
    handler.addFilter(_Hiding(hidden))
    logging.basicConfig(handlers=[handler], level=level, force=True)


def formatter(form: str, part: str) -> logging.Formatter:
    """How lines are written: "plain" or "json"; `part` is web or worker."""
    return Json(part) if form == "json" else Plain()


def masked(text: str) -> str:
    """The text on one line, without what names somebody or opens a page of theirs."""
    text = _TOKEN.sub(r"\1/...", text)
    text = _QUERY.sub("?...", text)
    text = _ADDRESS.sub("(address)", text)
    text = _IP.sub(lambda found: found[0] if found[0] in _LOCAL else "(ip)", text)
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def fault(record: logging.LogRecord) -> tuple[str, list[str]]:
    """The kind of the exception that a record tells of, and where it was raised, last first."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return "", []
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in reversed(frames)]
    cause = error.__cause__ or error.__context__
    kind = type(error).__name__ + (f" from {type(cause).__name__}" if cause else "")
    return kind, places


class _Hiding(logging.Filter):
    """Puts other words in the place of some."""

    def __init__(self, hidden: Sequence[str]) -> None:
        super().__init__()
        self._hidden = tuple(hidden)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, without them."""
        said = record.getMessage()
        plain = said
        for one in self._hidden:
            plain = plain.replace(one, "(secret)")
        if plain != said:
            record.msg, record.args = plain, None
        return True


class Plain(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The message, and below it where an exception was raised."""
        kind, places = fault(record)
        lines = [f"mailer: {masked(record.getMessage())}"]
        if kind:
            lines += [f"  Traceback, last call first: {kind}", *(f"    {one}" for one in places)]
        return "\n".join(lines)


class Json(logging.Formatter):
    """An object on one line."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def format(self, record: logging.LogRecord) -> str:
        """The line; empty fields are left out."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        kind, places = fault(record)
        said = {
            "time": at.replace("+00:00", "Z"), "level": record.levelname.lower(),
            "part": self._part, "from": record.name, "request": request_id.get(),
            "message": masked(record.getMessage()), "error": kind, "where": places,
        }  # fmt: skip
        said |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        return json.dumps({name: value for name, value in said.items() if value not in ("", [])})
