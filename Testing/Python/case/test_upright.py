"""A patient whose images are all turned alike is asked about; one that lies right is not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from case_heads import make_head

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.place.register import prepare
from SynthTrustLib.case.place.upright import check_upright, upright_head
from SynthTrustLib.resources import resource_path
from SynthTrustLib.vocabulary import Contrast

ROOT = Path(__file__).resolve().parents[3]

AXES = {
    "sagittal slices as axial ones": lambda a: a.transpose(2, 1, 0),
    "coronal slices as axial ones": lambda a: a.transpose(1, 0, 2),
    "rows as columns": lambda a: a.transpose(0, 2, 1),
    "upside down": lambda a: a[::-1],
    "front to back": lambda a: a[:, ::-1],
}


@pytest.fixture(scope="module")
def sample():
    return {c: read_image(resource_path(f"SamplePatient/{c.lower()}.nii.gz")) for c in (Contrast.T1, Contrast.FLAIR)}


def prepared(sample, change=lambda array: array):
    """The images with changed arrays under the header of an axial image; voxels are made cubes first."""
    ready = {}
    for contrast, image in sample.items():
        assert image.geometry.spacing == (2.0, 1.0, 1.0)
        array = np.ascontiguousarray(change(image.array[:, ::2, ::2]))
        ready[contrast] = prepare(array, Geometry(array.shape, np.diag([-2.0, -2.0, 2.0, 1.0])))
    return ready


@pytest.mark.parametrize("change", AXES.values(), ids=AXES)
def test_a_patient_whose_axes_were_exchanged_is_asked_about(sample, change):
    (concern,) = check_upright(prepared(sample, change))
    assert concern.verdict is Verdict.CONCERN and concern.key == "turned:case"


def test_a_patient_that_lies_right_is_not_and_sides_do_not_matter(sample):
    assert not list(check_upright(prepared(sample)))
    assert not list(check_upright(prepared(sample, lambda array: array[:, :, ::-1])))


@pytest.mark.parametrize("skull", [True, False])
def test_a_head_like_no_other_is_not_judged(head_grid, skull):
    head = make_head(skull=skull)
    assert not list(check_upright({Contrast.FLAIR: prepare(head, head_grid), Contrast.T1: prepare(head, head_grid)}))
    assert not list(check_upright({Contrast.FLAIR: None}))


def test_the_upright_heads_are_made_of_the_sample_patient(tmp_path):
    sys.path.insert(0, str(ROOT / "Testing"))
    try:
        from make_upright_heads import make
    finally:
        sys.path.pop(0)
    make(tmp_path)
    for name in ("t1", "flair"):
        made, kept = (read_image(folder / f"head_{name}.nii.gz") for folder in (tmp_path, resource_path("Recognition")))
        assert made.geometry.is_same(kept.geometry)
        assert np.mean(np.abs(made.array - kept.array) > 1) < 0.001
        assert upright_head(name).points.shape[0] == np.count_nonzero(kept.array)
