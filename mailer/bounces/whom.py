"""Whom a message could not reach: the address it names in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mailer.bounces.opened import Opened

# Each bounded, so that no text makes a search long.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
_ADDRESS = (
    rf"(?:{_LOCAL}|\"[^\"\s]{{1,62}}\")@[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}}){{1,8}}"
)
ADDRESS = re.compile(rf"(?<![A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]){_ADDRESS}")
# In the order of their worth: the first that finds somebody else than us decides.
_PLACES = tuple(
    re.compile(words.replace("ADDRESS", rf"[<\"'(\[]{{0,2}}({_ADDRESS})"), re.I | re.M)
    for words in (
        r"^[ \t]*(?:final|original|x-actual|failed)-?recipients?[ \t]*:[ \t]*(?:rfc822;[ \t]*)?"
        r"ADDRESS",
        r"^[ \t]*<?ADDRESS>?[ \t]*:[ \t]*(?:$|[^\s])",
        r"^[ \t]*ADDRESS>?[ \t]*\.\.\.",
        r"\brcpt(?:[ _]?to)?[ \t]*:[ \t]*ADDRESS",
        r"\b(?:(?:intended|failed|final|invalid|following|your|unknown|the)[ \t]){0,3}"
        r"(?:recipients?|addressee|delivery userid|destinat\w{1,8}|user|userid|mailbox|empf.nger"
        r"|account)\W{1,12}ADDRESS",
        r"(?:delivered?|deliver your message|addressed|sent|send|delivery|entregad[oa]|delivr.s?|"
        r"reach\w{0,3}|mail|message|e-mail|email|attempts|allowed size|unroutable|remis)[ \t]{0,2}"
        r"(?:to|for|.|a|para|an|:)?[ \t]{0,2}[:(]?[ \t]{0,3}ADDRESS",
        r"^[ \t*>-]{0,12}ADDRESS>?[ \t]*(?:$|\W)",
        r"(?:\n|^)[ \t]*to:[ \t]{0,40}ADDRESS",
    )
)
_DAEMON = re.compile(r"(?:mailer-?daemon|postmaster|no-?reply|abuse|mail-?admin|root|bounces?)@",
                     re.IGNORECASE)  # fmt: skip
_BOTH = ("original-recipient", "final-recipient")
_OURS = ("to", "delivered-to", "envelope-to", "x-envelope-to", "from")
_MOST = 200  # addresses looked at
_SAID = 20_000  # characters


def reported(group: Mapping[str, str]) -> str:
    """The recipient that a group of a delivery report is about: as we wrote to him, if it says."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = group.get(name, "")
        found = ADDRESS.search(value.rpartition(";")[2])
        if found:
            return _bare(found[0])
    return ""


def is_elsewhere(group: Mapping[str, str]) -> bool:
    """True when another mailbox refused than the one we wrote to, which forwards its mail.

    The same name at another host is the same mailbox: servers of one house hand mail on so.
    """
    texts = (group.get(name, "").rpartition(";")[2] for name in _BOTH)
    found = [ADDRESS.search(text) for text in texts]
    names = {_bare(one[0]).rpartition("@")[0].lower() for one in found if one}
    return len(names) > 1


def named(message: Opened) -> str:
    """The address that a message without a report names as not reached, or ""."""
    for value in message.head.get("x-failed-recipients", ()):
        if failed := ADDRESS.search(value):
            return _bare(failed[0])
    ours, sent_by = _ours(message), _sent_by(message)
    sent_to = _all(message.sent("to"))
    candidates = list(_candidates(message.said[:_SAID]))
    others = [one for one in candidates if one.lower() not in ours]
    for choice in (
        (one for one in others if one.lower() in sent_to),
        (one for one in others if one.lower() not in sent_by),
        sorted(sent_to - ours - sent_by)[:1],
        others,
        candidates,  # some write to themselves
    ):
        if found := next(iter(choice), ""):
            return found
    return ""


def _all(value: str) -> set[str]:
    return {_bare(one).lower() for one in ADDRESS.findall(value[:2000])}


def _candidates(said: str) -> Iterator[str]:
    """Addresses in `said`, the likeliest first."""
    number = 0
    for place in _PLACES:
        for found in place.finditer(said):
            number += 1
            if number > _MOST:
                return
            one = _bare(found[1])
            if not _DAEMON.match(one):
                yield one
    for anywhere in ADDRESS.finditer(said):
        number += 1
        one = _bare(anywhere[0])
        if number <= _MOST and not _DAEMON.match(one):
            yield one


def _ours(message: Opened) -> set[str]:
    """Addresses that are the sender's: whoever got this bounce had sent the message."""
    values = [value for name in _OURS for value in message.head.get(name, ())]
    return {one for value in values for one in _all(value)}


def _sent_by(message: Opened) -> set[str]:
    names = ("from", "return-path", "sender", "reply-to")
    return {one for name in names for one in _all(message.sent(name))}


def _bare(address: str) -> str:
    return address.strip("<>\"'().,;: ")
