"""The districts of a campaign whose supporters write to their own: which they may name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from mailer.campaigns.recipients import recipients
from mailer.campaigns.values import Campaign, Recipient, Target
from mailer.districts.names import folded
from mailer.districts.values import Districts
from mailer.officials.values import Officials, Words, say


@dataclass(frozen=True, kw_only=True)
class Constituency:
    """A district that supporters may live in."""

    names: Words  # as officials.yaml has them, else as districts.csv does
    region: str = ""
    held: bool = True  # False: nobody there can be written to

    @property
    def name(self) -> str:
        """What stands for it whatever the language."""
        return say(self.names, "")


@dataclass(frozen=True, kw_only=True)
class Constituencies:
    """All of them, found by any of their names."""

    by_key: Mapping[str, Constituency] = field(default_factory=dict)

    def find(self, name: str) -> Constituency | None:
        """The district of that name, however it is spelled; None when there is none."""
        return self.by_key.get(folded(name))

    def found(self, names: Iterable[str]) -> tuple[Constituency, ...]:
        """Those of the names that are known, each once."""
        known = [one for name in names if (one := self.find(name))]
        return tuple({id(one): one for one in known}.values())

    @property
    def all(self) -> tuple[Constituency, ...]:
        """Each once, in the order of the files."""
        return tuple({id(one): one for one in self.by_key.values()}.values())


def constituencies(
    campaign: Campaign, officials: Officials, districts: Districts, day: date
) -> Constituencies:
    """Where the campaign's officials are from, and where the codes of the file lead."""
    by_key: dict[str, Constituency] = {}
    everybody = replace(campaign, left_out=Target())  # who is left out has a district all the same
    for reader in recipients(everybody, officials, day):
        _add(by_key, reader)
    for key, district in districts.named.items():
        if key not in by_key:
            by_key[key] = Constituency(
                names={"": district.name}, region=district.region, held=False
            )
    return Constituencies(by_key=by_key)


def _add(by_key: dict[str, Constituency], reader: Recipient) -> None:
    """Add an official's district; of several who share it the first gives its names."""
    keys = [key for name in reader.district.values() if (key := folded(name))]
    known = next((by_key[key] for key in keys if key in by_key), None)
    made = known or Constituency(names=reader.district, region=reader.region)
    for key in keys:
        by_key.setdefault(key, made)
