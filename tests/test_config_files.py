"""Settings from files, and what `mailer check` tells of them: each once, and nothing untrue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailer.cli import main
from mailer.config import KNOWN, Settings, secrets, wrong
from mailer.errors import SettingsError

KEY = "J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe"
LIVE = {"MAILER_BASE_URL": "https://letters.example.org", "MAILER_SECRET_KEY": KEY}
LIVE |= {"MAILER_FROM": "letters@coalition.example"}
HELD = ("TRANSPORT", "METRICS_TOKEN", "DKIM_KEY", "SECRET_KEY", "BASE_URL", "PROXY_HOPS")
NOTHING = (b"", b" \r\n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n")


def live(home: Path, without: str = "", **more: str) -> dict[str, str]:
    env = LIVE | {"MAILER_HOME": str(home)} | more
    return {name: value for name, value in env.items() if name != without}


@pytest.mark.parametrize("content", NOTHING)
@pytest.mark.parametrize("name", HELD)
def test_an_empty_file_stops_the_start(
    home: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    """Else letters would go to a folder of this machine, and whoever runs it would not know."""
    file = tmp_path / "empty"
    file.write_bytes(content)
    env = live(home, f"MAILER_{name}", **{f"MAILER_{name}_FILE": str(file)})
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(env)
    assert str(refused.value).startswith(f"MAILER_{name}_FILE: {file} is empty: ")
    assert secrets.hide(str(refused.value), secrets.known(env)) == str(refused.value)


@pytest.mark.parametrize("content", NOTHING)
@pytest.mark.parametrize("name", HELD)
def test_an_empty_credential_stops_the_start(
    home: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / f"MAILER_{name}").write_bytes(content)
    env = live(home, f"MAILER_{name}", CREDENTIALS_DIRECTORY=str(tmp_path))
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(env)
    told = f"MAILER_{name}: its file among systemd's credentials is empty: "
    assert str(refused.value).startswith(told)


def test_an_unreadable_credential_is_called_one(home: Path, tmp_path: Path) -> None:
    (tmp_path / "MAILER_TRANSPORT").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match=r"MAILER_TRANSPORT: its file among .* cannot be read"):
        Settings.from_env(live(home, CREDENTIALS_DIRECTORY=str(tmp_path)))


@pytest.mark.parametrize("blank", ["", " "])
def test_an_empty_variable_is_not_set_as_platforms_leave_it(home: Path, blank: str) -> None:
    more = {f"MAILER_{name}": blank for name in ("TRANSPORT", "METRICS_TOKEN", "DKIM_KEY")}
    assert Settings.from_env(live(home, **more)) == Settings.from_env(live(home))
    files = {f"{name}_FILE": "" for name in more}
    assert Settings.from_env(live(home, **files)) == Settings.from_env(live(home))


def test_a_byte_order_mark_is_no_part_of_a_value(home: Path, tmp_path: Path) -> None:
    (tmp_path / "MAILER_SECRET_KEY").write_bytes(b"\xef\xbb\xbf" + KEY.encode() + b"\r\n")
    bare = live(home, "MAILER_SECRET_KEY")
    named = bare | {"MAILER_SECRET_KEY_FILE": str(tmp_path / "MAILER_SECRET_KEY")}
    for env in (named, bare | {"CREDENTIALS_DIRECTORY": str(tmp_path)}):
        assert Settings.from_env(env).secret_keys == (KEY,)


def told_of(env: Mapping[str, str]) -> list[str]:
    return [str(one) for one in wrong.everything(env)[0]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"), ("SECRET_KEY", f"{KEY},weak"), ("FROM", "nonsense"),
        ("BASE_URL", "https://[x"), ("METRICS_TOKEN", "x"), ("TRIAL_TO", "@"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_once_and_never_called_missing(
    home: Path, tmp_path: Path, name: str, value: str
) -> None:
    """Given in a variable, in a file, and as a credential, where it cannot be taken out."""
    file = tmp_path / f"MAILER_{name}"
    file.write_text(value, encoding="utf-8")
    bare = live(home, f"MAILER_{name}")
    for more in (
        {f"MAILER_{name}": value},
        {f"MAILER_{name}_FILE": str(file)},
        {"CREDENTIALS_DIRECTORY": str(tmp_path)},
    ):
        (one,) = told_of(bare | more)
        assert one.startswith(f"MAILER_{name}")
        assert "missing" not in one


@pytest.mark.parametrize("name", ["SECRET_KEY", "FROM", "TRANSPORT"])
def test_an_empty_file_is_told_once_and_does_not_hide_the_rest(
    home: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / f"MAILER_{name}").write_bytes(b"\n")
    bare = live(home, f"MAILER_{name}", MAILER_TIMEZONE="Nowhere/Town")
    for more in (
        {f"MAILER_{name}_FILE": str(tmp_path / f"MAILER_{name}")},
        {"CREDENTIALS_DIRECTORY": str(tmp_path)},
    ):
        told = told_of(bare | more)
        assert len(told) == 2
        assert "is empty" in told[0]
        assert told[1].startswith("MAILER_TIMEZONE")


def test_a_wrong_domain_for_answers_is_not_called_missing_where_it_is_needed(home: Path) -> None:
    env = live(home, MAILER_REPLY_ALIAS="always", MAILER_REPLY_DOMAIN="https://x.example")
    assert [one.partition(":")[0] for one in told_of(env)] == ["MAILER_REPLY_DOMAIN"]


def test_what_is_missing_is_told_once_and_ends_the_search(home: Path) -> None:
    env = live(home, "MAILER_SECRET_KEY")
    found, settings = wrong.everything(env)
    assert settings is None
    assert len(found) == 1


def test_a_misspelt_credential_is_told_once(home: Path, tmp_path: Path) -> None:
    (tmp_path / "MAILER_SECRT_KEY").write_text("x", encoding="utf-8")
    (one,) = told_of(live(home, CREDENTIALS_DIRECTORY=str(tmp_path)))
    assert "did you mean MAILER_SECRET_KEY" in one


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("MAILER_SECRET_KEY", "short", "MAILER_SECRET_KEY is too weak: "),
        ("MAILER_BASE_URL", "https://[x", "MAILER_BASE_URL: 'https://[x' is not an address"),
        ("MAILER_BASE_URL", "https://user:pw@host", "MAILER_BASE_URL: what it is set to is not"),
    ],
)
def test_the_command_says_it_in_one_line(home: Path, variable: str, value: str, told: str) -> None:
    clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
    env = clean | {"DATABASE_URL": None} | live(home) | {variable: value}
    ended = CliRunner().invoke(main, ["check"], env=env)
    assert ended.exit_code == 2
    lines = [line for line in ended.stdout.splitlines() if "MAILER_" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"the environment: error: {told}")
