"""How often a contrast is told from the image alone, on real patients whose files have lost their names.

    python Testing/Benchmarks/benchmark_image_contrast.py DATA... [--write]

Each DATA folder holds one folder per patient with t1, t1c, t2 and flair as .nii.gz. The figures are cross-validated by
patient (ten folds). ``--write`` fits the numbers anew on all patients and writes them to Resources.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.recognize.image_contrast import MODEL_FILE, contrast_features
from SynthTrustLib.case.recognize.looks import LEAST_SHARE
from SynthTrustLib.vocabulary import Contrast

FOLDS = 10
REGULARIZATION = 1.0


def collect(folders: list[Path]) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """Features, contrast numbers, and patient and cohort of every volume."""
    files = [
        (cohort.name, patient.name, n, patient / f"{contrast.lower()}.nii.gz")
        for cohort in folders
        for patient in sorted(cohort.iterdir())
        for n, contrast in enumerate(Contrast)
        if (patient / f"{contrast.lower()}.nii.gz").exists()
    ]

    def features(path: Path) -> np.ndarray | None:
        image = read_image(path)
        return contrast_features(image.array, image.geometry)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(features, [path for *_, path in files]))
    kept = [(file, row) for file, row in zip(files, found, strict=True) if row is not None]
    print(f"{len(kept)} volumes, {len(files) - len(kept)} without a head that could be found")
    return (
        np.array([row for _, row in kept]),
        np.array([file[2] for file, _ in kept]),
        [file[1] for file, _ in kept],
        [file[0] for file, _ in kept],
    )


def fit(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    model = LogisticRegression(C=REGULARIZATION, max_iter=5000, class_weight="balanced").fit((x - mean) / scale, y)
    return {"mean": mean, "scale": scale, "weights": model.coef_, "bias": model.intercept_}


def predict(model: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    scores = ((x - model["mean"]) / model["scale"]) @ model["weights"].T + model["bias"]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def cross_validated(x: np.ndarray, y: np.ndarray, patients: list[str]) -> np.ndarray:
    """Shares of the four contrasts for every volume, from a fit that never saw its patient."""
    # The same person under another name must not be on both sides.
    names = np.array(
        [patient.replace("_", "-")[:12] if patient.startswith("TCGA") else patient for patient in patients]
    )
    fold = {name: n % FOLDS for n, name in enumerate(np.random.default_rng(0).permutation(np.unique(names)))}
    folds = np.array([fold[name] for name in names])
    shares = np.zeros((len(y), len(Contrast)))
    for n in range(FOLDS):
        shares[folds == n] = predict(fit(x[folds != n], y[folds != n]), x[folds == n])
    return shares


def jointly(shares: np.ndarray, patients: list[str]) -> np.ndarray:
    """The guess for every volume when each contrast is given to at most one volume of a patient."""
    from scipy.optimize import linear_sum_assignment

    guess = np.zeros(len(shares), int)
    for patient in dict.fromkeys(patients):
        there = np.flatnonzero(np.array(patients) == patient)
        rows, columns = linear_sum_assignment(-np.log(shares[there] + 1e-6))
        guess[there[rows]] = columns
    return guess


def half_named(y: np.ndarray, shares: np.ndarray, patients: list[str], random: np.random.Generator) -> float:
    """Share of volumes told right when half of all have lost their names, by the rules of `recognize_by_looks`.

    A name counts as right. What looks like none of the contrasts that are still wanted is left out: that is wrong.
    """
    from scipy.optimize import linear_sum_assignment

    nameless = np.zeros(len(y), bool)
    nameless[random.permutation(len(y))[: len(y) // 2]] = True
    right = ~nameless
    for patient in dict.fromkeys(patients):
        there = np.array(patients) == patient
        wanted = np.setdiff1d(np.arange(len(Contrast)), y[there & ~nameless])
        lost = np.flatnonzero(there & nameless)
        rows, columns = linear_sum_assignment(-np.log(shares[np.ix_(lost, wanted)] + 1e-6))
        for volume, contrast in zip(lost[rows], wanted[columns], strict=True):
            right[volume] = contrast == y[volume] and shares[volume, contrast] >= LEAST_SHARE
    return float(right.mean())


def report(y: np.ndarray, shares: np.ndarray, patients: list[str], cohorts: list[str]) -> dict[str, float]:
    alone = shares.argmax(axis=1) == y
    print(f"one volume at a time: {alone.mean():.1%} right; all of a patient's together:")
    guess = jointly(shares, patients)
    right, sure = guess == y, shares[np.arange(len(y)), guess] >= LOW_CONFIDENCE
    names = [str(contrast) for contrast in Contrast]
    for cohort in dict.fromkeys(cohorts):
        there = np.array(cohorts) == cohort
        print(f"{cohort}: {right[there].mean():.1%} of {there.sum()} right")
    for n, name in enumerate(names):
        taken = Counter(names[g] for g in guess[y == n])
        print(f"{name}: {right[y == n].mean():.1%} right; taken for {dict(taken)}")
    halves = [half_named(y, shares, patients, np.random.default_rng(seed)) for seed in range(20)]
    print(f"half of the names removed, 20 draws: {np.mean(halves):.1%} right on average, {min(halves):.1%} at worst")
    print(f"all: {right.mean():.1%} right; sure of {sure.mean():.1%}, of which {right[sure].mean():.1%} right")
    return {
        "right_alone": float(alone.mean()),
        "right": float(right.mean()),
        "sure": float(sure.mean()),
        "right_where_sure": float(right[sure].mean()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    x, y, patients, cohorts = collect(options.data)
    figures = report(y, cross_validated(x, y, patients), patients, cohorts)
    if options.write:
        model = fit(x, y)
        record = {
            "description": "Logistic regression of T1, T1c, T2, FLAIR (in this order) on contrast_features",
            "fitted_on": {cohort: cohorts.count(cohort) for cohort in dict.fromkeys(cohorts)},
            "cross_validated_by_patient": {name: round(value, 4) for name, value in figures.items()},
            **{name: np.round(value, 6).tolist() for name, value in model.items()},
        }
        target = ROOT / "Resources" / MODEL_FILE
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
