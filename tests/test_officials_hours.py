"""Office hours: what may be written, and when the next window opens, whatever the clocks do."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.campaigns.reader import read as read_campaign
from mailer.campaigns.recipients import recipients
from mailer.campaigns.rehearsal import check
from mailer.officials import hours
from mailer.officials.hours import NotHours, joint, meet, parse
from mailer.officials.reader import read
from tests.campaign_texts import page

TORONTO = ZoneInfo("America/Toronto")
ZONES = [
    ZoneInfo(name)
    for name in ("America/Toronto", "Europe/Paris", "Asia/Kathmandu", "Australia/Lord_Howe",
                 "Pacific/Apia", "America/St_Johns", "UTC")
]  # fmt: skip


def at(text: str, zone: ZoneInfo = TORONTO) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def shown(text: str, now: str, zone: ZoneInfo = TORONTO) -> tuple[str, str]:
    """The window as the office's clock shows its ends."""
    opens, closes = parse(text).window(at(now, zone), zone)
    return tuple(
        datetime.fromtimestamp(moment, zone).strftime("%a %d %H:%M") for moment in (opens, closes)
    )  # type: ignore[return-value]  # there are two


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("09:00-17:00", "09:00-17:00"),
        (" 09:00 - 17:00 ", "09:00-17:00"),
        ("Mon-Fri 09:00-17:00", "mon-fri 09:00-17:00"),
        ("TUE,thu 09:00-17:00", "tue,thu 09:00-17:00"),
        ("mon - wed , fri  09:00-17:00", "mon-wed,fri 09:00-17:00"),
        ("sat-mon 09:00-17:00", "mon,sat,sun 09:00-17:00"),
        ("mon-sun 22:00-06:00", "22:00-06:00"),
        ("sat 00:00-24:00", "sat 00:00-24:00"),
        ("mon-fri 09:00-17:00&10:00-16:00", "mon-fri 09:00-17:00 & 10:00-16:00"),
        ("09:00-17:00 & 09:00-17:00", "09:00-17:00"),
    ],
)
def test_what_may_be_written_and_its_one_form(text: str, meant: str) -> None:
    assert str(parse(text)) == meant
    assert parse(meant) == parse(text)


@pytest.mark.parametrize(
    ("text", "message", "suggestion"),
    [
        ("9-5", "not hours", "did you mean 09:00-17:00?"),
        ("9am-5pm", "not hours", "did you mean 09:00-17:00?"),
        ("9:00 - 17:30", "not hours", "did you mean 09:00-17:30?"),
        ("12am-12pm", "not hours", "did you mean 00:00-12:00?"),
        ("22-6", "not hours", "did you mean 22:00-06:00?"),
        ("mon-fri 9-17", "not hours", "write the times as 09:00-17:00"),
        ("mon-fri", "not hours", "09:00-17:00"),
        ("", "not hours", "09:00-17:00"),
        ("25:00-26:00", "not hours", "09:00-17:00"),
        ("9-9", "not hours", "09:00-17:00"),
        ("monday 09:00-17:00", '"monday"', "did you mean mon?"),
        ("mno 09:00-17:00", '"mno"', "days are mon, tue"),
        ("lun-ven 09:00-17:00", '"lun"', "mon, tue"),
        ("mon, 09:00-17:00", "not hours", "09:00-17:00"),
        ("mon,,tue 09:00-17:00", "nothing", "mon, tue"),
        ("mon 09:00-17:00, tue 10:00-16:00", "more than one span", "09:00-17:00"),
        ("09:00-09:00", "same minute", "00:00-24:00"),
        ("24:00-06:00", "opens at 24:00", "00:00"),
        ("09:00-12:00 & 13:00-17:00", "no minute in common", "correct"),
        ("mon 09:00-17:00 & tue 09:00-17:00", "no minute in common", "correct"),
        ("09:00-17:00 & " * 20 + "09:00-17:00", "too long", "09:00-17:00"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str, suggestion: str) -> None:
    with pytest.raises(NotHours) as caught:
        parse(text)
    assert message in caught.value.message
    assert suggestion in caught.value.suggestion
    assert str(caught.value) == f"{caught.value.message}; {caught.value.suggestion}"


@pytest.mark.parametrize(
    ("text", "now", "opens", "closes"),
    [
        # 2026-11-23 is a Monday.
        ("09:00-17:00", "2026-11-23 08:59", "Mon 23 09:00", "Mon 23 17:00"),
        ("09:00-17:00", "2026-11-23 09:00", "Mon 23 09:00", "Mon 23 17:00"),
        ("09:00-17:00", "2026-11-23 16:59", "Mon 23 09:00", "Mon 23 17:00"),
        ("09:00-17:00", "2026-11-23 17:00", "Tue 24 09:00", "Tue 24 17:00"),
        ("mon-fri 09:00-17:00", "2026-11-27 17:00", "Mon 30 09:00", "Mon 30 17:00"),
        ("mon 09:00-17:00", "2026-11-23 17:00", "Mon 30 09:00", "Mon 30 17:00"),
        ("fri 22:00-06:00", "2026-11-28 05:59", "Fri 27 22:00", "Sat 28 06:00"),
        ("fri 22:00-06:00", "2026-11-28 06:00", "Fri 04 22:00", "Sat 05 06:00"),
        ("00:00-24:00", "2026-11-23 12:00", "Mon 23 00:00", "Tue 24 00:00"),
        ("mon-fri 09:00-17:00 & 10:00-18:00", "2026-11-23 08:00", "Mon 23 10:00", "Mon 23 17:00"),
        ("22:00-06:00 & 05:00-23:00", "2026-11-23 05:30", "Mon 23 05:00", "Mon 23 06:00"),
        ("22:00-06:00 & 05:00-23:00", "2026-11-23 06:00", "Mon 23 22:00", "Mon 23 23:00"),
        # over the end of a year, and into a leap day
        ("mon-fri 09:00-17:00", "2027-12-31 17:00", "Mon 03 09:00", "Mon 03 17:00"),
        ("thu 22:00-06:00", "2026-12-31 23:59", "Thu 31 22:00", "Fri 01 06:00"),
        ("09:00-17:00", "2028-02-28 18:00", "Tue 29 09:00", "Tue 29 17:00"),
        # clocks go forward at 02:00 on 2026-03-08, and back at 02:00 on 2026-11-01
        ("09:00-17:00", "2026-03-07 18:00", "Sun 08 09:00", "Sun 08 17:00"),
        ("02:30-09:00", "2026-03-08 00:00", "Sun 08 03:00", "Sun 08 09:00"),
        ("00:00-02:30", "2026-03-08 00:00", "Sun 08 00:00", "Sun 08 03:00"),
        ("02:15-02:45", "2026-03-08 00:00", "Mon 09 02:15", "Mon 09 02:45"),
        ("sun 02:00-03:00", "2026-03-02 00:00", "Sun 15 02:00", "Sun 15 03:00"),
        ("22:00-06:00", "2026-10-31 23:00", "Sat 31 22:00", "Sun 01 06:00"),
        ("09:00-17:00", "2026-11-01 00:30", "Sun 01 09:00", "Sun 01 17:00"),
    ],
)
def test_the_window_that_is_open_or_the_next(text: str, now: str, opens: str, closes: str) -> None:
    assert shown(text, now) == (opens, closes)


def test_a_night_is_longer_or_shorter_where_the_clocks_change() -> None:
    def length(now: str) -> float:
        opens, closes = parse("22:00-06:00").window(at(now), TORONTO)
        return (closes - opens) / 3600

    assert [length(f"{day} 23:00") for day in ("2026-03-07", "2026-10-31", "2026-06-01")] == [
        7.0, 9.0, 8.0,
    ]  # fmt: skip


def test_a_day_that_an_island_left_out_has_no_hours() -> None:
    """Apia went from Thursday, 2011-12-29, to Saturday."""
    apia = ZoneInfo("Pacific/Apia")
    assert shown("fri 09:00-17:00", "2011-12-29 20:00", apia) == ("Fri 06 09:00", "Fri 06 17:00")
    assert shown("22:00-06:00", "2011-12-29 23:00", apia) == ("Thu 29 22:00", "Sat 31 00:00")


times = st.integers(0, 24 * 4 - 1).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
days = st.sets(st.sampled_from(hours.DAYS), min_size=1).map(sorted).map(",".join)
spans = st.tuples(times, times).filter(lambda two: two[0] != two[1]).map("-".join)
parts = st.one_of(spans, st.tuples(days, spans).map(" ".join))
moments = st.floats(631_152_000, 2_208_988_800)  # 1990 to 2040


@given(parts, moments, st.sampled_from(ZONES))
@settings(max_examples=300, deadline=None)
def test_a_window_holds_now_or_comes_after_it(text: str, now: float, zone: ZoneInfo) -> None:
    opens, closes = parse(text).window(now, zone)
    assert opens < closes
    assert now < closes
    assert closes - opens <= 25 * 3600, "a day, and an hour that clocks may add"
    regular = {
        datetime.fromtimestamp(now + 86400 * day, zone).utcoffset() for day in range(-1, 10)
    }  # fmt: skip
    if len(regular) == 1:
        assert opens - now <= 7 * 86400
        assert closes - now <= 8 * 86400
    else:
        assert opens - now <= 15 * 86400, "an hour that never was costs a week at the most"


@given(parts, moments, st.sampled_from(ZONES))
@settings(max_examples=200, deadline=None)
def test_inside_a_window_the_clock_on_the_wall_agrees(
    text: str, now: float, zone: ZoneInfo
) -> None:
    """Where clocks do not change: by another way of telling than the one under test."""
    (part,) = parse(text).parts
    opens, closes = parse(text).window(now, zone)
    if len({datetime.fromtimestamp(end, zone).utcoffset() for end in (opens, closes)}) > 1:
        return
    for moment in (opens, (opens + closes) / 2, closes - 1):
        wall = datetime.fromtimestamp(moment, zone)
        minute = wall.hour * 60 + wall.minute
        after_midnight = part.closes <= part.opens and minute < part.closes
        assert (wall - timedelta(days=after_midnight)).weekday() in part.days
        assert after_midnight or minute >= part.opens
        assert after_midnight or part.closes <= part.opens or minute < part.closes


@given(parts, parts, moments, st.sampled_from(ZONES))
@settings(max_examples=200, deadline=None)
def test_a_joint_window_is_part_of_both(
    first: str, second: str, now: float, zone: ZoneInfo
) -> None:
    both = joint(first, second)
    if not meet(first, second):
        assert both == first
        return
    assert str(parse(both)) == both
    opens, closes = parse(both).window(now, zone)
    for one in (first, second):
        outer = parse(one).window(opens, zone)
        assert outer[0] <= opens < closes <= outer[1]


def test_hours_that_are_not_given_are_always_open() -> None:
    assert joint("", "") == ""
    assert joint("", "09:00-17:00") == joint("09:00-17:00", "") == "09:00-17:00"
    assert joint("09:00-17:00", "09:00-17:00") == "09:00-17:00"
    assert meet("", "09:00-17:00")


@given(st.text(max_size=40) | st.lists(st.sampled_from(["mon", "-", ",", " ", "&", "09:00", "9",
       "24:00", "17:00-", "am"]), max_size=12).map("".join))  # fmt: skip
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        found = parse(text)
    except NotHours as wrong:
        assert wrong.message  # noqa: PT017 - the other outcome is fine as well
        assert wrong.suggestion  # noqa: PT017
    else:
        assert parse(str(found)) == found


# --- In the files ------------------------------------------------------------------------------

OFFICIALS = """\
posts:
  - id: minister
    email: minister@ministry.example
    timezone: America/Toronto
    hours: Mon-Fri 09:00-17:00
officials:
  - id: ann
    name: Ann Example
    holds: [{post: minister}]
  - id: ben
    name: Ben Example
    email: ben@office.example
"""


def campaign(*lines: str):
    officials, problems = read(OFFICIALS)
    assert not problems
    text = page('timezone = "Europe/Paris"', *lines)
    text = text.replace("minister-labour", 'minister", "ben')
    made, told = read_campaign("quiet", {"en": ("quiet.md", text)}, officials)
    assert not told, [str(one) for one in told]
    assert made is not None
    return made, recipients(made, officials, made.today(at("2026-11-23 12:00"))), text


def test_a_letter_leaves_when_office_and_campaign_are_open() -> None:
    _, (ann, ben), _ = campaign('hours = "10:00-18:00"')
    assert ann.hours == "mon-fri 09:00-17:00 & 10:00-18:00"
    assert ben.hours == "10:00-18:00"
    assert (ann.timezone, ben.timezone) == ("America/Toronto", "Europe/Paris")


def test_without_hours_of_the_campaign_the_offices_count() -> None:
    _, (ann, ben), _ = campaign()
    assert (ann.hours, ben.hours) == ("mon-fri 09:00-17:00", "")


def test_hours_that_never_meet_an_offices_are_an_error_at_their_line() -> None:
    made, to, text = campaign('hours = "sat,sun 00:00-24:00"')
    assert to[0].hours == "mon-fri 09:00-17:00", "letters must have some time to leave"
    told = [
        one for one in check(made, to, files={"quiet.md": text}) if "never meets" in one.message
    ]
    assert [str(one) for one in told] == [
        "quiet.md:5:1: sat,sun 00:00-24:00 never meets the office's mon-fri 09:00-17:00 (for ann)"
    ]
    assert told[0].source == 'hours = "sat,sun 00:00-24:00"'
