"""The unseen test of the audit: patients, sampling and faults that no limit and no rule was set on.

It was written down before any of it was run, and counts once: whatever is changed for what it shows has to be measured
on others again. Its patients are those of the calibration and the test part of split-2, which the limits' parts A and B
(of the training part) do not hold: 20 of BraTS, and for false alarms also 30 of TCGA-LGG. They are measured in voxels
of 2 mm, as those of A and B, but with what was done to bring their files to the same terms, and what that raised.

A set without a fault is drawn from the patients of one cohort, with all others on the real side; its size is drawn,
too. Faults are like those of A and B in kind only:

- copies: two (mild: one) of training patients, mirrored, with noise of a tenth of the brain's deviation (mild: a
  fifth, and moved by 4 mm along every axis);
- collapse: all cases (mild: half) are three patients, with noise of a tenth, every second round mirrored;
- labels shifted by 6 mm (mild: 4 mm), in every case along a direction of its own in space;
- contrasts swapped in a third of the cases: T1c with T2 (mild: T1 with T1c);
- a tenth of the cases, at least one, with heads of 1.3 or 0.75 times the length (mild: 1.15 or 0.87), by chance;
- all blurred, as if made in voxels of 4 mm (mild: the mean of that and the image).

Bars: of 60 sets without a fault of either cohort at most 5 % have any alarm; of 20 sets with each fault at least 90 %
at the strong level have one that names it. The mild level is reported.
"""

from __future__ import annotations

import json
import pickle
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from SynthTrustLib.mixes.audit.case_measures import CaseMeasures
from SynthTrustLib.mixes.audit.given_cases import GivenCase, find_given
from SynthTrustLib.mixes.audit.same_terms import same_terms
from SynthTrustLib.mixes.dataset import Sample
from Testing.Benchmarks.audit_faults import (
    MILD,
    STEP,
    STRONG,
    Fault,
    Sets,
    audit,
    measured_in_mm,
    moved,
    noisy,
    reduced,
    resized,
    swapped,
    tell,
)

SPLIT = Path(__file__).resolve().parents[2] / "Resources" / "Study" / "split-2.json"
PARTS = ("calibration", "test")
EXPECTED = {"brats": 20, "tcga-lgg": 30}
"""Patients of every cohort, so that another split cannot take the place of the one this was written for."""

WITH_FAULTS = "brats"
CLEAN, FAULTY = 60, 20
AT_MOST, AT_LEAST = 0.05, 0.9
DRAWS, FEW_DRAWS = 500, 40
"""Resamplings, and those where rows that count cases, or compare them with exact tests, decide."""

_T1C_WITH_T2, _T1_WITH_T1C = (0, 2, 1, 3), (1, 0, 2, 3)


@dataclass(frozen=True)
class Wish:
    """A patient with a change."""

    patient: str
    change: Callable[..., Sample] | None
    how: tuple[Any, ...]

    @property
    def key(self) -> str:
        name = [self.change.__name__] if self.change else []
        return "-".join([self.patient, *name, *map(str, self.how)])


class Cohort:
    """The patients of one cohort. Measures come from files; those that are missing yet are told apart as wishes."""

    def __init__(self, name: str, work: Path) -> None:
        parts = json.loads(SPLIT.read_text())["cohorts"][name]
        self.ids = sorted(identifier for part in PARTS for identifier in parts[part])
        assert len(self.ids) == EXPECTED[name], f"{name}: the split is another than the one this test was written for"
        self.wishes: set[Wish] = set()
        self._work = work
        self._read = cache(_read)

    def measured(self, patient: str, change: Callable[..., Sample] | None = None, *how: Any) -> CaseMeasures:
        wish = Wish(patient, change, how)
        path = self._work / f"{wish.key}.pickle"
        if not path.exists():
            self.wishes.add(wish)
            return None  # type: ignore[return-value]  # nothing is audited before all wishes are fulfilled
        return self._read(path)


def _read(path: Path) -> CaseMeasures:
    return pickle.loads(path.read_bytes())  # our own file


def measure(data: Path, work: Path, cohort: Cohort, name: str, processes: int) -> None:
    """Fulfil all wishes, patient by patient."""
    given = {case.id: case for case in find_given(data / name).cases}
    by_patient: dict[str, list[Wish]] = defaultdict(list)
    for wish in sorted(cohort.wishes, key=lambda one: one.key):
        by_patient[wish.patient].append(wish)
    with ProcessPoolExecutor(processes) as pool:
        jobs = [pool.submit(_measure, given[patient], wishes, work) for patient, wishes in by_patient.items()]
        for done, job in enumerate(jobs, start=1):
            job.result()
            print(f"{name}: measured patient {done} of {len(jobs)}", flush=True)
    cohort.wishes.clear()


def _measure(given: GivenCase, wishes: list[Wish], work: Path) -> None:
    terms = same_terms(given, synthetic=False)
    plain = reduced(terms.sample)
    for wish in wishes:
        sample = wish.change(plain, *wish.how) if wish.change else plain
        made = measured_in_mm(replace(sample, id=wish.key), wish.key, terms)
        part = work / f"{wish.key}.part"
        part.write_bytes(pickle.dumps(made))
        part.rename(work / f"{wish.key}.pickle")


# Changes that A and B do not have.


def mislabelled(sample: Sample, mm: float, seed: int) -> Sample:
    """The label moved by so many mm along a direction in space."""
    direction = np.random.default_rng(seed).standard_normal(3)
    offset = np.round(mm / STEP * direction / np.linalg.norm(direction)).astype(int)
    return replace(sample, label=moved(sample.label, tuple(offset)))


def coarse(sample: Sample, size: int, share: float) -> Sample:
    """As if the images had been made in voxels `size` times as wide: means of blocks, and linear between their middles.

    `share` is that of this image in the result.
    """
    images = []
    for image in sample.image.astype(np.float32):
        padded = np.pad(image, [(0, -length % size) for length in image.shape], mode="edge")
        k, j, i = (length // size for length in padded.shape)
        blocks = padded.reshape(k, size, j, size, i, size).mean(axis=(1, 3, 5))
        soft = ndimage.zoom(blocks, size, order=1, grid_mode=True, mode="nearest")
        soft = share * soft[tuple(slice(length) for length in image.shape)] + (1 - share) * image
        images.append(np.where(image > 0, np.maximum(soft, 0.01), 0))
    return replace(sample, image=np.stack(images).astype(np.float16))


# Sets.


def sides(cohort: Cohort, random: np.random.Generator) -> tuple[list[str], list[str]]:
    """All patients on two sides, the first with two to three fifths of them."""
    names = list(random.permutation(cohort.ids))
    first = int(random.integers(round(0.4 * len(names)), round(0.6 * len(names)) + 1))
    return names[:first], names[first:]


def clean(cohort: Cohort, random: np.random.Generator) -> Sets:
    """Two sides without a fault."""
    made, real = sides(cohort, random)
    return [cohort.measured(n) for n in made], [cohort.measured(n) for n in real]


def _copies(cohort: Cohort, level: str, random: np.random.Generator) -> Sets:
    names = list(random.permutation(cohort.ids))
    third = len(names) // 3
    training, made, real = names[:third], names[third : 2 * third], names[2 * third :]
    count, disguise = (2, (0.1, True, 0)) if level == STRONG else (1, (0.2, True, 4 // STEP))
    copies = [cohort.measured(n, noisy, 11, *disguise) for n in training[:count]]
    plain = [[cohort.measured(n) for n in part] for part in (made, real, training)]
    return [*copies, *plain[0]], plain[1], plain[2]


def _collapse(cohort: Cohort, level: str, random: np.random.Generator) -> Sets:
    made, real = sides(cohort, random)
    again = len(made) if level == STRONG else len(made) // 2
    repeats = [cohort.measured(made[n % 3], noisy, 20 + n // 3, 0.1, n // 3 % 2 == 1, 0) for n in range(again)]
    return [*repeats, *(cohort.measured(n) for n in made[again:])], [cohort.measured(n) for n in real]


def _shifted(cohort: Cohort, level: str, random: np.random.Generator) -> Sets:
    made, real = sides(cohort, random)
    mm = 6.0 if level == STRONG else 4.0
    shifted = [cohort.measured(n, mislabelled, mm, cohort.ids.index(n)) for n in made]
    return shifted, [cohort.measured(n) for n in real]


def _some(cohort: Cohort, random: np.random.Generator, share: float, change: Callable[..., Sample], *how: Any) -> Sets:
    """A share of the cases with a change, at least one."""
    made, real = sides(cohort, random)
    count = max(1, round(share * len(made)))
    some = [cohort.measured(n, change, *how) for n in made[:count]]
    return [*some, *(cohort.measured(n) for n in made[count:])], [cohort.measured(n) for n in real]


def _swapped(cohort: Cohort, level: str, random: np.random.Generator) -> Sets:
    return _some(cohort, random, 1 / 3, swapped, *(_T1C_WITH_T2 if level == STRONG else _T1_WITH_T1C))


def _resized(cohort: Cohort, level: str, random: np.random.Generator) -> Sets:
    factors = (1.3, 0.75) if level == STRONG else (1.15, 0.87)
    return _some(cohort, random, 0.1, resized, factors[int(random.integers(2))])


def _blurred(cohort: Cohort, level: str, random: np.random.Generator) -> Sets:
    return _some(cohort, random, 1.0, coarse, 4 // STEP, 1.0 if level == STRONG else 0.5)


FAULTS = (
    Fault("copies with flip and noise", ("copies_head", "copies_tumor"), _copies),
    Fault("collapse to three patients", ("repeats_head", "repeats_tumor"), _collapse),
    Fault("labels shifted", ("label_fit",), _shifted),
    Fault("contrasts swapped", ("contrasts",), _swapped),
    Fault("10 % with another head size", ("head_size",), _resized),
    Fault("all blurred", ("features_detail", "classifier_auc"), _blurred, is_of_the_whole=True),
)


def run(
    data: Path,
    work: Path,
    names: Sequence[str],
    *,
    only_measure: bool,
    processes: int,
    clean_too: bool = True,
    faults_too: bool = True,
) -> None:
    """Measure what is missing of these cohorts, audit every set once, and tell the rates and what bars were held."""
    work.mkdir(parents=True, exist_ok=True)
    cohorts = {name: Cohort(name, work) for name in names}
    for name, cohort in cohorts.items():
        for _ in _clean_sets(cohort):
            pass
        for fault, level, random in _faulty() if name == WITH_FAULTS else ():
            fault.make(cohort, level, random)
        measure(data, work, cohort, name, processes)
    if only_measure:
        return
    for name, cohort in cohorts.items() if clean_too else ():
        alarms: Counter[str] = Counter()
        wrong = 0
        for made, real in _clean_sets(cohort):
            found = {row.name for row in audit(made, real, draws=DRAWS).alarms}
            wrong += bool(found)
            alarms.update(found)
        print(f"{name}, n = {len(cohort.ids)} patients")
        tell("a set without a fault raises an alarm", wrong, CLEAN)
        print("   by row:", dict(alarms), _bar(wrong / CLEAN <= AT_MOST), flush=True)
    if WITH_FAULTS not in cohorts or not faults_too:
        return
    hits: Counter[tuple[str, str]] = Counter()
    for fault, level, random in _faulty():
        card = fault.plant(cohorts[WITH_FAULTS], level, random, DRAWS if fault.is_of_the_whole else FEW_DRAWS)
        hits[fault.name, level] += any(row.name in fault.rows for row in card.alarms)
    for fault in FAULTS:
        tell(f"{fault.name}, {STRONG}", hits[fault.name, STRONG], FAULTY)
        print("  ", _bar(hits[fault.name, STRONG] / FAULTY >= AT_LEAST), flush=True)
        tell(f"{fault.name}, {MILD}", hits[fault.name, MILD], FAULTY)


def _clean_sets(cohort: Cohort) -> Iterator[Sets]:
    return (clean(cohort, np.random.default_rng(5000 + n)) for n in range(CLEAN))


def _faulty() -> Iterator[tuple[Fault, str, np.random.Generator]]:
    """Every fault at either level, as often as it is planted."""
    for number, fault in enumerate(FAULTS):
        for level in (STRONG, MILD):
            for n in range(FAULTY):
                yield fault, level, np.random.default_rng([7000 + n, number])


def _bar(held: bool) -> str:
    return "the bar was held" if held else "the bar was MISSED"
