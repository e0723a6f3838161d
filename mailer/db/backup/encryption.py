"""Backups that only whoever has a private key can read: as age writes them (age-encryption.org)."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mailer.db.backup import archive, files
from mailer.errors import BackupError


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """For whom a backup is encrypted, and where it may lie open until it is."""

    keys: tuple[str, ...]  # public ones, of age or of SSH; each one's owner can read it alone
    room: Path  # a folder on a disk that may hold what the database holds

    def __post_init__(self) -> None:
        """Raise BackupError unless all keys are good and what encrypts is installed."""
        _public(self.keys)


def encrypt(plain: Path, out: IO[bytes], keys: Sequence[str]) -> None:
    """Write what is in `plain` to `out`, to be read with the private key of any of `keys`."""
    age = _age()
    with plain.open("rb") as read:
        try:
            age.encrypt_io(read, out, _public(keys))
        except age.EncryptError as error:  # such as a full disk
            raise BackupError(f"the backup cannot be encrypted: {error}") from None


@contextmanager
def decrypted(file: Path, private: Path | None, room: Path) -> Iterator[Path]:
    """A backup as it was before it was encrypted, for as long as it is used; `file` if it was not.

    `private` is a file as age-keygen writes it, or a private key of SSH without a passphrase.
    Raises BackupError when it does not open the backup.
    """
    if not archive.is_encrypted(file):
        yield file
        return
    if private is None:
        raise BackupError(
            f"{file} is encrypted: name the file with its private key, --key backup.key"
        )
    keys = _private(private)
    with private_room(room) as folder:
        plain = files.scratch(folder / "backup")
        with archive.encrypted(file) as read, plain.open("wb") as out:
            _decrypt(read, out, keys, f"{file} cannot be read with the key in {private}")
        yield plain


def new_key(file: Path) -> str:
    """Keep a new private key in `file`, readable by its owner alone; its public key."""
    key = _age().x25519.Identity.generate()
    public = str(key.to_public())
    with files.whole(file, replace=False) as out:
        out.write(f"# public key: {public}\n{key}\n".encode("ascii"))
    return public


@contextmanager
def private_room(folder: Path) -> Iterator[Path]:
    """A folder of ours alone: empty at first, even after a crash, and afterwards.

    Raises BackupError when another program uses it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BackupError(f"{folder} cannot be written: {error.strerror or error}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _empty(folder)
        yield folder
        _empty(folder)
    except BlockingIOError:
        raise BackupError("another encrypted backup is being made or put back") from None
    except BaseException:
        _empty(folder)
        raise
    finally:
        os.close(descriptor)


def _empty(folder: Path) -> None:
    for one in folder.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink(missing_ok=True)


def _decrypt(read: IO[bytes], out: IO[bytes], keys: Sequence[Any], failed: str) -> None:
    age = _age()
    try:
        age.decrypt_io(read, out, keys)
    except age.DecryptError as error:
        raise BackupError(f"{failed}: {str(error)[:1].lower()}{str(error)[1:]}") from None
    except OSError as error:  # a piece that was changed, or a full disk
        raise BackupError(f"{failed}: {error}") from None


def _public(keys: Sequence[str]) -> list[Any]:
    age, found = _age(), list[Any]()
    for key in keys:
        kind = age.ssh if key.startswith("ssh-") else age.x25519
        try:
            found.append(kind.Recipient.from_str(key))
        except age.RecipientError:
            raise BackupError(
                f"MAILER_BACKUP_KEYS: {key!r} is not a public key; write one like age1... or"
                " ssh-ed25519 ..., or make one with: mailer new backup-key FILE"
            ) from None
    return found


def _private(file: Path) -> list[Any]:
    age = _age()
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise BackupError(f"{file} cannot be read: {why}") from None
    lines = [line.strip() for line in text.splitlines()]
    try:
        if text.startswith("-----BEGIN"):
            return [age.ssh.Identity.from_buffer(text.encode())]
        found = [age.x25519.Identity.from_str(line) for line in lines if line and line[0] != "#"]
    except age.IdentityError:
        found = []
    if not found:
        raise BackupError(f"{file} holds no private key of age or SSH that can be used here")
    return found


def _age() -> Any:
    try:
        import pyrage
    except ImportError:
        raise BackupError("encrypted backups need the extra: pip install 'mailer[age]'") from None
    return pyrage
