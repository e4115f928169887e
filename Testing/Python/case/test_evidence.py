"""What words and header speak for is weighed beside the image: it clears a doubt, and never a plain contradiction."""

from __future__ import annotations

import numpy as np
import pytest

from SynthTrustLib.case.dicom.evidence import AGENT, SILENCE, TIMING, WORDS, evidence_of
from SynthTrustLib.case.dicom.frame import SeriesAttributes
from SynthTrustLib.case.recognize.second_look import KINDS, Judge, load_judge
from SynthTrustLib.vocabulary import Contrast

FLAIR, T1, T1C, T2 = Contrast.FLAIR, Contrast.T1, Contrast.T1C, Contrast.T2
SE = frozenset({"SE"})


def header(text: str, tr: float | None = None, te: float | None = None, **more) -> dict[str, float]:
    return evidence_of(SeriesAttributes(text, scanning_sequence=SE, repetition_time=tr, echo_time=te, **more))


@pytest.mark.parametrize(
    ("told", "contrast", "least"),
    [
        (header("t2 tse tra", 4000, 100), T2, WORDS + TIMING),
        (header("t1 se tra KM", 500, 12), T1C, AGENT),
        (header("t1 se tra", 500, 12, agent=True), T1C, AGENT),
        (header("t1 se tra nativ", 500, 12), T1, AGENT),
        (header("T1/SE/extrp CLEAR", 450, 10), T1, SILENCE),
        (header("flair tra"), FLAIR, WORDS),
        (header("", 500, 12, agent=False), T1, AGENT),
    ],
)
def test_words_times_and_agent_speak_for_a_contrast_by_as_much_as_they_say(told, contrast, least):
    others = [value for other, value in told.items() if other != contrast]
    assert told[contrast] >= max(others) + least - 1e-9


@pytest.mark.parametrize(
    "told",
    [
        header("t1 se tra mit/ohne KM", 500, 12),
        header("t1 se tra ohne KM", 500, 12, agent=True),
        header("t1 mit KM ohne KM", 500, 12),
    ],
)
def test_what_contradicts_itself_about_the_agent_says_nothing_of_it(told):
    assert told[T1] == told[T1C] > 0


def test_words_that_are_not_explained_count_half_and_other_kinds_speak_for_none():
    assert header("t2 zzyzx")[T2] == WORDS / 2 and header("scan 3") == dict.fromkeys(Contrast, 0.0)
    assert header("T1 map", 500, 12) == header("", 3000, 15) == {}


def judge_torn(gain: float) -> Judge:
    """A judge to whom any image is T1c by `gain` rather than T1, and nothing else."""
    scores = np.full(len(KINDS), -9.0)
    scores[[KINDS.index(T1), KINDS.index(T1C)]] = -gain, 0.0
    network = {"mean": np.zeros(1), "scale": np.ones(1), "inner": np.zeros((1, 1)), "inner_bias": np.zeros(1)}
    network |= {"outer": np.zeros((1, len(KINDS))), "outer_bias": scores}
    return Judge([network], load_judge().orders, [(0.5, 0.5)] * len(Contrast))


def test_a_header_clears_a_doubt_and_no_plain_contradiction():
    image, told = {T1: np.zeros(1)}, {T1: header("t1 se tra nativ", 500, 12)}
    assert judge_torn(1.2).suspects(image, {}) == {T1: T1C}
    assert judge_torn(1.2).suspects(image, {}, told) == {}
    assert judge_torn(9.0).suspects(image, {}, told) == {T1: T1C}


def test_what_is_given_as_another_contrast_than_its_header_says_is_asked_about():
    told = {T1: header("t2 tse tra", 4000, 100)}
    assert judge_torn(-1.0).suspects({T1: np.zeros(1)}, {}) == {}
    assert judge_torn(-1.0).suspects({T1: np.zeros(1)}, {}, {T1: header("t1 tra KM", 500, 12)}) == {T1: T1C}
    assert judge_torn(-1.0).suspects({T1: np.zeros(1)}, {}, told) == {}  # the image says that it is no T2
