"""Letters side by side: what the second and third say differently from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mailer.campaigns import alike
from mailer.campaigns.values import MergedLetter, Recipient


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of a letter's exact text; all pieces together are the whole of it."""

    text: str
    differs: bool = False


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One letter as the preview shows it."""

    recipient: Recipient
    letter: MergedLetter
    pieces: tuple[Piece, ...]  # of the text, in order
    like: Recipient | None = None  # whose letter, in the same language, it was compared with
    lacking: tuple[str, ...] = ()  # paragraphs of that letter that this one has nothing for

    @cached_property
    def differing(self) -> tuple[str, ...]:
        """The paragraphs that the first letter does not have."""
        return tuple(piece.text.strip("\n") for piece in self.pieces if piece.differs)

    @cached_property
    def of_its_own(self) -> bool:
        """True when so much differs that it is best read whole."""
        return sum(map(len, self.differing)) * 2 > len(self.letter.text)


def side_by_side(
    letters: Sequence[MergedLetter], recipients: Sequence[Recipient]
) -> tuple[Shown, ...]:
    """The letters with their recipients, each compared with the first of its language."""
    first: dict[str, tuple[MergedLetter, Recipient]] = {}
    for letter, recipient in zip(letters, recipients, strict=True):
        first.setdefault(letter.language, (letter, recipient))
    return tuple(
        _compared(letter, recipient, *first[letter.language])
        for letter, recipient in zip(letters, recipients, strict=True)
    )


def _compared(
    letter: MergedLetter, recipient: Recipient, first: MergedLetter, like: Recipient
) -> Shown:
    if letter is first:
        return Shown(recipient=recipient, letter=letter, pieces=(Piece(text=letter.text),))
    opening = letter.text.removesuffix(letter.body)
    pieces = [Piece(text=opening, differs=letter.salutation != first.salutation)]
    lacking: list[str] = []
    old, new = _paragraphs(first.body), _paragraphs(letter.body)
    was = done = 0
    for at, start, size in (*alike.blocks(old, new), (len(old), len(new), 0)):
        pieces += [Piece(text=paragraph, differs=True) for paragraph in new[done:start]]
        lacking += [paragraph.strip("\n") for paragraph in old[was:at] if start == done]
        was, done = at + size, start + size
        pieces += [Piece(text="".join(new[start:done]))] if size else []
    return Shown(
        recipient=recipient, letter=letter, pieces=tuple(pieces), like=like, lacking=tuple(lacking)
    )  # fmt: skip


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each with the empty lines that follow it."""
    found = text.split("\n\n")
    return [f"{paragraph}\n\n" for paragraph in found[:-1]] + found[-1:]
