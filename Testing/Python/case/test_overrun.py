"""Numbers that ran over the 8 bits they were stored in are a concern, those that were cut off are none."""

from __future__ import annotations

import numpy as np
import pytest
from case_heads import make_head

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.preflight import check_overrun
from SynthTrustLib.vocabulary import Contrast


@pytest.fixture(scope="module")
def head() -> np.ndarray:
    """A head whose brightest tissue lies above what 8 bits hold."""
    return np.round(make_head((30, 72, 60), skull=False, level=220.0))


def test_numbers_that_ran_over_are_a_concern(head):
    (check,) = check_overrun(Contrast.FLAIR, (head % 256).astype(np.float32))
    assert check.key == "sign:FLAIR" and check.verdict is Verdict.CONCERN
    assert "8 bits" in check.text


STORED = {
    "in more bits": lambda values: values,
    "cut off": lambda values: np.minimum(values, 255),
    "as fractions": lambda values: values % 256 + 0.5,
}


@pytest.mark.parametrize("stored", STORED.values(), ids=STORED)
def test_numbers_that_were_cut_off_or_never_lay_in_8_bits_are_none(head, stored):
    assert list(check_overrun(Contrast.FLAIR, stored(head).astype(np.float32))) == []
