"""The target of a registration is not the contrast: "FLAIR in the space of T1" is a FLAIR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from SynthTrustLib.case.recognize.words.lexicon import Token
from SynthTrustLib.case.recognize.words.meaning import Meaning

_WEIGHTINGS = (Meaning.T1, Meaning.T2, Meaning.FLAIR, Meaning.T1_SEQUENCE)
_IMAGES = (*_WEIGHTINGS, Meaning.MODALITY, Meaning.PROTON_DENSITY)
_GRIDS = (*_IMAGES, Meaning.TEMPLATE)
_RELATIONS = (Meaning.TO, Meaning.REGISTERED, Meaning.SPACE)
_ABOUT_AGENT = (
    Meaning.AGENT, Meaning.GIVEN, Meaning.PLAIN, Meaning.WITHOUT, Meaning.WITH, Meaning.BEFORE, Meaning.AFTER,
    Meaning.C,
)  # fmt: skip


_BETWEEN_ONLY = frozenset({"2", "a", "en", "su", "na", "на", "к"})
"""Words that relate two images only where they stand between them: "FLAIR_2_T1"; elsewhere "2" is a number."""


@dataclass(frozen=True)
class Registered:
    """The words of the image itself and of its targets, and whether it is sure which is which."""

    tokens: tuple[Token, ...]
    targets: tuple[Token, ...] = ()
    sure: bool = True


def without_targets(tokens: Sequence[Token]) -> Registered:
    """`tokens` without those of the images that this one was registered to."""
    found = Registered(tuple(tokens))
    while True:
        less, target, sure = _without_one(found.tokens)
        if not target:
            return found
        found = Registered(less, (*found.targets, *target), found.sure and sure)


def _without_one(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], tuple[Token, ...], bool]:
    for start, grid, sure in _targets(tokens):
        end = _end_of(tokens, grid)
        rest = (*tokens[:start], *tokens[end:])
        says_image = any(token.means(*_IMAGES) for token in rest)
        # "to_T1" alone says what an image was brought to, and nothing of the image.
        if says_image or any(token.means(Meaning.TO) for token in tokens[start:grid]):
            return rest, tokens[start:end], sure
    return tokens, (), True


def _targets(tokens: Sequence[Token]) -> list[tuple[int, int, bool]]:
    """(first word of the relation, the target's word, whether the order is plain) of each target, as good as can be."""
    found: list[tuple[int, int, bool]] = []
    for at, token in enumerate(tokens):
        if not token.means(*_GRIDS):
            continue
        start = _relation_start(tokens, at)
        between = tokens[start:at]
        if any(t.means(Meaning.TO) for t in between):
            found.append((start, at, True))
        elif any(t.means(Meaning.REGISTERED) for t in between) and _image_before(tokens, start):
            # "T1-registered FLAIR" is a FLAIR, "T1_reg_FLAIR" is a T1.
            found.append((start, at, not any(t.text.endswith("ed") for t in between)))
        elif between and _image_before(tokens, start) and not _is_sequence(tokens[start - 1], token):
            found.append((start, at, True))
    for at, token in enumerate(tokens):
        spaced = token.means(*_WEIGHTINGS) and any(t.means(Meaning.SPACE) for t in tokens[at + 1 : _end_of(tokens, at)])
        image = _image_before(tokens, at) or (
            not token.means(Meaning.T2) and any(t.means(*_IMAGES) for t in tokens[:at])
        )
        if spaced and image and not _is_sequence(tokens[at - 1], token):
            found.append((at, at, True))
    return found


def _relation_start(tokens: Sequence[Token], grid: int) -> int:
    """Where the words of relation before a grid's word begin, plane and agent between ("to the postcontrast T1")."""
    start = grid
    while start and (tokens[start - 1].means(*_ABOUT_AGENT) or not _says_anything(tokens[start - 1])):
        start -= 1
    if not start or not (tokens[start - 1].means(Meaning.TO, Meaning.REGISTERED) and _relates(tokens, start - 1)):
        start = grid
    while start and _relates(tokens, start - 1):
        start -= 1
    return start


def _says_anything(token: Token) -> bool:
    return token.meanings != {Meaning.NEUTRAL}


def _relates(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    if token.text in _BETWEEN_ONLY:
        return at > 0 and tokens[at - 1].means(*_GRIDS, *_RELATIONS)
    return token.means(*_RELATIONS) or token.text in ("the", "dem", "le", "la")


def _image_before(tokens: Sequence[Token], at: int) -> bool:
    return any(token.means(*_WEIGHTINGS) for token in tokens[:at])


def _is_sequence(one: Token, other: Token) -> bool:
    """Whether two words, in this order, name one sequence: T1 FLAIR, T2 FLAIR and FLAIR T2, in SPACE or not."""
    return other.means(Meaning.FLAIR) or (one.means(Meaning.FLAIR) and other.means(Meaning.T2))


def _end_of(tokens: Sequence[Token], grid: int) -> int:
    """Behind the target and what is said of it: its other words, its agent, "space"."""
    end = grid + 1
    while end < len(tokens):
        token = tokens[end]
        same_word = not token.whole and token.written == tokens[grid].written
        flair = tokens[grid].means(Meaning.T2) and token.means(Meaning.FLAIR) and end == grid + 1
        agent = tokens[grid].means(Meaning.T1, Meaning.T1_SEQUENCE) and token.means(*_ABOUT_AGENT)
        if not (same_word or flair or agent or token.means(Meaning.SPACE)):
            break
        end += 1
    return end
