"""Where page and mail templates lie: the organizer's own first, then those that come with us."""

from __future__ import annotations

from pathlib import Path
from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_HERE = Path(__file__).resolve().parent


def packaged_templates() -> Path:
    """The templates of this program: inside an installed package, or beside it in a checkout."""
    inside = _HERE / "templates"
    return inside if inside.is_dir() else _HERE.parent / "templates"


def template_folders(home: Path | None = None) -> list[Path]:
    """Where a template is looked for, in order; a home need not have any of its own."""
    packaged = packaged_templates()
    own = home / "templates" if home else packaged
    return [packaged] if own == packaged or not own.is_dir() else [own, packaged]


class Compiled(BytecodeCache):
    """Pages as compiled, for every application of a process that shows the same ones.

    To compile the staff's pages takes longer than to show them. Jinja compares the sources.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what was compiled from this very source."""
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code is not None:
            self._kept[bucket.key] = bucket.checksum, bucket.code


COMPILED = Compiled()
"""For pages alone: mails are compiled otherwise, without escaping."""
