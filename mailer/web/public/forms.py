"""The supporter's form: its fields, and what was typed, kept whatever is wrong with it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import current_app
from werkzeug.datastructures import MultiDict

from mailer import addresses, review
from mailer.campaigns.values import Campaign, Recipient, Supporter
from mailer.districts.codes import CodeError, bare
from mailer.errors import FieldError
from mailer.submissions import new_id
from mailer.web import private
from mailer.web.fields import BODY, Asked, Field, asked, texts
from mailer.web.i18n import gettext, mark, number
from mailer.web.public import consents, postal
from mailer.web.public.places import Place

OFFICIALS = "officials"
ANSWERED_FOR = "district_for"  # the postal code that the question about the district was about
ELSEWHERE = "elsewhere"  # pressed to choose another district
REPLACES = "replaces"
TEXTS_FOR = "body_for"
HONEYPOT = "website"  # people never see it; what fills every field of a form gives itself away
LONGEST_DRAFT = 64
MOST_COMPOSED = 4
"""Characters that become one, at most, when text is composed (NFC): more than a field's limit
times this is too long however it is read."""

# Said in text, so that nobody has to guess; %(limit)s is the field's own.
_HIDDEN = mark("%(label)s: there is a hidden character after “%(before)s”. Delete it there.")
_HIDDEN_FIRST = mark("%(label)s: it begins with a hidden character. Delete it and type again.")
_CODE = mark("%(label)s: remove “=?”, which mail programs read as code.")
_LONG = mark("%(label)s: shorten it to %(limit)s characters; it has %(count)s.")


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A form as it came in: what was typed, whatever it was; `supporter` when all is well."""

    typed: Mapping[str, str] = field(default_factory=dict)  # every field asked for, by name
    texts: tuple[str, ...] = ()  # the letters' own text, where the supporter changed it
    texts_for: str = ""  # the key of the outline that was changed
    chosen: tuple[str, ...] = ()
    draft: str = ""  # made with the form: see signing
    via: str = ""
    replaces: str = ""  # the receipt of what was written with a mistyped address
    consents: tuple[str, ...] = ()  # the organisations that may have their details
    honeypot: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    supporter: Supporter | None = None
    recipients: tuple[Recipient, ...] = ()
    likely_email: str = ""  # what was probably meant, where the domain looks mistyped
    # Of campaigns whose supporters write to their own district's officials:
    code: str = ""  # the postal code, cleaned
    answered_for: str | None = None  # the code for which the district was asked; None: it was not
    elsewhere: bool = False  # the supporter wants to choose another district than was found
    place: Place | None = None
    offered: tuple[Recipient, ...] = ()  # the officials of the district

    @property
    def blank(self) -> bool:
        """True when nothing was typed at all."""
        return not any(self.typed.values()) and not any(self.texts)

    @property
    def asking(self) -> bool:
        """True when nothing is wrong, and the district is all that is still to be known."""
        return bool(self.place and self.place.new and set(self.errors) == {"district"})

    @property
    def code_for_answer(self) -> str:
        """The postal code for which an answer about the district will be given."""
        return bare(self.code)

    def with_error(self, name: str, text: str) -> Filled:
        """The same form with one more thing wrong."""
        return replace(self, errors={**self.errors, name: text}, supporter=None)

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Everything typed, as names and values to be posted again."""
        always = (
            ("draft", self.draft), ("via", self.via), (REPLACES, self.replaces),
            (TEXTS_FOR, self.texts_for), (HONEYPOT, self.honeypot),
        )  # fmt: skip
        chosen = tuple((OFFICIALS, official) for official in self.chosen)
        asked = () if self.answered_for is None else ((ANSWERED_FOR, self.answered_for),)
        some = (*((BODY.name, text) for text in self.texts), *consents.fields(self.consents))
        return (*self.typed.items(), *chosen, *asked, *some, *((k, v) for k, v in always if v))


def blank(campaign: Campaign, organisation: str, draft: str = "") -> Filled:
    """An empty form, of somebody whom `organisation`'s link may have brought."""
    typed = dict.fromkeys(asked(campaign), "")
    return Filled(typed=typed, draft=draft or new_id(), via=via(campaign, organisation))


def read(
    campaign: Campaign,
    offered: Sequence[Recipient],
    form: MultiDict[str, str],
    language: str,
    *,
    strict: bool = False,
) -> Filled:
    """Everything of a posted form, judged; nothing typed is lost, whatever is wrong.

    With `strict` the postal code has to be a Canadian one. Whom supporters of their own district
    write to is not known yet: see mailer.web.where.
    """
    fields = asked(campaign)
    typed = {name: form.get(name, "") for name in fields}
    chosen = tuple(dict.fromkeys(form.getlist(OFFICIALS)))
    clean: dict[str, str] = {}
    recipients, wrong = ((), "") if campaign.to.own else pick(campaign, offered, chosen)
    errors = {OFFICIALS: wrong} if wrong else {}
    for name, one in fields.items():
        try:
            clean[name] = _clean(one, typed[name], campaign, strict=strict)
        except FieldError as error:
            errors[name] = explain(one.field, typed[name], error)
    return Filled(
        typed=typed,
        texts=texts(form.getlist(BODY.name)) if campaign.editable == BODY.name else (),
        texts_for=form.get(TEXTS_FOR, "")[:LONGEST_DRAFT],
        chosen=chosen,
        draft=form.get("draft", "")[:LONGEST_DRAFT] or new_id(),
        via=via(campaign, form.get("via", "")),
        replaces=_receipt(form.get(REPLACES, "")),
        consents=consents.read(campaign, form),
        honeypot=form.get(HONEYPOT, "")[:100],
        errors=errors,
        supporter=None if errors else Supporter(language=language, districts={}, **clean),
        recipients=recipients,
        likely_email=addresses.likely(clean.get("email", "")),
        code=clean.get("postal_code", ""),
        answered_for=form.get(ANSWERED_FOR, type=bare_code),
        elsewhere=ELSEWHERE in form,
    )


def bare_code(text: str) -> str:
    """The hidden postal code of a question; it is only ever compared."""
    return bare(text[:LONGEST_DRAFT])


def _receipt(token: str) -> str:
    return token if private.is_id(token) else ""


def via(campaign: Campaign, organisation: str) -> str:
    """The organisation whose link brought somebody here, if the campaign has it."""
    known = {one.id for one in campaign.organisations}
    return organisation if organisation in known else ""


def _clean(one: Asked, typed: str, campaign: Campaign, *, strict: bool) -> str:
    name = one.field.name
    _refuse_very_long(one.field, typed)
    if name == "email":
        if _hides(typed.strip()):
            raise FieldError("format", "holds invisible characters")
        return _address(addresses.parse(typed), campaign)
    if one.field.lines > 1:
        text = paragraphs(one.field, typed)
    else:
        text = addresses.line(typed.rstrip("\r\n"), one.field.longest)
    if one.required and not text.strip():
        raise FieldError("missing", "is empty")
    if name == "role" and text and campaign.role(text) is None:
        raise FieldError("missing", "is not one of the roles")
    return postal.read(text, strict=strict) if name == "postal_code" else text


def _address(email: str, campaign: Campaign) -> str:
    if campaign.disposable == "refuse" and review.is_thrown_away(addresses.domain(email)):
        raise FieldError("disposable", "is of a mailbox that ends within hours")
    return email


def paragraphs(one: Field, typed: str) -> str:
    """Typed text of several lines, cleaned; raises FieldError."""
    _refuse_very_long(one, typed)
    return addresses.paragraphs(_visible(typed), one.longest)


def _refuse_very_long(one: Field, typed: str) -> None:
    """Composing is quadratic in combining marks: 100,000 of them take seconds."""
    if len(typed.strip()) > MOST_COMPOSED * one.longest:
        raise FieldError("long", f"is longer than {one.longest} characters")


# Soft hyphens and zero-width spaces come along when text is pasted from a page, and say nothing.
_SILENT = str.maketrans("", "", "\u00ad\u200b\u2060\ufeff")


def _visible(text: str) -> str:
    return text.translate(_SILENT)


def explain(one: Field, typed: str, error: FieldError) -> str:
    """An error in the reader's words: what to do, at which place."""
    if isinstance(error, CodeError):
        return postal.say(error)
    label = gettext(one.label)
    text = typed.replace("\r\n", "\n").strip() if one.lines > 1 else typed.strip()
    if error.code == "missing":
        return gettext(one.missing)
    if error.code == "email-at":
        return gettext("Enter an email address with an @ sign, like name@example.com")
    if error.code == "email":
        return gettext("Enter an email address in the form name@example.com")
    if error.code == "disposable":
        return gettext("Enter an email address you will keep: an office's answer may take weeks")
    if error.code == "encoded-word":
        return gettext(_CODE, label=label)
    if error.code == "long" or len(text) > one.longest:
        limit, count = number(one.longest), number(len(text))
        return gettext(_LONG, label=label, limit=limit, count=count)
    before = _before_hidden(_visible(text).replace("\n", " ") if one.lines > 1 else typed)
    return gettext(_HIDDEN if before else _HIDDEN_FIRST, label=label, before=before)


def _before_hidden(text: str) -> str:
    """The few words before the first character that nobody can see."""
    text = text.replace("\t", " ")
    lengths = range(len(text))
    shown = bisect_left(lengths, True, key=lambda length: _hides(text[: length + 1]))
    return " ".join(text[:shown].split())[-30:]


def _hides(text: str) -> bool:
    return addresses.hostile(text) in {"control", "format"}


def pick(
    campaign: Campaign, offered: Sequence[Recipient], chosen: Sequence[str]
) -> tuple[tuple[Recipient, ...], str]:
    """The recipients to write to, and what is wrong with the choice, or "".

    Ids not on offer are refused even where all get the letter: the organizer alone decides.
    """
    known = {recipient.official for recipient in offered}
    if not set(chosen) <= known:
        current_app.logger.warning("campaign %s: an official it does not offer", campaign.slug)
        return (), gettext("Choose among the people listed here")
    if campaign.choose == "all":
        return tuple(offered), ""
    picked = tuple(recipient for recipient in offered if recipient.official in chosen)
    if not picked:
        return (), gettext("Choose who you want to write to")
    if campaign.choose == "one" and len(picked) > 1:
        return (), gettext("Choose one person to write to")
    return picked, ""
