"""An audit of any synthetic set: read, brought to the same terms, measured case by case, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import SynthTrustLib
from SynthTrustLib.errors import InputError, SynthTrustError
from SynthTrustLib.mixes.audit.case_measures import NAMES, CaseMeasures, measure_given
from SynthTrustLib.mixes.audit.draw import Draw
from SynthTrustLib.mixes.audit.given_cases import Given
from SynthTrustLib.mixes.audit.rows_cases import case_rows
from SynthTrustLib.mixes.audit.rows_copies import copy_rows
from SynthTrustLib.mixes.audit.rows_declared import declared_rows
from SynthTrustLib.mixes.audit.rows_distribution import distribution_rows
from SynthTrustLib.mixes.audit.same_terms import ALWAYS
from SynthTrustLib.mixes.audit.set_audit import AuditRow, GivenSet, Section, SetAudit, Treatment
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.vocabulary import Contrast

_FEWEST = 2
"""Cases of either kind with which an audit says anything at all."""

_AT_A_TIME = 2
"""Cases that are measured at a time: much of it keeps one core busy, and each takes half a gigabyte."""


@dataclass(frozen=True, eq=False)
class MeasuredSet:
    """The cases of a set that could be measured, and what is said of it."""

    about: GivenSet
    cases: tuple[CaseMeasures, ...]

    @property
    def patients(self) -> tuple[CaseMeasures, ...]:
        """One case of every person, the first: two of one would count him twice."""
        first: dict[str, CaseMeasures] = {}
        for case in self.cases:
            first.setdefault(case.patient, case)
        return tuple(first.values())


def refuse_few(given: Given) -> None:
    """Raise InputError where what was handed over has too few cases, before any of it is measured."""
    _refuse_few(given.name, len(given.cases), given.unusable)


def measure_set(
    given: Given,
    cache: Path | None,
    *,
    synthetic: bool,
    draw: Draw | None = None,
    progress: Progress = silent,
) -> MeasuredSet:
    """Measure every case of what was handed over; those that cannot be used are named with the reason.

    Raises
    ------
    InputError
        If fewer than two cases can be used; it says why the first of the others cannot.
    """
    from threadpoolctl import threadpool_limits

    cases: list[CaseMeasures] = []
    unusable = dict(given.unusable)
    pool = ThreadPoolExecutor(_AT_A_TIME)
    # One thread for the products of small matrices: more would wait for each other, and for the other case.
    with threadpool_limits(1):
        try:
            measuring = [
                (case, pool.submit(measure_given, case, cache, synthetic=synthetic, draw=draw)) for case in given.cases
            ]
            for done, (case, measures) in enumerate(measuring):
                progress(f"{given.name}: measuring case {done + 1} of {len(given.cases)}", done / len(given.cases))
                try:
                    cases.append(measures.result())
                except SynthTrustError as error:
                    unusable[case.id] = str(error)
                    if len(cases) + len(measuring) - done - 1 < _FEWEST:
                        break
        finally:
            pool.shutdown(cancel_futures=True)
    _refuse_few(given.name, len(cases), unusable)
    return MeasuredSet(_about(given, cases, unusable), tuple(cases))


def audit_given(
    synthetic: MeasuredSet,
    real: MeasuredSet,
    training: MeasuredSet | None,
    record: dict[str, object],
    command: str,
    utility: Sequence[AuditRow] = (),
    *,
    draws: int = 500,
    seed: int = 0,
    progress: Progress = silent,
) -> SetAudit:
    """The card of a set; `record` is what its makers declare (see `declared.declared`), `utility` rows of `--try`.

    Raises
    ------
    InputError
        If the synthetic set is the real one, or that of the training patients.
    """
    from threadpoolctl import threadpool_limits

    _refuse_same(synthetic, real, "Give the synthetic set first, and the real one with --against.")
    if training is not None:
        _refuse_same(synthetic, training, "Give the generator's training patients with --training, or leave it out.")
    seen = training.patients if training else ()
    known = {case.content for case in seen} | {case.patient for case in seen}
    strangers = [case for case in real.patients if case.content not in known and case.patient not in known]
    if len(strangers) < _FEWEST:
        raise InputError(
            "hardly any of the real patients is not among the training patients",
            source=real.about.name,
            next_step="Give other patients with --against, or leave --training out.",
        )
    random = np.random.default_rng(seed)
    truth, drawn = (np.array([case.values for case in cases]) for cases in (strangers, synthetic.patients))
    with threadpool_limits(1):  # the matrices are small: many threads would wait for each other
        rows, features = distribution_rows(NAMES, truth, drawn, random, draws, progress)
        progress("looking at every case", 0.8)
        rows += case_rows(synthetic.cases, strangers, random, draws)
        progress("looking for copies", 0.9)
        copies, neighbours = copy_rows(synthetic.cases, strangers, list(seen) or None, random, draws)
    rows += [*copies, *declared_rows(record, synthetic.cases), *utility]
    progress("audited", 1.0)
    order = list(Section)
    return SetAudit(
        str(record.get("name") or synthetic.about.name),
        SynthTrustLib.__version__,
        command,
        synthetic.about,
        real.about,
        training.about if training else None,
        _treatments(synthetic.cases, real.cases, training.cases if training else ()),
        tuple(sorted(rows, key=lambda row: order.index(row.section))),
        tuple(features),
        tuple(neighbours),
    )


def _refuse_same(synthetic: MeasuredSet, real: MeasuredSet, next_step: str) -> None:
    true = {case.content for case in real.cases}
    same = sum(case.content in true for case in synthetic.cases)
    if same > len(synthetic.cases) / 2:
        raise InputError(
            f"{same} of its {len(synthetic.cases)} cases are the very files of {real.about.name}",
            source=synthetic.about.name,
            next_step=next_step,
        )


def _about(given: Given, cases: Sequence[CaseMeasures], unusable: dict[str, str]) -> GivenSet:
    return GivenSet(
        given.name,
        len(cases),
        len({case.patient for case in cases}),
        sum(case.labelled for case in cases),
        {str(contrast): sum(n in case.present for case in cases) for n, contrast in enumerate(Contrast)},
        unusable,
    )


def _treatments(
    synthetic: Sequence[CaseMeasures], real: Sequence[CaseMeasures], training: Sequence[CaseMeasures]
) -> tuple[Treatment, ...]:
    sets = (synthetic, real, training)
    counts = [Counter(what for case in cases for what in case.done) for cases in sets]
    always = [Treatment(what, *(len(cases) for cases in sets)) for what in ALWAYS]
    some: Iterable[str] = dict.fromkeys(what for count in counts for what in count)
    return (*always, *(Treatment(what, *(count[what] for count in counts)) for what in some))


def _refuse_few(name: str, cases: int, unusable: Mapping[str, str]) -> None:
    if cases < _FEWEST:
        raise InputError(
            f"an audit needs at least {_FEWEST} cases, and {cases} can be used",
            source=name,
            next_step="Add cases" + next((f", or correct {case}: {why}" for case, why in unusable.items()), "."),
        )
