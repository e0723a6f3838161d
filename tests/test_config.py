"""Settings: read once, checked, and every wrong one named."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mailer.config import Settings, allowed
from mailer.errors import SettingsError

KEY = "J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe"
LIVE = {"MAILER_BASE_URL": "https://letters.example.org", "MAILER_SECRET_KEY": KEY}
LIVE |= {"MAILER_FROM": "letters@coalition.example"}


def read(home: Path, **variables: str) -> Settings:
    return Settings.from_env({"MAILER_HOME": str(home), **variables})


def test_with_nothing_set_it_is_development_with_everything_embedded(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.development
    assert settings.database_url == ""
    assert settings.transports == ("maildir:var/outbox",)
    assert settings.public_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("url", "development"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:9/", True),
        ("http://[::1]:8000", True),
        ("https://letters.example.org", False),
        ("https://10.0.0.1", False),
    ],
)
def test_development_means_loopback(tmp_path: Path, url: str, development: bool) -> None:
    assert read(tmp_path, **LIVE | {"MAILER_BASE_URL": url}).development is development


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgres://u:p@h/n", "postgresql+psycopg://u:p@h/n"),
        ("postgresql://u:p@h/n", "postgresql+psycopg://u:p@h/n"),
        ("sqlite:///var/mailer.db", "sqlite:///var/mailer.db"),
        ("sqlite:////srv/mailer.db", "sqlite:////srv/mailer.db"),
    ],
)
def test_database_addresses(tmp_path: Path, given: str, expected: str) -> None:
    assert read(tmp_path, DATABASE_URL=given).database_url == expected
    both = read(tmp_path, DATABASE_URL="sqlite:///x.db", MAILER_DATABASE_URL=given)
    assert both.database_url == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MAILER_DATABASE_URL", "mysql://x"),
        ("MAILER_DATABASE_URL", "var/mailer.db"),
        ("MAILER_DATABASE_URL", "sqlite://"),
        ("MAILER_BASE_URL", "letters.example.org"),
        ("MAILER_BASE_URL", "https://"),
        ("MAILER_BASE_URL", "https://x.example/?a=b"),
        ("MAILER_FROM", "not an address"),
        ("MAILER_FROM", "Ann <a@b.example>"),
        ("MAILER_TRIAL_TO", "a@b,example"),
        ("MAILER_PROXY_HOPS", "-1"),
        ("MAILER_PROXY_HOPS", "one"),
        ("MAILER_PROXY_HOPS", "٣"),
        ("MAILER_HOOK_POSTMARK", "short"),
        ("MAILER_HOOK_RESEND", "re_0123456789abcdefghij"),
        ("MAILER_HOOK_RESEND", "whsec_%%%%%%%%%%%%"),
        ("MAILER_HOOK_SENDGRID", "SG.abcdefghijklmnop.qrstuvwxyz"),
        ("MAILER_SNS_TOPIC", "arn:aws:sns:ca-central-1.evil.example:123456789012:letters"),
        ("MAILER_REPLY_ALIAS", "sometimes"),
        ("MAILER_REPLY_ALIAS", "always"),
        ("MAILER_REPLY_DOMAIN", "https://x.example"),
        ("MAILER_BOUNCES", "mailbox"),
        ("MAILER_WORKER_CONNECTIONS", "0"),
        ("MAILER_RETRY_MINUTES", "soon"),
        ("MAILER_RETRY_MINUTES", "1, 5, 30"),
        ("MAILER_RETRY_MINUTES", "0 30"),
        ("MAILER_RETRY_MINUTES", "-1 30"),
        ("MAILER_RETRY_MINUTES", "1.5 30"),
        ("MAILER_RETRY_MINUTES", "٣٠"),
        ("MAILER_RETRY_MINUTES", "1441"),
        ("MAILER_RETRY_MINUTES", "9" * 5000),
        ("MAILER_RETRY_MINUTES", " ".join(["30"] * 21)),
        ("MAILER_GIVE_UP_HOURS", "0"),
        ("MAILER_GIVE_UP_HOURS", "241"),
        ("MAILER_GIVE_UP_HOURS", "four days"),
        ("MAILER_SNS_TOPIC", "letters"),
        ("MAILER_SNS_TOPIC", "arn:aws:sqs:ca-central-1:123456789012:letters"),
        ("MAILER_TIMEZONE", "Toronto"),
        ("MAILER_TIMEZONE", "../../etc/passwd"),
        ("PORT", "99999"),
        ("WEB_CONCURRENCY", "many"),
        ("MAILER_HOME", "/nowhere/at/all"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_the_variable(
    tmp_path: Path, variable: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_env({"MAILER_HOME": str(tmp_path), variable: value})


def test_retries_are_settings_in_minutes_and_hours(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.backoff == (60, 300, 900, 1800, 1800, 3600)
    assert settings.deadline == 4 * 86400
    changed = read(tmp_path, MAILER_RETRY_MINUTES=" 2  40 ", MAILER_GIVE_UP_HOURS="24")
    assert (changed.backoff, changed.deadline) == ((120, 2400), 86400)


@pytest.mark.parametrize("minutes", ["5", "29", "1 5 15", "59 1 29 30", "60 10 30", "30 40 5 60"])
def test_after_the_first_hour_a_server_is_asked_every_half_hour_at_most(
    tmp_path: Path, minutes: str
) -> None:
    with pytest.raises(SettingsError, match=r"MAILER_RETRY_MINUTES.*more often than every 30"):
        read(tmp_path, MAILER_RETRY_MINUTES=minutes)


@pytest.mark.parametrize("minutes", ["30", "1 1 1 30", "59 1 30", "30 30 30", "1440", "10 50 31"])
def test_within_the_first_hour_it_may_be_asked_sooner(tmp_path: Path, minutes: str) -> None:
    backoff = read(tmp_path, MAILER_RETRY_MINUTES=minutes).backoff
    assert backoff == tuple(60.0 * int(word) for word in minutes.split())


def test_a_misspelt_setting_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean MAILER_TRANSPORT"):
        read(tmp_path, MAILER_TRANSPROT="x")


def test_outside_development_a_strong_key_and_a_sender_are_needed(tmp_path: Path) -> None:
    assert not read(tmp_path, **LIVE).development
    for missing in ("MAILER_SECRET_KEY", "MAILER_FROM"):
        with pytest.raises(SettingsError, match=missing):
            read(tmp_path, **{k: v for k, v in LIVE.items() if k != missing})
    for weak in ("short", "a" * 40, f"{KEY},weak"):
        with pytest.raises(SettingsError, match="too weak"):
            read(tmp_path, **LIVE | {"MAILER_SECRET_KEY": weak})


def test_what_people_type_travels_encrypted_outside_development(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="unencrypted; write https://"):
        read(tmp_path, **LIVE | {"MAILER_BASE_URL": "http://letters.coalition.example"})
    assert read(tmp_path, MAILER_BASE_URL="http://127.0.0.1:8001").development


def test_several_keys_rotate(tmp_path: Path) -> None:
    settings = read(tmp_path, **LIVE | {"MAILER_SECRET_KEY": f"{KEY}new, {KEY}"})
    assert settings.secret_keys == (f"{KEY}new", KEY)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    variables = {k: v for k, v in LIVE.items() if k != "MAILER_SECRET_KEY"}
    variables["MAILER_SECRET_KEY_FILE"] = str(file)
    assert read(tmp_path, **variables).secret_keys == (KEY,)
    with pytest.raises(SettingsError, match="both set"):
        read(tmp_path, **variables | {"MAILER_SECRET_KEY": KEY})
    none = tmp_path / "none"
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, **variables | {"MAILER_SECRET_KEY_FILE": str(none)})
    told = f"MAILER_SECRET_KEY_FILE: {none} cannot be read: No such file or directory"
    assert str(caught.value) == told
    none.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="cannot be read: it is not text in UTF-8"):
        read(tmp_path, **variables | {"MAILER_SECRET_KEY_FILE": str(none)})


def test_a_wrong_address_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, MAILER_TRIAL_TO="x@@y")
    assert str(caught.value) == 'MAILER_TRIAL_TO: "x@@y" is not a working e-mail address'


def test_secrets_do_not_show(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        DATABASE_URL="postgres://u:s3cret@h/n",
        **LIVE | {"MAILER_TRANSPORT": "smtp://user:s3cret@relay.example:587"},
    )
    assert "s3cret" not in repr(settings)
    assert KEY not in repr(settings)


def test_in_development_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = read(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: settings.with_development_key().secret_keys, range(32)))
    assert len(found) == 1
    file = tmp_path / "var" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_key_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in the place of a folder")
    with pytest.raises(SettingsError, match="secret key cannot be kept"):
        read(tmp_path).with_development_key()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", None),
        ("off", None),
        ("on", ()),
        ("federal-electoral-districts", ("federal-electoral-districts",)),
        ("a-b, c-d e-f", ("a-b", "c-d", "e-f")),
    ],
)
def test_represent_is_off_on_or_sets(
    tmp_path: Path, given: str, expected: tuple[str, ...] | None
) -> None:
    assert read(tmp_path, MAILER_REPRESENT=given).represent == expected


@pytest.mark.parametrize("given", ["yes", "ON", "https://represent.example/", "a-b/../c-d", "é-a"])
def test_represent_is_nothing_else(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsError, match="MAILER_REPRESENT"):
        read(tmp_path, MAILER_REPRESENT=given)


def test_keys_of_webhooks_in_the_form_that_providers_show(tmp_path: Path) -> None:
    elliptic = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + "A" * 86 + "=="
    found = read(
        tmp_path, MAILER_HOOK_SENDGRID=elliptic, MAILER_HOOK_POSTMARK="user:" + "p" * 30,
        MAILER_HOOK_RESEND="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_" + "QUJD" * 8,
    )  # fmt: skip
    assert found.hooks["sendgrid"] == (elliptic,)
    assert [len(found.hooks[name]) for name in ("postmark", "resend", "brevo")] == [1, 2, 0]


def test_a_key_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, MAILER_HOOK_RESEND="re_0123456789abcdefghij")
    assert "0123456789" not in str(caught.value)


@pytest.mark.parametrize(("given", "days"), [("", 28), ("0", 0), ("3650", 3650), ("off", None)])
def test_texts_are_kept_for_days_or_for_good(tmp_path: Path, given: str, days: int | None) -> None:
    assert read(tmp_path, MAILER_RETENTION_TEXT_DAYS=given).text_days == days


@pytest.mark.parametrize("given", ["-1", "3651", "1.5", "never", "٣", "9" * 20_001, "\u202e7"])
def test_days_are_nothing_else(tmp_path: Path, given: str) -> None:
    for name in ("TEXT", "PERSON"):
        variable = f"MAILER_RETENTION_{name}_DAYS"
        with pytest.raises(SettingsError, match=variable) as caught:
            read(tmp_path, **{variable: given})
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example", "http://chat.example/x", "https://", "chat", "https://u:p@chat.example/",
     "https://chat.example/a b", "https://chat.example:x/", "https://[::1", "https://é.example/"],
)  # fmt: skip
def test_alerts_go_to_an_encrypted_address_and_it_is_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="MAILER_ALERT_URL") as caught:
        read(tmp_path, MAILER_ALERT_URL=url)
    assert url not in str(caught.value).replace("https://chat.example.org/hooks/...", "")
    for good in ("https://chat.example/hooks/secret?k=1", "http://127.0.0.1:9/x"):
        settings = read(tmp_path, MAILER_ALERT_URL=good)
        assert settings.alert_url == good
        assert good not in repr(settings)


def test_a_token_for_the_figures_cannot_be_guessed(tmp_path: Path) -> None:
    for weak in ("short", "a b" * 10, "é" * 20):
        with pytest.raises(SettingsError, match="MAILER_METRICS_TOKEN") as caught:
            read(tmp_path, MAILER_METRICS_TOKEN=weak)
        assert weak not in str(caught.value)
    assert "t" * 16 not in repr(read(tmp_path, MAILER_METRICS_TOKEN="t" * 16))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None), ("off", ()), ("192.0.2.0/24", ("192.0.2.0/24",)),
        ("192.0.2.7 2001:db8::/48", ("192.0.2.7/32", "2001:db8::/48")),
        ("192.0.2.0/24, 198.51.100.0/24", ("192.0.2.0/24", "198.51.100.0/24")),
    ],
)  # fmt: skip
def test_networks_are_named_one_by_one(text: str, found: tuple[str, ...] | None) -> None:
    read = allowed.networks(text)
    assert (read if read is None else tuple(map(str, read))) == found


@pytest.mark.parametrize(
    "text", ["campus", "192.0.2.1/24", "0.0.0.0/0", "::/0", "1.2.3", "😀", "/"]
)
def test_what_is_no_network_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="MAILER_ALLOW_NETWORKS"):
        allowed.networks(text)


def test_only_in_development_is_this_machine_allowed(home: Path) -> None:
    assert Settings(home=home).trusted == allowed.LOOPBACK
    assert Settings(home=home, allow_networks=()).trusted == ()
    assert Settings(home=home, base_url="https://letters.example").trusted == ()
