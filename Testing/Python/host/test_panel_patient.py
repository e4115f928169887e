"""Patient and Segmenters: what is chosen by itself, what is said about it, and what a user changes."""

from __future__ import annotations

import sys
from unittest.mock import Mock

import pytest


def test_without_a_patient_run_says_what_is_missing(panel, picture):
    assert not panel.ui.runButton.enabled
    assert "series" in panel.ui.runButton.toolTip
    picture("empty")


def test_the_series_are_chosen_by_name_and_the_reason_is_shown(panel, patient):
    assert panel.ui.flairSelector.currentNode() is patient["FLAIR"]
    assert panel.ui.t1cSelector.currentNode() is patient["T1c"]
    assert "'flair' in its name" in panel.ui.flairStatusLabel.text
    assert panel.ui.patientComboBox.isHidden()


def test_a_choice_that_was_taken_back_is_not_made_again_by_itself(host, panel, patient):
    panel.ui.t2Selector.setCurrentNode(None)
    host.process()
    assert panel.parameterNode.t2Volume is None


def test_a_series_that_is_loaded_and_not_chosen_is_not_called_missing(host, panel, patient):
    import slicer

    panel.ui.t2Selector.setCurrentNode(None)
    host.process()
    assert panel.ui.t2StatusLabel.text.startswith("not chosen, although patient T2 is loaded: ")
    patient["T2"].SetName("renamed T2")
    panel.updateFromParameterNode()
    assert "although renamed T2 is loaded" in panel.ui.t2StatusLabel.text
    slicer.mrmlScene.RemoveNode(patient["T2"])
    host.process()
    assert panel.ui.t2StatusLabel.text.startswith("missing: ")


def test_a_series_that_was_set_to_none_stays_so_until_the_user_asks(host, panel, patient, tmp_path):
    import slicer
    from SynthTrustPanel import madeUpPatient

    panel.ui.t2Selector.setCurrentNode(None)
    host.process()
    panel.exit()
    panel.enter()
    assert panel.parameterNode.t2Volume is None
    madeUpPatient.makeResult(patient)
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "something else")
    host.process()
    assert panel.parameterNode.t2Volume is None
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    assert slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    host.process()
    assert panel.parameterNode.flairVolume is not None and panel.parameterNode.t2Volume is None
    panel.ui.recognizeButton.click()
    assert panel.parameterNode.t2Volume.GetName() == "patient T2"


def test_series_are_recognized_as_they_arrive_and_in_the_place_of_a_deleted_one(host, panel):
    import slicer
    from SynthTrustPanel import madeUpPatient

    made = madeUpPatient.makeVolumes()
    for node in made.values():
        slicer.mrmlScene.RemoveNode(node)
    host.process()
    fields = {"T1": "t1Volume", "T1c": "t1cVolume", "T2": "t2Volume", "FLAIR": "flairVolume"}
    for contrast in (*fields, "T2"):
        there = getattr(panel.parameterNode, fields[contrast])
        if there is not None:
            slicer.mrmlScene.RemoveNode(there)
            host.process()
        node = slicer.mrmlScene.AddNode(made[contrast])
        host.process()
        assert getattr(panel.parameterNode, fields[contrast]) is node


@pytest.fixture
def folder(panel, tmp_path):
    """A folder with the files of a patient's four series."""
    import slicer
    from SynthTrustPanel import madeUpPatient

    from SynthTrustLib.scene.patient.nodes import write_volume

    for contrast, node in madeUpPatient.makeVolumes().items():
        write_volume(node, tmp_path / f"{contrast}.nrrd", world=False)
        slicer.mrmlScene.RemoveNode(node)
    return tmp_path


@pytest.mark.parametrize("last", ["T1", "T1c", "T2", "FLAIR"])
def test_the_series_that_is_loaded_last_is_chosen_too_although_readers_process_events(host, panel, folder, last):
    import slicer

    for contrast in (*({"T1", "T1c", "T2", "FLAIR"} - {last}), last):
        slicer.util.loadVolume(str(folder / f"{contrast}.nrrd"))
    host.process()
    chosen = {str(contrast): node.GetName() for contrast, node in panel.patient.volumes().items()}
    assert chosen == {contrast: contrast for contrast in ("T1", "T1c", "T2", "FLAIR")}
    assert not panel.ui.patientComboBox.visible


def test_a_series_of_another_file_does_not_fill_up_a_patient_that_came_without_files(host, panel, patient, folder):
    import slicer

    slicer.mrmlScene.RemoveNode(patient["T2"])
    host.process()
    assert panel.parameterNode.t2Volume is None
    slicer.util.loadVolume(str(folder / "T2.nrrd"))
    host.process()
    assert panel.parameterNode.t2Volume is None, "it was judged before it had its file"


def test_a_series_without_a_file_is_not_kept_waiting_for_a_file_that_is_nobodys(host, panel, monkeypatch):
    import slicer
    from SynthTrustPanel import madeUpPatient

    panel._arrivals._patience.interval = 100
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    madeUpPatient.makeVolumes()
    host.process()
    assert panel.patient.volumes() == {}
    host.wait_until(lambda: len(panel.patient.volumes()) == 4, seconds=10)


def test_a_series_that_is_moved_to_its_study_later_is_looked_at_again(host, panel, patient):
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    studies = [hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), name) for name in ("A", "B")]
    for node in patient.values():
        hierarchy.CreateItem(studies[node is patient["T2"]], node)
    panel.ui.t2Selector.setCurrentNode(None)
    panel.parameterNode.contrastsSeen = [seen for seen in panel.parameterNode.contrastsSeen if seen != "T2"]
    host.process()
    assert panel.parameterNode.t2Volume is None, "it lies in another study"
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(patient["T2"]), studies[0])
    host.process()
    assert panel.parameterNode.t2Volume is patient["T2"]


def test_only_a_series_with_voxels_makes_the_panel_look_for_the_patient(host, panel, patient, monkeypatch):
    import slicer
    from SynthTrustPanel import madeUpPatient

    looked = []
    monkeypatch.setattr(panel.patient, "recognize", lambda: looked.append(True))
    madeUpPatient.makeResult(patient)
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "T2 label")
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T2 again")
    host.process()
    assert looked == []
    empty.SetAndObserveImageData(patient["T2"].GetImageData())
    host.process()
    assert looked == [True]


def test_where_a_chosen_series_or_the_reference_is_deleted_nothing_is_chosen(host, panel, patient, result):
    import slicer
    from SynthTrustPanel import madeUpPatient

    reference, _ = madeUpPatient.drawOutline(patient["FLAIR"], "By hand", 8)
    panel.ui.referenceSelector.setCurrentNode(reference)
    host.process()
    for contrast, field in (("FLAIR", "flairVolume"), ("T2", "t2Volume"), ("T1c", "t1cVolume"), ("T1", "t1Volume")):
        assert getattr(panel.parameterNode, field) is patient[contrast]
        slicer.mrmlScene.RemoveNode(patient[contrast])
        host.process()
        assert getattr(panel.parameterNode, field) is None, "the selector has gone over to its neighbour"
    assert panel.patient.volumes() == {}
    assert panel.parameterNode.referenceSegmentation is reference, "nothing else is given up"
    slicer.mrmlScene.RemoveNode(reference)
    host.process()
    assert panel.parameterNode.referenceSegmentation is None


def test_what_a_run_has_made_is_no_series(host, panel, patient, result):
    from SynthTrustLib.errors import InputError

    made = next(iter(result.nodes.maps.values()))
    panel.ui.t2Selector.setCurrentNode(made)
    host.process()
    assert "result of SynthTrust. Choose a series" in panel.ui.t2StatusLabel.text
    assert not panel.ui.runButton.enabled
    with pytest.raises(InputError, match="result of SynthTrust"):
        panel.logic.assess({"FLAIR": patient["FLAIR"], "T2": made})


def test_of_two_patients_all_series_are_those_of_one(host, user, panel, patient, picture):
    from SynthTrustPanel import madeUpPatient

    other = madeUpPatient.makeVolumes("other")
    host.process()
    assert panel.ui.flairSelector.currentNode() is patient["FLAIR"], "a choice is not taken back by loading more"
    panel.ui.recognizeButton.click()
    host.process()
    assert not panel.ui.patientComboBox.isHidden()
    assert panel.ui.patientComboBox.currentText == "patient"
    user.choose(panel.ui.patientComboBox, "other")
    assert panel.patient.volumes() == {contrast: other[str(contrast)] for contrast in panel.patient.volumes()}
    picture("two-patients")
    panel.ui.t1Selector.setCurrentNode(patient["T1"])
    host.process()
    assert panel.ui.patientComboBox.currentText == "my own choice"


def test_one_volume_for_two_contrasts_blocks_the_run_and_says_why(host, user, panel, patient, packages):
    user.choose_segmenters_in(packages)
    panel.ui.t1Selector.setCurrentNode(patient["FLAIR"])
    host.process()
    assert not panel.ui.runButton.enabled
    assert "FLAIR too" in panel.ui.runButton.toolTip


def test_a_voxel_size_that_is_none_blocks_the_run(host, user, panel, patient, packages):
    user.choose_segmenters_in(packages)
    panel.ui.voxelSizeLineEdit.text = "0.5 x 5"
    host.process()
    assert "three numbers" in panel.ui.runButton.toolTip
    panel.ui.voxelSizeLineEdit.text = "0.5 x 0.5 x 5 mm"
    host.process()
    assert panel.ui.runButton.enabled


def test_a_preset_checks_its_members_and_a_box_makes_an_own_choice(host, user, panel, patient, packages, picture):
    from qt import Qt

    user.choose_segmenters_in(packages)
    assert sorted(panel.segmenters.chosenIds()) == ["t-0", "t-100", "t-50"]
    panel.ui.segmenterTable.item(0, 0).setCheckState(Qt.Unchecked)
    host.process()
    assert len(panel.parameterNode.segmenters) == 2
    assert panel.ui.presetComboBox.currentData() == "own"
    panel.ui.segmenterTable.selectRow(1)
    host.process()
    assert "made for a test" in panel.ui.segmenterDetailsBrowser.plainText
    picture("patient")
    user.choose(panel.ui.presetComboBox, "Proportion ladder")
    assert len(panel.parameterNode.segmenters) == 3


def test_a_segmenter_of_an_unknown_mix_has_a_grey_bar_and_says_so(host, user, panel, patient, packages, tmp_path):
    import shutil
    from dataclasses import replace

    from SynthTrustLib.segmenters.package.card import TrainingMix
    from SynthTrustLib.segmenters.package.folder import load_package, write_package

    shutil.copytree(packages, tmp_path / "more")
    known = load_package(tmp_path / "more" / "t-50")
    card = replace(known.card, id="bought", name="Bought", training_mix=TrainingMix(0, 0))
    write_package(tmp_path / "more" / "bought", card, known.model_path.read_bytes(), licence_text="as stated")
    user.choose_segmenters_in(tmp_path / "more")
    table = panel.ui.segmenterTable
    row = next(row for row, package in enumerate(panel.segmenters.packages) if package.card.id == "bought")
    assert table.cellWidget(row, 1).toolTip == "It is not known what it was trained on."
    assert row == len(panel.segmenters.packages) - 1, "those of a known mix come first, in its order"


def test_a_damaged_segmenter_is_named_and_the_others_can_run(host, user, panel, patient, packages, tmp_path):
    import shutil

    shutil.copytree(packages, tmp_path / "more")
    (tmp_path / "more" / "t-50" / "configs" / "synthtrust.json").write_text("{", "utf-8")
    assert panel.ui.damagedLabel.isHidden()
    user.choose_segmenters_in(tmp_path / "more")
    assert "t-50" in panel.ui.damagedLabel.text and not panel.ui.damagedLabel.isHidden()
    assert sorted(panel.segmenters.chosenIds()) == ["t-0", "t-100"] and panel.ui.runButton.enabled


def test_the_panel_opens_with_the_cards_and_checks_the_networks_when_it_is_there(
    host, user, panel, patient, packages, tmp_path, monkeypatch
):
    import shutil

    from SynthTrustLib.segmenters.package import folder

    shutil.copytree(packages, tmp_path / "more")
    (tmp_path / "more" / "t-50" / "models" / "model.onnx").write_bytes(b"\x3a\x00")
    read = Mock(wraps=folder.read_model)
    monkeypatch.setattr(folder, "read_model", read)
    panel.ui.segmenterFolderPathLineEdit.currentPath = str(tmp_path / "more")
    assert not read.called and panel.ui.segmenterTable.rowCount == 3
    host.wait_until(lambda: not panel.ui.damagedLabel.isHidden())
    assert "t-50" in panel.ui.damagedLabel.text
    assert sorted(panel.segmenters.chosenIds()) == ["t-0", "t-100"] and panel.ui.runButton.enabled


def test_a_panel_that_is_closed_checks_no_networks(host, user, panel, packages):
    user.choose_segmenters_in(packages)
    panel.segmenters.load()
    panel.cleanup()
    assert panel.segmenters._checking is None


@pytest.mark.standin  # where Python sees the calls of Qt
def test_an_update_looks_at_each_box_a_few_times(host, user, panel, patient, packages):
    """Each question about the chosen segmenters would ask all boxes again, and every section asks."""
    from qt import Qt

    user.choose_segmenters_in(packages)
    host.process(200)
    looks = []
    box = panel.ui.segmenterTable.item(0, 0)
    sys.setprofile(lambda frame, event, what: getattr(what, "__name__", "") == "checkState" and looks.append(1))
    try:
        box.setCheckState(Qt.Unchecked)
        host.process()
    finally:
        sys.setprofile(None)
    assert panel.segmenters.chosenIds() == ["t-50", "t-100"]
    assert 3 <= len(looks) <= 4 * 3


def note(panel):
    return panel.patient._noteLabel.text


def say(host, panel, volumes, label, voxels):
    """Type a case label and a voxel size, and choose a reference; returns its node."""
    from SynthTrustPanel import madeUpPatient

    reference, _mask = madeUpPatient.drawOutline(volumes["FLAIR"], f"Truth of {label}", 8)
    panel.ui.caseLabelLineEdit.text = label
    panel.ui.voxelSizeLineEdit.text = voxels
    panel.ui.referenceSelector.setCurrentNode(reference)
    host.process()
    return reference


def said(panel):
    node = panel.parameterNode
    return node.caseLabel, node.voxelSize, node.referenceSegmentation


def test_label_voxel_size_and_reference_follow_the_patient(host, user, panel, patient):
    from SynthTrustPanel import madeUpPatient

    madeUpPatient.makeVolumes("other")
    host.process()
    reference = say(host, panel, patient, "Case 1", "1 x 1 x 5")
    user.choose(panel.ui.patientComboBox, "other")
    assert said(panel) == ("", "", None)
    assert note(panel).startswith("Case label, voxel size and reference of patient were put aside")
    panel.ui.caseLabelLineEdit.text = "Case 2"
    host.process()
    user.choose(panel.ui.patientComboBox, "patient")
    assert said(panel) == ("Case 1", "1 x 1 x 5", reference)
    user.choose(panel.ui.patientComboBox, "other")
    assert said(panel) == ("Case 2", "", None)


def test_label_voxel_size_and_reference_go_with_a_patient_who_is_deleted(host, panel, patient):
    import slicer
    from SynthTrustPanel import madeUpPatient

    say(host, panel, patient, "Case 1", "1 x 1 x 5")
    for node in patient.values():
        slicer.mrmlScene.RemoveNode(node)
        host.process()
    madeUpPatient.makeVolumes("other")
    host.process()
    assert panel.parameterNode.flairVolume.GetName() == "other FLAIR"
    assert said(panel) == ("", "", None) and "were cleared" in note(panel)


def test_what_is_typed_before_the_first_series_and_another_series_of_the_patient_change_nothing(host, panel):
    import slicer
    from SynthTrustPanel import madeUpPatient

    panel.ui.caseLabelLineEdit.text = "Case 1"
    made = madeUpPatient.makeVolumes()
    for node in made.values():
        slicer.mrmlScene.RemoveNode(node)
    host.process()
    for node in made.values():
        slicer.mrmlScene.AddNode(node)
        host.process()
    slicer.mrmlScene.RemoveNode(made["T1"])
    host.process()
    assert panel.parameterNode.caseLabel == "Case 1" and note(panel) == ""


def test_an_outline_that_was_compared_for_one_patient_is_not_compared_for_the_next(host, user, panel, patient):
    from qt import Qt
    from SynthTrustPanel import madeUpPatient

    madeUpPatient.makeVolumes("other")
    node, _mask = madeUpPatient.drawOutline(patient["FLAIR"], "By hand", 8)
    host.process()
    panel.ui.outlineTable.item(0, 0).setCheckState(Qt.Checked)
    host.process()
    assert list(panel.outlines.chosen()) == [node]
    user.choose(panel.ui.patientComboBox, "other")
    assert panel.outlines.chosen() == {}
    assert panel.ui.outlineTable.item(0, 0).checkState() == Qt.Unchecked
    user.choose(panel.ui.patientComboBox, "patient")
    assert list(panel.outlines.chosen()) == [node]


def background():
    import slicer

    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    return slicer.mrmlScene.GetNodeByID(red.GetBackgroundVolumeID() or "none")


def test_views_and_panel_agree_on_who_is_shown_when_another_patient_is_loaded(host, user, panel, patient):
    import slicer
    from SynthTrustPanel import madeUpPatient

    assert panel.ui.runButton.text == "Run"
    slicer.util.setSliceViewerLayers(background=patient["FLAIR"])
    other = madeUpPatient.makeVolumes("other")
    slicer.util.setSliceViewerLayers(background=other["T1"])  # as Slicer does after it has read a file
    host.process(500)
    assert background() is patient["FLAIR"] and panel.parameterNode.flairVolume is patient["FLAIR"]
    assert note(panel) == "Another patient was loaded. Panel and views stay with patient."
    assert panel.ui.runButton.text == "Run on patient"
    user.choose(panel.ui.patientComboBox, "other")
    assert background() is other["FLAIR"] and panel.ui.runButton.text == "Run on other"
    slicer.util.setSliceViewerLayers(background=patient["T1"])
    panel.updateFromParameterNode()
    assert "The views show patient T1" in note(panel)


def test_a_patient_who_is_chosen_is_shown_with_the_own_result_or_with_none(host, user, panel, patient, result):
    from SynthTrustPanel import madeUpPatient

    other = madeUpPatient.makeVolumes("other")
    host.process()
    user.choose(panel.ui.patientComboBox, "other")
    assert panel.assessment() is None and background() is other["FLAIR"]
    assert not result.nodes.review_spots.GetDisplayNode().GetVisibility(), "in 3D neither"
    assert not any(node.GetDisplayNode().GetVisibility() for node in result.outlines.values())
    panel.exit()
    panel.enter()
    assert panel.assessment() is None, "also when the panel is opened again"
    user.choose(panel.ui.patientComboBox, "patient")
    assert panel.assessment().id == result.id and background() is patient["FLAIR"]
    assert result.nodes.review_spots.GetDisplayNode().GetVisibility()


def test_a_run_that_ends_when_another_patient_is_chosen_does_not_take_the_panel_away(host, user, panel, patient):
    from SynthTrustPanel import madeUpPatient

    other = madeUpPatient.makeVolumes("other")
    host.process()
    user.choose(panel.ui.patientComboBox, "other")
    made = madeUpPatient.makeResult(patient)
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    host.process()
    assert panel.parameterNode.flairVolume is other["FLAIR"] and panel.assessment() is None
    assert "run on another patient has ended" in note(panel)
    assert not any(node.GetDisplayNode().GetVisibility() for node in made.outlines.values())


def test_the_sample_patient_is_shown_at_once_and_a_reference_as_a_line_only(host, panel, patient, monkeypatch):
    from SynthTrustPanel import madeUpPatient

    sample = madeUpPatient.makeVolumes("Synthetic patient")
    monkeypatch.setattr(panel.logic, "loadSamplePatient", lambda: sample)
    panel.ui.sampleButton.click()
    host.process()
    assert background() is sample["FLAIR"] and panel.parameterNode.flairVolume is sample["FLAIR"]
    reference, _mask = madeUpPatient.drawOutline(sample["FLAIR"], "Truth", 8)
    display = reference.GetDisplayNode()
    assert display.GetVisibility2DFill()
    panel.ui.referenceSelector.setCurrentNode(reference)
    host.process()
    assert display.GetVisibility2DOutline() and not display.GetVisibility2DFill()
    display.SetVisibility2DFill(True)
    panel.updateFromParameterNode()
    assert display.GetVisibility2DFill(), "the user wants it filled"
