"""A made-up patient and a made-up run for the self-test: no engine, no network, no file."""

import numpy as np
import slicer
import vtk

SHAPE = (40, 56, 48)  # (k, j, i)
SPACING = (3.0, 2.5, 2.5)
CENTER = (20.0, 24.0, 30.0)
RADII = {"real": 8.0, "half": 8.5, "synthetic": 10.5}
SYNTHETIC_CASES = {"real": 0, "half": 50, "synthetic": 100}


def _distance(center):
    index = np.indices(SHAPE, dtype=np.float64)
    steps = [axis - c for axis, c in zip(index, center, strict=True)]
    return np.sqrt(sum((step * size / 2.5) ** 2 for step, size in zip(steps, SPACING, strict=True)))


def _ijkToRAS():
    matrix = vtk.vtkMatrix4x4()
    for axis, size in enumerate((-SPACING[2], -SPACING[1], SPACING[0])):
        matrix.SetElement(axis, axis, size)
    for axis, offset in enumerate((60.0, 70.0, -60.0)):
        matrix.SetElement(axis, 3, offset)
    return matrix


def makeVolumes(name="patient"):
    """Four series of a ball-shaped head with a bright ball in it; returns name of the contrast -> volume node."""
    random = np.random.default_rng(7)
    head = _distance([(n - 1) / 2 for n in SHAPE]) < 23  # smaller ones are no heads
    tumor = _distance(CENTER) < 8
    volumes = {}
    for contrast, tissue, bright in (("T1", 420, 300), ("T1c", 430, 700), ("T2", 380, 800), ("FLAIR", 350, 900)):
        array = np.where(head, tissue + random.normal(0, 18, SHAPE), 0)
        array = np.where(head & tumor, bright + random.normal(0, 18, SHAPE), array)
        volumes[contrast] = slicer.util.addVolumeFromArray(
            array.astype(np.float32), ijkToRAS=_ijkToRAS(), name=f"{name} {contrast}"
        )
    return volumes


def _draw(mask, volume, name):
    """A segmentation with one segment, as if drawn by hand; returns its node."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    identifier = node.GetSegmentation().AddEmptySegment("", "tumor")
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask.astype(np.uint8), node, identifier, volume)
    return node


def drawOutline(volume, name, radius):
    """A segmentation of one ball (radius in voxels of 2.5 mm); returns its node and its voxels."""
    mask = _distance(CENTER) < radius
    return _draw(mask, volume, name), mask


def drawBall(volume, name, millimetres):
    """A segmentation of a ball in the middle of any volume; returns its node."""
    from SynthTrustLib.scene.nodes.voxels import volume_geometry

    geometry = volume_geometry(volume)
    axes = np.ogrid[tuple(slice(n) for n in geometry.shape)]
    steps = [(axis - (n - 1) / 2) * size for axis, n, size in zip(axes, geometry.shape, geometry.spacing, strict=True)]
    return _draw(sum(step**2 for step in steps) < millimetres**2, volume, name)


def _card(name, synthetic):
    from SynthTrustLib.segmenters.package.card import SegmenterCard, TrainingMix
    from SynthTrustLib.vocabulary import Contrast, Region

    return SegmenterCard(
        id=name,
        name=f"{name} (self-test)",
        version="1",
        family="self-test",
        summary="Made up for the self-test.",
        training_mix=TrainingMix(
            real_cases=100 - synthetic, synthetic_cases=synthetic, generator="self-test" if synthetic else None
        ),
        contrasts=tuple(Contrast),
        required_contrasts=(),
        regions=tuple(Region),
        thresholds=dict.fromkeys(Region, 0.5),
        preprocessing={},
        licence="CC0",
        intended_use="the self-test",
        not_for=("anything else",),
        presets=("ladder",),
    )


def makeOutcome(case, radii, syntheticCases):
    """What a run of made-up segmenters has found, as of `makeResult`."""
    from SynthTrustLib.maps.compute import compute_maps
    from SynthTrustLib.maps.spots.find import find_review_spots
    from SynthTrustLib.outcome.outcome import outcome_of
    from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
    from SynthTrustLib.trust.assess import build_scorecard
    from SynthTrustLib.vocabulary import Region

    distance = _distance(CENTER)
    shares = {Region.WT: 1.0, Region.TC: 0.7, Region.ET: 0.4}
    probabilities = np.stack(
        [
            np.stack([1 / (1 + np.exp(1.5 * (distance - radius * shares[region]))) for region in Region])
            for radius in radii.values()
        ]
    ).astype(np.float32)
    probabilities[probabilities < 1e-3] = 0
    stack = ProbabilityStack(
        probabilities=probabilities,
        segmenters=tuple(_card(name, syntheticCases[name]) for name in radii),
        regions=tuple(Region),
        geometry=case.geometry,
        support=tuple(slice(0, n) for n in SHAPE),
        engine="none (self-test)",
    )
    maps = compute_maps(stack)
    spots = find_review_spots(stack, maps, spacing_trusted=True)
    provenance = {"created": "2026-01-01T00:00:00+00:00", "engine": stack.engine}
    return outcome_of(stack, maps, build_scorecard(case, stack, maps, spots, provenance=provenance))


def makeResult(volumes, radii=RADII, syntheticCases=SYNTHETIC_CASES):
    """A finished run of made-up segmenters on `volumes`, in the scene; returns the StoredResult.

    Each outlines a ball of its radius (voxels of 2.5 mm) and has so many synthetic of 100 training cases.
    """
    from SynthTrustLib.scene.build import build_scene
    from SynthTrustLib.scene.patient.nodes import case_of_nodes, geometry_of
    from SynthTrustLib.scene.result.stored import StoredResult
    from SynthTrustLib.vocabulary import Contrast

    volumes = {Contrast(name): node for name, node in volumes.items()}
    case = case_of_nodes(volumes, geometry_of(volumes[Contrast.FLAIR], world=False), is_synthetic=True)
    outcome = makeOutcome(case, radii, syntheticCases)
    result = StoredResult(build_scene(slicer.mrmlScene, case, outcome, existing_volumes=volumes))
    result.keep_report("<html><body><main><h1>Self-test</h1></main></body></html>")
    return result
