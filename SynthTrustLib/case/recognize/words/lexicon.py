"""What a word means, from tables: kinds of images, sequences, planes, parts of the body; and the phrasebook's words.

In the tables a word that ends in ``*`` is a stem, and ``_`` stands between the words of a phrase.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from SynthTrustLib.case.recognize.words.kinds import EXPANSIONS, KINDS, NEUTRAL, OTHER_KINDS
from SynthTrustLib.case.recognize.words.meaning import Meaning
from SynthTrustLib.case.recognize.words.near import Slips
from SynthTrustLib.case.recognize.words.phrasebook import ALONE, ANYWHERE, BOTH, LANGUAGES
from SynthTrustLib.case.recognize.words.spelling import fold, split_words

_PREFIXES = re.compile(r"\A(?:[rwms]{1,3}|[afi])(?=t[12]|flair|sub)")
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
_SHORT_STEM = 3
_LONG = 6


@dataclass(frozen=True)
class Sense:
    """One meaning of a word, and in which languages (`ANY`: in all)."""

    meaning: Meaning
    languages: frozenset[str] = frozenset({""})
    behind: bool = False  # whether it stands behind what it is said of
    kind: str = ""  # which other kind of image it says, in words


@dataclass(frozen=True)
class Token:
    """A word of the text and what it can mean."""

    text: str
    """The word that was understood."""
    written: str
    """The word of the text that it is, or is part of."""
    senses: tuple[Sense, ...]
    whole: bool = True
    near: frozenset[Meaning] = frozenset()
    """What a word that is not known may be meant to say: one is like it that says so."""

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
    for at, (one, other) in enumerate(pairwise(tokens)):
        if not (one.known and other.known):  # "datk fluid"
            near = _says(_slips()[0].of(f"{one.text} {other.text}"))
            tokens[at] = replace(one, near=one.near | near) if not one.known else one
            tokens[at + 1] = replace(other, near=other.near | near) if not other.known else other
    return tuple(tokens)


@lru_cache(maxsize=4096)
def _token(word: str, written: str) -> Token:
    senses = _senses(word)
    return Token(word, written, senses, word == written, _near(word, senses))


def _near(word: str, senses: tuple[Sense, ...]) -> frozenset[Meaning]:
    """What a word is like that is not known, or known by its stem only and like a whole one that says otherwise."""
    if senses is _UNKNOWN:
        return _like(word.strip("0123456789"))
    if senses is _NUMBER:
        return _says(_slips()[0].of(word.strip("0123456789")))
    if word in _words() or len(word) <= _SHORTEST:
        return frozenset()
    own = {sense.meaning for sense in senses}
    meant = [{sense.meaning for sense in _words()[known]} for known in _whole_slips().of(word)]
    return frozenset().union(*(meanings for meanings in meant if not meanings & own))


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
    if word[-2:] in ("t1", "t2") and len(word) > _SHORT_PIECE + 1 and word[:-1] in _words():
        return (word[:-1], word[-1])  # "post1" is not "pos" and "t1"
    if any(len(meant) > _LONG for meant in _slips()[0].of(word)):
        return (word,)  # "contrapt" is no "contr" and "apt"
    for rest in dict.fromkeys((_PREFIXES.sub("", word, count=1), word)):
        found = (rest,) if rest in _words() else _split(rest)
        if found and _is_compound(found):
            return found
    inside = next((inside for inside in _ANYWHERE_IN_A_WORD if inside in word), word)
    return tuple(filter(None, word.partition(inside)))


def _is_compound(pieces: tuple[str, ...]) -> bool:
    """Whether a chain of known words is meant as such: "since" is not "sin" and "ce"."""
    first = next((at for at, piece in enumerate(pieces) if _means(piece, *_WEIGHTINGS)), -1)
    if first >= 0:  # "test1" is not "t1" behind something
        return all(_may_precede(piece, is_first=not at) for at, piece in enumerate(pieces[:first]))
    if any(len(piece) <= _SHORT_PIECE and piece.isalpha() and piece not in _SHORT_AGENTS for piece in pieces):
        return False
    says = [piece for piece in pieces if _means(piece, *_POLARITY)]
    agents = [piece for piece in pieces if _means(piece, Meaning.AGENT)]
    kinds = [piece for piece in pieces if _means(piece, *_KINDS)]
    return bool(kinds) or (bool(says and agents) and len(says) + len(agents) == len(pieces))


def _may_precede(piece: str, *, is_first: bool) -> bool:
    """Whether `piece` may be glued to the beginning of a contrast's word."""
    if piece in _GLUED or any(sense.kind in ("planes", "the head") for sense in _senses(piece)):
        return True
    if _means(piece, Meaning.TO, Meaning.REGISTERED, Meaning.SPACE, Meaning.TEMPLATE):
        return not is_first
    says_agent = _means(piece, Meaning.AGENT, Meaning.GIVEN, Meaning.PLAIN, Meaning.OTHER, Meaning.MASK)
    return says_agent and len(piece) > _SHORT_PIECE


def _means(piece: str, *meanings: Meaning) -> bool:
    return any(sense.meaning in meanings for sense in _senses(piece))


_GLUED = frozenset(
    [
        "3d",
        "2d",
        "+",
        "c+",
        "+c",
        "gd",
        "km",
        "ce",
        "pre",
        "post",
        "no",
        "non",
        "without",
        "wo",
        "nogd",
        "fs",
        "fatsat",
        "ir",
        "iso",
        "hr",
        "hires",
        "tse",
        "fse",
        "frfse",
        "cube",
        "vista",
        "mr",
        "mri",
        "raw",
        "orig",
        "n4",
        "bet",
        "dixon",
    ]
)
"""What is glued to the beginning of T1 and T2, besides planes, the head, agents and other kinds of images."""

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
        if rest[end - 1 :].startswith("flair"):
            continue  # "t2flair" is not "t2f" and "lair"
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
    length = _stem_length(word)
    return _stems()[word[:length]] if length else ()


def ending(word: str) -> str:
    """What stands behind the stem that `word` is known by; nothing where it is known as a whole, or not at all."""
    length = 0 if word in _words() else _stem_length(word)
    return word[length:] if length else ""


def _stem_length(word: str) -> int:
    return next((end for end in range(len(word), 1, -1) if _is_stem_of(word[:end], word)), 0)


def _is_stem_of(stem: str, word: str) -> bool:
    """Whether `word` is known by `stem`; a short one of another kind of image is the beginning of too many words."""
    if stem not in _stems():
        return False
    rest = word[len(stem) :]
    is_kind = any(sense.meaning in (*_KINDS, Meaning.PROTON_DENSITY) for sense in _stems()[stem])
    return (
        not is_kind or len(stem) > _SHORT_STEM or rest in ("", "s", "w") or not rest[0].isalpha() or not stem.isascii()
    )


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
    for topic, words in NEUTRAL.items():
        add(words, Meaning.NEUTRAL, kind=topic)
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


@lru_cache(maxsize=4096)
def _like(word: str) -> frozenset[Meaning]:
    """What the words say that `word` is one slip from, that it begins, or that are in it."""
    words, stems = _slips()
    return _says(words.of(word) | words.begun(word) | words.within(word) | stems.of_beginnings(word))


def _says(words: Iterable[str]) -> frozenset[Meaning]:
    return frozenset[Meaning]().union(*(_telling()[word] for word in words))


@lru_cache(maxsize=1)
def _telling() -> dict[str, frozenset[Meaning]]:
    """The words that say something of the image, of four letters or more, and what."""
    found: dict[str, frozenset[Meaning]] = defaultdict(frozenset)
    for table in _tables():
        for word, senses in table.items():
            if len(word) >= _SHORTEST:
                found[word] |= {sense.meaning for sense in senses} & _TELLING
    return {word: meanings for word, meanings in found.items() if meanings}


@lru_cache(maxsize=1)
def _whole_slips() -> Slips:
    return Slips([word for word in _words() if len(word) > _SHORTEST and " " not in word])


@lru_cache(maxsize=1)
def _slips() -> tuple[Slips, Slips]:
    """Slips of all of these words, and of those that are stems of longer ones."""
    return Slips(_telling(), stands_alone()), Slips(
        [word for word in _telling() if len(word) > _SHORTEST and word in _stems()]
    )


_SHORTEST = 4
"""Shorter words are like too many."""

_TELLING = frozenset(Meaning) - {
    Meaning.NEUTRAL, Meaning.UNKNOWN, Meaning.TO, Meaning.REGISTERED, Meaning.SPACE, Meaning.TEMPLATE, Meaning.BETWEEN,
    Meaning.AND, Meaning.THING, Meaning.EVENT, Meaning.TUMOR, Meaning.NOT_TUMOR, Meaning.IMAGES,
}  # fmt: skip


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
