"""What an account may send: the options every address takes, and the days of a warm-up."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import SettingsError
from mailer.officials.values import Pace
from mailer.transports import Limits, from_url
from mailer.transports.limits import FIRST_DAY, take
from tests.conftest import ROOT

HOME = Path("/nowhere")
SECRET = "s3cr3t"
DAY = 86400.0
MIDNIGHT = 20_000 * DAY
RELAY = "smtp://ann:s3cr3t@mail.example"


@pytest.mark.parametrize(
    ("query", "limits"),
    [
        ("", Limits()),
        ("?tls=starttls", Limits()),
        ("?pace=14/second", Limits(pace=Pace(count=14, seconds=1.0))),
        ("?pace=14%2Fsecond&verp=off", Limits(pace=Pace(count=14, seconds=1.0))),
        ("?daily=50000", Limits(daily=50_000)),
        ("?verp=off&daily=50000&warmup=30", Limits(daily=50_000, warmup_days=30)),
        ("?daily=50000&reserve=0", Limits(daily=50_000, reserve=0.0)),
        ("?pace=900/hour&reserve=25", Limits(pace=Pace(count=900, seconds=3600.0), reserve=0.25)),
    ],
)
def test_the_options_are_read_before_the_schemes_own(query, limits):
    made = from_url(RELAY + query, HOME)
    assert made.limits == limits
    assert made.server.host == "mail.example"
    assert made.server.verp is ("verp" not in query)
    assert made.server.password == SECRET


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?pace=14", "14/second"),
        ("?pace=fast", "900/hour"),
        ("?pace=0/hour", "900/hour"),
        ("?pace=", "900/hour"),
        ("?pace=٩/hour", "900/hour"),
        ("?daily=0", "daily is a whole number from 1"),
        ("?daily=many", "daily=50000"),
        ("?daily=10000000000", "daily is a whole number"),
        ("?daily=5&daily=6", "the option daily stands there twice"),
        ("?warmup=30", "warmup needs daily"),
        ("?daily=100&warmup=1", "warmup is a whole number from 2 to 365"),
        ("?daily=100&warmup=a", "warmup is a whole number"),
        ("?reserve=10", "reserve needs pace or daily"),
        ("?daily=100&reserve=91", "reserve is a whole number from 0 to 90"),
        ("?dayly=100", "did you mean daily?"),
        ("?reserv=100", "did you mean reserve?"),
    ],
)
def test_what_is_wrong_is_named_and_no_value_is_repeated(query, says):
    with pytest.raises(SettingsError) as caught:
        from_url(RELAY + query.replace("many", SECRET).replace("fast", SECRET), HOME)
    assert str(caught.value).startswith("MAILER_TRANSPORT: ")
    assert says in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("option", ["pace=1/second", "daily=10", "daily=10&warmup=5"])
def test_what_is_only_kept_here_has_no_limits(option, tmp_path):
    with pytest.raises(SettingsError, match="keeps letters on this machine"):
        from_url(f"maildir:var/outbox?{option}", tmp_path)
    assert not from_url("maildir:var/outbox", tmp_path).limits


pieces = st.text("s3cr3t:/@?#[]&=%, \\é", max_size=8) | st.sampled_from(
    ["pace=", "daily=", "warmup=", "reserve=", "14/second", "500", "tls=none", "&", "?"]
)


@given(st.lists(pieces, max_size=8).map("".join))
def test_any_address_is_taken_or_refused_without_its_secret(text):
    try:
        made = from_url("smtp://ann:s3cr3t@" + text, HOME)
    except SettingsError as error:
        assert SECRET not in str(error)  # noqa: PT017 - the other outcome is fine as well
    else:
        assert SECRET not in repr(made.limits)


@given(st.lists(st.sampled_from(["tls=none", "verp=off", "x", "", "a=b=c"]), max_size=4))
def test_an_address_without_these_options_stays_as_it_is(options):
    url = "smtp://mail.example" + ("?" + "&".join(options) if options else "")
    assert take(url) == (url, Limits())


def test_a_limit_is_the_same_every_day_unless_it_warms_up():
    assert Limits(daily=700).today(None, MIDNIGHT) == 700
    assert Limits(daily=700).today(MIDNIGHT, MIDNIGHT + 5 * DAY) == 700
    assert Limits().today(None, MIDNIGHT) == 0
    assert Limits(daily=30, warmup_days=10).today(None, MIDNIGHT) == 30, "warm already"


def test_a_warm_up_grows_by_the_same_factor_from_utc_day_to_utc_day():
    limits = Limits(daily=50_000, warmup_days=30)
    first = MIDNIGHT + 0.9 * DAY
    days = [limits.today(first, MIDNIGHT + day * DAY) for day in range(32)]
    assert days[:4] == [50, 63, 80, 102]
    assert days[14] == 1403
    assert days[28:] == [39402, 50_000, 50_000, 50_000]
    assert limits.today(None, first) == limits.today(first, MIDNIGHT + DAY - 1) == FIRST_DAY
    assert limits.today(first, MIDNIGHT + DAY) == 63, "the next day of UTC has begun"
    assert limits.today(first, first - 3 * DAY) == FIRST_DAY, "a clock that went back"


@given(st.integers(51, 10**9), st.integers(2, 365))
def test_a_warm_up_never_shrinks_and_ends_at_the_daily_limit(daily, length):
    limits = Limits(daily=daily, warmup_days=length)
    days = [limits.today(0.0, day * DAY) for day in range(length + 2)]
    assert days == sorted(days)
    assert days[0] == FIRST_DAY
    assert days[length - 1 :] == [daily] * 3


def test_the_docs_tell_the_same_days():
    page = (ROOT / "docs" / "transports.md").read_text(encoding="utf-8")
    rows = {
        name: [int(cell.replace(",", "")) for cell in cells.strip(" |").split(" | ")]
        for name, cells in re.findall(r"^\| (day|mails) \| ([\d, |]+)\|$", page, re.MULTILINE)
    }
    limits = Limits(daily=50_000, warmup_days=30)
    assert [limits.today(0.0, (day - 1) * DAY) for day in rows["day"]] == rows["mails"]
    assert len(rows["day"]) == 7
    days = [limits.today(0.0, day * DAY) for day in range(30)]
    assert all(after <= 2 * before for before, after in pairwise(days))


def test_the_limits_are_told_in_words():
    said = str(from_url(f"{RELAY}?pace=14/second&daily=50000&warmup=30&reserve=20", HOME).limits)
    assert said == ("14/second, 50,000 a day, warming up over 30 days, 20% kept for mail to people")
    assert str(Limits()) == ""
