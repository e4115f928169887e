"""The border margin as a segmentation: a band around each outline of record, off until somebody wants to see it."""

from __future__ import annotations

from typing import Any

from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.palette import MARGIN, rgb
from SynthTrustLib.progress import Steps
from SynthTrustLib.scene.nodes.outlines import outline_display, segmentation
from SynthTrustLib.scene.result.attributes import Mark, Role, add

OPACITY = 0.35


def margin_band(scene: Any, outcome: Outcome, reference: Any, run: str) -> Steps[Any | None]:
    """One segment per region with a stated margin: the voxels within it of the border of record. None without any."""
    masks = {}
    for region in outcome.record:
        if region in outcome.margins:
            masks[region] = outcome.margin_band(region)
            yield len(masks) / len(outcome.margins)
    if not masks:
        return None
    display = outline_display(scene, 1)
    display.SetVisibility2DFill(True)
    display.SetVisibility2DOutline(False)
    display.SetOpacity2DFill(OPACITY)
    node = segmentation(scene, masks, outcome.geometry, reference, rgb(MARGIN), display, outcome.task)
    return add(scene, node, "Border margin", Mark(run, Role.MARGIN))
