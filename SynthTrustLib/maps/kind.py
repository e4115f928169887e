"""What a map is: its words, its range, its colours, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from SynthTrustLib.maps.slab import Array, Slab
from SynthTrustLib.palette import Stops
from SynthTrustLib.segmenters.package.card import SegmenterCard


def _always(segmenters: Sequence[SegmenterCard]) -> str:
    return ""


@dataclass(frozen=True)
class Caption:
    """Words of one picture. `alt` is for readers who do not see it, `missing` for when there is none."""

    title: str
    alt: str
    reading: str
    missing: str = ""


@dataclass(frozen=True, eq=False)
class MapKind:
    """One map. Panel, files, report, DICOM and legends follow from it."""

    id: str
    """In files, nodes and names of icons: lower-case words with underscores."""
    name: str
    """In words."""
    quantity: str
    """What its values are, at most 64 characters, for DICOM."""
    scale: str
    """Beside the colour bar of the report."""
    legend: tuple[str, ...]
    """What the numbers mean, in a line or two under the title of Slicer's legend."""
    window: tuple[float, float]
    """(lowest, highest). The fixed range of its values; a lowest below 0 makes it a signed map."""
    stops: Stops
    """Its colours from the lowest to the highest value."""
    caption: Caption
    compute: Callable[[Slab], Array]
    """The values (k, j, i) of a slab: of one region, or of all of them for a map per patient. Asked only where some
    segmenter gives some probability; the map is 0 elsewhere. What leaves the window is clipped."""
    per_region: bool = True
    """Whether each region has a map of its own, or the patient has one."""
    why_not: Callable[[Sequence[SegmenterCard]], str] = _always
    """Why these segmenters allow no such map; empty if they do."""
    alone: str = ""
    """Why the report shows no picture of it where one segmenter ran; empty if it does."""
    shown_from: float = 0.15
    """Values closer to zero are see-through at first, so that the MRI shows."""

    @property
    def signed(self) -> bool:
        return self.window[0] < 0

    def of(self, regions: Sequence[str]) -> tuple[str | None, ...]:
        """What there is a map of: each region, or None for the patient."""
        return tuple(regions) if self.per_region else (None,)

    def key(self, region: str | None) -> str:
        """The name of its file, without the ending."""
        return self.id if region is None else f"{self.id}_{region}"

    def title(self, region: str | None) -> str:
        return self.name if region is None else f"{region} {self.name}"
