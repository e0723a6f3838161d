"""A supporter's own district: by the postal code, by the supporter's answer, or asked."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app

from mailer import lookups
from mailer.campaigns.constituencies import Constituency
from mailer.campaigns.recipients import fallback, left_out, recipients
from mailer.campaigns.values import Recipient
from mailer.districts.codes import bare, canadian
from mailer.errors import FieldError
from mailer.officials.values import say
from mailer.web.callers import may_look_up
from mailer.web.i18n import gettext, language, mark
from mailer.web.public import forms
from mailer.web.public.forms import Filled
from mailer.web.public.places import NOWHERE, OTHER, Place
from mailer.web.public.visits import Visit
from mailer.web.services import services

_WHICH = mark("%(code)s lies in more than one district. Choose yours.")
_UNKNOWN = mark("We could not find the district of %(code)s. Choose yours from the list.")
_CHOOSE = mark("Choose your district")
_NOT_LISTED = mark("Choose your district from the list")
_NOBODY = mark("Nobody can be written to for this district. Your words are still here.")


def is_strict(visit: Visit) -> bool:
    """True when a postal code that is not Canadian cannot lead to any district."""
    own, districts = visit.campaign.to.own, visit.districts
    return own and (districts.canadian or (not districts and services().represent is not None))


def can_look(visit: Visit) -> bool:
    """True when there is something that tells districts by postal code."""
    return bool(visit.districts) or services().represent is not None


def blank(visit: Visit, filled: Filled) -> Filled:
    """An empty form; where nothing tells districts by postal code, with the list of them."""
    if not visit.campaign.to.own or can_look(visit):
        return filled
    return replace(filled, place=_everything(visit, new=True))


def again(visit: Visit, filled: Filled) -> Filled:
    """The form to be changed: a question that was shown stays, as it was answered."""
    asked = filled.answered_for is not None or filled.elsewhere
    if not visit.campaign.to.own or (can_look(visit) and not asked):
        return replace(filled, errors={})
    settled = settle(visit, filled)
    place = settled.place
    if place and not place.options and settled.typed["district"]:
        place = replace(_everything(visit, new=True), district=place.district)
    return replace(settled, errors={}, place=place)


def settle(visit: Visit, filled: Filled) -> Filled:
    """The form with its supporter's district and readers, or with what must be asked first."""
    if not visit.campaign.to.own or "postal_code" in filled.errors:
        return filled
    place = _locate(visit, filled)
    if place.options:
        return _asked(filled, place)
    own, instead = _readers(visit, place)
    message = "" if own else _why_nobody(visit, place)
    if not own and not instead:
        return _asked(filled, _everything(visit, message or gettext(_NOBODY)))
    place = replace(place, instead=not own, message=message)
    return _addressed(visit, filled, place, own or instead)


def _locate(visit: Visit, filled: Filled) -> Place:
    """The district that was found or chosen, else those to choose from."""
    known, code = visit.reach.known, bare(filled.code)
    answer = filled.typed["district"].strip()
    if filled.elsewhere or answer == OTHER:
        return _everything(visit, gettext(_CHOOSE), new=True)
    chosen = known.find(answer)
    if answer and answer != NOWHERE and chosen is None:
        current_app.logger.warning("campaign %s: a district it has not", visit.campaign.slug)
        return _everything(visit, gettext(_NOT_LISTED))
    # An answer belongs to the code it was given for: another code may lead elsewhere.
    if answer and (filled.answered_for == code or not can_look(visit)):
        return Place(district=chosen)
    found = _matches(visit, code)
    if any(one is chosen for one in found) or (answer and not found and not filled.answered_for):
        return Place(district=chosen)
    if len(found) == 1:
        return Place(district=found[0], by_code=True)
    return replace(_question(visit, filled, found), district=chosen)


def _question(visit: Visit, filled: Filled, found: tuple[Constituency, ...]) -> Place:
    new = can_look(visit) and filled.answered_for != bare(filled.code)
    if found:
        words = gettext(_WHICH, code=filled.code) if new else gettext(_CHOOSE)
        return Place(options=found, few=True, error=words, new=new)
    unknown = new and filled.code
    words = gettext(_UNKNOWN, code=filled.code) if unknown else gettext(_CHOOSE)
    return _everything(visit, words, new=new)


def _everything(visit: Visit, error: str = "", *, new: bool = False) -> Place:
    return Place(options=visit.reach.known.all, error=error, new=new)


def _matches(visit: Visit, code: str) -> tuple[Constituency, ...]:
    """The districts a code lies in: by the file, else by the service where one is asked."""
    known = visit.reach.known
    if not code:
        return ()
    keys = visit.districts.find(code)
    return known.found(keys) if keys else known.found(_served(code))


def _served(code: str) -> tuple[str, ...]:
    """Names of districts that the service tells; empty when it is off, away, or knows none."""
    serving = services()
    if serving.represent is None:
        return ()
    try:
        canadian(code)
    except FieldError:
        return ()
    sets = serving.settings.represent or ()
    found = lookups.find(serving.store, code, serving.represent.ask, may_look_up) or ()
    return tuple(one.name for one in found if not sets or one.set in sets)


def _readers(visit: Visit, place: Place) -> tuple[tuple[Recipient, ...], tuple[Recipient, ...]]:
    """The officials of the district, and who is written to where it has none."""
    officials, campaign = visit.edition.officials, visit.campaign
    name = place.district.name if place.district else ""
    alone = replace(campaign, fallback="")
    own = recipients(alone, officials, visit.day, district=name)
    return own, () if own else fallback(campaign, officials, visit.day)


def _why_nobody(visit: Visit, place: Place) -> str:
    """What the campaign says to whom all officials of their district are left out, or missing."""
    name = place.district.name if place.district else ""
    out = left_out(visit.campaign, visit.edition.officials, visit.day, district=name)
    return (visit.version.except_message if out else "") or visit.version.fallback_message


def _asked(filled: Filled, place: Place) -> Filled:
    errors = filled.errors if "district" in filled.errors else (
        {**filled.errors, "district": place.error}
    )  # fmt: skip
    return replace(filled, place=place, errors=errors, supporter=None)


def _addressed(
    visit: Visit, filled: Filled, place: Place, readers: tuple[Recipient, ...]
) -> Filled:  # fmt: skip
    """The form addressed to the readers of a district, or with what is wrong with the choice."""
    if not place.by_code:
        answer = place.district.name if place.district else NOWHERE
        typed = {**filled.typed, "district": answer}
        filled = replace(filled, typed=typed, answered_for=bare(filled.code))
    filled = replace(filled, place=place, offered=readers)
    ids = {one.official for one in readers}
    strangers = set(filled.chosen) - {one.official for one in visit.recipients}
    chosen = [one for one in filled.chosen if one in ids or one in strangers]
    alone = [readers[0].official] if len(readers) == 1 and not strangers else chosen
    picked, wrong = forms.pick(visit.campaign, readers, alone)
    if wrong:
        return filled.with_error(forms.OFFICIALS, wrong)
    names = place.district.names if place.district else {}
    lives = filled.supporter and replace(
        filled.supporter, district=say(names, language()), districts=names
    )
    return replace(filled, supporter=lives, recipients=picked)
