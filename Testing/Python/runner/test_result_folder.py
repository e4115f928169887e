"""A result folder appears whole or not at all."""

from __future__ import annotations

import errno
import os
from collections import namedtuple

import pytest

from SynthTrustLib.errors import OutputError
from SynthTrustLib.runner.files import folder as module
from SynthTrustLib.runner.files.folder import (
    require_replaceable,
    require_space,
    result_folder,
    workspace_beside,
    writing,
)


def fill(folder, text="new"):
    (folder / "scorecard.json").write_text(text)
    (folder / "maps").mkdir()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_missing_folder_appears_with_its_parents(tmp_path):
    out = tmp_path / "a" / "b" / "out"
    with result_folder(out, workspace_beside(out)) as workspace:
        fill(workspace)
        assert not out.exists()
    assert names(out) == ["maps", "scorecard.json"]
    assert names(out.parent) == ["out"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_after_an_error_not_even_the_parents_made_for_it(tmp_path, error):
    out = tmp_path / "a" / "b" / "out"
    with pytest.raises(error), result_folder(out, workspace_beside(out)) as workspace:
        fill(workspace)
        raise error
    assert names(tmp_path) == []


def test_an_empty_folder_is_filled(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with result_folder(out, workspace_beside(out)) as workspace:
        fill(workspace)
    assert names(out) == ["maps", "scorecard.json"]


def test_an_earlier_result_is_replaced_and_nothing_of_it_stays(tmp_path):
    out = tmp_path / "out"
    for text in ("old", "new"):
        with result_folder(out, workspace_beside(out)) as workspace:
            fill(workspace, text)
            if text == "old":
                (workspace / "scene.mrb").write_text("of the old one")
    assert (out / "scorecard.json").read_text() == "new"
    assert names(out) == ["maps", "scorecard.json"]
    assert names(tmp_path) == ["out"]


def test_a_name_that_could_just_be_made_can_be_replaced(tmp_path):
    out = tmp_path / ("n" * 236)  # 18 more letters are around it meanwhile, and 255 bytes are allowed
    for text in ("old", "new"):
        with result_folder(out, workspace_beside(out)) as workspace:
            fill(workspace, text)
    assert (out / "scorecard.json").read_text() == "new" and names(tmp_path) == [out.name]


def test_where_a_disk_is_mounted_no_folder_can_be_put_and_that_is_said_first(tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.ismount", lambda path: True)
    with pytest.raises(OutputError, match="where a disk is mounted") as caught:
        require_replaceable(tmp_path)
    assert caught.value.next_step == "Choose a new folder in it."


def test_an_earlier_result_stays_as_it_was_after_an_error(tmp_path):
    out = tmp_path / "out"
    with result_folder(out, workspace_beside(out)) as workspace:
        fill(workspace, "old")
    with pytest.raises(ValueError, match="bad"), result_folder(out, workspace_beside(out)) as workspace:
        fill(workspace)
        raise ValueError("bad")
    assert (out / "scorecard.json").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_an_earlier_result_comes_back_when_the_new_one_cannot_be_put_in_its_place(tmp_path, monkeypatch):
    out = tmp_path / "out"
    with result_folder(out, workspace_beside(out)) as workspace:
        fill(workspace, "old")
    rename = type(out).rename

    def fail_for_the_new_one(self, target):
        if ".partial-" in self.name:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(type(out), "rename", fail_for_the_new_one)
    with pytest.raises(OutputError, match="out"), result_folder(out, workspace_beside(out)) as workspace:
        fill(workspace)
    assert (out / "scorecard.json").read_text() == "old"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("extra", [{"notes.txt"}, {"scorecard.json", "notes.txt"}, {"maps"}])
def test_a_folder_with_anybody_elses_files_is_refused_and_not_touched(tmp_path, extra):
    out = tmp_path / "out"
    out.mkdir()
    for name in extra:
        (out / name).write_text("mine")
    with pytest.raises(OutputError, match="not a SynthTrust result"), result_folder(out, workspace_beside(out)):
        pytest.fail("the block must not run")
    assert set(names(out)) == extra
    assert names(tmp_path) == ["out"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    out = tmp_path / "out"
    out.write_text("a file")
    with pytest.raises(OutputError, match="it is a file"), result_folder(out, workspace_beside(out)):
        pytest.fail("the block must not run")


def test_a_file_in_the_place_of_a_parent_is_refused(tmp_path):
    (tmp_path / "file").write_text("a file")
    out = tmp_path / "file" / "sub" / "out"
    with (
        pytest.raises(OutputError, match="a file stands where a folder is needed"),
        result_folder(out, workspace_beside(out)),
    ):
        pytest.fail("the block must not run")


def test_files_that_appear_meanwhile_are_not_overwritten(tmp_path):
    out = tmp_path / "out"
    with (
        pytest.raises(OutputError, match="not a SynthTrust result"),
        result_folder(out, workspace_beside(out)) as workspace,
    ):
        fill(workspace)
        out.mkdir()
        (out / "mine.txt").write_text("mine")
    assert names(out) == ["mine.txt"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "no permission"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_errors_of_the_system_become_words_that_name_the_folder(tmp_path, number, words):
    with pytest.raises(OutputError, match=words) as caught, writing(tmp_path / "out"):
        raise OSError(number, os.strerror(number), "inner/file")
    assert caught.value.source == str(tmp_path / "out")


def test_a_library_that_hides_a_full_disk_is_seen_through(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: usage(10**9, 10**9, 4096))
    with pytest.raises(OutputError, match="the disk is full"), writing(tmp_path / "out"):
        raise RuntimeError("ITK ERROR: failed to write image")


def test_a_librarys_error_on_a_disk_with_space_is_not_called_a_full_disk(tmp_path):
    with pytest.raises(RuntimeError, match="something else"), writing(tmp_path / "out"):
        raise RuntimeError("something else")


def test_too_little_space_is_said_before_the_work(tmp_path):
    require_space(tmp_path / "out", 1)
    with pytest.raises(OutputError, match="MB free"):
        require_space(tmp_path / "out", 10**18)
