"""What counts as a difference, and which differences are intended."""

from __future__ import annotations

import pytest

from Testing.Versions.differences import Difference, Intended, differences, listing, read_intended, same
from Testing.Versions.sides import read_facts, write_facts


@pytest.mark.parametrize(
    ("one", "other", "unit", "alike"),
    [
        (34.66, 34.74, "mL", True),
        (34.66, 34.76, "mL", False),
        (34.7499, 34.7501, "mL", True),  # rounded to two sides
        (1234.4, 1233.6, "mL", True),
        (1234.0, 1236.0, "mL", False),
        (0.842, 0.838, "", True),
        (0.842, 0.856, "", False),
        (0.0021, 0.0024, "", True),
        (0.0021, 0.0034, "", False),
        (0.0, 0.004, "", False),  # none, and a little: a reader sees 0.00 and 0.004
        (0.0, 1e-9, "mm", True),
        (-0.3, 0.3, "", False),
        (7, 8, "", False),
        (7, 7.0, "", True),
        (True, True, "", True),
        (True, 1, "", False),
        (True, False, "", False),
        ("7 of 9", "7 of 9", "", True),
        ("7 of 9", "8 of 9", "", False),
        ("7", 7, "", False),
        (None, 0.0, "mL", False),
        ([1.0, 2.0], [1.04, 2.04], "mm", True),
        ([1.0, 2.0], [1.0, 2.2], "mm", False),
        ([1.0], [1.0, 2.0], "mm", False),
        ({"T1": "0f"}, {"T1": "0f"}, "", True),
        ({"T1": "0f"}, {"T1": "1f"}, "", False),
        ({"T1": "0f"}, {}, "", False),
    ],
)
def test_what_a_reader_sees_as_the_same_is_the_same(one, other, unit, alike):
    assert same(one, other, unit) is alike
    assert same(other, one, unit) is alike


BEFORE = {
    "sample/ladder": {
        "row a": {"value": 34.7, "unit": "mL", "status": "check"},
        "row b": {"value": 0.84},
        "row gone": {"value": 1.0, "reason": "It was."},
    },
    "sample/other": {"row a": {"value": 1.0}},
}
AFTER = {
    "sample/ladder": {
        "row a": {"value": 99.1, "unit": "mL", "status": "check"},
        "row b": {"value": 0.84, "interval": [0.8, 0.9]},
        "row new": {"reason": "It is."},
    },
}


def test_changed_new_and_missing_facts_and_fields_are_found_in_runs_that_both_have():
    assert [str(found) for found in differences(BEFORE, AFTER)] == [
        "sample/ladder: row a: value: 34.7 -> 99.1",
        "sample/ladder: row b: interval: (nothing) -> [0.8, 0.9]",
        "sample/ladder: row gone: there: 1 -> (nothing)",
        "sample/ladder: row new: there: (nothing) -> It is.",
    ]
    assert differences(BEFORE, BEFORE) == []


def test_a_fact_whose_value_is_false_is_still_told_from_none():
    (found,) = differences({"r": {"found": {"value": False}}}, {"r": {}})
    assert (found.before, found.after) == (False, None)
    assert str(found) == "r: found: there: False -> (nothing)"


def test_intended_differences_are_told_with_their_reason_and_do_not_count():
    found = differences(BEFORE, AFTER)
    intended = [Intended("sample/*: row a: value", "one mask a region"), Intended("*: row c*", "renamed")]
    text, left = listing(found, intended, {"sample/ladder": BEFORE["sample/ladder"]})
    assert left == 3
    assert text.splitlines() == [
        "sample/ladder: 3 facts, 4 differences",
        "  intended, one mask a region:",
        "    sample/ladder: row a: value: 34.7 -> 99.1",
        "  NOT INTENDED:",
        "    sample/ladder: row b: interval: (nothing) -> [0.8, 0.9]",
        "    sample/ladder: row gone: there: 1 -> (nothing)",
        "    sample/ladder: row new: there: (nothing) -> It is.",
        "intended, and not met in these runs:",
        "  *: row c* | renamed",
    ]
    assert listing(found, [Intended("*", "all is new")], BEFORE)[1] == 0
    assert listing([], [], AFTER) == ("sample/ladder: 3 facts, 0 differences\n", 0)


def test_the_list_is_read_with_remarks_and_refuses_a_line_without_a_reason(tmp_path):
    path = tmp_path / "intended.txt"
    path.write_text("# why\n\nsample/*: row a: * | one mask a region, not a | b\n", "utf-8")
    assert read_intended(path) == [Intended("sample/*: row a: *", "one mask a region, not a | b")]
    for line in ("sample/*: row a: *", "sample/*: row a: * | "):
        path.write_text(f"# why\n{line}\n", "utf-8")
        with pytest.raises(ValueError, match="line 2"):
            read_intended(path)


def test_a_pattern_must_meet_the_whole_name():
    difference = Difference("sample/ladder", "row volume.WT.pooled", "value", 1, 2)
    assert Intended("*: row volume.WT.*: value", "").covers(difference)
    assert not Intended("row volume.WT.pooled", "").covers(difference)
    assert not Intended("*: row volume.WT.*: reason", "").covers(difference)


def test_facts_come_back_from_their_file(tmp_path):
    runs = {"sample/ladder": {"row a": {"reason": "µ “word”", "value": 0.1, "interval": [1.0, 2.0]}}, "other": {}}
    write_facts(tmp_path / "facts.json", runs)
    assert read_facts(tmp_path / "facts.json") == runs
