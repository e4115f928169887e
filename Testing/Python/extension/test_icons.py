"""The icons read at menu size, in light and dark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from SynthTrustLib.maps.registry import MAPS

pytest.importorskip("PySide6")

ROOT = Path(__file__).resolve().parents[3]
ICONS = ROOT / "Resources" / "Icons"
NAMES = sorted(path.stem for path in ICONS.glob("*.svg"))
PANELS = {"light": "#f0f0f0", "dark": "#2b2b2b"}
WCAG_GRAPHICS = 3.0
"""Contrast that WCAG 2.1 asks of graphics that one must see to understand (1.4.11)."""
FAINTEST = 2.0
"""What each icon keeps on either panel: orange has 3 on the dark one only, blue on both."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """A folder with the icons drawn anew, in a process of their own: an application object is for ever."""
    folder = tmp_path_factory.mktemp("icons")
    subprocess.run([sys.executable, ROOT / "Testing" / "draw_icons.py", folder], check=True, timeout=120)
    return folder


def pixels(path: Path) -> np.ndarray:
    """Red, green, blue, alpha (rows, columns, 4) in 0..1."""
    from matplotlib.image import imread

    return imread(path)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB colours, as WCAG 2.1 defines it."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(rgba: np.ndarray, panel: str) -> np.ndarray:
    """Contrast ratio of every pixel, laid over a panel, to that panel."""
    behind = np.array([int(panel[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    over = rgba[..., :3] * rgba[..., 3:] + behind * (1 - rgba[..., 3:])
    light, dark = np.maximum(luminance(over), luminance(behind)), np.minimum(luminance(over), luminance(behind))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_contrast_that_wcag_gives_it():
    assert contrast(np.array([[[0.0, 0.0, 0.0, 1.0]]]), "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_the_drawing(drawn, name):
    kept, anew = pixels(ICONS / f"{name}.png"), pixels(drawn / f"{name}.png")
    assert kept.shape == anew.shape
    assert np.abs(kept - anew).mean() < 0.01, "run: python Testing/draw_icons.py"


@pytest.mark.parametrize("name", NAMES)
def test_an_icon_stands_out_from_a_light_and_a_dark_panel_at_16_pixels(drawn, name):
    rgba = pixels(drawn / f"{name}-16.png")
    assert rgba.shape == (16, 16, 4)
    seen = [contrast(rgba, panel) for panel in PANELS.values()]
    for values in seen:
        assert (values > FAINTEST).sum() >= 30, "fewer than 30 of 256 pixels are seen"
    assert max((values > WCAG_GRAPHICS).sum() for values in seen) >= 30


def test_every_overlay_has_its_own_icon():
    values = ["contours", *MAPS, "none"]
    names = ["Overlay" + "".join(word.capitalize() for word in value.split("_")) for value in values]
    pictures = {(ICONS / f"{name}.png").read_bytes() for name in names}
    assert len(pictures) == len(values) == 5
