"""SPF as the doctor sees it: whether those who carry our mail may, and the record that says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailer.deliverability import providers, spf
from mailer.deliverability.names import Names
from mailer.deliverability.values import Road, Sender
from mailer.problems import Finding, Level, Record

WHAT = "SPF"
ENDS: dict[str, tuple[Level, str]] = {
    "+": ("fail", "its record lets the whole world send"),
    "?": ("warn", "its record does not say what others may not do"),
    "": ("warn", "its record does not say what others may not do"),
}
"""Ends of a record that protect nobody, by the qualifier of `all`."""


def look(sender: Sender, names: Names) -> Iterator[Finding]:
    """The SPF record of each domain that bounces go to, and what it lacks; raises Unanswered."""
    roads: dict[str, list[Road]] = {}
    for road in sender.roads:
        roads.setdefault(_envelope(road, sender), []).append(road)
    for domain, its in (roads or {sender.envelope: []}).items():
        yield from _of(domain, its, names)
    yield from _bounces(sender, names)


def _envelope(road: Road, sender: Sender) -> str:
    """The domain that a server asks SPF about. Providers with an API choose it themselves."""
    if road.by_smtp:
        return sender.envelope
    provider = providers.of(road)
    return (provider and provider.own_place and road.host) or sender.domain


def _of(domain: str, roads: list[Road], names: Names) -> Iterator[Finding]:
    there = spf.records(names, domain)
    wanted = [part for road in roads for part in _wanted(road, names)]
    if len(there) > 1:
        yield Finding(
            level="fail", what=WHAT, found=f"{domain} has {len(there)} SPF records: none counts",
            repair="replace them by this one", publish=_record(domain, _merged(there)),
        )  # fmt: skip
    elif there:
        yield from _judged(domain, roads, names, there[0])
    elif wanted:
        fresh = " ".join([spf.VERSION, *dict.fromkeys(wanted), "~all"])
        yield Finding(
            level="fail", what=WHAT, found=f"{domain} has no SPF record: any server may say it is",
            repair="publish one", publish=_record(domain, fresh),
        )  # fmt: skip
    else:
        yield _needless(domain, roads)


def _record(domain: str, value: str) -> Record:
    return Record(name=domain, kind="TXT", value=value)


def _needless(domain: str, roads: list[Road]) -> Finding:
    """No record, and nobody whom we could name in one."""
    own = [provider.name for road in roads if (provider := providers.of(road))]
    if own:
        names = ", ".join(dict.fromkeys(own))
        found = f"{domain} has no SPF record; {names} answers for bounces with its own domain"
        return Finding(level="ok", what=WHAT, found=found)
    return Finding(
        level="warn", what=WHAT, found=f"{domain} has no SPF record",
        repair="publish one with the address that your server sends from: put it in the place of"
        " 192.0.2.1", publish=_record(domain, f"{spf.VERSION} ip4:192.0.2.1 ~all"),
    )  # fmt: skip


def _merged(records: tuple[str, ...]) -> str:
    """One record that lets through what either did; the milder end of the two."""
    terms = dict.fromkeys(term for record in records for term in record.split()[1:])
    milder = "-all" if all("-all" in record.lower().split() for record in records) else "~all"
    return " ".join([spf.VERSION, *_without_all(terms), milder])


def _judged(domain: str, roads: list[Road], names: Names, record: str) -> Iterator[Finding]:
    walk = spf.walk(names, domain, record)
    broken = list(_broken(walk))
    for found, repair in broken:
        yield Finding(level="fail", what=WHAT, found=f"{domain}: {found}", repair=repair)
    if broken:
        return  # one thing after the other: what it lets through is looked at when it counts
    lacking = list(_lacking(roads, names, walk))
    whole = _record(domain, _corrected(record, [part for _, found in lacking for part in found]))
    if end := ENDS.get(walk.last):
        level, found = end
        yield Finding(
            level=level, what=WHAT, found=f"{domain}: {found}: {record}",
            repair="replace the record", publish=whole,
        )  # fmt: skip
    elif lacking:
        who = ", ".join(name for name, _ in lacking)
        yield Finding(
            level="warn", what=WHAT,
            found=f"{domain}: its record does not let {who} send: {record}",
            repair="replace the record; where the server is somebody else's, they say what to add",
            publish=whole,
        )  # fmt: skip
    else:
        count = f"{walk.lookups} of {spf.MOST_LOOKUPS} lookups"
        yield Finding(level="ok", what=WHAT, found=f"{domain}: {record} ({count})")


def _corrected(record: str, parts: list[str]) -> str:
    """The record with more parts in it, and with an end that means something."""
    kept = _without_all(record.split())
    end = "-all" if "-all" in record.lower().split() else "~all"
    if any(term.lower().startswith("redirect=") for term in kept):
        return " ".join([kept[0], *parts, *kept[1:]])
    return " ".join([*kept, *dict.fromkeys(parts), end])


def _without_all(terms: Iterable[str]) -> list[str]:
    return [term for term in terms if term.lower().lstrip("+-~?") != "all"]


def _broken(walk: spf.Walk) -> Iterator[tuple[str, str]]:
    """Why receivers drop the whole record, and what to do."""
    for fault in walk.faults:
        yield f"{fault}: receivers drop the whole record", "correct or remove that part"
    if walk.lookups > spf.MOST_LOOKUPS:
        yield (
            f"its record asks for {walk.lookups} lookups; receivers stop at {spf.MOST_LOOKUPS}",
            "take out includes that no longer send for you, or name addresses by ip4:",
        )
    elif walk.void > spf.MOST_VOID:
        yield (
            f"{walk.void} of the names in its record lead nowhere; receivers stop at"
            f" {spf.MOST_VOID + 1}",
            "take those parts out",
        )


def _lacking(
    roads: list[Road], names: Names, walk: spf.Walk
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Those who carry our mail and are not let through, with the parts that would do it."""
    for road in roads:
        wanted = _wanted(road, names)
        provider = providers.of(road)
        if provider and provider.include and provider.include not in walk.includes:
            yield provider.name, wanted
        elif provider is None and wanted and not walk.unknown:
            addresses = (road.source,) if road.source else names.addresses(road.host)
            if not any(map(walk.covers, addresses)):
                yield road.host or road.source, wanted


def _wanted(road: Road, names: Names) -> tuple[str, ...]:
    """What an SPF record needs for this way out, as far as that can be known from here."""
    provider = providers.of(road)
    if provider:
        return (f"include:{provider.include}",) if provider.include else ()
    if road.loopback:
        kind = "ip6" if ":" in road.source else "ip4"
        return (f"{kind}:{road.source}",) if road.source else ()
    return (f"a:{road.host}",) if road.host and names.addresses(road.host) else ()


def _bounces(sender: Sender, names: Names) -> Iterator[Finding]:
    """Records below our domain that some providers ask for, so that SPF counts for DMARC too."""
    for provider in dict.fromkeys(filter(None, map(providers.of, sender.roads))):
        record = providers.bounce_record(provider, sender.domain)
        if record is None:
            continue
        if record.kind == "CNAME":
            there = names.alias(record.name) == record.value
        else:
            there = bool(spf.records(names, record.name))
        if there:
            yield Finding(level="ok", what=WHAT, found=f"{record.name}: for {provider.name}")
        else:
            yield Finding(
                level="warn", what=WHAT,
                found=f"{record.name}: there is none, so bounces of {provider.name} go to a domain"
                " of its own", repair=f"publish it ({provider.where})", publish=record,
            )  # fmt: skip
