"""Which contrast a DICOM series is, from how it was measured and what it was called; with the reason and a confidence.

Two witnesses are heard. The *timing* (echo, repetition and inversion time, kind of sequence) follows from physics and
cannot be misspelt. The *words* (description and protocol, in the spellings of several makers and languages) also know
of contrast agent that nobody entered into its own field. Where both agree the answer is nearly certain.
"""

from __future__ import annotations

from dataclasses import dataclass

from SynthTrustLib.case.dicom.frame import SeriesAttributes
from SynthTrustLib.case.recognize.words.agent import AGENT_CONTRADICTED, AgentSaid
from SynthTrustLib.case.recognize.words.lexicon import understand
from SynthTrustLib.case.recognize.words.reading import OPEN, WordReading, contrasts_said, read_words
from SynthTrustLib.vocabulary import Contrast

LOW_CONFIDENCE = 0.7
"""Below this the answer is shown as one to check."""

AGREED, TIMING_ONLY, WORDS_ONLY, CONTRADICTED = 0.98, 0.85, 0.8, 0.5
"""Confidence where both witnesses agree, where only one knows, and where they contradict each other (words win)."""

AGENT_UNKNOWN = 0.9
"""Factor for a T1 of which nothing says whether contrast agent was given before it."""

_DERIVED_KINDS = {
    "ADC", "FA", "TRACEW", "TRACE", "CBV", "RCBV", "CBF", "RCBF", "MTT", "TTP", "TMAX", "PERFUSION", "DIFFUSION",
    "PROJECTION IMAGE", "MIN_IP", "MIP", "MINIP", "SUB", "SUBTRACTION", "T2_STAR", "LOCALIZER", "SCREEN SAVE", "SWI",
    "VELOCITY", "PHASE", "P", "PHASE MAP", "I", "IMAGINARY", "B0_MAP", "ASL", "FMRI", "BOLD", "TOF", "SPECTRO",
}  # fmt: skip


@dataclass(frozen=True)
class ContrastOpinion:
    """Which contrast a series is thought to be."""

    contrast: Contrast | None
    """None where it is another kind of image, or nothing tells."""
    confidence: float
    """0..1; of the contrast, 0 where there is none."""
    reason: str
    """In words for the user: times and words of our own lists only, nothing else of the header."""
    possible: tuple[Contrast, ...] = ()
    """All contrasts that this leaves open, the likeliest first; where the image decides, more than one."""


def judge_attributes(attributes: SeriesAttributes) -> ContrastOpinion:
    """Weigh what the timing and the words of a series say."""
    words = read_words(understand(attributes.text))
    measured, timing = weighting_measured(attributes)
    other = _other_kind(attributes, words) or ("" if measured else _in_description(words.gradient_echo))
    if other:
        return ContrastOpinion(None, 0.0, other)
    weightings, said_words, sure = words.weightings, words.said, words.confidence
    if not weightings:
        of_sequence = read_words(understand(attributes.sequence_name))
        weightings, said_words, sure = of_sequence.weightings, of_sequence.said, of_sequence.confidence
    if measured == "other":
        return ContrastOpinion(None, 0.0, timing)
    if sure == 0.0:  # it names several: the timing decides
        weightings = ()
    quoted = f"'{' '.join(said_words)}' in its description"
    timing_text = f"; {timing}" if timing else ""
    if said_words and _only_flair_has(attributes):
        reason = f"{quoted}{timing_text}, as only FLAIR has"
        return ContrastOpinion(Contrast.FLAIR, AGREED, reason, (Contrast.FLAIR,))
    if not weightings and measured is None:
        return ContrastOpinion(None, 0.0, "neither its timing nor its description says a contrast")
    if not weightings:
        weightings, confidence, reason = (str(measured),), TIMING_ONLY, timing
    elif measured is None:
        confidence, reason = min(WORDS_ONLY, sure), f"{quoted}{timing_text}"
    elif measured in weightings:
        weightings, confidence, reason = (measured,), AGREED, f"{quoted}{timing_text}"
    else:
        confidence, reason = CONTRADICTED, f"{quoted}{timing_text}, as {measured} has"
    if words.single_shot:
        confidence = min(confidence, OPEN)
    if weightings[0] != "T1":
        contrast = Contrast.T2 if weightings[0] == "T2" else Contrast.FLAIR
        return ContrastOpinion(contrast, round(confidence, 3), reason, (contrast,))
    enhanced, agent_reason, agent_factor = _agent(attributes.agent, words.agent)
    contrast = Contrast.T1C if enhanced else Contrast.T1
    possible = [contrast]
    if agent_factor < AGENT_UNKNOWN:
        possible.append(Contrast.T1 if enhanced else Contrast.T1C)
    elif words.may_be_enhanced and attributes.agent is None:
        possible.append(Contrast.T1C)
    possible += [Contrast.FLAIR] if "FLAIR" in weightings[1:] else []
    return ContrastOpinion(contrast, round(confidence * agent_factor, 3), f"{reason}; {agent_reason}", tuple(possible))


def resembles(attributes: SeriesAttributes) -> frozenset[Contrast]:
    """The contrasts that a series may be after all: what a person would look at who misses one of them.

    A subtraction "t1 km sub" is like T1c; a series of which nothing tells is like each.
    """
    opinion = judge_attributes(attributes)
    if opinion.contrast is not None:
        return frozenset({opinion.contrast})
    words = read_words(understand(attributes.text))
    if words.weightings:
        return frozenset(contrasts_said(words)[0])
    is_other = _other_kind(attributes, words) or words.gradient_echo or weighting_measured(attributes)[0] == "other"
    return frozenset() if is_other else frozenset(Contrast)


def _other_kind(attributes: SeriesAttributes, words: WordReading) -> str:
    if attributes.diffusion:
        return "a diffusion series"
    kinds = set(attributes.image_type) & _DERIVED_KINDS
    if kinds:
        return f"its type says {min(kinds)}: another kind of image"
    if "EP" in attributes.scanning_sequence:
        return "an echo-planar series (diffusion, perfusion or function)"
    if words.mask:
        return f"'{words.mask[0]}' in its description: a mask"
    return _in_description(words.other)


def _in_description(reason: str) -> str:
    return reason.replace(": ", " in its description: ", 1)


def _only_flair_has(attributes: SeriesAttributes) -> bool:
    """Whether the times are those of no other sequence, whatever its words say: fluid is dark, and it is seen late.

    MPRAGE, MP2RAGE and T1 FLAIR are seen early; STIR is inverted for a short time.
    """
    tr, te, ti = attributes.repetition_time or 0.0, attributes.echo_time or 0.0, attributes.inversion_time or 0.0
    return 1400 <= ti <= 3500 and te >= 60 and tr >= 1.5 * ti and "GR" not in attributes.scanning_sequence


def weighting_measured(attributes: SeriesAttributes) -> tuple[str | None, str]:
    """T1, T2, FLAIR, ``"other"`` or nothing, from the times (ms) and the kind of sequence; and the times in words."""
    tr, te, ti = attributes.repetition_time, attributes.echo_time, attributes.inversion_time
    kinds = attributes.scanning_sequence
    if te is None or tr is None:
        return None, ""
    text = f"TR {tr:.0f}, TE {te:.3g}" + (f", TI {ti:.0f}" if ti else "") + " ms"
    if ti and ti >= 1400 and te >= 60:
        return "FLAIR", text
    if ti and ti < 350 and te >= 8 and tr > 1500 and "GR" not in kinds:
        return "other", f"{text}: fat is suppressed by inversion (STIR)"
    if "GR" in kinds and "SE" not in kinds:
        if te >= 12:
            return "other", f"{text}: a gradient echo weighted by T2*"
        return "T1", text
    if te < 40 and (tr < 1300 or (ti and 300 <= ti < 1400)):
        return "T1", text
    if te < 40 and tr >= 1300 and ("SE" in kinds or kinds == {"RM"}):
        return ("T1", text) if ti else ("other", f"{text}: weighted by proton density")
    if te < 12 and tr < 3500 and "IR" in kinds:
        return "T1", text
    if te >= 60 and tr >= 1800:
        if "IR" in kinds and not ti:
            return "FLAIR", text
        return "T2", text
    return None, text


def _agent(header: bool | None, said: AgentSaid) -> tuple[bool, str, float]:
    """Whether contrast agent was given, why that is thought, and the factor of the confidence for it."""
    if said.given and said.without:
        reason = f"'{said.given[0]}' in its description speaks for contrast agent, '{said.without[0]}' against it"
        return header is not False, reason, AGENT_CONTRADICTED
    if said.given or said.without:
        given = bool(said.given)
        phrase = (said.given or said.without)[0]
        reason = f"'{phrase}' in its description: {'with' if given else 'no'} contrast agent"
        if header is None or header is given:
            return given, reason, 1.0
        return given, f"{reason}, against its header", AGENT_CONTRADICTED
    if header is not None:
        told = "names a contrast agent" if header else "says that no contrast agent was given"
        return header, f"its header {told}", 1.0
    if said.doubtful:
        return not said.leans_against, "its description may speak for contrast agent or against it", OPEN
    if said.both:
        return False, f"'{said.both[0]}' in its description: with and without contrast agent", AGENT_CONTRADICTED
    return False, "nothing speaks of contrast agent", AGENT_UNKNOWN
