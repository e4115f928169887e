"""What the name of a file or a volume says: a contrast, a mask, another kind of image, or nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from SynthTrustLib.case.file.read import image_suffix
from SynthTrustLib.case.recognize.words.agent import agent_said
from SynthTrustLib.case.recognize.words.lexicon import Token, texts, understand
from SynthTrustLib.case.recognize.words.meaning import Meaning
from SynthTrustLib.case.recognize.words.reading import OPEN, STRANGE, WordReading, contrasts_said, read_words
from SynthTrustLib.vocabulary import Contrast

_ENTITIES = {
    "sub", "ses", "task", "acq", "rec", "dir", "run", "echo", "flip", "mt", "proc", "hemi", "space", "split",
    "recording", "chunk", "res", "den", "desc", "from", "to", "mode", "atlas", "cohort", "mod", "tpl",
}  # fmt: skip
"""Keys of BIDS whose values do not say what the image is. ``ce``, ``label``, ``part`` and ``inv`` do."""

_ENTITIES_ANYWHERE = {"space", "ses", "acq", "desc", "run", "task", "res", "den"}
"""Those that are taken for keys even where the name does not begin with ``sub-``."""

_DEFORMATION = re.compile(r"i?y_|u_rc\d", re.IGNORECASE)
"""What SPM writes before the name of the image that a deformation was found for."""

_PHASE = re.compile(r"_(ph|phMag|imaginary)\d*$")
"""What dcm2niix writes behind the name of an image that is none of magnitudes."""

SAYS_NOTHING = "its name says no contrast"

_SHORT = 3
"""Words for parts of a tumor that are no longer than this are as often initials or a site."""


class NameKind(StrEnum):
    """What a name says that a file holds."""

    CONTRAST = "contrast"
    MASK = "mask"
    OTHER_MASK = "other_mask"  # of the brain, of tissue: not of a tumor
    OTHER = "other"
    SEVERAL = "several"  # contrasts at once
    NOTHING = "nothing"


@dataclass(frozen=True)
class NameReading:
    """What one name says, with the words that say so, and how surely."""

    kind: NameKind
    reason: str
    """In words for the user."""
    words: tuple[str, ...] = ()
    """The name's words that say it."""
    possible: tuple[Contrast, ...] = ()
    """The contrasts that the name leaves open, the likeliest first; where it is another kind of image, those that it
    speaks of all the same."""
    confidence: float = 1.0
    """0..1, of the likeliest."""
    may_be_enhanced: bool = False
    """Whether it is a T1 with a word that may speak of contrast agent in a way that nobody thought of."""

    @property
    def contrast(self) -> Contrast | None:
        """The contrast it is taken for."""
        return self.possible[0] if self.kind is NameKind.CONTRAST else None

    @property
    def is_mask(self) -> bool:
        """Whether it may be an outline of a tumor."""
        return self.kind is NameKind.MASK


def name_words(name: str) -> tuple[str, ...]:
    """The words of a file's name, each once."""
    return texts(understand(_stem(name)))


def read_name(name: str, shared: Collection[str] = ()) -> NameReading:
    """What a file's name says about its content.

    Words in `shared`, which the names of all the patient's files have, count for contrasts only: a site's two letters
    must not make every file an ADC map or a mask.
    """
    text, acquisition, strange = _without_entities(_stem(name))
    tokens = understand(text)
    if _DEFORMATION.match(name):
        return NameReading(NameKind.OTHER, f"'{tokens[0].written}' in its name: a deformation")
    if (phase := _PHASE.search(_stem(name))) is not None:
        return NameReading(NameKind.OTHER, f"'{phase[1]}' in its name: a phase or imaginary image")
    reading = read_words(tokens, shared, may_name=True)
    if acquisition and agent_said(understand(acquisition)).given:
        reading.agent.doubtful.append(acquisition)  # "acq-post" may be after anything
    possible, confidence = contrasts_said(reading)
    acquired = contrasts_said(read_words(understand(acquisition)))[0] if acquisition else ()
    if possible and acquired and acquired[0] not in possible:  # "acq-FLAIR_T2w"
        possible, confidence = (*acquired, *possible), min(confidence, OPEN)
    own = [token for token in tokens if token.written not in shared]
    tumor = texts(token for token in own if token.means(Meaning.TUMOR))
    if reading.mask:
        if reading.of_tumor:
            return NameReading(NameKind.MASK, f"'{reading.mask[0]}' in its name: a mask", reading.mask)
        return NameReading(NameKind.OTHER_MASK, f"'{reading.mask[0]}' in its name: a mask, but not of a tumor")
    other = reading.other or reading.gradient_echo
    if other:
        return NameReading(NameKind.OTHER, other.replace(": ", " in its name: ", 1), possible=possible)
    if possible and not confidence:
        return NameReading(
            NameKind.SEVERAL, f"its name says both {' and '.join(reading.weightings)}", possible=possible
        )
    if possible:
        # "flair_lesions" may be an outline.
        most = OPEN if any(len(word) > _SHORT for word in tumor) else STRANGE if strange else 1.0
        words, reason = _words_for(tokens, reading)
        confidence = min(confidence, most)
        return NameReading(NameKind.CONTRAST, reason, words, possible, confidence, reading.may_be_enhanced)
    if tumor and not any(token.means(Meaning.NOT_TUMOR) for token in own):
        return NameReading(NameKind.MASK, f"'{tumor[0]}' in its name: a mask", tumor)
    return NameReading(NameKind.NOTHING, SAYS_NOTHING)


def _words_for(tokens: Sequence[Token], reading: WordReading) -> tuple[tuple[str, ...], str]:
    """The name's words that say its contrast, and the reason."""
    used = set(reading.said)
    is_t1 = "T1" in reading.weightings
    if is_t1:
        used.update(word for phrase in reading.agent.phrases for word in phrase.split())
    words = tuple(word for word in texts(tokens) if used.issuperset(word.split()) or word in used)
    reason = f"'{' '.join(words)}' in its name"
    if is_t1 and reading.agent.torn:
        reason += ", which speaks for contrast agent and against it"
    elif is_t1 and reading.agent.is_open:
        reason += ", which may speak for contrast agent or against it"
    return words, reason


def _stem(name: str) -> str:
    return name[: len(name) - len(image_suffix(Path(name)))]


def _without_entities(stem: str) -> tuple[str, str, bool]:
    """`stem` without the keys and values of BIDS that say nothing of the contrast; the value of ``acq``; and whether
    there was a key that nobody knows."""
    is_bids = stem.lower().startswith("sub-")
    keys = _ENTITIES if is_bids else _ENTITIES_ANYWHERE
    kept, acquisition, strange = [], "", False
    for part in stem.split("_"):
        key, dash, value = part.partition("-")
        if dash and key.lower() == "part" and is_bids:
            kept += ["phase_image"] if value.lower() in ("phase", "imag") else []
        elif dash and value and key.lower() in keys:
            acquisition = value if key.lower() == "acq" else acquisition
        elif dash and value and is_bids and not understand(key)[0].known:
            strange = True  # misspelt, or of another standard
        elif dash and key.lower() == "ce" and value.lower() in ("none", "no", "without"):
            kept.append("noncontrast")
        else:
            kept.append(part)
    return "_".join(kept), acquisition, strange
