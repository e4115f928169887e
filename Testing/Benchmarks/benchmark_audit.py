"""How often an audit of a faultless set raises an alarm, and how often a planted fault is found and named.

    python Testing/Benchmarks/benchmark_audit.py DATA --work DIR [--sets 60] [--faults 20] [--part A|B|C]

DATA holds the cohort ``brats`` of labelled patients. Those of the training part of split-2 are dealt into A, on whom
the limits in the code were set (`--part A` prints what they rest on), and B, whom the rates are of. Patients come in
voxels of 2 mm, so that one thread needs minutes, and no segmenter draws them. A set without a fault is half of the
patients against the other half, drawn anew each time. A fault is planted into such a half.
Four rules and two limits were mended after B had been seen; so C is the unseen test, of other patients: see
``audit_unseen.py``. It needs DATA with ``tcga-lgg`` too; its numbers of sets are fixed, but for 0, which leaves out
those without a fault (--sets 0) or with one (--faults 0).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np
from scipy import ndimage

from SynthTrustLib.mixes.audit.case_measures import CaseMeasures
from SynthTrustLib.mixes.audit.given_cases import find_given
from SynthTrustLib.mixes.audit.look_alikes import look_alikes
from SynthTrustLib.mixes.audit.same_terms import same_terms
from SynthTrustLib.mixes.dataset import Sample
from Testing.Benchmarks import audit_unseen
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

SPLIT = ROOT / "Resources" / "Study" / "split-2.json"
COHORT = "brats"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--only", default="", help="faults whose name holds this")
    parser.add_argument("--part", choices=("A", "B", "C"), default="B")
    parser.add_argument(
        "--cohorts", nargs="+", choices=list(audit_unseen.EXPECTED), help="C: of these, by default both"
    )
    parser.add_argument("--only-measure", action="store_true", help="C: measure all cases, and audit nothing")
    parser.add_argument("--processes", type=int, default=1, help="C: patients that are measured at a time")
    arguments = parser.parse_args()
    if arguments.part == "C":
        only = arguments.only_measure
        names = arguments.cohorts or list(audit_unseen.EXPECTED)
        audit_unseen.run(
            arguments.data,
            arguments.work,
            names,
            only_measure=only,
            processes=arguments.processes,
            clean_too=arguments.sets > 0,
            faults_too=arguments.faults > 0,
        )
        return
    patients = Patients(arguments.data / COHORT, arguments.work, arguments.part)
    print(f"part {arguments.part}: n = {len(patients.ids)} patients")
    if arguments.part == "A":
        tell_limits(patients)
        return
    alarms: Counter[str] = Counter()
    wrong = 0
    for n in range(arguments.sets):
        random = np.random.default_rng(n)
        made, real = halves(patients, random)
        found = {row.name for row in audit(made, real, draws=arguments.draws).alarms}
        wrong += bool(found)
        alarms.update(found)
    if arguments.sets:
        tell("a set without a fault raises an alarm", wrong, arguments.sets)
        print("   by row:", dict(alarms))
    for fault in [fault for fault in FAULTS if arguments.faults and arguments.only in fault.name]:
        for level in (STRONG, MILD):
            hits = 0
            for n in range(arguments.faults):
                # Rows that count cases, or compare them with exact tests, need no draws.
                draws = arguments.draws if fault.is_of_the_whole else 40
                card = fault.plant(patients, level, np.random.default_rng(1000 + n), draws)
                hits += any(row.name in fault.rows for row in card.alarms)
            tell(f"{fault.name}, {level}", hits, arguments.faults)


class Patients:
    """The patients of one part, each measured once as it is and once with every fault."""

    def __init__(self, data: Path, work: Path, part: str) -> None:
        train = json.loads(SPLIT.read_text())["cohorts"][COHORT]["train"]
        self.ids = sorted(train)["AB".index(part) :: 2]
        self._given = {case.id: case for case in find_given(data).cases}
        self._work = work
        self._measured: dict[str, CaseMeasures] = {}
        work.mkdir(parents=True, exist_ok=True)

    def sample(self, name: str) -> Sample:
        path = self._work / f"{name}.npz"
        if not path.exists():
            coarse = reduced(same_terms(self._given[name], synthetic=False).sample)
            np.savez(path, image=coarse.image, label=coarse.label, known=np.array(coarse.known))
        with np.load(path) as stored:
            known = tuple(bool(one) for one in stored["known"])
            return Sample(name, COHORT, False, stored["image"], stored["label"], known, 1)

    def measured(self, name: str, change: Callable[..., Sample] | None = None, *how: object) -> CaseMeasures:
        """A patient with a change, under a name of its own."""
        key = "-".join([name, *([change.__name__] if change else []), *map(str, how)])
        if key not in self._measured:
            sample = self.sample(name)
            changed = replace(change(sample, *how), id=key) if change else sample
            self._measured[key] = measured_in_mm(changed, key)
        return self._measured[key]


# Changes: what a fault does to one patient.


def mislabelled(sample: Sample, mm: float, seed: int) -> Sample:
    """The label moved by so many mm along a direction in the slice."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    offset = (0, round(mm / STEP * np.sin(angle)), round(mm / STEP * np.cos(angle)))
    return replace(sample, label=moved(sample.label, offset))


def blurred(sample: Sample, sigma: float) -> Sample:
    """`sigma` in mm."""
    image = sample.image.astype(np.float32)
    soft = ndimage.gaussian_filter(image, (0, *[sigma / STEP] * 3))
    return replace(sample, image=np.where(image > 0, np.maximum(soft, 0.01), 0).astype(np.float16))


# Sets.


def halves(patients: Patients, random: np.random.Generator) -> tuple[list[CaseMeasures], list[CaseMeasures]]:
    """Two halves of the patients, drawn by chance."""
    names = random.permutation(patients.ids)
    middle = len(names) // 2
    return [patients.measured(n) for n in names[:middle]], [patients.measured(n) for n in names[middle:]]


def _copies(patients: Patients, level: str, random: np.random.Generator) -> Sets:
    """Of training patients: three plain ones, or a single one that is noisier and cut by the volume's end."""
    names = list(random.permutation(patients.ids))
    third = len(names) // 3
    training, made, real = (names[n * third : (n + 1) * third] for n in range(3))
    copied = training[: 3 if level == STRONG else 1]
    disguise = (0.05, True, 0) if level == STRONG else (0.15, True, 3)
    copies = [patients.measured(n, noisy, 7, *disguise) for n in copied]
    plain = [[patients.measured(n) for n in part] for part in (made, real, training)]
    return [*copies, *plain[0]], plain[1], plain[2]


def _collapse(patients: Patients, level: str, random: np.random.Generator) -> Sets:
    """All cases, or half of them, are three patients again and again."""
    names = list(random.permutation(patients.ids))
    middle = len(names) // 2
    made, real = names[:middle], [patients.measured(n) for n in names[middle:]]
    again = middle if level == STRONG else middle // 2 + 1
    repeats = [patients.measured(made[n % 3], noisy, n // 3, 0.05, False, 0) for n in range(again)]
    return [*repeats, *(patients.measured(n) for n in made[again:])], real


def _changed(
    strong: tuple[object, ...], mild: tuple[object, ...], *, share: tuple[float, float] = (1.0, 1.0)
) -> Callable[[Patients, str, np.random.Generator], Sets]:
    """The same change to a share of the cases, at least one."""

    def make(patients: Patients, level: str, random: np.random.Generator) -> Sets:
        names = list(random.permutation(patients.ids))
        middle = len(names) // 2
        change, *how = strong if level == STRONG else mild
        count = max(1, round(share[level == MILD] * middle))
        made = [patients.measured(n, change, *how) for n in names[:count]]
        made += [patients.measured(n) for n in names[count:middle]]
        return made, [patients.measured(n) for n in names[middle:]]

    return make


FAULTS = (
    Fault("copies with flip and noise", ("copies_head", "copies_tumor"), _copies),
    Fault("collapse to three patients", ("repeats_head", "repeats_tumor"), _collapse),
    Fault("labels shifted", ("label_fit",), _changed((mislabelled, 6.0, 1), (mislabelled, 4.0, 1))),
    Fault("contrasts swapped", ("contrasts",), _changed((swapped,), (swapped,), share=(0.5, 0.1))),
    Fault("10 % with another head size", ("head_size",), _changed((resized, 1.25), (resized, 1.12), share=(0.1, 0.1))),
    Fault("all blurred", ("features_detail", "classifier_auc"), _changed((blurred, 2.0), (blurred, 1.0)), True),
)


# What the limits in the code rest on.


def tell_limits(patients: Patients) -> None:
    """The distances and sizes of the patients as they are, beside those with a fault."""
    plain = [patients.measured(n) for n in patients.ids]
    disguises = ((7, 0.05, True, 0), (7, 0.15, True, 3), (8, 0.05, False, 4), (8, 0.3, False, 0))
    for by in ("head", "tumor"):
        compare = look_alikes(np.stack([getattr(case, by) for case in plain]))
        between = compare.distances(*[np.stack([getattr(case, by) for case in plain])] * 2)
        np.fill_diagonal(between, np.inf)
        nearest = np.sort(between.min(axis=1))
        print(f"{by}: nearest other patient {_range(nearest)}; least of any {nearest[0]:.3f}")
        for how in disguises:
            copies = [patients.measured(n, noisy, *how) for n in patients.ids]
            to = compare.distances(*(np.stack([getattr(case, by) for case in cases]) for cases in (copies, plain)))
            print(f"   copies {how[1:]}: to their patient, over the least: {_range(np.diag(to) / nearest[0])}")
    for mm in (0.0, 4.0, 6.0):
        cases = [patients.measured(n, mislabelled, mm, 1) if mm else patients.measured(n) for n in patients.ids]
        print(f"label_fit at {mm:g} mm: best place at mm {_range(np.array([case.offset for case in cases]))}")


def _range(values: np.ndarray) -> str:
    low, middle, high = np.nanpercentile(values, (0, 50, 100))
    return f"{low:.3g} .. {middle:.3g} .. {high:.3g}"


if __name__ == "__main__":
    main()
