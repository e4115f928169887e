"""A small hospital: generated patients, segmenters that find their tumors, and the command that calibrates on them."""

from __future__ import annotations

import builders
import numpy as np
import pytest
from segmenters import onnx_models

from SynthTrustLib.cli import main

FLAIR, T1C = 10, 4


def write_segmenters(folder, others=False, prefix=""):
    """Three that find the tumor by its brightness, the more synthetic the more generously.

    With `others` a flagship and three that are of no ladder as well. `prefix`: before the ids of the three.
    """
    weight = np.zeros((3, 12))
    weight[0, FLAIR] = weight[1, FLAIR] = weight[2, T1C] = 12.0
    bias = np.array([-13.5, -15.0, -16.0])
    for number in (0, 50, 100):
        mix = builders.card(synthetic=number, real=100 - number).training_mix
        network = onnx_models.pixelwise(weight, bias + number / 60)
        onnx_models.package(folder, f"{prefix}mix-{number}", network, training_mix=mix)
    if others:
        for name, more in (("flagship-0", 0.5), ("factor-1", -2.0), ("factor-2", 1.0), ("factor-3", 2.5)):
            presets = (name.split("-")[0],)
            onnx_models.package(folder, name, onnx_models.pixelwise(weight, bias + more), presets=presets)
    return folder


def run(*arguments):
    assert main([str(argument) for argument in arguments]) == 0


def evaluate(file, *arguments):
    """Evaluate the calibration; its page is without pictures, which take longer than all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("SynthTrustLib.calibration.evaluate.page._draw", lambda preset: b"")
        run("trust", "evaluate", file, *arguments)
