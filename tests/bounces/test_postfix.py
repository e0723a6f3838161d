"""A real mail server brings back what a real office refused, by both ways of docs/bounces.md."""

from __future__ import annotations

from pathlib import Path

from mailer.bounces import Kind, read
from mailer.message import tokens
from tests.bounces.postfix import needs_postfix, postfix
from tests.bounces.samples import DOMAIN, KEYS, LETTER
from tests.processes.sink import needs_sink, sink

MINISTER = "minister@ministry.example"
DATA = f"From: letters@campaign.example\r\nTo: {MINISTER}\r\nSubject: x\r\n\r\nDear Minister,\r\n"


@needs_sink
@needs_postfix
def test_what_an_office_refuses_comes_back_by_an_alias_and_by_a_transport(tmp_path: Path) -> None:
    ours = "letters@campaign.example"
    senders = [tokens.for_bounces(LETTER, ours, domain, KEYS) for domain in (DOMAIN, "")]
    refusing = ("-B", "550 5.1.1 User unknown", "-f", "RCPT")
    with sink(tmp_path / "office", *refusing) as office, postfix(office.port) as server:
        for sender in senders:
            server.send(sender, MINISTER, DATA.encode())
        piped = server.piped(2)
    assert [to for to, _ in piped] == senders
    for to, data in piped:
        bounce = read(data, envelope_to=to, keys=KEYS)
        assert (bounce.kind, bounce.letter, bounce.proven) == (Kind.HARD, LETTER, True)
        assert (bounce.recipient, bounce.code, bounce.final) == (MINISTER, "550 5.1.1", True)
