"""Taking a submission in: one transaction, after which every letter is safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import bindparam, exists, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from mailer import addresses, mails, outbox
from mailer.approvals import Edition
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Status, Supporter
from mailer.db import Store, Tx, searching
from mailer.db.ids import random_id
from mailer.db.schema import letter, submission
from mailer.outbox import NewLetter, Sender, Terms
from mailer.status import Kind, State
from mailer.submissions import aliases, asking, consents, replacing, succession
from mailer.submissions.asking import Asked
from mailer.submissions.consents import SendWording, Wording
from mailer.submissions.passage import OPEN, Door, MayMail
from mailer.submissions.preview import letters_hash, written

MOST_NAMES = 2
"""People who may share an address in one campaign before staff are asked to look."""

ALREADY_WRITTEN = "already written"
CROWDED = "many names at one address"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A submission that its supporter has approved."""

    id: str
    edition: Edition
    supporter: Supporter
    letters: tuple[MergedLetter, ...]
    recipients: tuple[Recipient, ...]
    sender: Sender
    via: str = ""
    hold: str = ""  # why staff should look before it leaves
    trial_to: str = ""
    replaces: str = ""  # the receipt of what was written with a mistyped address, and waits
    agreed: tuple[Wording, ...] = ()  # what organisations may have of them
    wording: SendWording | None = None  # what stood above the button
    edited: bool = False  # the supporter changed the letters' own text
    network: str = ""  # where it comes from; kept as a keyed hash, for a week
    left: frozenset[str] = frozenset()  # officials whose office changed hands since the approval


def accept(store: Store, draft: Draft, door: Door = OPEN) -> str:
    """Take a submission in and return the token of its receipt.

    One transaction holds the submission and all its letters. The same draft again, at once or
    years later, gives the same token and changes nothing. `door` judges what is new; raises
    OverLimit where it does.
    """
    with store.write() as tx:
        now = store.now(tx)
        key = store.pepper(tx)
        person = addresses.person_key(draft.supporter.email, draft.supporter.name, key)
        mailbox = addresses.mailbox_key(draft.supporter.email, key)
        for one in sorted({mailbox, *replacing.mailbox(tx, draft.replaces)}):
            one_at_a_time(tx, one)
        place = addresses.place_key(draft.network, key) if draft.network else ""
        token = _enter(tx, draft, person, mailbox, place, now)
        if token is None:
            known = select(submission.c.receipt).where(submission.c.id == draft.id)
            return str(tx.execute(known).scalar_one())
        consents.add(tx, draft.id, draft.agreed, now=now, wording=draft.wording)
        passage = door.judge(tx, now)
        hold = _hold(tx, draft, person, mailbox) or passage.hold
        asks = draft.edition.campaign.confirm or passage.ask
        waits = asks and draft.edition.campaign.status is Status.LIVE
        _add_letters(tx, draft, person, mailbox, hold, now, waits=waits)
        if waits:
            _ask(tx, draft, mailbox, key, now, door.may_mail)
        replacing.replace(tx, draft.replaces, draft.edition.campaign.slug, now)
    return token


def one_at_a_time(tx: Tx, mailbox: str) -> None:
    """Let nobody else count what this mailbox has, until this transaction ends."""
    if tx.dialect.name == "postgresql":  # SQLite has one writer in any case
        tx.execute(_LOCK, {"mailbox_": mailbox})


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:mailbox_, 0))")


def names_at(tx: Tx, campaign: str, mailbox: str, person: str) -> int:
    """How many other people have written to this campaign from the same mailbox."""
    values = {"campaign_": campaign, "mailbox_": mailbox, "person_": person}
    return int(tx.execute(_OTHERS, values).scalar_one())


_OTHERS = select(func.count(submission.c.person.distinct())).where(
    submission.c.mailbox == bindparam("mailbox_"),
    submission.c.campaign == bindparam("campaign_"),
    submission.c.person != bindparam("person_"),
    exists().where(letter.c.submission == submission.c.id, letter.c.person.is_not(None)),
)


def tell_already(
    tx: Tx, *, submission_id: str, mailbox: str, campaign: str, title: str, to: str,
    language: str, sender: Sender, now: float,
) -> None:  # fmt: skip
    """Tell the address, and nobody else, that this person had written before; once a campaign."""
    told = exists().where(
        letter.c.submission == submission.c.id, letter.c.kind == Kind.NOTICE,
        letter.c.campaign == campaign, submission.c.mailbox == mailbox,
        # But for the mail that asks whether the offices answered: it tells nothing.
        letter.c.created_at != func.coalesce(submission.c.asked_at, 0.0),
    )  # fmt: skip
    if tx.execute(select(told)).scalar():
        return
    subject, words = mails.already(language, title)
    outbox.post(
        tx, Kind.NOTICE, to=to, subject=subject, text=words, sender=sender, from_name=title,
        language=language, now=now, submission=submission_id, campaign=campaign,
    )  # fmt: skip


def _enter(
    tx: Tx, draft: Draft, person: str, mailbox: str, place: str, now: float
) -> str | None:  # fmt: skip
    """Insert the submission; return its receipt token, or None when it is there already."""
    who = draft.supporter
    values: dict[str, Any] = {
        "id": draft.id, "receipt": random_id(), "campaign": draft.edition.campaign.slug,
        "approval": draft.edition.approval,
        "letters_hash": letters_hash(who, draft.letters, (*draft.agreed, draft.wording)),
        "wording": draft.wording.version if draft.wording else "",
        "person": person, "mailbox": mailbox, "language": who.language, "name": who.name,
        "email": who.email, "search": f"{addresses.folded(who.name)} {who.email.casefold()}",
        "postal_code": who.postal_code, "address": who.address, "district": who.district,
        "role": who.role, "affiliation": who.affiliation, "personal": who.personal,
        "via": draft.via, "created_at": now, "edited": draft.edited,
        "network": place,
    }  # fmt: skip
    token = tx.execute(_once(tx.dialect.name), values).scalar_one_or_none()
    if token is not None:
        searching.enter(tx, [values])
    return token


@cache
def _once(dialect: str) -> ReturningInsert[str]:
    """Insert a submission unless its id is there; say the receipt's token if it was not."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(submission).on_conflict_do_nothing(index_elements=[submission.c.id])
    return statement.returning(submission.c.receipt)


def _hold(tx: Tx, draft: Draft, person: str, mailbox: str) -> str:
    """Why staff should look before the letters leave, or ""."""
    campaign = draft.edition.campaign
    if draft.hold:
        return draft.hold
    if campaign.status is Status.TRIAL and not draft.trial_to:
        return "trial without MAILER_TRIAL_TO"
    if names_at(tx, campaign.slug, mailbox, person) >= MOST_NAMES:
        return CROWDED
    return ""


def _add_letters(
    tx: Tx, draft: Draft, person: str, mailbox: str, hold: str, now: float, *, waits: bool
) -> None:  # fmt: skip
    state = State.AWAITING if waits else State.REVIEW if hold else State.QUEUED
    # Unconfirmed forms claim nothing: whoever types another's address must not block its owner.
    # Nor do trials: their letters go to staff.
    trial = draft.edition.campaign.status is Status.TRIAL
    claims = None if waits or trial else person
    new = [_kept(draft, one) for one in _new_letters(draft, state, claims, hold)]
    refused = outbox.add(tx, new, now)
    if not refused:
        return
    cancelled = [_cancelled(again) for again in refused]
    outbox.add(tx, cancelled, now)
    campaign, who = draft.edition.campaign, draft.supporter
    tell_already(
        tx, submission_id=draft.id, mailbox=mailbox, campaign=campaign.slug,
        title=campaign.version(who.language).title, to=who.email, language=who.language,
        sender=draft.sender, now=now,
    )  # fmt: skip


def _new_letters(
    draft: Draft, state: State, person: str | None, hold: str
) -> Sequence[NewLetter]:  # fmt: skip
    campaign = draft.edition.campaign
    recipients = {recipient.official: recipient for recipient in draft.recipients}
    trial = campaign.status is Status.TRIAL
    cleared = bool(draft.trial_to) if trial else draft.edition.approval is not None
    address = draft.sender.address
    return [
        NewLetter(
            kind=Kind.LETTER, state=state, actor="supporter",
            written=written(campaign, draft.supporter, merged, address),
            submission=draft.id, campaign=campaign.slug, official=merged.official,
            post=merged.post or None, person=person, reason=hold,
            terms=_terms(campaign, recipients.get(merged.official)),
            on_uncertain=campaign.uncertain, cleared=cleared,
            reply_domain=aliases.domain_for(draft.sender, draft.supporter.email),
            reply_keys=draft.sender.keys,
        )
        for merged in draft.letters
    ]  # fmt: skip


def _kept(draft: Draft, new: NewLetter) -> NewLetter:
    """A letter as it enters: held, once it might leave, where the office changed hands since."""
    if new.official not in draft.left:
        return new
    state = State.REVIEW if new.state is State.QUEUED else new.state
    reason = new.reason or succession.CHANGED
    return replace(new, state=state, reason=reason, held_for=new.official or "")


def _terms(campaign: Campaign, to: Recipient | None) -> Terms:
    """What limits this campaign's letters to one official; a trial's go to staff, at once."""
    if to is None or campaign.status is Status.TRIAL:
        return Terms()
    return Terms(pace=to.pace, hours=to.hours, timezone=to.timezone, ceiling=campaign.ceiling)


def _cancelled(new: NewLetter) -> NewLetter:
    reason = f"{ALREADY_WRITTEN}: {new.reason}" if new.reason else ALREADY_WRITTEN
    return replace(new, state=State.CANCELLED, person=None, reason=reason)


def _ask(
    tx: Tx, draft: Draft, mailbox: str, key: bytes, now: float, may: MayMail
) -> None:  # fmt: skip
    who = draft.supporter
    asked = Asked(
        submission=draft.id, mailbox=mailbox, email=who.email, language=who.language,
        campaign=draft.edition.campaign.slug,
        title=draft.edition.campaign.version(who.language).title,
    )  # fmt: skip
    asking.ask(tx, asked, draft.sender, key, now, may)
