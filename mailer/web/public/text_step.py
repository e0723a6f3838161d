"""The step in which a supporter changes the letters' own text: what is open, what stays around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template

from mailer.campaigns.values import Status
from mailer.web.fields import BODY
from mailer.web.public.visits import Visit
from mailer.web.public.writing import Writing

ORIGINAL = "original"  # pressed to start again from the campaign's own text


@dataclass(frozen=True, kw_only=True)
class Locked:
    """Words that stay, and whose letters have them; nobody named: all have."""

    names: tuple[str, ...]
    text: str


@dataclass(frozen=True, kw_only=True)
class Open:
    """A text to be changed, and what stays below it."""

    id: str
    text: str
    fault: str
    below: tuple[Locked, ...]


def page(visit: Visit, writing: Writing, *, dropped: Sequence[str] = ()) -> tuple[str, int]:
    """The step; `dropped` are the texts in whose place the campaign's own stand again."""
    outline, filled = writing.outline, writing.filled
    if outline is None:
        raise ValueError("the text of these letters is not to be changed")
    names = [one.name for one in filled.recipients]
    texts = _open(writing, names)
    html = render_template(
        "pages/text.html",
        campaign=visit.campaign,
        version=visit.version,
        filled=filled,
        field=BODY,
        key=outline.key,
        tongues=tuple(dict.fromkeys(letter.language for letter in writing.merged)),
        salutations=_locked(names, [letter.salutation for letter in writing.merged]),
        above=_locked(names, [fixed[0] for fixed in outline.fixed]),
        texts=texts,
        errors={one.id: one.fault for one in texts if one.fault},
        targets={one.id: one.id for one in texts},
        pristine=not writing.edited and not dropped,
        endings=_locked(names, outline.endings),
        room=writing.room,
        stale=writing.stale,
        dropped=dropped,
        trial=visit.campaign.status is Status.TRIAL,
    )
    return html, 422 if writing.faults else 200


def _open(writing: Writing, names: Sequence[str]) -> tuple[Open, ...]:
    fixed = writing.outline.fixed if writing.outline else ()
    return tuple(
        Open(
            id=f"f-{BODY.name}" + (f"-{at + 1}" if at else ""),
            text=text,
            fault=writing.faults.get(at, ""),
            below=_locked(names, [one[at + 1] for one in fixed]),
        )
        for at, text in enumerate(writing.texts)
    )


def _locked(names: Sequence[str], texts: Sequence[str]) -> tuple[Locked, ...]:
    """The texts of a place, each once, with the names of those whose letters have it."""
    whose: dict[str, list[str]] = {}
    for name, text in zip(names, texts, strict=True):
        if text:
            whose.setdefault(text, []).append(name)
    everybody = [list(names)]
    alone = list(whose.values()) == everybody
    return tuple(Locked(names=() if alone else tuple(of), text=text) for text, of in whose.items())
