"""The reviewer's own outline in the scene: settled spot by spot, undone and made again; no member's is touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import slicer

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Box, Part, is_filled
from SynthTrustLib.codec import FieldError, decode, encode, parse
from SynthTrustLib.maps.spots.spot import ReviewSpot, SpotChoice, Taken
from SynthTrustLib.outcome.correction import (
    PAINTED,
    Correction,
    Painted,
    Settled,
    corrected,
    disputed_of,
    room,
)
from SynthTrustLib.palette import FOCUS, rgb
from SynthTrustLib.scene.nodes.outlines import RECORD_LINE_WIDTH, outline_display, segmentation, show_segment
from SynthTrustLib.scene.nodes.preview import remove_previews, show_preview
from SynthTrustLib.scene.nodes.voxels import image_part, oriented_mask, volume_array, volume_geometry
from SynthTrustLib.scene.result.attributes import ROOM, Mark, Role, add
from SynthTrustLib.scene.result.edited_outlines import RegionSize, outlines_now, region_size, spacing_trusted
from SynthTrustLib.segmenters.outlines import Outlines

CORRECTION = "SynthTrust.Correction"
"""Attribute of the scorecard's text node: what was decided at the review spots, as JSON."""

NAME = "Your outline"

NOTHING = Part.of(np.zeros((1, 1, 1), np.bool_))


class YourOutline:
    """The reviewer's outline of a `StoredResult`; its node is made with the first decision."""

    def __init__(self, result: Any) -> None:
        self.result = result
        self._node: Any | None = None
        self._correction = ("{}", Correction())
        # A click must answer at once: what has not changed is neither read nor measured again.
        self._parts: dict[tuple[str, str], tuple[tuple[int, int], Part[np.bool_]]] = {}
        self._sizes: dict[tuple[str, str], tuple[Part[np.bool_], RegionSize]] = {}
        self._disputed: dict[str, tuple[tuple[Part[np.bool_], ...], Part[np.bool_]]] = {}
        self._painted: dict[int, Painted] = {}  # by the rank of the spot; kept while the decision is taken back

    @property
    def node(self) -> Any | None:
        """Its segmentation; None before the first decision."""
        if self._node is None or self._node.GetScene() is None:
            self._node = self.result.nodes.first(Role.CORRECTED)
        return self._node

    @property
    def correction(self) -> Correction:
        """What was decided so far."""
        text = self.result.nodes.scorecard.GetAttribute(CORRECTION) or "{}"
        if text != self._correction[0]:
            try:
                self._correction = (text, decode(Correction, parse(text)))
            except FieldError:  # it was damaged
                self._correction = (text, Correction())
        return self._correction[1]

    def can_be_settled(self, spot: ReviewSpot) -> bool:
        """Whether everything is there that a decision at a spot needs."""
        card = self.result.scorecard
        return spot.box is not None and card.record in self.result.outlines and self._grid() is not None

    def prepare(self) -> None:
        """Read and measure what does not change, so that the first click is as quick as the others."""
        self._disputed_now(self._members())
        self.sizes()

    def settle(self, spot: ReviewSpot, choice: str, reviewer: str, taken: Taken = "all") -> Correction:
        """Decide at a spot."""
        return self._apply(self.correction.settle(Settled.now(spot, choice, reviewer, taken)))

    def undo(self) -> Correction:
        """Take the last decision back."""
        return self._apply(self.correction.undo())

    def redo(self) -> Correction:
        """Make the decision again that was taken back last."""
        return self._apply(self.correction.redo())

    def painted(self, spot: ReviewSpot, reviewer: str) -> Correction:
        """Remember that the reviewer has drawn by hand at a spot."""
        return self.settle(spot, PAINTED, reviewer)

    def open_for_painting(self) -> Any:
        """The segmentation, made where there is none yet."""
        if self.node is None:
            self._apply(self.correction)
        return self.node

    def mark_room(self, spot: ReviewSpot) -> str:
        """Add a hidden segment that fills the neighbourhood of a spot, to draw in; returns its id."""
        node, grid = self.node, self._grid()
        assert node is not None and grid is not None
        box = room(spot, grid.shape)
        if node.GetSegmentation().GetSegment(ROOM) is None:
            node.GetSegmentation().AddEmptySegment(ROOM, ROOM)
        image = oriented_mask(np.ones(tuple(side.stop - side.start for side in box), np.bool_), box, grid)
        logic = slicer.vtkSlicerSegmentationsModuleLogic
        logic.SetBinaryLabelmapToSegment(image, node, ROOM, logic.MODE_REPLACE)
        node.GetDisplayNode().SetSegmentVisibility(ROOM, False)
        return ROOM

    def sizes(self) -> Mapping[str, tuple[RegionSize, RegionSize]]:
        """Region -> what it measures in the outline of record, and now."""
        record, now = self.before(), self._now()
        was = {region: self._size("record", region, part) for region, part in record.items()}
        return {
            region: (was[region], was[region] if _same(part, record[region]) else self._size("now", region, part))
            for region, part in now.items()
        }

    def outlines(self) -> Outlines:
        """The regions as they are now."""
        return self._now()

    def before(self) -> Outlines:
        """The regions of the outline of record."""
        return self._member(self.result.scorecard.record)

    def image(self, region: str) -> tuple[str, npt.NDArray] | None:
        """The contrast that shows a region best, and its voxels (k, j, i); None where none is on the outlines' grid."""
        grid, volumes = self._grid(), self.result.nodes.volumes
        if grid is None:
            return None
        there = [
            name
            for name, node in volumes.items()
            if node.GetImageData() is not None and volume_geometry(node).is_same(grid)
        ]
        contrast = self.result.task.best_contrast(region, there)
        return None if contrast is None else (contrast, volume_array(volumes[contrast]))

    @property
    def spacing_trusted(self) -> bool:
        """Whether voxels have a known size."""
        return spacing_trusted(self.result)

    def place(self, decision: Settled) -> tuple[ReviewSpot, Box, Geometry] | None:
        """The spot of a decision, the part of the grid that it has changed, and the grid; None where they are gone."""
        grid = self._grid()
        spot = next((one for one in self.result.scorecard.review_spots if one.rank == decision.spot), None)
        if grid is None or spot is None:
            return None
        return spot, room(spot, grid.shape) if decision.choice == PAINTED else spot.slices, grid

    def edited_regions(self) -> tuple[str, ...]:
        """The regions that differ from the outline of record."""
        if self.node is None:
            return ()
        record, now = self.before(), self._now()
        return tuple(region for region in record if not _same(record[region], now[region]))

    def hide_preview(self) -> None:
        """Take the preview away."""
        remove_previews(self.result.nodes.scene)

    def preview(self, spot: ReviewSpot, choice: SpotChoice) -> None:
        """Show as a dashed line, in and around the neighbourhood, what a choice would draw at a spot."""
        grid, reference = self._grid(), self.result.nodes.reference_volume
        assert grid is not None
        wanted = self.correction.settle(Settled.now(spot, choice.choice, "", choice.taken))
        outline, box, nodes = self._draw(wanted)[spot.region], room(spot, grid.shape), self.result.nodes
        show_preview(nodes.scene, outline, box, grid, reference, nodes.run, spot.region)

    def show_region(self, region: str) -> None:
        """Of the reviewer's outline show this region only."""
        show_segment(self.node, region)

    def _apply(self, correction: Correction) -> Correction:
        outlines = self._draw(correction)
        self.hide_preview()
        node = self._write(self.node, outlines)
        node.GetDisplayNode().SetVisibility(True)
        self.result.nodes.scorecard.SetAttribute(CORRECTION, json.dumps(encode(correction)))
        return correction

    def _draw(self, correction: Correction) -> Outlines:
        members = self._members()
        disputed = self._disputed_now(members)
        self._remember(correction, members, disputed)
        return corrected(members, self.result.scorecard, correction, self.result.task, self._painted, disputed)

    def _remember(self, wanted: Correction, members: Mapping[str, Outlines], disputed: Outlines) -> None:
        """Keep what was drawn by hand since the last decision, before it is drawn over.

        That is what differs from what the decisions so far make, in the neighbourhoods where drawing was said to be:
        by those decisions, or by the one that is wanted. Where two meet, it is of the later one.
        """
        counting = (*self.correction.counting, *wanted.counting)
        by_hand = dict.fromkeys(one.spot for one in reversed(counting) if one.choice == PAINTED)
        grid = self._grid()
        if self.node is None or grid is None or not by_hand:
            return
        card, now = self.result.scorecard, self._now()
        made = corrected(members, card, self.correction, self.result.task, self._painted, disputed)
        spots = {spot.rank: spot for spot in card.review_spots}
        given: dict[str, npt.NDArray[np.bool_]] = {}
        for rank in by_hand:
            if rank not in spots:
                continue
            region, box = spots[rank].region, room(spots[rank], grid.shape)
            free = ~given.setdefault(region, np.zeros(grid.shape, np.bool_))[box]
            before, after = made[region].within(box), now[region].within(box)
            added, taken = after & ~before & free, before & ~after & free
            given[region][box] = True
            if added.any() or taken.any():
                old, corner = self._painted.get(rank), [side.start for side in box]
                was_added, was_taken = ((p.within(box) if p else False) for p in (old and old.added, old and old.taken))
                self._painted[rank] = Painted(
                    Part.of(added | (was_added & ~taken), corner), Part.of(taken | (was_taken & ~added), corner)
                )

    def _members(self) -> Mapping[str, Outlines]:
        return {name: self._member(name) for name in self.result.outlines}

    def _disputed_now(self, members: Mapping[str, Outlines]) -> Outlines:
        return {region: self._disputed_of(members, region) for region in self.result.regions}

    def _disputed_of(self, members: Mapping[str, Outlines], region: str) -> Part[np.bool_]:
        parts = tuple(outlines[region] for outlines in members.values())
        known = self._disputed.get(region)
        if known is None or [*map(id, known[0])] != [*map(id, parts)]:
            known = self._disputed[region] = (parts, disputed_of(members, self.result.scorecard, region))
        return known[1]

    def _write(self, node: Any | None, outlines: Outlines) -> Any:
        nodes, grid = self.result.nodes, self._grid()
        assert grid is not None
        if node is None:
            display = outline_display(nodes.scene, RECORD_LINE_WIDTH)
            colour = rgb(FOCUS)
            node = segmentation(nodes.scene, outlines, grid, nodes.reference_volume, colour, display, self.result.task)
            add(nodes.scene, node, NAME, Mark(nodes.run, Role.CORRECTED))
            if nodes.reference_volume.GetTransformNodeID():
                node.SetAndObserveTransformNodeID(nodes.reference_volume.GetTransformNodeID())
            if nodes.folder is not None:
                slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(nodes.scene).CreateItem(nodes.folder, node)
            return node
        logic, now = slicer.vtkSlicerSegmentationsModuleLogic, self._now()
        for region, part in outlines.items():
            if _same(part, now[region]):
                continue
            box = part.box if is_filled(part.box) else (slice(0, 1), slice(0, 1), slice(0, 1))
            image = oriented_mask(part.within(box), box, grid)
            logic.SetBinaryLabelmapToSegment(image, node, region, logic.MODE_REPLACE)
        return node

    def _grid(self) -> Geometry | None:
        volume = self.result.nodes.reference_volume
        return None if volume is None else volume_geometry(volume)

    def _member(self, name: str) -> Outlines:
        """A member's outline; read again only where it has changed."""
        return self._read(name, self.result.outlines[name])

    def _now(self) -> Outlines:
        node = self.node
        return self.before() if node is None else self._read(NAME, node)

    def _read(self, name: str, node: Any) -> Outlines:
        """The regions of a segmentation; those that are as they were are not read again."""
        return {region: self._read_region(name, node, region) for region in self.result.regions}

    def _read_region(self, name: str, node: Any, region: str) -> Part[np.bool_]:
        segment = node.GetSegmentation().GetSegment(region)
        image = node.GetBinaryLabelmapInternalRepresentation(region) if segment is not None else None
        state = (0, 0) if image is None else (int(image.GetMTime()), int(segment.GetLabelValue()))
        known = self._parts.get((name, region))
        if known is None or known[0] != state:
            grid = self._grid()
            assert grid is not None
            found = NOTHING if image is None else image_part(image, state[1], grid)
            if found is None:  # Slicer brings it onto this grid
                volume = self.result.nodes.reference_volume
                found = outlines_now(node, (region,), volume, self.result.task)[region]
            known = self._parts[name, region] = (state, found)
        return known[1]

    def _size(self, when: str, region: str, part: Part[np.bool_]) -> RegionSize:
        known = self._sizes.get((when, region))
        if known is None or known[0] is not part:
            known = self._sizes[when, region] = (part, self._measure(part))
        return known[1]

    def _measure(self, part: Part[np.bool_]) -> RegionSize:
        grid = self._grid()
        return region_size(part, grid if self.spacing_trusted else None)


def _same(one: Part[np.bool_], other: Part[np.bool_]) -> bool:
    return one is other or one.count == other.count == one.common(other)
