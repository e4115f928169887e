"""The cohort's page as a reader has it: in a browser, with up to a thousand patients."""

from __future__ import annotations

import pytest
from browser import drive, find_browser
from cohort.many_results import write_results

from SynthTrustLib.cohort.folder import result_of
from SynthTrustLib.cohort.report.page import write_report

FAILED = 2

SCRIPT = """
var body = document.querySelector("#list tbody"), show = document.getElementById("show");
var find = document.getElementById("find"), seen = {};
function rows() { return Array.from(body.rows).filter(function (row) { return !row.hidden; }); }
function keys() { return rows().map(function (row) { return row.querySelector("td[data-v] a").textContent; }); }
var heads = Array.from(document.querySelectorAll("#list thead th"));
function column(name) { return heads.findIndex(function (head) { return head.textContent === name; }); }
function values(name) { return rows().map(function (row) { return row.cells[column(name)].dataset.v; }); }
function click(name) { heads[column(name)].querySelector("button").click(); }
function choose(field, value, what) { field.value = value; field.dispatchEvent(new Event(what)); }
var more = document.getElementById("more");
function all() { while (!more.hidden) more.click(); }
seen.first = rows().length; seen.more = more.textContent;
all();
seen.keys = keys();
seen.has = rows().map(function (row) { return row.dataset.has; });
seen.links = Array.from(body.querySelectorAll("td[data-v] a")).map(function (a) { return a.getAttribute("href"); });
seen.pictures = Array.from(body.querySelectorAll("img")).slice(0, 3).map(function (i) { return i.naturalWidth; });
click("predicted Dice TC"); seen.up = values("predicted Dice TC").map(Number);
click("predicted Dice TC"); seen.down = values("predicted Dice TC").map(Number);
click("Patient"); seen.by_key = keys();
choose(show, "do not rely", "change"); seen.few = rows().length; all();
seen.poor = rows().map(function (row) { return row.dataset.has; });
seen.count = document.getElementById("shown").textContent;
choose(show, "", "change"); choose(find, seen.links[7].split("/")[1], "input"); seen.found = keys();
return seen;
"""


@pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed: apt-get install chromium")
@pytest.mark.parametrize("patients", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_it_opens_sorts_filters_and_links_every_report(tmp_path, patients):
    cohort = tmp_path / "cohort"
    keys = write_results(cohort, patients, failed=FAILED)
    page = write_report(cohort)[0]
    assert page.stat().st_size < 20e6
    seen = drive(page, SCRIPT)

    assert seen["first"] == min(patients, 50) and seen["few"] == min(len(seen["poor"]), 50)
    assert patients <= 50 or seen["more"] == "Show 50 more"
    assert sorted(seen["keys"]) == sorted(keys)
    worst = ["do not rely", "check", "unknown", "agree"]
    ranks = [min(worst.index(status) for status in has.split(",") if status in worst) for has in seen["has"]]
    assert ranks == sorted(ranks), "worst first"
    assert all((cohort / link).is_file() for link in seen["links"])
    assert {(cohort / link).parent for link in seen["links"]} == {result_of(cohort, key) for key in keys}
    assert seen["pictures"] == [160, 160, 160], "they are let in and can be read"

    assert seen["up"] == sorted(seen["up"]) and seen["down"] == sorted(seen["down"], reverse=True)
    assert len(set(seen["up"])) > patients / 4
    assert seen["by_key"] == sorted(keys)
    assert 0 < len(seen["poor"]) < patients and all("do not rely" in has for has in seen["poor"])
    assert seen["count"] == f"{len(seen['poor'])} of {patients}"
    assert seen["found"] == [seen["links"][7].split("/")[1]]


@pytest.mark.skipif(find_browser() is None, reason="no Chromium is installed: apt-get install chromium")
def test_headings_stay_in_sight_and_many_who_failed_leave_room_for_the_worklist(tmp_path):
    write_results(tmp_path / "cohort", 40, failed=200)
    seen = drive(
        write_report(tmp_path / "cohort")[0],
        """
        var row = document.querySelector("#list tbody").rows[20], failed = document.querySelector("main table");
        window.scrollTo(0, row.getBoundingClientRect().top + scrollY);
        return {rows: failed.tBodies[0].rows.length, shown: failed.parentNode.clientHeight / innerHeight,
                top: document.querySelector("#list thead th").getBoundingClientRect().top, moved: scrollY > 1000};
        """,
    )
    assert seen["rows"] == 200 and seen["shown"] < 0.7
    assert seen["moved"] and abs(seen["top"]) < 2
