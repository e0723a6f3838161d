"""Who gets a campaign's letter on a day: posts and people made one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from mailer import addresses
from mailer.campaigns.values import Campaign, Recipient, Target
from mailer.districts.names import folded
from mailer.officials.hours import joint
from mailer.officials.values import DEFAULT_PACE, Official, Officials, Post

Match = tuple[Official, Post | None]
"""A person, and the post through which they matched; None when they matched as themselves."""


def recipients(
    campaign: Campaign, officials: Officials, day: date, *, district: str | None = None
) -> tuple[Recipient, ...]:
    """One recipient per person and mailbox, in the order of the campaign's `to`.

    Of several matching posts the first gives title, address and pace; the portfolios are those of
    all. Whoever must not be written to is left out. When nobody is left, the fallback is asked.
    Where supporters write to their own district's, `district` is theirs by any of its names; ""
    is none that anybody has, None everybody's.
    """
    to = campaign.to
    if to.own and district is not None:
        to = replace(to, districts=(district,))
    matches = _without(campaign.left_out, _matches(to, officials, day), officials, day)
    found = _distinct(matches, officials, day)
    return _ours(campaign, found) or fallback(campaign, officials, day)


def left_out(
    campaign: Campaign, officials: Officials, day: date, *, district: str | None = None
) -> tuple[Recipient, ...]:
    """Whom recipients() would name, but for the campaign's `except`."""
    if campaign.left_out == Target():
        return ()
    everybody = replace(campaign, left_out=Target(), fallback="")
    kept = recipients(replace(campaign, fallback=""), officials, day, district=district)
    known = {one.official for one in kept}
    meant = recipients(everybody, officials, day, district=district)
    return tuple(one for one in meant if one.official not in known)


def fallback(campaign: Campaign, officials: Officials, day: date) -> tuple[Recipient, ...]:
    """Who is written to when nobody else is; empty where the campaign names nobody."""
    if not campaign.fallback:
        return ()
    to = Target(names=(campaign.fallback,))
    matches = _without(campaign.left_out, _matches(to, officials, day), officials, day)
    return _ours(campaign, _distinct(matches, officials, day))


def reachable(campaign: Campaign, officials: Officials, day: date) -> tuple[Recipient, ...]:
    """Everybody to whom some supporter's letter may go on the day."""
    found = recipients(campaign, officials, day)
    if not campaign.to.own:
        return found
    known = {addresses.mailbox(one.email) for one in found}
    others = fallback(campaign, officials, day)
    return (*found, *(one for one in others if addresses.mailbox(one.email) not in known))


def _ours(campaign: Campaign, found: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Recipients as this campaign writes to them: its time zone and hours joined to theirs."""
    return tuple(
        replace(
            one,
            timezone=one.timezone or campaign.timezone,
            hours=joint(one.hours, campaign.hours),
        )
        for one in found
    )


def vacant(campaign: Campaign, officials: Officials, day: date) -> tuple[str, ...]:
    """The posts in `to`, by themselves or through a group, that nobody holds on the day."""
    names = [
        one for name in campaign.to.names for one in officials.groups.get(name, (name,))
    ]  # fmt: skip
    posts = [name for name in dict.fromkeys(names) if name in officials.posts]
    return tuple(name for name in posts if not officials.holders(name, day))


def district_keys(person: Official) -> frozenset[str]:
    """A person's district by each of its names, folded; empty when they have none."""
    return frozenset(filter(None, map(folded, person.district.values())))


def _matches(target: Target, officials: Officials, day: date) -> Iterator[Match]:
    for name in target.names:
        yield from _named(name, officials, day)
    if target.described:
        yield from _described(target, officials, day)


def _without(
    out: Target, matches: Iterator[Match], officials: Officials, day: date
) -> Iterator[Match]:
    """The matches but those of people whom `out` means, whatever they matched by."""
    people = {person.id for person, _ in _matches(out, officials, day)}
    return (match for match in matches if match[0].id not in people)


def _named(name: str, officials: Officials, day: date) -> Iterator[Match]:
    """A post's holders, a person, or all of a group."""
    if name in officials.posts:
        for person in officials.holders(name, day):
            yield person, officials.posts[name]
    elif name in officials.people:
        yield officials.people[name], None
    else:
        for member in officials.groups.get(name, ()):
            if member not in officials.groups:
                yield from _named(member, officials, day)


def _described(target: Target, officials: Officials, day: date) -> Iterator[Match]:
    """Everybody who fits all that is asked; of portfolios and tags one is enough."""
    for person in officials.people.values():
        if not _fits(person, target):
            continue
        if not target.portfolios:
            yield person, None
            continue
        for post in _held(person, officials, day):
            if set(post.portfolios) & set(target.portfolios):
                yield person, post
        if set(person.portfolios) & set(target.portfolios):
            yield person, None


def _fits(person: Official, target: Target) -> bool:
    return (
        (not target.tags or bool(set(target.tags) & set(person.tags)))
        and (not target.region or target.region.casefold() == person.region.casefold())
        and (not target.districts or _is_from(person, target.districts))
        and (not target.own or bool(district_keys(person)))
    )


def _is_from(person: Official, districts: Sequence[str]) -> bool:
    return not district_keys(person).isdisjoint(map(folded, districts))


def _held(person: Official, officials: Officials, day: date) -> list[Post]:
    """The posts a person holds on the day, in the person's order."""
    names = [holding.post for holding in person.holds if holding.on(day)]
    return [officials.posts[name] for name in dict.fromkeys(names) if name in officials.posts]


def _distinct(matches: Iterator[Match], officials: Officials, day: date) -> tuple[Recipient, ...]:
    by_person: dict[str, list[Post | None]] = {}
    for person, post in matches:
        by_person.setdefault(person.id, []).append(post)
    mailboxes: set[str] = set()
    found: list[Recipient] = []
    for name, posts in by_person.items():
        person = officials.people[name]
        made = _recipient(person, posts, _held(person, officials, day))
        mailbox = addresses.mailbox(made.email)
        if made.email and not person.do_not_mail and mailbox not in mailboxes:
            mailboxes.add(mailbox)
            found.append(made)
    return tuple(found)


def _recipient(person: Official, matched: Sequence[Post | None], held: Sequence[Post]) -> Recipient:
    """A person as addressed through the first match: the post's words and ways, or their own.

    Somebody meant as a person keeps their own address where they have one, and what they do not
    say themselves comes from the first post they hold.
    """
    posts = [post for post in matched if post is not None]
    if None in matched:
        posts += [post for post in held if post not in posts]
    post = posts[0] if posts else None
    own_first = matched[0] is None
    office: Post | Official = post or person
    first, second = (person, office) if own_first else (office, person)
    portfolios = [*person.portfolios, *(name for post in posts for name in post.portfolios)]
    return Recipient(
        official=person.id,
        post=post.id if post else "",
        name=person.name,
        last_name=person.last_name,
        email=first.email or second.email,
        honorific=person.honorific,
        salutation=person.salutation,
        title=first.title or second.title,
        phone=first.phone or second.phone,
        address=first.address or second.address,
        region=person.region,
        district=person.district,
        portfolios=tuple(dict.fromkeys(portfolios)),
        tags=person.tags,
        language=first.language or second.language,
        timezone=first.timezone or second.timezone,
        hours=first.hours or second.hours,
        pace=first.pace or second.pace or DEFAULT_PACE,
    )
