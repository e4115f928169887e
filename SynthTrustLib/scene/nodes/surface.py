"""Outlines as surfaces for the 3D view, region by region."""

from __future__ import annotations

from typing import Any

import slicer

from SynthTrustLib.progress import Steps


def surfaces(node: Any) -> Steps[None]:
    """Give every segment of a segmentation node its closed surface. Slicer itself makes those of all at once."""
    segmentation = node.GetSegmentation()
    surface = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    count = segmentation.GetNumberOfSegments()
    for index in range(count):
        segment = segmentation.GetNthSegment(index)
        alone = slicer.vtkSegmentation()
        alone.SetSourceRepresentationName(segmentation.GetSourceRepresentationName())
        copy = slicer.vtkSegment()
        copy.DeepCopy(segment)
        alone.AddSegment(copy)
        if alone.CreateRepresentation(surface):
            segment.AddRepresentation(surface, copy.GetRepresentation(surface))
        yield (index + 1) / count
    node.CreateClosedSurfaceRepresentation()  # those that are there are kept
