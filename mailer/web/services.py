"""What the pages work with: one frozen value that the application carries."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.districts.represent import Represent
from mailer.limits import Rules
from mailer.outbox import Sender
from mailer.transports import Transport
from mailer.transports.api.base import Hook
from mailer.web.counting import Counting
from mailer.web.signing import Signer
from mailer.web.timing import Timings

_NAME = "mailer"


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything a view may need, and nothing it has to look for elsewhere."""

    settings: Settings
    library: Library
    transports: tuple[Transport, ...]
    hooks: Mapping[str, Hook]  # by provider: how its calls are proven and read
    fetch: Callable[[str, frozenset[str]], None]  # asks an address at one of some hosts
    open_store: Callable[[], Store]
    represent: Represent | None = None  # asked for districts; None: nobody is
    rules: Rules = field(default_factory=Rules)
    counting: Counting = field(default_factory=Counting, repr=False)  # of calls that were refused
    timings: Timings = field(default_factory=Timings)  # of the requests of all processes
    _stores: dict[int, Store] = field(default_factory=dict, repr=False)

    @property
    def store(self) -> Store:
        """This process's store: opened at its first use, so that no fork shares a connection."""
        process = os.getpid()
        if process not in self._stores:
            self._stores[process] = self.open_store()
        return self._stores[process]

    @property
    def signer(self) -> Signer:
        """What signs previews, with the store's idea of the time."""
        return Signer(self.settings.secret_keys, self.store.now)

    @property
    def delivers(self) -> bool:
        """True when letters leave this machine: then only what was approved is shown and sent."""
        return any(transport.delivers for transport in self.transports)

    @property
    def sender(self) -> Sender:
        """Who mails come from, and where their links lead."""
        return Sender.of(self.settings)


def services() -> Services:
    """The services of the application that answers this request."""
    return cast(Services, current_app.extensions[_NAME])
