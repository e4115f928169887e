"""Seventeen hundred file names and series descriptions in twenty languages, with the right answers.

The first 300 were written by somebody who had not read the recognizer, in two halves. `seen` was used to build it;
`unseen` was looked at once, when it was done. The first result there: 143 of 150 right, 2 unknown, and 5 wrong and
sure: "AX T2 EG" (a gradient echo in French), "T1_to_MNI_nonlin_jac", "T1_to_FLAIR_affine.mat" (no image, and never
offered to the recognizer), "CT1_r2s_bet_reg" ("r2s" was taken for R2*) and "AX T1 c/c" (with contrast). These were
mended after that, so both halves are regression tests now. `third` are 200 more by another author, looked at once
after that: 185 right, 5 unknown, and 10 wrong, 8 of them sure: "AXT1-C", "T1_contarst", "t2_tirm_cor_fs",
"mDIXON-All_T1 BODY", "t1_gre_fsp_3d_sag+C", "Sag T2 C-SPINE", and two T1 called another kind of image: ADNI's
"B1_Correction" and OASIS' "anat_sub-OAS30001". Mended, and so a regression test, too. The authors disagree on one
kind: a T2 of the spine was T2 for the first ("SAG T2 T-SPINE") and is another image for the second, and for
SynthTrust; either is right there. `fourth` are 200 by a third author: at first sight 195 right, 1 unknown, 4 wrong and
sure. `fifth` are 300 by a fourth: 289 right, 5 unknown, 6 wrong, 2 of them sure, both a T2* whose star was written as a
word ("AX T2 ETOILE", "T2 Stern"). `sixth` are 300 by a fifth: 290 right, 4 unknown, 6 wrong, 3 of them sure:
"T2_reg2flair_brain", "T1_to_FLAIR1Warp", and "t2_haste_tra_kopf". Mending words did not make that rarer, so a
text is sure now only if each of its words is explained (`explained.py`); that was chosen on all of these and on the
first half of `seventh`, 320 by a sixth author, of which the 72 that others had, too, are left out. Its second half, 120
of them new, was looked at once after that: 155 of 160 right, 2 unknown, 3 wrong, none of them sure (.85 at most: "T1
tra p.c."). By the recognizer before, one was wrong and sure. All are regression tests since.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE, judge_attributes
from SynthTrustLib.case.dicom.frame import SeriesAttributes
from SynthTrustLib.case.recognize.read_name import NameKind, read_name
from SynthTrustLib.case.recognize.words import lexicon
from SynthTrustLib.case.recognize.words.lexicon import understand
from SynthTrustLib.case.recognize.words.reading import OPEN, contrasts_said, read_words
from SynthTrustLib.vocabulary import Contrast

NAMES = Path(__file__).parent / "names"
SURE = 0.9
RIGHT = 0.9
HALVES = {"seen": 150, "unseen": 150, "third": 200, "fourth": 200, "fifth": 300, "sixth": 300, "seventh": 248}


def of_file(name: str) -> tuple[str, float]:
    """What a file's name is taken for, and how surely."""
    reading = read_name(name)
    if reading.contrast is not None:
        return str(reading.contrast), reading.confidence
    return ("unknown", 0.0) if reading.kind in (NameKind.NOTHING, NameKind.SEVERAL) else ("other", 1.0)


def of_series(description: str) -> tuple[str, float]:
    """What a description alone says, and how surely: the timing, which caps what words are worth, is not asked."""
    words = read_words(understand(description))
    if words.other or words.mask:
        return "other", 1.0
    possible, confidence = contrasts_said(words)
    return (str(possible[0]), confidence) if possible and confidence else ("unknown", 0.0)


def answers(half: str) -> list[tuple[dict, str, float]]:
    entries = json.loads((NAMES / f"{half}.json").read_text(encoding="utf-8"))
    assert len(entries) == HALVES[half]
    return [(e, *(of_file if e["kind"] == "file" else of_series)(e["text"])) for e in entries]


@pytest.mark.parametrize("half", HALVES)
def test_no_name_is_wrong_and_sure_and_nine_of_ten_are_right(half):
    found = [(e, got, sure) for e, got, sure in answers(half) if got not in (e["answer"], *e.get("also", ()))]
    wrong = [f"{e['text']}: {got}, not {e['answer']}" for e, got, sure in found if got != "unknown" and sure >= SURE]
    assert not wrong, wrong
    assert len(found) <= (1 - RIGHT) * HALVES[half], [e["text"] for e, _, _ in found]
    # What is neither right nor unknown is shown as one to check.
    assert all(got == "unknown" or sure < LOW_CONFIDENCE for _, got, sure in found)


@pytest.mark.parametrize(
    ("name", "contrast"),
    [
        ("FLAIR_to_T1c.nii.gz", Contrast.FLAIR),
        ("T2_to_FLAIR.nii.gz", Contrast.T2),
        ("T1_reg_T2.nii.gz", Contrast.T1),
        ("rT1_to_T2.nii", Contrast.T1),
        ("FLAIR_in_T1_space.nii.gz", Contrast.FLAIR),
        ("FLAIR_T1space.nii.gz", Contrast.FLAIR),
        ("t2_space_flair_sag.nii.gz", Contrast.FLAIR),
        ("sub-01_space-T1w_FLAIR.nii.gz", Contrast.FLAIR),
        ("patient1_space-T1c_T2.nii.gz", Contrast.T2),
        ("T2_coreg_T1.nii.gz", Contrast.T2),
        ("T2_2_FLAIR.nii.gz", Contrast.T2),
        ("T1c2mni.nii.gz", Contrast.T1C),
        ("T1_to_T1c.nii.gz", Contrast.T1),
        ("T1c_to_T1.nii.gz", Contrast.T1C),
        ("flair_warped_to_t1gd.nii.gz", Contrast.FLAIR),
        ("FLAIR_to_DWI.nii.gz", Contrast.FLAIR),
        ("T2_to_FLAIR_to_MNI.nii.gz", Contrast.T2),
        ("FLAIR auf T1 registriert.nii", Contrast.FLAIR),
        ("FLAIR->T1.nii", Contrast.FLAIR),
        ("FLAIR_coregistered_to_postcontrast_T1.nii.gz", Contrast.FLAIR),
        ("FLAIR_T1c_space.nii.gz", Contrast.FLAIR),
        ("T1pre_reg_T1post.nii.gz", Contrast.T1),
        ("sub-05_ses-T2_T1w.nii.gz", Contrast.T1),
        ("sub-01_ce-none_T1w.nii.gz", Contrast.T1),
        ("t1_postprocessed.nii.gz", Contrast.T1),
    ],
)
def test_the_target_of_a_registration_is_not_the_contrast(name, contrast):
    reading = read_name(name)
    assert (reading.contrast, reading.confidence) == (contrast, 1.0)
    assert "in its name" in reading.reason


@pytest.mark.parametrize("name", ["ADC_to_T1.nii.gz", "rCBV_in_T1c.nii.gz", "PET_reg_T1.nii.gz", "T2_to_T1_0Warp.nii"])
def test_another_kind_of_image_stays_one_when_it_is_registered_to_a_contrast(name):
    assert read_name(name).kind is NameKind.OTHER


def test_what_an_image_was_brought_to_says_nothing_of_the_image():
    assert read_name("image_to_T1.nii.gz").kind is NameKind.NOTHING


OTHER_KINDS = [
    "T1sub_r2s_bet_reg",
    "T1_map", "T1map", "T1c_subtraction", "T1_sub", "T1_soustraction", "t1_sottrazione", "T1减影", "T1減算",
    "T1_вычитание", "T2_GRE", "T1c_MIP", "T1_biasfield", "T1_bias_field", "T1_1Warp", "c1T1", "mwp1T1",
    "T1_pve_0", "T1_gm_prob", "t1_vibe_dixon_F", "t1_dixon_opp", "t1_mp2rage_INV1", "t1_mp2rage_T1_Images",
    "FLAIR_pred", "T1_SynthSR",
    "ples_lga_0.3_rmFLAIR", "T1_FLAIR.pdf", "T2 axial.PNG", "FLAIR_mosaic", "t1c_thumbnail", "referto RM T1 T2",
]  # fmt: skip


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_other_kinds_of_images_under_a_contrasts_name_are_not_that_contrast(name):
    reading = read_name(f"{name}.nii.gz")
    assert reading.contrast is None and reading.kind is NameKind.OTHER
    assert judge_attributes(SeriesAttributes(text=name)).contrast is None


@pytest.mark.parametrize("name", ["T1_mprage_ph", "t1_3_imaginary", "sub-01_part-phase_T1w", "T1_CorticalThickness"])
def test_phases_and_measures_of_a_surface_are_no_contrast(name):
    assert read_name(f"{name}.nii.gz").kind is NameKind.OTHER


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        ("sub-01_acq-FLAIR_T2w", [Contrast.FLAIR, Contrast.T2]),
        ("sub-01_acq-flair_ce-gd_T1w", [Contrast.FLAIR, Contrast.T1C]),
        ("sub-01_acq-tse_T2w", [Contrast.T2]),
    ],
)
def test_an_acquisition_of_another_contrast_leaves_it_to_the_image(name, possible):
    reading = read_name(f"{name}.nii.gz")
    assert list(reading.possible) == possible and (reading.confidence < LOW_CONFIDENCE) is (len(possible) > 1)


def test_the_first_letters_of_a_deformation_count_in_names_of_files_only():
    assert read_name("y_T1.nii").kind is NameKind.OTHER
    assert of_series("T1 con y sin contraste")[1] < LOW_CONFIDENCE


@pytest.mark.parametrize("name", ["T1c_gtv", "patient3_GTVp", "t1c_CTV", "ptv_flair", "T1_OAR"])
def test_volumes_of_radiotherapy_are_masks_and_only_the_gross_tumor_is_an_outline_of_it(name):
    reading = read_name(f"{name}.nii.gz")
    assert reading.kind is (NameKind.MASK if "gtv" in name.lower() else NameKind.OTHER_MASK)


@pytest.mark.parametrize("name", ["tirm_tra", "TIRM sag 5mm", "tirm3d_ax"])
def test_an_inversion_without_a_weighting_may_be_of_fat_or_of_fluid(name):
    assert of_file(f"{name}.nii") == ("FLAIR", OPEN) and of_series(name) == ("FLAIR", OPEN)


@pytest.mark.parametrize(
    ("description", "contrast"),
    [
        ("T1 utan kontrast", "T1"),
        ("T1 kontraszt nélkül", "T1"),
        ("T1 kontraszt után", "T1c"),
        ("T1 bez kontrastu", "T1"),
        ("T1 kein KM", "T1"),
        ("T1 ingen kontrast", "T1"),
        ("T1 kontrast yok", "T1"),
        ("T1 před k.l.", "T1"),
        ("T1 AXIAL POSCONTRASTE", "T1c"),
        ("T1 s kontrastem", "T1c"),
        ("T1 s/ contraste", "T1"),
        ("T1 ilman tehostetta", "T1"),
        ("T1 IVKM sonrası", "T1c"),
        ("T1 до контраста", "T1"),
        ("Т1 с контрастом", "T1c"),
        ("T1 χωρίς σκιαγραφικό", "T1"),
        ("T1 ללא חומר ניגוד", "T1"),
        ("T1 بدون صبغة", "T1"),
        ("T1 بعد الصبغة", "T1c"),
        ("T1 có tiêm thuốc tương phản", "T1c"),
        ("T1 增强", "T1c"),
        ("T1 未增强", "T1"),
        ("造影なし T1", "T1"),
        ("조영증강 전 T1", "T1"),
        ("T1 Gd(-)", "T1"),
        ("T1 m. KM", "T1c"),
        ("T1 u/ kontrast", "T1"),
        ("t2_spc_da-fl_sag", "FLAIR"),
        ("sT2-TSE-T", "T2"),
    ],
)
def test_words_of_many_languages_and_scripts_are_read(description, contrast):
    assert of_series(description) == (contrast, 1.0)


@pytest.mark.parametrize("words", ["T1 zzyzx kontrast", "T1 kontrast zzyzx", "T1 quork gad", "T1 post zzyzx", "T1 KA"])
def test_an_unknown_word_beside_the_agents_leaves_it_to_the_header_or_the_image(words):
    opinion = judge_attributes(SeriesAttributes(text=words))
    assert opinion.confidence < LOW_CONFIDENCE
    assert set(opinion.possible) == {Contrast.T1, Contrast.T1C}
    for agent, contrast in ((True, Contrast.T1C), (False, Contrast.T1)):
        told = judge_attributes(SeriesAttributes(text=words, agent=agent))
        assert told.contrast is contrast and told.confidence >= LOW_CONFIDENCE
    reading = read_name(f"{words}.nii.gz")
    assert set(reading.possible) == {Contrast.T1, Contrast.T1C} and reading.confidence < LOW_CONFIDENCE


@pytest.mark.parametrize(
    ("name", "contrast"),
    [
        ("flari_ax", "FLAIR"), ("T2_fliar", "FLAIR"), ("mprgae_sag", "T1"),
        ("T1_contarst", "T1c"), ("T1_enhnaced", "T1c"),
        ("T1 AX POST CONTRA", "T1c"), ("T1_natvi", "T1"), ("T1 withuot contrast", "T1"), ("T1_subsraction", "T1"),
        ("t1c_locaizer", "T1c"), ("T1_segmetnation", "T1"), ("flair_maks", "FLAIR"), ("T2_lumabr", "T2"),
        ("T1_dekontrastiert", "T1c"),
    ],
)  # fmt: skip
def test_a_word_that_is_like_one_of_ours_leaves_it_to_the_image(name, contrast):
    reading = read_name(f"{name}.nii.gz")
    assert str(reading.contrast) == contrast and reading.confidence < LOW_CONFIDENCE


@pytest.mark.parametrize(
    "words",
    ["t2_space_datk-fluid_sag", "T1 KONTRASTpIZ", "T1 kontrastanyag nélkül", "T1_to_FLAIR_1InverseWrap", "AX T1 PuST"],
)
def test_phrases_endings_and_words_of_another_language_that_are_nearly_understood_leave_it_open(words):
    assert of_series(words)[1] < LOW_CONFIDENCE


def slip(word: str, draw: random.Random) -> str:
    """`word` with a letter left out, changed, or changed in place with the next."""
    at = draw.randrange(len(word) - 1)
    kind = draw.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + draw.choice("abcdeghiklmnoprstuvz") + word[at + 1 :]


def test_one_slip_in_a_name_is_rarely_wrong_and_sure():
    draw = random.Random(7)
    tried = wrong = 0
    for entry in (entry for half in HALVES for entry, _, _ in answers(half)):
        stem, dot, suffix = entry["text"].partition(".nii") if entry["kind"] == "file" else (entry["text"], "", "")
        for word in re.finditer(r"[a-zA-Z]{4,}", stem):
            text = stem[: word.start()] + slip(word[0], draw) + stem[word.end() :] + dot + suffix
            got, sure = (of_file if entry["kind"] == "file" else of_series)(text)
            tried += 1
            wrong += got not in ("unknown", entry["answer"], *entry.get("also", ())) and sure >= SURE
    assert tried > 500
    assert wrong <= 0.01 * tried


@pytest.fixture
def without_word(monkeypatch) -> Iterator[Callable[[str], None]]:
    """Takes a word out of the tables, as if nobody had thought of it."""
    every = lexicon._tables()
    cached = [value for value in vars(lexicon).values() if hasattr(value, "cache_clear") and value is not every]

    def clear() -> None:
        for function in cached:
            function.cache_clear()

    def leave_out(word: str) -> None:
        tables = tuple({known: senses for known, senses in table.items() if known != word} for table in every)
        monkeypatch.setattr(lexicon, "_tables", lambda: tables)
        clear()

    yield leave_out
    monkeypatch.undo()
    clear()


def test_a_word_that_nobody_thought_of_is_rarely_wrong_and_sure(without_word):
    holding = defaultdict(list)
    for entry in (entry for half in HALVES for entry, _, _ in answers(half)):
        for token in understand(entry["text"]):
            holding[token.text].append(entry)
    tried = wrong = 0
    for word in random.Random(7).sample(sorted(holding), 200):
        without_word(word)
        for entry in holding[word]:
            got, sure = (of_file if entry["kind"] == "file" else of_series)(entry["text"])
            tried += 1
            wrong += got not in ("unknown", entry["answer"], *entry.get("also", ())) and sure >= SURE
    assert tried > 500
    assert wrong <= 0.015 * tried, (wrong, tried)


def test_a_slip_in_a_word_that_every_file_has_is_a_name():
    assert read_name("Blair_T2.nii.gz").confidence < LOW_CONFIDENCE
    assert read_name("Blair_T2.nii.gz", {"blair"}).confidence == 1.0


@pytest.mark.parametrize(
    ("name", "contrast"),
    [
        ("ADNI_1_S_2_MR_MP-RAGE__GradWarp__B1_Correction__N3", "T1"),
        ("OAS30026_MR_d0129_anat_sub-OAS30026_ses-d0129_T2w", "T2"),
        ("T2_fieldmap_corrected", "T2"),
        ("T1_phase_corrected", "T1"),
        ("T1_FA_15", "T1"),
        ("T2_Green", "T2"),
        ("project_T1", "T1"),
        ("proband_T1", "T1"),
        ("T1_screening_visit", "T1"),
        ("T2_ASSET_ax", "T2"),
        ("Mraz_T1", "T1"),
        ("pdni_941_T2", "T2"),
        ("MD_Anderson_003_T1", "T1"),
        ("CT-0012_FLAIR", "FLAIR"),
        ("PET_017_T1c", "T1c"),
        ("Herz_Maria_T1", "T1"),
        ("Martin_Neck_T1", "T1"),
        ("Maria_Herz_FLAIR", "FLAIR"),
    ],
)
def test_a_word_that_is_likelier_a_name_does_not_drop_a_contrast(name, contrast):
    assert of_file(f"{name}.nii.gz")[0] == contrast


@pytest.mark.parametrize("name", ["post1", "set1", "dataset2", "rest1", "test2", "cohort1", "cat1", "count2"])
def test_a_number_behind_a_word_that_ends_in_t_is_no_weighting(name):
    assert read_name(f"{name}.nii.gz").contrast is None


@pytest.mark.parametrize("name", ["t1_sag+C", "BRAVO+C", "AX 3D FSPGR+GAD", "T1SAG+KM", "MPRAGE+Gd", "T1_TSE_cor+CE"])
def test_a_mark_of_the_agent_may_be_glued_to_anything(name):
    assert of_series(name) == ("T1c", 1.0)
    assert of_file(f"{name}.nii.gz") == ("T1c", 1.0)


@pytest.mark.parametrize("name", ["T1-C", "AXT1-C", "SAG T1-C", "3D BRAVO-C", "t1_mprage-C"])
def test_a_c_behind_a_dash_may_be_with_agent_or_without(name):
    assert set(read_name(f"{name}.nii").possible) == {Contrast.T1, Contrast.T1C}
    assert of_file(f"{name}.nii")[1] < LOW_CONFIDENCE and of_series(name)[1] < LOW_CONFIDENCE


@pytest.mark.parametrize(
    "name",
    [
        "Sag T2 C-SPINE", "T2 TSE sag HWS", "PD FS SAG KNEE", "T2 genou droit", "T1 épaule", "T2 COLUMNA LUMBAR",
        "T2 rachide", "T2 joelho", "T2 kolano", "T2 bederní", "T2 nyaki gerinc", "T2 boyun", "Т2 шейный отдел",
        "T2 膝关节", "T2 骨盤", "T2 요추", "T2 κοιλιάς", "T2 ברך", "T2 الركبة", "T1 vibe liver", "mDIXON-All_T1 BODY",
    ],
)  # fmt: skip
def test_another_part_of_the_body_is_another_kind_of_image(name):
    assert of_series(name)[0] == "other"
    assert read_name(f"{name}.nii.gz").kind is NameKind.OTHER
    assert judge_attributes(SeriesAttributes(text=name)).contrast is None


def test_another_part_of_the_body_beside_the_head_leaves_it_to_the_image():
    assert of_series("T2 BRAIN AND ORBITS") == ("T2", OPEN)
    assert of_series("T2 HEAD NECK COIL") == ("T2", 1.0)


def test_an_order_of_words_that_may_mean_either_is_open():
    assert set(read_name("T1-registered_FLAIR.nii.gz").possible) == {Contrast.T1, Contrast.FLAIR}
    assert read_name("T1-registered_FLAIR.nii.gz").confidence < LOW_CONFIDENCE


def test_known_words_beside_the_agent_leave_no_doubt():
    for name in ("brain_t1gd_reg_n4", "9-AX_T1_POST_GD-12345", "T1 gad sagittal hjärna", "pat 3 T1 KM iso"):
        assert of_file(f"{name}.nii.gz") == ("T1c", 1.0), name


@pytest.mark.parametrize("name", ["face", "since", "POST", "scan_4", "trace_elements", "sub-01"])
def test_other_words_are_not_cut_into_words_of_contrast(name):
    assert read_name(f"{name}.nii.gz").contrast is None


def test_long_and_odd_names_are_read_in_no_time():
    for name in ("t1" * 5000, "gd" * 20000, "postgd t1 " * 4000, "造影" * 20000, "t1_to_t2_" * 4000, "\ud800\0"):
        assert 0 <= read_name(name).confidence <= 1


@pytest.mark.parametrize("name", ["T2 Etwas", "FLAIR_quelquechose.nii.gz", "t1 post gd кое-что"])
def test_a_word_that_is_not_known_behind_the_contrasts_makes_it_less_sure(name):
    reading = read_name(name)
    assert reading.contrast is not None
    assert LOW_CONFIDENCE < reading.confidence < SURE


@pytest.mark.parametrize(
    "text",
    [
        "T1 AX AB", "xyzzy T1 sag", "T2 xeflairx", "FLAIR n4zzyzxfield", "T1_to_FLAIR_lin", "T2 z tra", "T1 о нём",
        "sub-01_zzyzx-1_T1w.nii.gz", "T1 COR C/XYZ",
    ],
)  # fmt: skip
def test_whatever_is_not_explained_makes_a_text_less_sure_wherever_it_stands(text):
    assert of_series(text)[1] < SURE
    assert read_name(text if text.endswith(".gz") else f"{text}.nii").confidence < SURE


def test_a_number_alone_is_explained():
    assert of_series("T1 tra 2") == ("T1", 1.0) and of_file("T1c_2.nii.gz") == ("T1c", 1.0)


def test_a_number_makes_what_stands_before_the_contrast_a_name_in_files_only():
    assert of_file("zzyzx-0042_T1.nii.gz") == ("T1", 1.0)
    assert of_series("zzyzx 0042 T1")[1] < SURE


@pytest.mark.parametrize("text", ["T2 (not FLAIR) axial", "T2 no FLAIR", "T2 ohne FLAIR tra"])
def test_a_contrast_that_is_denied_is_none(text):
    assert of_series(text) == ("T2", OPEN) and of_file(f"{text}.nii") == ("T2", OPEN)


def test_a_bias_field_glued_to_its_tool_is_no_contrast():
    for name in ("T1_N4BiasField", "FLAIR_N4biasfield"):
        assert of_file(f"{name}.nii.gz")[0] == "other"
    assert of_file("T1_N4BiasFieldCorrected.nii.gz")[0] == "T1"


def test_a_single_shot_t2_is_taken_where_there_is_no_better_one_and_shown_as_one_to_check():
    assert of_series("t2_haste_tra") == ("T2", OPEN)
    measured = judge_attributes(SeriesAttributes(text="t2_haste_tra", echo_time=90.0, repetition_time=1900.0))
    assert measured.contrast is Contrast.T2 and measured.confidence < LOW_CONFIDENCE
    assert of_series("haste cor")[0] == "other" and of_series("T1 HASTE")[0] == "other"


def test_names_of_patients_and_collections_stand_before_the_contrasts_and_change_nothing():
    assert read_name("UCSF-PDGM-0004_T1.nii.gz").confidence == 1.0
    assert read_name("T1_Sitename.nii.gz", shared=["sitename"]).confidence == 1.0
