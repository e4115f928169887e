"""What a word means, from tables: kinds of images, sequences, planes, parts of the body; and the phrasebook's words.

In the tables a word that ends in ``*`` is a stem, and ``_`` stands between the words of a phrase.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache

from SynthTrustLib.case.words.kinds import EXPANSIONS, KINDS, NEUTRAL, OTHER_KINDS
from SynthTrustLib.case.words.meaning import Meaning
from SynthTrustLib.case.words.phrasebook import ALONE, ANYWHERE, BOTH, LANGUAGES
from SynthTrustLib.case.words.spelling import fold, split_words

_PREFIXES = re.compile(r"(?:[rwmsafi]{1,3})(?=t[12]|flair|sub)")
"""What SPM and its like write before the name of a resliced, warped or corrected image, and Philips before all."""

_TISSUE = re.compile(r"[rwms0]{0,4}[cp][0-6](?:t[12]|flair|sub|anat).*")
"""What SPM and CAT12 write before the name of a class of tissue."""

_ANYWHERE_IN_A_WORD = ("flair", "mprage", "spgr")
"""What is in no other word, so that "eflair3d" needs no entry."""

_IS_NUMBER = re.compile(r"\d.*|.*\d{2,}.*|[a-z]\d+")
_RUN_TOGETHER = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+")
"""Scripts that write words without spaces, or join them (Korean)."""

_LONGEST_PHRASE = 3
_LONGEST_WORD = 40
_MOST_LETTERS = 400
"""Longer texts are no names; the rest of them is not read."""

_SHORT_PIECE = 2


@dataclass(frozen=True)
class Sense:
    """One meaning of a word, and in which languages (`ANY`: in all).

    Attributes
    ----------
    behind : bool
        Whether it stands behind what it is said of.
    kind : str
        Which other kind of image it says, in words.
    """

    meaning: Meaning
    languages: frozenset[str] = frozenset({""})
    behind: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Token:
    """A word of the text and what it can mean.

    Attributes
    ----------
    text : str
        The word that was understood.
    written : str
        The word of the text that it is, or is part of.
    """

    text: str
    written: str
    senses: tuple[Sense, ...]
    whole: bool = True

    @cached_property
    def meanings(self) -> frozenset[Meaning]:
        """All that it can mean."""
        return frozenset(sense.meaning for sense in self.senses)

    def means(self, *meanings: Meaning) -> bool:
        """Whether it can mean one of `meanings`."""
        return not self.meanings.isdisjoint(meanings)

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return not self.means(Meaning.UNKNOWN)


ANY = ""
"""Stands for all languages."""

_UNKNOWN = (Sense(Meaning.UNKNOWN),)
_NUMBER = (Sense(Meaning.NEUTRAL),)
_B_VALUE = (Sense(Meaning.MODALITY),)


@lru_cache(maxsize=4096)
def understand(text: str) -> tuple[Token, ...]:
    """The words of `text` with what they mean, phrases and words that are run together told apart."""
    words = [piece for word in split_words(text[:_MOST_LETTERS]) for piece in _pieces(word)]
    tokens: list[Token] = []
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - at), 1, -1):
            phrase = " ".join(word for word, _ in words[at : at + length])
            if phrase in _words():
                tokens.append(_token(phrase, " ".join(dict.fromkeys(w for _, w in words[at : at + length]))))
                break
        else:
            length = 1
            word, written = words[at]
            tokens.append(_token(word, written))
        at += length
    return tuple(tokens)


@lru_cache(maxsize=4096)
def _token(word: str, written: str) -> Token:
    return Token(word, written, _senses(word), word == written)


def _pieces(word: str) -> list[tuple[str, str]]:
    """(piece, word) for each word that was run together in `word`."""
    if _RUN_TOGETHER.fullmatch(word):
        return [(piece, piece) for piece in _segmented(word)]
    return [(piece, word) for piece in _split_compound(word)]


@lru_cache(maxsize=4096)
def _split_compound(word: str) -> tuple[str, ...]:
    if word in EXPANSIONS:
        return tuple(EXPANSIONS[word].split())
    if word in _words() or not word.isascii() or word.isdigit() or len(word) > _LONGEST_WORD:
        return (word,)
    if _TISSUE.fullmatch(word):
        return ("tissue",)
    for rest in dict.fromkeys((_PREFIXES.sub("", word, count=1), word)):
        found = (rest,) if rest in _words() else _split(rest)
        if found and _is_compound(found):
            return found
    return next(((inside,) for inside in _ANYWHERE_IN_A_WORD if inside in word), (word,))


def _is_compound(pieces: tuple[str, ...]) -> bool:
    """Whether a chain of known words is meant as such: "since" is not "sin" and "ce"."""
    if any(sense.meaning in _WEIGHTINGS for piece in pieces for sense in _senses(piece)):
        return True
    if any(len(piece) <= _SHORT_PIECE and not piece[0].isdigit() and piece not in _SHORT_AGENTS for piece in pieces):
        return False
    says = [piece for piece in pieces if any(sense.meaning in _POLARITY for sense in _senses(piece))]
    agents = [piece for piece in pieces if any(sense.meaning is Meaning.AGENT for sense in _senses(piece))]
    kinds = [piece for piece in pieces if any(sense.meaning in _KINDS for sense in _senses(piece))]
    return bool(kinds) or (bool(says and agents) and len(says) + len(agents) == len(pieces))


_POLARITY = (Meaning.WITH, Meaning.WITHOUT, Meaning.BEFORE, Meaning.AFTER)
_KINDS = (Meaning.MASK, Meaning.OTHER, Meaning.MODALITY)
_SHORT_AGENTS = ("gd", "km")
_WEIGHTINGS = (Meaning.T1, Meaning.T2, Meaning.FLAIR, Meaning.T1_SEQUENCE)


@lru_cache(maxsize=4096)
def _split(rest: str, first: bool = True) -> tuple[str, ...] | None:
    """`rest` as a chain of known words, long ones before short ones; None where it is none."""
    if rest in EXPANSIONS:
        return tuple(EXPANSIONS[rest].split())
    for end in range(len(rest), 0, -1):
        piece, after = rest[:end], rest[end:]
        if (piece not in _words() and piece not in EXPANSIONS) or (first and not after):
            continue
        if len(piece) < _SHORT_PIECE and not (piece == "+" or (piece == "2" and not first and after)):
            continue
        if not after:
            return (piece,)
        others = _split(after, first=False)
        if others:
            return (*EXPANSIONS.get(piece, piece).split(), *others)
    return (rest,) if not first and _stem(rest) else None


def _segmented(run: str) -> Iterator[str]:
    """The known words in `run`, the longest first from the left, and what lies between."""
    at = start = 0
    while at < len(run):
        end = next((end for end in range(min(len(run), at + _LONGEST_WORD), at, -1) if run[at:end] in _words()), at)
        if end > at:
            if start < at:
                yield run[start:at]
            yield run[at:end]
            start = end
        at = max(end, at + 1)
    if start < len(run):
        yield run[start:]


@lru_cache(maxsize=4096)
def _senses(word: str) -> tuple[Sense, ...]:
    return (
        _words().get(word)
        or _stem(word)
        or (_B_VALUE if re.fullmatch(r"b\d{2,4}", word) else _NUMBER if _IS_NUMBER.fullmatch(word) else _UNKNOWN)
    )


def _stem(word: str) -> tuple[Sense, ...]:
    return next((_stems()[word[:end]] for end in range(len(word), 1, -1) if word[:end] in _stems()), ())


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, tuple[Sense, ...]], dict[str, tuple[Sense, ...]]]:
    found: dict[tuple[bool, str], dict[tuple[Meaning, bool, str], set[str]]] = defaultdict(lambda: defaultdict(set))

    def add(words: str, meaning: Meaning, language: str = "", kind: str = "") -> None:
        for entry in words.split():
            behind, stem = entry.startswith("~"), entry.endswith("*")
            word = fold(entry.strip("~*")).replace("_", " ").strip()
            for is_stem in {False, stem}:
                found[is_stem, word][meaning, behind, kind].update(language.split() or [ANY])

    for meaning, words in KINDS.items():
        add(words, meaning)
    for kind, words in OTHER_KINDS.items():
        add(words, Meaning.OTHER, kind=kind)
    for words in NEUTRAL.values():
        add(words, Meaning.NEUTRAL)
    add(BOTH, Meaning.BOTH)
    for language, phrases in {"": ANYWHERE, **LANGUAGES}.items():
        for field in fields(phrases):
            add(getattr(phrases, field.name), Meaning(field.name.strip("_")), language)
    whole: dict[str, tuple[Sense, ...]] = {}
    stems: dict[str, tuple[Sense, ...]] = {}
    for (stem, word), senses in found.items():
        into = stems if stem else whole
        into[word] = tuple(
            Sense(m, frozenset(languages), behind, kind) for (m, behind, kind), languages in senses.items()
        )
    return whole, stems


def _words() -> dict[str, tuple[Sense, ...]]:
    return _tables()[0]


def _stems() -> dict[str, tuple[Sense, ...]]:
    return _tables()[1]


@lru_cache(maxsize=1)
def stands_alone() -> frozenset[str]:
    """Words that speak of contrast agent even where none is named beside them."""
    return frozenset(fold(word).replace("_", " ") for word in ALONE.split())


def texts(tokens: Iterable[Token]) -> tuple[str, ...]:
    """The words of the text that `tokens` are, each once."""
    return tuple(dict.fromkeys(token.written for token in tokens))
