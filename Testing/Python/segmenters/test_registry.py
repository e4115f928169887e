"""Which segmenters there are, and how they are chosen."""

from __future__ import annotations

import os

import builders
import pytest
from segmenters import onnx_models

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.progress import finish
from SynthTrustLib.resources import FOLDERS_VARIABLE
from SynthTrustLib.segmenters.package import registry
from SynthTrustLib.segmenters.package.registry import checking, find_packages, presets, select


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path_factory, monkeypatch):
    """Only the packages of the test are there."""
    empty = tmp_path_factory.mktemp("shipped")
    monkeypatch.setattr(registry, "resource_path", lambda relative: empty)
    monkeypatch.delenv(FOLDERS_VARIABLE, raising=False)
    return empty


def make(folder, identifier, synthetic, *names):
    mix = builders.card(synthetic=synthetic, real=100 - synthetic).training_mix
    return onnx_models.package(folder, identifier, training_mix=mix, presets=names)


@pytest.fixture
def folder(tmp_path):
    make(tmp_path, "synthetic-only", 100, "ladder", "real-against-synthetic")
    make(tmp_path, "half", 50, "ladder")
    make(tmp_path, "real-only", 0, "ladder", "real-against-synthetic")
    make(tmp_path, "flagship", 20)
    return tmp_path


def ids(packages):
    return [package.card.id for package in packages]


def damage(package_folder):
    (package_folder / "LICENSE").write_text("something else")


def test_packages_are_listed_by_rising_synthetic_fraction(folder):
    assert ids(find_packages([folder])) == ["real-only", "flagship", "half", "synthetic-only"]


def test_a_folder_may_be_a_package_itself(folder):
    assert ids(find_packages([folder / "half"])) == ["half"]


def test_the_same_folder_given_twice_counts_once(folder):
    assert ids(find_packages([folder / "half", folder])) == ids(find_packages([folder]))


def test_folders_of_the_environment_are_searched(folder, monkeypatch):
    monkeypatch.setenv(FOLDERS_VARIABLE, os.pathsep.join([str(folder / "half"), str(folder / "flagship"), ""]))
    assert ids(find_packages()) == ["flagship", "half"]


def test_shipped_packages_and_a_users_own_are_listed_together(folder, nothing_shipped):
    make(nothing_shipped, "shipped", 10)
    assert ids(find_packages([folder / "half"])) == ["shipped", "half"]


def test_two_packages_with_one_id_are_an_error(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    make(other, "half", 50)
    with pytest.raises(SegmenterError, match="half: two packages have this id") as caught:
        find_packages([folder, other])
    assert caught.value.next_step == "Remove one of them."


def test_a_folder_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(SegmenterError, match="nowhere"):
        find_packages([tmp_path / "nowhere"])


def test_other_folders_and_drafts_are_passed_over(folder):
    (folder / "notes").mkdir()
    (folder / ".half-draft" / "models").mkdir(parents=True)
    (folder / ".half-draft" / "models" / "model.onnx").write_bytes(b"")
    (folder / "readme.txt").write_text("hello")
    assert len(find_packages([folder])) == 4


def test_a_damaged_package_is_reported_beside_the_others(folder):
    damage(folder / "half")
    packages = find_packages([folder])
    assert ids(packages) == ["real-only", "flagship", "synthetic-only"]
    (damaged,) = packages.damaged
    assert (damaged.id, damaged.folder) == ("half", folder / "half")
    assert "LICENSE is not the file" in damaged.error.what


@pytest.mark.parametrize("spec", ["half", "ladder", "all", "real-only, half"])
def test_asking_for_a_damaged_package_raises_its_error(folder, spec):
    damage(folder / "half")
    with pytest.raises(SegmenterError, match="half: LICENSE is not the file"):
        select(find_packages([folder]), spec)


def test_a_quick_look_hashes_nothing_and_what_it_has_found_can_be_checked_later(folder):
    damage(folder / "half")
    found = find_packages([folder], verify=False)
    assert "half" in ids(found)
    assert not found.damaged
    checked = finish(checking(found))
    assert ids(checked) == [name for name in ids(found) if name != "half"]
    assert [one.id for one in checked.damaged] == ["half"]
    assert "LICENSE is not the file" in checked.damaged[0].error.what


def test_a_damaged_package_does_not_stand_in_the_way_of_others(folder):
    damage(folder / "half")
    packages = find_packages([folder])
    assert ids(select(packages, "real-against-synthetic")) == ["real-only", "synthetic-only"]


def test_a_package_whose_card_cannot_be_read_might_belong_to_any_preset(folder):
    (folder / "half" / "configs" / "synthtrust.json").write_text("{")
    packages = find_packages([folder])
    assert ids(select(packages, "real-only")) == ["real-only"]
    with pytest.raises(SegmenterError, match=r"half: configs/synthtrust\.json is not readable JSON"):
        select(packages, "real-against-synthetic")


def test_a_member_can_be_in_several_presets(folder):
    sets = {name: ids(members) for name, members in presets(find_packages([folder])).items()}
    assert sets == {
        "ladder": ["real-only", "half", "synthetic-only"],
        "real-against-synthetic": ["real-only", "synthetic-only"],
        "all": ["real-only", "flagship", "half", "synthetic-only"],
    }


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("default", ["real-only", "half", "synthetic-only"]),
        ("all", ["real-only", "flagship", "half", "synthetic-only"]),
        ("ladder", ["real-only", "half", "synthetic-only"]),
        ("half", ["half"]),
        ("synthetic-only,real-only", ["synthetic-only", "real-only"]),
        ("flagship, real-against-synthetic, real-only", ["flagship", "real-only", "synthetic-only"]),
    ],
)
def test_a_choice_names_presets_and_ids_each_once(folder, spec, expected):
    assert ids(select(find_packages([folder]), spec)) == expected


@pytest.mark.parametrize("spec", ["lader", "", "half,,real-only", "HALF"])
def test_an_unknown_name_is_answered_with_what_there_is(folder, spec):
    with pytest.raises(SegmenterError) as caught:
        select(find_packages([folder]), spec)
    assert repr(spec) in caught.value.source
    assert caught.value.next_step == (
        "Choose segmenters (real-only, flagship, half, synthetic-only) or a preset "
        "(ladder, real-against-synthetic, all)."
    )


def test_an_empty_shelf_says_so():
    with pytest.raises(SegmenterError, match="no segmenter is installed"):
        select(find_packages(), "all")
