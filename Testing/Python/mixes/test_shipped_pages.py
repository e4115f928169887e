"""The pages that ship say what their figures and templates say now, in light and in the dark."""

from __future__ import annotations

import json
import re

import pytest

from SynthTrustLib.calibration.evaluate import page
from SynthTrustLib.mixes.study.html import render_study
from SynthTrustLib.mixes.study.plain import render_plain
from SynthTrustLib.resources import resource_path

CALIBRATION = "Calibration/synthtrust-reference"
NO_PICTURES = {"dose-response": b"", "contrasts": b""}


def figures(name: str):
    return json.loads(resource_path(name).read_text("utf-8"))


def study(folder: str):
    found = figures(f"{folder}/study.json")
    return {**found, "mix_cards": {name: figures(f"{folder}/mix-card-{name}.json") for name in found["mix_cards"]}}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("Study/study.html", lambda: render_study(study("Study"), NO_PICTURES)),
        ("Study/plain.html", lambda: render_plain(study("Study"))),
        (
            "Study/plan-2/study.html",
            lambda: render_study(study("Study/plan-2"), NO_PICTURES),
        ),
        ("Study/plan-2/plain.html", lambda: render_plain(study("Study/plan-2"))),
        (
            "Calibration/synthtrust-reference.evaluation.html",
            lambda: page.render_evaluation(figures(f"{CALIBRATION}.evaluation.json"), figures(f"{CALIBRATION}.json")),
        ),
    ],
)
def test_a_page_that_ships_is_that_of_its_figures(name, make, monkeypatch):
    monkeypatch.setattr(page, "_draw", lambda preset: b"")
    shipped = re.sub(r'(?<=;base64,)[^"]+', "", resource_path(name).read_text("utf-8"))
    assert shipped == make()
    assert "prefers-color-scheme: dark" in shipped
