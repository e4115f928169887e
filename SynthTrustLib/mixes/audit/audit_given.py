"""An audit of any synthetic set: read, brought to the same terms, measured case by case, compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

import SynthTrustLib
from SynthTrustLib.errors import InputError, OutputError, SynthTrustError
from SynthTrustLib.mixes.audit.case_measures import NAMES, CaseMeasures, content_of, first_of_each, measure_given
from SynthTrustLib.mixes.audit.draw import Draw
from SynthTrustLib.mixes.audit.feature_groups import GROUPS, NEED_VOXEL_SIZE, needs_voxel_size
from SynthTrustLib.mixes.audit.given_case import Given
from SynthTrustLib.mixes.audit.rows import guessed_sizes
from SynthTrustLib.mixes.audit.rows_cases import NO_LABELS, case_rows
from SynthTrustLib.mixes.audit.rows_copies import copy_rows
from SynthTrustLib.mixes.audit.rows_declared import declared_rows
from SynthTrustLib.mixes.audit.rows_distribution import distribution_rows
from SynthTrustLib.mixes.audit.same_terms import PLACEHOLDER
from SynthTrustLib.mixes.audit.set_audit import ALWAYS, AuditRow, GivenSet, Section, SetAudit, Treatment
from SynthTrustLib.mixes.audit.shared_patients import ONLY_NUMBERED, numbered_alike, shared_patients
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.vocabulary import Contrast

_FEWEST = 2
"""Cases of either kind with which an audit says anything at all."""

_FIRST = "Give the synthetic set first, and the real one with --against."
_ONLY_SEEN = "Give the generator's training patients with --training, or leave it out."

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
        return first_of_each(self.cases)


def refuse_few(given: Given) -> None:
    """Raise InputError where what was handed over has too few cases, before any of it is measured."""
    _refuse_few(given.name, len(given.cases), given.unusable)


def refuse_same_files(synthetic: Given, real: Given, training: Given | None) -> None:
    """Raise InputError where most synthetic cases are the very files of real ones, before any of them is measured."""
    made = _contents(synthetic)
    _refuse_same(synthetic.name, made, real.name, _contents(real), _FIRST)
    if training is not None:
        _refuse_same(synthetic.name, made, training.name, _contents(training), _ONLY_SEEN)


def _contents(given: Given) -> list[str]:
    """Hashes of the cases that can be read."""
    found: list[str] = []
    for case in given.cases:
        with suppress(InputError):  # it is named when it is measured
            found.append(content_of(case))
    return found


def measure_set(
    given: Given,
    cache: Path | None,
    *,
    synthetic: bool,
    draw: Draw | None = None,
    progress: Progress = silent,
) -> MeasuredSet:
    """Measure every case of what was handed over; those that cannot be used are named with the reason.

    Raises InputError if fewer than two cases can be used; it says why the first of the others cannot.
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
                except OutputError:  # of what is kept, and no case's fault
                    raise
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

    Raises InputError if the synthetic set is the real one, or that of the training patients.
    """
    from threadpoolctl import threadpool_limits

    made = [case.content for case in synthetic.cases]
    _refuse_same(synthetic.about.name, made, real.about.name, [case.content for case in real.cases], _FIRST)
    if training is not None:
        known = [case.content for case in training.cases]
        _refuse_same(synthetic.about.name, made, training.about.name, known, _ONLY_SEEN)
    left = shared_patients(real.cases, training.cases if training else ())
    unseen = [case for case in real.cases if case.id not in left]
    strangers = list(first_of_each(unseen))
    if len(strangers) < _FEWEST:
        raise InputError(
            f"{len(left)} of its {len(real.cases)} cases are of training patients, by their files or names",
            source=real.about.name,
            next_step="Give other patients with --against, or leave --training out.",
        )
    random = np.random.default_rng(seed)
    truth, drawn, why = _comparable(strangers, synthetic.patients)
    with threadpool_limits(1):  # the matrices are small: many threads would wait for each other
        rows, features = distribution_rows(NAMES, truth, drawn, random, draws, progress, why)
        progress("looking at every case", 0.8)
        rows += case_rows(synthetic.cases, strangers, random, draws)
        progress("looking for copies", 0.9)
        seen = training.cases if training else None  # a copy may be of any examination
        copies, neighbours = copy_rows(synthetic.cases, unseen, seen, random, draws)
    rows += [*copies, *declared_rows(record, synthetic.cases), *utility]
    progress("audited", 1.0)
    order = list(Section)
    return SetAudit(
        str(record.get("name") or synthetic.about.name),
        SynthTrustLib.__version__,
        command,
        synthetic.about,
        replace(real.about, patients=len(strangers), unusable={**real.about.unusable, **left}),
        training.about if training else None,
        _treatments(synthetic.cases, real.cases, training.cases if training else ()),
        tuple(sorted(rows, key=lambda row: order.index(row.section))),
        tuple(features),
        tuple(neighbours),
    )


def _comparable(
    real: Sequence[CaseMeasures], synthetic: Sequence[CaseMeasures]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], dict[str, str]]:
    """The features of real and synthetic cases, and why those of a group are not known.

    Where the voxels of some cases are of an unknown size and others are resampled to 1 mm, what depends on it is not
    known of the former: it would tell one set from the other, and nothing of what they show.
    """
    why = {}
    everyone = (*real, *synthetic)
    guessed = np.array([PLACEHOLDER in case.done for case in everyone])
    values = np.array([case.values for case in everyone])
    if not all(any(case.labelled for case in cases) for cases in (real, synthetic)):
        why.update({group: NO_LABELS for group in GROUPS if group.startswith("tumor")})
    if guessed.any() and not guessed.all():
        values[guessed[:, None] & np.array([needs_voxel_size(name) for name in NAMES])] = np.nan
        why.update(dict.fromkeys(NEED_VOXEL_SIZE, guessed_sizes(int(guessed.sum()), len(everyone))))
    return values[: len(real)], values[len(real) :], why


def _refuse_same(name: str, contents: Sequence[str], other: str, theirs: Sequence[str], next_step: str) -> None:
    known = set(theirs)
    same = sum(content in known for content in contents)
    if same > len(contents) / 2:
        raise InputError(
            f"{same} of its {len(contents)} cases are the very files of {other}", source=name, next_step=next_step
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
    alike = numbered_alike(real, training)
    guessed = [Treatment(ONLY_NUMBERED, 0, alike)] if alike else []
    return (*always, *(Treatment(what, *(count[what] for count in counts)) for what in some), *guessed)


def _refuse_few(name: str, cases: int, unusable: Mapping[str, str]) -> None:
    if cases < _FEWEST:
        raise InputError(
            f"an audit needs at least {_FEWEST} cases, and {cases} can be used",
            source=name,
            next_step="Add cases" + next((f", or correct {case}: {why}" for case, why in unusable.items()), "."),
        )
