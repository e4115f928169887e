"""One row for every segmenter, case and region: measured once, kept, and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.fingerprint import digest
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.mixes.evaluate import answer
from SynthTrustLib.mixes.study.measures import measure_region
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.engines.engine import Engine
from SynthTrustLib.segmenters.outlines import member_masks
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.package.identity import segmenter_identity
from SynthTrustLib.vocabulary import Region
from SynthTrustLib.whole_file import write_text

Row = dict[str, Any]
"""segmenter, case, cohort, site, patient, synthetic, region, dice, hd95, volume_error, ece, kilovoxels"""


def measure_package(
    package: SegmenterPackage,
    samples: Sequence[Sample],
    facts: Mapping[str, Mapping[str, Any]],
    engine: Engine,
    cache: Path,
    progress: Progress = silent,
) -> list[Row]:
    """Rows of a segmenter on samples; those measured before by the same segmenter and engine are read from `cache`.

    `facts` gives, per case id, ``site``, ``patient``, ``spacing`` (mm along (k, j, i), or None where it is not trusted)
    and ``identity`` (a hash of what the case is made of).
    """
    segmenter = segmenter_identity(package.card)
    rows: list[Row] = []
    for done, sample in enumerate(samples):
        progress(f"measuring {package.card.id} on {sample.id}", done / len(samples))
        known = facts[sample.id]
        path = cache / f"{digest([segmenter, engine.name, sample.id, known['identity']])}.json"
        if not path.exists():
            measured = _measure(package.card, answer(package, sample, engine), sample, known["spacing"])
            write_text(path, json.dumps(measured))
        for region, values in json.loads(path.read_text("utf-8")).items():
            rows.append(
                {
                    "segmenter": package.card.id,
                    "case": sample.id,
                    "cohort": sample.cohort,
                    "site": known["site"],
                    "patient": known["patient"],
                    "synthetic": sample.synthetic,
                    "region": region,
                    **values,
                }
            )
    return rows


def add_tertiles(rows: Sequence[Row], training_kilovoxels: Mapping[tuple[str, str], Sequence[float]]) -> None:
    """Set every row's ``tertile`` (small, medium, large) by the sizes of its cohort's training patients."""
    for row in rows:
        sizes = training_kilovoxels.get((row["cohort"], row["region"]), ())
        if len(sizes) < 3:
            row["tertile"] = None
            continue
        cuts = np.quantile(sizes, (1 / 3, 2 / 3))
        row["tertile"] = ("small", "medium", "large")[int(np.searchsorted(cuts, row["kilovoxels"]))]


def _measure(
    card: SegmenterCard,
    probabilities: npt.NDArray[np.float32],
    sample: Sample,
    spacing: tuple[float, float, float] | None,
) -> dict[str, dict[str, float | None]]:
    found = member_masks(card, probabilities, tuple(Region))
    return {
        str(region): measure_region(probabilities[bit], found[region], (sample.label >> bit & 1).astype(bool), spacing)
        for bit, region in enumerate(Region)
        if sample.known[bit]
    }
