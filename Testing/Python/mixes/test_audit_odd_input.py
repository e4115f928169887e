"""What researchers hand over that is odd: one sentence and nothing written, or a card that says what became of it."""

from __future__ import annotations

import base64
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from matplotlib import pyplot as plt
from mixes.heads_for_tests import heads

from SynthTrustLib.cli import main
from SynthTrustLib.codec import decode
from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.audit.audit_given import MeasuredSet, audit_given, measure_set
from SynthTrustLib.mixes.audit.case_measures import measure_sample
from SynthTrustLib.mixes.audit.declared import declared
from SynthTrustLib.mixes.audit.given_cases import find_given
from SynthTrustLib.mixes.audit.page import closest_pairs, render_page, strip
from SynthTrustLib.mixes.audit.rows_declared import declared_rows
from SynthTrustLib.mixes.audit.set_audit import GivenSet, SetAudit
from SynthTrustLib.mixes.audit.shared_patients import is_mere_number
from SynthTrustLib.mixes.audit.words import summary


def run(*words) -> int:
    return main(["mixes", "audit", *map(str, words), "--no-outlines", "--draws", "10"])


def refused(capsys, *words) -> str:
    assert run(*words) == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    (line,) = [line for line in said.err.splitlines() if line.startswith("synthtrust: error:")]
    return line


def card_of(out: Path) -> SetAudit:
    return decode(SetAudit, json.loads((out / "audit.json").read_text("utf-8")))


def row(card, name):
    return next(row for row in card.rows if row.name == name)


# Where the card shall go.


def test_a_folder_that_holds_something_else_is_left_alone(on_disk, capsys):
    out = on_disk / "thesis"
    out.mkdir()
    (out / "chapter.txt").write_text("years of work")
    said = refused(capsys, on_disk / "s", "--against", on_disk / "r", "--out", out)
    assert "thesis: the folder holds files that are no card of a set (chapter.txt)" in said
    assert [path.name for path in out.iterdir()] == ["chapter.txt"]


def test_a_file_where_the_card_shall_be_is_told(on_disk, capsys):
    (on_disk / "card").write_text("")
    said = refused(capsys, on_disk / "s", "--against", on_disk / "r", "--out", on_disk / "card")
    assert "card: it is a file, not a folder" in said


@pytest.mark.parametrize("option", ["--out", "--work"])
def test_nothing_is_written_into_a_set(on_disk, capsys, option):
    words = {"--out": on_disk / "out", "--work": on_disk / "work"} | {option: on_disk / "r" / "audit"}
    said = refused(
        capsys, on_disk / "s", "--against", on_disk / "r", *(part for pair in words.items() for part in pair)
    )
    assert "audit: it lies in r, whose cases are audited. Name a folder outside of the sets." in said
    assert sorted(path.name for path in on_disk.iterdir()) == ["r", "s"]


@pytest.mark.parametrize("option", ["--out", "--work"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(on_disk, capsys, monkeypatch, option):
    make = Path.mkdir

    def forbidden(path, *rest, **named):
        if "forbidden" in path.parts:
            raise PermissionError(13, "Permission denied")
        make(path, *rest, **named)

    monkeypatch.setattr(Path, "mkdir", forbidden)
    monkeypatch.setattr("SynthTrustLib.mixes.audit.case_measures.same_terms", None)
    words = {"--out": on_disk / "out", "--work": on_disk / "work"} | {option: on_disk / "forbidden" / "x"}
    said = refused(
        capsys, on_disk / "s", "--against", on_disk / "r", *(part for pair in words.items() for part in pair)
    )
    assert "forbidden/x: no permission to write there" in said


def test_a_card_of_other_sets_is_not_replaced_and_one_of_the_same_is(kept, on_disk, capsys):
    out, words = on_disk / "out", ("--work", kept / "work", "--out", on_disk / "out")
    assert run(on_disk / "s", "--against", on_disk / "r", *words) == 0
    before = (out / "audit.json").read_bytes()
    (on_disk / "s").rename(on_disk / "gan")
    said = refused(capsys, on_disk / "gan", "--against", on_disk / "r", *words)
    assert "out: it holds the card of s against r. Choose another folder" in said
    assert (out / "audit.json").read_bytes() == before
    (on_disk / "gan").rename(on_disk / "s")
    assert run(on_disk / "s", "--against", on_disk / "r", *words) == 0


def test_the_default_folder_is_named_after_the_whole_name_of_a_folder(kept, on_disk, capsys, monkeypatch):
    (on_disk / "s").rename(on_disk / "gan.2")
    work = on_disk / "elsewhere"
    work.mkdir()
    monkeypatch.chdir(work)
    assert run(on_disk / "gan.2", "--against", on_disk / "r", "--work", kept / "work") == 0
    assert (work / "gan.2-audit" / "audit.html").exists()


def test_sets_of_the_same_name_are_told_apart_by_their_parents(kept, on_disk, capsys):
    for name in ("s", "r"):
        (on_disk / name).rename(on_disk / "images")
        (on_disk / f"of_{name}").mkdir()
        (on_disk / "images").rename(on_disk / f"of_{name}" / "images")
    words = ("--work", kept / "work", "--out", on_disk / "out")
    assert run(on_disk / "of_s" / "images", "--against", on_disk / "of_r" / "images", *words) == 0
    card = card_of(on_disk / "out")
    assert (card.synthetic.name, card.real.name) == ("of_s/images", "of_r/images")


# What is in the sets.


def test_labels_of_an_unknown_convention_are_left_out_and_the_images_measured(kept, on_disk, capsys):
    path = on_disk / "s" / "s1" / "s1_seg.nii.gz"
    label = sitk.ReadImage(str(path))
    sitk.WriteImage(label * 17, str(path))
    words = ("--work", kept / "work", "--out", on_disk / "out")
    assert run(on_disk / "s", "--against", on_disk / "r", *words) == 0
    card = card_of(on_disk / "out")
    assert (card.synthetic.cases, card.synthetic.labelled) == (6, 5)
    (told,) = (one for one in card.same_terms if "its label could not be used" in one.what)
    assert told.synthetic == 1 and "17, 34, 51" in told.what and "not labels of regions" in told.what
    assert f"done to 1 synthetic, 0 real and 0 training cases: {told.what}" in capsys.readouterr().out


def test_a_convention_that_nobody_knows_is_told_once_and_before_anything_is_measured(on_disk, capsys):
    words = (on_disk / "s", "--against", on_disk / "r", "--labels", "monai", "--out", on_disk / "out")
    assert "'monai' is no label convention. State brats, binary" in refused(capsys, *words)
    assert not (on_disk / "out").exists()


def test_a_label_that_lies_elsewhere_is_left_out_and_the_images_measured(on_disk):
    path = on_disk / "s" / "s0" / "s0_seg.nii.gz"
    label = sitk.ReadImage(str(path))
    label.SetOrigin([5000.0, 0.0, 0.0])
    sitk.WriteImage(label, str(path))
    found = measure_set(find_given(on_disk / "s"), None, synthetic=True)
    (case,) = (case for case in found.cases if case.id == "s0")
    assert not case.labelled and any("does not overlap the patient" in what for what in case.done)


def array_in(path: Path, change) -> None:
    image = sitk.ReadImage(str(path))
    changed = sitk.GetImageFromArray(change(sitk.GetArrayFromImage(image)), isVector=False)
    if changed.GetDimension() == 3:
        changed.CopyInformation(image)
    sitk.WriteImage(changed, str(path))


ODD_IMAGES = {
    "nothing but NaN": lambda array: np.full_like(array, np.nan),
    "one value": lambda array: np.full_like(array, 7),
    "4D": lambda array: np.stack([array, array]),
}


@pytest.mark.parametrize("name", ODD_IMAGES)
def test_images_that_show_nothing_are_named_and_the_others_audited(kept, on_disk, capsys, name):
    array_in(on_disk / "s" / "s2" / "s2_flair.nii.gz", ODD_IMAGES[name])
    words = ("--work", kept / "work", "--out", on_disk / "out")
    assert run(on_disk / "s", "--against", on_disk / "r", *words) == 0
    assert list(card_of(on_disk / "out").synthetic.unusable) == ["s2"]
    assert "could not be used: s2 of s (s2_flair.nii.gz" in capsys.readouterr().out


def test_a_color_image_is_named_and_the_others_audited(on_disk):
    path = on_disk / "s" / "s2" / "s2_flair.nii.gz"
    image = sitk.ReadImage(str(path))
    byte = sitk.Cast(sitk.RescaleIntensity(image), sitk.sitkUInt8)
    sitk.WriteImage(sitk.Compose(byte, byte, byte), str(path))
    found = measure_set(find_given(on_disk / "s"), None, synthetic=True)
    assert list(found.about.unusable) == ["s2"]


@pytest.mark.slow
def test_a_head_without_a_brain_in_it_does_not_stop_the_audit(kept, on_disk, capsys):
    """Noise has no brain: whatever is measured of it, the others are."""
    pytest.importorskip("deepbet", reason="brains are extracted with deepbet")
    noise = np.random.default_rng(1)
    for contrast in ("t1", "t1c", "t2", "flair"):
        array_in(
            on_disk / "s" / "s2" / f"s2_{contrast}.nii.gz",
            lambda array: noise.integers(0, 900, array.shape).astype(np.float32),
        )
    words = ("--work", kept / "work", "--out", on_disk / "out")
    assert run(on_disk / "s", "--against", on_disk / "r", *words) == 0


def test_a_file_that_is_gone_or_cannot_be_opened_is_named(on_disk):
    found = find_given(on_disk / "s")
    (on_disk / "s" / "s3" / "s3_t2.nii.gz").unlink()
    measured = measure_set(found, None, synthetic=True)
    assert "s3_t2.nii.gz: it cannot be read (No such file or directory)" in measured.about.unusable["s3"]


def test_what_was_kept_and_is_damaged_is_measured_again(on_disk):
    cache = on_disk / "measured"
    first = measure_set(find_given(on_disk / "s"), cache, synthetic=True)
    for n, path in enumerate(sorted(cache.iterdir())):
        path.write_bytes((b"", b"PK\x03\x04", path.read_bytes()[:2000])[n % 3])
    again = measure_set(find_given(on_disk / "s"), cache, synthetic=True)
    np.testing.assert_array_equal([one.values for one in again.cases], [one.values for one in first.cases])


# Tables.


def table(folder: Path, text: str, name="table.csv") -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_table_of_a_spreadsheet_is_read_whatever_parts_its_columns(on_disk, between):
    rows = [["ID", " Flair ", "label"], ["a", "s/s0/s0_flair.nii.gz", ""], ["b", "s/s1/s1_flair.nii.gz", ""]]
    found = find_given(table(on_disk, "\r\n".join(between.join(one) for one in rows)))
    assert [case.id for case in found.cases] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,flair\n1,2\n", "table.csv: it has no column named id"),
        ("id,image\n1,2\n", "table.csv: it has no column with images. Its columns are id and at least one of t1"),
        ("id,flair\n,x\n", "table.csv: line 2 lacks its id"),
        ("id,flair\n1,\n", "table.csv: 1 has no contrast"),
        ("id,flair\n1,no.nii.gz\n", "table.csv: 1: there is no file no.nii.gz"),
        ("id,flair\n1,s\n", "table.csv: 1: there is no file s"),
        ("id,flair\n1," + "x" * 5000 + "\n", "table.csv: 1: there is no file xxx"),
        ("id,flair\n1,s/s0/s0_flair.nii.gz\n1,s/s1/s1_flair.nii.gz\n", "table.csv: 1 stands in it twice"),
        ("id,flair\n1,s/s0/s0_flair.nii.gz,too,many\n", "table.csv: line 2 has more cells than there are columns"),
        ("id,t1,t1ce\n1,s/s0/s0_t1.nii.gz,x\n", "table.csv: nothing reads its column 't1ce', which seems to be of T1c"),
    ],
)
def test_a_table_with_a_fault_is_named_with_its_row(on_disk, text, why):
    path = table(on_disk, text)
    with pytest.raises(InputError) as error:
        find_given(path)
    assert why in str(error.value)


def test_a_table_may_be_json_with_numbers_for_ids(on_disk):
    rows = [{"id": n, "flair": f"s/s{n}/s{n}_flair.nii.gz", "label": None} for n in range(2)]
    assert [case.id for case in find_given(table(on_disk, json.dumps(rows), "table.json")).cases] == ["0", "1"]


def test_a_table_of_windows_names_its_files(on_disk):
    (case,) = find_given(table(on_disk, "id;flair;label\na;s\\s0\\s0_flair.nii.gz;s\\s0\\s0_seg.nii.gz\n")).cases
    assert case.contrasts == {"FLAIR": on_disk / "s/s0/s0_flair.nii.gz"}
    assert case.label == on_disk / "s/s0/s0_seg.nii.gz"


# Folders.


def flat(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def test_files_of_the_system_are_no_images(tmp_path):
    names = [f"{dot}p{n}_{c}.nii.gz" for n in range(2) for c in ("t1", "flair") for dot in ("", "._")]
    found = find_given(flat(tmp_path / "set", *names))
    assert [case.id for case in found.cases] == ["p0", "p1"]
    assert not any(path.name.startswith(".") for case in found.cases for path in case.files)


def test_what_lies_side_by_side_and_is_no_case_is_named(tmp_path):
    names = ["p0_t1.nii.gz", "p1_t1.nii.gz", "p2_t1.nii.gz", "p2_t1.nii", "p3_seg.nii.gz", "a.nii.gz", "b.nii.gz"]
    found = find_given(flat(tmp_path / "set", *names))
    assert [case.id for case in found.cases] == ["p0", "p1"]
    assert found.unusable == {
        "a.nii.gz and 1 more": "its name says no contrast",
        "p2": "p2_t1.nii and p2_t1.nii.gz say the same",
        "p3": "p3_seg.nii.gz is a mask, and no image goes with it",
    }


def test_folders_beside_files_are_cases_too(on_disk):
    flat(on_disk / "s", "atlas_t1.nii.gz", "template_flair.nii.gz")
    assert {f"s{n}" for n in range(6)} < {case.id for case in find_given(on_disk / "s").cases}


def test_patients_of_one_number_in_two_cohorts_are_two(on_disk):
    for cohort, entry in (("site_a", "s0"), ("site_b", "s1")):
        for number in ("001", "002"):
            shutil.copytree(on_disk / "s" / entry, on_disk / "set" / cohort / number)
    found = find_given(on_disk / "set").cases
    assert [case.id for case in found] == ["site_a/001", "site_a/002", "site_b/001", "site_b/002"]
    assert len({case.patient for case in found}) == 4


def test_visits_of_one_person_are_of_one(on_disk):
    for person, visit, entry in (("sub-1", "ses-1", "s0"), ("sub-1", "ses-2", "s1"), ("sub-2", "ses-1", "s2")):
        shutil.copytree(on_disk / "s" / entry, on_disk / "set" / person / visit)
    found = find_given(on_disk / "set").cases
    assert [(case.id, case.patient) for case in found] == [
        ("sub-1/ses-1", "sub-1"), ("sub-1/ses-2", "sub-1"), ("sub-2/ses-1", "sub-2"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["[1, 2]", "{", "null", '{"site": ["a"]}'])
def test_another_programs_meta_json_says_nothing(on_disk, text):
    (on_disk / "s" / "s0" / "meta.json").write_text(text)
    assert len(find_given(on_disk / "s").cases) == 6


@pytest.mark.parametrize(
    "text", ['{"documentation": ["a"], "licence": {"a": 1}}', '{"documentation": {"seed": [1, null]}}', "[]", "{"]
)
def test_another_programs_set_json_is_read_as_far_as_it_goes(on_disk, text):
    (on_disk / "s" / "set.json").write_text(text)
    assert declared_rows(declared(on_disk / "s"), [measure_sample(heads(1, 9, "m")[0])])


def test_the_samples_of_a_set_of_our_own_are_no_case_of_it(on_disk):
    (on_disk / "s" / "samples").mkdir()
    (on_disk / "s" / "samples" / "s0.npz").write_bytes(b"")
    found = find_given(on_disk / "s")
    assert len(found.cases) == 6 and not found.unusable


# Who is who.


def measured(samples, name="s"):
    cases = tuple(measure_sample(entry) for entry in samples)
    return MeasuredSet(GivenSet(name, len(cases), len(cases), len(cases), {}, {}), cases)


def called(samples, names):
    return [replace(entry, id=name) for entry, name in zip(samples, names, strict=True)]


@pytest.fixture(scope="module")
def people():
    return heads(4, 3, "s"), heads(4, 2, "r"), heads(4, 1, "t")


def test_other_persons_who_are_numbered_alike_are_compared_and_the_card_says_so(people):
    made, real, training = people
    numbers = [f"case_{n:03d}" for n in range(4)]
    sets = [measured(called(entries, numbers), name) for entries, name in ((real, "r"), (training, "t"))]
    card = audit_given(measured(made), *sets, {}, "a command", draws=10)
    (told,) = (one for one in card.same_terms if "by a mere number" in one.what)
    assert told.real == 4 and card.real.unusable == {}
    page = render_page(card, measured(made).cases, sets[0].cases, sets[1].cases)
    assert "by a mere number" in page and any("by a mere number" in line for line in summary(card))


def test_training_patients_among_the_real_ones_are_left_out_and_named(people):
    made, real, training = people
    names = ["TCGA_DU_5849", "TCGA_DU_5852", "TCGA_DU_5853", "TCGA_DU_5854"]
    true = measured(called(real, names), "r")
    seen = measured([*called(training[:1], names[:1]), real[1]], "t")
    seen = replace(seen, cases=(seen.cases[0], replace(seen.cases[1], content=true.cases[1].content)))
    card = audit_given(measured(made), true, seen, {}, "a command", draws=10)
    assert set(card.real.unusable) == set(names[:2]) and card.real.patients == 2
    assert (
        "taken for the same person" in card.real.unusable[names[0]] and "its files are" in card.real.unusable[names[1]]
    )


@pytest.mark.parametrize(
    ("name", "only_counts"),
    [("001", True), ("case_12", True), ("Patient 7", True), ("sub-003", True), ("TCGA_DU_5849", False),
     ("BraTS20_Training_001", False), ("UPENN-GBM-00001_11", False), ("20040101", False)],
)  # fmt: skip
def test_a_mere_number_says_not_who_somebody_is(name, only_counts):
    assert is_mere_number(name) is only_counts


# How it is told.


def test_the_page_tells_how_many_break_a_rule_shows_few_features_at_once_and_no_column_of_nothing(people):
    made, real, training = people
    both = [measured(entries, name) for entries, name in ((made, "s"), (real, "r"))]
    card = audit_given(*both, None, {}, "a command", draws=10)
    page = render_page(card, *(one.cases for one in both))
    assert "broken by 0% [0%, 60%]" in page and "<th>training</th>" not in page
    shown, folded = page.split("<details>")
    assert shown[shown.index("<h2>Features") :].count("<tr>") == 1 + 15 and "wt depth" in page
    assert f"The other {len(card.features) - 15} features" in folded
    three = audit_given(*both, measured(training, "t"), {}, "a command", draws=10)
    assert "<th>training</th>" in render_page(three, *(one.cases for one in both), measured(training, "t").cases)


def test_the_command_names_the_cases_to_look_at(people):
    made, real, _ = people
    true = measured(real, "r")
    copies = measured([*made, replace(real[1], id="copy")], "s")
    assert any("copies" in line and line.endswith("Cases: copy") for line in summary(
        audit_given(copies, true, None, {}, "a command", draws=10)
    ))  # fmt: skip


def test_a_pair_is_shown_once_with_all_that_makes_it_near(people):
    made, real, _ = people
    true = measured(real, "r")
    copies = measured([*made, replace(real[1], id="copy")], "s")
    card = audit_given(copies, true, None, {}, "a command", draws=10)
    assert all(one.distance >= 0 for one in card.neighbours)
    (pair,) = (found for found in closest_pairs(card.neighbours) if found[0].case == "copy")
    assert {one.by for one in pair} == {"head", "tumor"}
    page = render_page(card, copies.cases, true.cases)
    assert "copy: distance 0.00 by the" in page and "-0.00" not in page
    assert page.count('alt="Synthetic case copy"') == 1 + (len(copies.cases) <= 6)


def test_a_contrast_that_is_missing_is_black(people):
    made, _, _ = people
    image = made[0].image.copy()
    image[2] = 0
    (case,) = measured([replace(made[0], image=image)]).cases
    picture = plt.imread(io.BytesIO(base64.b64decode(strip(case))))[..., :3]
    shown = [panel.max() > 0 for panel in np.split(picture, 4, axis=1)]
    assert shown == [True, True, False, True]
