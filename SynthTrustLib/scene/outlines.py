"""One segmentation per segmenter, and one of the pooled answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import slicer

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.scene.attributes import Role, add_node, mark
from SynthTrustLib.scene.colours import POOLED, Colour, rgb, segmenter_colours, tinted
from SynthTrustLib.scene.terminology import TUMOR
from SynthTrustLib.scene.voxels import Box, bounding_box, oriented_mask
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.vocabulary import REGION_NAMES, Region

DEFAULT_THRESHOLD = 0.5
LINE_WIDTH = 2
POOLED_LINE_WIDTH = 3


def segmenter_outlines(scene: Any, stack: ProbabilityStack, reference: Any, run: str) -> dict[str, Any]:
    """Segmentation nodes by segmenter id, outlined at each segmenter's own thresholds."""
    colours = segmenter_colours(stack.segmenters)
    nodes = {}
    for order, (card, volumes) in enumerate(zip(stack.segmenters, stack.probabilities, strict=True)):
        thresholds = {region: card.thresholds.get(region, DEFAULT_THRESHOLD) for region in stack.regions}
        masks = _masks(volumes, stack.regions, thresholds)
        node = segmentation(scene, card.name, masks, stack.geometry, stack.support, reference, colours[card.id])
        node.GetDisplayNode().SetSliceIntersectionThickness(LINE_WIDTH)
        nodes[card.id] = mark(node, run, Role.OUTLINES, subject=card.id, order=order)
    return nodes


def pooled_outlines(scene: Any, maps: TrustMaps, reference: Any, run: str) -> Any:
    """The segmentation of the mean probability at 0.5."""
    masks = _masks(maps.pooled, maps.regions, dict.fromkeys(maps.regions, DEFAULT_THRESHOLD))
    node = segmentation(scene, "Pooled", masks, maps.geometry, maps.support, reference, rgb(POOLED))
    node.GetDisplayNode().SetSliceIntersectionThickness(POOLED_LINE_WIDTH)
    return mark(node, run, Role.POOLED)


def is_empty(node: Any) -> bool:
    """Whether no segment of a segmentation node has a voxel."""
    segmentation = node.GetSegmentation()
    images = (
        node.GetBinaryLabelmapInternalRepresentation(segmentation.GetNthSegmentID(index))
        for index in range(segmentation.GetNumberOfSegments())
    )
    return all(image.GetScalarRange()[1] == 0 for image in images)


def segment_array(node: Any, region: Region, geometry: Geometry) -> npt.NDArray[np.bool_]:
    """The voxels (k, j, i) of one region of a segmentation node, on the grid `geometry` that it was made on."""
    from vtk.util import numpy_support

    result = np.zeros(geometry.shape, bool)
    image = node.GetBinaryLabelmapInternalRepresentation(region)
    scalars = image.GetPointData().GetScalars()
    if scalars is None:
        return result
    # Segments that do not overlap may share one label map, each with a label of its own.
    label = node.GetSegmentation().GetSegment(region).GetLabelValue()
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    values = numpy_support.vtk_to_numpy(scalars).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)
    start = np.linalg.inv(geometry.ijk_to_ras) @ _first_voxel_ras(image)
    i, j, k = np.rint(start[:3]).astype(int)
    result[k : k + values.shape[0], j : j + values.shape[1], i : i + values.shape[2]] = values == label
    return result


def _first_voxel_ras(image: Any) -> npt.NDArray[np.float64]:
    import vtk

    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    i0, _, j0, _, k0, _ = image.GetExtent()
    return np.array(matrix.MultiplyPoint((i0, j0, k0, 1.0)))


def _masks(
    volumes: npt.NDArray[np.float32], regions: tuple[Region, ...], thresholds: Mapping[Region, float]
) -> dict[Region, npt.NDArray[np.bool_]]:
    return {region: volume >= thresholds[region] for region, volume in zip(regions, volumes, strict=True)}


def segmentation(
    scene: Any,
    name: str,
    masks: Mapping[Region, npt.NDArray[np.bool_]],
    geometry: Geometry,
    support: Box,
    reference: Any,
    colour: Colour,
) -> Any:
    """A segmentation with one segment per region, its id the region's: outlines in slices, no fill."""
    node = add_node(scene, "vtkMRMLSegmentationNode", name)
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
    node.CreateDefaultDisplayNodes()
    segmentation = node.GetSegmentation()
    boxes = [box for mask in masks.values() if (box := bounding_box(mask, support))]
    # An empty outline keeps one empty voxel, so that it is still a segment after saving.
    box = _around(boxes) if boxes else (slice(0, 1), slice(0, 1), slice(0, 1))
    for region, mask in masks.items():
        segment = slicer.vtkSegment()
        segment.SetName(f"{region} {REGION_NAMES[region]}")
        segment.SetColor(*tinted(colour, region))
        # Or Slicer may replace both by those of the terminology, the same for all three regions.
        segment.SetNameAutoGenerated(False)
        segment.SetColorAutoGenerated(False)
        segment.SetTag(segment.GetTerminologyEntryTagName(), TUMOR)
        segment.AddRepresentation(
            slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName(),
            oriented_mask(mask[box], box, geometry),
        )
        segmentation.AddSegment(segment, region)
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(False)
    display.SetVisibility2DOutline(True)
    display.SetOpacity2DOutline(1.0)
    return node


def _around(boxes: list[Box]) -> Box:
    k, j, i = (slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes)) for axis in range(3))
    return k, j, i
