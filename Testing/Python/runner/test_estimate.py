"""What a run will take, learned from those before."""

from __future__ import annotations

import pytest

from SynthTrustLib.runner.process.estimate import Measured, estimate_seconds, recall, remember


def history(*runs: Measured) -> list[Measured]:
    text = ""
    for run in runs:
        text = remember(text, run)
    return recall(text)


def test_the_time_grows_with_voxels_and_segmenters():
    known = history(Measured(1000, 3, 20.0, 30.0))
    assert estimate_seconds(known, 1000, 3) == pytest.approx(20.0)
    assert estimate_seconds(known, 2000, 3) == pytest.approx(40.0)
    assert estimate_seconds(known, 1000, 7) == pytest.approx(40.0)
    assert estimate_seconds(known, 1000, 0) is None and estimate_seconds([], 1000, 3) is None


def test_nothing_is_learned_from_how_long_a_run_took_while_the_computer_was_busy():
    quiet = Measured(1000, 3, 20.0, 30.0)
    busy = Measured(1000, 3, 110.0, 31.0)
    for runs in ((quiet, busy, busy, busy), (busy, busy, quiet)):
        assert estimate_seconds(history(*runs), 1000, 3) == pytest.approx(20.0, rel=0.1)


def test_a_slower_processor_is_learned():
    quick, slow = Measured(1000, 3, 20.0, 30.0), Measured(1000, 3, 60.0, 90.0)
    assert estimate_seconds(history(quick, slow, slow), 1000, 3) == pytest.approx(60.0)


@pytest.mark.parametrize(
    "text", ["", "{", "[[1, 2, 3.0]]", "[1]", '{"a": 1}', "[[0, 2, 3.0, 4.0]]", "[[5, 2, 3.0, 0]]"]
)
def test_what_cannot_be_learned_from_is_no_history(text):
    assert recall(text) == []
