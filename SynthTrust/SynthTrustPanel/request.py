"""What a run's child process is told, made of nodes of the scene."""

from pathlib import Path

import slicer

from .inputs import gridVolume, voxelSize
from .patients import dicomDescription


def _taskOf(segmenters, folders):
    """What these segmenters outline, on which images; glioma where they cannot be had, and the run says why."""
    from SynthTrustLib.errors import SegmenterError
    from SynthTrustLib.segmenters.package.registry import find_packages, select, task_of
    from SynthTrustLib.task.glioma import GLIOMA

    try:
        return task_of(select(find_packages(folders, verify=False), segmenters))
    except SegmenterError:
        return GLIOMA


def makeRequest(folder, inputs):
    """Write the inputs into `folder` and say what is to be done with them."""
    from SynthTrustLib.case.outline.outside_file import OutsideFile
    from SynthTrustLib.runner.process.request import NO_SEGMENTERS, AssessRequest
    from SynthTrustLib.scene.patient.given_outline import remarks_on, write_outline, write_reference
    from SynthTrustLib.scene.patient.nodes import is_synthetic, shared_frame, write_volume
    from SynthTrustLib.scene.patient.patients import unused_volumes

    volumes, segmenters, reference = inputs.volumes, inputs.segmenters, inputs.reference
    if not isinstance(segmenters, str):
        segmenters = ",".join(segmenters) or NO_SEGMENTERS
    folders = (Path(inputs.segmenterFolder),) if inputs.segmenterFolder else ()
    task = inputs.task or _taskOf(segmenters, folders)
    world = not shared_frame(volumes.values())
    paths = {}
    for contrast, node in volumes.items():
        paths[contrast] = folder / f"{contrast}.nrrd"
        write_volume(node, paths[contrast], world=world)
    grid = gridVolume(volumes, task)
    members = []
    for number, (node, stated) in enumerate((inputs.outlines or {}).items(), start=1):
        path = folder / f"outline-{number}.nrrd"
        convention = write_outline(node, grid, path, convention=stated, world=world, task=task)
        members.append(OutsideFile(node.GetName(), path, convention, remarks_on(node, stated, task)))
    known = {}
    if reference is not None:
        mask = folder / "reference.nrrd"
        convention = write_reference(reference, grid, mask, world=world, task=task)
        known = {
            "reference": mask,
            "reference_convention": convention,
            "reference_remarks": remarks_on(reference, task=task),
        }
    return AssessRequest(
        out=folder / "result",
        contrasts=paths,
        segmenters=segmenters,
        record=inputs.record or None,
        members=tuple(members),
        extra_segmenter_folders=folders,
        label=inputs.label.strip() or None,
        spacing_mm=voxelSize(inputs.voxelSize),
        synthetic=is_synthetic(volumes.values()),
        write_scene=False,
        **known,
        accepted=tuple(inputs.accepted),
        unused=tuple(unused_volumes(slicer.mrmlScene, volumes.values(), dicomDescription)),
    )
