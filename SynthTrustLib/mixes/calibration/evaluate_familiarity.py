"""How the in-distribution check does: on test patients as they are, on the same made unusual, on a healthy brain."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.mixes.calibration.failure import auroc, bootstrap
from SynthTrustLib.mixes.calibration.looks import looks_of_cases
from SynthTrustLib.mixes.calibration.shifts import VERSION, shifts
from SynthTrustLib.mixes.identity import case_identity, digest
from SynthTrustLib.mixes.labelled import LabelledCase
from SynthTrustLib.mixes.whole_file import write_text
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.preprocess import Preprocessing, prepare
from SynthTrustLib.trust import appearance
from SynthTrustLib.trust.conformal import flagged, p_value
from SynthTrustLib.trust.plain_checks import Plain, plain_facts
from SynthTrustLib.trust.unfamiliarity import unfamiliarity
from SynthTrustLib.vocabulary import Contrast


class Familiar:
    """The in-distribution part of a calibration file, applied to scans."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.scores = list(record["scores"].values())

    def score(self, views: appearance.Views) -> float:
        """Unfamiliarity; infinite where no group has a contrast of the patient."""
        score = unfamiliarity(self.record["groups"], views)
        return float("inf") if score is None else score

    def flagged(self, score: float) -> bool:
        """Whether intervals would be struck through."""
        return flagged(p_value(score, self.scores), len(self.scores))

    def outside(self, plain: Plain) -> list[str]:
        """The plain facts that lie outside the range of the other patients."""
        names = []
        for fact, value in plain.items():
            span = self.record["plain"].get(fact)
            if value is not None and span is not None and not span[0] <= value <= span[1]:
                names.append(fact)
        return names


def unusual_cases(
    familiar: Familiar,
    entries: Sequence[LabelledCase],
    settings: Preprocessing,
    cache: Path,
    progress: Progress = silent,
) -> dict[str, float]:
    """Case id -> unfamiliarity of the test patients as they are."""
    looks = looks_of_cases(entries, settings, cache, progress)
    return {case: familiar.score(views) for case, (views, _) in looks.items()}


def evaluate_shifts(
    familiar: Familiar,
    entries: Sequence[LabelledCase],
    usual: Mapping[str, float],
    settings: Preprocessing,
    cache: Path,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Per shift: AUROC of the shifted against the same patients unshifted, and how many are noticed, by what."""
    found: dict[str, list[tuple[str, float, list[str]]]] = {name: [] for name in shifts()}
    for done, entry in enumerate(entries):
        progress(f"shifting {entry.id}", done / len(entries))
        for name, record in _shifted_looks(entry, settings, cache).items():
            if record is not None:
                told = familiar.outside(record["plain"]) + record["missing"]
                found[name].append((entry.id, familiar.score(appearance.from_record(record["views"])), told))
    results = []
    for name, rows in found.items():
        if not rows:
            continue
        scores = np.array([score for _, score, _ in rows])
        before = np.array([usual[case] for case, _, _ in rows])
        low, high = bootstrap(lambda i, s=scores, b=before: auroc(s[i], b[i]), len(rows))  # type: ignore[misc]
        by_p = [familiar.flagged(score) for score in scores]
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


def evaluate_healthy(familiar: Familiar, folder: Path, settings: Preprocessing) -> dict[str, Any]:
    """A healthy brain's p-value and the plain rows that say something; `folder` holds ``t1.nii.gz`` and so on."""
    paths = {c: path for c in Contrast if (path := folder / f"{c.lower()}.nii.gz").exists()}
    case = load_case(paths)
    score = familiar.score(appearance.appearance(prepare(case, settings).image))
    return {
        "contrasts": [str(contrast) for contrast in case.contrasts],
        "p": round(p_value(score, familiar.scores), 4),
        "flagged": familiar.flagged(score),
        "rows": familiar.outside(plain_facts(case)) + _missing(case),
    }


def _shifted_looks(entry: LabelledCase, settings: Preprocessing, cache: Path) -> dict[str, dict[str, Any] | None]:
    """Shift -> features, plain facts and missing contrasts of the shifted case; None where it is impossible."""
    identity = case_identity(entry)
    seed = int(identity[:8], 16)  # of its own for every patient, and the same every time
    stamp = digest([identity, settings.to_dict(), appearance.VERSION, VERSION])
    case: PatientCase | None = None
    looks: dict[str, dict[str, Any] | None] = {}
    for name, shift in shifts().items():
        path = cache / f"shift-{digest([stamp, name])}.json"
        if not path.exists():
            case = case or entry.load()
            changed = shift(case, seed)
            record = None
            if changed is not None:
                views = appearance.appearance(prepare(changed, settings).image)
                missing = [gone for gone in _missing(changed) if gone not in _missing(case)]
                record = {"views": appearance.to_record(views), "plain": plain_facts(changed), "missing": missing}
            write_text(path, json.dumps(record))
        looks[name] = json.loads(path.read_text("utf-8"))
    return looks


def _missing(case: PatientCase) -> list[str]:
    return [f"{contrast} missing" for contrast in case.missing]
