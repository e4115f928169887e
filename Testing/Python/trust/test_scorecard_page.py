"""Docs/scorecard.md names every field of scorecard.json and every kind of row that the library makes, and no other."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import builders
import numpy as np
import pytest

from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots.spot import ReviewSpot, SpotChoice, UnlistedDoubt
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.scorecard import DosePoint, DoseResponse, Row, Scorecard, Section
from SynthTrustLib.vocabulary import Region

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "Docs" / "scorecard.md").read_text("utf-8")

_HOLES = {"R", "S", "C", "N", "CHECK", "FACTOR", "METRIC", "COHORT"}
"""What stands for something else in a key on the page."""


def tables() -> dict[str, list[list[str]]]:
    """Heading -> lines of the table below it."""
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)[1:]
    return {
        heading: [
            [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "
        ][1:]
        for heading, text in zip(parts[::2], parts[1::2], strict=True)
    }


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def named(heading: str) -> list[str]:
    return [line[0].strip("`") for line in tables()[heading]]


@pytest.mark.parametrize(
    ("heading", "kind", "also"),
    [
        ("The file", Scorecard, ["format"]),
        ("A row", Row, []),
        ("A place worth a look", ReviewSpot, []),
        ("A choice at it", SpotChoice, []),
        ("What is disputed elsewhere", UnlistedDoubt, []),
        ("A dose-response", DoseResponse, []),
    ],
)
def test_every_field_is_described(heading, kind, also):
    assert sorted(named(heading)) == sorted([*also, *(field.name for field in fields(kind))])
    assert all(line[1] and line[-1] for line in tables()[heading])


def test_the_parts_of_a_dose_response_are_described():
    (points,) = (line[1] for line in tables()["A dose-response"] if line[0] == "`points`")
    assert set(re.findall(r"`([a-z_]+)`", points)) - {"null"} == {field.name for field in fields(DosePoint)}


def test_every_section_is_described():
    (text,) = (line[1] for line in tables()["A row"] if line[0] == "`section`")
    assert set(re.findall(r"`([a-z]+)`", text)) == set(Section)


def shape(key: str) -> str:
    """A key on the page with * for what changes."""
    words = re.split(r"([._])", key)
    return "".join("*" if word in _HOLES else word for word in words)


def made_in_code() -> set[str]:
    """The keys of rows in the code of ``trust``, with * for what is filled in."""
    found = set()
    for path in (ROOT / "SynthTrustLib" / "trust").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id in ("known", "unknown"):
                    found |= {*_templates(node.args[0])}
                if node.func.id == "physical":
                    found |= {*_templates(node.args[1])}
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    pairs = (
                        zip(target.elts, node.value.elts, strict=True)
                        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                        else [(target, node.value)]
                    )
                    for name, value in pairs:
                        if isinstance(name, ast.Name) and (name.id == "key" or name.id.endswith("_key")):
                            found |= {*_templates(value)}
    return found


def _templates(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)]
    return []


# What the code fills in with words of its own: the page lists each of them.
SPELLED_OUT = {
    "*.*": ["predicted_dice.*", "predicted_volume.*", "border_margin.*", "temperature.*"],
    "*.*.worst_patch": ["between.*.worst_patch", "within.*.worst_patch"],
    "*.*.union": ["between.*.union", "within.*.union"],
    "mix_*.*.*": ["mix_*.*.volume", "mix_*.*.probability"],
    "votes.*.*": ["votes.*.unanimous", "votes.*.single"],
    "diameters.*.*.*": ["diameters.*.*.longest", "diameters.*.*.perpendicular"],
    "*.*.*.*": ["held_out_*.*.*.*"],
    "reference_dice.*.pooled": ["reference_dice.*.*"],
    "volume.*.pooled": ["volume.*.*"],
}
NOT_IN_ONE_PIECE = {"patient.*", "field_of_view", "brain_volume"}
"""Keys that the code puts together from a check's name, or takes from a table."""


def test_every_kind_of_row_that_the_code_makes_is_described_and_no_other():
    made = {known for key in made_in_code() for known in SPELLED_OUT.get(key, [key])}
    assert len(made) > 30
    assert {shape(key) for key in named("The kinds of rows")} == made | NOT_IN_ONE_PIECE


def is_described(row: Row) -> bool:
    """Whether the page has the row's key with its unit."""
    for key, unit, *_ in tables()["The kinds of rows"]:
        pattern = re.escape(shape(key.strip("`"))).replace(r"\*", "[A-Za-z0-9_-]+")
        pattern = "patient[.].+" if key == "`patient.CHECK`" else pattern
        if re.fullmatch(pattern, row.key) and (unit == row.unit or not row.unit):
            return True
    return False


@pytest.mark.parametrize("trusted", [True, False])
def test_the_rows_of_a_run_are_described(trusted):
    whole = builders.ball((16, 24, 24), None, 8)
    regions = np.stack([whole, builders.ball(whole.shape, None, 6), builders.ball(whole.shape, None, 4)])
    stack = builders.stack(np.stack([0.9 * regions, 0.8 * regions]), synthetic=[0, 100])
    case = builders.case(geometry=stack.geometry, spacing_trusted=trusted)
    maps = compute_maps(stack)
    scorecard = build_scorecard(case, stack, maps, [], reference={Region.WT: whole}, provenance={})
    assert len(scorecard.rows) > 60
    assert [row.key for row in scorecard.rows if not is_described(row)] == []


def test_kinds_are_listed_once():
    keys = sorted(named("The kinds of rows"))
    assert not [key for key, other in pairwise(keys) if key == other]
