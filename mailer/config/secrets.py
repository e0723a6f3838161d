"""Which settings are secret, and how what is told stays without them, whatever quotes one."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import unquote

from mailer.config import reading, values
from mailer.errors import SettingsError

HOOKS = ("postmark", "mailgun", "sendgrid", "resend", "brevo")
"""Who may call us: each has a setting MAILER_HOOK_<NAME> with the keys that prove its calls.

Amazon's calls are proven by its own certificate and the topic: MAILER_SNS_TOPIC.
"""

SECRET = (
    "DATABASE_URL", "TRANSPORT", "SECRET_KEY", "ALERT_URL", "BOUNCES", "DKIM_KEY", "METRICS_TOKEN",
    *(f"HOOK_{name.upper()}" for name in HOOKS),
)  # fmt: skip
"""The settings that hold a secret, without their prefix."""

SHORTEST = 6
"""Characters of a secret below which it is not looked for: it would be found in every word."""

STANDS_FOR = "(secret)"

_ADDRESSES = frozenset({"DATABASE_URL", "TRANSPORT", "BOUNCES"})
_QUERY = re.compile(r"(?:^|[?&])(?:password|passwd|sslpassword)=([^&#]+)", re.IGNORECASE)


def known(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """All that is secret in the settings of this environment, right or wrong; the longest first."""
    env = os.environ if environ is None else environ
    found = {one for name in SECRET for text in _texts(env, name) for one in _parts(name, text)}
    plain = found | {unquote(one) for one in found}
    return with_coded(plain)


def with_coded(secrets: Collection[str]) -> tuple[str, ...]:
    """These and what they look like in base64, as passwords travel; the longest first."""
    coded = {base64.b64encode(one.encode()).decode("ascii") for one in secrets if one}
    long = {one for one in {*secrets, *coded} if len(one) >= SHORTEST}
    return tuple(sorted(long, key=lambda one: (-len(one), one)))


def hide(text: str, secrets: Collection[str]) -> str:
    """The text with other words in the place of each secret; `secrets` as `known` gives them."""
    for one in secrets:
        text = text.replace(one, STANDS_FOR)
    return text


def _texts(env: Mapping[str, str], name: str) -> Iterator[str]:
    try:
        yield reading.read(env, name)
    except SettingsError:  # such as both set: what it holds is secret all the same
        file = env.get(f"MAILER_{name}_FILE", "")
        yield from (env.get(f"MAILER_{name}", ""), "" if reading.is_place(file) else file)
    if name == "DATABASE_URL":
        yield env.get(name, "")


def _parts(name: str, text: str) -> Iterator[str]:
    """What of a setting's text is secret."""
    if name in _ADDRESSES:
        for one in text.split() if name == "TRANSPORT" else [text]:
            yield from _of_address(one)
        return
    if name == "ALERT_URL":
        path = text.partition("//")[2].partition("/")[2]
        yield from (path, *(piece for piece in re.split(r"[/?&=]", path) if len(piece) >= 12))
        return
    if name == "DKIM_KEY":
        lines = text.replace("\\n", "\n").replace(",", "\n").split("\n")
        yield from (line.strip() for line in lines if not line.strip().startswith("-----"))
        return
    for key in values.keys(text):
        yield from (key, key.partition(":")[2], key.removeprefix("whsec_"))
    yield text


def _of_address(text: str) -> Iterator[str]:
    """The password of an address, or the keys of an e-mail API's."""
    scheme, slashes, rest = text.partition("://")
    yield from _QUERY.findall(rest)
    if not slashes or scheme in {"maildir", "sqlite"}:
        return
    account, at, _ = rest.rpartition("@")
    user, _, password = (account if at else rest.partition("?")[0]).partition(":")
    if scheme in {"smtp", "smtps", "imap", "imaps"} or scheme.startswith("postgres"):
        if at:  # as SMTP's AUTH PLAIN says it (RFC 4616)
            yield from (password, f"\0{unquote(user)}\0{unquote(password)}")
        return
    yield from (user, password, f"api:{user}")
