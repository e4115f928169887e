"""An outline made elsewhere is a member of the comparison, and nothing is claimed about what trained it."""

from __future__ import annotations

import builders
import numpy as np
import pytest
from segmenters import onnx_models

from SynthTrustLib.case.outside_file import OutsideFile
from SynthTrustLib.errors import InputError, SegmenterError
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots import find_review_spots
from SynthTrustLib.report.html import render_html
from SynthTrustLib.segmenters.outside import read_members
from SynthTrustLib.segmenters.package import load_package
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.serialize import from_dict, to_dict, validate
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
    np.testing.assert_array_equal(stack.probabilities[3, 0], labels > 0)
    np.testing.assert_array_equal(stack.probabilities[3, 2], labels == 3)


def test_it_counts_in_disagreement_and_dice_but_never_in_the_influence_of_the_mix(case, labels, written, packages):
    alone, alone_card = assessed(case, run_segmenters(case, packages))
    members = read_members([OutsideFile("hand", written(labels), "brats")], case)
    joined, card = assessed(case, run_segmenters(case, packages, outside=members))
    np.testing.assert_allclose(joined.mix_influence, alone.mix_influence, atol=1e-6)
    assert joined.disagreement[0, 6, 15, 15] > alone.disagreement[0, 6, 15, 15]
    assert np.shape(card.pairwise_dice[WT]) == (4, 4)
    assert [point[0] for point in card.dose_response[0].points] == ["mix-0", "mix-50", "mix-100"]
    assert card.dose_response[0].slope == pytest.approx(alone_card.dose_response[0].slope)
    assert card.row("training_mix.outside-hand").evidence is Evidence.UNKNOWN
    assert card.row("outside.outside-hand").evidence is Evidence.DECLARED
    assert "of the 4 segmenters" in card.row("votes.WT.single").reason


def test_the_scorecard_with_it_is_valid_comes_back_and_is_printed(case, labels, written, packages):
    members = read_members([OutsideFile("hand <1>", written(labels), "brats")], case)
    _, card = assessed(case, run_segmenters(case, packages, outside=members))
    record = to_dict(card)
    validate(record)
    back = to_dict(from_dict(record))
    assert back == record
    text = render_html(from_dict(record), {})
    assert "hand &lt;1&gt;" in text and "Training mix unknown" in text and "nan" not in text.lower().split()


def test_one_that_tells_fewer_regions_narrows_the_comparison(case, labels, written, packages):
    members = read_members([OutsideFile("hand", written(labels > 0))], case)
    stack = run_segmenters(case, packages, outside=members)
    assert stack.regions == (WT,) and stack.probabilities.shape[:2] == (4, 1)


def test_outlines_can_be_compared_without_any_network(case, labels, written):
    files = [OutsideFile("a", written(labels, "a.nii.gz")), OutsideFile("b", written(labels * 0, "b.nii.gz"), "brats")]
    stack = run_segmenters(case, [], outside=read_members(files, case))
    maps, card = assessed(case, stack)
    assert maps.mix_influence is None and "none ran" in maps.mix_influence_reason
    assert card.pairwise_dice[WT][0][1] == 0 and stack.engine == "none"
    validate(to_dict(card))


def test_two_of_one_name_are_refused(case, labels, written):
    files = [OutsideFile("a b", written(labels)), OutsideFile("A-B", written(labels))]
    with pytest.raises(InputError, match="two outlines have this name"):
        read_members(files, case)


def test_members_without_a_common_region_are_refused(case, labels, written):
    files = [OutsideFile("a", written(labels), "WT=2"), OutsideFile("b", written(labels), "ET=3")]
    with pytest.raises(SegmenterError, match="no region"):
        run_segmenters(case, [], outside=read_members(files, case))
