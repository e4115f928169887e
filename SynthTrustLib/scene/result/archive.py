"""scene.mrb: an assessment as one file that Slicer opens with everything in place. Needs slicer-core only."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import OutputError, SynthTrustError
from SynthTrustLib.outcome.outcome import Outcome

if TYPE_CHECKING:
    from SynthTrustLib.scene.result.assessment import AssessmentNodes

COMPRESSED_ALREADY = {".nrrd", ".png"}


class SlicerCoreMissing(SynthTrustError, ImportError):
    """slicer-core is not installed, so scenes cannot be written. Everything else works without it."""

    kind = "scene"


def write_mrb(path: Path, case: PatientCase, outcome: Outcome) -> None:
    """Write an assessment as a Slicer data bundle (.mrb), which appears whole or not at all.

    It opens with three slice views and the dose-response chart: the reference contrast, the disagreement map of the
    first review spot's region over it, every segmenter's outline of that region, centred on the spot. Raises
    SlicerCoreMissing: slicer-core is not installed. Raises OutputError: Slicer's classes could not write a part of it.
    Raises GeometryError: the parts do not share one grid.
    """
    with _needing_slicer_core():
        from SynthTrustLib.scene.build import build_scene
        from SynthTrustLib.scene.standalone import standalone_scene
        from SynthTrustLib.scene.views.opening import arrange_views

    # Beside the archive: there must be room for it anyhow, and there a rename is at once.
    with TemporaryDirectory(dir=path.parent, prefix=".scene-") as folder, standalone_scene() as scene:
        nodes = build_scene(scene, case, outcome)
        spots = outcome.scorecard.review_spots
        arrange_views(nodes, spots[0].region if spots else outcome.regions[0])
        _crop_files(nodes)
        contents = Path(folder) / path.stem
        contents.mkdir()
        if not _save(scene, contents):
            raise OutputError(
                "Slicer's classes could not write the scene",
                source=str(path),
                next_step="Check that there is room and that the folder can be written to, then run it again.",
            )
        packed = Path(folder) / "packed"
        _pack(contents, packed)
        packed.replace(path)


@contextmanager
def _needing_slicer_core() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("slicer", "slicer_core", "vtk", "vtkmodules"):
            raise
        missing = SlicerCoreMissing(
            "slicer-core is not installed, so no scene can be written",
            source="scene.mrb",
            next_step="Install it with: pip install 'synthtrust[scene]'",
        )
        missing.name = error.name
        raise missing from error


def _crop_files(nodes: AssessmentNodes) -> None:
    """Let the files of the outlines hold the box around them instead of a mostly empty grid, four times as quick."""
    from SynthTrustLib.scene.nodes.outlines import is_empty

    for node in nodes.segmentations.values():
        node.AddDefaultStorageNode()
        # There is no box around nothing: Slicer's reader crashes on such a file.
        node.GetStorageNode().SetCropToMinimumExtent(not is_empty(node))


def _save(scene: Any, contents: Path) -> bool:
    return bool(scene.SaveSceneToSlicerDataBundleDirectory(str(contents), None))


def _pack(contents: Path, packed: Path) -> None:
    """Zip a bundle's folder; the volumes in it are compressed already."""
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(contents.rglob("*")):
            if file.is_file():
                stored = file.suffix in COMPRESSED_ALREADY
                archive.write(
                    file,
                    file.relative_to(contents.parent).as_posix(),
                    zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED,
                )
