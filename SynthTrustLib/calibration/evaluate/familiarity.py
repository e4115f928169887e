"""How the in-distribution check does: on test patients as they are, on the same made unusual, on a healthy brain."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.failure import auroc
from SynthTrustLib.calibration.evaluate.intervals import bootstrap
from SynthTrustLib.calibration.evaluate.shifts import RESECTION, VERSION, can_resect, shifts
from SynthTrustLib.calibration.looks import looks_of_cases
from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing, prepare
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.trust.learned.in_distribution import Familiarity, compare
from SynthTrustLib.trust.measures import appearance
from SynthTrustLib.trust.measures.plain_checks import Plain, plain_facts
from SynthTrustLib.whole_file import write_text

Scores = npt.NDArray[np.float64]


def unusual_cases(
    record: Mapping[str, Any],
    entries: Sequence[LabelledCase],
    settings: Preprocessing,
    cache: Path,
    progress: Progress = silent,
) -> dict[str, Familiarity]:
    """Case id -> how the test patients compare as they are; `record` is the part ``in_distribution`` of the file."""
    looks = looks_of_cases(entries, settings, cache, progress)
    return {case: compare(record, views) for case, (views, _) in looks.items()}


def evaluate_shifts(
    record: Mapping[str, Any],
    entries: Sequence[LabelledCase],
    usual: Mapping[str, Familiarity],
    settings: Preprocessing,
    cache: Path,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Per shift: AUROC of the shifted against the same patients unshifted, and how many are noticed, by what."""
    found: dict[str, list[tuple[str, Familiarity, list[str]]]] = {name: [] for name in shifts()}
    for done, entry in enumerate(entries):
        progress(f"shifting {entry.id}", done / len(entries))
        for name, look in _shifted_looks(entry, settings, cache).items():
            if look is not None:
                told = _outside(record, look["plain"]) + look["told"]
                found[name].append((entry.id, compare(record, appearance.from_record(look["views"])), told))
    results = []
    for name, rows in found.items():
        if not rows:
            continue
        scores = np.array([_score(familiar) for _, familiar, _ in rows])
        before = np.array([_score(usual[case]) for case, _, _ in rows])
        low, high = bootstrap(partial(_aurocs, scores, before), len(rows))
        by_p = [familiar.out for _, familiar, _ in rows]
        results.append(
            {
                "shift": name,
                "patients": len(rows),
                "auroc": round(auroc(scores, before), 4),
                "low": round(low, 4),
                "high": round(high, 4),
                "flagged": int(sum(by_p)),
                "told_by_a_row": int(sum(bool(told) for _, _, told in rows)),
                "noticed": int(sum(p or bool(told) for p, (_, _, told) in zip(by_p, rows, strict=True))),
            }
        )
    return results


def evaluate_healthy(record: Mapping[str, Any], folder: Path, settings: Preprocessing) -> dict[str, Any]:
    """A healthy brain's p-value and the plain rows that say something; `folder` holds ``t1.nii.gz`` and so on."""
    paths = {c: path for c in GLIOMA.contrast_ids if (path := folder / f"{c.lower()}.nii.gz").exists()}
    case = load_case(paths)
    familiar = compare(record, appearance.appearance(prepare(case, settings).image))
    return {
        "contrasts": [str(contrast) for contrast in case.contrasts],
        "p": None if familiar.p is None else round(familiar.p, 4),
        "flagged": familiar.out,
        "rows": _outside(record, plain_facts(case)) + _told(case),
    }


def _score(familiar: Familiarity) -> float:
    """Unfamiliarity; infinite where no group has a contrast of the patient."""
    return float("inf") if familiar.score is None else familiar.score


def _aurocs(shifted: Scores, usual: Scores, draws: npt.NDArray[np.intp]) -> Scores:
    """Of every draw of patients, one by one: all of their pairs at once would fill the memory."""
    return np.array([auroc(shifted[drawn], usual[drawn]) for drawn in draws])


def _outside(record: Mapping[str, Any], plain: Plain) -> list[str]:
    """The plain facts that lie outside the range of the other patients."""
    names = []
    for fact, value in plain.items():
        limit = record.get("plain_facts", {}).get(fact)
        if value is not None and limit is not None and not limit["low"] <= value <= limit["high"]:
            names.append(fact)
    return names


def _shifted_looks(entry: LabelledCase, settings: Preprocessing, cache: Path) -> dict[str, dict[str, Any] | None]:
    """Shift -> features, plain facts and preflight of the shifted case; None where it is impossible.

    Of the preflight, what it says of the shifted patient's files and not of the patient's own.

    A resection that was simulated before is taken from `cache`; without resector a new one is left out.
    """
    identity = case_identity(entry)
    seed = int(identity[:8], 16)  # of its own for every patient, and the same every time
    stamp = digest([identity, settings.to_dict(), appearance.VERSION, VERSION])
    case: PatientCase | None = None
    own: set[str] = set()
    looks: dict[str, dict[str, Any] | None] = {}
    for name, shift in shifts().items():
        path = cache / f"shift-{digest([stamp, name])}.json"
        if not path.exists():
            if name == RESECTION and not can_resect():
                continue
            if case is None:
                case = entry.load()
                own = set(_told(_read_again(case)))
            changed = shift(case, seed)
            record = None
            if changed is not None:
                views = appearance.appearance(prepare(changed, settings).image)
                told = sorted(set(_told(_read_again(changed))) - own)
                record = {"views": appearance.to_record(views), "plain": plain_facts(changed), "told": told}
            write_text(path, json.dumps(record))
        looks[name] = json.loads(path.read_text("utf-8"))
    return looks


def _told(case: PatientCase) -> list[str]:
    """What the preflight warns of, asks about or misses."""
    return [check.key for check in case.checks if check.verdict in (Verdict.WARNING, Verdict.CONCERN, Verdict.MISSING)]


def _read_again(case: PatientCase) -> PatientCase:
    """The case as it is loaded from files of its images, whose names tell no contrast."""
    import SimpleITK as sitk

    with TemporaryDirectory() as folder:
        paths = {}
        for n, (contrast, volume) in enumerate(case.volumes.items()):
            paths[contrast] = Path(folder) / f"{n}.nii.gz"
            sitk.WriteImage(case.geometry.to_sitk(volume.array), str(paths[contrast]))
        return load_case(paths)
