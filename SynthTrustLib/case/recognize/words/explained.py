"""Which words of a text nothing explains: only where there are none is it sure what the others say.

A language, a maker or a tool that nobody thought of uses words that are not in the tables. What such a word says is
not known; that it is there is. So a text is read surely only if each of its words is a whole word of the tables (or one
with a short ending), a number, part of a patient's or site's name, or of a phrase that was understood.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from SynthTrustLib.case.recognize.words.lexicon import Token, ending
from SynthTrustLib.case.recognize.words.meaning import Meaning

_ALONE = frozenset(
    {
        Meaning.T1, Meaning.T1_SEQUENCE, Meaning.T2, Meaning.FLAIR, Meaning.FLAIR_SEQUENCE, Meaning.GRADIENT_ECHO,
        Meaning.DIXON, Meaning.REGISTERED, Meaning.SPACE, Meaning.TEMPLATE, Meaning.THING, Meaning.EVENT,
        Meaning.NOT_TUMOR, Meaning.NEUTRAL,
    }
)  # fmt: skip
"""What is understood without other words."""

_SAID_OF = frozenset({Meaning.WITH, Meaning.WITHOUT, Meaning.BEFORE, Meaning.AFTER})
"""What is understood before what it is said of: "no fat sat", "post op"."""

_LONGEST_ENDING = 5
_LONGER_THAN_STEM = 3
"""Letters behind a stem, or more than the stem has; a longer rest is a word of its own: "n4" in "n4biasfield"."""

_NO_NAME = frozenset(Meaning) - _ALONE - _SAID_OF - {
    Meaning.UNKNOWN, Meaning.TUMOR, Meaning.SUB, Meaning.AND, Meaning.BETWEEN, Meaning.TO
}  # fmt: skip
"""What is no part of a patient's or site's name."""

_NUMBER = re.compile(r"\d+[a-z]{0,2}|[a-z]\d+|[a-z]?\d+[a-z]\d+")
_LEAST_DIGITS = 2
"""Of a number that makes the words beside it a patient's or site's name."""


def unexplained(
    tokens: Sequence[Token],
    said: Collection[Token],
    heard: Collection[int],
    shared: Collection[str] = (),
    *,
    may_name: bool = False,
) -> list[Token]:
    """Those of `tokens` that nothing explains.

    `said` say the weighting, those at the places `heard` were understood as said of contrast agent, and what is
    `shared` by all of a patient's files is a name. So is what stands before the weighting with a number, where a text
    `may_name` patients, as files' names do.
    """
    first = next((at for at, token in enumerate(tokens) if token in said), len(tokens))
    names = _names(tokens[:first]) if may_name else 0
    found = []
    for at, token in enumerate(tokens):
        if token.written in shared or at < names:
            continue
        follower = tokens[at + 1] if at + 1 < len(tokens) else None
        if not _is_explained(token, follower, is_heard=at in heard):
            found.append(token)
    return found


def _is_explained(token: Token, follower: Token | None, *, is_heard: bool) -> bool:
    if not token.known or is_far(token):
        return False
    if is_heard or token.text.isdigit():
        return True
    if token.meanings == {Meaning.NEUTRAL} and not any(sense.kind for sense in token.senses):
        return bool(_NUMBER.fullmatch(token.text))
    if follower is not None and token.means(*_SAID_OF) and follower.means(Meaning.THING, Meaning.EVENT):
        return True
    if follower is not None and token.means(Meaning.TO) and follower.means(Meaning.TEMPLATE):
        return True
    if follower is not None and token.text == "no" and follower.text.isdigit():
        return True
    return token.means(*_ALONE)


def is_far(token: Token) -> bool:
    """Whether a word is known by a stem that is so short a part of it that the rest may say anything."""
    rest = len(ending(token.text))
    return rest > max(_LONGEST_ENDING, len(token.text) - rest + _LONGER_THAN_STEM)


def _names(tokens: Sequence[Token]) -> int:
    """How many of `tokens`, from the first, are a name with its number: "UCSF-PDGM-0004"."""
    end = 0
    for at, token in enumerate(tokens):
        if sum(c.isdigit() for c in token.text) >= _LEAST_DIGITS:
            end = at + 1
        elif token.means(*_NO_NAME):
            break
    return end
