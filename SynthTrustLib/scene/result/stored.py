"""A run as the panel works with it: its scorecard, the reviewer's verdicts, its report, what was edited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from SynthTrustLib.codec import FieldError, decode, encode, parse
from SynthTrustLib.scene.nodes.tables import text_node
from SynthTrustLib.scene.result.assessment import AssessmentNodes, find_assessments
from SynthTrustLib.scene.result.attributes import Mark, Role, add, referenced
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.scorecard import Scorecard, Section, read_scorecard
from SynthTrustLib.trust.verdict import Verdict

VERDICTS = "SynthTrust.Verdicts"
"""Attribute of the scorecard's text node: the reviewer's verdicts as JSON."""

EDITED = "SynthTrust.Edited"
"""Attribute of an outline that was changed after the run."""

INPUT_REFERENCE = "SynthTrust.Input."
"""Start of the scorecard's node references to the volumes that the run was given."""


class StoredResult:
    """One run in a scene. Everything is read from the scene, so that it is the same after saving and loading."""

    def __init__(self, nodes: AssessmentNodes) -> None:
        self.nodes = nodes

    @property
    def id(self) -> str:
        """The run's id, the same after saving and loading."""
        return self.nodes.run

    @cached_property
    def title(self) -> str:
        """The name of the run's folder, which the user may have changed."""
        import slicer

        if self.nodes.folder is None:
            return str(self.scorecard.provenance.get("created", self.id))
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self.nodes.scene)
        return str(hierarchy.GetItemName(self.nodes.folder))

    @cached_property
    def scorecard(self) -> Scorecard:
        """The scorecard, from its text node."""
        return read_scorecard(parse(self.nodes.scorecard.GetText()))

    @property
    def task(self) -> Task:
        """What was outlined, on which images."""
        return self.scorecard.task

    @property
    def segmenters(self) -> tuple[SegmenterCard, ...]:
        """The cards of the segmenters that ran and whose outlines are still there, in order."""
        return tuple(card for card in self.scorecard.segmenters if card.id in self.nodes.outlines)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that were outlined, in order; they are known even where the user has deleted the maps."""
        judged = {row.region for row in self.scorecard.section(Section.STATUS) if row.region}
        return self.task.ordered(self.nodes.regions or judged)

    @property
    def contrasts(self) -> tuple[str, ...]:
        """The contrasts whose volumes are still there."""
        return tuple(name for name in self.task.contrast_ids if name in self.nodes.volumes)

    def keep_inputs(self, volumes: Mapping[str, Any | None]) -> None:
        """Remember the user's volume nodes that the run was given."""
        for contrast, node in volumes.items():
            if node is not None:
                self.nodes.scorecard.SetNodeReferenceID(INPUT_REFERENCE + contrast, node.GetID())

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The volume nodes that the run was given and that are still there; those that it lies on where unknown."""
        return referenced(self.nodes.scorecard, INPUT_REFERENCE) or self.nodes.volumes

    @property
    def outlines(self) -> Mapping[str, Any]:
        """Segmentation nodes by segmenter id, and the pooled one as ``"pooled"``."""
        return self.nodes.segmentations

    @property
    def margin(self) -> Any | None:
        """The segmentation of the border margin; None where none was stated."""
        return self.nodes.first(Role.MARGIN)

    def verdicts(self) -> tuple[Verdict, ...]:
        """The recorded verdicts; none if they cannot be read."""
        try:
            return decode(tuple[Verdict, ...], parse(self.nodes.scorecard.GetAttribute(VERDICTS) or "[]"))
        except FieldError:
            return ()

    def set_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Keep verdicts with the scene, in place of earlier ones."""
        self.nodes.scorecard.SetAttribute(VERDICTS, json.dumps(encode(tuple(verdicts))))

    def has_report(self) -> bool:
        """Whether there is a report: its text is large."""
        return self.nodes.first(Role.REPORT) is not None

    def report_html(self) -> str:
        """The report of the run; empty if it was not kept or was deleted."""
        node = self.nodes.first(Role.REPORT)
        return str(node.GetText() or "") if node is not None else ""

    def keep_report(self, html: str) -> Any:
        """Keep the report in the scene, in the run's folder. Returns its text node."""
        import slicer

        node = add(self.nodes.scene, text_node(self.nodes.scene, html, Mark(self.id, Role.REPORT)), "Report")
        if self.nodes.folder is not None:
            hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self.nodes.scene)
            hierarchy.CreateItem(self.nodes.folder, node)
        return node

    def mark_edited(self, segmentation: Any) -> None:
        """Remember that an outline was changed; `segmentation` is the vtkSegmentation that has."""
        for node in self.outlines.values():
            if node.GetSegmentation() is segmentation and not node.GetAttribute(EDITED):
                node.SetAttribute(EDITED, "1")

    def edited(self) -> tuple[str, ...]:
        """Ids of the outlines that were changed after the run."""
        return tuple(identifier for identifier, node in self.outlines.items() if node.GetAttribute(EDITED))

    def outline_name(self, identifier: str) -> str:
        """The name of an outline's node, as the user sees it."""
        return str(self.outlines[identifier].GetName())


def stored_results(scene: Any) -> list[StoredResult]:
    """The runs of a scene, the newest first."""
    return [StoredResult(nodes) for nodes in reversed(find_assessments(scene))]
