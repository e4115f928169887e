"""The scorecard of one patient, all parts together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.maps.spots.spot import ReviewSpots
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.significant import significant
from SynthTrustLib.trust.learned.calibration import Calibration
from SynthTrustLib.trust.learned.prediction import predict_trust
from SynthTrustLib.trust.learned.presence import presences
from SynthTrustLib.trust.measures.dose_response import dose_response
from SynthTrustLib.trust.measures.material import gather
from SynthTrustLib.trust.measures.overlap import pairwise_dice
from SynthTrustLib.trust.rows.agreement import agreement_rows
from SynthTrustLib.trust.rows.mix import mix_rows
from SynthTrustLib.trust.rows.patient import patient_rows
from SynthTrustLib.trust.rows.prediction import prediction_rows
from SynthTrustLib.trust.rows.reference import reference_rows
from SynthTrustLib.trust.rows.segmenters import segmenter_rows
from SynthTrustLib.trust.rows.size import size_rows
from SynthTrustLib.trust.rows.status import status_rows
from SynthTrustLib.trust.rows.uncertainty import uncertainty_rows
from SynthTrustLib.trust.scorecard import Scorecard


def build_scorecard(
    case: PatientCase,
    stack: ProbabilityStack,
    maps: TrustMaps,
    spots: ReviewSpots | None = None,
    *,
    reference: Mapping[str, npt.NDArray] | None = None,
    provenance: Mapping[str, Any] | None = None,
    calibration: Calibration | None = None,
    roles: Roles | None = None,
) -> Scorecard:
    """Everything that is known about how far the outlines can be trusted, and what is not known and why.

    `reference`: shape (k, j, i); the regions that a reference mask tells, on the case's grid; adds the REFERENCE rows.
    `provenance`: where the result came from; values that JSON can hold. `maps`: of the jury. `roles`: who draws the
    outline of record, and who the jury is; by default everybody is, and the record is pooled. `calibration`: what was
    learned about these segmenters on labelled patients. Without it status and predictions are unknown.

    Raises GeometryError if case, probabilities, maps and reference do not share one grid.
    """
    material = gather(case, stack, maps, roles)
    everyone = [pairwise_dice(outlines.everyone) for outlines in material.outlines]
    jurors = [np.ix_(outlines.jurors, outlines.jurors) for outlines in material.outlines]
    matrices = tuple(matrix[jury] for matrix, jury in zip(everyone, jurors, strict=True))
    prediction = predict_trust(material, matrices, calibration)
    present = presences(material, matrices, prediction)
    return Scorecard(
        rows=(
            *status_rows(material, prediction, present),
            *patient_rows(case),
            *size_rows(material, present),
            *agreement_rows(material, matrices),
            *uncertainty_rows(material),
            *mix_rows(material),
            *prediction_rows(material, prediction, present),
            *(reference_rows(material, reference) if reference is not None else ()),
            *segmenter_rows(stack.segmenters, material.roles.jury, case.task),
        ),
        segmenters=stack.segmenters,
        record=material.roles.record,
        jury=material.roles.jury,
        skipped=dict(stack.skipped),
        pairwise_dice={
            outlines.region: tuple(tuple(significant(value) for value in row) for row in matrix)
            for outlines, matrix in zip(material.outlines, everyone, strict=True)
        },
        dose_response=tuple(dose_response(material, outlines) for outlines in material.outlines),
        review_spots=spots.listed if spots else (),
        provenance=dict(provenance or {}),
        case_label=case.label,
        is_synthetic_patient=case.is_synthetic,
        task=case.task,
        unlisted_doubt=spots.unlisted if spots else (),
    )
