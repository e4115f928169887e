"""The nodes of one run, found again by what is written on them, and removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.scene.result.attributes import (
    COLOUR_TABLE,
    ORDER,
    RECORD,
    REFERENCE_CONTRAST,
    REGION,
    ROLE,
    RUN,
    SUBJECT,
    VOLUME_REFERENCE,
    Role,
    nodes_of_class,
    referenced,
)
from SynthTrustLib.scene.result.hierarchy import find_folder, remove_folder, remove_item_of
from SynthTrustLib.segmenters.outlines import POOLED


@dataclass(frozen=True, eq=False)
class AssessmentNodes:
    """What `build_scene` has put into a scene. Nodes that the user has deleted since are absent or None."""

    scene: Any
    run: str
    scorecard: Any
    reference: str | None
    volumes: Mapping[str, Any]
    """Per contrast, the user's own volume or one of this run."""
    outlines: Mapping[str, Any]
    """Segmenter id -> segmentation node, in the order of the run."""
    pooled: Any | None
    record: Any | None
    """The one of `outlines`, or `pooled`, that status and predictions are about."""
    maps: Mapping[tuple[str, str | None], Any]
    """(id of the map, region or None for one of the patient) -> scalar volume on a part of the case's grid."""
    scorecard_table: Any | None
    dose_response: Any | None
    chart: Any | None
    series: tuple[Any, ...]
    review_spots: Any | None
    folder: int | None
    """Subject-hierarchy item."""

    @property
    def reference_volume(self) -> Any | None:
        """The volume that everything else lies on."""
        return None if self.reference is None else self.volumes.get(self.reference)

    @property
    def segmentations(self) -> Mapping[str, Any]:
        """Segmentation nodes by segmenter id, and the pooled one as ``"pooled"``."""
        return self.outlines if self.pooled is None else {**self.outlines, POOLED: self.pooled}

    def first(self, role: Role) -> Any | None:
        """The first node of a role; None without one."""
        nodes = nodes_of_class(self.scene, "vtkMRMLNode")
        return next((n for n in nodes if n.GetAttribute(ROLE) == role and n.GetAttribute(RUN) == self.run), None)

    @property
    def drawn(self) -> Mapping[str, Any]:
        """Those of `segmentations` that are shown as contours: the pooled one only where it is the record."""
        return self.outlines if self.pooled is not self.record else self.segmentations

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that have maps, in order."""
        return tuple(dict.fromkeys(region for _, region in self.maps if region))

    def map_of(self, kind: str, region: str) -> Any:
        """The map of a region, or of the patient where that is what there is; None without."""
        return self.maps.get((kind, region)) or self.maps.get((kind, None))

    @property
    def own_nodes(self) -> tuple[Any, ...]:
        """The nodes that belong to this run and to nothing else, in the order of the folder."""
        return tuple(_in_order(_nodes_by_run(self.scene)[self.run]))


def find_assessments(scene: Any) -> list[AssessmentNodes]:
    """The runs of a scene, also of one that was just loaded, in the order in which they were added."""
    return [
        _assessment(scene, node, own)
        for own in _nodes_by_run(scene).values()
        for node in own
        if node.GetAttribute(ROLE) == Role.SCORECARD
    ]


def _assessment(scene: Any, scorecard: Any, own: list[Any]) -> AssessmentNodes:
    run = scorecard.GetAttribute(RUN)
    nodes: dict[str, list[Any]] = defaultdict(list)
    for node in _in_order(own):
        nodes[node.GetAttribute(ROLE)].append(node)

    def first(role: Role) -> Any | None:
        return next(iter(nodes[role]), None)

    volumes = referenced(scorecard, VOLUME_REFERENCE)
    reference = scorecard.GetAttribute(REFERENCE_CONTRAST)
    outlines = {node.GetAttribute(SUBJECT): node for node in nodes[Role.OUTLINES]}
    pooled = first(Role.POOLED)
    record = scorecard.GetAttribute(RECORD) or POOLED  # older scenes know no other
    return AssessmentNodes(
        scene=scene,
        run=run,
        scorecard=scorecard,
        reference=reference or None,
        volumes=volumes,
        outlines=outlines,
        pooled=pooled,
        record=pooled if record == POOLED else outlines.get(record),
        maps={
            (kind, node.GetAttribute(REGION) or None): node
            for node in nodes[Role.MAP]
            if (kind := node.GetAttribute(SUBJECT)) in MAPS
        },
        scorecard_table=first(Role.SCORECARD_TABLE),
        dose_response=first(Role.DOSE_RESPONSE),
        chart=first(Role.CHART),
        series=tuple(nodes[Role.SERIES]),
        review_spots=first(Role.REVIEW_SPOTS),
        folder=find_folder(scene, run),
    )


def remove_assessment(nodes: AssessmentNodes) -> None:
    """Remove a run and its folder. The user's own volumes stay; the colour tables go with the last run."""
    remove_run(nodes.scene, nodes.run)


def remove_run(scene: Any, run: str) -> None:
    """Remove what there is of a run, also of one whose scorecard is not there (yet)."""
    for node in _nodes_by_run(scene).get(run, []):
        remove_node(scene, node)
    folder = find_folder(scene, run)
    if folder is not None:
        remove_folder(scene, folder)
    if not find_assessments(scene):
        for table in nodes_of_class(scene, "vtkMRMLColorTableNode"):
            if table.GetAttribute(COLOUR_TABLE):
                _remove(scene, table)


def remove_node(scene: Any, node: Any) -> None:
    """Remove a node with its place in the subject hierarchy, and its display and storage nodes."""
    remove_item_of(scene, node)
    _remove(scene, node)


def _nodes_by_run(scene: Any) -> dict[str, list[Any]]:
    """The nodes of every run; the scene is looked through once."""
    runs: dict[str, list[Any]] = defaultdict(list)
    for node in nodes_of_class(scene, "vtkMRMLNode"):
        if run := node.GetAttribute(RUN):
            runs[run].append(node)
    return runs


def _in_order(own: list[Any]) -> list[Any]:
    places = {str(role): place for place, role in enumerate(Role)}
    return sorted(own, key=lambda node: (places[node.GetAttribute(ROLE)], int(node.GetAttribute(ORDER))))


def _remove(scene: Any, node: Any) -> None:
    """A node together with its display and storage nodes, which the scene would keep."""
    parts = []
    if node.IsA("vtkMRMLDisplayableNode"):
        parts += [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())]
    if node.IsA("vtkMRMLStorableNode"):
        parts += [node.GetNthStorageNode(index) for index in range(node.GetNumberOfStorageNodes())]
    scene.RemoveNode(node)
    for part in parts:
        if part is not None and part.GetScene() is not None:
            scene.RemoveNode(part)
