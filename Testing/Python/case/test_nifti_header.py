"""Where a NIfTI header puts its voxels, whichever of its two forms holds, and what is said where they disagree."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import builders
import numpy as np
import pytest
import SimpleITK as sitk

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.outline.reference import read_reference
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.vocabulary import Contrast, Region

TURN = np.array([[-0.8, 0.6, 0.0], [-0.6, -0.8, 0.0], [0.0, 0.0, 1.0]])
SIZES = np.array([1.0, 1.25, 2.5])
ORIGIN = np.array([11.0, 22.0, -33.0])


def patched(path: Path, **fields) -> Path:
    """The NIfTI-1 file with other codes, pixdim, quaternion, offsets, rows or units."""
    places = {
        "units": (123, "B"),
        "codes": (252, "2h"),
        "pixdim": (76, "4f"),
        "quaternion": (256, "3f"),
        "offsets": (268, "3f"),
        "rows": (280, "12f"),
    }
    raw = bytearray(path.read_bytes())
    for name, values in fields.items():
        at, kind = places[name]
        struct.pack_into(f"<{kind}", raw, at, *np.ravel(values).tolist())
    path.write_bytes(raw)
    return path


@pytest.fixture
def oblique(write_image, ramp):
    """A NIfTI file whose two forms agree: oblique, anisotropic."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = TURN * SIZES, ORIGIN
    return write_image("a.nii", ramp, Geometry(ramp.shape, matrix))


def affine(axes, origin=ORIGIN) -> np.ndarray:
    return np.column_stack([axes, origin])


def remarks_of(path: Path, name="placement"):
    return [remark for remark in read_image(path).remarks if remark.name == name]


def test_forms_that_agree_need_no_word(oblique):
    assert read_image(oblique).remarks == ()
    assert read_image(oblique).elsewhere is None


@pytest.mark.parametrize("codes", [(1, 1), (1, 0), (0, 1), (1, 2), (2, 1), (0, 4), (3, 3)])
@pytest.mark.parametrize("qfac", [1.0, -1.0])
def test_a_file_lies_where_itk_puts_it_whatever_its_codes(oblique, codes, qfac):
    path = patched(oblique, codes=codes, pixdim=(qfac, *SIZES))
    assert read_image(path).geometry.is_same(Geometry.from_sitk(sitk.ReadImage(str(path))), 1e-4)


@pytest.mark.parametrize("codes", [(1, 1), (1, 2), (2, 1), (1, 4), (2, 3)])
@pytest.mark.parametrize("shift", [0.3, 5.0])
def test_forms_that_disagree_are_told_apart_as_itk_does_and_said(oblique, codes, shift):
    path = patched(oblique, codes=codes, rows=affine(TURN * SIZES, ORIGIN + np.array([shift, 0, 0])))
    image = read_image(path)
    assert image.geometry.is_same(Geometry.from_sitk(sitk.ReadImage(str(path))), 1e-4)
    used, other = ("sform", "qform") if codes[1] == 1 else ("qform", "sform")
    (remark,) = remarks_of(path)
    assert f"{shift:g} mm apart; the {used} is used" in remark.text
    assert f"goes by the {other} puts it elsewhere" in remark.text
    assert remark.verdict is (Verdict.WARNING if shift > 0.5 else Verdict.READY)
    assert image.elsewhere is not None
    assert image.elsewhere.apart_mm(image.geometry) == pytest.approx(shift, abs=1e-4)


def test_forms_that_mirror_each_other_are_a_concern(oblique):
    path = patched(oblique, codes=(1, 2), rows=affine(TURN * SIZES * [-1, 1, 1]))
    (remark,) = remarks_of(path)
    assert remark.verdict is Verdict.CONCERN
    assert "left and right are not sure" in remark.text


def test_a_qform_without_numbers_gives_way_to_the_sform_and_that_is_said(oblique):
    expected = read_image(oblique).geometry
    path = patched(oblique, codes=(1, 2), quaternion=(np.nan, 0, 0))
    assert read_image(path).geometry.is_same(expected)
    assert "its qform holds no valid numbers" in remarks_of(path)[0].text


def test_a_negative_voxel_size_mirrors_nothing_and_is_said(oblique):
    expected = read_image(oblique).geometry
    path = patched(oblique, pixdim=(1.0, -SIZES[0], SIZES[1], SIZES[2]))
    assert read_image(path).geometry.is_same(expected)
    assert [remark.verdict for remark in remarks_of(path)] == [Verdict.WARNING]
    patched(path, codes=(1, 0))
    assert read_image(path).geometry.is_same(expected)
    (remark,) = remarks_of(path)
    assert remark.verdict is Verdict.CONCERN
    assert "left and right may be swapped" in remark.text


def test_an_odd_sense_of_the_slices_goes_by_its_sign_and_is_said(oblique):
    path = patched(oblique, codes=(1, 0), pixdim=(-3.0, *SIZES))
    assert read_image(path).geometry.is_same(Geometry.from_sitk(sitk.ReadImage(str(path))), 1e-4)
    assert "-1 was taken" in remarks_of(path)[0].text


def test_lengths_in_meters_are_converted_and_said(oblique):
    expected = read_image(oblique).geometry
    path = patched(
        oblique, units=1, pixdim=(1.0, *(SIZES / 1000)), offsets=ORIGIN / 1000, rows=affine(TURN * SIZES, ORIGIN) / 1000
    )
    assert read_image(path).geometry.is_same(expected)
    assert "in meters" in remarks_of(path, "units")[0].text


@pytest.mark.parametrize("sizes", [(1e-4, 1, 1), (1, 500, 1), (1e-38, 1e-38, 1e-38)])
def test_voxel_sizes_that_no_scanner_has_are_refused(oblique, sizes):
    path = patched(oblique, codes=(1, 0), pixdim=(1.0, *sizes))
    with pytest.raises(GeometryError, match=r"no MRI has|singular"):
        read_image(path)


def test_a_place_far_from_any_scanner_is_refused(oblique):
    with pytest.raises(GeometryError, match="more than 10 m away"):
        read_image(patched(oblique, codes=(1, 0), offsets=(1e20, 0, 0)))


def sheared(degrees: float) -> np.ndarray:
    axes = np.diag([-1.0, -1.0, 1.0])
    axes[:, 1] = [np.sin(np.radians(degrees)), -np.cos(np.radians(degrees)), 0]
    return axes


def write_sheared(write_image, ramp, name: str, degrees: float) -> Path:
    path = write_image(name, ramp)
    if name.endswith(".nii"):
        return patched(path, codes=(0, 1), rows=affine(sheared(degrees)))
    raw, (x, y, z) = path.read_bytes(), (sheared(degrees) * [[-1], [-1], [1]]).T
    if name.endswith(".nrrd"):
        old = b"space directions: (1,0,0) (0,1,0) (0,0,1)"
        new = "space directions: " + " ".join("(" + ",".join(map(repr, v.tolist())) + ")" for v in (x, y, z))
    else:
        old = b"TransformMatrix = 1 0 0 0 1 0 0 0 1"
        new = "TransformMatrix = " + " ".join(repr(n) for v in (x, y, z) for n in v.tolist())
    assert old in raw
    path.write_bytes(raw.replace(old, new.encode()))
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nrrd", "a.mha"])
def test_axes_that_are_nearly_perpendicular_are_made_so_and_a_greater_shear_is_refused(write_image, ramp, name):
    big = np.zeros((8, 200, 200), np.int16)
    big[:, 50:150, 50:150] = np.arange(100)
    image = read_image(write_sheared(write_image, big, name, 0.08))
    assert image.geometry.shear_degrees < 1e-6
    np.testing.assert_allclose(image.geometry.spacing, 1, rtol=1e-6)
    assert [(r.name, r.verdict) for r in image.remarks] == [("shear", Verdict.CHANGED)]
    assert "sheared by 0.08 degrees" in image.remarks[0].text
    with pytest.raises(GeometryError, match="sheared"):
        read_image(write_sheared(write_image, ramp, name, 0.2))


def nifti_2(path: Path, order="<") -> bytes:
    """The NIfTI-1 file at `path` as NIfTI-2."""
    raw = path.read_bytes()
    image = sitk.ReadImage(str(path))
    header = bytearray(544)
    struct.pack_into(f"{order}i8s2h", header, 0, 540, b"n+2\0\r\n\032\n", 4, 16)
    struct.pack_into(f"{order}8q", header, 16, 3, *image.GetSize(), 1, 1, 1, 1)
    struct.pack_into(f"{order}8d", header, 104, *struct.unpack_from("<8f", raw, 76))
    struct.pack_into(f"{order}q2d", header, 168, 544, 0.5, -3.0)
    struct.pack_into(f"{order}2i", header, 344, *struct.unpack_from("<2h", raw, 252))
    struct.pack_into(f"{order}6d", header, 352, *struct.unpack_from("<6f", raw, 256))
    struct.pack_into(f"{order}12d", header, 400, *struct.unpack_from("<12f", raw, 280))
    struct.pack_into(f"{order}i", header, 500, 2)
    voxels = np.frombuffer(raw[352:], "<i2")
    return bytes(header) + voxels.astype(f"{order}i2").tobytes()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("codes", [(1, 1), (1, 0), (0, 2)])
@pytest.mark.parametrize("packed", [False, True])
def test_nifti_2_reads_as_nifti_1(oblique, ramp, order, codes, packed):
    first = read_image(patched(oblique, codes=codes))
    content = nifti_2(oblique, order)
    second = oblique.with_name("b.nii.gz" if packed else "b.nii")
    second.write_bytes(gzip.compress(content) if packed else content)
    image = read_image(second)
    np.testing.assert_array_equal(image.array, ramp * 0.5 - 3.0)
    assert image.geometry.is_same(first.geometry)


def test_nifti_2_in_two_files_is_refused(oblique):
    oblique.write_bytes(nifti_2(oblique).replace(b"n+2", b"ni2"))
    with pytest.raises(InputError, match="two-file kind"):
        read_image(oblique)


def test_an_outline_saved_by_the_other_form_lies_on_the_voxels_that_it_was_drawn_on(write_image):
    shape = (20, 40, 40)
    head = builders.ball((20, 40, 40), radius=9) * np.random.default_rng(0).uniform(100, 900, shape)
    path = write_image("flair.nii", head.astype(np.float32))
    grid = read_image(path).geometry
    moved = np.array(grid.ijk_to_ras)
    moved[:3, 3] += (7.0, -4.0, 3.0)
    patched(path, codes=(1, 2), rows=moved[:3])
    case = load_case({Contrast.FLAIR: path})
    mask = builders.ball(shape, radius=4).astype(np.uint8)
    saved = write_image("mask.nii", mask, Geometry(shape, moved))
    np.testing.assert_array_equal(read_reference(saved, case).masks[Region.WT], mask.astype(bool))
    assert any(check.name == "placement" and check.subject == Contrast.FLAIR for check in case.checks)
