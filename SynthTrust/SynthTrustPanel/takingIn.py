"""What a finished run has written becomes nodes of the scene."""

import importlib

import slicer

NEEDED_BY_RESULTS = (
    "SynthTrustLib.scene.build",
    "SynthTrustLib.scene.nodes.surface",
    "SynthTrustLib.scene.result.edited_outlines",
    "SynthTrustLib.scene.result.your_outline",
    "SynthTrustLib.scene.views.look",
    "scipy.spatial",
)
"""What making and showing a result, and the first click at a spot, would wait for on the main thread."""


def makingNodes(logic, folder, request, nodeIDs):
    """Steps that make the nodes of a finished run; their result is the StoredResult."""
    from SynthTrustLib.progress import in_background, part

    def load(progress):
        from SynthTrustLib.case.load import load_case

        return load_case(
            request.contrasts,
            label=request.label,
            spacing_mm=request.spacing_mm,
            synthetic=request.synthetic,
            progress=progress,
            task=outcome.scorecard.task,
        )

    def read(progress):
        for module in NEEDED_BY_RESULTS:
            importlib.import_module(module)
        from SynthTrustLib.runner.files.results import read_outcome, read_text

        texts = [read_text(folder, name) for name in ("report.html", "run.log")]
        return read_outcome(folder, progress), *texts

    outcome, report, log = yield from part(in_background(read), 0.0, 0.3)
    from SynthTrustLib.scene.patient.nodes import case_of_nodes

    found = {contrast: slicer.mrmlScene.GetNodeByID(nodeID) for contrast, nodeID in nodeIDs.items()}
    volumes = {contrast: node for contrast, node in found.items() if node is not None}
    case = None
    if len(volumes) == len(nodeIDs):
        card = outcome.scorecard
        case = case_of_nodes(volumes, outcome.geometry, is_synthetic=card.is_synthetic_patient, task=card.task)
    if case is None:
        volumes = {}
        case = yield from part(in_background(load), 0.3, 0.3)
    result = yield from part(logic.buildingResult(case, outcome, volumes, found, report), 0.3, 1.0)
    logic.log(log)
    return result
