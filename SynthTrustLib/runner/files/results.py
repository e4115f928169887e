"""A result folder as the value that it was written from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Part
from SynthTrustLib.codec import parse
from SynthTrustLib.errors import InputError
from SynthTrustLib.maps.kind import MapKind
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.regular_file import read_regular, read_regular_text
from SynthTrustLib.segmenters.label_map import outlines_of
from SynthTrustLib.segmenters.outlines import POOLED, Outlines
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.scorecard import read_scorecard

STAGE = "reading the result"


def read_outcome(folder: Path, progress: Progress = silent) -> Outcome:
    """What `runner.assess` has written into a folder. Raises InputError if the folder is not a whole result."""
    with _reading(folder):
        scorecard = read_scorecard(parse(read_regular(folder / "scorecard.json")))
        each = [kind for kind in MAPS.values() if kind.per_region]
        regions = tuple(r for r in scorecard.task.region_ids if any(_map(folder, kind, r).is_file() for kind in each))
        if not regions:
            raise InputError("it holds no maps", source=folder.name, next_step="Run the assessment again.")
        names = [*(card.id for card in scorecard.segmenters), POOLED]
        outlines = {}
        for name in names:
            outlines[name] = _read_outlines(folder / "segmentations", name, regions, scorecard.task)
            progress(STAGE, 0.5 * len(outlines) / len(names))
        maps: dict[str, dict[str | None, Part[np.float32]]] = {}
        kinds = [kind for kind in MAPS.values() if _map(folder, kind, kind.of(regions)[0]).is_file()]
        for kind in kinds:
            maps[kind.id] = {}
            for region in kind.of(regions):
                geometry, values = _read(_map(folder, kind, region))
                maps[kind.id][region] = Part.of(values)
                progress(STAGE, 0.5 + 0.5 * sum(map(len, maps.values())) / (len(kinds) * len(regions)))
        return Outcome(geometry, regions, outlines, maps, scorecard)


def read_text(folder: Path, name: str) -> str:
    """A text file of a result, such as ``report.html``; InputError where it cannot be read."""
    with _reading(folder):
        return read_regular_text(folder / name)


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise InputError(
            f"the result cannot be read ({type(error).__name__}: {str(error)[:200]})",
            source=folder.name,
            next_step="Run the assessment again.",
        ) from error


def _read_outlines(folder: Path, name: str, regions: tuple[str, ...], task: Task) -> Outlines:
    """From the label map, or from a file a region where they are not nested (`volumes.outline_volumes`)."""
    one, each = folder / f"{name}.nii.gz", {region: folder / f"{name}_{region}.nii.gz" for region in regions}
    if not one.is_file() and all(path.is_file() for path in each.values()):
        return {region: Part.of(_read(path)[1] > 0) for region, path in each.items()}
    return outlines_of(_read(one)[1].astype(np.uint8), regions, task)


def _read(path: Path) -> tuple[Geometry, npt.NDArray[np.float32]]:
    image = read_image(path, blank_allowed=True)
    return image.geometry, image.array


def _map(folder: Path, kind: MapKind, region: str | None) -> Path:
    return folder / "maps" / f"{kind.key(region)}.nii.gz"
