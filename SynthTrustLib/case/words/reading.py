"""Which contrast a name or description speaks of: its weighting, contrast agent, and other kinds of images under it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from SynthTrustLib.case.words.agent import AGENT_CONTRADICTED, AgentSaid, agent_said
from SynthTrustLib.case.words.lexicon import Token, texts
from SynthTrustLib.case.words.meaning import Meaning
from SynthTrustLib.case.words.registration import without_targets
from SynthTrustLib.vocabulary import Contrast

OPEN = 0.6
"""Confidence where the words leave two contrasts open: the header or the image decides."""

_T1 = (Meaning.T1, Meaning.T1_SEQUENCE)
_FLAIR = (Meaning.FLAIR, Meaning.FLAIR_SEQUENCE)


@dataclass(frozen=True)
class WordReading:
    """What words say of an image.

    Attributes
    ----------
    weightings : tuple of str
        ``"T1"``, ``"T2"``, ``"FLAIR"``: the likeliest first, more than one where the words leave it open, none where
        they say nothing of it.
    said : tuple of str
        The words that say the weighting, as they were written.
    agent : AgentSaid
        What they say of contrast agent.
    mask : tuple of str
        The words that make it a mask; `of_tumor` is False where another word says that it is none of a tumor.
    other : str
        Why it is another kind of image, in words; empty where it is none.
    gradient_echo : str
        Why it is one weighted by T2*, if its timing does not say otherwise; empty where it is none.
    elsewhere : str
        The word for another part of the body; empty where there is none.
    confidence : float
        0..1, of the first of `weightings`.
    """

    weightings: tuple[str, ...]
    said: tuple[str, ...]
    agent: AgentSaid
    mask: tuple[str, ...] = ()
    of_tumor: bool = True
    other: str = ""
    gradient_echo: str = ""
    elsewhere: str = ""
    confidence: float = 1.0


def read_words(words: Sequence[Token], shared: Collection[str] = ()) -> WordReading:
    """What `words` say together. Those in `shared` tell nothing of the kind of image, as every file has them."""
    registered = without_targets(words)
    tokens = registered.tokens
    own = [token for token in tokens if token.written not in shared]
    weightings, said, confidence = _weighting(tokens)
    if not registered.sure:
        weightings, confidence = (*weightings, *_weighting(registered.targets)[0]), min(confidence, OPEN)
    mask = texts(token for token in own if token.means(Meaning.MASK))
    not_tumor = texts(token for token in own if token.means(Meaning.NOT_TUMOR))
    elsewhere = next((token.written for token in own if token.means(Meaning.ELSEWHERE)), "")
    if any(token.means(Meaning.SYNTHETIC, Meaning.BIAS) for token in own):
        confidence = min(confidence, OPEN)
    return WordReading(
        weightings=weightings,
        said=texts(said),
        agent=agent_said(tokens, shared),
        mask=(not_tumor[:1] if mask and not_tumor else mask),
        of_tumor=not not_tumor,
        other="" if mask else _other_kind(own, weightings),
        gradient_echo="" if weightings else _gradient_echo(own),
        elsewhere=elsewhere,
        confidence=confidence,
    )


def contrasts_said(reading: WordReading) -> tuple[tuple[Contrast, ...], float]:
    """The contrasts that words leave open, the likeliest first, and how surely it is that one."""
    possible = [contrast for weighting in reading.weightings for contrast in _contrasts(weighting, reading.agent)]
    confidence = reading.confidence
    if "T1" in reading.weightings[:1]:
        if reading.agent.torn:
            confidence = min(confidence, AGENT_CONTRADICTED)
        elif reading.agent.is_open:
            confidence = min(confidence, OPEN)
    return tuple(dict.fromkeys(possible)), confidence


def _contrasts(weighting: str, agent: AgentSaid) -> tuple[Contrast, ...]:
    if weighting != "T1":
        return (Contrast.T2 if weighting == "T2" else Contrast.FLAIR,)
    if agent.torn:
        return (Contrast.T1C, Contrast.T1) if agent.given else (Contrast.T1, Contrast.T1C)
    if agent.is_open:
        return (Contrast.T1C, Contrast.T1)
    return (Contrast.T1C,) if agent.given else (Contrast.T1,)


def _weighting(tokens: Sequence[Token]) -> tuple[tuple[str, ...], list[Token], float]:
    """The weightings, the words for them, and how sure the first is."""
    plain = [t for t in tokens if t.means(Meaning.T1, Meaning.T2, Meaning.FLAIR)]
    sequences = [t for t in tokens if t.means(Meaning.T1_SEQUENCE, Meaning.FLAIR_SEQUENCE)]
    telling = plain or sequences
    t1 = [t for t in telling if t.means(*_T1)]
    t2 = [t for t in telling if t.means(Meaning.T2)]
    flair = [t for t in telling if t.means(*_FLAIR)]
    if plain and not t2 and not flair:
        telling = [*plain, *(t for t in sequences if t.means(Meaning.T1_SEQUENCE))]
    telling = sorted(telling, key=tokens.index)
    if t1 and t2:
        return ("T1", "T2"), telling, 0.0
    if t1 and flair:  # "T1 FLAIR" is a T1-weighted sequence of one maker; the other order may be a FLAIR with a number
        first = tokens.index(t1[0]) < tokens.index(flair[0])
        return (("T1",), telling, 1.0) if first else (("T1", "FLAIR"), telling, OPEN)
    if flair:
        return ("FLAIR",), telling, 1.0
    if t2:
        dual_echo = any(t.means(Meaning.PROTON_DENSITY) for t in tokens)
        return ("T2",), telling, OPEN if dual_echo else 1.0
    return (("T1",), telling, 1.0) if t1 else ((), [], 0.0)


def _other_kind(tokens: Sequence[Token], weightings: Sequence[str]) -> str:
    for at, token in enumerate(tokens):
        if (
            token.means(Meaning.BEFORE)
            and at + 1 < len(tokens)
            and tokens[at + 1].means(Meaning.AGENT, Meaning.BETWEEN)
        ):
            continue  # Czech "pred" is also short for a prediction
        for sense in token.senses:
            if sense.meaning is Meaning.OTHER:
                return f"'{token.written}': {sense.kind}"
            if sense.meaning is Meaning.MODALITY:
                return f"'{token.written}': another kind of image"
    for at, token in enumerate(tokens):
        if token.means(Meaning.SUB) and not _is_subject(tokens, at):
            return f"'{token.written}': a subtraction"
        if token.means(Meaning.INVERSION) and (token.text != "inv" or _inverts(tokens, at)):
            return f"'{token.written}': one inversion of MP2RAGE"
        if token.means(Meaning.FAT_IMAGE) and any(t.means(Meaning.DIXON) for t in tokens):
            return f"'{token.written}': fat, or water against fat"
        if token.means(Meaning.IMAGES) and at and tokens[at - 1].means(Meaning.T1) and _is_mp2rage(tokens):
            return f"'{token.written}': a map of MP2RAGE"
    gradient = "" if "T1" in weightings or not weightings else _gradient_echo(tokens)
    if gradient:
        return gradient
    density = next((t.written for t in tokens if t.means(Meaning.PROTON_DENSITY)), "")
    if density and not weightings:
        return f"'{density}': weighted by proton density"
    return ""


def _gradient_echo(tokens: Sequence[Token]) -> str:
    word = next((token.written for token in tokens if token.means(Meaning.GRADIENT_ECHO)), "")
    return f"'{word}': a gradient echo weighted by T2*" if word else ""


def _is_subject(tokens: Sequence[Token], at: int) -> bool:
    """ "sub-01", "sub_CON12": what follows is a name rather than a word of ours."""
    if at + 1 == len(tokens):
        return False
    follower = tokens[at + 1]
    if at:
        return tokens[at].whole and follower.text.isdigit()
    has_number = any(c.isdigit() for c in follower.text) and follower.means(Meaning.NEUTRAL)
    return has_number or not follower.known


def _inverts(tokens: Sequence[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].text in ("1", "2") and _is_mp2rage(tokens)


def _is_mp2rage(tokens: Sequence[Token]) -> bool:
    return any(token.text.startswith("mp2rage") for token in tokens)
