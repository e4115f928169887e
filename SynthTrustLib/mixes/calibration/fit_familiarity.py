"""What the in-distribution rows need: groups of training patients, and the scores of calibration patients and mixes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from SynthTrustLib.mixes.calibration.fit_groups import fit_groups, left_out_scores
from SynthTrustLib.mixes.calibration.looks import looks_of_samples
from SynthTrustLib.mixes.identity import digest, weights_of
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.mixes.whole_file import write_text
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.package import SegmenterPackage
from SynthTrustLib.trust import appearance
from SynthTrustLib.trust.appearance import Views
from SynthTrustLib.trust.plain_checks import Plain
from SynthTrustLib.trust.unfamiliarity import unfamiliarity

ALLOWED = 0.1
"""A patient may lie this share outside the range of the others before a plain fact is to be checked."""

Looks = Mapping[str, tuple[Views, Plain]]


def fit_familiarity(groups: Sequence[Mapping[str, Any]], training: Looks, calibration: Looks) -> dict[str, Any]:
    """The part ``in_distribution`` of a calibration file, without its mixes."""
    scores = {case: unfamiliarity(groups, views) for case, (views, _) in calibration.items()}
    everyone = [plain for _, plain in (*training.values(), *calibration.values())]
    limits: dict[str, Any] = {"patients": len(everyone)}
    for fact in ("cut_off", "brain_ml"):
        values = [value for plain in everyone if (value := plain[fact]) is not None]
        limits[fact] = [(1 - ALLOWED) * min(values), (1 + ALLOWED) * max(values)] if values else None
    return {
        "groups": list(groups),
        "scores": {case: float(f"{score:.6g}") for case, score in scores.items() if score is not None},
        "plain": limits,
        "mixes": {},
    }


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
    is taken from it: the same weights learned from the same training set, which may take long to make again.
    """
    by_id = {package.card.id: package for package in packages}
    fitted = {}
    for mix in laboratory.plan.segmenters:
        package = by_id.get(mix.id)
        if package is None:
            continue
        progress(f"looking at the training set of {mix.id}", 0.0)
        weights = weights_of(package.card)
        if earlier and weights in earlier:
            fitted[weights] = earlier[weights]
            continue
        path = cache / f"mix-{digest([weights, appearance.VERSION])}.json"
        if not path.exists():
            views = looks_of_samples(laboratory.samples(mix))
            groups = fit_groups(views)
            scores = list(left_out_scores(views, groups).values())
            slim = [{**group, "patients": len(group["patients"])} for group in groups]
            write_text(path, json.dumps({"groups": slim, "scores": scores}))
        fitted[weights] = json.loads(path.read_text("utf-8"))
    return fitted
