"""Outlines from elsewhere come onto the case's grid as the regions that they tell, from label maps and DICOM SEG."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import pydicom
import pytest
from nifti_files import nifti_bytes
from seg_files import write_seg_nrrd

from SynthTrustLib.case.check import Verdict
from SynthTrustLib.case.dicom.outline import is_dicom_outline
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.outline.given import load_outline
from SynthTrustLib.case.outline.label_convention import labels_of
from SynthTrustLib.case.outline.outside_file import OutsideFile
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


def tumor(shape=(24, 40, 32)) -> np.ndarray:
    """Labels of BraTS: necrosis (1) inside enhancing tumor (3) inside edema (2), as shells."""
    labels = np.zeros(shape, np.uint8)
    for radius, label in ((10, 2), (6, 3), (3, 1)):
        labels[builders.ball(shape, radius=radius)] = label
    return labels


@pytest.fixture
def patient():
    return builders.case((24, 40, 32))


def notes(found):
    return {check.name: check for check in found.checks}


def sizes(found):
    return {region: int(mask.sum()) for region, mask in found.masks.items()}


@pytest.mark.parametrize("convention", ["WT=2,TC=1,ET=3", "ET=3,TC=1,WT=2", "WT=2+1,TC=1,ET=3", "WT=2,TC=3+1,ET=3"])
def test_a_convention_with_a_label_for_each_part_tells_nested_regions_and_says_so(write_image, patient, convention):
    path = write_image("seg.nii.gz", tumor(), patient.geometry)
    found, usual = load_outline(path, patient, convention=convention), load_outline(path, patient)
    assert sizes(found) == sizes(usual) and sizes(found)[WT] == (tumor() > 0).sum()
    assert notes(found)["outline_nested"].verdict is Verdict.CHANGED
    assert "WT=1+2+3,TC=1+3,ET=3" in notes(found)["outline_nested"].text
    assert not usual.checks


@pytest.mark.parametrize("enhancing", [3, 4])
def test_labels_in_the_order_of_nnunet_are_asked_about(write_image, patient, enhancing):
    swapped = np.array([0, 2, 1, enhancing], np.uint8)[tumor()]
    path = write_image("seg.nii.gz", swapped, patient.geometry)
    found = load_outline(path, patient, name="Reader 1")
    (concern,) = found.checks
    assert concern.verdict is Verdict.CONCERN and concern.key == "outline_order:Reader 1"
    assert "nnU-Net" in concern.text and "WT=1+2+3,TC=2+3,ET=3" in concern.text
    stated = load_outline(path, patient, convention=f"WT=1+2+{enhancing},TC=2+{enhancing},ET={enhancing}")
    assert not stated.checks and sizes(stated)[TC] == np.isin(tumor(), (1, 3)).sum()


def test_labels_that_no_region_holds_are_named(write_image, patient):
    labels = tumor()
    labels[2, 2:5, 2:5] = 4
    found = load_outline(write_image("seg.nii.gz", labels, patient.geometry), patient, name="x")
    assert notes(found)["outline_segments"].text == "no part of the tumor, so not used: label 4"
    found = load_outline(write_image("b.nii.gz", labels, patient.geometry), patient, convention="WT=1+3")
    assert "label 2, 4" in notes(found)["outline_segments"].text


@pytest.mark.parametrize("convention", ["WT=4", "TC=7,ET=9"])
def test_a_reference_is_empty_where_its_convention_finds_nothing(write_image, patient, convention):
    path = write_image("seg.nii.gz", tumor(), patient.geometry)
    assert not load_outline(path, patient, convention=convention).masks.popitem()[1].any()
    with pytest.raises(InputError, match="the reference is empty"):
        load_outline(path, patient, convention=convention, what="reference", may_be_empty=False)


@pytest.mark.parametrize("label", [2, 3, 4])
def test_a_single_label_that_may_be_the_whole_tumor_is_asked_about_until_it_is_stated(write_image, patient, label):
    path = write_image("seg.nii.gz", (tumor() > 0).astype(np.uint8) * label, patient.geometry)
    concern = notes(load_outline(path, patient))["outline_labels"]
    assert concern.verdict is Verdict.CONCERN and f"its only label is {label}," in concern.text
    assert not load_outline(path, patient, convention="binary").checks
    assert not load_outline(path, patient, convention="brats").checks


def test_labels_that_are_stated_and_not_there_are_named(write_image, patient):
    path = write_image("seg.nii.gz", tumor(), patient.geometry)
    found = load_outline(path, patient, convention="WT=1+2+3+9,TC=1+3+9,ET=9")
    assert notes(found)["outline_segments"].text == "stated, but no voxel has it: label 9"


def lit(patient, labels):
    """The patient whose T1c shows label 3 bright and label 1 dark."""
    volume = patient.volumes[Contrast.T1C]
    array = volume.array + 800 * (labels == 3) - 90 * (labels == 1)
    return replace(patient, volumes={**patient.volumes, Contrast.T1C: replace(volume, array=array)})


def test_an_enhancing_tumor_that_does_not_enhance_is_asked_about(write_image, patient):
    patient = lit(patient, tumor())
    right = write_image("a.nii.gz", tumor(), patient.geometry)
    exchanged = write_image("b.nii.gz", np.array([0, 3, 2, 1], np.uint8)[tumor()], patient.geometry)
    assert not load_outline(right, patient).checks
    (concern,) = load_outline(exchanged, patient, name="R").checks
    assert concern.verdict is Verdict.CONCERN and concern.key == "outline_order:R"
    assert "darker on T1c than the rest of its core" in concern.text
    assert not load_outline(exchanged, patient, convention="WT=1+2+3,TC=1+3,ET=1").checks


@pytest.mark.parametrize("trusted", [True, False])
def test_an_outline_that_is_larger_than_any_tumor_is_asked_about(write_image, trusted):
    case = builders.case((40, 60, 50), geometry=builders.grid((40, 60, 50), (3.0, 3.0, 3.0)), spacing_trusted=trusted)
    shape = case.geometry.shape
    inside_out = ~builders.ball(shape, radius=5)
    concern = notes(load_outline(write_image("a.nii.gz", inside_out.astype(np.uint8), case.geometry), case))
    assert concern["outline_size"].verdict is Verdict.CONCERN
    brain = builders.ball(shape, radius=17)
    concern = notes(load_outline(write_image("b.nii.gz", brain.astype(np.uint8), case.geometry), case))
    assert concern["outline_size"].verdict is Verdict.CONCERN
    large = builders.ball(shape, radius=11)
    assert not load_outline(write_image("c.nii.gz", large.astype(np.uint8), case.geometry), case).checks


def test_an_outline_beside_the_head_is_asked_about(write_image):
    case = builders.case((40, 60, 50))
    beside = builders.ball(case.geometry.shape, (20, 45, 25), radius=7)
    concern = notes(load_outline(write_image("a.nii.gz", beside.astype(np.uint8), case.geometry), case))
    assert concern["outline_place"].verdict is Verdict.CONCERN
    assert "lies outside of the head" in concern["outline_place"].text


def test_what_is_lost_beside_the_patients_images_and_a_grid_of_its_own_have_rows(write_image, patient):
    affine = patient.geometry.ijk_to_ras.copy()
    affine[:3, 3] = patient.geometry.ras([14, 0, 0])  # the upper half of the tumor lies above the patient's images
    found = load_outline(write_image("a.nii.gz", tumor(), Geometry(tumor().shape, affine)), patient)
    assert notes(found)["outline_cut"].verdict is Verdict.WARNING
    lost = 1 - found.masks[WT].sum() / (tumor() > 0).sum()
    assert 0.1 < lost < 0.9 and f"{lost:.0%} of it lies outside" in notes(found)["outline_cut"].text
    assert "outline_grid" not in notes(found)
    affine[:3, 3] = patient.geometry.ras([0.3, 0, 0])
    found = load_outline(write_image("b.nii.gz", tumor(), Geometry(tumor().shape, affine)), patient)
    (row,) = found.checks
    assert row.name == "outline_grid" and row.verdict is Verdict.CHANGED


def test_an_outline_of_every_voxel_is_refused(write_image, patient):
    path = write_image("seg.nii.gz", np.ones(patient.geometry.shape, np.uint8), patient.geometry)
    with pytest.raises(InputError, match="outlines nothing"):
        load_outline(path, patient)


@pytest.mark.parametrize(
    ("origin", "concerned"),
    [((0, 0, 4), True), ((0, 3, 0), True), ((0, 0, 0.5), False), ((0, 0, 0), False)],
    ids=["aside", "to the front", "half a voxel", "in place"],
)
def test_a_mask_of_as_many_voxels_in_another_place_is_asked_about(write_image, patient, origin, concerned):
    matrix = np.array(patient.geometry.ijk_to_ras)
    matrix[:3, 3] = patient.geometry.ras(origin)
    path = write_image("seg.nii.gz", tumor(), Geometry(patient.geometry.shape, matrix))
    found = [check for check in load_outline(path, patient, name="x").checks if check.name == "outline_origin"]
    assert [check.verdict for check in found] == [Verdict.CONCERN] * concerned
    assert all("as many voxels as T1" in check.text for check in found)


def test_a_mask_whose_axes_run_the_other_way_fills_the_same_space(write_image, patient):
    turned = patient.geometry.ijk_to_ras @ np.array([[-1, 0, 0, 31], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    labels = tumor()[:, :, ::-1].transpose(1, 0, 2)
    found = load_outline(write_image("seg.nii.gz", labels, Geometry(labels.shape, turned)), patient)
    assert sizes(found) == sizes(load_outline(write_image("b.nii.gz", tumor(), patient.geometry), patient))
    assert not found.checks


def test_a_mask_of_white_is_the_whole_tumor_and_says_so(write_image, patient):
    path = write_image("seg.nii.gz", ((tumor() > 0) * 255).astype(np.uint8), patient.geometry)
    found = load_outline(path, patient)
    assert sizes(found) == {WT: (tumor() > 0).sum()}
    assert "its only label is 255" in notes(found)["outline_segments"].text


@pytest.mark.parametrize(("stored", "said"), [(np.uint8, True), (np.int16, False)])
def test_labels_that_were_stored_as_scaled_integers_are_these_labels(tmp_path, patient, stored, said):
    labels = np.array([0, 1, 2, 4])[tumor()]
    slope = 4 / np.iinfo(stored).max
    scaled = np.round(labels / slope).astype(stored)
    k, j, i = patient.geometry.spacing
    path = tmp_path / "seg.nii"
    path.write_bytes(nifti_bytes(scaled, (k, j, i), slope=slope, origin=tuple(patient.geometry.ras((0, 0, 0)))))
    found = load_outline(path, patient)
    assert sizes(found) == {WT: (labels > 0).sum(), TC: np.isin(labels, (1, 4)).sum(), ET: (labels == 4).sum()}
    assert ("no whole numbers" in "".join(check.text for check in found.checks)) is said


def test_a_folder_and_contours_are_no_outlines(tmp_path, patient):
    with pytest.raises(InputError, match=r"this is a folder, not the reference\. Give the file itself"):
        load_outline(tmp_path, patient, what="reference")
    contours = pydicom.Dataset()
    contours.file_meta = pydicom.dataset.FileMetaDataset()
    contours.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    contours.SOPClassUID = contours.file_meta.MediaStorageSOPClassUID = pydicom.uid.RTStructureSetStorage
    contours.SOPInstanceUID = contours.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    for modality, says in (("RTSTRUCT", "set of contours"), ("SR", "of another kind")):
        contours.Modality = modality
        contours.save_as(tmp_path / "rs.dcm", enforce_file_format=True)
        with pytest.raises(InputError, match=says):
            load_outline(tmp_path / "rs.dcm", patient)


class TestSlicerSegmentation:
    """Files as Slicer writes them, whose label values mean nothing without the names in their header."""

    def parts(self):
        labels = tumor()
        return {"necrosis": labels == 1, "edema": labels == 2, "enhancing": labels == 3}

    def whole(self):
        labels = tumor()
        return {WT: (labels > 0).sum(), TC: ((labels == 1) | (labels == 3)).sum(), ET: (labels == 3).sum()}

    @pytest.mark.parametrize("order", list(itertools.permutations(["necrosis", "edema", "enhancing"])))
    def test_names_win_over_numbers_in_one_layer(self, patient, tmp_path, order):
        labels = sum(self.parts()[name] * value for value, name in enumerate(order, start=1))
        fields = [{"Name": name, "LabelValue": value, "Layer": 0} for value, name in enumerate(order, start=1)]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [labels], fields, patient.geometry)
        found = load_outline(path, patient)
        assert sizes(found) == self.whole() and not found.checks

    @pytest.mark.parametrize("old", [False, True])
    def test_regions_that_overlap_lie_in_layers(self, patient, tmp_path, old):
        labels = tumor()
        layers = [labels > 0, labels == 3, (labels == 1) | (labels == 3)]
        names = ["Whole tumor", "Enhancing tumor", "Tumor core"]
        fields = [{"Name": name} | ({} if old else {"LabelValue": 1, "Layer": n}) for n, name in enumerate(names)]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", layers, fields, patient.geometry, old=old)
        found = load_outline(path, patient)
        assert sizes(found) == self.whole()
        np.testing.assert_array_equal(found.masks[ET], labels == 3)

    def test_two_layers_may_hold_several_segments_each(self, patient, tmp_path):
        parts = self.parts()
        layers = [parts["edema"] * 1 + parts["enhancing"] * 2, parts["necrosis"] * 2]
        fields = [
            {"Name": "SNFH", "LabelValue": 1, "Layer": 0},
            {"Name": "ET", "LabelValue": 2, "Layer": 0},
            {"Name": "NETC", "LabelValue": 2, "Layer": 1},
        ]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", layers, fields, patient.geometry)
        assert sizes(load_outline(path, patient)) == self.whole()
        # Two share a value: their numbers are their order.
        assert sizes(load_outline(path, patient, convention="WT=1,TC=3,ET=2")) == self.whole()

    def test_numbers_in_names_and_stated_numbers_are_understood(self, patient, tmp_path):
        labels = tumor()
        fields = [{"Name": f"Segment_{n}", "LabelValue": n, "Layer": 0} for n in (1, 2, 3)]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [labels], fields, patient.geometry)
        assert sizes(load_outline(path, patient)) == self.whole()
        assert sizes(load_outline(path, patient, convention="WT=1+2+3,TC=1+3,ET=3")) == self.whole()

    def test_what_is_no_tumor_is_not_used_and_a_single_segment_is_taken_for_all_of_it(self, patient, tmp_path):
        labels = tumor()
        labels[0, 0, :3] = 4
        fields = [
            {"Name": name, "LabelValue": n, "Layer": 0}
            for n, name in enumerate(["Nekrose", "Ödem", "Anreichernder Tumor", "Resektionshöhle"], start=1)
        ]
        found = load_outline(write_seg_nrrd(tmp_path / "a.seg.nrrd", [labels], fields, patient.geometry), patient)
        assert sizes(found) == self.whole()
        (check,) = found.checks
        assert check.text == "1 of its 4 segments is no part of the tumor, so not used"
        assert check.quoted == "'Resektionshöhle'"  # for the screen: nobody knows what a label may hold
        path = write_seg_nrrd(
            tmp_path / "b.seg.nrrd", [labels > 0], [{"Name": "mine", "LabelValue": 1}], patient.geometry
        )
        single = load_outline(path, patient)
        assert (
            set(single.masks) == {WT}
            and notes(single)["outline_segments"].text == "its only segment is taken for the whole tumor"
        )

    @pytest.mark.parametrize("name", ["enhancing tumor", "tumor core"])
    def test_a_single_segment_is_what_it_is_called(self, patient, tmp_path, name):
        fields = [{"Name": name, "LabelValue": 1, "Layer": 0}]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [tumor() == 3], fields, patient.geometry)
        assert WT not in load_outline(path, patient).masks

    @pytest.mark.parametrize("names", [["left", "right"], ["brain"], ["tumor without necrosis", "edema"]])
    def test_segments_that_cannot_be_told_are_listed(self, patient, tmp_path, names):
        fields = [{"Name": name, "LabelValue": n, "Layer": 0} for n, name in enumerate(names, start=1)]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [tumor()], fields, patient.geometry)
        with pytest.raises(InputError, match="cannot be told") as refused:
            load_outline(path, patient)
        assert all(repr(name) in refused.value.what for name in names)

    def test_a_code_tells_what_a_name_does_not(self, patient, tmp_path):
        labels = tumor()
        tags = "TerminologyEntry:Any~SCT^49755003^Morphologically Altered Structure~SCT^{}^{}~^^~Anatomic~^^~^^|"
        coded = [(1, "6574001", "Necrosis"), (2, "79654002", "Edema"), (3, "108369006", "Enhancing lesion")]
        fields = [
            {"Name": f"Segment_{9 - n}", "LabelValue": n, "Layer": 0, "Tags": tags.format(code, meaning)}
            for n, code, meaning in coded
        ]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [labels], fields, patient.geometry)
        assert sizes(load_outline(path, patient)) == self.whole()

    def test_a_segmentation_on_a_cropped_grid_lies_where_its_header_says(self, patient, tmp_path):
        labels = tumor()
        crop = np.s_[1:23, 8:32, 4:28]
        part = [labels[crop] > 0, labels[crop] == 3]
        affine = patient.geometry.ijk_to_ras.copy()
        affine[:3, 3] = patient.geometry.ras([1, 8, 4])
        grid = Geometry(part[0].shape, affine)
        fields = [{"Name": "WT", "LabelValue": 1, "Layer": 0}, {"Name": "ET", "LabelValue": 1, "Layer": 1}]
        found = load_outline(write_seg_nrrd(tmp_path / "a.seg.nrrd", part, fields, grid), patient)
        np.testing.assert_array_equal(found.masks[WT], labels > 0)
        np.testing.assert_array_equal(found.masks[ET], labels == 3)

    def test_two_segments_of_the_same_voxels_are_refused(self, patient, tmp_path):
        fields = [{"Name": name, "LabelValue": 2, "Layer": 0} for name in ("Edema", "Enhancing tumor")]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [tumor()], fields, patient.geometry)
        with pytest.raises(InputError, match="gives two segments the same voxels"):
            load_outline(path, patient)

    @pytest.mark.parametrize("ending", [b"\n\n", b"\n"])
    def test_voxels_may_lie_in_a_file_of_their_own(self, patient, tmp_path, ending):
        names = ("edema", "enhancing", "necrosis")
        labels = sum(self.parts()[name] * value for value, name in enumerate(names, start=1))
        fields = [{"Name": name, "LabelValue": value, "Layer": 0} for value, name in enumerate(names, start=1)]
        head, _, voxels = (
            write_seg_nrrd(tmp_path / "a", [labels], fields, patient.geometry).read_bytes().partition(b"\n\n")
        )
        path = tmp_path / "a.seg.nhdr"
        path.write_bytes(head + b"\ndata file: a.seg.raw.gz" + ending)
        with pytest.raises(InputError, match=r"a\.seg\.nhdr: the file that holds its voxels cannot be opened"):
            load_outline(path, patient)
        (tmp_path / "a.seg.raw.gz").write_bytes(voxels)
        found = load_outline(path, patient)
        assert sizes(found) == self.whole() and not found.checks

    def test_stated_numbers_that_the_names_contradict_are_told(self, patient, tmp_path):
        names = ["Enhancing tumor", "Edema", "Necrosis"]
        fields = [{"Name": name, "LabelValue": n, "Layer": 0} for n, name in enumerate(names, start=1)]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [tumor()], fields, patient.geometry)
        assert (
            "names say other parts" in notes(load_outline(path, patient, convention="brats"))["outline_segments"].text
        )
        assert not load_outline(path, patient, convention="WT=1+2+3,TC=1+3,ET=1").checks

    def test_damaged_ones_are_refused(self, patient, tmp_path):
        labels = tumor()
        fields = [{"Name": "WT", "LabelValue": 1, "Layer": 0}, {"Name": "ET", "LabelValue": 1, "Layer": 1}]
        path = write_seg_nrrd(tmp_path / "a.seg.nrrd", [labels > 0, labels == 3], fields, patient.geometry)
        sound = path.read_bytes()
        path.write_bytes(sound[:-40])
        with pytest.raises(InputError, match=r"truncated|damaged"):
            load_outline(path, patient)
        path.write_bytes(sound.replace(b"Layer:=1", b"Layer:=7"))
        with pytest.raises(InputError, match="a layer of segments that it does not have"):
            load_outline(path, patient)


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

        def write(segments: dict[str, np.ndarray], kind: str = "BINARY", **options):
            descriptions = [
                hd.seg.SegmentDescription(
                    n, label, Code("49755003", "SCT", "Morphologically Altered Structure"), codes.SCT.Neoplasm, "MANUAL"
                )
                for n, label in enumerate(segments, start=1)
            ]
            made = hd.seg.Segmentation(
                source, np.stack(list(segments.values()), -1), kind, descriptions, hd.UID(), 1, hd.UID(), 1,
                "maker", "model", "1", "1", **options,
            )  # fmt: skip
            path = tmp_path / "seg.dcm"
            made.save_as(path)
            return path

        return write

    @pytest.fixture
    def case(self, write, tmp_path):
        from SynthTrustLib.case.dicom.folder import read_series, series_at
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

    @pytest.mark.parametrize("maximum", [1, 2, 255])
    def test_fractions_of_nothing_but_0_and_1_are_a_mask_whatever_their_maximum(self, write, case, maximum):
        path = write({"GTV": self.parts()[0]}, "FRACTIONAL", max_fractional_value=1)
        self.state_maximum(path, maximum)
        found = load_outline(path, case)
        np.testing.assert_array_equal(found.masks[WT], self.parts()[0] > 0)
        assert bool(found.checks) == (maximum == 255)

    def test_fractions_are_outlined_from_one_half_and_too_small_ones_are_told(self, write, case):
        soft = np.zeros(SHAPE, np.float32)
        soft[4:7, 3:6, 4:9] = [0.2, 0.49, 0.51, 0.8, 1.0]
        path = write({"GTV": soft}, "FRACTIONAL", max_fractional_value=100)
        np.testing.assert_array_equal(load_outline(path, case).masks[WT], soft > 0.5)
        path = write({"GTV": soft * 0.4}, "FRACTIONAL", max_fractional_value=100)
        faint = load_outline(path, case)
        assert not faint.masks[WT].any() and "reaches one half" in notes(faint)["outline_segments"].text
        with pytest.raises(InputError, match="the reference is empty"):
            load_outline(path, case, what="reference", may_be_empty=False)

    def state_maximum(self, path, maximum):
        import pydicom

        data = pydicom.dcmread(path)
        data.MaximumFractionalValue = maximum
        data.save_as(path)

    def test_an_edema_that_does_not_enhance_and_a_tumor_that_does_not_are_no_enhancing_tumor(self, write, case):
        necrosis, edema, enhancing = self.parts()
        names = ("Tumor, not enhancing", "Surrounding non-enhancing FLAIR hyperintensity (SNFH)", "Enhancing tissue")
        found = load_outline(write(dict(zip(names, (necrosis, edema, enhancing), strict=True))), case).masks
        np.testing.assert_array_equal(found[ET], enhancing > 0)
        np.testing.assert_array_equal(found[TC], (necrosis | enhancing) > 0)
        np.testing.assert_array_equal(found[WT], (necrosis | edema | enhancing) > 0)

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
