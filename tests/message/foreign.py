"""What a parser makes of a message that shares no line with Python's: mailparse, in Rust."""

from __future__ import annotations

from typing import Any

import fast_mail_parser


def judge(data: bytes) -> dict[str, Any]:
    """The same account of it as `tests.message.judge` gives."""
    mail, top = fast_mail_parser.parse_email(data), fast_mail_parser.parse_email_tree(data)
    said, goes_along = top, None
    if top.content_type == "multipart/mixed":
        said, goes_along = top.children
    people = {"From": mail.from_, "To": mail.to, "Reply-To": mail.reply_to}
    return {
        "names": _names(top),
        "addresses": {
            name: [[one.display_name or "", one.address] for one in _listed(found)]
            for name, found in people.items()
            if name in top.headers
        },
        "subject": mail.subject,
        "date": mail.date_parsed and mail.date_parsed.timestamp(),
        "id": _only(top, "Message-ID"),
        "kind": top.content_type,
        "parts": [
            [_names(part), part.content_type, _text(part.content)]
            for part in (said.children or [said])
        ],
        "unsubscribe": _only(top, "List-Unsubscribe"),
        "enclosed": goes_along
        and [_names(goes_along), goes_along.disposition, goes_along.content_type],
        "defects": [str(one) for one in mail.warnings],
    }


def _names(part: Any) -> list[str]:
    return [name for name, values in part.headers.items() for _ in values]


def _only(part: Any, name: str) -> str | None:
    return ", ".join(part.headers[name]) if name in part.headers else None


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found] if found else []


def _text(content: Any) -> str:
    text = content.decode("utf-8") if isinstance(content, bytes) else str(content)
    return text.replace("\r\n", "\n")
