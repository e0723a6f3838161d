"""The file of a backup: a ZIP with the database's copy and a manifest that tells what it is."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from mailer.db.tick import Tick
from mailer.errors import BackupError

FORM = 1
"""Of the file; a program that finds a higher number leaves it alone."""

CHUNK = 1 << 20  # bytes handled at a time
_MANIFEST, _COPY, _ENCRYPTED = "manifest.json", "database", "backup.age"
_DAMAGE = (zipfile.BadZipFile, zlib.error, AttributeError, EOFError, LookupError, TypeError,
           ValueError, NotImplementedError, RuntimeError)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    form: int
    engine: str  # sqlite | postgresql
    version: str  # of the tables
    moment: float  # whatever was committed by then is in it
    rows: dict[str, int]  # by table
    size: int  # of the copy, in bytes
    sha256: str  # of the copy


def pack(
    out: IO[bytes], copy: Path, *, engine: str, version: str, moment: float, rows: dict[str, int],
    tick: Tick,
) -> Manifest:  # fmt: skip
    """Write the database's copy and its manifest to `out`."""
    size, known = copy.stat().st_size, hashlib.sha256()
    # What pg_dump writes is compressed already; for SQLite's copy the quickest level is enough.
    method = zipfile.ZIP_DEFLATED if engine == "sqlite" else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method, compresslevel=1) as packed:
        with copy.open("rb") as read, packed.open(_COPY, "w", force_zip64=True) as write:
            while chunk := read.read(CHUNK):
                known.update(chunk)
                write.write(chunk)
                tick("packed", read.tell(), size)
        manifest = Manifest(
            form=FORM, engine=engine, version=version, moment=moment, rows=rows, size=size,
            sha256=known.hexdigest(),
        )  # fmt: skip
        packed.writestr(_MANIFEST, _written(manifest))
    return manifest


def wrap(out: IO[bytes], manifest: Manifest, encrypt: Callable[[IO[bytes]], None]) -> None:
    """Write to `out` what `encrypt` writes of a whole backup, and its manifest for all to read.

    So one can see of which moment a backup is, and remove the old ones, without a private key.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        with packed.open(_ENCRYPTED, "w", force_zip64=True) as write:
            encrypt(write)
        packed.writestr(_MANIFEST, _written(manifest))


def read(file: Path) -> Manifest:
    """What the backup in `file` says of itself; raises BackupError when it is none of ours."""
    with _open(file) as packed:
        if _MANIFEST not in (names := packed.namelist()) or not {_COPY, _ENCRYPTED} & {*names}:
            raise BackupError(f"{file} is not a backup that `mailer backup` made")
        said = json.loads(packed.read(_MANIFEST))
        if int(said["form"]) > FORM:
            raise BackupError(f"{file} was made by a newer mailer: put it back with that one")
        return _manifest(said)


def is_encrypted(file: Path) -> bool:
    """Whether the backup in `file` is wrapped."""
    with _open(file) as packed:
        return _ENCRYPTED in packed.namelist()


@contextmanager
def encrypted(file: Path) -> Iterator[IO[bytes]]:
    """What `encrypt` wrote of a backup that was wrapped."""
    with _open(file) as packed, packed.open(_ENCRYPTED) as read:
        yield read


def unpack(file: Path, manifest: Manifest, out: IO[bytes] | None, tick: Tick) -> None:
    """Write the copy in `file` to `out`; raises BackupError unless it is whole to the last bit.

    Without `out` it is only looked at.
    """
    known, done = hashlib.sha256(), 0
    for chunk in chunks(file):
        known.update(chunk)
        done += len(chunk)
        if out is not None:
            out.write(chunk)
        tick("checked", done, manifest.size)
    if (done, known.hexdigest()) != (manifest.size, manifest.sha256):
        raise _damaged(file)


def chunks(file: Path) -> Iterator[bytes]:
    """The copy in `file`, piece by piece."""
    with _open(file) as packed, packed.open(_COPY) as copy:
        while chunk := copy.read(CHUNK):
            yield chunk


@contextmanager
def _open(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except OSError as error:
        if error.filename not in {None, str(file)}:
            raise  # of what is written meanwhile, not of the backup
        raise BackupError(f"{file} cannot be read: {error.strerror or error}") from None
    except _DAMAGE as error:
        raise _damaged(file) from error


def _damaged(file: Path) -> BackupError:
    return BackupError(f"{file} is damaged, or not a backup that `mailer backup` made")


def _written(manifest: Manifest) -> str:
    return json.dumps(asdict(manifest), indent=2, sort_keys=True)


def _manifest(said: dict[str, Any]) -> Manifest:
    return Manifest(
        form=int(said["form"]), engine=str(said["engine"]), version=str(said["version"]),
        moment=float(said["moment"]), size=int(said["size"]), sha256=str(said["sha256"]),
        rows={str(table): int(count) for table, count in said["rows"].items()},
    )  # fmt: skip
