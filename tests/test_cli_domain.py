"""`mailer doctor` on the sending domain, `mailer send-test`, and docs/deliverability.md, step by
step."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer.cli import doctor, domain, main
from mailer.config import KNOWN, Settings
from mailer.deliverability import Names
from mailer.problems import Finding, Record
from tests import dkim_judge
from tests.conftest import ROOT
from tests.nameserver import Zone, serving
from tests.providers import brevo, mailgun, postmark, resend, sendgrid, ses
from tests.providers.stub import playing
from tests.transports import servers

US = "coalition.internal"
SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # bytes 0 to 31: nobody's key
Mailer = Callable[..., Result]


@pytest.fixture
def mailer(home: Path) -> Mailer:
    """Runs `mailer words...` with these settings and no others."""

    def run(*words: str, **settings: str) -> Result:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        return CliRunner().invoke(main, words, env=clean | {"MAILER_HOME": str(home)} | settings)

    return run


@pytest.fixture
def ours(settings: Settings) -> Settings:
    """A campaign that signs what it sends through a relay."""
    return replace(
        settings, from_address=f"letters@{US}", transports=("smtp://127.0.0.1:9?tls=none",),
        dkim_key=SEED, dkim_selector="mail1", alert_to=f"it@{US}",
    )  # fmt: skip


def seen(settings: Settings, zone: Zone) -> list[Finding]:
    """What the doctor finds with this name server."""
    with serving(zone) as (_, port):
        return list(doctor.look(settings, Names(["127.0.0.1"], port, seconds=5)))


def published(found: list[Finding]) -> Zone:
    """The zone of somebody who pastes what the doctor says, and names the mail server."""
    zone = {(one.publish.name, one.publish.kind): [one.publish.value]
            for one in found if one.publish}  # fmt: skip
    return {**zone, (f"mail.{US}", "A"): ["192.0.2.7"]}


def test_who_publishes_what_the_doctor_says_is_well(ours: Settings) -> None:
    first = seen(ours, {})
    wanted = {one.what for one in first if one.publish}
    assert {"DKIM", "DMARC", "MX"} <= wanted
    again = {one.what: one.level for one in seen(ours, published(first))}
    assert {again[what] for what in ("SPF", "DKIM", "DMARC", "MX")} == {"ok"}


def test_a_made_up_domain_is_not_looked_up(ours: Settings) -> None:
    made_up = replace(ours, from_address="letters@campaign.example")
    with serving({}) as (server, port):
        found = list(doctor.look(made_up, Names(["127.0.0.1"], port)))
        live = replace(made_up, base_url="https://letters.campaign.example")
        found_live = list(doctor.look(live, Names(["127.0.0.1"], port)))
        assert server.asked == []
    assert {one.what: one.level for one in found}["domain"] == "ok"
    assert {one.what: one.level for one in found_live}["domain"] == "fail"


def test_a_record_is_printed_ready_to_paste(mailer: Mailer) -> None:
    finding = Finding(
        level="warn", what="SPF", found="x has none", repair="publish it",
        publish=Record(name="x.internal", kind="TXT", value="v=spf1 -all"),
    )  # fmt: skip
    assert doctor.lines(finding).splitlines()[1:] == [
        "      name   x.internal", "      type   TXT", "      value  v=spf1 -all",
    ]  # fmt: skip


def test_a_wrong_key_is_a_fault_among_others(ours: Settings) -> None:
    found = seen(replace(ours, dkim_key="c2VjcmV0"), {})
    (fault,) = (one for one in found if one.what == "DKIM")
    assert fault.level == "fail"
    assert "MAILER_DKIM_KEY" in fault.found
    assert "c2VjcmV0" not in fault.found + fault.repair
    assert "disk" in {one.what for one in found}


@pytest.mark.parametrize(
    ("transport", "changes", "missing"),
    [
        ("postmark://token", {}, "MAILER_HOOK_POSTMARK"),
        ("postmark://token", {"hooks": {"postmark": ("a:b",)}}, ""),
        ("ses://key:secret@ca-central-1", {"hooks": {"ses": ()}}, "MAILER_SNS_TOPIC"),
        ("ses://key:secret@ca-central-1", {"hooks": {"ses": ()}, "sns_topic": "arn:x"}, ""),
        ("smtp://127.0.0.1:9?tls=none", {}, ""),
    ],
)
def test_settings_that_belong_together(
    settings: Settings, transport: str, changes: dict[str, object], missing: str
) -> None:
    empty = {"hooks": {"postmark": (), "ses": ()}}
    chosen = replace(settings, transports=(transport,), **{**empty, **changes})
    with serving({}) as (_, port):
        found = list(domain.look(chosen, Names(["127.0.0.1"], port)))
    named = [one for one in found if one.what == "webhooks"]
    assert [missing in one.found for one in named] == ([True] if missing else [])


@pytest.mark.parametrize(
    ("transport", "changes", "warned"),
    [
        ("smtp://127.0.0.1:9?tls=none", {}, True),
        ("ses://key:secret@ca-central-1", {"sns_topic": "arn:x"}, True),
        ("smtp://127.0.0.1:9?tls=none", {"reply_domain": "reply.campaign.example"}, False),
        ("smtp://127.0.0.1:9?tls=none", {"from_address": "letters@campaign.example"}, False),
        ("postmark://token", {}, False),
    ],
)
def test_an_address_too_long_for_bounces_is_told(
    settings: Settings, transport: str, changes: dict[str, object], warned: bool
) -> None:
    long = replace(settings, from_address=f"{'x' * 24}@campaign.example", transports=(transport,))
    with serving({}) as (_, port):
        found = list(domain.look(replace(long, **changes), Names(["127.0.0.1"], port)))
    named = [one for one in found if one.what == "bounces"]
    assert ["MAILER_REPLY_DOMAIN" in one.repair for one in named] == [True] * warned


def test_accounts_that_are_told_apart_are_looked_up_by_their_domain(settings: Settings) -> None:
    urls = tuple(f"mailgun://{key}@mg.{US}" for key in ("one", "two"))
    with serving({}) as (_, port):
        asked = replace(settings, from_address=f"letters@{US}", transports=urls)
        found = list(domain.look(asked, Names(["127.0.0.1"], port)))
    assert found
    assert not [one for one in found if "#" in one.found + one.repair]


# --- send-test ---------------------------------------------------------------------------------


def sent(mailer: Mailer, folder: Path, **settings: str) -> Result:
    with servers.sink(folder) as port:
        return mailer(
            "send-test", "proctoring", "--to", "me@x.internal", "--official", "romano",
            MAILER_TRANSPORT=f"smtp://127.0.0.1:{port}?tls=none", **settings,
        )  # fmt: skip


def test_send_test_shows_what_receivers_judge(mailer: Mailer, tmp_path: Path) -> None:
    ended = sent(
        mailer, tmp_path, MAILER_FROM=f"letters@{US}", MAILER_DKIM_KEY=SEED,
        MAILER_DKIM_SELECTOR="mail1", MAILER_REPLY_DOMAIN=f"bounces.{US}",
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    told = dict(re.split(r":\s+", line, maxsplit=1) for line in ended.stdout.splitlines())
    assert told["signed"] == f"for {US} by mail1 (ed25519)"
    assert told["from"] == f"letters@{US}"
    assert re.fullmatch(rf"b-[0-9a-z]{{38}}@bounces\.{US}", told["bounces"])
    assert told["accepted"] == "250 2.0.0 Ok"
    (message,) = servers.kept(tmp_path, 1)
    assert b"DKIM-Signature:" in message
    assert f"X-Mail-Args: <{told['bounces']}>".encode() in message


def test_send_test_says_who_does_not_sign(mailer: Mailer, tmp_path: Path) -> None:
    assert "not by us" in sent(mailer, tmp_path).stdout


def test_send_test_says_what_to_do_about_a_refusal(mailer: Mailer) -> None:
    def refuse(peer: servers.Peer) -> None:
        peer.greet()
        peer.envelope(rcpt="550 5.1.1 no such user here")

    with servers.Told(refuse) as server:
        ended = mailer(
            "send-test", "proctoring", "--to", "me@x.internal", "--official", "romano",
            MAILER_TRANSPORT=f"smtp://127.0.0.1:{server.port}?tls=none",
        )  # fmt: skip
    assert ended.exit_code == 1
    assert "no such user here" in ended.stderr
    assert "docs/transports.md" in ended.stderr


API = {
    "postmark": f"postmark://{postmark.TOKEN}", "mailgun": mailgun.URL, "sendgrid": sendgrid.URL,
    "ses": ses.URL, "resend": f"resend://{resend.KEY}", "brevo": brevo.URL,
}  # fmt: skip
RULES = {
    "postmark": postmark, "mailgun": mailgun, "sendgrid": sendgrid, "ses": ses, "resend": resend,
    "brevo": brevo,
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_send_test_shows_the_answer_of_every_provider(mailer: Mailer, name: str) -> None:
    words = ("send-test", "proctoring", "--to", "me@x.internal", "--official", "romano")
    with playing(RULES[name].Rules()) as stub:
        address = API[name].format(api=stub.url)
        if "api=" not in address:
            address += f"?api={stub.url}"
        ended = mailer(*words, MAILER_TRANSPORT=address, MAILER_FROM="letters@campaign.example")
        stub.suspended = True
        refused = mailer(*words, MAILER_TRANSPORT=address, MAILER_FROM="letters@campaign.example")
    assert ended.exit_code == 0, ended.output
    told = dict(re.split(r":\s+", line, maxsplit=1) for line in ended.stdout.splitlines())
    assert told["through"].startswith(name)
    assert "by the provider" in told["signed"]
    assert told["accepted"][0] == "2"
    assert told["its id"]
    assert "bounces" not in told
    assert len(stub.taken) == 1
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"mailer: {told['through']}: ")


def test_a_wrong_key_stops_the_start(mailer: Mailer) -> None:
    wrong = {"MAILER_DKIM_SELECTOR": "mail1", "MAILER_TRANSPORT": "smtp://127.0.0.1:9?tls=none"}
    for words in (["check"], ["send-test", "proctoring", "--to", "me@x.internal"]):
        ended = mailer(*words, **wrong)
        assert ended.exit_code == 2, ended.output
        assert "MAILER_DKIM_KEY is missing" in ended.output


# --- the page ----------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "deliverability.md").read_text(encoding="utf-8")


def test_a_newcomer_gets_from_nothing_to_a_signature(mailer: Mailer, tmp_path: Path) -> None:
    lines = re.findall(r"^(?:openssl|cat) .*$", PAGE, re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        subprocess.run(line, shell=True, cwd=tmp_path, check=True, capture_output=True)
    settings = {"MAILER_FROM": f"letters@{US}", "MAILER_DKIM_SELECTOR": "mail1 mail2",
                "MAILER_DKIM_KEY_FILE": str(tmp_path / "dkim.pem")}  # fmt: skip
    ended = sent(mailer, tmp_path, **settings)
    assert f"for {US} by mail1 (rsa), mail2 (ed25519)" in ended.stdout
    found = seen(
        Settings.from_env({**settings, "MAILER_HOME": str(tmp_path),
                           "MAILER_TRANSPORT": "smtp://127.0.0.1:9?tls=none"}), {},
    )  # fmt: skip
    keys = {one.publish.name: one.publish.value
            for one in found if one.what == "DKIM" and one.publish}  # fmt: skip
    (raw,) = servers.kept(tmp_path, 1)
    message = raw[raw.index(b"DKIM-Signature:") :].rstrip().replace(b"\n", b"\r\n") + b"\r\n"
    assert dkim_judge.by_perl(message, keys)["mail1"] == "pass"
    assert dkim_judge.by_dkimpy(message, keys) == [True, True]


def test_the_page_names_every_provider() -> None:
    from mailer.deliverability.providers import PROVIDERS

    for provider in PROVIDERS.values():
        assert provider.name in PAGE
        assert provider.include in PAGE
