"""Constraint: are the labels what a segmenter that ships draws on these images, as those of real patients are?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import mannwhitneyu

from SynthTrustLib.calibration.evaluate.intervals import figure
from SynthTrustLib.mixes.audit.case_measures import CaseMeasures
from SynthTrustLib.mixes.audit.draw import SEGMENTER
from SynthTrustLib.mixes.audit.rows import ALARM, measured, unknown
from SynthTrustLib.mixes.audit.set_audit import AuditRow, Section

Cases = Sequence[CaseMeasures]


@dataclass(frozen=True)
class _Fit:
    """One way to say how well a label fits what the segmenter draws."""

    name: str
    title: str
    words: str
    value: Callable[[CaseMeasures], float]
    worse: int  # 1 where higher values are worse, -1 where lower ones are
    least: float  # by so much the median must be worse than that of real cases to be an alarm, beyond chance


_FITS = (
    _Fit("labels_drawn", "labels a segmenter would draw", "Dice with the whole tumor",
         lambda case: case.drawn_dice, -1, least=0.1),
    _Fit("labels_shifted", "labels where a segmenter would draw them", "millimetres to where the label would fit best",
         lambda case: case.drawn_offset, 1, least=2.0),
)  # fmt: skip


def drawn_rows(synthetic: Cases, real: Cases, random: np.random.Generator, draws: int) -> list[AuditRow]:
    """How much of a label the segmenter draws, and how far it would have to be moved to fit what it draws."""
    return [_row(fit, synthetic, real, random, draws) for fit in _FITS]


def _row(fit: _Fit, synthetic: Cases, real: Cases, random: np.random.Generator, draws: int) -> AuditRow:
    asked = [(case.id, fit.value(case)) for case in synthetic if np.isfinite(fit.value(case))]
    if not asked:
        why = "no labels" if not any(case.labelled for case in synthetic) else f"the {SEGMENTER} has drawn none"
        return unknown(Section.CONSTRAINT, fit.name, fit.title, why)
    made = np.array([one for _, one in asked])
    true = np.array([fit.value(case) for case in real if np.isfinite(fit.value(case))])
    median = float(np.median(made))
    text = f"{fit.words}, drawn by the {SEGMENTER}, in the median"
    if not true.size:
        return measured(Section.CONSTRAINT, fit.name, fit.title, f"{text}; no real case has a label to compare with",
                        figure=_median(made, random, draws))  # fmt: skip
    usual, ends = float(np.median(true)), (float(true.min()), float(true.max()))
    p = float(mannwhitneyu(fit.worse * made, fit.worse * true, alternative="greater").pvalue)
    far = [identifier for identifier, one in asked if fit.worse * (one - ends[fit.worse > 0]) > fit.least]
    return measured(
        Section.CONSTRAINT,
        fit.name,
        fit.title,
        f"{text}; {usual:.2g} on real cases, of which some may have trained it. {len(far)} of {len(made)} cases are "
        f"clearly worse than every real one ({ends[0]:.2g} to {ends[1]:.2g})",
        figure=_median(made, random, draws),
        p=p,
        alarm=p <= ALARM and fit.worse * (median - usual) >= fit.least,
        cases=far,
    )


def _median(values: np.ndarray, random: np.random.Generator, draws: int) -> dict:
    drawn = np.median(values[random.integers(values.size, size=(draws, values.size))], axis=1)
    return figure(float(np.median(values)), drawn, values.size)
