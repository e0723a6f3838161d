"""Reads a campaign from its files: frozen values, and everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailer.campaigns import colours, heldwords, slips
from mailer.campaigns.frontmatter import STARS
from mailer.campaigns.proofread import (
    check_mentions,
    opening,
    proofread_greeting,
    proofread_letter,
    proofread_value,
)
from mailer.campaigns.references import check_references, reaches_several
from mailer.campaigns.schema import MAIN, VERSION
from mailer.campaigns.values import Campaign, Status, Version
from mailer.campaigns.versions import Page, open_page, translate
from mailer.officials.values import Officials
from mailer.problems import Problem
from mailer.records import text as texts
from mailer.records.findings import Findings, TooManyProblems, quoted

MAIN_LANGUAGE = "en"
_OF_A_VERSION = (
    *("title", "description", "thumbnail", "thumbnail_alt", "logo"),
    *("subjects", "salutation", "fallback_message", "except_message", "hold_words"),
)
_MOMENTS = ("published", "opens", "closes")


def read(
    slug: str, files: Mapping[str, tuple[str, str]], officials: Officials | None = None
) -> tuple[Campaign | None, tuple[Problem, ...]]:
    """The campaign, and its problems. With an ERROR among them, do not use it.

    `files` gives a file name and a text for each language; the main file's language is "en".
    Without `officials`, whether those in `to` exist is not judged.
    """
    if MAIN_LANGUAGE not in files:
        name = next(iter(files.values()))[0]
        message = f"the main file {slug}.md is missing beside it"
        return None, (Problem(file=name, message=message),)
    problems: list[Problem] = []
    campaign: Campaign | None = None
    for language in sorted(files, key=lambda language: (language != MAIN_LANGUAGE, language)):
        name, text = files[language]
        text = texts.clean(text)
        findings = Findings(name, text)
        try:
            campaign = _add(campaign, slug, language, open_page(name, text, findings), officials)
        except TooManyProblems:
            campaign = None
        problems += findings.problems()
    return campaign, tuple(problems)


def _add(
    campaign: Campaign | None,
    slug: str,
    language: str,
    page: Page | None,
    officials: Officials | None,
) -> Campaign | None:
    """The campaign with one file more; None where the main file could not be read."""
    if page is None:
        return campaign
    slips.check(page)
    heldwords.check(page.item("hold_words"), page.post.letter, page.findings)
    if language == MAIN_LANGUAGE:
        main = _main(page, slug, officials)
        return None if page.findings.partial else main
    return _translated(page, campaign, language, officials) if campaign else None


def _main(page: Page, slug: str, officials: Officials | None) -> Campaign:
    """The campaign as its main file has it, with defaults in the place of what is wrong."""
    values = MAIN.read(page.root, page.findings)
    words = {name: values.pop(name) for name in _OF_A_VERSION if name in values}
    status = Status(values.pop("status", Status.DRAFT))
    _to_days(values, page)
    campaign = Campaign(slug=slug, versions={}, status=status, **values)
    if not page.findings.partial:
        check_references(campaign, page, officials)
    _check_colour(campaign.colour, page)
    several = reaches_several(campaign.to, officials)
    version = _version(page, words, MAIN_LANGUAGE, several=several)
    _proofread(page, version, campaign, officials)
    return replace(campaign, versions={MAIN_LANGUAGE: version})


def _check_colour(colour: str, page: Page) -> None:
    """Tell of a colour that only a darker shade of can be read."""
    item = page.item("colour")
    if item is None or not colour or colours.worst(colour) >= colours.READABLE:
        return
    used, found = colours.shades(colour)[0].accent, f"{colours.worst(colour):.1f}"
    message = (
        f'"colour": {quoted(colour)} is too pale to be read on light pages'
        f" (contrast {found} of {colours.READABLE})"
    )
    hint = f'{used} is used there instead: write colour = "{used}" to see it here'
    page.findings.warning(item.line, item.column, message, hint)


def _to_days(values: dict[str, Any], page: Page) -> None:
    """Moments, as Hugo writes them, become days in the campaign's time zone."""
    zone = ZoneInfo(values.get("timezone", "UTC"))
    for name in _MOMENTS:
        moment = values.get(name)
        if isinstance(moment, datetime):
            values[name] = _day(moment, zone)
    opens, closes, item = values.get("opens"), values.get("closes"), page.item("closes")
    if opens and closes and closes < opens and item:
        message = f'"closes" ({closes}) is before "opens" ({opens})'
        page.findings.error(item.line, item.column, message, "exchange or correct the dates")


def _day(moment: datetime, zone: ZoneInfo) -> date:
    if moment.tzinfo is None:
        return moment.date()
    try:
        return moment.astimezone(zone).date()
    except (OverflowError, ValueError):  # the first or last day of the calendar
        return moment.date()


def _version(page: Page, words: Mapping[str, Any], language: str, *, several: bool) -> Version:
    opened = opening(page, language, words.get("salutation"), several=several)
    return Version(
        language=language,
        title=words.get("title", ""),
        description=words.get("description", ""),
        thumbnail=words.get("thumbnail", ""),
        thumbnail_alt=words.get("thumbnail_alt", ""),
        logo=words.get("logo", ""),
        subjects=words.get("subjects", ()),
        salutation=opened.salutation,
        story=page.post.story,
        letter=opened.letter,
        fallback_message=words.get("fallback_message", ""),
        except_message=words.get("except_message", ""),
        hold_words=words.get("hold_words", ()),
        file=page.file,
        letter_line=opened.letter_line,
    )


def _proofread(
    page: Page, version: Version, campaign: Campaign, officials: Officials | None
) -> None:
    """Tell what is wrong in every template of a version."""
    findings = page.findings
    subjects = page.item("subjects")
    for item in subjects.value if subjects and isinstance(subjects.value, tuple) else ():
        proofread_value(item, findings)
    proofread_value(page.item("salutation"), findings)
    if page.item("salutation") is None:
        proofread_greeting(version.salutation, page)
    found = proofread_letter(page, version)
    if found is None or findings.partial:
        return
    roles = [role.id for role in campaign.roles]
    check_mentions(found, version.letter_line, roles, officials, findings)
    if campaign.editable != "none" and "supporter.personal" not in found.uses:
        message = "the letter has no {{ supporter.personal }}: own words will stand at its end"
        findings.note(version.letter_line, 1, message, 'or write editable = "none"')


def _translated(
    page: Page, campaign: Campaign, language: str, officials: Officials | None
) -> Campaign:
    """The campaign with one more language."""
    findings = page.findings
    words = VERSION.read(page.root, findings)
    main = campaign.version(MAIN_LANGUAGE)
    words.setdefault("thumbnail", main.thumbnail)
    words.setdefault("logo", main.logo)
    several = reaches_several(campaign.to, officials)
    version = _version(page, words, language, several=several)
    _proofread(page, version, campaign, officials)
    if findings.partial:
        return campaign
    parted = any(line.rstrip() == STARS for line in findings.lines)
    if main.story and not parted and version.letter.strip():
        message = f"all of this is sent as the letter; in {main.file} a line *** stands above it"
        hint = "write *** between the page's text and the letter"
        findings.warning(page.post.letter_line, 1, message, hint)
    return replace(
        campaign,
        versions={**campaign.versions, language: version},
        roles=translate("roles", campaign.roles, words.get("roles"), language, findings),
        organisations=translate(
            "organisations", campaign.organisations, words.get("organisations"), language, findings
        ),
        signatories=translate(
            "signatories", campaign.signatories, words.get("signatories"), language, findings
        ),
    )
