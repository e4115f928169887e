"""Values beyond what float32 holds, or can square, are brought nearer to 1, without a warning and with a row."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from case_heads import make_head
from nifti_files import nifti_bytes

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.file.unit import in_any_unit
from SynthTrustLib.case.load import load_case
from SynthTrustLib.vocabulary import Contrast

HEAD = make_head((30, 40, 40), skull=False)


@pytest.mark.parametrize("unit", [1e33, 1e18, 1e-18, 1e-36], ids="{:g}".format)
def test_a_patient_in_an_odd_unit_reads_as_in_any_other_and_warns_of_nothing(tmp_path, unit):
    found = []
    for name, scale in (("one", 1.0), ("other", unit)):
        paths = {}
        for n, contrast in enumerate(Contrast):
            image = (HEAD ** (1 - 0.1 * n)).astype(np.float64) * scale
            paths[contrast] = tmp_path / f"{name}-{contrast}.nii"
            paths[contrast].write_bytes(nifti_bytes(image.astype(np.float32)))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            case = load_case(paths)
        found.append([(row.name, row.subject, row.verdict) for row in case.checks if row.name != "scaled"])
        assert sum(row.name == "scaled" for row in case.checks) == (0 if scale == 1 else len(paths))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("values", "slope"),
    [(HEAD.astype(np.float64) * 1e40, 1.0), (HEAD.astype(np.int16), 1e38)],
    ids=["float64", "slope"],
)
def test_what_float32_cannot_hold_is_no_infinity(tmp_path, values, slope):
    (tmp_path / "flair.nii").write_bytes(nifti_bytes(values, slope=slope))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = read_image(tmp_path / "flair.nii")
    assert [row.name for row in image.remarks] == ["scaled"]
    np.testing.assert_allclose(image.array / image.array.max(), values / values.max(), rtol=1e-6)


def test_nothing_is_scaled_where_values_are_labels_or_shares(tmp_path):
    (tmp_path / "map.nii").write_bytes(nifti_bytes((HEAD * 1e-20).astype(np.float32)))
    image = read_image(tmp_path / "map.nii", blank_allowed=True)
    assert image.array.max() == np.float32(HEAD.max() * 1e-20) and not image.remarks


def test_numbers_that_are_none_do_not_count(tmp_path):
    values = np.array([np.nan, 2e20, -np.inf, 0], np.float32)
    array, (row,) = in_any_unit(values)
    assert row.name == "scaled" and np.isnan(array[0]) and 1 <= array[1] < 2 and array[2] == -np.inf
    array, rows = in_any_unit(np.full(3, np.nan, np.float32))
    assert np.isnan(array).all() and not rows
