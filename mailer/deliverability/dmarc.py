"""DMARC (RFC 7489): what the domain asks receivers to do, and whether our mail would pass."""

from __future__ import annotations

from collections.abc import Iterator

from mailer.deliverability import providers
from mailer.deliverability.names import Names
from mailer.deliverability.signatures import tags
from mailer.deliverability.values import Sender
from mailer.problems import Finding, Record

WHAT = "DMARC"
POLICIES = {
    "none": "receivers only report",
    "quarantine": "what fails goes to junk",
    "reject": "what fails is refused",
}


def look(sender: Sender, names: Names) -> Iterator[Finding]:
    """The record that counts for the From domain; raises Unanswered."""
    home, there = _nearest(sender.domain, names)
    if not there:
        yield Finding(
            level="warn", what=WHAT,
            found=f"{sender.domain} has no DMARC record: large receivers ask senders for one",
            repair="publish one; once its reports show that all is well, raise p= to quarantine",
            publish=_record(sender, home),
        )  # fmt: skip
    elif len(there) > 1:
        yield Finding(
            level="fail", what=WHAT, found=f"_dmarc.{home} has {len(there)} records: none counts",
            repair="keep one of them",
        )  # fmt: skip
    else:
        yield from _judged(sender, names, home, there[0])


def _nearest(domain: str, names: Names) -> tuple[str, tuple[str, ...]]:
    """The records of the domain or of the next one above it, and where they are.

    Going up label by label needs no list of public suffixes; it ends below the top level.
    """
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        place = ".".join(labels[start:])
        found = [one for one in names.texts(f"_dmarc.{place}") if tags(one).get("v") == "DMARC1"]
        if found:
            return place, tuple(found)
    return domain, ()


def _record(sender: Sender, home: str, policy: str = "none") -> Record:
    to = sender.report_to or f"postmaster@{sender.domain}"
    return Record(name=f"_dmarc.{home}", kind="TXT", value=f"v=DMARC1; p={policy}; rua=mailto:{to}")


def _judged(sender: Sender, names: Names, home: str, record: str) -> Iterator[Finding]:
    found = tags(record)
    own = home == sender.domain
    policy = found.get("p", "") if own else found.get("sp", found.get("p", ""))
    policy = policy.lower()
    if policy not in POLICIES:
        yield Finding(
            level="fail", what=WHAT, found=f"_dmarc.{home}: its policy cannot be read: {record}",
            repair="replace the record", publish=_record(sender, home),
        )  # fmt: skip
        return
    for_whom = "" if own else f" for {sender.domain} by {'sp' if 'sp' in found else 'p'}"
    yield Finding(
        level="ok", what=WHAT,
        found=f"_dmarc.{home}: {policy}{for_whom}, {POLICIES[policy]}" + _share(found),
    )  # fmt: skip
    yield from _aligned(sender, home, found, policy)
    yield from _reports(sender, names, home, record)


def _share(found: dict[str, str]) -> str:
    return f" (pct={found['pct']}: for a part of the mail only)" if "pct" in found else ""


def _aligned(sender: Sender, home: str, found: dict[str, str], policy: str) -> Iterator[Finding]:
    """SPF counts for DMARC only where the envelope's domain belongs to the From domain."""
    if sender.roads and not any(road.by_smtp for road in sender.roads):
        return  # the envelope is the provider's: its signature is what counts
    strict = found.get("aspf", "r") == "s"
    same = sender.envelope == sender.domain
    near = sender.envelope == home or sender.envelope.endswith(f".{home}")
    if same or (near and not strict):
        return
    signed = bool(sender.keys) or any(map(providers.of, sender.roads))
    why = "aspf=s asks for the very same domain" if near else "it is another domain"
    yield Finding(
        level="ok" if signed else "fail" if policy != "none" else "warn", what=WHAT,
        found=f"SPF of {sender.envelope} does not count for {sender.domain}: {why};"
        " DKIM has to pass", repair="" if signed else "sign: set MAILER_DKIM_KEY",
    )  # fmt: skip


def _reports(sender: Sender, names: Names, home: str, record: str) -> Iterator[Finding]:
    rua = tags(record).get("rua", "")
    targets = [one.partition("!")[0] for one in rua.split(",") if one]
    if not targets:
        to = sender.report_to or f"postmaster@{sender.domain}"
        whole = f"{record.rstrip('; ')}; rua=mailto:{to}"
        yield Finding(
            level="warn", what=WHAT, found=f"_dmarc.{home}: nobody gets the reports",
            repair="replace the record",
            publish=Record(name=f"_dmarc.{home}", kind="TXT", value=whole),
        )  # fmt: skip
    for target in targets:
        other = target.rpartition("@")[2].lower()
        if other == home or other.endswith(f".{home}") or home.endswith(f".{other}"):
            continue
        consent = f"{home}._report._dmarc.{other}"
        if not any(tags(one).get("v") == "DMARC1" for one in names.texts(consent)):
            yield Finding(
                level="warn", what=WHAT, found=f"{other} has not agreed to take reports on {home}",
                repair=f"have {other} publish this, or send the reports to an address of your own",
                publish=Record(name=consent, kind="TXT", value="v=DMARC1"),
            )  # fmt: skip
