"""All settings as one frozen value, and what the environment says of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from mailer.config import allowed, own_key, reading, signing_in, strength, values, watching
from mailer.config.reading import CREDENTIALS, PREFIX
from mailer.config.secrets import HOOKS, SECRET
from mailer.config.values import BACKOFF, is_loopback
from mailer.config.watching import SHORTEST_TOKEN
from mailer.errors import SettingsError
from mailer.problems import did_you_mean

DEFAULT_DATABASE = "sqlite:///var/mailer.db"
DEFAULT_TRANSPORT = "maildir:var/outbox"
DEFAULT_FROM = "letters@campaign.example"
DEFAULT_JOURNAL = "var/erasures.log"
DEADLINE = 96 * 3600.0
"""Seconds from the first attempt until we give up (RFC 5321, 4.5.4.1: four to five days)."""

KNOWN = (
    *SECRET,
    "HOME", "FROM", "BASE_URL", "PROXY_HOPS", "TRIAL_TO", "OWNER", "CONTACT", "ALERT_TO",
    "REPLY_DOMAIN", "WORKER_CONNECTIONS", "TIMEZONE", "BIND", "RETRY_MINUTES", "GIVE_UP_HOURS",
    "JOURNAL", "DKIM_SELECTOR", "REPLY_ALIAS", "SNS_TOPIC", "REPRESENT", "ANSWER_DAYS",
    "RETENTION_TEXT_DAYS", "RETENTION_PERSON_DAYS", "SECOND_FACTOR", "LOG", "ALLOW_NETWORKS",
    "BACKUP_KEYS",
)  # fmt: skip
"""Every setting, without its prefix."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All there is to set. Build it directly in tests; `from_env` in programs."""

    home: Path
    database_url: str = field(default="", repr=False)  # empty: none was set
    transports: tuple[str, ...] = field(default=(DEFAULT_TRANSPORT,), repr=False)
    from_address: str = DEFAULT_FROM
    base_url: str = ""  # without a slash at the end; empty: not set
    secret_keys: tuple[str, ...] = field(default=(), repr=False)  # the first one signs
    proxy_hops: int = 0
    allow_networks: tuple[allowed.IPNetwork, ...] | None = None  # None: loopback in development
    trial_to: str = ""
    owner: str = ""
    contact: str = ""
    alert_to: str = ""
    alert_url: str = field(default="", repr=False)  # its path is often the key to a chat room
    reply_domain: str = ""
    reply_alias: str = "off"  # off | freemail | always: whose Reply-To is an address of ours
    bounces: str = field(default="", repr=False)  # imap:// or imaps:// address of a mailbox
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)  # by provider
    sns_topic: str = ""  # the one topic whose messages count
    dkim_key: str = field(default="", repr=False)  # PEM, or base64 of an Ed25519 key
    dkim_selector: str = ""
    represent: tuple[str, ...] | None = None  # sets of districts; empty: all; None: never asked
    worker_connections: int = 10
    backoff: tuple[float, ...] = BACKOFF  # seconds until the next attempt, by attempts made
    deadline: float = DEADLINE  # seconds from the first attempt until we give up
    answer_days: int = 14  # until supporters are asked whether the offices answered; 0: never
    text_days: int | None = 28  # for which texts are kept once all is over; None: for good
    person_days: int | None = 365  # for which names are; None: for good
    metrics_token: str = field(default="", repr=False)  # empty: /metrics answers loopback only
    log: str = "plain"  # or json: how the programs' lines are written
    second_factor: tuple[str, ...] = signing_in.ROLES  # those that must have one
    timezone: str = "UTC"
    journal: str = DEFAULT_JOURNAL  # of erasures and unsubscribes, for restores
    backup_keys: tuple[str, ...] = ()  # public ones that backups are encrypted for
    port: int = 8000
    bind: str = ""
    web_concurrency: int = 2

    @property
    def development(self) -> bool:
        """True while nobody but this machine can reach the pages."""
        return not self.base_url or is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def trusted(self) -> tuple[allowed.IPNetwork, ...]:
        """The networks that nothing slows which many people share."""
        default = allowed.LOOPBACK if self.development else ()
        return default if self.allow_networks is None else self.allow_networks

    @property
    def public_url(self) -> str:
        """The address people reach the pages at, without a slash at the end."""
        return self.base_url or f"http://127.0.0.1:{self.port}"

    @property
    def var(self) -> Path:
        """Where things the program makes are kept."""
        return self.home / "var"

    def path(self, relative: str) -> Path:
        """A path as written in a setting: absolute, or relative to MAILER_HOME."""
        return self.home / relative

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check every setting; raise SettingsError naming the first wrong variable."""
        env = os.environ if environ is None else environ
        _refuse_unknown(env)
        home = home_from_env(env)
        if not home.is_dir():
            raise SettingsError(f"MAILER_HOME: there is no folder {home}")
        settings = cls(
            home=home,
            database_url=values.database_url(env),
            transports=tuple((reading.read(env, "TRANSPORT") or DEFAULT_TRANSPORT).split()),
            from_address=values.address(env, "FROM") or DEFAULT_FROM,
            base_url=values.base_url(reading.read(env, "BASE_URL")),
            secret_keys=values.keys(reading.read(env, "SECRET_KEY")),
            proxy_hops=values.number(env, "MAILER_PROXY_HOPS", 0, 0, 10),
            allow_networks=allowed.networks(reading.read(env, "ALLOW_NETWORKS")),
            trial_to=values.address(env, "TRIAL_TO"),
            owner=reading.read(env, "OWNER"),
            contact=values.address(env, "CONTACT"),
            alert_to=values.address(env, "ALERT_TO"),
            alert_url=watching.alert_url(reading.read(env, "ALERT_URL")),
            reply_domain=values.domain(reading.read(env, "REPLY_DOMAIN").lower()),
            reply_alias=values.one_of(env, "REPLY_ALIAS", ("off", "freemail", "always")),
            bounces=values.mailbox(reading.read(env, "BOUNCES")),
            hooks={name: values.hook_keys(env, name) for name in HOOKS},
            sns_topic=values.topic(reading.read(env, "SNS_TOPIC")),
            dkim_key=reading.read(env, "DKIM_KEY"),
            dkim_selector=reading.read(env, "DKIM_SELECTOR"),
            represent=values.boundary_sets(reading.read(env, "REPRESENT")),
            worker_connections=values.number(env, "MAILER_WORKER_CONNECTIONS", 10, 1, 500),
            backoff=values.backoff(reading.read(env, "RETRY_MINUTES")),
            deadline=values.number(env, "MAILER_GIVE_UP_HOURS", 96, 1, 240) * 3600.0,
            answer_days=values.number(env, "MAILER_ANSWER_DAYS", 14, 0, 365),
            text_days=watching.days(env, "MAILER_RETENTION_TEXT_DAYS", 28),
            person_days=watching.days(env, "MAILER_RETENTION_PERSON_DAYS", 365),
            metrics_token=watching.metrics_token(reading.read(env, "METRICS_TOKEN")),
            log=values.one_of(env, "LOG", ("plain", "json")),
            second_factor=signing_in.roles(reading.read(env, "SECOND_FACTOR")),
            timezone=values.timezone(reading.read(env, "TIMEZONE") or "UTC"),
            journal=reading.read(env, "JOURNAL") or DEFAULT_JOURNAL,
            backup_keys=values.keys(reading.read(env, "BACKUP_KEYS")),
            port=values.number(env, "PORT", 8000, 1, 65535),
            bind=reading.read(env, "BIND"),
            web_concurrency=values.number(env, "WEB_CONCURRENCY", 2, 1, 64),
        )
        _check_together(settings)
        if not settings.development:
            _check_production(settings, from_given=bool(reading.read(env, "FROM")))
        return settings

    def with_development_key(self) -> Settings:
        """These settings with a secret key: in development one is made once and kept in var/."""
        if self.secret_keys:
            return self
        return replace(self, secret_keys=(own_key.kept(self.var / "secret.key"),))


def no_colour(environ: Mapping[str, str] | None = None) -> bool:
    """True when the environment asks for plain text (no-color.org)."""
    return bool((os.environ if environ is None else environ).get("NO_COLOR"))


def environment_for(settings: Settings) -> dict[str, str]:
    """The environment for a part that the supervisor starts: this one, database and place named."""
    said = {"MAILER_DATABASE_URL": settings.database_url, "MAILER_BIND": settings.bind}
    kept = {*said, *(f"{name}_FILE" for name in said), "DATABASE_URL"}
    return {name: value for name, value in os.environ.items() if name not in kept} | said


def environment_with(**more: str) -> dict[str, str]:
    """The environment for another program that we run: this one, and `more`."""
    return dict(os.environ) | more


def home_from_env(environ: Mapping[str, str] | None = None) -> Path:
    """Where the files lie, whatever else is wrong with the settings."""
    return Path(reading.read(os.environ if environ is None else environ, "HOME") or ".").resolve()


def _refuse_unknown(env: Mapping[str, str]) -> None:
    folder = Path(env.get(CREDENTIALS) or os.devnull)
    names = [*env, *(file.name for file in (folder.iterdir() if folder.is_dir() else ()))]
    for variable in names:
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).removesuffix("_FILE")
        if name not in KNOWN:
            hint = did_you_mean(name, KNOWN).replace("mean ", f"mean {PREFIX}")
            raise SettingsError(f"{variable} is not a setting; {hint or 'remove it'}")


def _check_together(settings: Settings) -> None:
    if settings.reply_alias != "off" and not settings.reply_domain:
        raise SettingsError(
            f"MAILER_REPLY_ALIAS is {settings.reply_alias!r}, but MAILER_REPLY_DOMAIN is missing:"
            " name the domain whose mail comes back here, or leave both out"
        )


def _check_production(settings: Settings, *, from_given: bool) -> None:
    if not settings.secret_keys:
        raise SettingsError(
            f"MAILER_SECRET_KEY is missing: outside development the pages need one; {strength.MAKE}"
        )
    for number, key in enumerate(settings.secret_keys, 1):
        if why := strength.weakness(key):
            which = f", its key {number}," if len(settings.secret_keys) > 1 else ""
            raise SettingsError(f"MAILER_SECRET_KEY{which} is too weak: {why}; {strength.MAKE}")
    # These too are chosen by whoever runs the pages, where a provider does not make its own.
    chosen = [("METRICS_TOKEN", settings.metrics_token)]
    chosen += [
        (f"HOOK_{name.upper()}", key)
        for name in ("postmark", "brevo")
        for key in settings.hooks.get(name, ())
    ]
    for name, key in chosen:
        if key and (why := strength.weakness(key, SHORTEST_TOKEN)):
            raise SettingsError(f"MAILER_{name} is too weak: {why}; {strength.MAKE}")
    if not from_given:
        raise SettingsError(
            "MAILER_FROM is missing: set it to the campaign's address, on a domain it may send for"
        )
