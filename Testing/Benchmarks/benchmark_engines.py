"""The engines side by side on the shipped segmenters and a made-up head of 240x240x155 voxels.

    python Testing/Benchmarks/benchmark_engines.py [--folder PACKAGES] [--segmenters SPEC] [--repeat 3]

Every engine runs the same segmenters in the same process, turn by turn, so that the ratios hold on any machine and a
busy neighbour spoils none of them alone; the best of the turns counts. "CPU s" is what all cores together spent, which
a busy machine disturbs less. Each engine's answers are compared with those of ONNX Runtime (float32).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]

import builders

from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase, Skull
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.engines.engine import Engine, choose_engine
from SynthTrustLib.segmenters.outlines import outlined
from SynthTrustLib.segmenters.package.registry import find_packages, select
from SynthTrustLib.segmenters.run import estimate_memory, run_segmenters
from SynthTrustLib.vocabulary import Contrast

SHAPE = (155, 240, 240)
HEAD = (70.0, 88.0, 70.0)
"""Semi-axes (k, j, i) in voxels."""

TUMOR = (18.0, 22.0, 20.0)
BRIGHTNESS = {Contrast.T1: -120.0, Contrast.T1C: 150.0, Contrast.T2: 350.0, Contrast.FLAIR: 400.0}


def ellipsoid(center: tuple[float, ...], semi_axes: tuple[float, ...]) -> np.ndarray:
    axes = np.ogrid[tuple(slice(0, n) for n in SHAPE)]
    distance = sum(((x - c) / r) ** 2 for x, c, r in zip(axes, center, semi_axes, strict=True))
    return np.asarray(distance <= 1)


def patient() -> PatientCase:
    """Noise in a head, with one bright ball."""
    random = np.random.default_rng(0)
    geometry = builders.grid(SHAPE)
    head, tumor = ellipsoid((77, 120, 120), HEAD), ellipsoid((90, 110, 145), TUMOR)
    volumes = {}
    for contrast in Contrast:
        array = random.normal(500, 80, SHAPE).astype(np.float32) + np.float32(BRIGHTNESS[contrast]) * tumor
        volumes[contrast] = ContrastVolume(contrast, array * head, f"{contrast}", "0" * 64, geometry)
    return PatientCase(geometry, volumes, Contrast.FLAIR, spacing_trusted=True, skull=Skull.OFF)


def installed_engines() -> dict[str, Engine]:
    engines = {}
    for name in ("onnxruntime", "openvino", "openvino-fp32", "torch"):
        try:
            engines[name] = choose_engine(name)
        except SegmenterError as error:
            print(f"left out: {error}")
    return engines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, action="append", default=[], help="more segmenter packages")
    parser.add_argument("--segmenters", default="all")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()

    packages = select(find_packages(arguments.folder), arguments.segmenters)
    case = patient()
    best: dict[str, tuple[float, float]] = {}
    answers: dict[str, np.ndarray] = {}
    engines = installed_engines()
    for _ in range(arguments.repeat):
        for name, engine in engines.items():
            wall, cpu = time.perf_counter(), time.process_time()
            stack = run_segmenters(case, packages, engine=engine)
            spent = time.perf_counter() - wall, time.process_time() - cpu
            best[name] = min(best.get(name, spent), spent)
            answers[name] = stack.probabilities
    reference = next(iter(answers))
    print(f"{len(packages)} segmenters, {SHAPE[2]}x{SHAPE[1]}x{SHAPE[0]} voxels, everything from case to stack")
    print(f"memory estimate {estimate_memory(case, len(packages)) / 1e9:.1f} GB; differences are from {reference}")
    print(f"{'engine':34} {'s':>7} {'CPU s':>7} {'ratio':>6} {'largest':>8} {'mean':>9} {'outline':>8}")
    for name, engine in engines.items():
        wall, cpu = best[name]
        difference = np.abs(answers[name] - answers[reference])
        overlap = dice(outlined(answers[name]), outlined(answers[reference]))
        print(
            f"{engine.name:34} {wall:7.2f} {cpu:7.2f} {wall / best[reference][0]:6.2f} "
            f"{difference.max():8.4f} {difference.mean():9.6f} {overlap:8.5f}"
        )


def dice(a: np.ndarray, b: np.ndarray) -> float:
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else 1.0


if __name__ == "__main__":
    main()
