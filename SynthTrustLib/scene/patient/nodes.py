"""The patient's volumes in a scene: whether they can be used, and their files for the child."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.file.declaration import read_declaration
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase, Skull
from SynthTrustLib.case.place.resample import covered_share
from SynthTrustLib.errors import GeometryError, InputError, OutputError
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

RESULT_ATTRIBUTE_PREFIX = "SynthTrust."
"""Nodes that a run has made carry attributes that begin so; they are never taken for a contrast."""

SYNTHETIC = "SyntheticPatient"
"""Attribute of a volume node that shows no real person; it outlives the file that says so."""

SYNTHETIC_NAME = "synthetic patient"
"""In the name of a volume node, says the same: Slicer's Sample Data module keeps neither file nor attributes."""

_A_SERIES = "Choose a series of the patient."
_SHEAR_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Preflight:
    """What one selector of the panel says before anything runs. `blocks` means that the run cannot start."""

    verdict: Verdict
    text: str
    blocks: bool = False


def is_result(node: Any) -> bool:
    """Whether a run has made this node."""
    names = node.GetAttributeNames() or ()
    return any(name.startswith(RESULT_ATTRIBUTE_PREFIX) for name in names)


def is_series(node: Any) -> bool:
    """Whether a node can be a contrast of a patient: a scalar volume that is no label map and that no run has made."""
    return bool(node.IsA("vtkMRMLScalarVolumeNode") and not node.IsA("vtkMRMLLabelMapVolumeNode")) and not is_result(
        node
    )


def refuse_result(node: Any, *, next_step: str) -> None:
    """Raise InputError where a run has made this node: its own answer is no input."""
    if is_result(node):
        raise InputError("it is a result of SynthTrust", source=node.GetName(), next_step=next_step)


def shared_frame(volumes: Iterable[Any]) -> bool:
    """Whether all volumes are under the same parent transform, or under none: then it need not be looked at."""
    return len({node.GetTransformNodeID() for node in volumes}) <= 1


def geometry_of(node: Any, *, world: bool) -> Geometry:
    """The voxel grid of a volume node.

    `world`: in world coordinates, under its parent transforms; otherwise as if it were under none. Raises GeometryError
    if the node is under a transform that a voxel grid cannot follow, or its header is unusable. Raises InputError if
    the node holds no voxels.
    """
    import slicer
    import vtk

    image = node.GetImageData()
    if image is None or min(image.GetDimensions()) < 1:
        raise InputError("the volume is empty", source=node.GetName(), next_step="Choose another volume.")
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    ijk_to_ras = slicer.util.arrayFromVTKMatrix(matrix)
    parent = node.GetParentTransformNode() if world else None
    if parent is not None:
        to_world = vtk.vtkMatrix4x4()
        if not parent.IsTransformToWorldLinear():
            raise _bent(node)
        parent.GetMatrixTransformToWorld(to_world)
        ijk_to_ras = slicer.util.arrayFromVTKMatrix(to_world) @ ijk_to_ras
    i, j, k = image.GetDimensions()
    geometry = Geometry((k, j, i), ijk_to_ras)
    direction = geometry.direction_ras
    if np.abs(direction.T @ direction - np.eye(3)).max() > _SHEAR_TOLERANCE:
        raise _bent(node)
    return geometry


def _bent(node: Any) -> GeometryError:
    return GeometryError(
        "it is under a transform that bends or shears its voxel grid",
        source=node.GetName(),
        next_step="Harden the transform on the volume (Transforms module), then choose it again.",
    )


def preflight(
    volumes: Mapping[str, Any],
    required: Mapping[str, tuple[str, ...]],
    loaded: Mapping[str, Any] | None = None,
    task: Task = GLIOMA,
) -> dict[str, Preflight]:
    """One line per contrast for the panel. Quick: nothing is resampled; the run itself looks more closely.

    `volumes`: the chosen volume node of each contrast that has one. `required`: contrast -> names of the chosen
    segmenters that cannot run without it. `loaded`: contrast -> volume node that was taken for it, of the same patient:
    what is not chosen is not missing.
    """
    world = not shared_frame(volumes.values())
    grids: dict[str, Geometry] = {}
    rows: dict[str, Preflight] = {}
    for contrast in task.contrast_ids:
        node = volumes.get(contrast)
        if node is None:
            rows[contrast] = _not_chosen(required.get(contrast, ()), (loaded or {}).get(contrast))
            continue
        try:
            grids[contrast] = geometry_of(node, world=world)
            _require_usable(contrast, node, volumes)
        except (GeometryError, InputError) as error:
            rows[contrast] = Preflight(Verdict.WARNING, f"cannot be used: {error.what}. {error.next_step}", blocks=True)
    usable = [contrast for contrast in grids if contrast not in rows]
    reference = task.best_reference(usable)
    for contrast in usable:
        rows[contrast] = _compare(contrast, grids[contrast], str(reference), grids[str(reference)])
    return {contrast: rows[contrast] for contrast in task.contrast_ids}


def _not_chosen(names: tuple[str, ...], loaded: Any | None) -> Preflight:
    consequence = f"{', '.join(names)} cannot run without it" if names else "the chosen segmenters can do without it"
    if loaded is None:
        return Preflight(Verdict.MISSING, f"missing: {consequence}")
    return Preflight(Verdict.WARNING, f"not chosen, although {loaded.GetName()} is loaded: {consequence}")


def _require_usable(contrast: str, node: Any, volumes: Mapping[str, Any]) -> None:
    import slicer

    refuse_result(node, next_step=_A_SERIES)
    twin = next((c for c, other in volumes.items() if c != contrast and other is not None and other is node), None)
    if twin is not None:
        raise InputError(f"it is chosen as {twin} too", source=node.GetName(), next_step="Choose another volume.")
    array = slicer.util.arrayFromVolume(node)
    if array.ndim != 3 or min(array.shape) < 2:
        raise InputError("it is not a 3D volume", source=node.GetName(), next_step="Choose a 3D series.")
    if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
        raise InputError("it has voxels that are no number", source=node.GetName(), next_step="Export it again.")
    if array.min() == array.max():
        raise InputError("all its voxels are the same", source=node.GetName(), next_step="Choose another volume.")


def _compare(contrast: str, grid: Geometry, reference: str, onto: Geometry) -> Preflight:
    words = grid.describe().strip("()")
    if contrast == reference:
        return Preflight(Verdict.READY, f"ready: {words}; results are drawn on this grid")
    if grid.is_same(onto):
        return Preflight(Verdict.READY, "ready: on the same grid")
    share = covered_share(onto, by=grid)
    if share == 0.0:
        return Preflight(
            Verdict.WARNING,
            f"cannot be used: it does not overlap {reference} in space. Register them first, or leave one out.",
            blocks=True,
        )
    seen = "" if share > 0.98 else f"; it covers {share:.0%} of it"
    return Preflight(Verdict.CHANGED, f"will be resampled onto {reference} (its own grid: {words}){seen}")


def write_volume(node: Any, path: Path, *, world: bool) -> None:
    """Write a patient's volume node as an image file; `world` as in `geometry_of`.

    Raises GeometryError as `geometry_of`. Raises InputError as `geometry_of`, or if a run has made the node. Raises
    OutputError if the file cannot be written.
    """
    import slicer

    refuse_result(node, next_step=_A_SERIES)
    write_array(geometry_of(node, world=world), np.ascontiguousarray(slicer.util.arrayFromVolume(node)), path)


def is_synthetic(volumes: Iterable[Any]) -> bool:
    """Whether one of the volumes is declared synthetic: by attribute, by name, or by a declaration beside its file.

    A synthetic patient must not pass for a real one, so one volume suffices.
    """
    found = False
    for node in volumes:
        storage = node.GetStorageNode()
        name = storage.GetFileName() if storage is not None else None
        declared = SYNTHETIC_NAME in (node.GetName() or "").lower()
        if declared or (name and read_declaration([Path(name).parent]).synthetic):
            node.SetAttribute(SYNTHETIC, "1")
        found = found or bool(node.GetAttribute(SYNTHETIC))
    return found


def case_of_nodes(
    volumes: Mapping[str, Any], geometry: Geometry, *, is_synthetic: bool, task: Task = GLIOMA
) -> PatientCase | None:
    """The patient on the user's own volume nodes, as `scene.build_scene` needs it to lay a result over them.

    None where the reference's node does not lie on `geometry`, or is gone: then the result needs volumes of its own.
    """
    import slicer

    reference = task.best_reference(volumes)
    if reference is None or not geometry_of(volumes[reference], world=False).is_same(geometry):
        return None
    return PatientCase(
        geometry=geometry,
        volumes={
            contrast: ContrastVolume(
                contrast=contrast,
                array=slicer.util.arrayFromVolume(node),
                source=node.GetName(),
                sha256="",
                native=geometry_of(node, world=False),
            )
            for contrast, node in volumes.items()
        },
        reference=reference,
        spacing_trusted=True,
        skull=Skull.UNKNOWN,
        is_synthetic=is_synthetic,
        task=task,
    )


def write_array(geometry: Geometry, array: npt.NDArray[np.generic], path: Path) -> None:
    """Write an array (k, j, i) as an image file. Raises OutputError if the file cannot be written."""
    import SimpleITK as sitk

    try:
        sitk.WriteImage(geometry.to_sitk(array), str(path), useCompression=False)
    except RuntimeError as error:
        raise OutputError(
            "the volume cannot be handed to the segmenters", source=path.name, next_step="Free some disk space."
        ) from error
