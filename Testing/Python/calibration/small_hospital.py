"""A small hospital: generated patients, segmenters that find their tumors, and the command that calibrates on them."""

from __future__ import annotations

import builders
import numpy as np
from segmenters import onnx_models

from SynthTrustLib.cli import main

FLAIR, T1C = 10, 4


def write_segmenters(folder):
    """Three that find the tumor by its brightness, the more synthetic the more generously."""
    for number in (0, 50, 100):
        weight = np.zeros((3, 12))
        weight[0, FLAIR] = weight[1, FLAIR] = weight[2, T1C] = 12.0
        bias = np.array([-13.5, -15.0, -16.0]) + number / 60
        mix = builders.card(synthetic=number, real=100 - number).training_mix
        onnx_models.package(folder, f"mix-{number}", onnx_models.pixelwise(weight, bias), training_mix=mix)
    return folder


def run(*arguments):
    assert main([str(argument) for argument in arguments]) == 0
