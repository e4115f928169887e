"""The cohort's page and tables: worst first, links by key, nothing asked of a network."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from cohort.many_results import write_results

from SynthTrustLib import cli
from SynthTrustLib.cohort import child
from SynthTrustLib.cohort.folder import claim, result_of
from SynthTrustLib.cohort.keys import write_keys
from SynthTrustLib.cohort.report.histograms import AGREEMENT, PREDICTED, histogram
from SynthTrustLib.cohort.report.page import render_page, write_report
from SynthTrustLib.cohort.report.tables import cohort_csv, write_parquet
from SynthTrustLib.cohort.report.thumbnails import LARGEST_BYTES
from SynthTrustLib.cohort.report.worklist import Line, RegionLine, line_of
from SynthTrustLib.cohort.state import Outcome, PatientState, write_state
from SynthTrustLib.runner.process.events import Noted
from SynthTrustLib.trust.rows.row import known, unknown
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import Status


def line(key, status, dice, *, unusual=False, warnings=0):
    region = RegionLine(status, "Why <it> is so.", dice, dice and dice - 0.1, dice and dice + 0.1, 12.5, 0.8, None)
    return Line(key, "done", "", {"WT": region}, unusual, warnings, 3.0)


LINES = [
    line("pgood", Status.AGREE, 0.93),
    line("pworse", Status.CHECK, 0.61),
    line("pnot", Status.DO_NOT_RELY, 0.4),
    line("pcheck", Status.CHECK, 0.72),
    line("podd", Status.CHECK, None, unusual=True),
    Line("pfailed", "failed", "the file is truncated"),
]


def test_worst_comes_first():
    ordered = [one.key for one in sorted(LINES, key=lambda one: one.rank)]
    assert ordered == ["pfailed", "pnot", "podd", "pworse", "pcheck", "pgood"]


def test_scans_are_unusual_where_nothing_was_predicted_that_could_be_withdrawn():
    state = PatientState("p", Outcome.DONE, "f")

    def of(*rows):
        return line_of("p", rows, "pooled", state).unusual

    p = known("in_distribution", Section.PREDICTION, "p", 0.01, "It is unlike the others.", status=Status.CHECK)
    assert of(p) is True and of(replace(p, status=None)) is False and of() is None
    assert of(unknown("in_distribution", Section.PREDICTION, "p", "Nobody to compare with.")) is None


def test_the_page_links_every_result_by_key_and_needs_nothing_else():
    page = render_page(LINES)
    assert re.findall(r'href="([^"]*)"', page) == [f"patients/{one.key}/report.html" for one in LINES if one.regions]
    assert "http" not in page.replace("http-equiv", "") and "src=" not in page
    assert "the file is truncated" in page and "Why &lt;it&gt; is so." in page and "<it>" not in page
    assert "<b>1</b> has scans unlike" in page


def test_the_page_says_what_a_region_is_and_a_volume_as_the_report_does():
    named = replace(LINES[0], regions={"WT": replace(LINES[0].regions["WT"], name="Whole tumor", volume_ml=12.34)})
    page = render_page([named])
    assert "WT: whole tumor" in page and "<h3>WT · whole tumor</h3>" in page
    assert ">12.3</td>" in page


@pytest.mark.parametrize("lines", [[], LINES[-1:], LINES[:1]])
def test_a_page_of_few_is_whole(lines):
    assert render_page(lines).rstrip().endswith("</html>")


def test_a_page_of_a_thousand_is_small():
    many = [line(f"p{n:04d}", Status.CHECK, n / 1000) for n in range(1000)]
    assert len(render_page(many)) < 2_000_000


def test_what_is_known_of_nobody_has_no_column_and_is_named():
    def one(key, **regions):
        return Line(key, "done", "", {name: RegionLine(*region) for name, region in regions.items()})

    page = render_page([one("p1", WT=(Status.AGREE, "", 0.9), TC=(Status.UNKNOWN, ""))])
    headings = re.findall(r"<th><button[^>]*>([^<]*)</button>", page)
    assert headings == ["Patient", "WT", "predicted Dice WT", "Scans", "Warnings"]
    assert "without a column: mL WT, TC." in page
    row = page[page.index("<tbody>") : page.index("</tbody>")]
    assert row.count("<td") == len(headings)
    # Where nobody has a status, the reason why is worth its column.
    unknown = render_page([one("p1", WT=(Status.UNKNOWN, "Too few."), TC=(Status.UNKNOWN, ""))])
    assert re.findall(r"<th><button[^>]*>([^<]*)</button>", unknown)[1:3] == ["WT", "TC"] and "Too few." in unknown


def test_a_histogram_counts_who_has_a_value():
    predicted, agreement = (histogram(LINES, "WT", quantity, {}) for quantity in (PREDICTED, AGREEMENT))
    assert predicted.known == 4 and sum(predicted.counts) == 4 and predicted.counts[9] == predicted.counts[4] == 1
    assert agreement.counts[8] == agreement.known == 5


def test_the_table_leaves_empty_what_is_unknown():
    rows = list(csv.DictReader(io.StringIO(cohort_csv(LINES))))
    assert [row["key"] for row in rows] == [one.key for one in LINES]
    assert rows[0]["status.WT"] == "agree" and rows[0]["predicted_dice.WT"] == "0.93"
    assert rows[0]["mix_influence.WT"] == rows[5]["status.WT"] == rows[5]["unusual_scans"] == ""


def test_a_table_that_cannot_be_written_is_said_in_the_panel_as_well(tmp_path, monkeypatch):
    write_results(tmp_path / "cohort", 2)
    monkeypatch.setattr("SynthTrustLib.cohort.work.run.run_cohort", lambda *_: [])
    monkeypatch.setattr("SynthTrustLib.cohort.report.page.can_write_parquet", lambda: False)
    told = []
    child._do(child.CohortJob(tmp_path / "cohort", SimpleNamespace()), told.append)
    assert (
        Noted("no cohort.parquet: pyarrow is not installed (pip install pyarrow)") in told
        and (tmp_path / "cohort" / "cohort.html").is_file()
    )


def test_parquet_holds_the_same_table(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_parquet(tmp_path / "cohort.parquet", LINES)
    table = parquet.read_table(tmp_path / "cohort.parquet").to_pydict()
    assert table["key"] == [one.key for one in LINES]
    assert table["predicted_dice.WT"] == [0.93, 0.61, 0.4, 0.72, None, None]
    assert table["unusual_scans"] == [False, False, False, False, True, None]


def test_the_command_writes_all_three_and_a_damaged_result_is_a_line(tmp_path, capsys):
    cohort = tmp_path / "cohort"
    claim(cohort, tmp_path)
    write_keys(cohort, {"Ann": "pbroken", "Bob": "pwaits"})
    write_state(cohort, PatientState("pbroken", Outcome.DONE, "f"))
    (cohort / "patients" / "pbroken").mkdir()
    (cohort / "patients" / "pbroken" / "scorecard.json").write_text("{")
    assert cli.main(["cohort", "report", str(cohort)]) == 0
    assert capsys.readouterr().out.strip() == str(cohort / "cohort.html")
    rows = list(csv.DictReader((cohort / "cohort.csv").open(newline="")))
    assert [(row["key"], row["outcome"]) for row in rows] == [("pbroken", "failed"), ("pwaits", "waiting")]
    assert "Ann" not in (cohort / "cohort.html").read_text()


@pytest.mark.parametrize("command", ["status", "report"])
def test_what_is_no_cohort_is_refused(tmp_path, capsys, command):
    assert cli.main(["cohort", command, str(tmp_path)]) == 2
    assert "it is no cohort" in capsys.readouterr().err


def test_who_waits_is_counted_and_not_listed():
    page = render_page([*LINES, Line("pwaits", "waiting")])
    assert "7 patients" in page and "1 waiting" in page and "pwaits" not in page


def test_each_patient_has_a_picture_in_the_list_unless_there_is_none_that_can_be_one(tmp_path):
    cohort = tmp_path / "cohort"
    first, *others = write_results(cohort, 4, failed=1)
    files = [result_of(cohort, key) / "thumbnail.jpg" for key in others]
    files[0].unlink()
    files[1].write_bytes(b"\xff\xd8\xff" + bytes(LARGEST_BYTES))
    files[2].write_bytes(b"<svg onload='alert(1)'>")
    page = write_report(cohort)[0].read_text("utf-8")
    (picture,) = re.findall(r'<img [^>]*loading="lazy"[^>]* src="data:image/jpeg;base64,([^"]+)"', page)
    assert base64.b64decode(picture) == (result_of(cohort, first) / "thumbnail.jpg").read_bytes()
    assert page.count('<td class="picture">') == 4 and page.count('<td class="picture"><span class="none">none') == 3
    assert "img-src data:;" in page and "<svg onload" not in page
