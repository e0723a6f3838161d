"""What only the whole of districts.csv tells: codes that no code can begin with, lost zeros."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from mailer.districts.codes import looks_canadian, strangers
from mailer.records.findings import Findings, quoted

Doubt = tuple[int, str, str]
"""A line, what is odd about it, and what to do."""

_MOST = 20  # doubts told one by one: a list has thousands of lines
_SHORTEST = 4  # codes of digits alone, where zeros are known to get lost


def check(lines: Mapping[str, int], findings: Findings) -> bool:
    """Warn of codes that nobody has; True when they are Canada's.

    `lines` gives the first line of each bare code. Most must be Canada's, and one at least show
    how letters and digits take turns.
    """
    others = strangers(lines)
    canadian = len(others) * 2 < len(lines) and any(
        len(code) >= 3 and code not in others for code in lines
    )
    if canadian:
        _tell_strangers(others, lines, findings)
    _check_zeros(lines, findings)
    return canadian


def warn(doubts: Sequence[Doubt], findings: Findings) -> None:
    """Tell the first of them one by one, and how many more there are."""
    for line, message, hint in doubts[:_MOST]:
        findings.warning(line, 1, message, hint)
    if len(doubts) > _MOST:
        more = len(doubts) - _MOST
        findings.warning(doubts[_MOST][0], 1, f"there are {more} more lines like those above")


def _tell_strangers(
    others: Collection[str], lines: Mapping[str, int], findings: Findings
) -> None:  # fmt: skip
    doubts: list[Doubt] = []
    for code in others:
        if looks_canadian(code) or len(code) == 3:
            hint = "they never have D, F, I, O, Q, U, and never begin with W or Z"
        else:
            hint = "they are like K1A 0B1, or K1A for all that begin so"
        message = f"no Canadian postal code is {quoted(code)} or begins so"
        doubts.append((lines[code], message, hint))
    warn(doubts, findings)


def _check_zeros(lines: Mapping[str, int], findings: Findings) -> None:
    """Spreadsheets take 01000 for the number 1000, which then stands for other places."""
    if not all(code.isdigit() for code in lines):
        return
    lengths = Counter(map(len, lines))
    usual, count = max(lengths.items(), key=lambda one: one[1], default=(0, 0))
    shorter = [code for code in lines if len(code) == usual - 1]
    if usual > _SHORTEST and shorter and count * 2 > len(lines):
        code = shorter[0]
        some = f"{len(shorter)} codes have" if len(shorter) > 1 else "one code has"
        message = f"{some} {usual - 1} digits, the others {usual}: did they begin with a zero?"
        hint = f"write 0{code}, or keep {code} if it stands for all that begin so"
        findings.warning(lines[code], 1, message, hint)
