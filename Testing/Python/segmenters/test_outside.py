"""An outline made elsewhere is a member of the comparison, and nothing is claimed about what trained it."""

from __future__ import annotations

import builders
import numpy as np
import pytest
from segmenters import onnx_models

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.outline.outside_file import OutsideFile
from SynthTrustLib.codec import encode
from SynthTrustLib.errors import InputError, SegmenterError
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots.find import find_review_spots
from SynthTrustLib.report.html import render_html
from SynthTrustLib.segmenters.adapters.outline import read_members
from SynthTrustLib.segmenters.package.folder import load_package
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.scorecard import read_scorecard
from SynthTrustLib.vocabulary import Evidence, Region

SHAPE = (12, 32, 32)
WT, TC, ET = Region


@pytest.fixture
def case():
    return builders.case(SHAPE)


@pytest.fixture
def labels(case):
    found = np.zeros(SHAPE, np.uint8)
    found[3:9, 10:20, 10:20] = 2
    found[5:7, 12:16, 12:16] = 3
    return found


@pytest.fixture
def written(case, labels, tmp_path):
    """Writes an array as an outline's file."""
    import SimpleITK as sitk

    def write(array, name="elsewhere.nii.gz"):
        path = tmp_path / name
        sitk.WriteImage(case.geometry.to_sitk(array.astype(np.uint8)), str(path))
        return path

    return write


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    for number in (0, 50, 100):
        mix = builders.card(synthetic=number, real=100 - number).training_mix
        model = onnx_models.pixelwise(np.zeros((3, 12)), np.array([-1.0, -2.0, -3.0]) + number / 50)
        onnx_models.package(folder, f"mix-{number}", model, training_mix=mix)
    return [load_package(folder / f"mix-{number}") for number in (0, 50, 100)]


def assessed(case, stack):
    maps = compute_maps(stack)
    return maps, build_scorecard(case, stack, maps, find_review_spots(stack, maps, spacing_trusted=True))


def test_its_outline_is_in_the_stack_as_it_was_drawn(case, labels, written, packages):
    members = read_members([OutsideFile("By Hand", written(labels), "brats")], case)
    stack = run_segmenters(case, packages, outside=members)
    assert [card.id for card in stack.segmenters] == ["mix-0", "mix-50", "mix-100", "outside-by-hand"]
    np.testing.assert_array_equal(builders.on_grid(stack)[3, 0], labels > 0)
    np.testing.assert_array_equal(builders.on_grid(stack)[3, 2], labels == 3)


def test_it_counts_in_disagreement_and_dice_but_never_in_the_influence_of_the_mix(case, labels, written, packages):
    alone, alone_card = assessed(case, run_segmenters(case, packages))
    members = read_members([OutsideFile("hand", written(labels), "brats")], case)
    joined, card = assessed(case, run_segmenters(case, packages, outside=members))
    grid = case.geometry.shape

    def whole_tumor(maps, name):
        return maps.part(maps[name], 0).whole(grid)

    np.testing.assert_allclose(whole_tumor(joined, "mix_influence"), whole_tumor(alone, "mix_influence"), atol=1e-6)
    assert whole_tumor(joined, "disagreement")[6, 15, 15] > whole_tumor(alone, "disagreement")[6, 15, 15]
    assert np.shape(card.pairwise_dice[WT]) == (4, 4)
    assert [point.segmenter for point in card.dose_response[0].points] == ["mix-0", "mix-50", "mix-100"]
    assert card.dose_response[0].slope == pytest.approx(alone_card.dose_response[0].slope)
    assert card.row("training_mix.outside-hand").evidence is Evidence.UNKNOWN
    assert card.row("outside.outside-hand").evidence is Evidence.DECLARED
    assert "of the 4 segmenters" in card.row("votes.WT.single").reason


def test_the_scorecard_with_it_is_valid_comes_back_and_is_printed(case, labels, written, packages):
    members = read_members([OutsideFile("hand <1>", written(labels), "brats")], case)
    _, card = assessed(case, run_segmenters(case, packages, outside=members))
    record = encode(card)
    read_scorecard(record)
    back = encode(read_scorecard(record))
    assert back == record
    text = render_html(read_scorecard(record), {})
    assert "hand &lt;1&gt;" in text and "Training mix unknown" in text and "nan" not in text.lower().split()


def test_one_that_tells_fewer_regions_narrows_the_comparison(case, labels, written, packages):
    members = read_members([OutsideFile("hand", written(labels > 0))], case)
    stack = run_segmenters(case, packages, outside=members)
    assert stack.regions == (WT,) and stack.probabilities.shape[:2] == (4, 1)


def test_outlines_can_be_compared_without_any_network(case, labels, written):
    files = [OutsideFile("a", written(labels, "a.nii.gz")), OutsideFile("b", written(labels * 0, "b.nii.gz"), "brats")]
    stack = run_segmenters(case, [], outside=read_members(files, case))
    maps, card = assessed(case, stack)
    assert "mix_influence" not in maps.layers and "none ran" in maps.missing["mix_influence"]
    assert card.pairwise_dice[WT][0][1] == 0 and stack.engine == "none"
    read_scorecard(encode(card))


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["R 1", "R-1", "r_1"], ["outside-r-1", "outside-r-1-2", "outside-r-1-3"]),
        (["R-1-2", "R 1", "R-1"], ["outside-r-1-2", "outside-r-1", "outside-r-1-3"]),
        (["张医生", "李医生"], ["outside-outline", "outside-outline-2"]),
        (["Jérôme", "Мария", "٣"], ["outside-jerome", "outside-outline", "outside-outline-2"]),
        (["a" * 200, "a" * 201], [f"outside-{'a' * 44}", f"outside-{'a' * 44}-2"]),
    ],
)
def test_readers_have_ids_of_their_own_whatever_they_are_called(case, labels, written, names, ids):
    members = read_members([OutsideFile(name, written(labels)) for name in names], case)
    assert [member.card.name for member in members] == names
    assert [member.card.id for member in members] == ids


def test_two_members_of_the_same_voxels_may_be_one(case, labels, written):
    empty = written(np.zeros_like(labels), "empty.nii.gz")
    files = [("A", written(labels)), ("B", written(labels, "copy.nii.gz")), ("C", empty), ("D", empty)]
    members = read_members([OutsideFile(name, path, "brats") for name, path in files], case)
    rows = [(row.subject, row.text) for member in members for row in member.checks if row.name == "outline_same"]
    assert [subject for subject, _ in rows] == ["B"] and "exactly the voxels that A does" in rows[0][1]


@pytest.mark.parametrize("pair", [("a b", "a  b"), ("Jérôme", "Je\u0301ro\u0302me"), ("a", "a\u200b"), ("张", "张")])
def test_two_names_that_look_the_same_are_refused(case, labels, written, pair):
    files = [OutsideFile(name, written(labels)) for name in pair]
    with pytest.raises(InputError, match="two outlines have this name"):
        read_members(files, case)


@pytest.mark.parametrize("convention", ["brats", "WT=2,TC=1,ET=3", "WT=1+2+3,TC=1+3,ET=3"])
def test_every_figure_and_the_pooled_outline_are_of_nested_regions(case, labels, written, convention):
    labels[4:8, 11:17, 11:17] = 1
    labels[5:7, 12:16, 12:16] = 3
    members = read_members([OutsideFile("hand", written(labels), convention)], case)
    maps, card = assessed(case, run_segmenters(case, [], outside=members))
    expected = {WT: labels > 0, TC: np.isin(labels, (1, 3)), ET: labels == 3}
    for n, (region, mask) in enumerate(expected.items()):
        np.testing.assert_array_equal(maps.part(maps.pooled, n).whole(mask.shape) >= 0.5, mask)
        assert card.row(f"volume.{region}.outside-hand").value == pytest.approx(mask.sum() / 1000)


def test_what_was_made_of_a_segmentation_keeps_its_remarks(case, labels, written):
    (member,) = read_members([OutsideFile("x", written(labels), "brats", remarks=("'vessel' is not used",))], case)
    remarks = [check for check in member.checks if "vessel" in check.text]
    assert [(check.verdict, check.text) for check in remarks] == [(Verdict.WARNING, "'vessel' is not used")]


def test_members_without_a_common_region_are_refused(case, labels, written):
    files = [OutsideFile("a", written(labels), "WT=2"), OutsideFile("b", written(labels), "ET=3")]
    with pytest.raises(SegmenterError, match="no region"):
        run_segmenters(case, [], outside=read_members(files, case))
