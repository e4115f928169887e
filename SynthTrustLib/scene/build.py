"""An assessment as MRML nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.codec import to_text
from SynthTrustLib.outcome.outcome import Outcome
from SynthTrustLib.progress import Steps, finish, part
from SynthTrustLib.scene.nodes.dose_response import dose_response_nodes
from SynthTrustLib.scene.nodes.maps import map_volumes
from SynthTrustLib.scene.nodes.margin import margin_band
from SynthTrustLib.scene.nodes.outlines import outline_nodes
from SynthTrustLib.scene.nodes.spots import review_spot_points
from SynthTrustLib.scene.nodes.tables import scorecard_table, text_node
from SynthTrustLib.scene.nodes.volumes import contrast_volumes
from SynthTrustLib.scene.result.assessment import AssessmentNodes, remove_run
from SynthTrustLib.scene.result.attributes import RECORD, REFERENCE_CONTRAST, VOLUME_REFERENCE, Mark, Role, add
from SynthTrustLib.scene.result.hierarchy import create_folder, folder_name
from SynthTrustLib.scene.views.slices import show_outlines
from SynthTrustLib.segmenters.outlines import POOLED


def build_scene(
    mrml_scene: Any, case: PatientCase, outcome: Outcome, *, existing_volumes: Mapping[str, Any] | None = None
) -> AssessmentNodes:
    """Add everything of one run to a scene; needs no application, and changes no node that was there before.

    `mrml_scene`: Slicer's own (``slicer.mrmlScene``), or one made without an application. `existing_volumes`: contrast
    -> vtkMRMLScalarVolumeNode of the user that the case was read from. They are shown instead of copies. Raises
    GeometryError: the outcome does not lie on the case's grid.
    """
    nodes = finish(building(mrml_scene, case, outcome, existing_volumes=existing_volumes))
    show_outlines(nodes)
    return nodes


def building(
    mrml_scene: Any, case: PatientCase, outcome: Outcome, *, existing_volumes: Mapping[str, Any] | None = None
) -> Steps[AssessmentNodes]:
    """As `build_scene`, node by node.

    A run is in the scene when its scorecard is, which comes last; its outlines are left hidden. Where it is
    stopped before, nothing of it is left.
    """
    outcome.geometry.require_same(case.geometry, "the outcome", "the case")
    run = uuid4().hex
    whole = False
    try:
        nodes = yield from _building(mrml_scene, run, case, outcome, existing_volumes)
        whole = True
    finally:
        if not whole:
            remove_run(mrml_scene, run)
    return nodes


def _building(
    scene: Any, run: str, case: PatientCase, outcome: Outcome, existing_volumes: Mapping[str, Any] | None
) -> Steps[AssessmentNodes]:
    scorecard = outcome.scorecard
    text = text_node(scene, to_text(scorecard, indent=1), Mark(run, Role.SCORECARD))  # as in scorecard.json
    text.SetAttribute(REFERENCE_CONTRAST, case.reference)
    text.SetAttribute(RECORD, scorecard.record)
    yield 0.02
    volumes = yield from part(contrast_volumes(scene, case, run, existing_volumes), 0.02, 0.1)
    for contrast, node in volumes.items():
        text.SetNodeReferenceID(VOLUME_REFERENCE + contrast, node.GetID())
    reference = volumes[case.reference]
    members = yield from part(outline_nodes(scene, outcome, reference, run), 0.1, 0.55)
    record = members[scorecard.record]
    pooled = members.pop(POOLED)
    margin = yield from part(margin_band(scene, outcome, reference, run), 0.55, 0.65)
    layers = yield from part(map_volumes(scene, outcome, run), 0.65, 0.85)
    dose_response = dose_response_nodes(scene, scorecard, run)
    yield 0.87
    spots = review_spot_points(scene, scorecard.review_spots, run)
    yield 0.89
    table = scorecard_table(scene, scorecard, run)
    yield 0.9
    placed = [*members.values(), pooled, *layers.values(), *(node for node in (margin, spots) if node)]
    for node in placed:
        # What was computed from a volume moves with it.
        if reference.GetTransformNodeID():
            node.SetAndObserveTransformNodeID(reference.GetTransformNodeID())
    add(scene, text, "Scorecard")
    nodes = AssessmentNodes(
        scene=scene,
        run=run,
        scorecard=text,
        reference=case.reference,
        volumes=volumes,
        outlines=members,
        pooled=pooled,
        record=record,
        maps=layers,
        scorecard_table=table,
        dose_response=dose_response.table if dose_response else None,
        chart=dose_response.chart if dose_response else None,
        series=dose_response.series if dose_response else (),
        review_spots=spots,
        folder=None,
    )
    folder = yield from part(create_folder(scene, folder_name(scorecard), run, nodes.own_nodes), 0.9, 1.0)
    return replace(nodes, folder=folder)
