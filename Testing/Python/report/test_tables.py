"""The CSV files read back as they were written."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from SynthTrustLib.report.tables import REVIEW_SPOT_COLUMNS, SCORECARD_COLUMNS, review_spots_csv, scorecard_csv
from SynthTrustLib.trust.scorecard import Section


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_every_row_comes_back_with_its_words_whatever_they_hold(make_scorecard, make_row):
    odd = make_row("odd", Section.SIZE, "a, “b”", label='say "x"', reason="one\ntwo, three; é", interval=(1.5, 2.5))
    unknown = make_row("none", Section.PREDICTION, None)
    text = scorecard_csv(make_scorecard(rows=(odd, unknown)))
    first, second = read(text)
    assert (first["value"], first["label"], first["reason"]) == ("a, “b”", 'say "x"', "one two, three; é")
    assert (first["interval_low"], first["interval_high"]) == ("1.5", "2.5")
    assert (second["value"], second["evidence"], second["status"]) == ("", "unknown", "unknown")
    assert text.splitlines()[0] == ",".join(SCORECARD_COLUMNS)
    assert text.count("\r\n") == 3


def test_spots_have_their_place_in_ras_and_as_ijk(make_scorecard):
    (spot,) = read(review_spots_csv(make_scorecard()))
    assert (spot["r_mm"], spot["a_mm"], spot["s_mm"]) == ("-12.50", "30.00", "4.25")
    assert (spot["i"], spot["j"], spot["k"]) == ("12", "9", "4")
    assert spot["volume_ml"] == "1.2500"


def test_an_unknown_volume_is_empty_and_without_spots_the_head_remains(make_scorecard):
    scorecard = make_scorecard()
    unknown = replace(scorecard.review_spots[0], volume_ml=None)
    assert read(review_spots_csv(make_scorecard(review_spots=(unknown,))))[0]["volume_ml"] == ""
    assert review_spots_csv(make_scorecard(review_spots=())) == ",".join(REVIEW_SPOT_COLUMNS) + "\r\n"


def test_words_that_a_spreadsheet_would_run_are_made_words(make_scorecard, make_row):
    (line,) = read(scorecard_csv(make_scorecard(rows=(make_row("x", Section.SIZE, -3.5, reason="=HYPERLINK(1)"),))))
    assert line["reason"] == "'=HYPERLINK(1)"
    assert line["value"] == "-3.5"
