"""Signatures on what leaves by SMTP, judged by programs of other hands."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from mailer import sendlog, transports, worker
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import SettingsError
from mailer.message import compose
from mailer.status import State
from mailer.transports import Signer
from mailer.transports.dkim import Key, read
from mailer.transports.dkim.signing import SIGNED
from mailer.transports.smtp.envelope import Envelope
from tests import dkim_judge, workers
from tests.conftest import ROOT
from tests.message.mails import ANN
from tests.transports import servers

DOMAIN = "campaign.example"
Private = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def pem(private: Private, lock: KeySerializationEncryption | None = None) -> str:
    data = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock or NoEncryption())
    return data.decode()


SMALL = pem(rsa.generate_private_key(65537, 1024))
RSA_KEY = rsa.generate_private_key(65537, 2048)
RSA = pem(RSA_KEY)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
ED = base64.b64encode(ED_KEY.private_bytes_raw()).decode()
KEYS = read(f"{RSA}\n{ED}", "mail1 mail2")


def published(keys: tuple[Key, ...] = KEYS) -> Mapping[str, str]:
    return {f"{key.selector}._domainkey.{DOMAIN}": key.record for key in keys}


def signed(data: bytes, now: float = 1_700_000_000.0) -> bytes:
    return Signer(domain=DOMAIN, keys=KEYS, clock=lambda: now)(data)


LETTER = compose(replace(ANN, from_address=f"letters@{DOMAIN}"))

# --- what receivers say ------------------------------------------------------------------------

HEAD = f"From: Ann <letters@{DOMAIN}>\r\nTo: b@ministry.example\r\nSubject:  two\r\n\tlines \r\n"
BODIES = [
    b"", b"\r\n", b"\r\n\r\n\r\n", b".\r\n..\r\n.dot\r\n",
    b"blanks \t at  the end \t\r\n \r\n\t\r\n",
    b"x" * 20_000 + b"\r\n", "d\u00e9j\u00e0 vu \u2028\r\n".encode(), b"\xff\xfe\x00\r\n",
    b" lead\r\n",
    b"DKIM-Signature: v=1; b=\r\n\r\nFrom: nobody\r\n",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_both_judges_accept_any_body(body: bytes) -> None:
    message = signed(f"{HEAD}\r\n".encode() + body)
    assert dkim_judge.by_perl(message, published())["mail1"] == "pass"
    assert dkim_judge.by_dkimpy(message, published()) == [True, True]


_TEXT = st.text("ab =;:.\t\r\n\u00e9", max_size=80)


@given(value=st.text("ab :;\t", max_size=150), body=_TEXT)
@examples(max_examples=60, deadline=None)
def test_dkimpy_accepts_what_is_signed(value: str, body: str) -> None:
    lines = "\r\n".join(body.splitlines())
    message = f"{HEAD}X-Else: {value}\r\nReply-To: {value}\r\n\r\n{lines}\r\n".encode()
    assert dkim_judge.by_dkimpy(signed(message), published()) == [True, True]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: ", b"Subject: not "),
        (b"\r\nTo: ", b"\r\nTo: other@evil.example, "),
        (b"Dear", b"Cher"),
        (b"\r\nSubject: ", b"\r\nSubject: another\r\nSubject: "),
        (b"MIME-Version", b"List-Unsubscribe: <https://evil.example>\r\nMIME-Version"),
        (b"MIME-Version", b"From: evil@evil.example\r\nMIME-Version"),
        (b"MIME-Version", b"Cc: evil@evil.example\r\nMIME-Version"),
        (b"MIME-Version", b"Content-Type: text/html\r\nMIME-Version"),
    ],
)
def test_nothing_that_a_reader_sees_can_be_changed_or_added(before: bytes, after: bytes) -> None:
    message = signed(LETTER)
    assert before in message
    changed = message.replace(before, after, 1)
    assert dkim_judge.by_perl(changed, published())["mail1"] == "fail"
    assert dkim_judge.by_dkimpy(changed, published()) == [False, False]


def test_the_signature_says_what_it_should() -> None:
    message = signed(LETTER, now=1_700_000_001.9)
    assert message.endswith(LETTER)
    head = message[: -len(LETTER)].decode("ascii")
    first, second = re.split(r"\r\n(?=DKIM)", head.removesuffix("\r\n"))
    assert max(map(len, head.split("\r\n"))) <= 78
    for text, key in ((first, KEYS[0]), (second, KEYS[1])):
        pairs = (
            part.split("=", 1) for part in re.sub(r"\s", "", text.partition(":")[2]).split(";")
        )
        tags = dict(pairs)
        assert tags["d"] == DOMAIN
        assert (tags["a"], tags["s"]) == (f"{key.kind}-sha256", key.selector)
        assert (tags["v"], tags["c"], tags["t"]) == ("1", "relaxed/relaxed", "1700000001")
        assert not {"l", "x"} & tags.keys()
        names = tags["h"].split(":")
        assert set(names) == set(SIGNED)
        top = LETTER.partition(b"\r\n\r\n")[0]
        there = [name for name in SIGNED if re.search(rb"(?im)^%s:" % name.encode(), top)]
        assert {name for name in SIGNED if names.count(name) == 2} == set(there)


def test_letters_arrive_signed_and_the_ledger_knows_what_is_below(
    home: Path, store: Store, tmp_path: Path
) -> None:
    with servers.sink(tmp_path) as port:
        settings = Settings(
            home=home, secret_keys=("k" * 40,), from_address=f"letters@{DOMAIN}",
            dkim_key=f"{RSA}\n{ED}", dkim_selector="mail1 mail2", transports=(f"smtp://127.0.0.1:{port}?tls=none",),
        )  # fmt: skip
        workers.write(store, 1)
        worker.drain(settings, store)
        arrived = [one.replace(b"\n", b"\r\n") for one in servers.kept(tmp_path, 2)]
    rows = sendlog.page(store, sendlog.Filter()).rows
    assert {row.state for row in rows} == {State.SENT}
    digests = {sendlog.letter_page(store, row.id).sha256 for row in rows}
    assert len(arrived) == 2
    for one in arrived:
        message = one[one.index(b"DKIM-Signature:") :].rstrip() + b"\r\n"  # the sink adds a line
        assert dkim_judge.by_perl(message, published())["mail1"] == "pass"
        assert dkim_judge.by_dkimpy(message, published()) == [True, True]
        below = message[message.index(b"From: ") :]
        assert hashlib.sha256(below).hexdigest() in digests


HOSTILE = b"".join(
    (b".\r\n..\r\n.a\r\n", b"blanks \t at  the end \t\r\n \t\r\n", b"x" * 990 + b"\r\n",
     "d\u00e9j\u00e0 vu\r\n".encode(), b"QUIT\r\n\r\n \r\n.\r\n\r\n\r\n")
)  # fmt: skip


@pytest.mark.parametrize("end", [b"", b"end without a line end", b"blanks \t"])
def test_a_hostile_body_stays_signed_on_its_way(tmp_path: Path, end: bytes) -> None:
    data = f"{HEAD}\r\n".encode() + HOSTILE + end
    with servers.sink(tmp_path) as port:
        way = servers.transport(port)
        way.sign_with(Signer(domain=DOMAIN, keys=KEYS))
        with closing(way.connect()) as connection:
            servers.send(connection, replace(servers.PARCEL, data=data))
        (raw,) = servers.kept(tmp_path, 1)
    message = raw[raw.index(b"DKIM-Signature:") :].replace(b"\n", b"\r\n")
    assert HOSTILE + end in message
    assert dkim_judge.by_perl(message, published())["mail1"] == "pass"
    assert dkim_judge.by_dkimpy(message, published()) == [True, True]


def test_the_size_that_the_server_is_told_counts_the_signature() -> None:
    sign = Signer(domain=DOMAIN, keys=KEYS, clock=lambda: 0.0)
    assert Envelope.of(servers.PARCEL, sign).size == len(sign(servers.PARCEL.data))


def test_only_servers_by_smtp_get_our_signature(settings: Settings) -> None:
    keys = {"dkim_key": ED, "dkim_selector": "mail1"}
    ways = ("smtp://127.0.0.1:9?tls=none", "smtps://localhost")
    for way in transports.of(replace(settings, transports=ways, **keys)):
        assert isinstance(way, transports.smtp.SmtpTransport)
        assert way.server.sign is not None
    (way,) = transports.of(replace(settings, **keys))
    with closing(way.connect()) as connection:
        connection.stage(servers.PARCEL)
        connection.commit()
    (file,) = (settings.home / "var" / "outbox" / "new").iterdir()
    assert b"DKIM" not in file.read_bytes()


# --- keys as people give them ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        RSA,
        RSA.replace("\n", "\\n"),
        RSA.replace("\n", "\r\n"),
        RSA_KEY.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ).decode(),
        base64.b64encode(
            RSA_KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ).decode(),
    ],
    ids=["pem", "one line", "crlf", "pkcs1", "base64"],
)
def test_rsa_keys_are_read_however_they_are_written(text: str) -> None:
    (key,) = read(text, "mail1")
    assert key == replace(KEYS[0], sign=key.sign)


@pytest.mark.parametrize("text", [pem(ED_KEY), ED, f"  {ED}\n"], ids=["pem", "base64", "blanks"])
def test_ed25519_keys_are_read_however_they_are_written(text: str) -> None:
    (key,) = read(text, "MAIL2")
    assert key == replace(KEYS[1], sign=key.sign)
    assert key.record == f"v=DKIM1; k=ed25519; p={key.public}"


def test_several_keys_go_with_as_many_selectors() -> None:
    assert [key.kind for key in read(f"{ED},{RSA}", "a, b.c")] == ["ed25519", "rsa"]
    assert read("", "") == ()


LOCKED = pem(RSA_KEY, BestAvailableEncryption(b"secret"))
PUBLIC = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


WRONG = [
    (RSA, "", "MAILER_DKIM_SELECTOR", "name the selector"),
    ("", "mail1", "MAILER_DKIM_KEY", "give the private key"),
    (RSA, "mail1 mail2", "MAILER_DKIM_SELECTOR", "one for each key"),
    (f"{RSA}{ED}", "mail1", "MAILER_DKIM_SELECTOR", "one for each key"),
    (f"{RSA}{ED}", "mail1 mail1", "MAILER_DKIM_SELECTOR", "another word"),
    (RSA, "mail_1", "MAILER_DKIM_SELECTOR", "letters and digits"),
    (RSA, "mail1._domainkey.x.example", "MAILER_DKIM_SELECTOR", "letters and digits"),
    (SMALL, "mail1", "MAILER_DKIM_KEY", "2048"),
    (LOCKED, "mail1", "MAILER_DKIM_KEY", "openssl pkey"),
    (PUBLIC, "mail1", "MAILER_DKIM_KEY", "the one it was made from"),
    (pem(ec.generate_private_key(ec.SECP256R1())), "mail1", "MAILER_DKIM_KEY", "RSA"),
    ("c2VjcmV0c2VjcmV0", "mail1", "MAILER_DKIM_KEY", "PEM private key"),
    ("s\u00e9cret", "mail1", "MAILER_DKIM_KEY", "PEM private key"),
    (RSA[:200], "mail1", "MAILER_DKIM_KEY", ""),
]


@pytest.mark.parametrize(
    ("keys", "selectors", "variable", "repair"), WRONG, ids=map(str, range(len(WRONG)))
)
def test_a_wrong_key_is_refused_with_its_repair(
    keys: str, selectors: str, variable: str, repair: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(keys, selectors)
    assert str(caught.value).startswith(variable)
    assert repair in str(caught.value)
    for line in keys.splitlines():
        assert line not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_reprs_hold_no_key() -> None:
    settings = Settings(home=Path(), dkim_key=ED, dkim_selector="mail1")
    assert ED not in repr(settings) + repr(KEYS) + repr(transports.signer(settings))


def test_a_missing_package_is_named() -> None:
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from mailer.errors import SettingsError\n"
        "from mailer.transports.dkim import read\n"
        "assert read('', '') == ()\n"
        "try: read(sys.argv[1], 'mail1')\n"
        "except SettingsError as error: print(error)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, ED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "pip install 'mailer[dkim]'" in ended.stdout
