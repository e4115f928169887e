"""A result folder as values: what `scene.build_scene` needs, and the report's text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import InputError
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.regular_file import read_regular, read_regular_text
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.vocabulary import Region

STAGE = "reading the result"

REGION_LABELS = {Region.WT: (1, 2, 3), Region.TC: (1, 3), Region.ET: (3,)}
"""The labels of the files in ``segmentations/`` that make up each region: the inverse of `labels.label_map`."""

_REGION_OF_LABEL = {
    region: np.array([label in labels for label in range(256)]) for region, labels in REGION_LABELS.items()
}


@dataclass(frozen=True, eq=False)
class Results:
    """What one run has found.

    Attributes
    ----------
    outlines : mapping
        Segmenter id -> bool (region, k, j, i), in the scorecard's order.
    pooled : ndarray of bool, shape (region, k, j, i)
    maps : mapping
        Kind (``"disagreement"``, ``"uncertainty"``, ``"mix_influence"``) -> float32 (region, k, j, i). Without
        ``"mix_influence"`` where it is unknown.
    """

    geometry: Geometry
    regions: tuple[Region, ...]
    scorecard: Scorecard
    outlines: Mapping[str, npt.NDArray[np.bool_]]
    pooled: npt.NDArray[np.bool_]
    maps: Mapping[str, npt.NDArray[np.float32]]
    report_html: str
    log: str

    def masks(self) -> Iterator[dict[Region, npt.NDArray[np.bool_]]]:
        """Per segmenter, what it outlines: bool (k, j, i) by region."""
        for outline in self.outlines.values():
            yield dict(zip(self.regions, outline, strict=True))

    def trust_maps(self) -> TrustMaps:
        """The maps; `pooled` is 1 inside the pooled outline and 0 outside, and there is no `between`."""
        nothing = np.zeros((len(self.regions), 0, 0, 0), np.float32)
        influence = self.maps.get("mix_influence")
        return TrustMaps(
            geometry=self.geometry,
            regions=self.regions,
            support=self._support(),
            pooled=self.pooled.astype(np.float32),
            disagreement=self.maps["disagreement"],
            uncertainty=self.maps["uncertainty"],
            between=nothing,
            mix_influence=influence,
            mix_influence_reason="" if influence is not None else "it was not computed",
        )

    def _support(self) -> tuple[slice, slice, slice]:
        k, j, i = self.geometry.shape
        return slice(0, k), slice(0, j), slice(0, i)


def read_results(folder: Path, progress: Progress = silent) -> Results:
    """Read what `runner.assess` has written.

    Raises
    ------
    InputError
        If the folder is not a whole result.
    """
    from SynthTrustLib.trust.serialize import from_dict

    try:
        scorecard = from_dict(json.loads(read_regular(folder / "scorecard.json")))
        regions = tuple(r for r in Region if (folder / "maps" / f"disagreement_{r}.nii.gz").is_file())
        if not regions:
            raise InputError("it holds no maps", source=folder.name, next_step="Run the assessment again.")
        kinds = [k for k in ("disagreement", "uncertainty", "mix_influence") if _map(folder, k, regions[0]).is_file()]
        ids = [card.id for card in scorecard.segmenters]
        paths = [_map(folder, kind, region) for kind in kinds for region in regions]
        paths += [folder / "segmentations" / f"{name}.nii.gz" for name in (*ids, "pooled")]
        images = {}
        for path in paths:
            images[path] = read_image(path, blank_allowed=True)
            progress(STAGE, 0.6 * len(images) / len(paths))
        report = read_regular_text(folder / "report.html")
        log = read_regular_text(folder / "run.log")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise InputError(
            f"the result cannot be read ({type(error).__name__}: {str(error)[:200]})",
            source=folder.name,
            next_step="Run the assessment again.",
        ) from error
    outlines = {}
    for name in (*ids, "pooled"):
        labels = images.pop(folder / "segmentations" / f"{name}.nii.gz").array.astype(np.uint8)
        outlines[name] = np.stack([_REGION_OF_LABEL[region][labels] for region in regions])
        progress(STAGE, 0.6 + 0.3 * len(outlines) / (len(ids) + 1))
    maps = {}
    for kind in kinds:
        maps[kind] = np.stack([images[_map(folder, kind, region)].array for region in regions])
        progress(STAGE, 0.9 + 0.1 * len(maps) / len(kinds))
    return Results(
        geometry=images[paths[0]].geometry,
        regions=regions,
        scorecard=scorecard,
        pooled=outlines.pop("pooled"),
        outlines=outlines,
        maps=maps,
        report_html=report,
        log=log,
    )


def _map(folder: Path, kind: str, region: Region) -> Path:
    return folder / "maps" / f"{kind}_{region}.nii.gz"
