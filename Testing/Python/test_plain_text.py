"""Whatever text comes in, one line of visible characters goes out: into scenes, DICOM, HTML, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.outline.outside_file import OutsideFile
from SynthTrustLib.errors import InputError
from SynthTrustLib.plain_text import csv_text, plain_text, plain_values
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.trust.verdict import Decision, verdicts_csv
from SynthTrustLib.trust.verdict import Verdict as Review
from SynthTrustLib.vocabulary import Evidence, Region, Status

NASTY = "a\x00b\x1b[31mc\r\nd\te\u2028f\u202eg\ufeffh\udcffi\ufffej\x85k\x7f"
PLAIN = "a b [31mc d e fgh\ufffdi\ufffdj k"


def test_what_cannot_be_seen_is_taken_out_and_what_parts_words_becomes_a_space():
    assert plain_text(NASTY) == PLAIN
    assert plain_text("Jérôme  T1c 增强 👩‍⚕️ عربى") == "Jérôme  T1c 增强 👩‍⚕️ عربى"


@given(st.text(st.characters()))
def test_plain_text_can_be_written_anywhere_and_stays_as_it_is(text):
    plain = plain_text(text)
    plain.encode("utf-8")
    assert plain.isprintable() or all(c.isprintable() or c.isspace() or ord(c) > 0x7F for c in plain)
    assert len(plain.splitlines()) <= 1
    assert plain_text(plain) == plain


def test_values_are_plain_as_deep_as_they_go():
    assert plain_values({"a\n": ["b\x01", ("c\t",), 3, None]}) == {"a": ["b", ("c",), 3, None]}
    assert plain_values(Region.WT) is Region.WT


def test_every_value_that_text_enters_makes_it_plain():
    assert Check("contrast", "T1", Verdict.READY, NASTY).text == PLAIN
    assert str(InputError(NASTY, source=NASTY, next_step=NASTY)) == f"{PLAIN}: {PLAIN}. {PLAIN}"
    assert builders.case(label=NASTY).label == PLAIN
    assert builders.card(name=NASTY, not_for=(NASTY,)).not_for == (PLAIN,)
    assert OutsideFile(NASTY, None).name == PLAIN
    row = Row("k", Section.SIZE, NASTY, NASTY, "", Evidence.MEASURED, Status.INFORMATION, NASTY)
    assert (row.label, row.value, row.reason) == (PLAIN, PLAIN, PLAIN)
    review = Review(Region.WT, Decision.ACCEPT, NASTY, NASTY, "2026-11-29")
    assert (review.comment, review.reviewer) == (PLAIN, PLAIN)
    json.dumps(review.comment, ensure_ascii=False).encode()


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "\x00=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text):
    review = Review(Region.WT, Decision.REJECT, text, text, "2026-11-29")
    for table in (verdicts_csv([review]), csv_text(("a", "b"), [(text, text)])):
        (line,) = list(csv.reader(io.StringIO(table, newline="")))[1:]
        assert all(cell[:1] not in "=+-@\t\r\n \uff1d" for cell in line)


def test_numbers_stay_numbers():
    assert csv_text(("a",), [(-1.5,), ("-1.5",), ("+2",), ("1e-3",)]) == "a\r\n-1.5\r\n-1.5\r\n+2\r\n1e-3\r\n"
