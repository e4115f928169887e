"""The border margin as a segmentation: a band around each pooled outline, off until somebody wants to see it."""

from __future__ import annotations

from typing import Any

import numpy as np

from SynthTrustLib.maps.outlines import POOLED_THRESHOLD
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.scene.attributes import Role, mark
from SynthTrustLib.scene.colours import rgb
from SynthTrustLib.scene.outlines import segmentation
from SynthTrustLib.trust.margin import border_band, stated_margins
from SynthTrustLib.trust.scorecard import Scorecard

BAND = "#35c4e8"
OPACITY = 0.35


def margin_band(scene: Any, maps: TrustMaps, scorecard: Scorecard, reference: Any, run: str) -> Any | None:
    """One segment per region with a stated margin: the voxels within it of the pooled border. None without any."""
    margins = stated_margins(scorecard)
    masks = {
        region: border_band(volume >= np.float32(POOLED_THRESHOLD), margins[region], maps.geometry.spacing)
        for region, volume in zip(maps.regions, maps.pooled, strict=True)
        if region in margins
    }
    if not masks:
        return None
    everywhere = (slice(0, maps.geometry.shape[0]), slice(0, maps.geometry.shape[1]), slice(0, maps.geometry.shape[2]))
    node = segmentation(scene, "Border margin", masks, maps.geometry, everywhere, reference, rgb(BAND))
    display = node.GetDisplayNode()
    display.SetVisibility2DFill(True)
    display.SetVisibility2DOutline(False)
    display.SetOpacity2DFill(OPACITY)
    display.SetVisibility(False)
    return mark(node, run, Role.MARGIN)
