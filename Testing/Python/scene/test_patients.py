"""Whose volumes are whose: no run may mix two patients."""

from __future__ import annotations

import numpy as np
import pytest

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.scene.nodes.volumes import scalar_volume
from SynthTrustLib.scene.patient.patients import find_patients, unused_volumes
from SynthTrustLib.scene.standalone import standalone_scene

CONTRASTS = ("T1", "T1c", "T2", "FLAIR")


@pytest.fixture
def scene():
    with standalone_scene() as made:
        yield made


def load(scene, name, file=None, item=None):
    """A volume with this name, as if it came from `file`, below an item of the subject hierarchy."""
    import slicer

    node = scalar_volume(scene, name, np.zeros((2, 2, 2), np.int16), Geometry((2, 2, 2), np.eye(4)), (0.0, 1.0))
    if file:
        node.AddDefaultStorageNode()
        node.GetStorageNode().SetFileName(file)
    if item:
        slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene).CreateItem(item, node)
    return node


def names(patient):
    return {str(contrast): found.node.GetName() for contrast, found in patient.contrasts.items()}


def test_volumes_without_a_rival_are_one_patient_whatever_they_are_called(scene):
    for name in ("axial T1", "gad T1c series 3", "T2", "FLAIR_tra"):
        load(scene, name)
    (patient,) = find_patients(scene)
    assert set(names(patient)) == set(CONTRASTS)


def test_a_name_that_leaves_it_open_takes_the_place_that_is_free(scene):
    for name in ("T1 zzyzx kontrast", "T1 gad", "T2", "FLAIR_to_T1"):
        load(scene, name)
    (patient,) = find_patients(scene)
    assert names(patient) == {"T1": "T1 zzyzx kontrast", "T1c": "T1 gad", "T2": "T2", "FLAIR": "FLAIR_to_T1"}


def test_a_volume_whose_name_says_another_kind_is_not_asked_for_its_description(scene):
    load(scene, "FLAIR")
    load(scene, "T2_map")
    (patient,) = find_patients(scene, describe=lambda node: "t2 tse")
    assert names(patient) == {"FLAIR": "FLAIR"}


def test_names_tell_two_patients_apart_and_the_last_one_loaded_comes_first(scene):
    for who in ("anna", "bert"):
        for contrast in CONTRASTS:
            load(scene, f"{who}_{contrast}")
    bert, anna = find_patients(scene)
    assert (bert.title, anna.title) == ("bert", "anna")
    assert set(names(bert).values()) == {f"bert_{contrast}" for contrast in CONTRASTS}
    assert set(names(anna).values()) == {f"anna_{contrast}" for contrast in CONTRASTS}


def test_a_patient_with_one_contrast_is_not_filled_up_from_another(scene):
    for contrast in CONTRASTS:
        load(scene, f"anna_{contrast}")
    load(scene, "bert_FLAIR")
    bert, anna = find_patients(scene)
    assert names(bert) == {"FLAIR": "bert_FLAIR"}
    assert len(anna.contrasts) == 4


def test_a_second_version_of_a_volume_belongs_to_the_patient_of_the_first(scene):
    for contrast in CONTRASTS:
        load(scene, contrast)
    load(scene, "T1 sharp")
    newest, older = find_patients(scene)
    assert names(newest) == {"T1": "T1 sharp", "T1c": "T1c", "T2": "T2", "FLAIR": "FLAIR"}
    assert names(older)["T1"] == "T1"


def test_files_of_two_folders_are_two_patients_even_with_the_same_names(scene):
    for folder in ("anna", "bert"):
        for contrast in CONTRASTS:
            load(scene, contrast, f"/data/{folder}/{contrast}.nii.gz")
    bert, anna = find_patients(scene)
    assert (bert.title, anna.title) == ("bert", "anna")
    assert not {found.node.GetID() for found in bert.contrasts.values()} & {
        found.node.GetID() for found in anna.contrasts.values()
    }


def test_a_folder_for_each_contrast_is_still_one_patient(scene):
    for contrast in CONTRASTS:
        load(scene, contrast, f"/data/anna/{contrast}/{contrast}.nii.gz")
    (patient,) = find_patients(scene)
    assert patient.title == "anna" and len(patient.contrasts) == 4


def test_two_examinations_in_the_subject_hierarchy_are_kept_apart(scene):
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "P1")
    before, after = (hierarchy.CreateStudyItem(patient, name) for name in ("before", "after"))
    load(scene, "T1", item=before)
    load(scene, "FLAIR", item=before)
    load(scene, "T2", item=after)
    found = {patient.title: set(names(patient)) for patient in find_patients(scene)}
    assert found == {"P1, after": {"T2"}, "P1, before": {"T1", "FLAIR"}}


def test_what_the_name_does_not_say_is_asked_of_dicom_and_results_are_left_out(scene):
    node = load(scene, "series 7")
    load(scene, "T2 map").SetAttribute("SynthTrust.Run", "1")
    (patient,) = find_patients(scene, lambda asked: "t2_flair_tra" if asked is node else "")
    (found,) = patient.contrasts.values()
    assert found.node is node and "DICOM description" in found.reason


def unused_of(scene, chosen, **options):
    return {one.name: (str(one.kind), set(map(str, one.resembles))) for one in unused_volumes(scene, chosen, **options)}


def test_what_is_loaded_for_the_patient_and_not_chosen_is_said_but_nothing_of_another_patient(scene):
    anna = {contrast: load(scene, f"anna_{contrast}", f"/a/{contrast}.nii") for contrast in CONTRASTS}
    load(scene, "anna_FLAIR_2", "/a/FLAIR_2.nii")
    load(scene, "series 7", "/a/7.nii")
    load(scene, "seg", "/a/seg.nii")
    load(scene, "adc", "/a/adc.nii")
    for contrast in CONTRASTS:
        load(scene, f"bert_{contrast}", f"/b/{contrast}.nii")
    chosen = [anna["FLAIR"], anna["T1"], anna["T1c"]]
    assert unused_of(scene, chosen) == {
        "anna_T2": ("spare", {"T2"}),
        "anna_FLAIR_2": ("spare", {"FLAIR"}),
        "series 7": ("untold", set(CONTRASTS)),
        "seg": ("mask", set()),
        "adc": ("other_kind", set()),
    }


def test_names_tell_whose_volume_was_not_chosen_where_nothing_else_does(scene):
    for who in ("anna", "bert"):
        for contrast in CONTRASTS:
            load(scene, f"{who}_{contrast}")
    anna = [found.node for contrast, found in find_patients(scene)[1].contrasts.items() if contrast != "T1c"]
    assert unused_of(scene, anna) == {"anna_T1c": ("spare", {"T1c"})}


def test_a_volume_whose_description_says_its_contrast_was_one(scene):
    flair, other = load(scene, "FLAIR"), load(scene, "5: axial")
    described = {other.GetID(): "t2 tse tra"}
    found = unused_of(scene, [flair], describe=lambda node: described.get(node.GetID(), ""))
    assert found == {"5: axial": ("spare", {"T2"})}
