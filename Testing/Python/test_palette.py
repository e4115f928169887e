"""Colours that stand side by side are told apart with any colour vision, and words on them are read."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from SynthTrustLib import palette
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.vocabulary import Status

ROOT = Path(__file__).resolve().parents[2]
VISIONS = {  # of linear red, green, blue; complete (Machado, Oliveira and Fernandes, IEEE TVCG 2009)
    "any": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no long cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no middle cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no short cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
SIDE_BY_SIDE = {
    "outlines": [palette.REAL, palette.HALF, palette.SYNTHETIC, palette.OUTSIDE, palette.RECORD],
    "regions": [region.colour for region in GLIOMA.regions],
    "statuses": [palette.STATUSES[s][0] for s in Status if s is not Status.INFORMATION],
    "ends of a signed map": [palette.REAL_TO_SYNTHETIC[0][1], palette.REAL_TO_SYNTHETIC[-1][1]],
    "band and its outline": [palette.MARGIN, palette.RECORD],
    "mark and outlines": [palette.FOCUS, palette.REAL, palette.HALF, palette.SYNTHETIC],
}
TOLD_APART = 25
"""Difference in CIELAB; neighbours of a palette for maps differ by about 10."""

XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(code: str) -> np.ndarray:
    value = np.array(palette.rgb(code))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def cielab(code: str, vision: str) -> np.ndarray:
    seen = np.clip(np.array(VISIONS[vision]) @ linear(code), 0, 1)
    share = XYZ @ seen / [0.95047, 1.0, 1.08883]
    x, y, z = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    """As WCAG defines it, 1..21."""
    dark, light = sorted(float(XYZ[1] @ linear(code)) for code in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("group", SIDE_BY_SIDE)
def test_colours_side_by_side_are_told_apart(group, vision):
    codes = SIDE_BY_SIDE[group]
    apart = {(a, b): np.linalg.norm(cielab(a, vision) - cielab(b, vision)) for a, b in combinations(codes, 2)}
    assert min(apart.values()) >= TOLD_APART, min(apart, key=apart.get)


@pytest.mark.parametrize("status", Status)
def test_words_on_a_status_are_read(status):
    assert contrast(*palette.STATUSES[status]) >= 4.5


@pytest.mark.parametrize("code", [palette.REAL, palette.SYNTHETIC])
def test_real_and_synthetic_stand_out_from_a_dark_mri_and_from_white_paper(code):
    assert contrast(code, "#000000") >= 3 and contrast(code, "#ffffff") >= 3


def test_blue_and_orange_stand_for_one_thing_each():
    red, _, blue = palette.of_mix(0.0)
    assert palette.of_mix(0.0) == palette.rgb(palette.REAL) and blue > 2 * red
    red, _, blue = palette.of_mix(1.0)
    assert palette.of_mix(1.0) == palette.rgb(palette.SYNTHETIC) and red > 2 * blue


def test_colours_with_a_meaning_stand_in_one_place():
    named = {code for name, code in vars(palette).items() if name.isupper() and isinstance(code, str)}
    named |= {code for code, _ in palette.STATUSES.values()} | {region.colour for region in GLIOMA.regions}
    named -= {palette.RECORD}  # white is also just white
    for folder in ("SynthTrustLib", "SynthTrust"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".css", ".j2") and path.name != "palette.py":
                codes = set(re.findall(r"#[0-9a-f]{6}\b", path.read_text("utf-8").lower()))
                assert not codes & named, path.name
