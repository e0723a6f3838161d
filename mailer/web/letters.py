"""Letters side by side: what the second and third say differently from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

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

    @property
    def differing(self) -> tuple[str, ...]:
        """The paragraphs that the first letter does not have."""
        return tuple(piece.text.strip("\n") for piece in self.pieces if piece.differs)

    @property
    def of_its_own(self) -> bool:
        """True when so much differs that it is best read whole."""
        return sum(map(len, self.differing)) * 2 > len(self.letter.text)


def side_by_side(
    letters: Sequence[MergedLetter], recipients: Sequence[Recipient]
) -> tuple[Shown, ...]:
    """The letters with their recipients, each compared with the first."""
    first = letters[0].text if letters else ""
    return tuple(
        Shown(recipient=recipient, letter=letter, pieces=_pieces(first, letter.text))
        for letter, recipient in zip(letters, recipients, strict=True)
    )


def _pieces(first: str, text: str) -> tuple[Piece, ...]:
    old, new = _paragraphs(first), _paragraphs(text)
    pieces: list[Piece] = []
    for kind, _, _, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece(text="".join(new[start:end])))
        else:
            pieces += [Piece(text=paragraph, differs=True) for paragraph in new[start:end]]
    return tuple(pieces)


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each with the empty lines that follow it."""
    found = text.split("\n\n")
    return [f"{paragraph}\n\n" for paragraph in found[:-1]] + found[-1:]
