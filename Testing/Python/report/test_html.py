"""The report says everything that the scorecard says, escapes all of it, and asks the network for nothing."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import builders
import pytest

import SynthTrustLib.report
from SynthTrustLib.report.html import css_string, render_html
from SynthTrustLib.report.wording import (
    CANNOT_TELL,
    INTENDED_USE,
    OVERRIDE,
    format_interval,
    format_number,
    format_value,
)
from SynthTrustLib.segmenters.package.card import TrainingMix
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import Evidence, Region, Status

VOID = {"meta", "img", "br", "link", "hr", "input"}
HOSTILE = "</style></title><script>alert('x')</script><img src=x onerror=y>\" }"
PNG = b"\x89PNG\r\n\x1a\n not really"


class Document(HTMLParser):
    """Parses a report: elements with their attributes and text; fails on a tag that is not closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.elements: list[tuple[str, dict[str, str], str]] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        if tag in VOID:
            self.elements.append((tag, dict(attributes), ""))
        else:
            self.open.append((tag, dict(attributes), []))

    def handle_endtag(self, tag):
        opened, attributes, text = self.open.pop()
        assert opened == tag, f"<{opened}> closed by </{tag}>"
        self.elements.append((tag, attributes, "".join(text)))

    def handle_data(self, data):
        for _, _, text in self.open:
            text.append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str], str]]:
        return [(attributes, text) for name, attributes, text in self.elements if name == tag]

    @property
    def text(self) -> str:
        return self.all("body")[0][1]


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def test_every_row_is_there_with_label_value_evidence_and_reason(make_scorecard):
    scorecard = make_scorecard()
    document = Document(render_html(scorecard, {}))
    by_key = {a["data-key"]: words(text) for tag, a, text in document.elements if "data-key" in a}
    assert set(by_key) == {row.key for row in scorecard.rows}
    whole = words(document.text)
    for row in scorecard.rows:
        shown = by_key[row.key]
        if row.segmenter is None:
            assert row.label in shown
            assert row.reason in shown
        else:
            assert row.label.split(",")[0] in whole
            assert row.reason in whole
        assert row.evidence in shown
        if row.section is not Section.STATUS:
            assert words(format_value(row)) in shown
            assert words(format_interval(row)) in shown
        if row.status is not Status.INFORMATION:
            assert row.status in shown


def test_unknown_rows_are_marked_unknown_and_no_known_row_is(make_scorecard):
    scorecard = make_scorecard()
    unknown = {row.key for row in scorecard.rows if row.evidence is Evidence.UNKNOWN}
    document = Document(render_html(scorecard, {}))
    marked = {a["data-key"] for _, a, _ in document.elements if "data-key" in a and "unknown" in a["class"].split()}
    assert marked == unknown
    for _, attributes, text in document.elements:
        if attributes.get("data-key") in unknown:
            assert "unknown" in text


def test_what_each_segmenter_has_of_its_own_is_one_line_in_the_order_of_the_segmenters(make_scorecard):
    scorecard = make_scorecard()
    document = Document(render_html(scorecard, {}))
    keys = [a["data-key"] for a, _ in document.all("td") if a.get("data-key", "").startswith("volume.TC")]
    assert keys == [f"volume.TC.{card.id}" for card in scorecard.segmenters]
    headings = [text for _, text in document.all("th")]
    assert headings.count("size of TC") == 1
    assert [f"{n} {card.name}" in headings for n, card in enumerate(scorecard.segmenters, start=1)] == [True] * 3


def test_rows_that_a_segmenters_own_card_says_are_not_said_twice(make_scorecard, make_row):
    card = make_scorecard().segmenters[0]
    rows = tuple(
        make_row(key, Section.SEGMENTERS, segmenter=card.id)
        for key in (f"training_mix.{card.id}", f"held_out_dice.{card.id}")
    )
    text = Document(render_html(make_scorecard(rows=rows), {})).text
    assert "label of training_mix" not in text
    assert "100 real (100 %, blue) + 0 synthetic cases (0 %, orange)" in words(text)


def test_an_unknown_region_has_no_other_status_class(make_scorecard, make_row):
    unknown = make_row("status.WT", Section.STATUS, None, region=Region.WT)
    document = Document(render_html(make_scorecard(rows=(unknown,)), {}))
    (card,) = [a for _, a, _ in document.elements if a.get("data-key") == "status.WT"]
    assert set(card["class"].split()) == {"region", "unknown"}


def test_hostile_text_anywhere_stays_text(make_scorecard, make_row):
    card = builders.card(HOSTILE, licence=HOSTILE, summary=HOSTILE, not_for=(HOSTILE,), hashes={HOSTILE: HOSTILE})
    scorecard = make_scorecard(
        case_label=HOSTILE,
        segmenters=(card,),
        pairwise_dice={},
        skipped={HOSTILE: HOSTILE},
        provenance={HOSTILE: {HOSTILE: [HOSTILE, {"x": HOSTILE}]}},
        rows=(make_row(HOSTILE, Section.SIZE, HOSTILE, label=HOSTILE, reason=HOSTILE, interval_meaning=HOSTILE),),
    )
    html = render_html(scorecard, {})
    document = Document(html)
    assert not document.all("script")
    assert not document.all("img")
    assert "<script" not in html.lower()
    assert len(document.all("style")) == 1
    assert HOSTILE in document.text
    assert not any(name.startswith("on") for _, attributes, _ in document.elements for name in attributes)


def test_a_label_cannot_end_its_css_string():
    escaped = css_string('Bed 4"; } </style> \\ é\n')
    assert re.fullmatch(r"([A-Za-z0-9]|\\[0-9a-f]{6})*", escaped)
    assert re.sub(r"\\([0-9a-f]{6})", lambda m: chr(int(m[1], 16)), escaped) == 'Bed 4"; } </style> \\ é\n'


def test_the_report_refers_to_nothing_outside_itself(make_scorecard):
    scorecard = make_scorecard(provenance={"paper": "https://example.org/paper"})
    html = render_html(scorecard, {"overview": PNG})
    document = Document(html)
    for tag, attributes, _ in document.elements:
        assert tag not in ("a", "link", "iframe", "object", "script")
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert attributes.get(name, "data:").startswith("data:")
    (style,) = document.all("style")
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert [text for _, text in document.all("td") if "https://" in text] != []


def test_pictures_are_embedded_byte_for_byte_with_a_description(make_scorecard):
    document = Document(render_html(make_scorecard(), {"overview": PNG, "disagreement": PNG + b"2"}))
    images = [attributes for attributes, _ in document.all("img")]
    assert [base64.b64decode(image["src"].split(",")[1]) for image in images] == [PNG, PNG + b"2"]
    assert all(len(image["alt"]) > 40 for image in images)


def test_the_same_scorecard_gives_the_same_bytes(make_scorecard):
    assert render_html(make_scorecard(), {"overview": PNG}) == render_html(make_scorecard(), {"overview": PNG})


def test_the_label_is_on_the_first_screen_in_the_title_and_on_every_printed_page(make_scorecard):
    document = Document(render_html(make_scorecard(case_label="Bed 4"), {}))
    assert document.text.index("Bed 4") < document.text.index("reason of status.WT")
    assert "Bed 4" in document.all("title")[0][1]
    ((_, head),) = [(a, text) for a, text in document.all("thead") if a.get("role") == "presentation"]
    assert "Bed 4" in head
    (style,) = document.all("style")
    assert f'content: "{css_string("Bed 4")}"' in style[1]
    assert "counter(page)" in style[1]


@pytest.mark.parametrize("value", ["concern", "accepted concern", "warning"])
def test_a_concern_stands_at_the_top_of_the_report_and_nothing_less_does(make_scorecard, make_row, value):
    row = make_row("patient.missing.T2", Section.PATIENT, value, label="Missing T2", reason="<b>It was found.")
    html = render_html(make_scorecard(rows=(row,)), {})
    banner = f'<div class="concern"><b>{value.capitalize()}: Missing T2.</b> &lt;b&gt;It was found.</div>'
    assert (banner in html.split("<main>")[0]) is (value != "warning")


@pytest.mark.parametrize("told", [True, False])
def test_a_missing_contrast_is_said_at_the_top_and_only_once(make_scorecard, make_row, told):
    rows = [
        make_row("patient.contrast.T1c", Section.PATIENT, "missing", label="Contrast T1c", reason="Not given."),
        make_row("patient.contrast.T2", Section.PATIENT, "used", label="Contrast T2"),
    ]
    if told:
        rows.append(make_row("patient.missing.T1c", Section.PATIENT, "concern", label="Missing T1c", reason="Found."))
    header = re.search(r"<header>.*?</header>", render_html(make_scorecard(rows=tuple(rows)), {}), re.DOTALL)[0]
    top = words(Document(f"<body>{header}</body>").text)
    assert ("Contrast T1c: missing. Not given." in top) is not told and top.count("T1c") == 1 and "T2" not in top


@pytest.mark.parametrize("synthetic", [True, False])
def test_a_synthetic_patient_is_called_so_and_a_real_one_is_not(make_scorecard, synthetic):
    document = Document(render_html(make_scorecard(is_synthetic_patient=synthetic), {}))
    assert ("SYNTHETIC PATIENT" in document.text) is synthetic
    assert ("synthetic patient" in document.all("title")[0][1]) is synthetic


def test_the_limits_are_said_and_nothing_is_called_safe(make_scorecard):
    text = words(Document(render_html(make_scorecard(), {})).text)
    for sentence in ("For research use only", INTENDED_USE, OVERRIDE, *CANNOT_TELL):
        assert sentence in text
    assert not re.search(r"\bsafe\b|\boverall score:|\btrust score\b", text, re.IGNORECASE)


def test_a_missing_mix_influence_map_is_unknown_for_the_reason_of_the_scorecard(make_scorecard, make_row):
    reason = "Only two synthetic fractions ran."
    row = make_row("mix_influence.WT", Section.MIX, None, reason=reason)
    document = Document(render_html(make_scorecard(rows=(row,)), {}))
    notes = [text for a, text in document.all("div") if "unknown-note" in a.get("class", "")]
    assert any("Mix influence map: unknown." in note and reason in note for note in notes)


def test_without_known_voxel_size_spots_are_given_as_voxels(make_scorecard):
    spot = replace(make_scorecard().review_spots[0], volume_ml=None)
    text = words(Document(render_html(make_scorecard(review_spots=(spot,)), {})).text)
    assert "Voxel i, j, k (mm unknown)" in text
    assert "12, 9, 4" in text
    assert "120 voxels" in text
    assert "4.2" not in text


def test_review_spots_give_rank_region_position_and_reason(make_scorecard):
    text = words(Document(render_html(make_scorecard(), {})).text)
    assert "\u221212.5, 30.0, 4.2" in text
    assert "1.2 mL" in text
    assert "only one, “mix-0”, draws it" in text


SENTENCE = re.compile(r"[^.!?:]+(?:[.:](?=\S)[^.!?:]*)*")
MOST_WORDS, LONGEST_SENTENCE = 900, 25


def before_the_fold(html: str) -> tuple[str, list[str]]:
    """What is read without unfolding anything: all of it, and its sentences."""
    front = re.search(r"<header>.*(?=<div class=\"appendix\">)", html, re.DOTALL)[0]
    broken = re.sub(r"</?(p|div|h\d|td|th|tr|dt|dd|caption|span|figcaption|b|table|section)\b[^>]*>", " . ", front)
    text = words(Document(f"<body>{re.sub('<[^>]*>', ' ', broken)}</body>").text)
    return text, [sentence for sentence in SENTENCE.findall(text) if sentence.strip()]


def test_on_a_narrow_screen_each_cell_of_a_review_spot_names_its_column(make_scorecard):
    html = render_html(make_scorecard(), {})
    (table,) = re.findall(r"<table class=\"rows\">\s*<caption>Review spots.*?</table>", html, re.DOTALL)
    headings = re.findall(r"<th scope=\"col\">(.*?)</th>", table)
    assert re.findall(r"data-label=\"(.*?)\"", table) == headings[:-1] != []


@pytest.mark.parametrize("spots", [0, 1, 12])
def test_before_the_fold_there_are_at_most_900_words_in_short_sentences(make_scorecard, spots):
    (spot,) = make_scorecard().review_spots
    many = tuple(replace(spot, rank=n + 1, reason=f"spot {n + 1}: {spot.reason}") for n in range(spots))
    html = render_html(make_scorecard(review_spots=many), {"overview": PNG, "spots": PNG, "regions": PNG})
    text, sentences = before_the_fold(html)
    assert 100 < len(re.findall(r"\w+", text)) <= MOST_WORDS
    assert max(len(re.findall(r"\w+", sentence)) for sentence in sentences) <= LONGEST_SENTENCE
    assert [f"spot {n + 1}:" in text for n in range(spots)] == [n < 6 for n in range(spots)]
    assert all(f"spot {n + 1}:" in html for n in range(spots)), "the others are folded away, not left out"


def test_a_track_record_of_two_statements_is_two_sentences_on_the_first_page(make_scorecard, make_row):
    held = (
        "16 of 16 test patients marked agree had a Dice of 0.8 or more (95 % binomial 79 % to 100 %); 1 of 2 marked do "
        "not rely had less than 0.7."
    )
    row = make_row("status.WT", Section.STATUS, "agree", region=Region.WT, status=Status.AGREE, track_record=held)
    _, sentences = before_the_fold(render_html(make_scorecard(rows=(row,)), {}))
    assert max(len(re.findall(r"\w+", sentence)) for sentence in sentences) <= LONGEST_SENTENCE


def test_a_long_sentence_before_the_fold_would_be_noticed(make_scorecard, make_row):
    row = make_row("status.WT", Section.STATUS, "check", region=Region.WT, status=Status.CHECK, reason="so " * 26 + ".")
    _, sentences = before_the_fold(render_html(make_scorecard(rows=(row,)), {}))
    assert max(len(sentence.split()) for sentence in sentences) == 26


def test_what_folds_away_is_closed_on_screen_and_all_there_in_print(make_scorecard):
    html = render_html(make_scorecard(), {})
    folds = re.findall(r"<details([^>]*)><summary>.*?</summary></details>\s*<div class=\"folded\">", html)
    assert len(folds) == html.count("<details") == html.count('class="folded"') > 6
    assert not any("open" in attributes for attributes in folds)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    hidden = re.findall(r"@media (\w+) \{ details[^{]*\.folded \{ display: none; \}", style)
    assert hidden == ["screen"] and style.count(".folded {") == 1


def test_each_region_has_its_volume_dice_and_track_record_on_the_first_page(make_scorecard, make_row):
    interval = {"interval": (0.5, 0.9), "interval_meaning": "80 % interval, n = 5", "region": Region.WT}
    rows = (
        make_row("status.WT", Section.STATUS, "check", region=Region.WT, status=Status.CHECK, track_record="3 of 4."),
        make_row("predicted_dice.WT", Section.PREDICTION, 0.7, withdrawn="Too unlike.", **interval),
        make_row("volume.WT.pooled", Section.SIZE, 20.0, unit="mL", region=Region.WT),
        make_row("predicted_volume.WT", Section.PREDICTION, 21.0, **(interval | {"interval": (17.0, 26.0)}), unit="mL"),
    )
    text, _ = before_the_fold(render_html(make_scorecard(rows=rows), {}))
    for said in ("3 of 4", "withdrawn", "Too unlike", "21.0 mL", "17.0 to 26.0 mL (80 % interval, n = 5)"):
        assert said in text
    assert "20.0 mL" not in text
    assert "0.70" not in text and "0.50" not in text, "what must not be used is no number on the first page"
    gone = replace(rows[3], withdrawn="Too unlike.")
    text, _ = before_the_fold(html := render_html(make_scorecard(rows=(*rows[:3], gone)), {}))
    assert "20.0 mL" in text and "<s>" not in html.split('class="appendix"')[0], "the drawn volume was measured"
    text, _ = before_the_fold(render_html(make_scorecard(rows=(*rows[:3],)), {}))
    assert "20.0 mL" in text, "without an interval the volume that is drawn"
    wide = make_row(
        "predicted_volume.WT", Section.PREDICTION, 21.0, **(interval | {"interval": (10.0, 30.0)}), unit="mL"
    )
    html = render_html(make_scorecard(rows=(*rows[:3], wide)), {})
    text, _ = before_the_fold(html)
    assert "20.0 mL" in text and "too wide to help" in text and "10.0 to 30.0" not in text
    assert "10.0 to 30.0 mL" in words(Document(html).text)
    speck = make_row("found.WT", Section.SIZE, False, region=Region.WT)
    text, _ = before_the_fold(render_html(make_scorecard(rows=(*rows[:3], speck)), {}))
    assert "20.0 mL" in text and "to count as found" in text, "no tumor found and a volume do not contradict each other"
    guessed = make_row("found.WT", Section.SIZE, None, region=Region.WT)
    text, _ = before_the_fold(render_html(make_scorecard(rows=(*rows[:3], guessed)), {}))
    assert "20.0 mL" not in text, "what cannot be seen has no size"


def test_the_dice_of_two_segmenters_is_in_the_matrix_and_the_diagonal_is_empty(make_scorecard):
    document = Document(render_html(make_scorecard(), {}))
    cells = [text for a, text in document.all("td") if re.fullmatch(r"d\d|self", a.get("class", ""))]
    assert cells == ["\u2013", "0.90", "0.25", "0.90", "\u2013", "0.60", "0.25", "0.60", "\u2013"]


def test_segmenters_show_their_mix_their_held_out_figures_and_their_licence(make_scorecard):
    document = Document(render_html(make_scorecard(), {}))
    bars = [words(a["aria-label"]) for a, _ in document.all("div") if "aria-label" in a]
    assert bars == [
        "100 % real and 0 % synthetic training cases",
        "50 % real and 50 % synthetic training cases",
        "0 % real and 100 % synthetic training cases",
    ]
    articles = [words(text) for _, text in document.all("article")]
    assert all("0.81 (0.70 to 0.90)" in text and "17" in text for text in articles)


def test_a_segmenter_without_training_cases_or_results_is_unknown_there(make_scorecard):
    card = replace(builders.card(), training_mix=TrainingMix(0, 0))
    document = Document(render_html(make_scorecard(segmenters=(card,), pairwise_dice={}), {}))
    (article,) = [text for _, text in document.all("article")]
    assert "Accuracy on held-out patients: unknown" in article
    assert "Pairwise Dice: unknown" in document.text
    assert not [a for a, _ in document.all("div") if "aria-label" in a]


def test_an_empty_scorecard_still_makes_a_report(make_scorecard):
    scorecard = make_scorecard(
        rows=(), segmenters=(), skipped={}, pairwise_dice={}, dose_response=(), review_spots=(), provenance={}
    )
    text = words(Document(render_html(scorecard, {})).text)
    assert "Provenance: unknown" in text
    assert "No review spots" in text


def test_the_report_on_one_segmenter_does_not_speak_of_differences_to_others(make_scorecard):
    several = make_scorecard()
    alone = replace(several, segmenters=several.segmenters[:1], review_spots=(), pairwise_dice={})
    pictures = {"overview": PNG, "regions": PNG}
    text = words(Document(render_html(alone, pictures)).text)
    assert "largest disagreement" not in text and "most disagreement" not in text
    assert "there is no other outline to compare it with" in text
    assert "one segmenter has no other to differ from" in text
    assert "Disagreement map: unknown. Only one segmenter ran" in text
    assert "most worth a look" in words(Document(render_html(several, pictures)).text)


def test_every_table_of_data_has_a_caption(make_scorecard):
    html = render_html(make_scorecard(), {})
    data_tables = [table for table in re.findall(r"<table[^>]*>\s*<\w+", html) if "presentation" not in table]
    assert len(data_tables) > 8
    assert all(table.endswith("<caption") for table in data_tables)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (23.04, "mL", "23.0"),
        (-1.25, "mm", "\u22121.2"),
        (0.876, "", "0.88"),
        (1.0, "", "1.00"),
        (3.0, "", "3"),
        (0.0012, "", "0.001"),
        (0.0, "", "0.00"),
        (7, "", "7"),
        (2520.25, "mm²", "2520"),
    ],
)
def test_numbers_are_written_for_readers(value, unit, text):
    assert format_number(value, unit) == text


def test_counts_are_whole_numbers_and_a_dice_of_one_is_not_a_count(make_row):
    lesions = make_row("lesions.WT.pooled", Section.SIZE, 1.0, interval=(0.0, 2.0))
    dice = make_row("pairwise_dice.WT.mean", Section.AGREEMENT, 1.0, interval=(1.0, 1.0))
    assert (format_value(lesions), format_interval(lesions)) == ("1", "0 to 2")
    assert (format_value(dice), format_interval(dice)) == ("1.00", "1.00 to 1.00")


def luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("ink", "paper"),
        ("ink", "panel"),
        ("faint", "paper"),
        ("faint", "panel"),
        ("faint", "unknown-bg"),
    ],
)
def test_text_stands_out_by_the_ratio_that_wcag_asks_for(scheme, ink, paper):
    css = (Path(SynthTrustLib.report.__file__).parent / "paper.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{([^}]*)\}", css)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[scheme]))
    light, dark = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_licence_that_all_segmenters_share_is_said_once_and_others_each_with_its_own(make_scorecard):
    shared = make_scorecard()
    assert words(Document(render_html(shared, {})).text).count("Licence: test") == 1
    first, *rest = shared.segmenters
    other = make_scorecard(segmenters=(replace(first, licence="another"), *rest))
    articles = [words(text) for _, text in Document(render_html(other, {})).all("article")]
    assert "Licence: another" in articles[0]
    assert all("Licence: test" in text for text in articles[1:])


def test_a_line_never_breaks_between_a_number_and_its_percent_sign(make_scorecard, make_row):
    row = make_row("volume.WT", Section.SIZE, reason="with 50 % synthetic patients")
    assert "with 50\u00a0% synthetic patients" in render_html(make_scorecard(rows=(row,)), {})


def test_a_withdrawn_value_is_struck_through_with_its_reason_and_a_track_record_stands_beside_the_row(
    make_row, make_scorecard
):
    fields = {"interval": (0.5, 0.9), "interval_meaning": "80 % interval, n = 5", "track_record": "Held in 4 of 5."}
    gone = make_row("predicted_dice.WT", Section.PREDICTION, 0.7, withdrawn="Not to be used: too unlike.", **fields)
    kept = make_row("predicted_dice.TC", Section.PREDICTION, 0.6, **fields)
    html = render_html(make_scorecard(rows=(gone, kept)), {})
    struck = re.findall(r"<s>(.*?)</s>", html.split('class="appendix"')[1])
    assert len(struck) == 1 and "0.70" in struck[0] and "0.50 to 0.90" in struck[0]
    assert html.count("Not to be used: too unlike.") == 1
    assert html.count("Held in 4 of 5.") == 2
