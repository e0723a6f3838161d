"""What an smtp:// address may say, and that a wrong one never shows its password."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import SettingsError
from mailer.transports import from_url

HOME = Path("/nowhere")
SECRET = "s3cr3t"


def server(url):
    return from_url(url, HOME).server


def test_the_whole_of_it():
    transport = from_url(
        "smtp://Ann%40home:S%3acr%2FeT%23%3F@Mail.Campaign.example:2525"
        "?timeout=10&verp=off&helo=web.campaign.example",
        HOME,
    )
    found = transport.server
    assert (found.user, found.password) == ("Ann@home", "S:cr/eT#?")
    assert (found.host, found.port) == ("Mail.Campaign.example", 2525)
    assert (found.tls, found.timeout, found.helo) == ("starttls", 10, "web.campaign.example")
    assert transport.verp is False
    assert transport.delivers is True
    assert transport.longest_wait == 610
    assert transport.account == "smtp://Mail.Campaign.example:2525"


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example", "mail.example", 587, "starttls"),
        ("smtp://mail.example/", "mail.example", 587, "starttls"),
        ("smtp://mail.example?tls=starttls", "mail.example", 587, "starttls"),
        ("smtps://mail.example", "mail.example", 465, "implicit"),
        ("smtp://localhost:25?tls=none", "localhost", 25, "none"),
        ("smtp://relay:25?tls=none", "relay", 25, "none"),
        ("smtp://[::1]:25?tls=none", "::1", 25, "none"),
        ("smtp://[::1]", "::1", 587, "starttls"),
        ("smtp://127.0.0.1:25?tls=none", "127.0.0.1", 25, "none"),
        ("smtp://a:b@localhost:25?tls=none", "localhost", 25, "none"),
    ],
)
def test_hosts_and_ports(url, host, port, tls):
    found = server(url)
    assert (found.host, found.port, found.tls) == (host, port, tls)
    assert found.timeout == 30
    assert found.verp


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("smtp:", "two slashes"),
        ("smtp:mail.example", "two slashes"),
        ("smtp://", "host"),
        ("smtp://:587", "host"),
        ("smtp://ann:s3cr3t@", "host"),
        ("smtp://ann:s3cr3t@ho_st!:25", "host"),
        ("smtp://ann:s3cr3t@-x:25", "host"),
        ("smtp://ann:s3cr3t@a..b:25", "host"),
        (f"smtp://ann:s3cr3t@{'x' * 64}.example:25", "host"),
        ("smtp://ann:s3cr3t@[::1:25", "host"),
        ("smtp://ann:s3cr3t@[127.0.0.1]:25", "host"),
        ("smtp://ann:s3cr3t@[::1]x:25", "host"),
        ("smtp://ann:s3cr3t@mail.example:s3cr3t", "port"),
        ("smtp://ann:s3cr3t@mail.example:0", "port"),
        ("smtp://ann:s3cr3t@mail.example:65536", "port"),
        ("smtp://ann:s3cr3t@mail.example:٢٥", "port"),
        ("smtp://ann:s3cr3t@mail.example:", "port"),
        ("smtp://ann@mail.example", "belong together"),
        ("smtp://:s3cr3t@mail.example", "belong together"),
        ("smtp://ann:s3cr3t%00@mail.example", "belong together"),
        ("smtp://ann:pre/s3cr3t@mail.example", "%2F"),
        ("smtp://ann:pre?s3cr3t@mail.example", "%3F"),
        ("smtp://ann:pre#s3cr3t@mail.example", "%23"),
        ("smtp://mail.example/path", "%2F"),
        ("smtp://ann:s3cr3t@mail.example?tlss=none", "did you mean tls"),
        ("smtp://ann:s3cr3t@mail.example?password=x", "no option 'password'"),
        ("smtp://ann:s3cr3t@mail.example?tls", "name=value"),
        ("smtp://ann:s3cr3t@mail.example?tls=starttls&tls=none", "twice"),
        ("smtp://ann:s3cr3t@mail.example?tls=off", "tls is starttls or none"),
        ("smtps://ann:s3cr3t@mail.example?tls=none", "first byte"),
        ("smtp://ann:s3cr3t@mail.example?tls=none", "in the open"),
        ("smtp://ann:s3cr3t@mail.example?timeout=0", "timeout"),
        ("smtp://ann:s3cr3t@mail.example?timeout=601", "timeout"),
        ("smtp://ann:s3cr3t@mail.example?timeout=9999999999", "timeout"),
        ("smtp://ann:s3cr3t@mail.example?timeout=soon", "timeout"),
        ("smtp://ann:s3cr3t@mail.example?verp=no", "verp"),
        ("smtp://ann:s3cr3t@mail.example?helo=a%0d%0aQUIT", "helo"),
        ("smtp://ann:s3cr3t@mail.example?ca=none.pem", "/nowhere/none.pem"),
    ],
)
def test_what_is_wrong_is_named_and_the_password_is_not(url, says):
    with pytest.raises(SettingsError) as caught:
        from_url(url, HOME)
    assert str(caught.value).startswith("MAILER_TRANSPORT: ")
    assert says in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("url", ["", "smtpp://x", "s3cr3t", "http://x"])
def test_other_ways_are_refused(url):
    with pytest.raises(SettingsError, match="MAILER_TRANSPORT"):
        from_url(url, HOME)


def test_no_secret_shows_in_a_repr():
    transport = from_url("smtp://ann:s3cr3t@mail.example", HOME)
    assert SECRET not in repr(transport.server) + repr(transport) + transport.account


parts = st.text("s3cr3t:/@?#[]&=%.,; \\\n\0aé", max_size=12)


@given(st.sampled_from(["smtp://", "smtps://", "smtp:", "smtp:///"]), st.lists(parts, max_size=4))
def test_any_address_is_taken_or_refused(scheme, pieces):
    try:
        from_url(scheme + "ann:s3cr3t@".join(pieces), HOME)
    except SettingsError as error:
        assert SECRET not in str(error)  # noqa: PT017 - the other outcome is fine as well
