"""How often the second look asks about right patients, and how often about wrong ones, on real patients.

    python Testing/Benchmarks/benchmark_second_look.py DATA... [--split Resources/Study/split.json] [--write]

Each DATA folder holds one folder per patient with t1, t1c, t2 and flair as .nii.gz. Everything is cross-fitted by person
(five folds); how likely another reading must be to be asked about is chosen on the patients that are not in the test part
of the split. Wrong patients are made of right ones: two contrasts swapped, one given as another (which is then missing),
and in the place of each contrast an inverted image, a subtraction, CT as it might look, a map of labels, a bias field and
noise. ``--write`` fits the numbers on all patients and writes them to Resources.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
from scipy import ndimage

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head import look_at_head
from SynthTrustLib.case.image_contrast import contrast_features
from SynthTrustLib.case.image_pair import Sampled, explained, pair_features, reverse
from SynthTrustLib.case.read import read_image
from SynthTrustLib.case.second_look import (
    COPY,
    FLAT,
    KINDS,
    NUMBERS_FILE,
    ORDERS,
    Judge,
    flat_share,
    standardized,
)
from SynthTrustLib.vocabulary import Contrast

FOLDS, HIDDEN, NETWORKS, REPEATS = 5, 24, 3, 3
PAIR_REGULARIZATION = 0.1
MOST_ASKED = 0.02
"""Doubts are chosen so that of the right patients no more are asked about; 3 % were allowed."""


@dataclass
class Patient:
    """Features of the real images, of those planted in the place of one, and of the pairs of both."""

    name: str
    cohort: str
    images: dict[Contrast, np.ndarray] = field(default_factory=dict)
    planted: dict[tuple[str, Contrast], np.ndarray | None] = field(
        default_factory=dict
    )  # None: seen without regression
    pairs: dict[tuple, np.ndarray] = field(
        default_factory=dict
    )  # keys: two of what `images` and `planted` have as keys
    flat: float = 0.0
    lost: int = 0

    @property
    def person(self) -> str:
        """The same for a person under two names."""
        return self.name.replace("_", "-")[:12] if self.name.startswith("TCGA") else self.name


def planted(arrays: dict[Contrast, np.ndarray], head: np.ndarray, random: np.random.Generator, spacing) -> Iterator:
    """Images of other kinds, (name, the contrast they replace or None for any, array), made of the real ones."""
    for contrast, array in arrays.items():
        top = np.percentile(array[head], 99.5)
        yield "inverted", contrast, np.where(head, np.maximum(1.02 * top - array, 0), 0)
    base = next(iter(arrays.values()))
    low, middle, high = np.percentile(base[head], (2, 50, 99))
    depth = ndimage.distance_transform_edt(head, sampling=spacing)
    tissue = 30 + 12 * np.clip((ndimage.gaussian_filter(base, 0.7) - middle) / (high - low), -1, 1)
    tissue += random.normal(0, 4, base.shape)
    skull = np.where(head, tissue, -1000.0)
    skull[head & (depth < 5)] = -20
    skull[head & (depth >= 5) & (depth < 11)] = 900
    yield "CT in Hounsfield units", None, skull
    yield "CT, window of the brain", None, np.clip(skull, 0, 80)
    yield "CT, brain only", None, np.where(head, tissue, 0)
    if {Contrast.T1, Contrast.T1C} <= arrays.keys():
        one, other = arrays[Contrast.T1], arrays[Contrast.T1C]
        scale = np.median(other[head]) / max(np.median(one[head]), 1e-6)
        yield "subtraction", None, other - one
        yield "subtraction without what is negative", None, np.maximum(other - scale * one, 0)
    smooth = ndimage.gaussian_filter(base, 1)
    level = np.searchsorted(np.quantile(smooth[head], np.linspace(0, 1, 41)[1:-1]), smooth)
    yield "labels", None, np.where(head, random.permutation(40)[level] + 1, 0)
    yield "bias field", None, np.where(head, ndimage.gaussian_filter(np.where(head, base, middle), 12), 0)
    yield "noise", None, np.where(head, np.abs(random.normal(100, 30, base.shape)), 0)


def look_at(folder: Path) -> Patient:
    """All features of one patient."""
    patient = Patient(folder.name, folder.parent.name)
    files = {contrast: folder / f"{contrast.lower()}.nii.gz" for contrast in Contrast}
    images = {contrast: read_image(path) for contrast, path in files.items() if path.exists()}
    if not images:
        return patient
    samples: dict = {}
    for contrast, image in images.items():
        row = contrast_features(image.array, image.geometry, image.look)
        patient.flat = max(patient.flat, flat_share(image.array, image.look))
        if row is None:
            patient.lost += 1
            continue
        patient.images[contrast] = row
        samples[contrast] = Sampled.of(image.array, image.look)
    grid = next(iter(images.values())).geometry
    together = all(image.geometry.is_same(grid) for image in images.values())
    if together:
        steps = next(iter(images.values())).look.steps
        coarse = {c: i.array[tuple(slice(None, None, n) for n in steps)] for c, i in images.items()}
        matrix = grid.ijk_to_ras @ np.diag([*steps[::-1], 1.0])
        coarse_grid = Geometry(next(iter(coarse.values())).shape, matrix)
        head = next(iter(images.values())).look.mask
        random = np.random.default_rng(sum(folder.name.encode()))
        for name, place, array in planted(coarse, head, random, coarse_grid.spacing):
            array = array.astype(np.float32)
            look = look_at_head(array, coarse_grid)
            row = None if flat_share(array, look) > FLAT else contrast_features(array, coarse_grid, look)
            patient.planted[name, place] = row
            if row is not None:
                samples[name, place] = Sampled.of(array, look)
        for a, b in combinations(samples, 2):
            if a in images or b in images:
                pair = pair_features(samples[a], samples[b])
                if pair is not None:
                    patient.pairs[a, b], patient.pairs[b, a] = pair, reverse(pair)
    return patient


def fit(patients: list[Patient], doubts: list[float]) -> Judge:
    """The numbers, of these patients."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    rows = [(row, KINDS.index(c)) for p in patients for c, row in p.images.items()] * REPEATS
    rows += [(row, KINDS.index(None)) for p in patients for row in p.planted.values() if row is not None]
    x, y = np.array([row for row, _ in rows]), np.array([kind for _, kind in rows])
    scaling = {"mean": x.mean(axis=0), "scale": x.std(axis=0) + 1e-6}
    networks = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for seed in range(NETWORKS):
            network = MLPClassifier(
                (HIDDEN,),
                activation="tanh",
                alpha=1.0,
                max_iter=120,
                learning_rate_init=3e-3,
                batch_size=64,
                random_state=seed,
            ).fit(standardized(scaling, x), y)
            (inner, outer), (inner_bias, outer_bias) = network.coefs_, network.intercepts_
            networks.append(
                {**scaling, "inner": inner, "inner_bias": inner_bias, "outer": outer, "outer_bias": outer_bias}
            )
        real = [(row, ORDERS.index(o)) for p in patients for o, row in p.pairs.items() if o in ORDERS]
        x, y = np.array([row for row, _ in real]), np.array([order for _, order in real])
        scaling = {"mean": x.mean(axis=0), "scale": x.std(axis=0) + 1e-6}
        model = LogisticRegression(C=PAIR_REGULARIZATION, max_iter=400, class_weight="balanced")
        model.fit(standardized(scaling, x), y)
    return Judge(networks, {**scaling, "weights": model.coef_, "bias": model.intercept_}, doubts)


def doubt(judge: Judge, patient: Patient, given: dict[Contrast, object]) -> float:
    """How much likelier another reading is, where an image (a key of the patient's features) was given as a contrast."""
    features = {**patient.images, **patient.planted}
    rows = {contrast: features[image] for contrast, image in given.items()}
    if any(row is None for row in rows.values()):
        return np.inf
    keys = {(a, b): (given[a], given[b]) for a, b in combinations(given, 2)}
    pairs = {places: patient.pairs[images] for places, images in keys.items() if images in patient.pairs}
    if any(explained(pair) >= COPY for pair in pairs.values()):
        return np.inf
    return judge.likeliest(rows, pairs)[1]


def wrong_patients(patient: Patient) -> Iterator[tuple[str, str, dict[Contrast, object]]]:
    """Kind of the mistake, its name, and what was given as what."""
    real = {contrast: contrast for contrast in patient.images}
    for a, b in combinations(real, 2):
        yield "swapped", f"{a} and {b} swapped", {**real, a: b, b: a}
    for a, b in permutations(Contrast, 2):
        if a in real:
            rest = {c: c for c in real if c not in (a, b)}
            yield "given as another", f"{a} given as {b}", {c: {**rest, b: a}[c] for c in Contrast if c in {*rest, b}}
            yield "alone, given as another", f"{a} alone, given as {b}", {b: a}
    for (name, place), _ in patient.planted.items():
        for contrast in real if place is None else [place]:
            if contrast in real:
                yield "of another kind", f"{name} in the place of one", {**real, contrast: (name, place)}


def cross_fitted(patients: list[Patient], chosen_on: set[str]) -> tuple[list[float], dict[str, Judge]]:
    """The doubts for one, two, ... images, and a judge for every person who was not in its fit."""
    persons = np.random.default_rng(0).permutation(sorted({p.person for p in patients}))
    folds = {person: n % FOLDS for n, person in enumerate(persons)}
    fitted = [fit([p for p in patients if folds[p.person] != n], []) for n in range(FOLDS)]
    judges = {person: fitted[fold] for person, fold in folds.items()}
    doubts: list[float] = []
    for count in range(1, len(Contrast) + 1):
        found = [
            doubt(judges[p.person], p, {c: c for c in some})
            for p in patients
            if p.name in chosen_on
            for some in combinations(p.images, count)
        ]
        doubts.append(round(max(0.5, float(np.quantile(found, 1 - MOST_ASKED))), 2))
    return doubts, judges


def report(patients: list[Patient], doubts: list[float], judges: dict[str, Judge], test: set[str]) -> None:
    asked: dict[str, list[bool]] = defaultdict(list)
    names: dict[str, list[bool]] = defaultdict(list)
    print(f"doubts for one to four images: {doubts}; most explained of two contrasts, most flat of an image: ", end="")
    most = max(explained(row) for p in patients for o, row in p.pairs.items() if o in ORDERS)
    print(f"{most:.3f}, {max(p.flat for p in patients):.3f}; no head found: {sum(p.lost for p in patients)} images")
    for p in patients:
        judge = judges[p.person]
        right = {c: c for c in p.images}
        found = doubt(judge, p, right) > doubts[len(right) - 1] or p.lost > 0
        if found:
            print(f"asked about the right patient {p.name}: {judge.likeliest(p.images, {})[0]}")
        for part in ("all", p.cohort, "test part" if p.name in test else "not in the test part"):
            asked[f"right patients, {part}"].append(found)
        for count in (1, 2):
            for some in combinations(right, count):
                seen = doubt(judge, p, {c: c for c in some}) > doubts[count - 1]
                asked[f"right patients, {count} contrast{'s' * (count - 1)} of them"].append(seen)
        for kind, name, given in wrong_patients(p):
            seen = doubt(judge, p, given) > doubts[len(given) - 1]
            names[name].append(seen)
            for part in ("", ", test part" if p.name in test else ", not in the test part"):
                asked[kind + part].append(seen)
            if not kind.startswith("alone"):
                asked["wrong patients, all but single images"].append(seen)
    for group in (names, asked):
        for what, seen in sorted(group.items()):
            print(f"{what}: {sum(seen)} of {len(seen)} asked about ({np.mean(seen):.1%})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--split", type=Path, default=ROOT / "Resources" / "Study" / "split.json")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    folders = [folder for data in options.data for folder in sorted(data.iterdir()) if folder.is_dir()]
    with ProcessPoolExecutor(2) as pool:
        patients = [p for p in pool.map(look_at, folders) if p.images or p.lost]
    cohorts = json.loads(options.split.read_text(encoding="utf-8"))["cohorts"].values()
    test = {name for parts in cohorts for name in parts["test"]}
    test_persons = {p.person for p in patients if p.name in test}
    chosen_on = {p.name for p in patients if p.person not in test_persons}
    doubts, judges = cross_fitted(patients, chosen_on)
    report(patients, doubts, judges, test)
    if options.write:
        judge = fit(patients, doubts)
        record = {
            "description": "Networks of the kind of an image on contrast_features, and a regression of T1, T1c, T2, FLAIR, two of them in order, on pair_features",
            "command": "python Testing/Benchmarks/benchmark_second_look.py DATA/brats DATA/tcga-lgg DATA/wild --write",
            "fitted_on": len(patients),
            "doubts": doubts,
            "kinds": [{k: np.round(v, 4).tolist() for k, v in network.items()} for network in judge.kinds],
            "orders": {k: np.round(v, 4).tolist() for k, v in judge.orders.items()},
        }
        (ROOT / "Resources" / NUMBERS_FILE).write_text(json.dumps(record) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
