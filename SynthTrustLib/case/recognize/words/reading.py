"""Which contrast a name or description speaks of: its weighting, contrast agent, and other kinds of images under it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from SynthTrustLib.case.recognize.words.agent import AGENT_CONTRADICTED, AgentSaid, agent_said
from SynthTrustLib.case.recognize.words.explained import is_far, unexplained
from SynthTrustLib.case.recognize.words.lexicon import Token, texts
from SynthTrustLib.case.recognize.words.meaning import Meaning
from SynthTrustLib.case.recognize.words.registration import without_targets
from SynthTrustLib.vocabulary import Contrast

OPEN = 0.6
"""Confidence where the words leave two contrasts open: the header or the image decides."""

STRANGE = 0.85
"""Confidence where a word is not explained: it may say what kind of image it is, and header and image have to agree."""

_T1 = (Meaning.T1, Meaning.T1_SEQUENCE)
_FLAIR = (Meaning.FLAIR, Meaning.FLAIR_SEQUENCE)


@dataclass(frozen=True)
class WordReading:
    """What words say of an image."""

    weightings: tuple[str, ...]
    """``"T1"``, ``"T2"``, ``"FLAIR"``: the likeliest first, more than one where the words leave it open, none where
    they say nothing of it."""
    said: tuple[str, ...]
    """The words that say the weighting, as they were written."""
    agent: AgentSaid
    """What they say of contrast agent."""
    mask: tuple[str, ...] = ()
    """The words that make it a mask; `of_tumor` is False where another word says that it is none of a tumor."""
    of_tumor: bool = True
    other: str = ""
    """Why it is another kind of image, in words; empty where it is none."""
    single_shot: bool = False
    """Whether it is a T2 that was measured in one shot: blurred, and used only where there is no other."""
    gradient_echo: str = ""
    """Why it is one weighted by T2*, if its timing does not say otherwise; empty where it is none."""
    confidence: float = 1.0
    """0..1, of the first of `weightings`."""
    strange: tuple[str, ...] = ()
    """Words that nothing explains."""

    @property
    def may_be_enhanced(self) -> bool:
        """Whether it is a T1 with a word that may speak of contrast agent in a way that nobody thought of."""
        return "T1" in self.weightings[:1] and bool(self.strange) and not self.agent.phrases


def read_words(words: Sequence[Token], shared: Collection[str] = (), *, may_name: bool = False) -> WordReading:
    """What `words` say together.

    Those in `shared` tell nothing of the kind of image, as every file has them. `may_name`: a patient or site may be
    named before the contrast, as in files' names.
    """
    registered = without_targets(words)
    tokens = _without_negated(registered.tokens)
    own = [token for token in tokens if token.written not in shared]
    weightings, said, confidence = _weighting(tokens, own)
    if len(tokens) < len(registered.tokens):
        confidence = min(confidence, OPEN)
    if not registered.sure:
        weightings, confidence = (
            (*weightings, *_weighting(registered.targets, registered.targets)[0]),
            min(confidence, OPEN),
        )
    mask = texts(token for token in own if token.means(Meaning.MASK))
    not_tumor = texts(token for token in own if token.means(Meaning.NOT_TUMOR))
    if any(token.means(Meaning.SYNTHETIC, Meaning.BIAS) or token.near & _KINDS for token in own):
        confidence = min(confidence, OPEN)
    agent = agent_said(tokens, shared)
    if agent.phrases and len(texts(token for token in tokens if token.means(Meaning.T1))) > 1:
        confidence = min(confidence, OPEN)  # "T1c-T1" may be what one has more than the other
    names = _names(own) | {token for token in own if token.known and token.near} if weightings else set()
    beside_head = weightings and any(sense.kind == "the head" for token in own for sense in token.senses)
    far = {token for token in own if is_far(token)} if weightings else set()
    doubted = [
        t for t in own if (t in names | far and t.means(*_KINDS)) or (beside_head and t.means(Meaning.ELSEWHERE))
    ]
    if doubted:
        own, confidence = [token for token in own if token not in doubted], min(confidence, OPEN)
    strange = unexplained(tokens, said, agent.heard, shared, may_name=may_name)
    if strange:
        confidence = min(confidence, STRANGE)
    return WordReading(
        weightings=weightings,
        said=texts(said),
        agent=agent,
        mask=(not_tumor[:1] if mask and not_tumor else mask),
        of_tumor=not not_tumor,
        other="" if mask else _other_kind(own, weightings),
        single_shot=any(token.means(Meaning.SINGLE_SHOT) for token in own),
        gradient_echo="" if weightings else _gradient_echo(own),
        confidence=confidence,
        strange=texts(strange),
    )


def _without_negated(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`tokens` without a weighting that is denied beside one that is not: "T2 (not FLAIR)"."""
    denied = {at for at in range(1, len(tokens)) if _denies(tokens[at - 1]) and tokens[at].means(*_WEIGHTED)}
    left = tuple(token for at, token in enumerate(tokens) if not {at, at + 1} & denied)
    return left if any(token.means(*_WEIGHTED) for token in left) else tokens


def _denies(token: Token) -> bool:
    return token.means(Meaning.WITHOUT) and not token.means(Meaning.NEUTRAL) and len(token.text) > 1


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
        return (Contrast.T1C, Contrast.T1)
    if agent.is_open:
        return (Contrast.T1, Contrast.T1C) if agent.leans_against else (Contrast.T1C, Contrast.T1)
    return (Contrast.T1C,) if agent.given else (Contrast.T1,)


_KINDS = frozenset(
    {Meaning.OTHER, Meaning.MODALITY, Meaning.MASK, Meaning.ELSEWHERE, Meaning.SYNTHETIC, Meaning.BIAS, Meaning.DIXON}
)


def _names(tokens: Sequence[Token]) -> set[Token]:
    """Words for other kinds and parts of the body that are as likely a site's or a person's name: they stand before the
    contrast's word, at the beginning, with a number behind them or behind a name ("MD_Anderson_T1", "CT-0012_FLAIR",
    "Martin_Neck_T1").
    """
    first = next((at for at, t in enumerate(tokens) if t.means(*_WEIGHTED)), 0)
    return {
        token
        for at, token in enumerate(tokens[:first])
        if token.means(Meaning.OTHER, Meaning.MODALITY, Meaning.ELSEWHERE)
        and (
            (len(token.text) <= _SHORT and sum(c.isdigit() for c in tokens[at + 1].text) > 1)
            or (at == 0 and (len(token.text) < _SHORT or token.means(Meaning.ELSEWHERE)) and not tokens[1].known)
            or (at == 1 and token.means(Meaning.ELSEWHERE) and tokens[0].text.isalpha() and not tokens[0].known)
        )
    }


_SHORT = 3
_WEIGHTED = (*_T1, *_FLAIR, Meaning.T2)


def _weighting(tokens: Sequence[Token], own: Sequence[Token]) -> tuple[tuple[str, ...], list[Token], float]:
    """The weightings, the words for them, and how sure the first is; `own` are those that not every file has."""
    weightings, telling, confidence = _weighting_written(tokens)
    meant = [t for t in own if t.near & set(_WEIGHTED)]
    if not meant or "FLAIR" in weightings[:1]:
        return weightings, telling, confidence
    flair = [t for t in meant if t.near & set(_FLAIR)]
    if not weightings:
        return (("FLAIR",), flair, OPEN) if flair else (("T1",), meant, OPEN)
    if flair and confidence:
        also = ("FLAIR", *weightings) if weightings == ("T2",) else (*weightings, "FLAIR")
        return also, [*telling, *flair], min(confidence, OPEN)
    return weightings, telling, confidence


def _weighting_written(tokens: Sequence[Token]) -> tuple[tuple[str, ...], list[Token], float]:
    """The same from words as they are known."""
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
        # Without a weighting, what an inversion makes dark may be fat as well as fluid.
        return ("FLAIR",), telling, 1.0 if plain else OPEN
    inverted = [t for t in sequences if t.means(Meaning.FLAIR_SEQUENCE)]
    if t2 and inverted:  # fluid or fat may be what is dark
        return ("FLAIR", "T2"), sorted([*t2, *inverted], key=tokens.index), OPEN
    if t2:
        is_lesser = any(t.means(Meaning.PROTON_DENSITY, Meaning.SINGLE_SHOT) for t in tokens)  # dual echo, blurred
        return ("T2",), telling, OPEN if is_lesser else 1.0
    return (("T1",), telling, 1.0) if t1 else ((), [], 0.0)


def _other_kind(tokens: Sequence[Token], weightings: Sequence[str]) -> str:
    for at, token in enumerate(tokens):
        if (
            token.means(Meaning.BEFORE)
            and at + 1 < len(tokens)
            and tokens[at + 1].means(Meaning.AGENT, Meaning.BETWEEN)
        ):
            continue  # Czech "pred" is also short for a prediction
        if at + 1 < len(tokens) and tokens[at + 1].text.startswith(_MENDED) and _is_mendable(token):
            continue  # "B1 correction"
        if token.text == "fa" and at + 1 < len(tokens) and tokens[at + 1].text.isdigit():
            continue  # the flip angle
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
    single_shot = next((token.written for token in tokens if token.means(Meaning.SINGLE_SHOT)), "")
    if single_shot and "T2" not in weightings:
        return f"'{single_shot}': a single shot"
    elsewhere = next((token.written for token in tokens if token.means(Meaning.ELSEWHERE)), "")
    if elsewhere:
        return f"'{elsewhere}': another part of the body"
    inverted = next((t for t in tokens if t.means(Meaning.FLAIR_SEQUENCE)), None)
    fat = next((t for t in tokens if t.means(Meaning.THING) and t.text.startswith(_FAT)), None)
    if inverted and fat and "T1" not in weightings and not any(t.means(Meaning.FLAIR) for t in tokens):
        return f"'{inverted.written}' and '{fat.written}': fat is suppressed by inversion (STIR)"
    gradient = "" if "T1" in weightings or not weightings else _gradient_echo(tokens)
    if gradient:
        return gradient
    density = next((t.written for t in tokens if t.means(Meaning.PROTON_DENSITY)), "")
    if density and not weightings:
        return f"'{density}': weighted by proton density"
    return ""


_MENDED = ("corr", "filt", "redu", "remo", "free")
_FAT = ("fs", "fat", "fett", "gras", "gord", "sp", "sat")


def _is_mendable(token: Token) -> bool:
    return token.text == "phase" or any(
        sense.kind in ("a calibration", "a bias field", "a deformation") for sense in token.senses
    )


def _gradient_echo(tokens: Sequence[Token]) -> str:
    word = next((token.written for token in tokens if token.means(Meaning.GRADIENT_ECHO)), "")
    return f"'{word}': a gradient echo weighted by T2*" if word else ""


def _is_subject(tokens: Sequence[Token], at: int) -> bool:
    """ "sub-01", "sub_CON12": what follows is a name rather than a word of ours."""
    if at + 1 == len(tokens):
        return False
    follower = tokens[at + 1]
    if at:
        return tokens[at].whole and (follower.text.isdigit() or sum(c.isdigit() for c in follower.text) > 1)
    has_number = any(c.isdigit() for c in follower.text) and follower.means(Meaning.NEUTRAL)
    return has_number or not follower.known


def _inverts(tokens: Sequence[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].text in ("1", "2") and _is_mp2rage(tokens)


def _is_mp2rage(tokens: Sequence[Token]) -> bool:
    return any(token.text.startswith("mp2rage") for token in tokens)
