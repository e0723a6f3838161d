"""Where page and mail templates lie: the organizer's own first, then those that come with us."""

from __future__ import annotations

from pathlib import Path

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
