"""Who guards the door: the limits, and what staff should look at before it leaves."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app

from mailer import addresses, limits, review
from mailer.campaigns import heldwords
from mailer.campaigns.values import Campaign, Status
from mailer.db import Tx
from mailer.limits import Writer, alarms
from mailer.submissions import Draft
from mailer.submissions.passage import OPEN, Door, Passage
from mailer.web.callers import caller, may_mail
from mailer.web.public.writing import Writing
from mailer.web.services import services

HASTE = 3.0
"""Seconds within which nobody has read a letter. Who sends sooner is asked to confirm by mail."""


def confirms(campaign: Campaign) -> bool:
    """Whether what the caller writes leaves once it is confirmed, as far as is known before."""
    if campaign.status is not Status.LIVE or campaign.confirm:
        return campaign.status is Status.LIVE
    return not caller().trusted and alarms.asks(services().store, campaign.slug)


def door(draft: Draft, found: Writing, age: float) -> Door:
    """What judges letters that were shown `age` seconds ago; those of a trial go to staff."""
    if draft.edition.campaign.status is not Status.LIVE:
        return OPEN
    who, hasty = caller(), age < HASTE
    if hasty and not who.trusted:
        current_app.logger.warning("campaign %s: sent within seconds", draft.edition.campaign.slug)
    officials = draft.edition.officials
    offices = [one.email for one in officials.people.values()]
    offices += [one.email for one in officials.posts.values()]
    sign, word = review.sign(draft.supporter, offices), _held_word(draft, found)
    least = review.least(_own_words(draft, found), _known(draft.edition.campaign))

    def judge(tx: Tx, now: float) -> Passage:
        serving, campaign = services(), draft.edition.campaign.slug
        pepper = serving.store.pepper(tx)
        bands = review.bands(least, campaign, pepper)
        mailbox = addresses.mailbox_key(draft.supporter.email, pepper)
        like = sign or (review.SIMILAR if review.is_similar(tx, bands, mailbox, now) else "")
        haste = hasty and not who.trusted
        odd = bool(draft.hold or like) or haste  # a word alone is no sign of a program
        writer = Writer(caller=who, email=draft.supporter.email, campaign=campaign, odd=odd)
        verdict = limits.write(tx, serving.rules, writer, pepper, now)
        review.note(tx, draft.id, bands, now)
        crowd = review.CROWD if verdict.crowd else ""
        return Passage(ask=verdict.ask or haste, hold=like or word or crowd)

    return Door(judge=judge, may_mail=may_mail)


def _held_word(draft: Draft, found: Writing) -> str:
    """review.WORD where something typed holds a word of the campaign's list, or "".

    The list of the file counts beside the one approved: it only keeps back, and may be urgent.
    """
    campaign, who = draft.edition.campaign, draft.supporter
    now = services().library.current().campaigns.get(campaign.slug, campaign)
    listed = tuple(dict.fromkeys((*campaign.hold_words, *now.hold_words)))
    lives = "" if who.districts else who.district  # else it is one of the organizer's names
    typed = (who.name, who.affiliation, who.address, lives, _own_words(draft, found))
    return review.WORD if listed and heldwords.find(listed, typed) else ""


def _own_words(draft: Draft, found: Writing) -> str:
    """What the supporter wrote; what they sent unchanged is the campaign's."""
    return "\n".join([draft.supporter.personal, *(found.texts if found.edited else ())])


def _known(campaign: Campaign) -> Sequence[str]:
    """The campaign's own words, in all languages."""
    return [text for one in campaign.versions.values() for text in (one.letter, one.story)]
