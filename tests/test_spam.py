"""What filters make of our letters: every shipped one is scored by SpamAssassin's own rules."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer.campaigns.library import Library
from mailer.cli import main
from mailer.cli.spam import GOOD, MOST, Judged, judge, lines, samples_of, some
from mailer.config import Settings
from mailer.deliverability import spam
from mailer.deliverability.spam import Rule, Score
from mailer.errors import MailerError
from mailer.message import tokens
from mailer.message.freemail import is_freemail
from tests.web_public.homes import write_campaign, write_home

scored = pytest.mark.skipif(
    not spam.is_installed(),
    reason="SPAMASSASSIN IS NOT INSTALLED: no letter was scored (apt install spamassassin)",
)
TOLD = "HTML_MESSAGE"  # 0.001: there is an HTML part, which says nothing against a message
FREEMAIL = "ann77@gmail.com"  # made up; the worst sort, for its digits
LISTS = "/usr/share/spamassassin"
ANSWERS = "answers.campaign.example"


def judged(settings: Settings, reply_to: str = "") -> list[Judged]:
    return judge(Library(settings.home).current(), settings, reply_to)


@scored
def test_every_shipped_letter_is_good_when_answers_come_to_our_own_domain(
    settings: Settings,
) -> None:
    aliased = replace(settings, reply_alias="always", reply_domain=ANSWERS)
    found = judged(aliased, FREEMAIL)
    assert all(tokens.is_for_answers(one.sample.mail.reply_address) for one in found)
    assert {one.sample.language for one in found} == {"en", "fr"}
    assert {one.sample.own_words for one in found} == {True, False}
    assert {name for one in found for name in one.sample.officials} == {"romano", "mcnaughton"}
    assert len({role for one in found for role in one.sample.roles}) == 6
    assert len(found) == 48
    assert len({one.sample.mail.subject for one in found}) == 6
    assert max(one.score.points for one in found) <= GOOD
    assert {rule.name for one in found for rule in one.score.rules} == {TOLD}


@scored
def test_a_free_mail_address_to_answer_to_costs_its_own_rules_and_no_others(
    settings: Settings,
) -> None:
    found = judged(settings, FREEMAIL)
    assert len(found) == 48
    assert {one.sample.mail.reply_address for one in found} == {FREEMAIL}
    assert {one.sample.language for one in found} == {"en", "fr"}
    assert {one.sample.own_words for one in found} == {True, False}
    for one in found:
        fired = {rule.name for rule in one.score.rules}
        assert "FREEMAIL_FORGED_REPLYTO" in fired
        assert all(name.startswith("FREEMAIL_") for name in fired)


@scored
def test_what_spamassassin_calls_free_mail_we_do_too() -> None:
    listed = [
        word.replace("*", "x").replace("?", "x")
        for file in Path(LISTS).glob("20_freemail*_domains.cf")
        for line in file.read_text(encoding="ascii").splitlines()
        if line.startswith("freemail_domains ")
        for word in line.split()[1:]
    ]
    assert len(listed) > 2000
    assert not [domain for domain in listed if not is_freemail(f"ann@{domain}")]


@pytest.mark.parametrize(
    "address",
    ["ann@GMAIL.com", "ann@yahoo.co.uk", "ann@hotmail.fr", "ann@videotron.ca", "ann@mail2web.com"],
)
def test_addresses_at_free_mail(address: str) -> None:
    assert is_freemail(address)


@pytest.mark.parametrize(
    "address",
    [
        "ann@home.example", "ann@gmail.com.home.example", "ann@notgmail.com", "ann@mail.gmail.com",
        "ann@ministry.example", "gmail.com@home.example", "ann@yahoo", "", "@", "ann@outlook.a.b.c",
    ],
)  # fmt: skip
def test_addresses_elsewhere(address: str) -> None:
    assert not is_freemail(address)


@scored
def test_each_message_gets_its_own_score(settings: Settings) -> None:
    campaign = Library(settings.home).current().campaigns["proctoring"]
    content = Library(settings.home).current()
    one = next(samples_of(campaign, content, settings, "ann@supporter.example"))
    good = one.mail
    bad = replace(good, subject="GET VIAGRA NOW", text="From me: cheap Viagra!!!\n>From you\n")
    messages = [
        spam.arrived(mail, sender=mail.from_address, now=mail.date) for mail in (bad, good, bad)
    ]
    scores = spam.scores(messages)
    assert [score.points > 2 for score in scores] == [True, False, True]
    assert scores[0] == scores[2]
    assert any("drug" in rule.says for rule in scores[0].rules)
    assert [rule.points for rule in scores[0].rules] == sorted(
        (rule.points for rule in scores[0].rules), reverse=True
    )
    assert spam.scores([]) == []


@pytest.mark.parametrize(
    ("alias", "email", "answered"),
    [
        ("off", FREEMAIL, FREEMAIL),
        ("freemail", FREEMAIL, ANSWERS),
        ("freemail", "ann@supporter.example", "ann@supporter.example"),
        ("always", "ann@supporter.example", ANSWERS),
    ],
)
def test_letters_are_answered_where_the_settings_say(
    settings: Settings, alias: str, email: str, answered: str
) -> None:
    content = Library(settings.home).current()
    aliased = replace(settings, reply_alias=alias, reply_domain=ANSWERS)
    found = samples_of(content.campaigns["proctoring"], content, aliased, email)
    assert all(one.mail.reply_address.endswith(answered) for one in found)


def program(folder: Path, script: str) -> None:
    """A SpamAssassin of our own making."""
    folder.mkdir(exist_ok=True)
    file = folder / "spamassassin"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'no rules were found' >&2; exit 25", "SpamAssassin failed: no rules were found"),
        ("exit 3", "it does not say why"),
        ("cat >/dev/null", "another number of messages"),
        ("cat", "without having judged"),
    ],
)
def test_a_program_that_fails_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    program(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(MailerError, match=said):
        spam.scores([b"Subject: x\r\n\r\nx\r\n"])


def test_nothing_of_a_message_stands_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, done = tmp_path / "given", tmp_path / "done"
    program(tmp_path / "bin", f'printf "%s\\n" "$#" "$@" >>{given}; exec cat')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    hostile = f"$(touch {done}) `touch {done}`; touch {done} | --cf=x\r\n--siteconfigpath=/x"
    for text in ("plain", hostile):
        message = f"Subject: {text}\r\n\r\n{text}\r\n".encode()
        with pytest.raises(MailerError, match="without having judged"):
            spam.scores([message])
    lines = given.read_text().splitlines()
    assert lines[: len(lines) // 2] == lines[len(lines) // 2 :], "the same, whatever was typed"
    assert len(lines) > 8
    assert not done.exists()


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Result]:
    """Runs `mailer check` in a small home of one campaign."""
    home = write_home(tmp_path / "small")
    write_campaign(home, "exams")

    def run(*words: str, path: str = os.environ["PATH"]) -> Result:
        env = {"MAILER_HOME": str(home), "PATH": path}
        return CliRunner().invoke(main, ["check", *words], env=env)

    return run


def test_without_the_program_a_line_says_so(check: Callable[..., Result], tmp_path: Path) -> None:
    plain, ended = check(path=str(tmp_path)), check("--spam", path=str(tmp_path))
    assert ended.exit_code == plain.exit_code == 0
    assert ended.stdout == plain.stdout
    assert ended.stderr == (
        "mailer: SpamAssassin is not installed, so no letter was scored"
        " (Debian: apt install spamassassin)\n"
    )
    told = json.loads(check("--spam", "--json", path=str(tmp_path)).stdout)
    assert told["letters"] is None


@scored
def test_scores_are_printed_with_their_rules_in_words(check: Callable[..., Result]) -> None:
    ended = check("--spam")
    assert ended.exit_code == 0, ended.output
    assert "0.0 points: exams (en), 8 letters\n     to north, south\n" in ended.stdout
    assert "by no role, student, with and without own words" in ended.stdout
    assert "0.001  HTML_MESSAGE  BODY: HTML included in message" in ended.stdout
    assert "SpamAssassin calls 5.0 points spam; 0.5 and less is good." in ended.stdout
    assert "MAILER_REPLY_ALIAS" not in ended.stdout
    data = json.loads(check("--spam", "--json", "--reply-to", FREEMAIL).stdout)
    assert len(data["letters"]) == 10  # in French both officials get the same words
    for one in data["letters"]:
        assert one["reply_to"] == FREEMAIL
        assert one["points"] > 1
        assert {"name", "points", "says"} == set(one["rules"][0])


def test_what_stands_behind_the_option_is_judged(check: Callable[..., Result]) -> None:
    assert check("--reply-to", "ann@example.org").exit_code == 2
    ended = check("--spam", "--reply-to", "nobody at all")
    assert ended.exit_code == 2
    assert "nobody at all" in ended.stderr


def test_a_letter_that_is_called_spam_is_a_problem(
    check: Callable[..., Result], tmp_path: Path
) -> None:
    program(
        tmp_path / "bin",
        r"sed 's/^Return-Path:.*/X-Spam-Tests: HORRID=5.2\n"
        r"X-Spam-Report:\n\t*  5.2 HORRID Looks horrid\n\t*      to anybody/'",
    )
    ended = check("--spam", path=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert ended.exit_code == 2
    assert "5.2 points: exams" in ended.stdout
    assert " 5.200  HORRID  Looks horrid to anybody\n" in ended.stdout


def test_the_worst_stand_first_and_the_way_out_of_free_mail_rules_is_told(
    settings: Settings,
) -> None:
    content = Library(settings.home).current()
    campaign = content.campaigns["proctoring"]
    sample = next(samples_of(campaign, content, settings, FREEMAIL))
    good, bad = (
        Judged(sample=sample, score=Score(rules=(Rule(name=name, points=points, says="x"),)))
        for name, points in (("A", 0.1), ("FREEMAIL_B", 1.2))
    )
    told = list(lines([good, bad]))
    assert told[0].startswith("1.2 points")
    assert told[-1].startswith("The FREEMAIL_ rules go with MAILER_REPLY_ALIAS=freemail")
    assert list(lines([])) == []


def test_of_very_many_letters_some_from_everywhere_are_scored(tmp_path: Path) -> None:
    home = write_home(tmp_path / "large")
    people = "\n".join(
        f"  - {{id: p{n}, name: Person {n}, salutation: Person {n}, email: p{n}@x.example}}"
        for n in range(200)
    )
    (home / "officials.yaml").write_text(f"officials:\n{people}\n", encoding="utf-8")
    write_campaign(home, "exams", to=[f"p{n}" for n in range(200)])
    letters = home / "templates" / "letters" / "exams.md"
    letters.write_text(letters.read_text() + "\nTo {{ official.name }}.\n", encoding="utf-8")
    content = Library(home).current()
    settings = Settings(home=home)
    found = list(samples_of(content.campaigns["exams"], content, settings, "a@supporter.example"))
    assert len(found) == 200 * 4 + 2
    taken = some(found)
    assert MOST / 2 < len(taken) <= MOST
    assert {one.language for one in taken} == {"en", "fr"}
