"""The letters of a form: merged, and where the campaign lets them, with the supporter's text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import current_app

from mailer import submissions
from mailer.campaigns import editing
from mailer.campaigns.editing import Outline
from mailer.campaigns.values import MergedLetter
from mailer.errors import FieldError, MergeError
from mailer.web.fields import BODY, LONGEST_LETTER
from mailer.web.i18n import gettext, mark, number
from mailer.web.public import forms
from mailer.web.public.forms import Filled
from mailer.web.public.visits import Visit
from mailer.web.services import services
from mailer.web.shown import Phase

_UNMERGED = mark(
    "One of the letters could not be put together. What you typed is still here, and the people"
    " of the campaign can see the reason in their log."
)
_TOO_LONG = mark("Your own words: shorten them; the whole letter may have 20,000 characters.")
_LETTER_TOO_LONG = mark(
    "The letter's text: shorten it. The whole letter may have %(limit)s characters; it has"
    " %(count)s."
)


@dataclass(frozen=True, kw_only=True)
class Writing:
    """What a form comes to: the letters, or what is wrong."""

    filled: Filled
    letters: tuple[MergedLetter, ...] = ()  # to be checked and sent; none when something is wrong
    merged: tuple[MergedLetter, ...] = ()  # as the campaign has them
    outline: Outline | None = None  # of those, where the campaign lets their text be changed
    texts: tuple[str, ...] = ()  # for the outline's open ones: as typed, or as they are
    faults: Mapping[int, str] = field(default_factory=dict)  # which text is wrong, and why
    edited: bool = False
    stale: bool = False  # what was changed is no longer what these letters would say

    @property
    def room(self) -> int:
        """How many characters the open texts may have together."""
        own = len("".join(self.outline.open)) if self.outline else 0
        return LONGEST_LETTER - _longest(self.merged) + own


def write(visit: Visit, filled: Filled) -> Writing:
    """The letters of a form whose readers are settled, or the form with what is wrong."""
    if visit.phase is not Phase.OPEN or filled.supporter is None:
        return Writing(filled=filled)
    settings, campaign = services().settings, visit.campaign
    url = f"{settings.public_url}/{campaign.slug}/"
    try:
        merged = submissions.prepare(
            campaign, filled.recipients, filled.supporter, url=url, trial_to=settings.trial_to
        )
    except MergeError as error:
        current_app.logger.error("campaign %s: %s", campaign.slug, error)
        return Writing(filled=filled.with_error("letters", gettext(_UNMERGED)))
    if campaign.editable == BODY.name:
        outline = editing.outline(campaign, merged, filled.supporter, url=url)
        return _with_texts(Writing(filled=filled, merged=merged, outline=outline), outline)
    if _longest(merged) > LONGEST_LETTER:
        return Writing(filled=filled.with_error("personal", gettext(_TOO_LONG)))
    return Writing(filled=filled, letters=merged, merged=merged)


def afresh(writing: Writing) -> Writing:
    """The same letters with the campaign's own text."""
    if writing.outline is None:
        return writing
    filled = replace(writing.filled, texts=(), texts_for="", errors={})
    own = writing.outline.open
    return replace(writing, filled=filled, texts=own, faults={}, edited=False, stale=False)


def _with_texts(writing: Writing, outline: Outline) -> Writing:
    """The letters with the text that was typed; with the campaign's own where it says the same."""
    filled = writing.filled
    given = outline.fit(filled.texts) if filled.texts else outline.open
    if [*map(_plain, given)] == [*map(_plain, outline.open)]:
        filled = replace(filled, texts=(), texts_for="")
        writing = replace(writing, filled=filled, texts=outline.open)
        return _measured(writing, writing.merged)
    clean, faults = _cleaned(given)
    stale = bool(filled.texts_for) and filled.texts_for != outline.key
    writing = replace(writing, texts=given, edited=True, stale=stale)
    if not faults and not any(text.strip() for text in clean):
        faults = {0: gettext(BODY.missing)}
    if faults:
        wrong = filled.with_error(BODY.name, next(iter(faults.values())))
        return replace(writing, filled=wrong, faults=faults)
    return _measured(writing, editing.edited(writing.merged, outline, clean))


def _plain(text: str) -> str:
    """A text as it comes back from a browser to which it was shown."""
    return "\n".join(map(str.rstrip, text.splitlines())).strip("\n")


def _cleaned(texts: Sequence[str]) -> tuple[tuple[str, ...], dict[int, str]]:
    clean: list[str] = []
    faults: dict[int, str] = {}
    for at, typed in enumerate(texts):
        try:
            clean.append(forms.paragraphs(BODY, typed))
        except FieldError as error:
            faults[at] = forms.explain(BODY, typed, error)
    return tuple(clean), faults


def _measured(writing: Writing, letters: tuple[MergedLetter, ...]) -> Writing:
    """The letters, unless one is longer than any may be."""
    count = _longest(letters)
    if count <= LONGEST_LETTER:
        return replace(writing, letters=letters)
    words = gettext(_LETTER_TOO_LONG, count=number(count), limit=number(LONGEST_LETTER))
    wrong = writing.filled.with_error(BODY.name, words)
    return replace(writing, filled=wrong, faults={0: words})


def _longest(letters: Sequence[MergedLetter]) -> int:
    """How many characters the longest letter has."""
    return max((len(letter.text) for letter in letters), default=0)
