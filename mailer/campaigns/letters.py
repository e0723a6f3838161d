"""The merge: one campaign, one official, one supporter, one letter. And the rehearsal of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mailer import addresses
from mailer.campaigns import closing, templates
from mailer.campaigns.templates import LetterError
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Supporter, Version
from mailer.campaigns.words import Words, words
from mailer.errors import MergeError
from mailer.officials.values import say
from mailer.problems import Problem, Severity

LONGEST_SUBJECT = 250
READABLE_SUBJECT = 100  # what mail programs still show of one
_SPACE = re.compile(r"[ \t\n]+")
_OWN_WORDS = "Words of my own."


def merge(
    campaign: Campaign, recipient: Recipient, supporter: Supporter, *, url: str = ""
) -> MergedLetter:
    """The letter exactly as the supporter approves it and the official gets it.

    Raises MergeError. What the supporter typed is set in as it is, and never read as a template.
    """
    version = campaign.version(_language(campaign, recipient, supporter))
    language = version.language
    spoken = words(campaign, recipient, supporter, language, url)
    to_name = f"{say(recipient.honorific, language)} {recipient.name}"
    return MergedLetter(
        official=recipient.official,
        post=recipient.post,
        to_name=_heading(to_name, "the official's name"),
        to_address=recipient.email,
        language=language,
        subject=_subject(campaign, version, supporter, spoken),
        salutation=_heading(templates.render(version.salutation, spoken), "the salutation"),
        body=_body(version, supporter, spoken),
    )


def _language(campaign: Campaign, recipient: Recipient, supporter: Supporter) -> str:
    """The letter's language: the supporter's, or the office's where the campaign says so."""
    if campaign.letter_language == "official" and recipient.language in campaign.versions:
        return recipient.language
    return supporter.language


def _heading(text: str, what: str) -> str:
    """One line fit for a mail header."""
    text = _SPACE.sub(" ", text).strip()
    reason = addresses.hostile(text)
    if reason:
        raise MergeError(f"{what} holds what may not stand in a mail header ({reason})")
    return text


def _subject(campaign: Campaign, version: Version, supporter: Supporter, spoken: Words) -> str:
    """One of the version's subjects, the same for a mailbox whenever and however often it asks."""
    if not version.subjects:
        return _heading(version.title, "the title")
    who = f"{addresses.mailbox(supporter.email)}\n{campaign.slug}".encode()
    chosen = int.from_bytes(hashlib.sha256(who).digest()[:8]) % len(version.subjects)
    text = _heading(templates.render(version.subjects[chosen], spoken), "the subject")
    if not text or len(text) > LONGEST_SUBJECT:
        raise MergeError(f"the subject has {len(text)} characters, not 1 to {LONGEST_SUBJECT}")
    return text


def _body(version: Version, supporter: Supporter, spoken: Words) -> str:
    """The letter and the closing block; own words the letter has no place for stand between."""
    try:
        letter = templates.render(version.letter, spoken)
    except LetterError as error:
        raise LetterError(error.line + version.letter_line - 1, str(error)) from None
    asks = "supporter.personal" in templates.checked(version.letter).uses
    own = "" if asks else supporter.personal.strip("\n")
    return "\n\n".join(filter(None, (letter, own, closing.block(supporter, version.language))))


def check(
    campaign: Campaign, recipients: Sequence[Recipient], *, vacant: Sequence[str] = ()
) -> tuple[Problem, ...]:
    """Merge once for every official, language and role; what fails or reads badly.

    `vacant` names the posts in `to` that nobody holds today: their letters would go nowhere.
    """
    main = next(iter(campaign.versions.values()))
    if not recipients and not main.fallback_message:
        message = "today nobody would get this letter"
        hint = "check `to`, and who holds those posts in officials.yaml"
        return (Problem(file=main.file, message=message, suggestion=hint),)
    found: dict[tuple[str, int, str], Problem] = {}
    for post in vacant:
        message = f"today nobody holds the post {post}: it gets no letter"
        hint = "see its dates in officials.yaml"
        found[post, 0, ""] = Problem(
            file=main.file, message=message, suggestion=hint, severity=Severity.WARNING
        )
    for recipient in recipients:
        for version in campaign.versions.values():
            for problem in _rehearse(campaign, recipient, version):
                found.setdefault((problem.file, problem.line, problem.message), problem)
    return tuple(found.values())


def _rehearse(campaign: Campaign, recipient: Recipient, version: Version) -> Iterator[Problem]:
    one = replace(campaign, letter_language="supporter")
    for supporter in _rehearsing(campaign, version.language):
        try:
            letter = merge(one, recipient, supporter, url="https://campaign.example/")
        except MergeError as error:
            line = error.line if isinstance(error, LetterError) else 0
            whom = f"{recipient.official}, {version.language}, {supporter.role or 'no role'}"
            yield Problem(file=version.file, line=line, message=f"{error} (for {whom})")
        else:
            yield from _read_over(letter, supporter, version)


def _rehearsing(campaign: Campaign, language: str) -> Iterator[Supporter]:
    """Supporters of every role, one who says everything and one who says only what is needed."""
    for role in ("", *(role.id for role in campaign.roles)):
        shy = Supporter(name="Ann Example", email="ann@supporter.example", role=role)
        yield replace(shy, language=language)
        yield replace(
            shy,
            language=language,
            personal=_OWN_WORDS,
            affiliation="Example College",
            postal_code="A1A 1A1",
            district="Example North",
            address="1 Example Street",
        )


def _read_over(letter: MergedLetter, supporter: Supporter, version: Version) -> Iterator[Problem]:
    """What a careful reader would strike out of a merged letter."""
    subject = letter.subject
    role = supporter.role or "no role"
    said = " ".join(letter.body.split()).casefold()
    findings = (
        (
            supporter.personal.casefold() not in said,
            f"the supporter's own words are left out for {role}",
        ),
        (len(subject) > READABLE_SUBJECT, f"a subject has {len(subject)} characters: {subject}"),
        (len(subject) > 5 and subject.isupper(), f"a subject is all in capitals: {subject}"),
        ("http://" in letter.body, "a link in the letter is not https"),
    )
    for is_so, message in findings:
        if is_so:
            yield Problem(file=version.file, message=message, severity=Severity.WARNING)
