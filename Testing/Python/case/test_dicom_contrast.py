"""A series' contrast from its timing and its words, as makers and radiologists of several countries write them."""

from __future__ import annotations

import pytest

from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE, judge_attributes
from SynthTrustLib.case.dicom.frame import SeriesAttributes

SE, IR, GR, SE_IR, EP = (frozenset(kinds.split()) for kinds in ("SE", "IR", "GR", "SE IR", "EP"))


def judged(text="", kinds=frozenset(), tr=None, te=None, ti=None, **more):
    return judge_attributes(
        SeriesAttributes(
            text=text, scanning_sequence=kinds, repetition_time=tr, echo_time=te, inversion_time=ti, **more
        )
    )


@pytest.mark.parametrize(
    ("text", "kinds", "tr", "te", "ti", "contrast"),
    [
        # Siemens
        ("t1_mpr_sag_p2_iso", GR | IR, 1900, 2.5, 900, "T1"),
        ("t1_mprage_tra_KM", GR | IR, 1900, 2.5, 900, "T1c"),
        ("t1_se_tra ohne KM", SE, 500, 9, None, "T1"),
        ("T1 TSE tra nach KM", SE, 600, 9, None, "T1c"),
        ("t2_tirm_tra_dark-fluid", SE_IR, 9000, 93, 2500, "FLAIR"),
        ("t2_spc_da-fl_sag_p2_iso FLAIR", SE_IR, 5000, 388, 1800, "FLAIR"),
        ("t2_tse_tra_512", SE, 5200, 98, None, "T2"),
        # GE
        ("Ax T1 FLAIR", SE_IR, 2400, 11, 860, "T1"),
        ("AX T2 FLAIR PROPELLER", SE_IR, 9002, 140, 2250, "FLAIR"),
        ("Ax T1 POST", SE, 500, 12, None, "T1c"),
        ("+C Ax FSPGR 3D", GR, 8.2, 3.2, 450, "T1c"),
        ("Sag BRAVO", GR, 8.2, 3.2, 450, "T1"),
        ("Ax T2 FRFSE", SE, 4000, 102, None, "T2"),
        ("Sag CUBE T2 FLAIR", SE_IR, 6000, 120, 1700, "FLAIR"),
        # Philips
        ("sT1W_3D_TFE SENSE", GR, 8.1, 3.7, None, "T1"),
        ("T1W_SE_GADO", SE, 550, 10, None, "T1c"),
        ("sT2W/FLAIR SENSE", IR, 9000, 100, 2500, "FLAIR"),
        ("T2W_TSE CLEAR", SE, 4400, 100, None, "T2"),
        # French, Italian, Spanish, Portuguese, Dutch
        ("AX T1 après injection", SE, 500, 10, None, "T1c"),
        ("AX T1 SANS INJECTION", SE, 500, 10, None, "T1"),
        ("T1 3D dopo mdc", GR, 8, 3, None, "T1c"),
        ("T1 SE senza mdc", SE, 500, 10, None, "T1"),
        ("AX T1 con contraste", SE, 500, 10, None, "T1c"),
        ("AX T1 sin contraste", SE, 500, 10, None, "T1"),
        ("AX T1 pós contraste", SE, 500, 10, None, "T1c"),
        ("T1 TSE na gado", SE, 500, 10, None, "T1c"),
        ("T1 TSE zonder contrast", SE, 500, 10, None, "T1"),
    ],
)
def test_words_and_timing_agree_on_the_contrast(text, kinds, tr, te, ti, contrast):
    opinion = judged(text, kinds, tr, te, ti)
    assert str(opinion.contrast) == contrast
    assert opinion.confidence > 0.85
    assert "in its description" in opinion.reason and "TR " in opinion.reason


@pytest.mark.parametrize(
    ("kinds", "tr", "te", "ti", "agent", "contrast"),
    [
        (SE, 500, 10, None, True, "T1c"),
        (SE, 500, 10, None, False, "T1"),
        (SE, 5000, 95, None, True, "T2"),
        (SE_IR, 9000, 120, 2500, None, "FLAIR"),
        (GR | IR, 2300, 2.9, 900, False, "T1"),
    ],
)
def test_timing_alone_tells_the_contrast_less_surely(kinds, tr, te, ti, agent, contrast):
    opinion = judged("", kinds, tr, te, ti, agent=agent)
    assert str(opinion.contrast) == contrast
    assert LOW_CONFIDENCE < opinion.confidence < 0.9


def test_words_alone_tell_the_contrast_less_surely():
    opinion = judged("AX FLAIR")
    assert str(opinion.contrast) == "FLAIR" and LOW_CONFIDENCE < opinion.confidence < 0.9


def test_words_and_timing_that_contradict_each_other_leave_little_confidence():
    opinion = judged("AX FLAIR", SE, 500, 10)
    assert str(opinion.contrast) == "FLAIR" and opinion.confidence < LOW_CONFIDENCE
    assert "as T1 has" in opinion.reason


def test_a_header_that_names_an_agent_against_the_words_is_less_sure():
    sure = judged("T1 pre", SE, 500, 10)
    torn = judged("T1 pre", SE, 500, 10, agent=True)
    assert str(torn.contrast) == "T1" and torn.confidence < sure.confidence


T1C_SURE = """
    AX T1 POST W/O FS | AX T1 NON FATSAT POST GAD | T1 SE tra KM ohne FS | AX T1 POST FS | AX T1 FS GD NO FAT SAT
    AX T1+C | AX T1W+C | AX T1+GD | t1+km tra | AX T1 +C FS | AX T1 C+ | T1C+ | T1 KM+ | T1 GADO SANS FAT SAT
    AX T1 W/ CONTRAST | t1_mprage mit KM ohne FS | t1 se tra nach KM | AX T1 PRE OP GAD | T1 con contraste
    AX T1 POST / BRAIN W WO CONTRAST
"""
T1_SURE = """
    AX T1 PRE | AX T1 PRE FS | AX T1 PRE GAD | t1 vor KM | t1_se_tra ohne KM | t1 tra nach OP ohne KM | t1 tra nativ
    AX T1 W/O | AX T1 WO CONTRAST FS | AX T1 FS W/O | AX T1 NON-CONTRAST | AX T1 NON CON | AX T1 UNENHANCED
    AX T1 NON-CONTRAST ENHANCED | AX T1 -C | AX T1 C- | T1C- | T1 KM- | T1 senza mezzo di contrasto
    T1 SANS INJECTION DE GADO | AX T1 without i.v. contrast
"""
UNSURE = """
    AX T1 W/ AND W/O CONTRAST | AX T1 W/WO | t1 mit und ohne KM | AX T1 PRE AND POST GAD | t1 vor und nach KM
    AX T1 KM ohne | AX T1 POST W/O | t1 nativ KM | AX T1 POST NO ANGLE
"""
NOTHING_SAID = "AX T1 | AX T1 W/O FS | t1 ohne FS | AX T1 NON-FATSAT | AX T1 POST OP | AX T1 POSTERIOR FOSSA"


def listed(texts: str) -> list[str]:
    return [text.strip() for line in texts.strip().splitlines() for text in line.split(" | ")]


@pytest.mark.parametrize(
    ("text", "contrast", "low", "high"),
    [
        *((text, "T1c", 0.98, 0.98) for text in listed(T1C_SURE)),
        *((text, "T1", 0.98, 0.98) for text in listed(T1_SURE)),
        *((text, None, 0.0, LOW_CONFIDENCE - 0.01) for text in listed(UNSURE)),
        *((text, "T1", 0.88, 0.89) for text in listed(NOTHING_SAID)),
    ],
)
def test_a_negation_counts_where_it_is_of_the_agent_and_a_contradiction_is_unsure(text, contrast, low, high):
    opinion = judged(text, SE, 550, 10)
    assert low <= opinion.confidence <= high
    assert contrast in (None, str(opinion.contrast))


@pytest.mark.parametrize(("text", "agent"), [("AX T1 POST", False), ("AX T1 PRE", True), ("T1 KM ohne", True)])
def test_words_and_header_that_contradict_each_other_about_the_agent_are_unsure(text, agent):
    opinion = judged(text, SE, 550, 10, agent=agent)
    assert opinion.confidence < LOW_CONFIDENCE
    assert "against" in opinion.reason


@pytest.mark.parametrize(("agent", "contrast"), [(True, "T1c"), (False, "T1")])
def test_the_header_decides_where_the_words_name_the_whole_examination(agent, contrast):
    opinion = judged("AX T1 / MRI BRAIN W/WO CONTRAST", SE, 550, 10, agent=agent)
    assert str(opinion.contrast) == contrast and opinion.confidence == 0.98


def test_a_plus_sign_does_not_hide_the_weighting():
    assert str(judged("AX T1+C FLAIR", SE_IR, 2400, 11, 800).contrast) == "T1c"
    assert str(judged("AX T1+C").contrast) == "T1c"


@pytest.mark.parametrize(
    ("text", "kinds", "tr", "te", "ti", "more", "why"),
    [
        ("ep2d_diff_3scan_trace", EP, 5000, 90, None, {}, "echo-planar"),
        ("Ax DWI", SE, 5000, 90, None, {}, "'dwi'"),
        ("DTI", SE, 5000, 90, None, {"diffusion": True}, "diffusion"),
        ("t2_fl2d_tra_hemo", GR, 800, 25, None, {}, "'hemo'"),
        ("T2* GRE", GR, 800, 25, None, {}, "'t2star'"),
        ("tra", GR, 800, 25, None, {}, "T2*"),
        ("STIR cor", SE_IR, 4000, 60, 150, {}, "'stir'"),
        ("tirm cor", SE_IR, 4000, 60, 150, {}, "STIR"),
        ("PD tra", SE, 3000, 15, None, {}, "'pd'"),
        ("tra", SE, 3000, 15, None, {}, "proton density"),
        ("SWI", GR, 28, 20, None, {}, "'swi'"),
        ("FLAIR_ROI", IR, 9000, 100, 2500, {}, "'roi'"),
        ("t1 mip", GR, 20, 3, None, {"image_type": ("DERIVED", "PRIMARY", "PROJECTION IMAGE")}, "PROJECTION"),
        ("T1 map", GR, 8, 3, None, {}, "'map'"),
        ("tra", frozenset(), None, None, None, {}, "neither"),
        ("t1 t2", frozenset(), None, None, None, {}, "neither"),
    ],
)
def test_other_kinds_of_images_are_no_contrast_and_say_why(text, kinds, tr, te, ti, more, why):
    opinion = judged(text, kinds, tr, te, ti, **more)
    assert opinion.contrast is None and opinion.confidence == 0
    assert why in opinion.reason


@pytest.mark.parametrize(
    ("text", "kinds", "tr", "te", "ti", "contrast"),
    [
        ("t2_spc_da-fl_sag_p2_iso", SE_IR, 5000, 388, 1800, "FLAIR"),
        ("t2_spc_da-fl_sag_p2_iso", SE, 5000, 388, 1800, "FLAIR"),
        ("T2 TSE tra", SE, 9000, 120, 2500, "FLAIR"),
        ("t1 tra", SE_IR, 8000, 90, 2370, "FLAIR"),
        ("t1_mp2rage_sag UNI", GR | IR, 5000, 2.98, 2500, "T1"),
        ("t1_mprage_sag", GR | IR, 2300, 2.98, 900, "T1"),
        ("T1 FLAIR", SE_IR, 2500, 12, 1100, "T1"),
        ("t2_tirm_cor", SE_IR, 5000, 60, 180, "None"),
        ("T2 STIR", SE_IR, 5000, 15, 150, "None"),
    ],
)
def test_an_inversion_time_that_only_flair_has_counts_more_than_words(text, kinds, tr, te, ti, contrast):
    opinion = judged(text, kinds, tr, te, ti)
    assert str(opinion.contrast) == contrast
    if contrast == "FLAIR":
        assert opinion.confidence >= 0.9 and "as only FLAIR has" in opinion.reason


def test_of_a_dual_echo_series_only_the_late_echo_is_t2():
    assert judged("PD T2 TSE", SE, 3000, 15).contrast is None
    assert str(judged("PD T2 TSE", SE, 3000, 95).contrast) == "T2"


def test_the_reason_repeats_no_words_but_known_ones():
    opinion = judged("T2 Zebedee Quirkwood", SE, 4000, 100)
    assert "t2" in opinion.reason and "zebedee" not in opinion.reason.lower()
