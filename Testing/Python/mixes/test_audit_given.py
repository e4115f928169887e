"""An audit of anybody's set: planted faults are found and named, and what is no fault is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from mixes.heads_for_tests import changed, head, heads, write
from scipy import ndimage

from SynthTrustLib.cli import main
from SynthTrustLib.codec import decode, encode
from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.audit.audit_given import MeasuredSet, audit_given, measure_set
from SynthTrustLib.mixes.audit.case_measures import CaseMeasures, measure_given, measure_sample
from SynthTrustLib.mixes.audit.given_cases import find_given
from SynthTrustLib.mixes.audit.same_terms import PLACEHOLDER
from SynthTrustLib.mixes.audit.set_audit import GivenSet, SetAudit
from SynthTrustLib.mixes.audit.shared_patients import BY_FILES, shared_patients
from SynthTrustLib.mixes.audit.words import few_digits, figure_words, summary
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.vocabulary import Contrast, Evidence, Status

DRAWS = 60


_MEASURED: dict[int, tuple[Sample, CaseMeasures]] = {}
"""What was measured of a patient, by the patient's place in memory; both are kept, so that no other takes the place."""


def measured(samples, name="s"):
    """A set, whose patients are measured once however many sets they are in."""
    for entry in samples:
        if id(entry) not in _MEASURED:
            _MEASURED[id(entry)] = entry, measure_sample(entry)
    cases = tuple(_MEASURED[id(entry)][1] for entry in samples)
    contrasts = {str(c): sum(n in case.present for case in cases) for n, c in enumerate(Contrast)}
    labelled = sum(case.labelled for case in cases)
    return MeasuredSet(GivenSet(name, len(cases), len(cases), labelled, contrasts, {}), cases)


@pytest.fixture(scope="module")
def training():
    return heads(12, 1, "t")


@pytest.fixture(scope="module")
def real():
    return measured(heads(20, 2, "r"), "real")


@pytest.fixture(scope="module")
def synthetic():
    return heads(20, 3, "s")


def audit(synthetic, real, training=None, record=None):
    seen = measured(training, "training") if training else None
    return audit_given(measured(synthetic), real, seen, record or {}, "a command", draws=DRAWS)


def alarms(card):
    return {row.name for row in card.alarms}


def row(card, name):
    return next(row for row in card.rows if row.name == name)


@pytest.fixture(scope="module")
def clean(synthetic, real, training):
    return audit(synthetic, real, training)


def test_other_patients_of_the_same_kind_raise_no_alarm(clean):
    assert alarms(clean) == set()
    auc = row(clean, "classifier_auc")
    assert auc.low <= auc.value <= auc.high and auc.low < 0.5 + 0.15 and auc.p > 0.002
    assert row(clean, "coverage").value > 0.5
    assert not any(one.suspected for one in clean.neighbours)


def test_the_card_is_json_that_reads_back(clean):
    assert decode(SetAudit, json.loads(json.dumps(encode(clean)))) == clean


def test_what_is_unknown_says_why_and_is_never_good(clean):
    for name in ("licence", "source", "generator", "privacy_method"):
        assert row(clean, name).evidence is Evidence.UNKNOWN and row(clean, name).status is Status.UNKNOWN
        assert "not declared" in row(clean, name).text


def test_what_is_declared_is_declared_and_not_measured(synthetic, real):
    record = {"licence": "CC-BY-4.0", "generator": "GAN 1", "documentation": {"seed": "7"}}
    card = audit(synthetic[:6], real, record=record)
    assert [row(card, name).evidence for name in ("licence", "generator", "seed")] == [Evidence.DECLARED] * 3
    assert row(card, "licence").text == "CC-BY-4.0"


def disguised(entry, identifier):
    """A copy, mirrored, moved, noisy and on another intensity scale."""
    random = np.random.default_rng(5)
    image = np.pad(entry.image.astype(float), ((0, 0), (2, 2), (2, 2), (2, 2)))
    image = image + 0.05 * random.standard_normal(image.shape) * (image > 0)
    image = 2 * (np.clip(image, 0, 2) / 2) ** 1.4
    moved = [np.roll(array[..., ::-1], (1, -1, 1), (-3, -2, -1)) for array in (image, np.pad(entry.label, 2))]
    return replace(changed(entry, *moved), id=identifier)


def test_disguised_copies_of_training_patients_are_found_and_named(synthetic, real, training):
    made = [*synthetic[:18], disguised(training[3], "c0"), disguised(training[7], "c1")]
    card = audit(made, real, training)
    for by in ("head", "tumor"):
        assert set(row(card, f"copies_{by}").cases) == {"c0", "c1"}
        nearest = {one.case: one for one in card.neighbours if one.by == by}
        assert [(nearest[c].nearest, nearest[c].of) for c in ("c0", "c1")] == [("t3", "training"), ("t7", "training")]


def test_a_copy_of_a_persons_second_examination_is_found(synthetic, real, training):
    seen = measured(training, "training")
    twice = tuple(replace(case, patient=f"p{n // 2}") for n, case in enumerate(seen.cases))
    made = [*synthetic[:19], disguised(training[3], "c0")]
    card = audit_given(measured(made), real, replace(seen, cases=twice), {}, "a command", draws=DRAWS)
    assert row(card, "copies_head").cases == ("c0",)


def test_all_examinations_of_a_training_patient_are_left_out(real, training):
    (first, second, *_), (theirs, *_) = real.cases, measured(training, "training").cases
    mine = [replace(first, patient="Ann"), replace(second, patient="Ann", content=theirs.content)]
    assert shared_patients(mine, [theirs]) == dict.fromkeys([first.id, second.id], BY_FILES)


def only(contrasts, entries):
    kept = np.isin(np.arange(len(Contrast)), contrasts).reshape(-1, 1, 1, 1)
    return [changed(one, one.image * kept) for one in entries]


def test_cases_of_one_contrast_are_held_to_how_alike_patients_are_in_it(real, synthetic):
    """By all contrasts patients are farther apart: five of BraTS with FLAIR alone were copies of each other."""
    random = np.random.default_rng(1)
    kind = random.standard_normal(real.cases[0].head.shape[1:])

    def pictured(cases, contrasts):
        for n, case in enumerate(cases):
            head = random.standard_normal(case.head.shape).astype(np.float32)
            head[3] = 0.5 * head[3] + (-1) ** n * kind  # two kinds of FLAIR
            yield replace(case, head=head * np.isin(np.arange(4), contrasts).reshape(-1, 1, 1, 1))

    patients = replace(real, cases=tuple(pictured(real.cases, range(4))))
    made = measured(synthetic[:6])
    card = audit_given(replace(made, cases=tuple(pictured(made.cases, [3]))), patients, None, {}, "", draws=DRAWS)
    assert max(one.distance for one in card.neighbours if one.by == "head") < 0.25
    assert row(card, "copies_head").cases == row(card, "repeats_head").cases == ()


def test_a_set_that_shares_no_contrast_with_the_patients_has_a_card_all_the_same(synthetic):
    card = audit(only([2], synthetic[:6]), measured(only([0, 1, 3], heads(8, 2, "r")), "real"))
    for by in ("head", "tumor"):
        found = row(card, f"copies_{by}")
        assert found.evidence is Evidence.UNKNOWN and "no synthetic case has a contrast" in found.text
    assert not card.neighbours and json.dumps(encode(card), allow_nan=False)


def test_a_set_that_repeats_three_patients_is_found(synthetic, real):
    made = [replace(disguised(synthetic[n % 3], f"x{n}"), id=f"x{n}") for n in range(15)]
    card = audit(made, real)
    assert "repeats_head" in alarms(card) and len(row(card, "repeats_head").cases) == 15
    assert row(card, "vendi_ratio").value < 0.7


def test_what_all_cases_of_a_program_share_makes_no_two_of_them_alike(synthetic, real):
    """50 patients of BraTS, audited against 50 of TCGA-LGG, were said to repeat each other 14 times."""
    random = np.random.default_rng(2)
    manner = random.standard_normal(real.cases[0].head.shape)
    made = measured(synthetic[:12])

    def pictured(manner, apart):
        heads = (manner + apart * random.standard_normal(case.head.shape) for case in made.cases)
        return replace(
            made, cases=tuple(replace(one, head=np.float32(head)) for one, head in zip(made.cases, heads, strict=True))
        )

    card = audit_given(pictured(manner, 0.5), real, None, {}, "", draws=DRAWS)
    assert row(card, "repeats_head").cases == ()
    one_picture = audit_given(pictured(manner, 0.05), real, None, {}, "", draws=DRAWS)
    assert len(row(one_picture, "repeats_head").cases) == 12 and "repeats_head" in alarms(one_picture)


def test_shifted_labels_are_found_and_the_shift_is_measured(synthetic, real, clean):
    made = [changed(entry, entry.image, np.roll(entry.label, (0, 4, 5), (0, 1, 2))) for entry in synthetic]
    card = audit(made, real)
    assert "label_fit" in alarms(card)
    assert row(card, "label_fit").value == pytest.approx(np.hypot(4, 5), abs=1.5)
    assert row(clean, "label_fit").value < 1.5


def test_blurred_images_are_found_by_their_detail(synthetic, real):
    made = [
        changed(entry, [ndimage.gaussian_filter(np.float32(one), 1.0) * (one > 0) for one in entry.image])
        for entry in synthetic
    ]
    card = audit(made, real)
    assert {"classifier_auc", "features_detail"} <= alarms(card)
    assert row(card, "frechet_distance").value > row(card, "frechet_distance").chance_high


def test_exchanged_contrasts_are_found_and_the_cases_named(synthetic, real):
    made = [*synthetic[:12], *(changed(entry, entry.image[[0, 1, 3, 2]]) for entry in synthetic[12:])]
    card = audit(made, real)
    assert "contrasts" in alarms(card)
    assert set(row(card, "contrasts").cases) == {entry.id for entry in synthetic[12:]}


def test_heads_of_another_size_are_found_and_named(synthetic, real):
    large = [ndimage.zoom(np.float32(synthetic[0].image), (1, 1.6, 1.6, 1.6), order=1)]
    large.append(ndimage.zoom(synthetic[0].label, 1.6, order=0))
    card = audit([*synthetic[1:], changed(synthetic[0], *large)], real)
    assert row(card, "head_size").cases == ("s0",) and "head_size" in alarms(card)


def test_heads_are_not_judged_by_voxels_whose_size_is_a_placeholder(synthetic, real):
    """One such head was an alarm in 27 of 60 sets without a fault: nobody knows how large its voxels are."""
    large = [ndimage.zoom(np.float32(synthetic[0].image), (1, 1.6, 1.6, 1.6), order=1)]
    large.append(ndimage.zoom(synthetic[0].label, 1.6, order=0))
    made = measured([changed(synthetic[0], *large), *synthetic[1:]])

    def head_size(guessed, against=real):
        cases = tuple(replace(case, done=(PLACEHOLDER,)) if case.id in guessed else case for case in made.cases)
        card = audit_given(replace(made, cases=cases), against, None, {}, "a command", draws=DRAWS)
        return row(card, "head_size"), "head_size" in alarms(card)

    assert head_size(())[1]
    one, alarm = head_size(("s0",))
    assert not alarm and one.cases == () and "the voxel size of 1 of 40 cases is a placeholder" in one.text
    none, alarm = head_size({case.id for case in made.cases})
    assert not alarm and none.evidence is Evidence.UNKNOWN and "20 of 40 cases is a placeholder" in none.text


def test_sizes_are_not_compared_where_those_of_one_sets_voxels_are_placeholders(synthetic, real):
    """BraTS against TCGA-LGG asked for a look at heads of 18 standard deviations, in voxels of 1 and of 6 mm."""
    small = [changed(one, one.image[:, ::2], one.label[::2]) for one in synthetic]
    made = measured(small)
    guessed, also = (replace(s, cases=tuple(replace(c, done=(PLACEHOLDER,)) for c in s.cases)) for s in (made, real))
    sizes = {"features_head_size", "features_slices"}
    for one, other, compared in ((made, real, True), (guessed, also, True), (guessed, real, False)):
        card = audit_given(one, other, None, {}, "a command", draws=DRAWS)
        assert (sizes <= alarms(card)) == compared == ("features_head_size" in alarms(card))
        for name in sizes:
            assert (row(card, name).evidence is Evidence.MEASURED) == compared
            assert ("the voxel size of 20 of 40 cases is a placeholder" in row(card, name).text) != compared
        assert row(card, "features_tissue").evidence is Evidence.MEASURED


def test_every_figure_of_enough_patients_has_its_interval_and_every_alarm_its_figure(synthetic, real, training):
    card = audit([changed(one, one.image**2) for one in synthetic], real, training)
    figures = [row for row in card.rows if row.evidence is Evidence.MEASURED]
    assert all(row.low <= row.value <= row.high for row in figures) and len(figures) > 25
    said = " ".join(summary(card))
    assert card.alarms and all(f"look at: {row.title}: {figure_words(row)}; " in said for row in card.alarms)


def test_without_labels_what_needs_them_is_unknown_and_the_rest_is_said(synthetic, real):
    made = [replace(entry, label=np.zeros_like(entry.label), known=(False,) * 3) for entry in synthetic]
    card = audit(made, real)
    for name in ("features_tumor_shape", "features_tumor_place", "features_tumor_intensity"):
        assert row(card, name).text == "no labels"
    for name in ("tumor_in_brain", "volume", "enhances", "edema_bright", "nested", "label_fit", "copies_tumor"):
        assert row(card, name).evidence is Evidence.UNKNOWN and "no labels" in row(card, name).text
    assert row(card, "classifier_auc").value < 0.8 and row(card, "copies_head").evidence is Evidence.MEASURED


def test_with_fewer_than_five_patients_what_can_be_said_is_said(synthetic, real):
    card = audit(synthetic[:3], real)
    assert "fewer than 5 patients" in row(card, "sets").text and row(card, "sets").evidence is Evidence.UNKNOWN
    assert row(card, "copies_head").evidence is Evidence.MEASURED


def picked(*numbers):
    return [head(f"p{n}", 9000 + n) for n in numbers]


def test_of_few_heads_that_are_much_alike_nothing_is_said_that_chance_may_have_done():
    """These once raised two alarms, for contrasts that looked exchanged and for copies."""
    made, true = picked(*(23, 58, 30, 35, 84, 64)), picked(*(45, 108, 86, 34, 1, 105, 89))
    card = audit(made, measured(true, "real"))
    assert alarms(card) == set()
    for name, said in (("contrasts", "none looks like another"), ("head_size", "times that of the median real one")):
        found = row(card, name)
        assert found.evidence is Evidence.UNKNOWN and "7 real patients are too few" in found.text and said in found.text
    assert row(card, "classifier_auc").evidence is Evidence.MEASURED
    copy = replace(disguised(true[2], "copy"), id="copy")
    assert row(audit([*made, copy], measured(true, "real")), "copies_tumor").cases == ("copy",)


def test_contrasts_that_real_cases_cannot_tell_apart_are_not_called_exchanged():
    made = picked(*(86, 101, 48, 117, 94, 20, 6, 97, 55, 47, 64, 87, 22, 79, 7))
    true = picked(*(54, 5, 60, 52, 19, 8, 43, 13, 24, 17, 106, 103, 118, 16, 80))
    card = audit(made, measured(true, "real"))
    assert row(card, "contrasts").evidence is Evidence.MEASURED and not row(card, "contrasts").cases
    wrong = [changed(made[0], made[0].image[[0, 1, 3, 2]]), *made[1:]]
    assert row(audit(wrong, measured(true, "real")), "contrasts").cases == (made[0].id,)


def test_a_contrast_that_looks_odd_by_itself_is_an_alarm_only_where_that_is_frequent(synthetic, real):
    made = measured(synthetic[:10])

    def with_odd(count):
        odd = [replace(case, concerns=("looks",)) for case in made.cases[:count]]
        cards = replace(made, cases=(*odd, *made.cases[count:]))
        return audit_given(cards, real, None, {}, "a command", draws=DRAWS)

    assert row(with_odd(1), "contrasts").cases == ("s0",) and "contrasts" not in alarms(with_odd(1))
    assert "contrasts" in alarms(with_odd(8))


def test_a_small_head_is_as_odd_as_a_large_one(synthetic, real):
    def times(entry, factor):
        image = ndimage.zoom(np.float32(entry.image), (1, factor, factor, factor), order=1)
        return changed(entry, image, ndimage.zoom(entry.label, factor, order=0))

    for factor in (0.75, 1.3):
        card = audit([times(synthetic[0], factor), *synthetic[1:]], real)
        assert row(card, "head_size").cases == ("s0",) and "head_size" in alarms(card)


def test_a_dark_enhancing_tumor_and_a_tumor_in_the_air_break_rules(synthetic, real):
    made = []
    for entry in synthetic:
        image = entry.image.copy()
        image[1][entry.label >> 2 & 1 > 0] = 0.1
        made.append(changed(entry, image))
    assert "enhances" in alarms(audit(made, real))
    made = [changed(entry, entry.image, np.roll(entry.label, 14, 1)) for entry in synthetic]
    assert row(audit(made, real), "tumor_in_brain").value > 0.5


def test_a_set_that_is_the_real_one_is_refused(real):
    with pytest.raises(InputError, match=r"real: 20 of its 20 cases are the very files of real"):
        audit_given(real, real, None, {}, "a command", draws=DRAWS)


def test_another_intensity_scale_is_no_other_content(tmp_path, synthetic):
    write(synthetic[0], tmp_path / "a" / "p")
    write(synthetic[0], tmp_path / "b" / "p", scale=0.7, offset=-1.0)
    one, other = (measure_given(find_given(tmp_path / name).cases[0], None, synthetic=True) for name in ("a", "b"))
    np.testing.assert_allclose(one.values, other.values, rtol=0.02, atol=0.02)
    np.testing.assert_allclose(one.head, other.head, atol=0.1)
    assert any("background" in what for what in other.done) and one.labelled


def test_cases_are_found_in_any_layout(tmp_path, synthetic):
    for n, entry in enumerate(synthetic[:3]):
        write(entry, tmp_path / "flat" / entry.id)
        write(entry, tmp_path / "cohorts" / f"site{n % 2}" / entry.id, labelled=n > 0)
    together = tmp_path / "together"
    together.mkdir()
    for path in (tmp_path / "flat").glob("*/*"):
        (together / path.name).write_bytes(path.read_bytes())
    rows = [f"{e.id},cohorts/site{n % 2}/{e.id}/{e.id}_flair.nii.gz," for n, e in enumerate(synthetic[:3])]
    (tmp_path / "table.csv").write_text("\n".join(["id,flair,label", *rows]))
    for name, contrasts, labels in (("flat", 4, 3), ("cohorts", 4, 2), ("together", 4, 3), ("table.csv", 1, 0)):
        found = find_given(tmp_path / name)
        assert [case.id for case in found.cases] == ["s0", "s1", "s2"]
        assert [len(case.contrasts) for case in found.cases] == [contrasts] * 3
        assert sum(case.label is not None for case in found.cases) == labels


def test_nothing_to_audit_is_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: no case was found .* Give a folder with one folder a case"):
        find_given(tmp_path / "empty")
    with pytest.raises(InputError, match="no such folder or table"):
        find_given(tmp_path / "nowhere")
    tables = {"of_no_row.csv": ("", "the table has no row"), "other.csv": ("a,b\n1,2\n", "no column named id")}
    for name, (text, why) in tables.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=why):
            find_given(tmp_path / name)
    (tmp_path / "t1.nii.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(InputError, match="a single image and no set"):
        find_given(tmp_path / "t1.nii.gz")


def refused(capsys, *words) -> str:
    assert main(["mixes", "audit", *map(str, words), "--no-outlines", "--draws", "10"]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("synthtrust: error:")]
    return line


def test_what_cannot_be_audited_is_told_in_one_sentence_before_anything_is_measured(on_disk, capsys):
    made, real, out = on_disk / "s", on_disk / "r", on_disk / "out"
    (on_disk / "empty").mkdir()
    assert "empty: no case was found" in refused(capsys, made, "--against", on_disk / "empty", "--out", out)
    assert "r: the synthetic set and --against are the same" in refused(capsys, real, "--against", real, "--out", out)
    both = (made, "--against", real, "--training", made, "--out", out)
    assert "s: the synthetic set and --training are the same" in refused(capsys, *both)
    both = (made, "--against", real, "--training", real, "--out", out)
    assert "r: --against and --training are the same" in refused(capsys, *both)
    write(heads(1, 5, "x")[0], on_disk / "few" / "x0")
    few = refused(capsys, made, "--against", on_disk / "few", "--out", out)
    assert "few: an audit needs at least 2 cases, and 1 can be used" in few
    assert not out.exists()


def test_an_audit_that_was_stopped_keeps_what_it_measured_and_says_so(on_disk, capsys, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("SynthTrustLib.mixes.audit.audit_given.audit_given", stopped)
    words = [str(on_disk / "s"), "--against", str(on_disk / "r"), "--out", str(on_disk / "out"), "--no-outlines"]
    assert main(["mixes", "audit", *words]) == 130
    assert "What was measured is kept: the same command goes on from there." in capsys.readouterr().err
    assert len(list((on_disk / "out" / "measured").iterdir())) == 12


def test_labels_of_another_size_are_named_and_the_others_audited(on_disk, kept):
    def cut(path):
        label = sitk.ReadImage(str(path))
        sitk.WriteImage(label[:-5, :-4, :-3], str(path))

    cut(on_disk / "s" / "s1" / "s1_seg.nii.gz")
    words = [str(on_disk / "s"), "--against", str(on_disk / "r"), "--out", str(on_disk / "out")]
    words += ["--work", str(kept / "work")]
    assert main(["mixes", "audit", *words, "--no-outlines", "--draws", "10"]) == 0
    card = decode(SetAudit, json.loads((on_disk / "out/audit.json").read_text("utf-8")))
    (told,) = (one for one in card.same_terms if "its label is of another size" in one.what)
    assert (told.synthetic, told.real) == (1, 0) and row(card, "one_kind").cases == ("s1",)
    assert row(card, "label_size").cases == ("s1",) and "label_size" in alarms(card)


def test_what_cannot_be_read_is_named_for_either_set_and_two_that_can_are_enough(on_disk, kept, capsys):
    def broken(*names):
        for name in names:
            (on_disk / name / f"{Path(name).name}_t2.nii.gz").write_bytes(b"")

    for n in range(3):
        (on_disk / "s" / f"no images {n}").mkdir()
    broken("s/s1", "s/s2", "r/r4")
    out = on_disk / "out"
    words = ["mixes", "audit", str(on_disk / "s"), "--against", str(on_disk / "r"), "--out", str(out), "--no-outlines"]
    assert main([*words, "--draws", "10", "--work", str(kept / "work")]) == 0
    said, page = capsys.readouterr().out, (out / "audit.html").read_text("utf-8")
    for name, given in (("s1", "s"), ("s2", "s"), ("no images 0", "s"), ("r4", "r")):
        assert f"could not be used: {name} of {given} (" in said and f"Could not be used: {name} of {given} (" in page
    broken("s/s0", "s/s3", "s/s5")
    assert "s: an audit needs at least 2 cases, and 1 can be used" in refused(
        capsys, *words[2:5], "--out", out, "--work", kept / "work"
    )


def test_large_numbers_of_a_page_have_no_exponent():
    assert [few_digits(one, 3) for one in (1540.3, 999.96, 0.02222, None)] == ["1540", "1000", "0.0222", "\N{EN DASH}"]


def test_none_of_a_few_is_not_surely_none(clean):
    found = row(clean, "copies_head")
    assert (found.value, found.low) == (0, 0) and found.high == pytest.approx(1 - 0.025 ** (1 / 20), rel=1e-4)


def test_cases_of_two_programs_in_one_folder_are_told_apart(on_disk, kept):
    for entry in heads(3, 4, "g"):
        folder = write(entry, on_disk / "s" / entry.id, scale=1.0, offset=-1.0, labelled=False)
        (folder / f"{entry.id}_t2.nii.gz").unlink()
    one, other = (
        measure_set(find_given(on_disk / name), kept / "work" / "measured", synthetic=name == "s")
        for name in ("s", "r")
    )
    card = audit_given(one, other, None, {}, "a command", draws=DRAWS)
    assert set(row(card, "one_kind").cases) == {"g0", "g1", "g2"} and "one_kind" in alarms(card)
    assert "missing" in row(card, "missing").text and "T2 in 3 of 9" in row(card, "missing").text


def test_an_odd_case_is_no_second_program_and_real_cases_may_be_of_several_kinds_too(synthetic):
    def without_t2(entry):
        image = entry.image.copy()
        image[2] = 0
        return changed(entry, image)

    odd = [*map(without_t2, synthetic[:2]), *synthetic[2:8]]
    uniform = audit(odd, measured(heads(8, 2, "r"), "real"))
    assert row(uniform, "one_kind").cases == ("s0", "s1") and "one_kind" not in alarms(uniform)
    mixed = [*map(without_t2, synthetic[:4]), *synthetic[4:8]]
    real = heads(8, 2, "r")
    both = audit(mixed, measured([*map(without_t2, real[:3]), *real[3:]], "real"))
    assert "one_kind" not in alarms(both) and "one_kind" in alarms(audit(mixed, measured(real, "real")))
    treated = measured(real, "real")
    first = replace(treated.cases[0], done=("the background's value was moved to 0",))
    assert "one_kind" in alarms(audit(mixed, replace(treated, cases=(first, *treated.cases[1:]))))


@pytest.mark.parametrize(("made", "true"), [(2, 6), (6, 3)])
def test_with_few_on_either_side_what_can_be_said_is_said(made, true):
    card = audit(heads(made, 3, "s"), measured(heads(true, 2, "r"), "real"))
    assert f"({true} real, {made} synthetic)" in row(card, "sets").text
    assert row(card, "copies_head").evidence is Evidence.MEASURED and not row(card, "copies_head").cases


class DrawnElsewhere:
    """Stands for a segmenter that draws the tumor where it is, whatever a label says."""

    def __init__(self, truth):
        self.truth = {entry.id: (entry.label & 1).astype(bool) for entry in truth}

    def whole_tumor(self, sample):
        return self.truth[sample.id]


def drawn(samples, draw):
    return replace(measured([]), cases=tuple(measure_sample(one, draw=draw) for one in samples))


def test_labels_that_a_segmenter_draws_elsewhere_are_found_named_and_shown(synthetic):
    real = heads(20, 2, "r")
    draw = DrawnElsewhere([*synthetic, *real])
    made = [changed(entry, entry.image, np.roll(entry.label, (0, 4, 5), (0, 1, 2))) for entry in synthetic]
    card = audit_given(drawn(made, draw), drawn(real, draw), None, {}, "a command", draws=DRAWS)
    assert {"labels_drawn", "labels_shifted"} <= alarms(card)
    assert row(card, "labels_shifted").value == pytest.approx(np.hypot(4, 5), abs=1)
    assert set(row(card, "labels_shifted").cases) == {entry.id for entry in made}
    right = audit_given(drawn(synthetic, draw), drawn(real, draw), None, {}, "a command", draws=DRAWS)
    assert not {"labels_drawn", "labels_shifted"} & alarms(right)
    assert row(right, "labels_drawn").value == 1


def test_a_moved_copy_that_the_volumes_end_cuts_is_found_without_a_label(synthetic, real, training):
    bare = [replace(entry, label=np.zeros_like(entry.label), known=(False,) * 3) for entry in synthetic[:10]]
    moved = ndimage.shift(training[2].image.astype(np.float32), (0, 2, -3, 3), order=0)
    bare.append(changed(replace(bare[0], id="moved"), moved, np.zeros_like(training[2].label)))
    card = audit(bare, real, training)
    assert row(card, "copies_head").cases == ("moved",)


def test_what_segmenters_learn_from_the_set_is_tried_with_equal_budgets(tmp_path, synthetic, monkeypatch):
    torch = pytest.importorskip("torch", reason="training needs PyTorch")
    pytest.importorskip("monai", reason="the network is MONAI's")
    from SynthTrustLib.mixes.audit import utility
    from SynthTrustLib.mixes.train import Schedule

    torch.set_num_threads(1)
    learned, train = {}, utility.train

    def watched(samples, schedule, checkpoint, *rest, **named):
        learned[checkpoint.name.split("-")[1].removesuffix(".pt") if "-" in checkpoint.name else "first"] = samples
        return train(samples, schedule, checkpoint, *rest, **named)

    monkeypatch.setattr(utility, "train", watched)
    monkeypatch.setattr(utility, "NETWORK", {**utility.NETWORK, "filters": [4, 4, 4]})
    made, true = ([padded(entry) for entry in entries] for entries in (synthetic[:5], heads(9, 2, "r")))
    sets = utility.TrySets(made, true[:4], true[4:])
    random = np.random.default_rng(0)
    told = []

    def tried():
        told.append([])
        schedule = Schedule(steps=2, pixels=8192)
        return utility.utility_rows(
            sets, tmp_path, random, 50, schedule=schedule, progress=lambda *a: told[-1].append(a)
        )

    rows = tried()
    assert told[0][0][0] == "trying the set: training 3 small segmenters takes about 1 min"
    next(tmp_path.glob("try-mix-*")).unlink()
    assert tried() and "training 1 small segmenter takes" in told[1][0][0]
    assert tried() and not told[2]  # all are there: nothing is trained, and nothing is said of it
    assert [len(learned[name]) for name in ("real", "mix", "synthetic")] == [4, 4, 4]
    assert sum(entry.id.startswith("s") for entry in learned["mix"]) == 2
    found = {one.name: one for one in rows}
    assert set(found) == {
        "try_real", "try_mix", "try_synthetic", "try_mix_difference", "try_synthetic_difference",
    }  # fmt: skip
    difference = found["try_synthetic"].value - found["try_real"].value
    assert found["try_synthetic_difference"].value == pytest.approx(difference, abs=0.01)
    assert "5 real test patients" in found["try_real"].text and found["try_real"].low is not None
    (why,) = utility.utility_rows(replace(sets, test=true[:1]), tmp_path, random, 50)
    assert why.evidence is Evidence.UNKNOWN and "1 labelled real test cases" in why.text


def padded(entry):
    """With sides that a network can halve."""
    image = np.pad(entry.image, ((0, 0), (0, 0), (0, 24), (0, 28)))
    return changed(entry, image, np.pad(entry.label, ((0, 0), (0, 24), (0, 28))))


def test_a_set_that_was_not_tried_says_so(clean):
    from SynthTrustLib.mixes.audit.not_tried import not_tried

    (told,) = not_tried()
    assert (
        told.evidence is Evidence.UNKNOWN
        and "--try" in told.text
        and told.section not in {r.section for r in clean.rows}
    )


def check_croissant(path):
    """As MLCommons' own reader understands it; the caller is skipped at the end where that is not installed."""
    assert json.loads(path.read_text("utf-8"))["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"
    mlcroissant = pytest.importorskip("mlcroissant", reason="MLCommons' reader of Croissant is not installed")
    metadata = mlcroissant.Dataset(jsonld=str(path)).metadata
    assert not metadata.ctx.issues.errors and metadata.ctx.is_v1_1()


def test_the_command_writes_the_card_and_a_second_call_measures_nothing(tmp_path, capsys, monkeypatch):
    for prefix, seed in (("s", 3), ("r", 2)):
        for entry in heads(5, seed, prefix):
            write(entry, tmp_path / prefix / entry.id)
    words = ["mixes", "audit", str(tmp_path / "s"), "--against", str(tmp_path / "r"), "--out", str(tmp_path / "card")]
    assert main([*words, "--draws", "20"]) == 0
    card = decode(SetAudit, json.loads((tmp_path / "card/audit.json").read_text("utf-8")))
    assert card.synthetic.cases == 5 and card.synthetic.labelled == 5
    assert any("robust deviation" in one.what and one.synthetic == 5 for one in card.same_terms)
    assert "classifier_auc" in capsys.readouterr().out
    page = (tmp_path / "card/audit.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") >= 10 and "robust deviation" in page and ">s0<" in page
    monkeypatch.setattr("SynthTrustLib.mixes.audit.case_measures.same_terms", None)
    assert main([*words, "--draws", "20"]) == 0
    check_croissant(tmp_path / "card/croissant.json")
