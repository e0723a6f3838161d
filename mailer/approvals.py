"""What staff approved: the files a campaign was made from, as they stood when it went live.

With a transport that really sends, a live campaign is shown and sent from its approval alone:
later edits of the files wait until somebody approves them too.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import insert, select

from mailer import audit
from mailer.campaigns.library import LETTERS, Content, read_content
from mailer.campaigns.reach import Reach, compare
from mailer.campaigns.values import Campaign, Status
from mailer.db import Store, Tx
from mailer.db.ids import event_id
from mailer.db.schema import approval
from mailer.errors import MailerError
from mailer.officials.values import Officials

COMMAND_LINE = "command line"
"""Who approves by a command."""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One act of approving: the texts of all files the campaign is made from."""

    id: str
    campaign: str
    files: Mapping[str, str]
    actor: str
    at: float


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A campaign with its officials as they may be shown and sent now."""

    campaign: Campaign
    officials: Officials
    approval: str | None = None  # None: straight from the files


def edition(
    store: Store, content: Content, slug: str, *, approval_needed: bool
) -> Edition | None:  # fmt: skip
    """What may be shown of a campaign; None when there is nothing by that name.

    `approval_needed` says that the transport really sends: then a live campaign that nobody has
    approved does not exist for visitors, and an approved one is what was approved. A campaign
    that the files have closed or taken back to draft or trial is so at once.
    """
    campaign = content.campaigns.get(slug)
    if campaign is not None and (not approval_needed or campaign.status is not Status.LIVE):
        return Edition(campaign=campaign, officials=content.officials)
    known = any(name.startswith(f"{LETTERS}/{slug}.") for name in content.files)
    if not approval_needed or not known:
        return None
    found = latest(store, slug)
    return None if found is None else _parsed(found.id, json.dumps(dict(found.files)), slug)


def as_approved(store: Store, approval_id: str, slug: str) -> Edition | None:
    """A campaign as this approval has it, whatever was approved since; None when it has none."""
    with store.read() as tx:
        files = select(approval.c.files).where(approval.c.id == approval_id)
        found = tx.execute(files).scalar_one_or_none()
    return None if found is None else _parsed(approval_id, found, slug)


def latest(store: Store, slug: str) -> Approval | None:
    """The newest approval of a campaign, or None."""
    with store.read() as tx:
        row = tx.execute(
            select(approval)
            .where(approval.c.campaign == slug)
            .order_by(approval.c.at.desc(), approval.c.id.desc())
            .limit(1)
        ).one_or_none()
    if row is None:
        return None
    return Approval(
        id=row.id, campaign=row.campaign, files=json.loads(row.files), actor=row.actor, at=row.at
    )


def approve(store: Store, content: Content, slug: str, *, actor: str) -> str:
    """Store the campaign's files as approved, and return the approval's id.

    Approving again what is approved already changes nothing. Raises MailerError for a campaign
    that has problems or is not live.
    """
    campaign = content.campaigns.get(slug)
    if campaign is None:
        raise MailerError(f"there is no working campaign {slug}: run `mailer check`")
    if campaign.status is not Status.LIVE:
        raise MailerError(
            f'the campaign {slug} is {campaign.status}: set status = "live" in its file first'
        )
    files = _stored(content, slug)
    sha256 = digest(content, slug)
    with store.write() as tx:
        newest = _newest(tx, slug)
        if newest is not None and newest[1] == sha256:
            return newest[0]
        now = store.now(tx)
        values = {
            "id": event_id(now), "campaign": slug, "files": files, "sha256": sha256,
            "actor": actor, "at": now,
        }  # fmt: skip
        tx.execute(insert(approval).values(values))
        who = audit.COMMAND if actor == COMMAND_LINE else actor.removeprefix("staff:")
        audit.record(
            tx, now=now, actor=who, act="campaign.approve", subject=slug, approval=str(values["id"])
        )
    return str(values["id"])


def digest(content: Content, slug: str) -> str:
    """A hash of all that a campaign is made from: whoever approves, approves exactly that."""
    return hashlib.sha256(_stored(content, slug).encode()).hexdigest()


def _stored(content: Content, slug: str) -> str:
    return json.dumps(content.files_of(slug), sort_keys=True, ensure_ascii=False)


def pending(store: Store, content: Content, slug: str) -> tuple[str, ...]:
    """The difference between what is approved and the files now, line by line; empty: none."""
    found = latest(store, slug)
    before = found.files if found else {}
    after = content.files_of(slug)
    lines: list[str] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        lines += difflib.unified_diff(
            old, new, f"{name} (approved)", f"{name} (now)", lineterm="", n=1
        )
    return tuple(lines)


def _newest(tx: Tx, slug: str) -> tuple[str, str] | None:
    row = tx.execute(
        select(approval.c.id, approval.c.sha256)
        .where(approval.c.campaign == slug)
        .order_by(approval.c.at.desc(), approval.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.id, row.sha256)


def reaches(found: Approval | None, content: Content, slug: str, *, now: float) -> Reach:
    """Who would get the campaign's letters once the files are approved, and who no longer would."""
    before = read_content(found.files) if found else Content()
    campaign = content.campaigns[slug]
    return compare(
        campaign, before.officials, content.officials, campaign.today(now),
        was=before.campaigns.get(slug),
    )  # fmt: skip


@lru_cache(maxsize=64)
def _parsed(approval_id: str, files: str, slug: str) -> Edition | None:
    content = read_content(json.loads(files))
    campaign = content.campaigns.get(slug)
    if campaign is None:
        return None
    return Edition(campaign=campaign, officials=content.officials, approval=approval_id)
