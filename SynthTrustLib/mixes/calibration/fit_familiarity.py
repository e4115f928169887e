"""What the in-distribution rows need: groups of training patients, how calibration patients compare, and the mixes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from SynthTrustLib.fingerprint import digest
from SynthTrustLib.mixes.calibration.fit_groups import fit_groups, left_out_scores
from SynthTrustLib.mixes.calibration.looks import looks_of_samples
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.identity import weights_of
from SynthTrustLib.segmenters.package import SegmenterPackage
from SynthTrustLib.significant import significant
from SynthTrustLib.trust import appearance
from SynthTrustLib.trust.appearance import Views
from SynthTrustLib.trust.plain_checks import Plain
from SynthTrustLib.trust.unfamiliarity import distances
from SynthTrustLib.whole_file import write_text

ALLOWED = 0.1
"""A patient may lie this share outside the range of the others before a plain fact is to be checked."""

Looks = Mapping[str, tuple[Views, Plain]]


def fit_familiarity(groups: Sequence[Mapping[str, Any]], training: Looks, calibration: Looks) -> dict[str, Any]:
    """The part ``in_distribution`` of a calibration file, without its mixes."""
    found = {case: distances(groups, views) for case, (views, _) in calibration.items()}
    everyone = [plain for _, plain in (*training.values(), *calibration.values())]
    return {
        "groups": list(groups),
        "distances": {case: [_rounded(group) for group in one] for case, one in found.items() if any(one)},
        "plain_facts": {fact: _limit([plain[fact] for plain in everyone]) for fact in ("cut_off", "brain_ml")},
        "mixes": {},
    }


def _rounded(group: Mapping[str, float]) -> dict[str, float]:
    return {contrast: significant(value) for contrast, value in group.items()}


def _limit(values: Sequence[float | None]) -> dict[str, float] | None:
    """The range of a plain fact among the patients of whom it is known, and their number; None if of nobody."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {"patients": len(known), "low": (1 - ALLOWED) * min(known), "high": (1 + ALLOWED) * max(known)}


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
