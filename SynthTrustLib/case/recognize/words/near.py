"""Words that were meant: known ones that a word is one slip of a finger away from, that it begins or holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

_FEWEST = 4
"""Shorter words are one slip away from too many; in those of four letters two must have changed places."""

_BEGINNING = 5
_PART = 6
"""Fewer letters begin, or are in, too many words."""

_EDGE = 2
"""One slip leaves this many letters at the beginning or at the end of a word."""


class Slips:
    """Finds which of some known words another word may have been meant for, in a glance at few of them.

    Of those of four letters that are `short`, any slip counts.
    """

    def __init__(self, known: Collection[str], short: Collection[str] = ()) -> None:
        self._short = frozenset(short)
        self._beginning: dict[str, list[str]] = defaultdict(list)
        self._ending: dict[str, list[str]] = defaultdict(list)
        self._behind_edge: dict[str, list[str]] = defaultdict(list)
        self._anagrams: dict[str, list[str]] = defaultdict(list)
        self._begun: dict[str, list[str]] = defaultdict(list)
        self._all = frozenset(known)
        self._long = {word for word in known if len(word) >= _PART}
        for word in known:
            self._beginning[word[:_EDGE]].append(word)
            self._ending[word[-_EDGE:]].append(word)
            self._behind_edge[word[_EDGE : 2 * _EDGE]].append(word)
            if len(word) == _FEWEST:
                self._anagrams["".join(sorted(word))].append(word)
            for end in range(_BEGINNING, len(word)):
                self._begun[word[:end]].append(word)

    def of(self, word: str) -> set[str]:
        """Those that `word` differs from by one letter more, less, other or two that changed places."""
        beginning, ending = self._beginning.get(word[:_EDGE], ()), self._ending.get(word[-_EDGE:], ())
        return self._among(word, (*beginning, *ending, *self._anagrams.get("".join(sorted(word)), ())))

    def of_beginnings(self, word: str) -> set[str]:
        """Those that a beginning of `word`, of their own length or one letter more or less, differs from so."""
        shifted = (word[at : at + _EDGE] for at in (_EDGE - 1, _EDGE, _EDGE + 1))
        alike = [*self._beginning.get(word[:_EDGE], ()), *(k for at in shifted for k in self._behind_edge.get(at, ()))]
        return {
            known
            for known in alike
            for end in (len(known) - 1, len(known), len(known) + 1)
            if end < len(word) and self._among(word[:end], (known,))
        }

    def begun(self, word: str) -> set[str]:
        """Those that begin with `word`, as if it had been cut."""
        return set(self._begun.get(word, ()))

    def within(self, word: str) -> set[str]:
        """Long ones that are part of `word`, and those of four letters or more at its end."""
        ends = range(_PART, len(word) + 1)
        parts = {word[start:end] for end in ends for start in range(end - _PART + 1)} & self._long
        return parts | ({word[start:] for start in range(1, len(word) - _FEWEST + 1)} & self._all)

    def _among(self, word: str, alike: Iterable[str]) -> set[str]:
        if len(word) < _FEWEST or not word.replace(" ", "").isalpha():
            return set()
        return {
            known
            for known in alike
            if abs(len(known) - len(word)) <= 1
            and (len(known) > _FEWEST or known in self._short or sorted(known) == sorted(word))
            and _is_one_slip(word, known)
        }


def _is_one_slip(one: str, other: str) -> bool:
    """Whether a Damerau-Levenshtein distance is 1."""
    shorter = min(len(one), len(other))
    head = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    tail = next((at for at in range(shorter - head) if one[-1 - at] != other[-1 - at]), shorter - head)
    left, right = one[head : len(one) - tail], other[head : len(other) - tail]
    return max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1])
