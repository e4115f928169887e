"""What one version says of one patient, as facts: read from a result folder without the library, which changes.

A fact has a place, such as ``row volume.WT.pooled`` or ``outline real-only WT``, and named fields: numbers, words, or
lists of numbers. A field ``unit`` says what the numbers of the fact are in. Whoever gives result folders another form
teaches it to this file, and leaves the places and fields as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import SimpleITK as sitk

Fact: TypeAlias = dict[str, Any]
Facts: TypeAlias = dict[str, Fact]

REGION_LABELS = {"WT": (1, 2, 3), "TC": (1, 3), "ET": (3,)}
"""The labels of a label map that make up each region."""

LIKELY = 0.5
HARDLY = 0.1
"""The probabilities from which voxels are counted."""

LASTING = ("inputs", "reference", "calibration", "accepted_concerns", "settings")
"""The parts of the provenance that do not depend on time and machine."""

DIGITS = 6
EMPTY = (None, "")


def facts_of(folder: Path) -> Facts:
    """Every fact of a result folder.

    Parameters
    ----------
    folder : Path
        As ``synthtrust assess --keep-probabilities`` writes it.
    """
    scorecard = json.loads((folder / "scorecard.json").read_text("utf-8"))
    files = {f"file {path.relative_to(folder).as_posix()}": {"there": True} for path in folder.rglob("*.*")}
    return {**dict(_scorecard(scorecard)), **dict(sorted(_volumes(folder))), **dict(sorted(files.items()))}


def _scorecard(record: dict[str, Any]) -> Iterator[tuple[str, Fact]]:
    yield "patient", {"label": record["case_label"], "synthetic": record["is_synthetic_patient"]}
    for row in record["rows"]:
        yield f"row {row['key']}", {name: value for name, value in row.items() if name != "key" and value not in EMPTY}
    ids = [card["id"] for card in record["segmenters"]]
    for card in record["segmenters"]:
        fraction = card["training_mix"]["synthetic_fraction"]
        yield f"segmenter {card['id']}", {"name": card["name"], "synthetic_fraction": fraction}
    for identifier, reason in record["skipped"].items():
        yield f"skipped {identifier}", {"reason": reason}
    for region, matrix in record["pairwise_dice"].items():
        for one, dices in enumerate(matrix):
            for other in range(one):
                yield f"dice {region} {ids[other]} {ids[one]}", {"value": dices[other]}
    for response in record["dose_response"]:
        line = {name: response[name] for name in ("slope", "slope_standard_error", "intercept")}
        yield f"dose response {response['region']}", {**line, "unit": "mL"}
    for spot in record["review_spots"]:
        ras = {"ras": spot["ras"], "unit": "mm"}
        values = {name: spot[name] for name in ("peak_value", "mean_value")}
        yield f"spot {spot['rank']} place", ras
        yield f"spot {spot['rank']}", {"region": spot["region"], "reason": spot["reason"], **values}
    for name in LASTING:
        yield f"provenance {name}", {"is": record["provenance"].get(name)}


def _volumes(folder: Path) -> Iterator[tuple[str, Fact]]:
    for path in (folder / "segmentations").glob("*.nii.gz"):
        image = sitk.ReadImage(str(path))
        labels = sitk.GetArrayViewFromImage(image)
        for region, ones in REGION_LABELS.items():
            yield from _mask(f"outline {_stem(path)} {region}", image, np.isin(labels, ones))
    for kind in ("probabilities", "maps"):
        for path in (folder / kind).glob("*.nii.gz"):
            image = sitk.ReadImage(str(path))
            values = sitk.GetArrayFromImage(image)
            place = f"{kind} {' '.join(_stem(path).rsplit('_', 1))}"
            yield place, {"lowest": _number(values.min()), "highest": _number(values.max())}
            yield f"{place} sum", {"value": _millilitres(image, values.sum(dtype=np.float64)), "unit": "mL"}
            yield from _mask(f"{place} from {LIKELY}", image, values >= LIKELY)
            yield from _mask(f"{place} from {HARDLY}", image, values >= HARDLY)


def _mask(place: str, image: Any, mask: np.ndarray) -> Iterator[tuple[str, Fact]]:
    """How much a mask (k, j, i) holds, and where its centre is (RAS, mm)."""
    yield place, {"value": _millilitres(image, mask.sum()), "unit": "mL"}
    if mask.any():
        k, j, i = (float(axis.mean()) for axis in np.nonzero(mask))
        left, back, up = image.TransformContinuousIndexToPhysicalPoint((i, j, k))
        yield f"{place} centre", {"ras": [_number(-left), _number(-back), _number(up)], "unit": "mm"}


def _millilitres(image: Any, voxels: float) -> float:
    return _number(voxels * np.prod(image.GetSpacing()) / 1000)


def _number(value: float) -> float:
    return float(f"{float(value):.{DIGITS}g}") + 0.0


def _stem(path: Path) -> str:
    return path.name.removesuffix(".nii.gz")
