"""An assessment as MRML nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.scene.assessment import AssessmentNodes
from SynthTrustLib.scene.attributes import REFERENCE_CONTRAST, VOLUME_REFERENCE
from SynthTrustLib.scene.dose_response import dose_response_nodes
from SynthTrustLib.scene.hierarchy import create_folder, folder_name
from SynthTrustLib.scene.map_volumes import map_volumes
from SynthTrustLib.scene.margin import margin_band
from SynthTrustLib.scene.outlines import pooled_outlines, segmenter_outlines
from SynthTrustLib.scene.spots import review_spot_points
from SynthTrustLib.scene.tables import scorecard_table, scorecard_text
from SynthTrustLib.scene.volumes import contrast_volumes
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.vocabulary import Contrast


def build_scene(
    mrml_scene: Any,
    case: PatientCase,
    stack: ProbabilityStack,
    maps: TrustMaps,
    scorecard: Scorecard,
    *,
    existing_volumes: Mapping[Contrast, Any] | None = None,
) -> AssessmentNodes:
    """Add everything of one run to a scene; needs no application, and changes no node that was there before.

    Parameters
    ----------
    mrml_scene : vtkMRMLScene
        Slicer's own (``slicer.mrmlScene``), or one made without an application.
    existing_volumes : mapping
        Contrast -> vtkMRMLScalarVolumeNode of the user that the case was read from. They are shown instead of copies.

    Raises
    ------
    GeometryError
        The probabilities or the maps do not lie on the case's grid.
    """
    stack.geometry.require_same(case.geometry, "the probability stack", "the case")
    maps.geometry.require_same(case.geometry, "the maps", "the case")
    run = uuid4().hex

    text = scorecard_text(mrml_scene, scorecard, run)
    text.SetAttribute(REFERENCE_CONTRAST, case.reference)
    volumes = contrast_volumes(mrml_scene, case, run, existing_volumes)
    for contrast, node in volumes.items():
        text.SetNodeReferenceID(VOLUME_REFERENCE + contrast, node.GetID())
    reference = volumes[case.reference]
    outlines = segmenter_outlines(mrml_scene, stack, reference, run)
    pooled = pooled_outlines(mrml_scene, maps, reference, run)
    margin = margin_band(mrml_scene, maps, scorecard, reference, run)
    layers = map_volumes(mrml_scene, maps, run)
    dose_response = dose_response_nodes(mrml_scene, scorecard, run)
    spots = review_spot_points(mrml_scene, scorecard.review_spots, run)
    table = scorecard_table(mrml_scene, scorecard, run)

    placed = [*outlines.values(), pooled, *layers.values(), *(node for node in (margin, spots) if node)]
    for node in placed:
        # What was computed from a volume moves with it.
        node.SetAndObserveTransformNodeID(reference.GetTransformNodeID())
    nodes = AssessmentNodes(
        scene=mrml_scene,
        run=run,
        scorecard=text,
        reference=case.reference,
        volumes=volumes,
        outlines=outlines,
        pooled=pooled,
        maps=layers,
        scorecard_table=table,
        dose_response=dose_response.table if dose_response else None,
        chart=dose_response.chart if dose_response else None,
        series=dose_response.series if dose_response else (),
        review_spots=spots,
        folder=None,
    )
    folder = create_folder(mrml_scene, folder_name(scorecard), run, nodes.own_nodes)
    return replace(nodes, folder=folder)
