"""What the doctor knows from the ledger: accounts that wait for somebody to act."""

from __future__ import annotations

from collections.abc import Iterator

from mailer import transports
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import SettingsError
from mailer.outbox import lanes as switches
from mailer.problems import Finding
from mailer.sendlog import lanes

ACT = "look at the account's page at its provider: its key, its standing, its quota, its addresses"


def look(store: Store, settings: Settings) -> Iterator[Finding]:
    """The accounts in use that wait for somebody to act."""
    try:
        ways = transports.from_urls(settings.transports, settings.home)
    except SettingsError:
        return  # it is told with the transports
    accounts = [way.account for way in ways]
    found = lanes.alarms(store, accounts=accounts, delivers=any(way.delivers for way in ways))
    for one in found.failing:
        if one.stopped:
            name = one.lane.removeprefix(switches.of_account(""))
            yield Finding(
                level="fail", what="account", found=f"{name} is stopped: {one.reason}", repair=ACT
            )  # fmt: skip
