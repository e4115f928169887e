"""What each mix's own training set looks like, so that a calibration can tell whether a patient is like it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from SynthTrustLib.calibration.calibrate import FitMixes
from SynthTrustLib.calibration.fit.groups import fit_groups, left_out_scores
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.mixes.dataset import first_samples
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.mixes.plan import read_plan
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import weights_of
from SynthTrustLib.trust.measures import appearance
from SynthTrustLib.whole_file import write_text


def mixes_of_plan(plan: Path, data: Path, work: Path) -> FitMixes:
    """`fit_mixes` for the segmenters of a plan file; `data` and `work` as of `Laboratory`."""
    return partial(fit_mixes, Laboratory(read_plan(plan), data, work))


def fit_mixes(
    laboratory: Laboratory,
    packages: Sequence[SegmenterPackage],
    cache: Path,
    progress: Progress = silent,
    *,
    earlier: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Weights of a segmenter -> groups of its own training set, with the scores of its cases, each left out.

    For the segmenters of the laboratory's plan that are among `packages`. What an `earlier` fit has of the same weights
    is taken from it, of whatever plan they are: the same weights learned from the same training set, which may take
    long to make again.
    """
    by_id = {package.card.id: package for package in packages}
    known = earlier or {}
    fitted = {weights: known[weights] for package in packages if (weights := weights_of(package.card)) in known}
    for mix in laboratory.plan.segmenters:
        package = by_id.get(mix.id)
        if package is None:
            continue
        weights = weights_of(package.card)
        if weights in fitted:
            continue
        progress(f"looking at the training set of {mix.id}", 0.0)
        path = cache / f"mix-{digest([weights, appearance.VERSION])}.json"
        if not path.exists():
            views = {s.id: appearance.appearance(s.image) for s in first_samples(laboratory.samples(mix))}
            groups = fit_groups(views)
            scores = list(left_out_scores(views, groups).values())
            slim = [{**group, "patients": len(group["patients"])} for group in groups]
            write_text(path, json.dumps({"groups": slim, "scores": scores}))
        fitted[weights] = json.loads(path.read_text("utf-8"))
    return fitted
