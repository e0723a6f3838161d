"""The settings: read from the environment once, checked, frozen. Nothing else reads os.environ."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from mailer import addresses
from mailer.errors import FieldError, SettingsError
from mailer.problems import did_you_mean

PREFIX = "MAILER_"
DEFAULT_DATABASE = "sqlite:///var/mailer.db"
DEFAULT_TRANSPORT = "maildir:var/outbox"
DEFAULT_FROM = "letters@campaign.example"
SHORTEST_KEY = 32

KNOWN = (
    "HOME", "DATABASE_URL", "TRANSPORT", "FROM", "BASE_URL", "SECRET_KEY", "PROXY_HOPS", "TRIAL_TO",
    "OWNER", "CONTACT", "ALERT_TO", "REPLY_DOMAIN", "WORKER_CONNECTIONS", "TIMEZONE", "BIND",
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
    trial_to: str = ""
    owner: str = ""
    contact: str = ""
    alert_to: str = ""
    reply_domain: str = ""
    worker_connections: int = 10
    timezone: str = "UTC"
    port: int = 8000
    bind: str = ""
    web_concurrency: int = 2

    @property
    def development(self) -> bool:
        """True while nobody but this machine can reach the pages."""
        return not self.base_url or is_loopback(urlsplit(self.base_url).hostname or "")

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
            database_url=_database_url(_read(env, "DATABASE_URL") or env.get("DATABASE_URL", "")),
            transports=tuple((_read(env, "TRANSPORT") or DEFAULT_TRANSPORT).split()),
            from_address=_address(env, "FROM") or DEFAULT_FROM,
            base_url=_base_url(_read(env, "BASE_URL")),
            secret_keys=tuple(k.strip() for k in _read(env, "SECRET_KEY").split(",") if k.strip()),
            proxy_hops=_number(env, "MAILER_PROXY_HOPS", 0, 0, 10),
            trial_to=_address(env, "TRIAL_TO"),
            owner=_read(env, "OWNER"),
            contact=_address(env, "CONTACT"),
            alert_to=_address(env, "ALERT_TO"),
            reply_domain=_read(env, "REPLY_DOMAIN").lower(),
            worker_connections=_number(env, "MAILER_WORKER_CONNECTIONS", 10, 1, 500),
            timezone=_timezone(_read(env, "TIMEZONE") or "UTC"),
            port=_number(env, "PORT", 8000, 1, 65535),
            bind=_read(env, "BIND"),
            web_concurrency=_number(env, "WEB_CONCURRENCY", 2, 1, 64),
        )
        if not settings.development:
            _check_production(settings, from_given=bool(_read(env, "FROM")))
        return settings

    def with_development_key(self) -> Settings:
        """These settings with a secret key: in development one is made once and kept in var/."""
        if self.secret_keys:
            return self
        return replace(self, secret_keys=(_kept_key(self.var / "secret.key"),))


def no_colour(environ: Mapping[str, str] | None = None) -> bool:
    """True when the environment asks for plain text (no-color.org)."""
    return bool((os.environ if environ is None else environ).get("NO_COLOR"))


def environment_for(settings: Settings) -> dict[str, str]:
    """The environment for a part that the supervisor starts: this one, the database named."""
    rest = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    return rest | {"MAILER_DATABASE_URL": settings.database_url}


def home_from_env(environ: Mapping[str, str] | None = None) -> Path:
    """Where the files lie, whatever else is wrong with the settings."""
    return Path(_read(os.environ if environ is None else environ, "HOME") or ".").resolve()


def _read(env: Mapping[str, str], name: str) -> str:
    """MAILER_<name>, or the text of the file that MAILER_<name>_FILE names."""
    value, file = env.get(PREFIX + name, ""), env.get(f"{PREFIX}{name}_FILE", "")
    if value and file:
        raise SettingsError(f"MAILER_{name} and MAILER_{name}_FILE are both set: keep one")
    if not file:
        return value.strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"MAILER_{name}_FILE: {file} cannot be read: {_why(error)}") from None


def _why(error: OSError | UnicodeDecodeError) -> str:
    return str(getattr(error, "strerror", None) or "it is not text in UTF-8")


def _refuse_unknown(env: Mapping[str, str]) -> None:
    for variable in env:
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).removesuffix("_FILE")
        if name not in KNOWN:
            hint = did_you_mean(name, KNOWN).replace("mean ", f"mean {PREFIX}")
            raise SettingsError(f"{variable} is not a setting; {hint or 'remove it'}")


def _number(env: Mapping[str, str], variable: str, default: int, low: int, high: int) -> int:
    text = env.get(variable, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{variable}: {text!r} is not a whole number from {low} to {high}")
    return int(text)


def _address(env: Mapping[str, str], name: str) -> str:
    text = _read(env, name)
    try:
        return addresses.parse(text) if text else ""
    except FieldError as error:
        raise SettingsError(f'MAILER_{name}: "{text}" {error}') from None


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"MAILER_TIMEZONE: {name!r} is not a time zone; write one like America/Toronto"
        ) from None
    return name


def _base_url(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(
            f"MAILER_BASE_URL: {text!r} is not an address like https://letters.example.org"
        )
    return text.rstrip("/")


def _database_url(text: str) -> str:
    """The URL as SQLAlchemy wants it; postgres:// and postgresql:// mean psycopg 3."""
    if not text:
        return ""
    scheme, separator, rest = text.partition("://")
    if separator and scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
        return f"postgresql+psycopg://{rest}"
    if separator and scheme == "sqlite" and rest.startswith("/") and rest.strip("/"):
        return text
    raise SettingsError(
        "MAILER_DATABASE_URL starts with neither postgresql://, postgres:// nor sqlite:///;"
        " write sqlite:///var/mailer.db or postgresql://user:password@host/name"
    )


def is_loopback(host: str) -> bool:
    """True when `host`, a name or an address, can only be this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_production(settings: Settings, *, from_given: bool) -> None:
    if not settings.secret_keys:
        raise SettingsError(
            "MAILER_SECRET_KEY is missing: outside development the pages need one;"
            " make it with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    for key in settings.secret_keys:
        if len(key) < SHORTEST_KEY or len(set(key)) < SHORTEST_KEY // 4:
            raise SettingsError(
                f"MAILER_SECRET_KEY is too weak: use at least {SHORTEST_KEY} random characters"
            )
    if not from_given:
        raise SettingsError(
            "MAILER_FROM is missing: set it to the campaign's address, on a domain it may send for"
        )


def _kept_key(file: Path) -> str:
    """The key in `file`, made (readable by its owner alone) if it is not there yet."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)  # of several starting at once, one wins and all read it
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"a secret key cannot be kept in {file}: {_why(error)}") from None
