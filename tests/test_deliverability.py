"""What receivers look up about a domain, asked of a real name server on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest

from mailer.deliverability import Names, Published, Road, Sender, look
from mailer.deliverability.spf import walk
from mailer.problems import Finding
from tests.nameserver import NameServer, Zone, serving

US = "coalition.internal"
RELAY = Road(scheme="smtp", host="relay.internal")
SPKI = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + "A" * 348
KEY = Published(selector="mail1", record=f"v=DKIM1; k=rsa; p={SPKI}")
SENDER = Sender(domain=US, keys=(KEY,), roads=(RELAY,), report_to="it@coalition.internal")

WELL: Zone = {
    (US, "TXT"): ["v=spf1 ip4:192.0.2.25 -all", "unrelated=1"],
    (f"mail1._domainkey.{US}", "TXT"): [KEY.record],
    (f"_dmarc.{US}", "TXT"): [f"v=DMARC1; p=reject; rua=mailto:it@{US}"],
    (US, "MX"): [f"10 mx.{US}."],
    (f"mx.{US}", "A"): ["192.0.2.7"],
    ("relay.internal", "A"): ["192.0.2.25"],
    ("25.2.0.192.in-addr.arpa", "PTR"): ["relay.internal."],
}


@contextmanager
def names(zone: Zone) -> Iterator[tuple[NameServer, Names]]:
    with serving(zone) as (server, port):
        yield server, Names(["127.0.0.1"], port, seconds=5)


def doctor(
    changes: Mapping[tuple[str, str], Sequence[str]] | None = None, sender: Sender = SENDER
) -> list[Finding]:
    """What is found in a zone that is well but for `changes`."""
    with names({**WELL, **(changes or {})}) as (_, asked):
        return list(look(sender, asked))


def about(what: str, found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.what == what]


def fault(what: str, found: list[Finding]) -> Finding:
    """The one thing that is wrong with it."""
    (wrong,) = (one for one in about(what, found) if one.level != "ok")
    assert wrong.repair
    return wrong


def test_all_is_well() -> None:
    found = doctor()
    assert [(one.what, one.level) for one in found] == [
        (what, "ok") for what in ("SPF", "DKIM", "DMARC", "MX", "PTR")
    ]


# --- SPF ---------------------------------------------------------------------------------------


def spf(*records: str, **others: str) -> dict[tuple[str, str], list[str]]:
    """A zone's SPF records: ours, and those of includes by their first label."""
    more = {(f"{name}.internal", "TXT"): [text] for name, text in others.items()}
    return {(US, "TXT"): list(records), **more}


@pytest.mark.parametrize(
    ("zone", "level", "words", "publish"),
    [
        (spf(), "fail", "no SPF record", "v=spf1 a:relay.internal ~all"),
        (
            spf("v=spf1 ip4:192.0.2.25 -all", "v=spf1 include:x.internal -all"), "fail",
            "2 SPF records", "v=spf1 include:x.internal ip4:192.0.2.25 -all",
        ),
        (
            spf("v=spf1 mx -all"), "warn", "does not let relay.internal send",
            "v=spf1 mx a:relay.internal -all",
        ),
        (
            spf("v=spf1 include:a.internal ~all", a="v=spf1 ip4:198.51.100.0/24 -all"), "warn",
            "does not let", "v=spf1 include:a.internal a:relay.internal ~all",
        ),
        (spf("v=spf1 +all"), "fail", "whole world", "v=spf1 a:relay.internal ~all"),
        (spf("v=spf1 ip4:192.0.2.25 all"), "fail", "whole world", "v=spf1 ip4:192.0.2.25 ~all"),
        (spf("v=spf1 ip4:192.0.2.25 ?all"), "warn", "others", "v=spf1 ip4:192.0.2.25 ~all"),
        (spf("v=spf1 ip4:192.0.2.25"), "warn", "others may not", "v=spf1 ip4:192.0.2.25 ~all"),
        (
            spf("v=spf1 redirect=a.internal", a="v=spf1 ip4:198.51.100.1 -all"), "warn",
            "does not let", "v=spf1 a:relay.internal redirect=a.internal",
        ),
        (spf("v=spf1 ip4:192.0.2.25 ipv4:192.0.2.1 -all"), "fail", "'ipv4:192.0.2.1'", ""),
        (spf("v=spf1 ip4:192.0.2.25 ip4:192.0.2.300 -all"), "fail", "not an address", ""),
        (spf("v=spf1 ip4:192.0.2.25 include:no.internal -all"), "fail", "has no SPF record", ""),
        (spf("v=spf1 ip4:192.0.2.25 include: -all"), "fail", "without a name", ""),
        (
            spf("v=spf1 ip4:192.0.2.25 include:a.internal -all", a="v=spf1 include:a.internal"),
            "fail", "in a circle", "",
        ),
        (
            spf("v=spf1 ip4:192.0.2.25 a:n1.internal a:n2.internal a:n3.internal -all"), "fail",
            "lead nowhere", "",
        ),
    ],
    ids=range(15),
)  # fmt: skip
def test_spf_faults_are_named(zone: Zone, level: str, words: str, publish: str) -> None:
    found = fault("SPF", doctor(zone))
    assert found.level == level
    assert words in found.found
    assert (found.publish.value if found.publish else "") == publish
    assert found.publish is None or (found.publish.name, found.publish.kind) == (US, "TXT")


@pytest.mark.parametrize(
    "zone",
    [
        spf("v=spf1 a:relay.internal ~all"),
        spf("v=spf1 ip4:192.0.2.0/24 -all"),
        spf("V=SPF1 IP4:192.0.2.25 -ALL"),
        spf("v=spf1 redirect=a.internal", a="v=spf1 ip4:192.0.2.25 -all"),
        spf("v=spf1 include:a.internal -all", a="v=spf1 include:b.internal ?all",
            b="v=spf1 a:relay.internal/28 +all"),
        spf("v=spf1 exists:%{i}._spf.internal exp=why.internal unknown=x -all"),
    ],
    ids=range(6),
)  # fmt: skip
def test_spf_that_lets_the_relay_send_is_well(zone: Zone) -> None:
    assert [one.level for one in about("SPF", doctor(zone))] == ["ok"]


def chain(length: int) -> Zone:
    """A record that includes another, and so on, `length` times."""
    zone = {
        (f"s{number}.internal", "TXT"): [f"v=spf1 include:s{number + 1}.internal -all"]
        for number in range(length)
    }
    return {**zone, (f"s{length}.internal", "TXT"): ["v=spf1 ip4:192.0.2.25 -all"]}


@pytest.mark.parametrize(("length", "level"), [(8, "ok"), (9, "ok"), (10, "fail"), (40, "fail")])
def test_receivers_stop_after_ten_lookups(length: int, level: str) -> None:
    zone = {**chain(length), (US, "TXT"): ["v=spf1 ip4:192.0.2.25 include:s0.internal -all"]}
    first = about("SPF", doctor(zone))[0]
    assert first.level == level
    if level == "ok":
        assert f"({length + 1} of 10 lookups)" in first.found


def test_a_long_chain_asks_few_questions() -> None:
    zone = chain(60)
    with names(zone) as (server, asked):
        found = walk(asked, "s0.internal", zone["s0.internal", "TXT"][0])
    assert found.faults
    assert len(server.asked) < 25


def test_spf_is_asked_about_the_domain_that_bounces_go_to() -> None:
    sender = Sender(domain=US, reply_domain="bounces.internal", keys=(KEY,), roads=(RELAY,))
    found = doctor(sender=sender)
    wrong = fault("SPF", found)
    assert wrong.publish is not None
    assert wrong.publish.name == "bounces.internal"
    assert [one.found.split(":")[0] for one in about("MX", found)] == [
        US, "bounces.internal takes no mail",
    ]  # fmt: skip
    assert any("does not count" in one.found and one.level == "ok" for one in about("DMARC", found))


# --- DKIM --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "no such record"),
        ([KEY.record, "v=DKIM1; p="], "2 records"),
        (["v=DKIM1; k=rsa; p="], "revoked"),
        (["v=DKIM1; k=rsa; p=AAAA"], "another key"),
        ([f"v=DKIM1; k=ed25519; p={SPKI}"], "another key"),
        ([f"{KEY.record}; t=y:s"], "testing"),
        ([f"{KEY.record}; h=sha1"], "sha256"),
        ([f"{KEY.record}; s=tlsrpt"], "not e-mail"),
        (["v=spf1 -all"], "not that of a key"),
        ([f"v=DKIM2; p={SPKI}"], "not that of a key"),
    ],
    ids=range(10),
)
def test_dkim_faults_come_with_the_record_to_publish(records: list[str], words: str) -> None:
    found = fault("DKIM", doctor({(f"mail1._domainkey.{US}", "TXT"): records}))
    assert found.level == "fail"
    assert words in found.found
    assert found.publish is not None
    assert found.publish.name == f"mail1._domainkey.{US}"
    assert found.publish.value == KEY.record


@pytest.mark.parametrize(
    "record",
    [f"p={SPKI}", f"k=rsa; p={SPKI[:40]} {SPKI[40:]};", f"v=DKIM1;t=s;h=sha1:sha256;s=*;p={SPKI}"],
    ids=range(3),
)
def test_a_key_may_be_published_in_other_words(record: str) -> None:
    found = about("DKIM", doctor({(f"mail1._domainkey.{US}", "TXT"): [record]}))
    assert [one.level for one in found] == ["ok"]


def test_ed25519_alone_is_not_enough_yet() -> None:
    young = Published(selector="mail2", record="v=DKIM1; k=ed25519; p=AAAA")
    zone = {(f"mail2._domainkey.{US}", "TXT"): [young.record]}
    found = fault("DKIM", doctor(zone, Sender(domain=US, keys=(young,), roads=(RELAY,))))
    assert found.level == "warn"
    assert "RSA" in found.repair
    both = Sender(domain=US, keys=(KEY, young), roads=(RELAY,))
    assert [one.level for one in about("DKIM", doctor(zone, both))] == ["ok", "ok"]


def test_a_relay_that_perhaps_signs() -> None:
    found = fault("DKIM", doctor(sender=Sender(domain=US, roads=(RELAY,))))
    assert found.level == "warn"
    assert "MAILER_DKIM_KEY" in found.repair


# --- providers ---------------------------------------------------------------------------------


def by(*schemes: str) -> Sender:
    return Sender(domain=US, roads=tuple(Road(scheme=scheme) for scheme in schemes))


def test_mailgun_wants_its_include() -> None:
    found = fault("SPF", doctor(sender=by("mailgun")))
    assert found.publish is not None
    assert found.publish.value == "v=spf1 ip4:192.0.2.25 include:mailgun.org -all"
    there = spf("v=spf1 include:mailgun.org ~all") | {
        ("mailgun.org", "TXT"): ["v=spf1 ip4:203.0.113.0/24 ~all"]
    }
    assert [one.level for one in about("SPF", doctor(there, by("mailgun")))] == ["ok"]


def test_mailgun_sends_for_the_domain_that_its_address_names() -> None:
    road = Road(scheme="mailgun", host=f"mg.{US}")
    sender = Sender(domain=US, reply_domain="other.internal", roads=(road,))
    found = fault("SPF", doctor(sender=sender))
    assert found.publish is not None
    assert (found.publish.name, found.publish.value) == (
        f"mg.{US}", "v=spf1 include:mailgun.org ~all",
    )  # fmt: skip
    assert not any("does not count" in one.found for one in about("DMARC", doctor(sender=sender)))


def test_the_same_company_is_known_by_its_smtp_server() -> None:
    roads = (
        Road(scheme="smtp", host="smtp.mailgun.org"),
        Road(scheme="smtps", host="email-smtp.ca-central-1.amazonaws.com"),
    )
    found = doctor(spf(), Sender(domain=US, roads=roads))
    wrong = fault("SPF", found)
    assert wrong.publish is not None
    assert wrong.publish.value == "v=spf1 include:mailgun.org ~all"
    assert any("Amazon SES signs" in one.found for one in about("DKIM", found))
    assert about("PTR", found) == []


def test_a_server_for_rent_is_not_its_landlord() -> None:
    road = Road(scheme="smtp", host="ec2-192-0-2-25.ca-central-1.compute.amazonaws.com")
    found = doctor({(road.host, "A"): ["192.0.2.25"]}, Sender(domain=US, roads=(road,)))
    assert not any("Amazon" in one.found for one in found)


@pytest.mark.parametrize(
    ("scheme", "name", "kind", "value"),
    [
        ("postmark", f"pm-bounces.{US}", "CNAME", "pm.mtasv.net"),
        ("resend", f"send.{US}", "TXT", "v=spf1 include:amazonses.com ~all"),
    ],
)
def test_bounce_domains_below_ours(scheme: str, name: str, kind: str, value: str) -> None:
    found = fault("SPF", doctor(sender=by(scheme)))
    assert found.publish is not None
    assert (found.publish.name, found.publish.kind, found.publish.value) == (name, kind, value)
    there = {(name, kind): [f"{value}." if kind == "CNAME" else value]}
    assert {one.level for one in about("SPF", doctor(there, by(scheme)))} == {"ok"}


@pytest.mark.parametrize(
    ("scheme", "selector"), [("resend", "resend"), ("sendgrid", "s2"), ("brevo", "mail")]
)
def test_a_provider_signs_once_its_key_is_published(scheme: str, selector: str) -> None:
    missing = fault("DKIM", doctor(sender=by(scheme)))
    assert missing.level == "fail"
    assert "publish the records" in missing.repair
    name = f"{selector}._domainkey.{US}"
    there = {(name, "CNAME"): ["key.elsewhere.internal."],
             ("key.elsewhere.internal", "TXT"): [KEY.record]}  # fmt: skip
    (found,) = about("DKIM", doctor(there, by(scheme)))
    assert found.level == "ok"
    short = fault("DKIM", doctor({(name, "TXT"): ["k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN"]},
                                 by(scheme)))  # fmt: skip
    assert "2048" in short.repair


@pytest.mark.parametrize("scheme", ["postmark", "mailgun", "ses"])
def test_keys_with_names_of_their_own_cannot_be_looked_up(scheme: str) -> None:
    (found,) = about("DKIM", doctor(sender=by(scheme)))
    assert found.level == "ok"
    assert "only its page shows" in found.found


def test_our_key_is_not_used_where_the_provider_signs() -> None:
    sender = Sender(domain=US, keys=(KEY,), roads=(Road(scheme="ses"),))
    assert "not used" in about("DKIM", doctor(sender=sender))[0].found


# --- DMARC -------------------------------------------------------------------------------------


def dmarc(*records: str, at: str = US) -> dict[tuple[str, str], list[str]]:
    return {(f"_dmarc.{US}", "TXT"): [], (f"_dmarc.{at}", "TXT"): list(records)}


@pytest.mark.parametrize(
    ("zone", "level", "words"),
    [
        (dmarc(), "warn", "no DMARC record"),
        (dmarc("v=DMARC1; p=none", "v=DMARC1; p=reject"), "fail", "2 records"),
        (dmarc("v=DMARC1; p=strict"), "fail", "cannot be read"),
        (dmarc("v=DMARC1; rua=mailto:it@coalition.internal"), "fail", "cannot be read"),
        (dmarc("v=DMARC1; p=none"), "warn", "nobody gets the reports"),
        (dmarc("v=DMARC1; p=none; rua=mailto:x@reports.test!10m"), "warn", "not agreed"),
    ],
    ids=range(6),
)
def test_dmarc_faults_are_named(zone: Zone, level: str, words: str) -> None:
    found = fault("DMARC", doctor(zone))
    assert found.level == level
    assert words in found.found


def test_the_dmarc_record_to_publish() -> None:
    wanted = fault("DMARC", doctor(dmarc())).publish
    assert wanted is not None
    assert wanted.name == f"_dmarc.{US}"
    assert wanted.value == f"v=DMARC1; p=none; rua=mailto:it@{US}"
    more = fault("DMARC", doctor(dmarc("v=DMARC1; p=none; "))).publish
    assert more is not None
    assert more.value == f"v=DMARC1; p=none; rua=mailto:it@{US}"


def test_reports_elsewhere_need_consent() -> None:
    zone = dmarc("v=DMARC1; p=none; rua=mailto:x@reports.test")
    wanted = fault("DMARC", doctor(zone)).publish
    assert wanted is not None
    assert wanted.name == f"{US}._report._dmarc.reports.test"
    zone[wanted.name, wanted.kind] = [wanted.value]
    assert {one.level for one in about("DMARC", doctor(zone))} == {"ok"}


@pytest.mark.parametrize(("tag", "policy"), [("sp=quarantine; ", "quarantine"), ("", "reject")])
def test_a_domain_without_a_record_follows_the_one_above(tag: str, policy: str) -> None:
    deep = f"letters.{US}"
    zone = {
        **dmarc(f"v=DMARC1; p=reject; {tag}rua=mailto:it@{US}"),
        (f"mail1._domainkey.{deep}", "TXT"): [KEY.record],
    }
    found = about("DMARC", doctor(zone, Sender(domain=deep, keys=(KEY,))))
    assert [one.level for one in found] == ["ok"]
    assert f"_dmarc.{US}: {policy} for {deep}" in found[0].found


@pytest.mark.parametrize(
    ("reply_domain", "aspf", "policy", "keys", "level"),
    [
        (f"bounces.{US}", "r", "reject", (), ""),
        (f"bounces.{US}", "s", "reject", (KEY,), "ok"),
        (f"bounces.{US}", "s", "reject", (), "fail"),
        ("other.internal", "r", "quarantine", (), "fail"),
        ("other.internal", "r", "none", (), "warn"),
        ("", "s", "reject", (), ""),
    ],
)
def test_alignment(
    reply_domain: str, aspf: str, policy: str, keys: tuple[Published, ...], level: str
) -> None:
    zone = dmarc(f"v=DMARC1; p={policy}; aspf={aspf}; rua=mailto:it@{US}")
    sender = Sender(domain=US, reply_domain=reply_domain, keys=keys, roads=(RELAY,))
    found = [one for one in about("DMARC", doctor(zone, sender)) if "does not count" in one.found]
    assert [one.level for one in found] == ([level] if level else [])


# --- MX and PTR --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "level", "words"),
    [
        ({(US, "MX"): []}, "fail", "takes no mail"),
        ({(US, "MX"): [], (US, "A"): ["192.0.2.8"]}, "warn", "no MX record"),
        ({(US, "MX"): ["0 ."]}, "fail", "refuses all mail"),
        ({(US, "MX"): ["10 lost.internal."]}, "fail", "lost.internal has no address"),
        ({(US, "MX"): [f"10 mx.{US}.", "20 lost.internal."]}, "warn", "lost.internal"),
    ],
    ids=range(5),
)
def test_answers_must_be_able_to_come_back(records: Zone, level: str, words: str) -> None:
    found = fault("MX", doctor(records))
    assert found.level == level
    assert words in found.found


@pytest.mark.parametrize("pointers", [[], ["elsewhere.internal."], ["mx.coalition.internal."]])
def test_a_server_needs_a_name_that_leads_back(pointers: list[str]) -> None:
    found = fault("PTR", doctor({("25.2.0.192.in-addr.arpa", "PTR"): pointers}))
    assert found.level == "warn"
    assert found.publish is not None
    assert found.publish.name == "25.2.0.192.in-addr.arpa"
    assert found.publish.value == "relay.internal."


def test_a_relay_on_this_machine_sends_from_its_own_address() -> None:
    seen = Road(scheme="smtp", host="localhost", loopback=True, source="192.0.2.25")
    found = doctor(spf(), Sender(domain=US, keys=(KEY,), roads=(seen,)))
    wanted = fault("SPF", found).publish
    assert wanted is not None
    assert wanted.value == "v=spf1 ip4:192.0.2.25 ~all"
    assert about("PTR", found)[0].found == "192.0.2.25 is relay.internal, and back"
    hidden = Road(scheme="smtp", host="localhost", loopback=True)
    found = doctor(sender=Sender(domain=US, keys=(KEY,), roads=(hidden,)))
    assert "cannot be known from here" in about("PTR", found)[0].found
    assert [one.level for one in about("SPF", found)] == ["ok"]


# --- a name server that does not help ----------------------------------------------------------


def test_without_a_name_server_nothing_is_claimed() -> None:
    with serving(WELL) as (server, port):
        server.mute = True
        found = list(look(SENDER, Names(["127.0.0.1"], port, seconds=0.2)))
    assert [(one.what, one.level) for one in found] == [("DNS", "warn")]
    assert "could not look" in found[0].found
    assert len(set(server.asked)) == 1


def test_nobody_listens_there() -> None:
    with serving({}) as (_, port):
        pass
    found = list(look(SENDER, Names(["127.0.0.1"], port, seconds=0.2)))
    assert [(one.what, one.level) for one in found] == [("DNS", "warn")]


def test_a_name_that_cannot_be_looked_up_hides_no_other() -> None:
    with names(WELL) as (server, asked):
        server.broken.add(f"_dmarc.{US}")
        found = list(look(SENDER, asked))
    assert [(one.what, one.level) for one in found] == [
        ("SPF", "ok"), ("DKIM", "ok"), ("DMARC", "warn"), ("MX", "ok"), ("PTR", "ok"),
    ]  # fmt: skip
    assert "could not look" in found[2].found


def test_a_name_that_cannot_exist_has_no_records() -> None:
    zone = spf(f"v=spf1 include:{'x' * 64}.internal include:..a -all")
    assert about("SPF", doctor(zone))[0].level == "fail"
