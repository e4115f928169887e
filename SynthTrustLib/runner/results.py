"""A result folder as values: what `scene.build_scene` needs, and the report's text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import InputError
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.vocabulary import Region

REGION_LABELS = {Region.WT: (1, 2, 3), Region.TC: (1, 3), Region.ET: (3,)}
"""The labels of the files in ``segmentations/`` that make up each region: the inverse of `labels.label_map`."""

_READERS = 2


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

    def stack(self) -> ProbabilityStack:
        """The outlines in the place of probabilities: 1 inside, 0 outside. Enough to draw them, no more."""
        return ProbabilityStack(
            probabilities=np.stack(list(self.outlines.values())).astype(np.float32),
            segmenters=self.scorecard.segmenters,
            regions=self.regions,
            geometry=self.geometry,
            support=self._support(),
            skipped=self.scorecard.skipped,
        )

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


def read_results(folder: Path) -> Results:
    """Read what `runner.assess` has written.

    Raises
    ------
    InputError
        If the folder is not a whole result.
    """
    import SimpleITK as sitk

    from SynthTrustLib.trust.serialize import from_dict

    try:
        scorecard = from_dict(json.loads((folder / "scorecard.json").read_text("utf-8")))
        regions = tuple(r for r in Region if (folder / "maps" / f"disagreement_{r}.nii.gz").is_file())
        if not regions:
            raise InputError("it holds no maps", source=folder.name, next_step="Run the assessment again.")
        kinds = [k for k in ("disagreement", "uncertainty", "mix_influence") if _map(folder, k, regions[0]).is_file()]
        ids = [card.id for card in scorecard.segmenters]
        paths = [_map(folder, kind, region) for kind in kinds for region in regions]
        paths += [folder / "segmentations" / f"{name}.nii.gz" for name in (*ids, "pooled")]
        with ThreadPoolExecutor(_READERS) as pool:
            images = dict(zip(paths, pool.map(lambda path: sitk.ReadImage(str(path)), paths), strict=True))
        report = (folder / "report.html").read_text("utf-8")
        log = (folder / "run.log").read_text("utf-8")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise InputError(
            f"the result cannot be read ({type(error).__name__}: {str(error)[:200]})",
            source=folder.name,
            next_step="Run the assessment again.",
        ) from error
    arrays = {path: sitk.GetArrayFromImage(image) for path, image in images.items()}

    def outline(name: str) -> npt.NDArray[np.bool_]:
        labels = arrays[folder / "segmentations" / f"{name}.nii.gz"]
        return np.stack([np.isin(labels, REGION_LABELS[region]) for region in regions])

    return Results(
        geometry=Geometry.from_sitk(images[paths[0]]),
        regions=regions,
        scorecard=scorecard,
        outlines={identifier: outline(identifier) for identifier in ids},
        pooled=outline("pooled"),
        maps={
            kind: np.stack([arrays[_map(folder, kind, region)].astype(np.float32, copy=False) for region in regions])
            for kind in kinds
        },
        report_html=report,
        log=log,
    )


def _map(folder: Path, kind: str, region: Region) -> Path:
    return folder / "maps" / f"{kind}_{region}.nii.gz"
