"""The embedded way out: each letter one file, whatever crashes and whoever looks."""

import mailbox
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailer.errors import Next, SendError, SettingsError
from mailer.transports import Parcel, from_url
from mailer.transports.maildir import LEFT_OVER, Box, MaildirTransport
from tests.processes.box import ROOT

DATA = b"Subject: x\r\n\r\nfirst\r\n.\r\n"


def parcel(letter="k2l3m4", data=DATA):
    return Parcel(letter=letter, sender="us@a.example", recipient="you@b.example", data=data)


def put(transport, letter="k2l3m4", data=DATA):
    connection = transport.connect()
    connection.stage(parcel(letter, data))
    return connection.commit()


@pytest.fixture
def transport(tmp_path):
    return from_url("maildir:var/outbox", tmp_path)


def files(transport):
    return sorted(
        str(p.relative_to(transport.path)) for p in transport.path.rglob("*") if p.is_file()
    )


def test_addresses(tmp_path):
    assert from_url("maildir:var/outbox", tmp_path).path == tmp_path / "var/outbox"
    assert from_url("maildir:/srv/outbox", tmp_path).path == Path("/srv/outbox")
    assert from_url("maildir:///srv/outbox", tmp_path).path == Path("/srv/outbox")
    assert from_url("maildir:out%20box", tmp_path).path == tmp_path / "out box"
    assert from_url("maildir:/srv/outbox", tmp_path).account == "maildir:/srv/outbox"
    assert from_url("maildir:/srv/outbox", tmp_path).delivers is False


@pytest.mark.parametrize(
    "url", ["maildir:", "maildir", "maildir:x?tls=none", "maildir:x%00", "mailbox:x"]
)
def test_wrong_addresses(url, tmp_path):
    with pytest.raises(SettingsError, match="MAILER_TRANSPORT"):
        from_url(url, tmp_path)


def test_a_letter_is_kept_with_newlines_alone(transport):
    answer = put(transport)
    assert files(transport) == ["new/k2l3m4.mailer"]
    file = transport.path / "new/k2l3m4.mailer"
    assert file.read_bytes() == b"Subject: x\n\nfirst\n.\n"
    assert answer.provider_id == "k2l3m4.mailer"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_mail_program_reads_it(transport):
    put(transport)
    [message] = mailbox.Maildir(transport.path, create=False)
    assert message["Subject"] == "x"


def test_the_same_letter_again_replaces_itself(transport):
    put(transport)
    put(transport, data=b"second\r\n")
    assert files(transport) == ["new/k2l3m4.mailer"]
    assert Box(transport.path).read("k2l3m4.mailer") == b"second\n"


def test_also_where_a_mail_program_moved_it(transport):
    connection = transport.connect()
    for moved in ("cur/k2l3m4.mailer:2,S", "cur/k2l3m4.mailer:2,RS"):
        connection.stage(parcel())
        connection.commit()
        [old] = files(transport)
        (transport.path / old).rename(transport.path / moved)
        connection.stage(parcel(data=moved.encode()))
        connection.commit()
        assert files(transport) == [moved]
        assert Box(transport.path).names() == ["k2l3m4.mailer"]
        assert Box(transport.path).read("k2l3m4.mailer") == moved.encode()
        (transport.path / moved).unlink()


def test_staged_is_not_yet_kept(transport):
    connection = transport.connect()
    connection.stage(parcel())
    assert Box(transport.path).names() == []
    connection.abandon()
    assert files(transport) == []
    with pytest.raises(SendError):
        connection.commit()
    connection.stage(parcel("one"))
    connection.stage(parcel("two"))
    connection.commit()
    connection.close()
    assert files(transport) == ["new/two.mailer"]


def test_killed_between_stage_and_commit_leaves_nothing_and_is_cleared(transport):
    program = (
        "import os, signal, pathlib; from mailer.transports import Parcel, from_url;"
        f"c = from_url('maildir:{transport.path}', pathlib.Path('/')).connect();"
        "c.stage(Parcel(letter='a', sender='', recipient='', data=b'x'));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    [left] = files(transport)
    assert left.startswith("tmp/a.mailer.")
    assert Box(transport.path).names() == []
    put(transport, "a")
    assert files(transport) == ["new/a.mailer", left]
    old = (transport.path / left).stat().st_mtime - LEFT_OVER - 60
    os.utime(transport.path / left, (old, old))
    transport.connect()
    assert files(transport) == ["new/a.mailer"]


@pytest.mark.parametrize(
    "letter", ["../../etc/x", "a/b", "", ".a", "a:2,S", "a\0", "a" * 300, "a\n"]
)
def test_an_id_that_is_no_name_is_refused(transport, letter):
    with pytest.raises(SendError) as caught:
        put(transport, letter)
    assert caught.value.then is Next.FAIL
    assert files(transport) == []


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "var").write_text("not a folder")
    with pytest.raises(SendError, match="cannot be written") as caught:
        from_url("maildir:var/outbox", tmp_path).connect()
    assert caught.value.then is Next.STOP
    assert str(tmp_path / "var/outbox") in str(caught.value)


def test_the_folder_goes_away_while_it_is_used(transport):
    connection = transport.connect()
    connection.stage(parcel())
    transport.path.rename(transport.path.with_name("gone"))
    with pytest.raises(SendError) as caught:
        connection.commit()
    assert (caught.value.then, caught.value.maybe_accepted) == (Next.STOP, False)
    with pytest.raises(SendError) as caught:
        connection.stage(parcel())
    assert caught.value.then is Next.STOP


def test_a_full_disk(tmp_path):
    """A tiny file size limit stands for the full disk: the write fails half-way."""
    program = (
        "import pathlib, resource, signal; from mailer.errors import SendError;"
        "from mailer.transports import Parcel, from_url;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"c = from_url('maildir:{tmp_path}/box', pathlib.Path('/')).connect();"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))\n"
        "try: c.stage(Parcel(letter='a', sender='', recipient='', data=b'x' * 20000))\n"
        "except SendError as error: print(error.then, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == f"stop the outbox {tmp_path}/box cannot be written: File too large\n"
    assert [p for p in (tmp_path / "box").rglob("*") if p.is_file()] == []


def test_newest_first(transport):
    for number, letter in enumerate(["b", "c", "a"]):
        put(transport, letter)
        os.utime(transport.path / "new" / f"{letter}.mailer", (number, number))
    assert Box(transport.path).names() == ["a.mailer", "c.mailer", "b.mailer"]


@pytest.mark.parametrize(
    "name", ["", "../new/a.mailer", "/etc/passwd", "..", "b.mailer", "a.mailer:2,S"]
)
def test_only_letters_are_read(transport, name):
    put(transport, "a")
    with pytest.raises(KeyError):
        Box(transport.path).read(name)


def test_no_box_yet(tmp_path):
    assert Box(tmp_path / "none").names() == []
    with pytest.raises(KeyError):
        Box(tmp_path / "none").read("a")


def test_other_peoples_files(transport):
    put(transport, "a")
    (transport.path / "cur/1593691200.M1P2.host:2,S").write_bytes(b"Subject: foreign\n\n")
    (transport.path / "new/.hidden").write_bytes(b"")
    assert set(Box(transport.path).names()) == {"a.mailer", "1593691200.M1P2.host"}
    assert Box(transport.path).read("1593691200.M1P2.host") == b"Subject: foreign\n\n"


def test_probe(transport):
    put(transport)
    assert transport.probe() == f"{transport.path} can be written, letters in it: 1"
    assert files(transport) == ["new/k2l3m4.mailer"]
    with pytest.raises(SendError):
        MaildirTransport(Path("/dev/null/box")).probe()
