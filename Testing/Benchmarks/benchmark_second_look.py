"""How often the second look asks about right patients, and how often about wrong ones, on real patients.

    python Testing/Benchmarks/benchmark_second_look.py DATA... [--features FILE] [--split FILE] [--write]

Each DATA folder holds one folder per patient with t1, t1c, t2 and flair as .nii.gz. Nothing is fitted or chosen on the
test part of the split: persons in it are judged by what was fitted on all others, and the others by cross-fitting (five
folds of persons). Wrong patients are made of right ones: two contrasts swapped, one given as another (which is then
missing), and in the place of each contrast an inverted image, a subtraction, CT as it might look, a map of labels or of
probability, a bias field and noise. Each is judged without headers, with those of the images, and with those of what
they were given as, as if scanner and words were wrong, too. What is told without fitted numbers (`derived_image`) is
left out of these figures.
``--features`` keeps what was computed of the images, or takes it from there; ``--write`` writes the fitted numbers to
Resources.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
from scipy import ndimage

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.case.dicom.evidence import evidence_of
from SynthTrustLib.case.dicom.frame import SeriesAttributes
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import look_at_head
from SynthTrustLib.case.recognize.image_contrast import contrast_features
from SynthTrustLib.case.recognize.image_pair import Sampled, pair_features
from SynthTrustLib.case.recognize.second_look import (
    KINDS,
    NUMBERS_FILE,
    ORDERS,
    Judge,
    standardized,
)
from SynthTrustLib.vocabulary import Contrast

FOLDS, HIDDEN, NETWORKS, REPEATS = 5, 24, 3, 3
PAIR_REGULARIZATION = 0.1
MOST_ASKED = 0.025
"""Doubts are chosen so that of the right patients no more are asked about; 3 % were allowed."""

LEAST_DOUBT = 0.5

Doubts = Sequence[tuple[float, float]]


@dataclass
class Patient:
    """Features of the real images, of those planted in the place of one, and of pairs of the real ones."""

    name: str
    cohort: str
    images: dict[Contrast, np.ndarray] = field(default_factory=dict)
    planted: dict[tuple[str, Contrast | None], np.ndarray] = field(default_factory=dict)
    pairs: dict[tuple[Contrast, Contrast], np.ndarray] = field(default_factory=dict)
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
        yield "inverted with its surroundings", contrast, array.max() - array
    base = next(iter(arrays.values()))
    low, middle, high = np.percentile(base[head], (2, 50, 99))
    depth = ndimage.distance_transform_edt(head, sampling=spacing)
    little = ndimage.gaussian_filter(base, 0.7)
    tissue = 30 + 12 * np.clip((little - middle) / (high - low), -1, 1) + random.normal(0, 4, base.shape)
    scalp, bone = head & (depth < 5), head & (depth >= 5) & (depth < 11)
    skull = np.where(head, tissue, -1000.0)
    skull[scalp], skull[bone] = random.normal(-20, 40, scalp.sum()), random.normal(900, 200, bone.sum())
    yield "CT in Hounsfield units", None, skull
    yield "CT, air at 0", None, skull + 1000
    yield "CT, window of the brain", None, np.clip(skull, 0, 80)
    yield "CT, brain only", None, np.where(head, np.clip(tissue, 0, 80), 0)
    if {Contrast.T1, Contrast.T1C} <= arrays.keys():
        one, other = arrays[Contrast.T1], arrays[Contrast.T1C]
        scaled = other - one * np.median(other[head]) / max(np.median(one[head]), 1e-6)
        yield "subtraction", None, other - one
        yield "subtraction, scaled first", None, scaled
        yield "subtraction without what is negative", None, np.maximum(scaled, 0)
        yield "subtraction without signs", None, np.abs(other - one)
    smooth = ndimage.gaussian_filter(base, 1)
    level = np.searchsorted(np.quantile(smooth[head], np.linspace(0, 1, 41)[1:-1]), smooth)
    yield "labels", None, np.where(head, random.permutation(40)[level] + 1, 0)
    bright = (little > np.quantile(little[head], 0.8)) & head
    yield "map of probability", None, ndimage.gaussian_filter(bright.astype(np.float32), 1)
    yield "bias field", None, np.where(head, ndimage.gaussian_filter(np.where(head, base, middle), 12), 0)
    yield "noise", None, np.where(head, np.abs(random.normal(100, 30, base.shape)), 0)


def reverse(pair: np.ndarray) -> np.ndarray:
    """`pair_features` of the same two images in reverse order: what is left over of either, and what they share."""
    half = len(pair) // 2
    return np.concatenate([pair[half:-1], pair[:half], pair[-1:]])


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
            row = contrast_features(array, coarse_grid, look)
            if row is not None:
                patient.planted[name, place] = row
        for a, b in combinations(samples, 2):
            pair = pair_features(samples[a], samples[b])
            if pair is not None:
                patient.pairs[a, b], patient.pairs[b, a] = pair, reverse(pair)
    return patient


def fit(patients: list[Patient], doubts: Doubts = ()) -> Judge:
    """The numbers, of these patients."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    rows = [(row, KINDS.index(c)) for p in patients for c, row in p.images.items()] * REPEATS
    rows += [(row, KINDS.index(None)) for p in patients for row in p.planted.values()]
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


HEADERS = {
    Contrast.T1: evidence_of(SeriesAttributes("t1 se tra", "", frozenset({"SE"}), (), 500.0, 12.0)),
    Contrast.T1C: evidence_of(SeriesAttributes("t1 se tra KM", "", frozenset({"SE"}), (), 500.0, 12.0, agent=True)),
    Contrast.T2: evidence_of(SeriesAttributes("t2 tse tra", "", frozenset({"SE"}), (), 4000.0, 100.0)),
    Contrast.FLAIR: evidence_of(SeriesAttributes("flair tra", "", frozenset({"SE", "IR"}), (), 9000.0, 120.0, 2500.0)),
}
"""What typical headers speak for; these patients have none."""


def gains(
    judge: Judge, patient: Patient, given: dict[Contrast, object], headers: dict[Contrast, Contrast] | None = None
) -> tuple[float, float]:
    """How much likelier the two other readings are, where an image (a key of the features) was given as a contrast.

    `headers`: whose header the image has that was given as a contrast; without any, nothing is known but the image.
    """
    features = {**patient.images, **patient.planted}
    rows = {contrast: features[image] for contrast, image in given.items()}
    keys = {(a, b): (given[a], given[b]) for a, b in combinations(given, 2)}
    pairs = {places: patient.pairs[images] for places, images in keys.items() if images in patient.pairs}
    told = {contrast: HEADERS[of] for contrast, of in (headers or {}).items()}
    (_, another), (_, none) = judge.likeliest(rows, pairs, told)
    return another, none


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
    for name, place in patient.planted:
        for contrast in real if place is None else [place]:
            if contrast in real:
                yield "of another kind", f"{name} in the place of one", {**real, contrast: (name, place)}


def cross_fitted(patients: list[Patient]) -> dict[str, Judge]:
    """A judge for every person who was not in its fit."""
    persons = np.random.default_rng(0).permutation(sorted({p.person for p in patients}))
    folds = {person: n % FOLDS for n, person in enumerate(persons)}
    fitted = [fit([p for p in patients if folds[p.person] != n]) for n in range(FOLDS)]
    return {person: fitted[fold] for person, fold in folds.items()}


def choose_doubts(patients: list[Patient], judges: dict[str, Judge]) -> Doubts:
    """For one, two, ... images: MOST_ASKED of right patients are asked about, and as many wrong ones as can be then."""
    right, wrong = defaultdict(list), defaultdict(lambda: defaultdict(list))
    for p in patients:
        for count in range(1, len(p.images) + 1):
            right[count] += [gains(judges[p.person], p, {c: c for c in s}) for s in combinations(p.images, count)]
        for kind, _, given in wrong_patients(p):
            wrong[len(given)][kind].append(gains(judges[p.person], p, given))
    doubts = []
    for count in range(1, len(Contrast) + 1):
        found = np.array(right[count])
        most = MOST_ASKED * len(found)
        options = []
        for share in np.linspace(0, MOST_ASKED, 9):
            another = max(LEAST_DOUBT, float(np.quantile(found[:, 0], 1 - share)))
            rest = found[found[:, 0] <= another]
            none = np.sort(rest[:, 1])[::-1][max(0, int(most - (len(found) - len(rest))))]
            doubt = np.round([another, max(LEAST_DOUBT, float(none))], 2)
            caught = [np.mean((np.array(seen) > doubt).any(axis=1)) for seen in wrong[count].values()]
            options.append((float(np.mean(caught)), doubt.tolist()))
        doubts.append(tuple(max(options)[1]))
    return doubts


def report(patients: list[Patient], doubts: Doubts, judges: dict[str, Judge]) -> dict[str, str]:
    """What was asked about, printed by name and returned by kind of patient."""
    asked: dict[str, list[bool]] = defaultdict(list)
    names: dict[str, list[bool]] = defaultdict(list)
    for p in patients:

        def seen(given: dict[Contrast, object], headers: dict | None = None, p: Patient = p) -> bool:
            return any(np.array(gains(judges[p.person], p, given, headers)) > doubts[len(given) - 1])

        right = {c: c for c in p.images}
        found = seen(right) or p.lost > 0
        if found:
            print(f"asked about the right patient {p.name}: {judges[p.person].likeliest(p.images, p.pairs)}")
        asked["right"].append(found)
        asked["right, with its own headers"].append(p.lost > 0 or seen(right, right))
        for count in (1, 2):
            some = [seen({c: c for c in s}) for s in combinations(right, count)]
            asked[f"right, {count} contrast{'s' * (count - 1)} of them"] += some
        for kind, name, given in wrong_patients(p):
            names[name].append(seen(given))
            asked[kind].append(names[name][-1])
            # Of another kind, with the header of what it was made of; of a contrast, with its own or that of its place.
            own = {place: image if isinstance(image, Contrast) else place for place, image in given.items()}
            asked[f"{kind}, with its own headers"].append(seen(given, own))
            asked[f"{kind}, with headers of what it was given as"].append(seen(given, {c: c for c in given}))
            if not kind.startswith("alone"):
                asked["wrong, all but single images"].append(names[name][-1])
    lines = {
        what: f"{sum(seen)} of {len(seen)} asked about ({np.mean(seen):.1%})"
        for group in (names, asked)
        for what, seen in sorted(group.items())
    }
    for what, line in lines.items():
        print(f"{what}: {line}")
    return {what: lines[what] for what in sorted(asked)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--split", type=Path, default=ROOT / "Resources" / "Study" / "split.json")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--features", type=Path)
    options = parser.parse_args()
    if options.features and options.features.exists():
        patients = pickle.loads(options.features.read_bytes())
    else:
        folders = [folder for data in options.data for folder in sorted(data.iterdir()) if folder.is_dir()]
        with ProcessPoolExecutor(2) as pool:
            patients = [p for p in pool.map(look_at, folders) if p.images or p.lost]
        if options.features:
            options.features.write_bytes(pickle.dumps(patients))
    cohorts = json.loads(options.split.read_text(encoding="utf-8"))["cohorts"].values()
    in_test = {name for parts in cohorts for name in parts["test"]}
    persons = {p.person for p in patients if p.name in in_test}
    test = [p for p in patients if p.person in persons]
    others = [p for p in patients if p.person not in persons]
    judges = cross_fitted(others)
    doubts = choose_doubts(others, judges)
    print(f"doubts for one to four images, another contrast and none: {doubts}")
    print("Cross-fitted:")
    figures = {"cross-fitted": report(others, doubts, judges)}
    judge = fit(others, doubts)
    print("Test part:")
    figures["test part"] = report(test, doubts, {p.person: judge for p in test})
    if options.write:
        record = {
            "description": "Networks of the kind of an image on contrast_features, "
            "and a regression of two contrasts in order on pair_features",
            "command": "python Testing/Benchmarks/benchmark_second_look.py DATA/brats DATA/tcga-lgg DATA/wild --write",
            "fitted_on": len(others),
            "figures": figures,
            "doubts": doubts,
            "kinds": [{k: np.round(v, 4).tolist() for k, v in network.items()} for network in judge.kinds],
            "orders": {k: np.round(v, 4).tolist() for k, v in judge.orders.items()},
        }
        (ROOT / "Resources" / NUMBERS_FILE).write_text(json.dumps(record) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
