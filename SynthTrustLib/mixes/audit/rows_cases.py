"""Constraint, completeness and consistency: what every single case must fulfil, counted over both sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import fisher_exact, mannwhitneyu

from SynthTrustLib.calibration.evaluate.intervals import figure, resample_mean
from SynthTrustLib.mixes.audit.brain_features import BRAIN_FEATURES
from SynthTrustLib.mixes.audit.case_measures import NAMES, CaseMeasures
from SynthTrustLib.mixes.audit.contrast_order import wrong_contrasts
from SynthTrustLib.mixes.audit.plausible import RULES
from SynthTrustLib.mixes.audit.rows import (
    ALARM,
    FEWEST_REAL,
    counted,
    few_real,
    guessed_sizes,
    measured,
    share,
    unknown,
)
from SynthTrustLib.mixes.audit.rows_drawn import drawn_rows
from SynthTrustLib.mixes.audit.same_terms import OTHER_SIZE, PLACEHOLDER
from SynthTrustLib.mixes.audit.set_audit import NOT_SO, AuditRow, Section
from SynthTrustLib.vocabulary import Contrast, Status

Cases = Sequence[CaseMeasures]

NO_LABELS = "no labels"

FAR_OUT = 5.0
"""Robust standard deviations of the logarithm of the real cases' sizes from which a head's size is odd: so that one of
half the size is as odd as one of twice the size."""

_LEAST_SPREAD = (0.08, 0.03, 0.03, 0.03)
"""Of the logarithms of volume and lengths: few patients may be alike by chance. Of 30 patients they spread by 0.09 and
0.03 to 0.05."""

OFF_BY = 3.0
"""Voxels by which labels must fit better elsewhere, in the median and beyond the real ones, to be called shifted."""

_A_FEW = 2
"""Odd cases that may be among those of one program: one has lost a contrast, another its label."""

_SIZES = BRAIN_FEATURES[:4]


def case_rows(synthetic: Cases, real: Cases, random: np.random.Generator, draws: int) -> list[AuditRow]:
    """The rows of what is asked of every case."""
    return [
        *_rule_rows(synthetic, real),
        _order_of_parts(synthetic, real),
        _label_size(synthetic, real),
        _fit_row(synthetic, real, random, draws),
        *drawn_rows(synthetic, real, random, draws),
        _size_row(synthetic, real),
        _completeness(synthetic, real, random, draws),
        _kinds(synthetic, real),
        _contrasts(synthetic, real),
    ]


def _rule_rows(synthetic: Cases, real: Cases) -> list[AuditRow]:
    def rule(name: str) -> Callable[[CaseMeasures], bool | None]:
        return lambda case: case.rules[name]

    return [_counted(Section.CONSTRAINT, name, words, synthetic, real, rule(name)) for name, words in RULES.items()]


def _order_of_parts(synthetic: Cases, real: Cases) -> AuditRow:
    def nested(case: CaseMeasures) -> bool | None:
        return "outline_order" not in case.concerns if case.labelled else None

    return _counted(
        Section.CONSTRAINT,
        "nested",
        "the parts of the tumor lie in each other as in a glioma (no core around its edema)",
        synthetic,
        real,
        nested,
    )


def _label_size(synthetic: Cases, real: Cases) -> AuditRow:
    def fits(case: CaseMeasures) -> bool | None:
        return OTHER_SIZE not in case.done if case.labelled else None

    words = "labels are of the same size as their images"
    return _counted(Section.CONSTRAINT, "label_size", words, synthetic, real, fits, never_real=True)


def _counted(
    section: Section,
    name: str,
    words: str,
    synthetic: Cases,
    real: Cases,
    holds: Callable[[CaseMeasures], bool | None],
    *,
    never_real: bool = False,
) -> AuditRow:
    """How many cases break a rule; an alarm where more do than real ones by more than chance.

    With `never_real` real cases do not break it, so that a single one is an alarm.
    """
    made, true = ([(case.id, holds(case)) for case in cases] for cases in (synthetic, real))
    asked = [(identifier, answer) for identifier, answer in made if answer is not None]
    if not asked:
        why = NO_LABELS if not any(case.labelled for case in synthetic) else "no case has what it needs"
        return unknown(section, name, words, why)
    broken = [identifier for identifier, answer in asked if not answer]
    others = [answer for _, answer in true if answer is not None]
    table = [[len(broken), len(asked) - len(broken)], [others.count(False), others.count(True)]]
    p = float(fisher_exact(table, alternative="greater").pvalue) if others else None
    text = f"{NOT_SO} {share(len(broken), len(asked))} synthetic cases"
    return measured(
        section,
        name,
        words,
        f"{text}, and in {share(others.count(False), len(others))} real ones" if others else text,
        figure=counted([not answer for _, answer in asked]),
        p=p,
        alarm=len(broken) * len(others) > others.count(False) * len(asked) if never_real else None,
        cases=broken,
    )


def _fit_row(synthetic: Cases, real: Cases, random: np.random.Generator, draws: int) -> AuditRow:
    title = "labels fit their images"
    offsets = [(case.id, case.offset) for case in synthetic if np.isfinite(case.offset)]
    if not offsets:
        why = NO_LABELS if not any(case.labelled for case in synthetic) else "neither FLAIR nor T2"
        return unknown(Section.CONSTRAINT, "label_fit", title, why)
    made = np.array([offset for _, offset in offsets])
    true = np.array([case.offset for case in real if np.isfinite(case.offset)])
    text = f"they would fit best {np.median(made):.1f} voxels of 1 mm away (median)"
    p, alarm, limit = None, None, OFF_BY
    if true.size:
        text += f"; those of real cases {np.median(true):.1f}"
        limit = float(np.median(true)) + OFF_BY
        p = float(mannwhitneyu(made, true, alternative="greater").pvalue)
        alarm = p <= ALARM and float(np.median(made)) >= limit
    medians = np.median(made[random.integers(made.size, size=(draws, made.size))], axis=1)
    return measured(
        Section.CONSTRAINT,
        "label_fit",
        title,
        text,
        figure=figure(float(np.median(made)), medians, made.size),
        p=p,
        alarm=alarm,
        cases=[identifier for identifier, offset in offsets if offset >= limit] if alarm else (),
    )


def _size_row(synthetic: Cases, real: Cases) -> AuditRow:
    title = "heads of a plausible size"
    everyone = (*synthetic, *real)
    # The same head is as many voxels as its voxels are small.
    synthetic, real = ([case for case in cases if PLACEHOLDER not in case.done] for cases in (synthetic, real))
    guessed = len(everyone) - len(synthetic) - len(real)
    placeholders = guessed_sizes(guessed, len(everyone))
    if not synthetic or not real:
        return unknown(Section.CONSTRAINT, "head_size", title, placeholders)
    columns = [NAMES.index(name) for name in _SIZES]
    made, true = (np.log([case.values[columns] for case in cases]) for cases in (synthetic, real))
    if len(real) < FEWEST_REAL:
        said = f"the brain's volume is {_times(made[:, 0] - np.median(true[:, 0]))} that of the median real one"
        return unknown(Section.CONSTRAINT, "head_size", title, f"{few_real(len(real))}; {said}")
    middle = np.median(true, axis=0)
    low, high = np.percentile(true, (16, 84), axis=0)
    spread = np.maximum((high - low) / 2, _LEAST_SPREAD)
    far = {id_: bool(odd) for id_, odd in zip((c.id for c in synthetic), _far(made, middle, spread), strict=True)}
    odd = [identifier for identifier, is_odd in far.items() if is_odd]
    among_real = int(_far(true, middle, spread).sum())
    return measured(
        Section.CONSTRAINT,
        "head_size",
        title,
        f"{share(len(odd), len(far))} synthetic heads, and {share(among_real, len(true))} real ones, are more than "
        f"{FAR_OUT:g} standard deviations of the real ones larger or smaller"
        + (f"; {placeholders}" if guessed else ""),
        figure=counted(list(far.values())),
        alarm=len(odd) / len(far) > among_real / len(true),
        cases=odd,
    )


def _times(logarithms: np.ndarray) -> str:
    return f"{np.exp(logarithms.min()):.2g} to {np.exp(logarithms.max()):.2g} times"


def _far(sizes: np.ndarray, middle: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return np.asarray((np.abs(sizes - middle) / spread > FAR_OUT).any(axis=1))


def _completeness(synthetic: Cases, real: Cases, random: np.random.Generator, draws: int) -> AuditRow:
    def lacks(cases: Cases) -> str:
        missing = Counter(str(c) for case in cases for n, c in enumerate(Contrast) if n not in case.present)
        labels = sum(not case.labelled for case in cases)
        said = [f"{name} in {share(count, len(cases))}" for name, count in missing.items()]
        said += [f"labels in {share(labels, len(cases))}"] if labels else []
        return ", ".join(said) or "nothing"

    all_of_it = len(Contrast) + 1
    gaps = [1 - (len(case.present) + case.labelled) / all_of_it for case in synthetic]
    text = f"missing in synthetic cases: {lacks(synthetic)}; in real ones: {lacks(real)}"
    gone = resample_mean(gaps, random, draws)
    return measured(Section.COMPLETENESS, "missing", "share of contrasts and labels that is missing", text, figure=gone)


def _kinds(synthetic: Cases, real: Cases) -> AuditRow:
    """Two programs' cases in one folder have other contrasts, other labels, or needed another treatment.

    A few odd cases are no second program; and where real cases are of several kinds, synthetic ones may be, too. What
    they hold and what they needed are asked apart: one real case that needed something excuses no missing contrast.
    """
    (count, odd), (true, _) = (_odd_ones(cases, _kind) for cases in (synthetic, real))
    return measured(
        Section.COMPLETENESS,
        "one_kind",
        "all cases are of one kind",
        f"{share(count, len(synthetic))} cases, and {share(true, len(real))} real ones, have the same contrasts and "
        "labels and needed the same treatment" + ("; the others may be of another program" if odd else ""),
        figure=counted([case.id not in odd for case in synthetic]),
        alarm=any(_of_two_programs(synthetic, real, kind) for kind in (_contents, _treatment)),
        cases=odd,
    )


def _contents(case: CaseMeasures) -> Hashable:
    return case.present, case.labelled


def _treatment(case: CaseMeasures) -> Hashable:
    return case.done


def _kind(case: CaseMeasures) -> Hashable:
    return _contents(case), _treatment(case)


def _of_two_programs(synthetic: Cases, real: Cases, kind: Callable[[CaseMeasures], Hashable]) -> bool:
    (count, odd), (true, odd_real) = (_odd_ones(cases, kind) for cases in (synthetic, real))
    p = float(fisher_exact([[len(odd), count], [len(odd_real), true]], alternative="greater").pvalue)
    return p <= ALARM if odd_real else len(odd) > _A_FEW


def _odd_ones(cases: Cases, kind: Callable[[CaseMeasures], Hashable]) -> tuple[int, list[str]]:
    """How many cases are of the most frequent kind, and the names of the others."""
    most, count = Counter(map(kind, cases)).most_common(1)[0]
    return count, [case.id for case in cases if kind(case) != most]


def _contrasts(synthetic: Cases, real: Cases) -> AuditRow:
    name, words = "contrasts", "every contrast looks like what it is called"
    looks = [case.id for case in synthetic if "looks" in case.concerns]
    if len(real) < FEWEST_REAL and not looks:
        said = "by themselves, none looks like another"
        return unknown(Section.CONSISTENCY, name, words, f"{few_real(len(real))}; {said}")
    wrong = wrong_contrasts(synthetic, real) if len(real) >= FEWEST_REAL else {}
    found = _counted(
        Section.CONSISTENCY,
        name,
        words,
        synthetic,
        real,
        lambda case: not wrong.get(id(case)) and "looks" not in case.concerns,
    )
    # A single exchanged case is an alarm. One that looks odd by itself is none: some real patients do.
    made, true = (sum(wrong.get(id(case), False) for case in cases) for cases in (synthetic, real))
    return replace(found, status=Status.CHECK) if made * len(real) > true * len(synthetic) else found
