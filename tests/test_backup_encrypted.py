"""Backups that only the owner of a private key can read."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mailer.config import Settings
from mailer.db import Store, backup
from mailer.db.backup import Encryption
from mailer.db.tick import silent
from mailer.errors import BackupError
from mailer.status import State
from tests.backups import settle, states, write
from tests.test_cli_backup import Mailer, ended, mailer  # noqa: F401 - a fixture


@pytest.fixture
def key(home: Path) -> tuple[Path, str]:
    """A private key's file, and the public key."""
    return home / "backup.key", backup.new_key(home / "backup.key")


def encryption(home: Path, *keys: str) -> Encryption:
    return Encryption(keys=keys, room=home / "room")


def test_it_holds_nothing_that_can_be_read(store: Store, home: Path, key: tuple[Path, str]) -> None:
    """On both databases; the manifest tells which backup it is."""
    write(store, "Zebulon")
    private, public = key
    file = home / "kept.backup"
    made = backup.make(store, file, replace=False, tick=silent, encrypted=encryption(home, public))
    assert backup.read(file) == made
    assert made.rows["letter"] == 2
    assert private.stat().st_mode & 0o777 == file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as packed:
        assert sorted(packed.namelist()) == ["backup.age", "manifest.json"]
        assert b"Zebulon" not in packed.read("manifest.json")
        assert packed.read("backup.age").startswith(b"age-encryption.org/v1\n")
    assert list((home / "room").iterdir()) == []
    store.close()
    write(store, "Ann")
    store.close()
    with backup.decrypted(file, private, home / "room") as plain:
        assert plain.stat().st_mode & 0o777 == 0o600
        back = backup.restore(store, plain, backup.read(plain), settle=settle, tick=silent)
    assert back.settled.uncertain == 2
    assert states(store) == Counter({State.UNCERTAIN: 2})
    assert list((home / "room").iterdir()) == []


@pytest.mark.parametrize("wrong", ["other", "none", "cut", "changed"])
def test_what_does_not_open_changes_nothing(
    new_sqlite: Callable[[], str], home: Path, key: tuple[Path, str], wrong: str
) -> None:
    private, public = key
    with closing(Store(new_sqlite())) as store:
        write(store, "Ann")
        good = home / "good.backup"
        backup.make(store, good, replace=False, tick=silent, encrypted=encryption(home, public))
    file: Path = good
    given: Path | None = private
    if wrong == "none":
        given = None
    elif wrong == "other":
        given = home / "other.key"
        backup.new_key(given)
    else:
        file = home / "bad.backup"
        with zipfile.ZipFile(good) as packed, zipfile.ZipFile(file, "w") as bad:
            data = packed.read("backup.age")
            data = data[:-100] if wrong == "cut" else data[:-100] + b"x" * 100
            bad.writestr("backup.age", data)
            bad.writestr("manifest.json", packed.read("manifest.json"))
    said = "is encrypted: name the file" if given is None else "cannot be read with the key in"
    with pytest.raises(BackupError, match=said), backup.decrypted(file, given, home / "room"):
        pytest.fail("it was opened")
    assert given is None or list((home / "room").iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "# nothing", "AGE-SECRET-KEY-1QQQ", "age1abc", "-----BEGIN OPENSSH", "ÿ", "\0"]
)
def test_what_is_no_private_key(home: Path, key: tuple[Path, str], text: str) -> None:
    private, _ = key
    with zipfile.ZipFile(home / "b", "w") as packed:
        packed.writestr("backup.age", b"")
        packed.writestr("manifest.json", "{}")
    private.write_text(text, encoding="latin-1")
    with (
        pytest.raises(BackupError, match=r"holds no private key|it is not text"),
        backup.decrypted(home / "b", private, home / "room"),
    ):
        pytest.fail("it was opened")


@pytest.mark.parametrize("wrong", ["", "age1", "x", "ssh-ed25519 AAAA", "é" * 70, "age1\0", "ssh-"])
def test_what_is_no_public_key(home: Path, key: tuple[Path, str], wrong: str) -> None:
    with pytest.raises(BackupError, match=r"MAILER_BACKUP_KEYS: .* is not a public key"):
        encryption(home, key[1], wrong)


def test_two_at_once_keep_out_of_each_other_s_way(
    store: Store, home: Path, key: tuple[Path, str]
) -> None:
    private, public = key
    for_her = encryption(home, public)
    backup.make(store, home / "one", replace=False, tick=silent, encrypted=for_her)
    with (
        backup.decrypted(home / "one", private, home / "room") as plain,
        pytest.raises(BackupError, match="another encrypted backup is being made or put back"),
    ):
        backup.make(store, home / "two", replace=False, tick=silent, encrypted=for_her)
    assert not plain.exists()
    assert not (home / "two").exists()


def test_what_a_crash_left_is_gone_with_the_next(
    new_sqlite: Callable[[], str], home: Path, key: tuple[Path, str]
) -> None:
    (home / "room").mkdir()
    (home / "room" / "backup").write_text("Ann Example", encoding="utf-8")
    with closing(Store(new_sqlite())) as store:
        backup.make(
            store, home / "b", replace=False, tick=silent, encrypted=encryption(home, key[1])
        )
    assert list((home / "room").iterdir()) == []


def test_a_key_of_ssh_will_do(new_sqlite: Callable[[], str], home: Path) -> None:
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed (Debian: openssh-client)")
    private = home / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", private], check=True)
    public = private.with_name("id.pub").read_text(encoding="utf-8").strip()
    with closing(Store(new_sqlite())) as store:
        made = backup.make(
            store, home / "b", replace=False, tick=silent, encrypted=encryption(home, public)
        )
    with backup.decrypted(home / "b", private, home / "room") as plain:
        assert backup.read(plain) == made


def test_the_commands(
    mailer: Mailer,  # noqa: F811
    home: Path,
    sqlite_template: Path,
) -> None:
    (home / "var").mkdir()
    shutil.copy(sqlite_template, home / "var" / "mailer.db")
    made = mailer("new", "backup-key", f"{home}/k")
    ended(made, 0, "holds the private key", "nobody can make it again")
    setting, _, public = made.stdout.strip().partition("=")
    assert setting == "MAILER_BACKUP_KEYS"
    ended(mailer("new", "backup-key", f"{home}/k"), 1, "is there already")
    file, on = f"{home}/1.backup", {setting: public}
    ended(mailer("backup", file, **on), 0, "0 letters of 0 submissions", "MB, encrypted.")
    told = json.loads(mailer("backup", file, "--force", "--json", **on).stdout)
    assert told["encrypted"] is True
    ended(mailer("restore", file), 1, "is encrypted", "--key backup.key")
    ended(mailer("restore", file, "--key", f"{home}/nowhere"), 1, "cannot be read: No such file")
    ended(mailer("restore", file, "--key", f"{home}/k"), 0, "everything is paused")
    assert list((home / "var" / "backup-open").iterdir()) == []
    # Old ones go without a private key.
    with zipfile.ZipFile(file) as packed, zipfile.ZipFile(home / "0.backup", "w") as older:
        manifest = json.loads(packed.read("manifest.json")) | {"moment": 1.0}
        older.writestr("manifest.json", json.dumps(manifest))
        older.writestr("backup.age", packed.read("backup.age"))
    ended(mailer("backup", file, "--force", "--keep", "9", **on), 0, "older than 9 days: 1 file")
    bad = {setting: f"{public}, age1nonsense"}
    ended(mailer("backup", f"{home}/2.backup", **bad), 1, "'age1nonsense' is not a public key")
    assert not (home / "2.backup").exists()
    said = mailer("doctor", **bad).stdout
    assert "fail  backups    MAILER_BACKUP_KEYS: 'age1nonsense' is not a public key" in said
    assert "ok    backups    encrypted for 1" in mailer("doctor", **on).stdout


def test_the_setting(home: Path) -> None:
    env = {"MAILER_HOME": str(home), "MAILER_BACKUP_KEYS": "age1a,\n age1b\n"}
    assert Settings.from_env(env).backup_keys == ("age1a", "age1b")
