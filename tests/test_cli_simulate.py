"""`mailer simulate`: what it prints, and what it says about what it found."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer.cli import main
from mailer.config import KNOWN
from tests.conftest import ROOT

CAMPAIGN = "templates/letters/proctoring.md"
START = ("--start", "2026-11-24 09:00")


@pytest.fixture
def simulate(home: Path):
    """Runs `mailer simulate proctoring words...` with these settings and no others."""

    def run(*words: str, supporters: int = 10_000, hours: float = 8, **settings: str) -> Result:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        clean |= {"DATABASE_URL": None, "PORT": None, "NO_COLOR": None, "MAILER_HOME": str(home)}
        asked = ("--supporters", str(supporters), "--hours", str(hours))
        return CliRunner().invoke(
            main, ["simulate", "proctoring", *asked, *words], env=clean | settings
        )

    return run


def edit(home: Path, file: str, *changes: tuple[str, str]) -> None:
    text = (home / file).read_text()
    for was, now in changes:
        assert was in text
        text = text.replace(was, now)
    (home / file).write_text(text)


def told(ended: Result) -> dict:
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def test_the_question_is_answered_on_one_page(simulate):
    ended = simulate(*START)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert (
        ended.stdout
        == """\
Stop invasive proctoring: 10,000 supporters, 20,000 letters to 2 officials.
They come over 8 hours from Tue 24 Nov 2026 09:00 on (America/Toronto), half of them in the first 2
hours (--arrival launch).

official    letters  pace      first         last          most/hour  max. wait
romano      10,000   900/hour  Tue 24 09:00  Tue 24 20:00  989        4h 33m
mcnaughton  10,000   900/hour  Tue 24 09:00  Tue 24 20:00  989        4h 33m

Each column is 1 hour: # as many as 989 letters, = fewer, - few, . none leaves though some wait.
            |09:00  |17:00
romano      ###########-
mcnaughton  ###########-

The last letter leaves on Tuesday, 24 November 2026 at 20:00 (America/Toronto). What holds them up:
the pace of the mailbox of romano and mcnaughton (900/hour each).
Assumed: Nothing else waits in the queue, and every server takes each letter at once. A server takes
them: MAILER_TRANSPORT as it is now keeps letters on this machine.
"""
    )


def test_the_docs_show_what_it_prints(simulate):
    page = (ROOT / "docs" / "organizers.md").read_text(encoding="utf-8")
    shown = page.partition("```text\n")[2].partition("```")[0].splitlines()
    printed = simulate(*START, supporters=100_000).stdout.splitlines()
    assert len(shown) == 6
    assert [line for line in shown if line not in printed] == []


def test_for_programs(simulate):
    found = told(simulate(*START, "--json", "--every", "30m"))
    assert (found["begins"], found["ends"]) == ("2026-11-24T14:00:00Z", "2026-11-25T01:00:40Z")
    assert (found["supporters"], found["letters"], found["every"]) == (10_000, 20_000, 1800)
    one = found["officials"][0]
    assert (one["official"], one["pace"], one["peak_hour"]) == ("romano", "900/hour", 989)
    assert sum(one["counts"]) == one["letters"] == one["left"] == 10_000
    assert len(one["counts"]) == len(one["waiting"]) == 23
    assert set(one["kept_by"]) == {"mailbox"}


def test_colours_are_for_terminals_that_want_them(home):
    words = ["simulate", "proctoring", "--supporters", "100000", "--hours", "8"]
    env = {"MAILER_HOME": str(home), "NO_COLOR": None}
    assert "\x1b[33mhint: \x1b[0m" in CliRunner().invoke(main, words, env=env, color=True).stdout
    plain = CliRunner().invoke(main, words, env=env | {"NO_COLOR": "1"}, color=True)
    assert "hint: " in plain.stdout
    assert "\x1b[" not in plain.output


def test_without_a_start_it_is_tomorrow_at_nine(simulate):
    assert "09:00 on (America/Toronto)" in simulate().stdout.replace("\n", " ")


def test_a_few_hundred_need_not_wait(simulate):
    found = told(simulate(*START, "--json", "--arrival", "even", supporters=400))
    assert found["verdict"].endswith("Letters leave as they are written: nothing holds them up.")
    assert found["hints"] == []


def test_hours_in_another_time_zone_are_shown_by_the_offices_clock(simulate, home):
    edit(home, "officials.yaml", (
        "portfolios: [labour]\n    language: en\n    timezone: America/Toronto\n",
        "portfolios: [labour]\n    language: en\n    timezone: America/Vancouver\n"
        "    hours: mon-fri 09:00-17:00\n",
    ))  # fmt: skip
    ended = simulate(*START)
    assert "mcnaughton  10,000   900/hour  Tue 24 09:00  Wed 25 " in ended.stdout
    assert "America/Vancouver" in ended.stdout
    row = next(line for line in ended.stdout.splitlines() if line.startswith("mcnaughton  ."))
    assert row.split()[1].startswith("...###")
    verdict = told(simulate(*START, "--json"))["verdict"]
    assert "the hours in which letters may leave (mon-fri 09:00-17:00)" in verdict


def test_domain_and_ceiling_are_named(simulate, home):
    edit(home, CAMPAIGN, ("goal = 5000", "goal = 5000\nceiling = 4000"))
    with (home / "officials.yaml").open("a") as file:
        file.write("\ndomains:\n  ministry.example: {pace: 600/hour}\n")
    found = told(simulate(*START, "--json"))
    assert "ministry.example (600/hour, all its mailboxes together)" in found["verdict"]
    slow = told(simulate(*START, "--json", supporters=40_000))
    assert any(hint.startswith("The ceiling of 4,000 a day") for hint in slow["hints"])
    assert any(hint.startswith("A letter waits up to ") for hint in slow["hints"])
    assert set(slow["officials"][0]["kept_by"]) >= {"domain", "ceiling"}


def test_the_account_and_confirmations_count(simulate, home):
    edit(home, CAMPAIGN, ("confirm = false ", "confirm = true "))
    relay = "smtp://127.0.0.1:9?tls=none&daily=5000&warmup=3"
    found = told(simulate(*START, "--json", MAILER_TRANSPORT=relay))
    assert "5,000 mails a day once it is warm, 50 on its first day" in found["verdict"]
    assert any("The last mail that asks for confirmation leaves" in one for one in found["hints"])
    assert "The account has sent nothing before." in found["assumed"]
    assert not any("keeps letters on this machine" in one for one in found["assumed"])
    assert found["officials"][0]["kept_by"]["daily"] > 0
    slow = told(simulate(*START, "--json", MAILER_TRANSPORT="smtp://127.0.0.1:9?pace=10/minute"))
    assert "the pace of our own account (10/minute)" in slow["verdict"]


def test_paces_and_last_days_that_nobody_meant_are_hinted_at(simulate, home):
    edit(home, "officials.yaml", ("pace: 900/hour", "pace: 2000/hour"))
    edit(home, CAMPAIGN, ("goal = 5000", "goal = 5000\ncloses = 2026-11-24"))
    found = told(simulate(*START, "--json", supporters=100_000))
    assert any("Exchange Online refuses" in hint for hint in found["hints"])
    assert any("after 2026-11-24, when the campaign closes" in hint for hint in found["hints"])
    late = told(simulate(*START, "--json", hours=30))
    assert any("before all supporters have come" in hint for hint in late["hints"])


@pytest.mark.parametrize(
    ("choose", "letters", "said"),
    [("any", 20_000, "writes to all whom they may choose"), ("one", 10_000, "to one official")],
)
def test_what_supporters_choose_is_said(simulate, home, choose, letters, said):
    edit(home, CAMPAIGN, ("goal = 5000", f'goal = 5000\nchoose = "{choose}"'))
    found = told(simulate(*START, "--json"))
    assert found["letters"] == letters
    assert any(said in one for one in found["assumed"])


def test_many_officials_who_fare_alike_share_a_row(simulate, home):
    people = "".join(
        f"  - id: o{n}\n    name: Ann Example\n    email: o{n}@office.example\n" for n in range(124)
    )
    (home / "officials.yaml").write_text(
        "officials:\n" + people + "groups:\n  all: [" + ", ".join(f"o{n}" for n in range(124)) + "]"
    )
    edit(home, CAMPAIGN, ('to = ["minister-colleges-universities", "minister-labour"]',
                          'to = ["all"]'))  # fmt: skip
    ended = simulate(*START, supporters=100_000)
    assert ended.exit_code == 0, ended.output
    assert "12,400,000 letters to 124 officials" in ended.stdout
    assert ended.stdout.count("o0, o1 and 122 more  ") == 2


def test_what_takes_longer_than_a_year_is_said(simulate, home):
    edit(home, "officials.yaml", ("pace: 900/hour", "pace: 1/day"))
    found = told(simulate(*START, "--json"))
    assert found["ends"] is None
    assert "After 366 days" in found["verdict"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--every", "10s"], "10s is not a span from 5m to 24h"),
        (["--every", "48h"], "48h is not a span"),
        (["--start", "tomorrow"], "tomorrow"),
        (["--arrival", "never"], "never"),
        (["--supporters", "0"], "0 is not in the range"),
        (["--hours", "0"], "0"),
    ],
)
def test_wrong_usage_is_told(simulate, words, says):
    ended = simulate(*words)
    assert ended.exit_code == 2
    assert says in ended.stderr
    assert ended.stdout == ""


def test_a_campaign_to_nobody(simulate, home):
    edit(home, CAMPAIGN, ('to = ["minister-colleges-universities", "minister-labour"]',
                          'to = { tags = ["cabinet"] }'))  # fmt: skip
    edit(home, "officials.yaml",
         ("    tags: [cabinet]\n", "    tags: [cabinet]\n    do_not_mail: true\n"))  # fmt: skip
    ended = simulate(*START)
    assert ended.exit_code == 1
    assert "nobody gets the letter of proctoring on that day" in ended.stderr
