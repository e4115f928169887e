"""Which contrast a DICOM series is, from how it was measured and what it was called; with the reason and a confidence.

Two witnesses are heard. The *timing* (echo, repetition and inversion time, kind of sequence) follows from physics and
cannot be misspelt. The *words* (description and protocol, in the spellings of several makers and languages) also know
of contrast agent that nobody entered into its own field. Where both agree the answer is nearly certain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from SynthTrustLib.case.contrast_agent import AGENT_CONTRADICTED, agent_said, plain_words
from SynthTrustLib.case.dicom_frame import SeriesAttributes
from SynthTrustLib.vocabulary import Contrast

LOW_CONFIDENCE = 0.7
"""Below this the answer is shown as one to check."""

AGREED, TIMING_ONLY, WORDS_ONLY, CONTRADICTED = 0.98, 0.85, 0.8, 0.5
"""Confidence where both witnesses agree, where only one knows, and where they contradict each other (words win)."""

AGENT_UNKNOWN = 0.9
"""Factor for a T1 of which nothing says whether contrast agent was given before it."""

_FLAIR = re.compile(r"\w*flair\w*|darkfluid|tirm\w*")
_T1 = re.compile(
    r"s?t1\w{0,3}|[fi]?t1(w|se|tse|tfe|ffe|mpr|mprage|vibe|space|fl2d|fl3d|cube|fse|gre|spgr|3d|2d)\w*|mp2?rage\w*|"
    r"\w*spgr|bravo|tfl3d\w*|vibe\w*|thrive|lava\w*|3dt1\w*|fl3d\w*|fl2d\w*|3dtfe|(gd|ce)t1\w*|"
    r"t1w?(c\+|\+(c|ce|gd|gad\w*|km|fs)?)"
)
_T2 = re.compile(
    r"s?t2\w{0,3}|t2(w|se|tse|fse|blade|space|propeller|drive|cube|vista|frfse|3d|2d|tra|ax)\w*|3dt2\w*|frfse\w*"
)
_OTHER = re.compile(
    r"adc|e?dwi\w*|dti|diff\w*|tensor|trace\w*|fa|b1000|b0|swi|swan|venbold|minip|mip|t2star|t2s|hemo|haemo|medic|"
    r"perf\w*|dsc|dce|asl|cbf|r?cbv|mtt|ttp|tmax|bold|fmri|ep2d\w*|epi|tof\w*|mra|angio\w*|pca?|phase\w*|svs|csi|"
    r"mrs|spectro\w*|loc|localizer\w*|localiser\w*|localizador|reperage|scout|survey|topo\w*|haste\w*|ssfse|stir|"
    r"roi|screen\w*|report|ciss|fiesta|calibration|asset|mtc?|qsm|map|maps|mapping|t1rho|subtr\w*|sub|"
    r"fieldmap|b1map|orbit\w*|neck|spine|hals|wirbel\w*|rachis|colonna"
)
_PROTON_DENSITY = re.compile(r"pd\w{0,3}|dp")
_DERIVED_KINDS = {
    "ADC", "FA", "TRACEW", "TRACE", "CBV", "RCBV", "CBF", "RCBF", "MTT", "TTP", "TMAX", "PERFUSION", "DIFFUSION",
    "PROJECTION IMAGE", "MIN_IP", "MIP", "MINIP", "SUB", "SUBTRACTION", "T2_STAR", "LOCALIZER", "SCREEN SAVE", "SWI",
    "VELOCITY", "PHASE", "P", "PHASE MAP", "I", "IMAGINARY", "B0_MAP", "ASL", "FMRI", "BOLD", "TOF", "SPECTRO",
}  # fmt: skip


@dataclass(frozen=True)
class ContrastOpinion:
    """Which contrast a series is thought to be.

    Attributes
    ----------
    contrast : Contrast or None
        None where it is another kind of image, or nothing tells.
    confidence : float
        0..1; of the contrast, 0 where there is none.
    reason : str
        In words for the user: times and words of our own lists only, nothing else of the header.
    """

    contrast: Contrast | None
    confidence: float
    reason: str


def judge_attributes(attributes: SeriesAttributes) -> ContrastOpinion:
    """Weigh what the timing and the words of a series say."""
    words, sequence_words = plain_words(attributes.text), plain_words(attributes.sequence_name)
    other = _other_kind(attributes, words)
    if other:
        return ContrastOpinion(None, 0.0, other)
    said, said_words = _weighting_said(words)
    if said is None and not said_words:
        said, said_words = _weighting_said(sequence_words)
    measured, timing = _weighting_measured(attributes)
    if measured == "other":
        return ContrastOpinion(None, 0.0, timing)
    enhanced, agent_reason, agent_factor = _agent(attributes.agent, words)
    timing_text = f"; {timing}" if timing else ""
    quoted = f"'{' '.join(said_words)}' in its description"
    if said_words and _only_flair_has(attributes):
        return ContrastOpinion(Contrast.FLAIR, AGREED, f"{quoted}{timing_text}, as only FLAIR has")
    if said is None and measured is None:
        return ContrastOpinion(None, 0.0, "neither its timing nor its description says a contrast")
    if said is not None and measured is not None:
        confidence = AGREED if said == measured else CONTRADICTED
        reason = f"{quoted}{timing_text}" + ("" if said == measured else f", as {measured} has")
    elif said is not None:
        confidence, reason = WORDS_ONLY, f"{quoted}{timing_text}"
    else:
        confidence, reason = TIMING_ONLY, timing
    weighting = said or measured
    if weighting == "T1":
        contrast = Contrast.T1C if enhanced else Contrast.T1
        reason += f"; {agent_reason}"
        confidence *= agent_factor
    else:
        contrast = Contrast.T2 if weighting == "T2" else Contrast.FLAIR
    return ContrastOpinion(contrast, round(confidence, 3), reason)


def resembles(attributes: SeriesAttributes) -> frozenset[Contrast]:
    """The contrasts that a series may be after all: what a person would look at who misses one of them.

    A subtraction "t1 km sub" is like T1c; a series of which nothing tells is like each.
    """
    opinion = judge_attributes(attributes)
    if opinion.contrast is not None:
        return frozenset({opinion.contrast})
    words = plain_words(attributes.text)
    said = _weighting_said(words)[1]
    if not said:
        is_other = _other_kind(attributes, words) or _weighting_measured(attributes)[0] == "other"
        return frozenset() if is_other else frozenset(Contrast)
    t1 = Contrast.T1C if _agent(attributes.agent, words)[0] else Contrast.T1
    likely = {t1: _T1, Contrast.T2: _T2, Contrast.FLAIR: _FLAIR}
    return frozenset(contrast for contrast, words_of_it in likely.items() if any(map(words_of_it.fullmatch, said)))


def _other_kind(attributes: SeriesAttributes, words: list[str]) -> str:
    if attributes.diffusion:
        return "a diffusion series"
    kinds = set(attributes.image_type) & _DERIVED_KINDS
    if kinds:
        return f"its type says {min(kinds)}: another kind of image"
    if "EP" in attributes.scanning_sequence:
        return "an echo-planar series (diffusion, perfusion or function)"
    found = next((word for word in words if _OTHER.fullmatch(word)), None)
    if found is None and not any(_T2.fullmatch(word) for word in words):  # dual echo: the time of each echo tells
        found = next((word for word in words if _PROTON_DENSITY.fullmatch(word)), None)
    return f"'{found}' in its description: another kind of image" if found else ""


def _weighting_said(words: Sequence[str]) -> tuple[str | None, list[str]]:
    flair = [word for word in words if _FLAIR.fullmatch(word)]
    t1 = [word for word in words if _T1.fullmatch(word)]
    t2 = [word for word in words if _T2.fullmatch(word) and word not in flair]
    if t1 and t2:
        return None, [*t1, *t2]
    if t1:  # "T1 FLAIR" is a T1-weighted sequence of one maker
        return "T1", list(dict.fromkeys([*t1, *flair]))
    if flair:
        return "FLAIR", list(dict.fromkeys([*t2, *flair]))
    return ("T2", list(dict.fromkeys(t2))) if t2 else (None, [])


def _only_flair_has(attributes: SeriesAttributes) -> bool:
    """Whether the times are those of no other sequence, whatever its words say: fluid is dark, and it is seen late.

    MPRAGE, MP2RAGE and T1 FLAIR are seen early; STIR is inverted for a short time.
    """
    tr, te, ti = attributes.repetition_time or 0.0, attributes.echo_time or 0.0, attributes.inversion_time or 0.0
    return 1400 <= ti <= 3500 and te >= 60 and tr >= 1.5 * ti and "GR" not in attributes.scanning_sequence


def _weighting_measured(attributes: SeriesAttributes) -> tuple[str | None, str]:
    """T1, T2, FLAIR, ``"other"`` or nothing, from the times (ms) and the kind of sequence."""
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


def _agent(header: bool | None, words: list[str]) -> tuple[bool, str, float]:
    """Whether contrast agent was given, why that is thought, and the factor of the confidence for it."""
    said = agent_said(words)
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
    if said.both:
        return False, f"'{said.both[0]}' in its description: with and without contrast agent", AGENT_CONTRADICTED
    return False, "nothing speaks of contrast agent", AGENT_UNKNOWN
