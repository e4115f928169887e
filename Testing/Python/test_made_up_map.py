"""A map is registered in one place, and files, report, DICOM, scene and panel have it."""

from __future__ import annotations

import builders
import numpy as np
import pytest
from dicom_files import FLAIR_TIMING, study, write_series

from SynthTrustLib import palette
from SynthTrustLib.case.dicom.folder import read_series, series_at
from SynthTrustLib.case.load import assemble_case
from SynthTrustLib.codec import to_text
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.kind import Caption, MapKind
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.outcome.outcome import outcome_of
from SynthTrustLib.report.dicom_seg import write_dicom
from SynthTrustLib.report.html import render_html
from SynthTrustLib.report.pictures import draw_pictures
from SynthTrustLib.runner.files.results import read_outcome
from SynthTrustLib.runner.files.volumes import writing_volumes
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.vocabulary import Contrast, Region

SHAPE = (10, 24, 26)
STOPS = ((0.0, "#000000"), (1.0, "#12e0a7"))
"""A colour that nothing else has."""


@pytest.fixture(params=[True, False], ids=["a region", "the patient"])
def kind(request, monkeypatch) -> MapKind:
    """Twice the lowest probability; of the patient: the sum over regions."""
    made_up = MapKind(
        id="made_up",
        name="made up",
        quantity="Twice the lowest probability",
        scale="made up: twice the lowest",
        legend=("2 everybody is sure",),
        window=(0.0, 2.0),
        stops=STOPS,
        caption=Caption("Made-up map", "Nothing to see.", "Read it so."),
        compute=lambda slab: 2 * slab.low if request.param else 2 * slab.low.max(axis=0),
        per_region=request.param,
        shown_from=0.4,
    )
    monkeypatch.setitem(MAPS, made_up.id, made_up)
    return made_up


@pytest.fixture
def run(kind, tmp_path):
    """A case that came from DICOM, what three segmenters say of it, and the maps."""
    voxels = np.random.default_rng(1).integers(1, 900, SHAPE).astype(np.uint16)
    write_series(tmp_path / "in", voxels, shared=study(), **FLAIR_TIMING)
    case = assemble_case({Contrast.FLAIR: read_series(series_at(tmp_path / "in"))})
    tumor = builders.ball(SHAPE, radius=5.0) * np.array([0.6, 0.8, 1.0], np.float32)[:, None, None, None]
    answers = np.stack([tumor, tumor * 0.9, tumor * 0.8], axis=1).astype(np.float32)
    stack = builders.stack(answers, synthetic=(0, 50, 100), geometry=case.geometry)
    maps = compute_maps(stack)
    return case, stack, maps, build_scorecard(case, stack, maps)


@pytest.fixture
def expected(kind, run) -> dict[Region | None, np.ndarray]:
    lowest = 2 * run[1].probabilities.min(axis=0)
    return dict(zip(Region, lowest, strict=True)) if kind.per_region else {None: lowest.max(axis=0)}


def names(expected) -> list[str]:
    return ["made_up" if region is None else f"made_up_{region}" for region in expected]


def test_it_is_computed(run, expected):
    found = {region: volume for kind, region, volume in run[2].volumes() if kind.id == "made_up"}
    assert list(found) == list(expected)
    for region, volume in expected.items():
        np.testing.assert_array_equal(found[region], volume)
    assert max(volume.max() for volume in found.values()) > 1


def test_it_is_in_the_files_and_read_back(run, expected, tmp_path):
    _, stack, maps, scorecard = run
    folder = tmp_path / "out"
    for name in ("maps", "segmentations"):
        (folder / name).mkdir(parents=True)
    with writing_volumes(folder, outcome_of(stack, maps, scorecard)):
        (folder / "scorecard.json").write_text(to_text(scorecard))
    assert all((folder / "maps" / f"{name}.nii.gz").is_file() for name in names(expected))
    back = read_outcome(folder).maps["made_up"]
    assert list(back) == list(expected)
    for region, volume in expected.items():
        np.testing.assert_allclose(back[region].whole(SHAPE), volume, atol=2.0**-15)


def test_it_is_in_the_report(run, kind):
    case, *results = run
    outcome = outcome_of(*results)
    pictures = draw_pictures(case, outcome, names={"made_up"})
    html = render_html(outcome.scorecard, pictures)
    assert html.count("data:image/png") == 1
    for words in (kind.caption.title, kind.caption.alt, kind.caption.reading):
        assert words in html
    from io import BytesIO

    from matplotlib.image import imread

    seen = imread(BytesIO(pictures["made_up"]))[..., :3]
    strongest = np.array(palette.rgb(STOPS[-1][1]))
    assert (np.abs(seen - strongest).max(axis=-1) < 0.1).any(), "the end of its colour bar"


def test_it_is_a_dicom_parametric_map(run, expected, kind, tmp_path):
    pydicom = pytest.importorskip("pydicom")
    pytest.importorskip("highdicom")
    case, *results = run
    written = write_dicom(tmp_path / "dicom", case, outcome_of(*results))
    assert [name for name in written if "made_up" in name] == [f"map_{name}.dcm" for name in names(expected)]
    for name, (region, volume) in zip(names(expected), expected.items(), strict=True):
        data = pydicom.dcmread(tmp_path / "dicom" / f"map_{name}.dcm")
        assert data.ContentDescription == kind.quantity + (f", {region}" if region else "")
        values = np.frombuffer(data.FloatPixelData, "<f4")
        assert np.sort(values)[-1] == volume.max()
        mapping = data.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
        assert mapping.DoubleFloatRealWorldValueFirstValueMapped == 0.0
        assert mapping.DoubleFloatRealWorldValueLastValueMapped == 2.0


def test_it_is_in_the_scene_with_its_legend_and_can_be_looked_at(run, expected, kind):
    pytest.importorskip("slicer")
    from SynthTrustLib.scene.build import build_scene
    from SynthTrustLib.scene.nodes.voxels import volume_array
    from SynthTrustLib.scene.result.assessment import find_assessments
    from SynthTrustLib.scene.standalone import standalone_scene
    from SynthTrustLib.scene.views import slices as views

    with standalone_scene() as scene:
        case, *results = run
        build_scene(scene, case, outcome_of(*results))
        (nodes,) = find_assessments(scene)
        assert {region for identifier, region in nodes.maps if identifier == "made_up"} == set(expected)
        for region, volume in expected.items():
            node = nodes.maps["made_up", region]
            assert volume_array(node).max() == volume.max()
            legend = node.GetNthDisplayNode(1)
            assert legend.GetTitleText() == "\n".join((kind.title(region), *kind.legend))
            display = node.GetDisplayNode()
            assert (display.GetLowerThreshold(), display.GetUpperThreshold()) == (kind.shown_from, 2.0)
            colour = [0.0] * 4
            display.GetColorNode().GetColor(255, colour)
            np.testing.assert_allclose(colour[:3], palette.rgb(STOPS[-1][1]), atol=1 / 255)
        composite = views.composite_node(scene, "Red")
        views.show_map(nodes, "made_up", Region.WT)
        layer = nodes.maps["made_up", Region.WT if kind.per_region else None]
        assert composite.GetForegroundVolumeID() == layer.GetID()
