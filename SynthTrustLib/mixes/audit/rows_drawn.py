"""Constraint: are the labels what a segmenter that ships draws on these images, as those of real patients are?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import mannwhitneyu

from SynthTrustLib.calibration.evaluate.intervals import figure
from SynthTrustLib.mixes.audit.case_measures import CaseMeasures
from SynthTrustLib.mixes.audit.draw import SEGMENTER
from SynthTrustLib.mixes.audit.rows import ALARM, measured, unknown
from SynthTrustLib.mixes.audit.set_audit import AuditRow, Section

Cases = Sequence[CaseMeasures]

LESS_DICE = 0.1
"""By so much the median Dice must lie below that of real cases to be an alarm, beyond chance."""

FARTHER = 2.0
"""Voxels of 1 mm by which the median distance to the best place must exceed that of real cases, beyond chance."""

_DICE, _OFFSET = "labels a segmenter would draw", "labels where a segmenter would draw them"


def drawn_rows(synthetic: Cases, real: Cases, random: np.random.Generator, draws: int) -> list[AuditRow]:
    """How much of a label the segmenter draws, and how far it would have to be moved to fit what it draws."""
    dice = _row("labels_drawn", _DICE, "Dice with the whole tumor", lambda case: case.drawn_dice, -1, LESS_DICE,
                synthetic, real, random, draws)  # fmt: skip
    offset = _row("labels_shifted", _OFFSET, "millimetres to where the label would fit best",
                  lambda case: case.drawn_offset, 1, FARTHER, synthetic, real, random, draws)  # fmt: skip
    return [dice, offset]


def _row(
    name: str,
    title: str,
    words: str,
    value: Callable[[CaseMeasures], float],
    worse: int,
    least: float,
    synthetic: Cases,
    real: Cases,
    random: np.random.Generator,
    draws: int,
) -> AuditRow:
    """`worse` is 1 where higher values are, -1 where lower ones; `least` is how much worse the median must be."""
    asked = [(case.id, value(case)) for case in synthetic if np.isfinite(value(case))]
    if not asked:
        why = "no labels" if not any(case.labelled for case in synthetic) else f"the {SEGMENTER} has drawn none"
        return unknown(Section.CONSTRAINT, name, title, why)
    made = np.array([one for _, one in asked])
    true = np.array([value(case) for case in real if np.isfinite(value(case))])
    median = float(np.median(made))
    text = f"{words}, drawn by the {SEGMENTER}, in the median"
    if not true.size:
        return measured(Section.CONSTRAINT, name, title, f"{text}; no real case has a label to compare with",
                        figure=_median(made, random, draws))  # fmt: skip
    usual, ends = float(np.median(true)), (float(true.min()), float(true.max()))
    p = float(mannwhitneyu(worse * made, worse * true, alternative="greater").pvalue)
    far = [identifier for identifier, one in asked if worse * (one - ends[worse > 0]) > least]
    return measured(
        Section.CONSTRAINT,
        name,
        title,
        f"{text}; {usual:.2g} on real cases, of which some may have trained it. {len(far)} of {len(made)} cases are "
        f"clearly worse than every real one ({ends[0]:.2g} to {ends[1]:.2g})",
        figure=_median(made, random, draws),
        p=p,
        alarm=p <= ALARM and worse * (median - usual) >= least,
        cases=far,
    )


def _median(values: np.ndarray, random: np.random.Generator, draws: int) -> dict:
    drawn = np.median(values[random.integers(values.size, size=(draws, values.size))], axis=1)
    return figure(float(np.median(values)), drawn, values.size)
