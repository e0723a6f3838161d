"""The pages' address as browsers write it, and what is no address."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.config import Settings, origin
from mailer.errors import SettingsError

KEY = "J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe"


def base_url(home: Path, text: str) -> str:
    env = {"MAILER_HOME": str(home), "MAILER_BASE_URL": text, "MAILER_SECRET_KEY": KEY}
    return Settings.from_env(env | {"MAILER_FROM": "letters@coalition.example"}).public_url


@pytest.mark.parametrize(
    ("spelled", "written"),
    [
        ("https://lettres-québec.test", "https://xn--lettres-qubec-khb.test"),
        ("https://LETTRES-QUÉBEC.test/", "https://xn--lettres-qubec-khb.test"),
        ("https://lettres-que\u0301bec.test", "https://xn--lettres-qubec-khb.test"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://XN--Lettres-Qubec-khb.test", "https://xn--lettres-qubec-khb.test"),
        ("HTTPS://Letters.Planted.TEST", "https://letters.planted.test"),
        ("https://letters.planted.test:443", "https://letters.planted.test"),
        ("https://letters.planted.test:0443/", "https://letters.planted.test"),
        ("https://letters.planted.test:", "https://letters.planted.test"),
        ("https://letters.planted.test:8443", "https://letters.planted.test:8443"),
        ("https://letters.planted.test:80", "https://letters.planted.test:80"),
        ("https://letters.planted.test.", "https://letters.planted.test."),
        ("https://Letters.planted.test/For/You/", "https://letters.planted.test/For/You"),
        ("https://my_letters", "https://my_letters"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://[2001:DB8:0:0::7]:443", "https://[2001:db8::7]"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_address_is_written_as_browsers_do(home: Path, spelled: str, written: str) -> None:
    assert base_url(home, spelled) == written
    assert base_url(home, written) == written


@pytest.mark.parametrize(
    "text",
    [
        "https://[x", "https://[x]", "https://x]", "https://user:s3cret@host.example",
        "https://user@host.example", "https://@host.example", "https://user:s3/cret@host.example",
        "https://[x:s3cret@host.example", "https://user:s3cret%40host.example",
        "https://a b.test", "https://a\tb.test", "https://a\u202eb.test", "https://a\u3000b.test",
        "https://a.test\\b", "https://a.test:99999", "https://a.test:0", "https://a.test:x",
        "https://a.test:-1", "https://a.test:٤٤٣", "https://a..test", "https://.test",
        "https://-a.test", "https://a,b.test", "https://a%2eb.test", "https://*.test",
        "https://256.1.1.1", "https://1.2.3", "https://😀.test", "https://[fe80::1%25eth0]",
        "https://" + "a" * 64 + ".test", "https://" + "a." * 130 + "test", "https:///a.test",
        "https:a.test", "ftp://a.test", "https://a.test/?password=s3cret", "https://a.test/#x",
        "https://" + "é" * 20_001, "https://" + "x" * 20_001, "//a.test", "a.test:443",
    ],
)  # fmt: skip
def test_what_no_browser_opens_is_told_in_a_line_that_says_how_to_write_it(
    home: Path, text: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        base_url(home, text)
    said = str(refused.value)
    assert said.startswith("MAILER_BASE_URL: ")
    assert "like https://letters.example.org or" in said
    assert "s3" not in said
    assert len(said) < 400
    assert said.isprintable()


def test_a_password_is_not_repeated_where_https_is_missing_either(home: Path) -> None:
    with pytest.raises(SettingsError, match="write https://") as refused:
        base_url(home, "http://a.test/user:s3cret@b")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("sent", ["", "null", "https://", "https://a.test, https://b.test"])
def test_what_is_no_origin_has_none(sent: str) -> None:
    with pytest.raises(ValueError):
        origin(sent)
