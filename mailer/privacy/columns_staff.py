"""The tables of staff, offices and the program itself, column by column."""

from __future__ import annotations

from collections.abc import Mapping

from mailer.i18n import mark
from mailer.privacy.topics import ACTS, NUMBERS, OFFICE, OURS, STAFF
from mailer.privacy.values import Column, Ends, Erasing, Told, Topic

Columns = Mapping[str, Column]


def _own(label: str = "", *, ends: Ends = Ends.ACCOUNT, why: str = "") -> Column:
    """Of somebody who may sign in: it goes with the account, once that was shut."""
    return Column(
        topic=STAFF, ends=ends, erasing=Erasing.ROW, told=Told.YES if label else Told.NO,
        label=label, why=why,
    )  # fmt: skip


def _all(topic: Topic, why: str, *names: str, ends: Ends | None = None) -> Columns:
    """Columns that tell of no supporter, all in the same way."""
    one = Column(
        topic=topic, ends=ends or topic.ends, erasing=Erasing.KEEP, told=Told.NO, why=why
    )  # fmt: skip
    return dict.fromkeys(names, one)


_OF_OURS = "nobody's"
_SECRET = "never told, not even to their owner"  # noqa: S105 - why it is not told
_IDS = "the id of an account, or a word of ours"

ACCOUNT: Columns = {
    "id": _own(mark("Account")),
    "email": _own(mark("Email address")),
    "name": _own(mark("Name")),
    "role": _own(mark("Role")),
    "organisation": _own(mark("Organisation")),
    "campaigns": _own(mark("Campaigns")),
    "password": _own(why=f"a hash (Argon2id), {_SECRET}"),
    "totp": _own(why=_SECRET),
    "totp_new": _own(why=_SECRET),
    "totp_used": _own(why=_SECRET),
    "created_at": _own(mark("Since")),
    "disabled_at": _own(mark("Shut")),
}
ACCOUNT_TOKEN: Columns = {
    "hash": _own(ends=Ends.SESSION, why=f"of a link that was mailed, {_SECRET}"),
    "account": _own(ends=Ends.SESSION),
    "purpose": _own(ends=Ends.SESSION),
    "expires_at": _own(ends=Ends.SESSION),
}
STAFF_SESSION: Columns = {
    "hash": _own(ends=Ends.SESSION, why=_SECRET),
    "account": _own(ends=Ends.SESSION),
    "created_at": _own(mark("Signed in"), ends=Ends.SESSION),
    "seen_at": _own(mark("Last seen"), ends=Ends.SESSION),
    "browser": _own(mark("Browser"), ends=Ends.SESSION),
}
RECOVERY_CODE: Columns = {
    "hash": _own(why=_SECRET),
    "account": _own(),
    "used_at": _own(),
}
_AUDIT = ("number", "at", "actor", "act", "subject", "count", "details", "previous", "hash")

TABLES: Mapping[str, Columns] = {
    "account": ACCOUNT,
    "account_token": ACCOUNT_TOKEN,
    "staff_session": STAFF_SESSION,
    "recovery_code": RECOVERY_CODE,
    "audit_entry": _all(ACTS, "ids alone: whose they are goes with what they name", *_AUDIT),
    "audit_head": _all(OURS, _OF_OURS, "id", "number", "hash"),
    "approval": {
        **_all(OFFICE, "the campaign's files", "id", "campaign", "files", "sha256", "at"),
        **_all(ACTS, _IDS, "actor"),
    },
    "queue": _all(
        OFFICE, "an office's", "id", "campaign", "official", "mailbox", "domain", "hours",
        "timezone", "opens_at", "closes_at", "ceiling", "served_at",
    ),
    "lane": {
        **_all(
            OFFICE, "an office's, or a mail server's", "id", "pace_count", "pace_seconds",
            "burst", "full_at", "day_most", "day_count", "day_ends", "first_at", "closed_until",
            "failures", "paused", "since",
        ),
        **_all(OURS, "a server's words without addresses, or why staff paused it", "reason"),
        **_all(ACTS, _IDS, "actor"),
    },
    "alert": _all(
        OURS, "counts and offices, without names", "id", "at", "subject", "text", "tries", "due_at"
    ),
    "alarm": _all(OURS, _OF_OURS, "campaign", "cause", "since", "until", "told_at"),
    "campaign_life": _all(OURS, _OF_OURS, "campaign", "closed_at", "notice", "notice_of"),
    "bulk": {
        **_all(
            OURS, "numbers, and a filter without names; a district is in it until the act is over",
            "id", "act", "wanted", "state", "created_at", "finished_at", "total", "looked_at",
            "changed", "place", "undoes",
        ),
        **_all(ACTS, _IDS, "actor"),
    },
    "letter_count": _all(NUMBERS, "counts", "kind", "campaign", "official", "state", "count"),
    "people_count": _all(NUMBERS, "counts", "facet", "value", "campaign", "count"),
    "written_count": _all(
        NUMBERS, "counts, by words of the organizers alone: what somebody typed is not named",
        "facet", "value", "campaign", "count",
    ),
    "tally": _all(NUMBERS, "counts", "name", "day", "count"),
    "district_lookup": _all(
        OURS, "what a service said of a postal code; whose it is stands nowhere", "code",
        "boundaries", "found_at", ends=Ends.YEAR,
    ),
    "service": _all(OURS, _OF_OURS, "name", "full_at", "failures", "closed_until"),
    "meta": _all(
        OURS, "notes of the program's own; the code of an address for seconds while somebody"
        " looks for receipts, and for two days after an erasure", "name", "value",
    ),
}  # fmt: skip
