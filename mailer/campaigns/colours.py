"""A campaign's colour made fit to be read: WCAG 2.2's contrast, on light pages and on dark ones."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

READABLE = 4.5
"""The contrast that text needs (WCAG 2.2, 1.4.3)."""

LIGHT = ("#f2f5f9", "#ffffff", "#e4ecf5")
DARK = ("#10171f", "#18222d", "#1f2d3c")
"""What text stands on: paper, sheet and wash of the site's style sheet."""

_WHITE, _INK = "#ffffff", "#0b1a2b"
_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Shades:
    """One colour as the pages use it: for links and buttons, under the pointer, on buttons."""

    accent: str
    deep: str
    on: str


def shades(colour: str) -> tuple[Shades, Shades]:
    """The nearest shades that can be read on light pages, and on dark ones."""
    light, dark = _nearest(colour, LIGHT, darker=True), _nearest(colour, DARK, darker=False)
    return (
        Shades(accent=light, deep=_shifted(light, -0.08), on=_WHITE),
        Shades(accent=dark, deep=_shifted(dark, 0.08), on=_INK),
    )


def contrast(one: str, other: str) -> float:
    """How far apart two colours are in brightness: 1 (the same) to 21 (black on white)."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def worst(colour: str) -> float:
    """Its least contrast with what text stands on, on light pages."""
    return min(contrast(colour, ground) for ground in LIGHT)


def _nearest(colour: str, grounds: Sequence[str], *, darker: bool) -> str:
    """The colour, or as little darker or lighter as makes it readable on every ground."""
    red, green, blue = _parts(colour)
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    end = 0.0 if darker else 1.0
    found = colour.lower()
    for step in range(_STEPS + 1):
        if min(contrast(found, ground) for ground in grounds) >= READABLE:
            break
        moved = lightness + (end - lightness) * (step + 1) / _STEPS
        found = _written(colorsys.hls_to_rgb(hue, moved, saturation))
    return found


def _shifted(colour: str, by: float) -> str:
    """The same hue, further from the ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    moved = min(1.0, max(0.0, lightness + by))
    return _written(colorsys.hls_to_rgb(hue, moved, saturation))


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definitions)."""
    red, green, blue = map(_linear, _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _written(parts: Sequence[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
