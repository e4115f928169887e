"""Outlines from elsewhere come onto the case's grid as the regions that they tell, from label maps and DICOM SEG."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import pytest

from SynthTrustLib.case.dicom_outline import is_dicom_outline
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.given_outline import load_outline
from SynthTrustLib.case.label_convention import labels_of
from SynthTrustLib.case.outside_file import OutsideFile
from SynthTrustLib.errors import GeometryError, InputError, SynthTrustError
from SynthTrustLib.vocabulary import Contrast, Region

WT, TC, ET = Region
SHAPE = (12, 20, 16)


@pytest.mark.parametrize(
    ("convention", "values", "expected"),
    [
        ("auto", (0, 1), {WT: (1,)}),
        ("brats", (0, 1), {WT: (1, 2, 3), TC: (1, 3), ET: (3,)}),
        ("auto", (0, 1, 2, 4), {WT: (1, 2, 4), TC: (1, 4), ET: (4,)}),
        ("binary", (0, 1, 7), {WT: (1, 7)}),
        ("ET=7,wt=7+9", (0, 7, 9), {WT: (7, 9), ET: (7,)}),
        ("auto", (0, 5), None),
        ("binary", (0, 0.5), None),
        ("brats", (0, -1), None),
    ],
)
def test_a_label_convention_says_what_the_numbers_mean(convention, values, expected):
    assert labels_of(convention, values) == expected


@pytest.mark.parametrize("wrong", ["WT=", "WT=1,WT=2", "WT=1,XX=2", "brain"])
def test_what_is_no_convention_is_refused(wrong):
    with pytest.raises(InputError, match="no label convention"):
        labels_of(wrong, (0, 1))


@pytest.mark.parametrize(
    ("text", "name", "path", "convention"),
    [
        ("By hand=a/mask.nii.gz", "By hand", "a/mask.nii.gz", "auto"),
        ("x=a.nii:brats", "x", "a.nii", "brats"),
        ("x=a.nii:WT=1+2,TC=1", "x", "a.nii", "WT=1+2,TC=1"),
        (r"x=C:\scans\a.nii", "x", r"C:\scans\a.nii", "auto"),
        (r"x=C:\scans\a.nii:binary", "x", r"C:\scans\a.nii", "binary"),
    ],
)
def test_a_member_is_named_on_the_command_line_with_its_file_and_convention(text, name, path, convention):
    assert OutsideFile.parse(text) == OutsideFile(name, Path(path), convention)


@pytest.mark.parametrize("text", ["a.nii.gz", "=a.nii.gz", "name="])
def test_a_member_without_name_or_file_is_refused(text):
    with pytest.raises(InputError, match="does not say which outline is meant"):
        OutsideFile.parse(text)


def test_an_outline_that_found_nothing_is_an_answer(write_image):
    found = load_outline(write_image("seg.nii.gz", np.zeros(SHAPE, np.uint8)), builders.case(SHAPE), convention="brats")
    assert {region: mask.any() for region, mask in found.masks.items()} == {WT: False, TC: False, ET: False}


def test_an_outline_goes_where_registration_moved_the_contrast_that_it_was_drawn_on(write_image):
    case = builders.case(SHAPE)
    moved = np.eye(4)
    moved[:3, 3] = (0.0, 0.0, 3.0)  # what lies at z in the case lies at z + 3 in the native image
    native = builders.grid((18, 20, 16))
    case.volumes[Contrast.T1] = replace(case.volumes[Contrast.T1], native=native, moved=moved)
    labels = np.zeros(native.shape, np.uint8)
    labels[7, 5, 6] = 1
    found = load_outline(write_image("seg.nii.gz", labels, native), case).masks[WT]
    assert np.argwhere(found).tolist() == [[4, 5, 6]]


@pytest.mark.parametrize("k", range(0, 150, 7))
def test_a_thin_outline_is_placed_wherever_in_the_patient_it_lies(write_image, k):
    case = builders.case((150, 20, 20))
    labels = np.zeros((8, 20, 20), np.uint8)
    labels[4, 5:9, 5:9] = 1
    native = case.geometry.ijk_to_ras @ np.diag([1, 1, 0.1, 1])
    native[:3, 3] = case.geometry.ras([k - 0.4, 0, 0])
    found = load_outline(write_image("seg.nii.gz", labels, Geometry(labels.shape, native)), case).masks[WT]
    assert np.argwhere(found)[:, 0].tolist() == [k] * 16


def test_an_outline_that_falls_between_the_voxels_of_the_patient_is_refused_not_emptied(write_image):
    case = builders.case(SHAPE)
    labels = np.zeros((10, *SHAPE[1:]), np.uint8)
    labels[5, 5:9, 5:9] = 1
    native = case.geometry.ijk_to_ras @ np.diag([1, 1, 0.1, 1])
    native[:3, 3] = case.geometry.ras([4.2, 0, 0])  # the labelled slice lies at 4.7, the voxels of the case at 4 and 5
    with pytest.raises(GeometryError, match="none of the outline falls on the patient's voxels"):
        load_outline(write_image("seg.nii.gz", labels, Geometry(labels.shape, native)), case)


class TestDicomSeg:
    """Objects written by highdicom, as others write them."""

    @pytest.fixture
    def write(self, tmp_path):
        hd = pytest.importorskip("highdicom", reason="DICOM SEG needs highdicom")
        import dicom_files
        import pydicom
        from pydicom.sr.codedict import codes
        from pydicom.sr.coding import Code

        voxels = np.random.default_rng(0).integers(1, 900, SHAPE).astype(np.uint16)
        paths = dicom_files.write_series(tmp_path / "in", voxels, shared=dicom_files.study())
        source = [pydicom.dcmread(path) for path in paths]

        def write(segments: dict[str, np.ndarray], kind: str = "BINARY"):
            descriptions = [
                hd.seg.SegmentDescription(
                    n, label, Code("49755003", "SCT", "Morphologically Altered Structure"), codes.SCT.Neoplasm, "MANUAL"
                )
                for n, label in enumerate(segments, start=1)
            ]
            made = hd.seg.Segmentation(
                source, np.stack(list(segments.values()), -1), kind, descriptions, hd.UID(), 1, hd.UID(), 1,
                "maker", "model", "1", "1",
            )  # fmt: skip
            path = tmp_path / "seg.dcm"
            made.save_as(path)
            return path

        return write

    @pytest.fixture
    def case(self, write, tmp_path):
        from SynthTrustLib.case.dicom import read_series, series_at
        from SynthTrustLib.case.load import assemble_case

        return assemble_case({Contrast.FLAIR: read_series(series_at(tmp_path / "in"))})

    def parts(self):
        blocks = np.zeros((3, *SHAPE), np.uint8)
        for n in range(3):
            blocks[n, 4:7, 3 + 4 * n : 6 + 4 * n, 4:9] = 1
        return blocks

    def test_parts_of_a_tumor_make_up_its_regions(self, write, case):
        necrosis, edema, enhancing = self.parts()
        path = write({"Necrosis": necrosis, "Peritumoral Edema": edema, "Enhancing Lesion": enhancing})
        found = load_outline(path, case).masks
        np.testing.assert_array_equal(found[ET], enhancing > 0)
        np.testing.assert_array_equal(found[TC], (necrosis | enhancing) > 0)
        np.testing.assert_array_equal(found[WT], (necrosis | edema | enhancing) > 0)

    def test_a_segment_that_is_only_called_a_tumor_tells_the_whole_of_it(self, write, case):
        found = load_outline(write({"GTV": self.parts()[0]}), case).masks  # its code says Neoplasm
        assert set(found) == {WT}
        np.testing.assert_array_equal(found[WT], self.parts()[0] > 0)

    def test_one_slice_is_an_outline_too(self, write, case):
        one = np.zeros(SHAPE, np.uint8)
        one[7, 5:9, 4:9] = 1
        np.testing.assert_array_equal(load_outline(write({"GTV": one}), case).masks[WT], one > 0)

    def test_stated_numbers_win_over_names(self, write, case):
        one, two, _ = self.parts()
        found = load_outline(write({"Edema": one, "Necrosis": two}), case, convention="WT=1+2,ET=1").masks
        assert set(found) == {WT, ET}
        np.testing.assert_array_equal(found[ET], one > 0)

    def test_numbers_that_are_not_there_are_refused_with_a_list_of_those_that_are(self, write, case):
        with pytest.raises(InputError, match="1 'Edema"):
            load_outline(write({"Edema": self.parts()[0]}), case, convention="WT=2")

    def test_a_damaged_object_is_one_error_or_an_answer(self, write, case):
        path = write({"Edema": self.parts()[0]})
        sound, random = path.read_bytes(), np.random.default_rng(1)
        assert is_dicom_outline(path)
        refused = 0
        for n in range(25):
            damaged = bytearray(sound[: random.integers(200, len(sound))] if n % 2 else sound)
            for at in random.integers(140, len(damaged), 30):
                damaged[at] = random.integers(256)
            path.write_bytes(damaged)
            try:
                load_outline(path, case)
            except SynthTrustError:
                refused += 1
        assert refused > 10
