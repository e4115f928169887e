"""What the words and the header of a series speak for, as evidence that can be weighed beside what its image shows.

Words and times can be wrong together, where a protocol was begun and another one measured; so they count far less than
how rarely either is wrong.
"""

from __future__ import annotations

from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE, weighting_measured
from SynthTrustLib.case.dicom.frame import SeriesAttributes
from SynthTrustLib.case.recognize.words.agent import AgentSaid
from SynthTrustLib.case.recognize.words.lexicon import understand
from SynthTrustLib.case.recognize.words.reading import STRANGE, read_words
from SynthTrustLib.vocabulary import Contrast

WORDS, TIMING, AGENT, SILENCE = 1.0, 1.0, 2.2, 1.0
"""By how much (natural logarithm) a contrast is likelier whose weighting the words say, whose weighting the times are
of, which has of contrast agent what words or header say, and a T1 than a T1c where neither says a thing of it: scanners
often leave out the entry, and a T1c that is taken for a T1 is the worse mistake."""

_HALF = 0.5
"""Of words that are not sure."""


def evidence_of(attributes: SeriesAttributes) -> dict[str, float]:
    """Natural logarithm of how much likelier this header is of each contrast than of any other image, 0 or more."""
    words = read_words(understand(attributes.text))
    if words.mask or words.other:
        return {}
    measured, _ = weighting_measured(attributes)
    if measured == "other":
        return {}
    found = dict.fromkeys(map(str, Contrast), 0.0)
    for contrast in Contrast:
        weighting = "T1" if contrast is Contrast.T1C else str(contrast)
        if weighting in words.weightings[:1] and words.confidence >= LOW_CONFIDENCE:
            found[contrast] += WORDS if words.confidence > STRANGE else _HALF * WORDS
        if weighting == measured:
            found[contrast] += TIMING
    if found[Contrast.T1]:
        enhanced = _enhanced(attributes.agent, words.agent)
        if enhanced is not None:
            found[Contrast.T1C if enhanced else Contrast.T1] += AGENT
        elif attributes.agent is None and not words.agent.phrases:
            found[Contrast.T1] += SILENCE
    return found


def _enhanced(header: bool | None, said: AgentSaid) -> bool | None:
    """Whether agent was given by what header and words say; None where they say nothing or contradict each other."""
    if bool(said.given) != bool(said.without):
        given = bool(said.given)
        return given if header in (None, given) else None
    return header
