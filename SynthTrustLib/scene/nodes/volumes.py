"""The patient's contrasts as scalar volumes: the user's own where they fit, new ones where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.progress import Steps
from SynthTrustLib.scene.nodes.voxels import image_data, volume_geometry, vtk_matrix
from SynthTrustLib.scene.result.attributes import Mark, Role, add, new_node

WINDOW_PERCENTILES = (1.0, 99.5)
"""Of the voxels that are not 0: what is drawn black and what is drawn white."""


GREY = "vtkMRMLColorTableNodeGrey"


def scalar_volume(
    scene: Any,
    name: str,
    array: npt.NDArray,
    geometry: Geometry,
    window: tuple[float, float],
    *,
    display: Any | None = None,
    mark: Mark | None = None,
) -> Any:
    """A new scalar volume of a copy of `array` (k, j, i), with a display node from black to white over `window`.

    `display`: one that is prepared, and in no scene yet.
    """
    if display is None:
        display = new_node(scene, "vtkMRMLScalarVolumeDisplayNode")
        display.SetAndObserveColorNodeID(GREY)
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(*window)
    scene.AddNode(display)
    node = new_node(scene, "vtkMRMLScalarVolumeNode")
    # Before there are voxels, or the display would work out a window of its own from all of them.
    node.SetAndObserveDisplayNodeID(display.GetID())
    node.SetAndObserveImageData(image_data(array))
    node.SetIJKToRASMatrix(vtk_matrix(geometry.ijk_to_ras))
    return add(scene, node, name, mark)


def contrast_volumes(
    scene: Any, case: PatientCase, run: str, existing: Mapping[str, Any] | None = None
) -> Steps[dict[str, Any]]:
    """One volume per contrast of the case, in channel order.

    `existing`: the user's volumes. They are used as they are, unless the case's reference lies on another grid than the
    user's volume, as it does when the user has stated another voxel size: then none of them fits.
    """
    usable = dict(existing or {})
    reference = usable.get(case.reference)
    if reference is None or not volume_geometry(reference).is_same(case.geometry):
        usable = {}
    nodes = {}
    for order, contrast in enumerate(case.contrasts):
        if contrast in usable:
            nodes[contrast] = usable[contrast]
            continue
        array = case.volumes[contrast].array
        mark = Mark(run, Role.VOLUME, subject=contrast, order=order)
        nodes[contrast] = image_volume(scene, contrast, array, case.geometry, mark)
        yield len(nodes) / len(case.contrasts)
    return nodes


def image_volume(
    scene: Any, name: str, array: npt.NDArray[np.float32], geometry: Geometry, mark: Mark | None = None
) -> Any:
    """An MRI series, shown from its dark to its bright voxels."""
    return scalar_volume(scene, name, _compact(array), geometry, _window(array), mark=mark)


def _compact(array: npt.NDArray[np.float32]) -> npt.NDArray:
    """The same values in half the memory, where they are whole numbers as scanners write them."""
    limits = np.iinfo(np.int16)
    if array.min() < limits.min or array.max() > limits.max:
        return array
    whole = array.astype(np.int16)
    return whole if np.array_equal(whole, array) else array


def _window(array: npt.NDArray[np.float32]) -> tuple[float, float]:
    sample = array[::2, ::2, ::2]
    inside = sample[sample != 0]
    low, high = np.percentile(inside, WINDOW_PERCENTILES) if inside.size else (0.0, 1.0)
    return float(low), float(max(high, np.nextafter(low, np.inf)))
