"""Networks in 8-bit integers (NNCF) against float32 and bfloat16: processor time, and what becomes of the outlines.

    pip install nncf
    python Testing/Benchmarks/benchmark_int8.py Resources/Study/plan-2.yaml --data DATA --work WORK [--only real-only]

Activations are calibrated on slices of 16 training patients; all calibration patients are outlined, those of
TCGA-LGG with the skull and without.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.mixes.dataset import slab
from SynthTrustLib.mixes.evaluate import evaluate, run_network
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.mixes.plan import read_plan
from SynthTrustLib.mixes.samples import real_samples
from SynthTrustLib.segmenters.adapters.slices.mirrored import as_card_asks
from SynthTrustLib.segmenters.adapters.slices.preprocess import SLICES_PER_CONTRAST
from SynthTrustLib.segmenters.adapters.slices.smooth_slices import smoothing_of
from SynthTrustLib.segmenters.engines.openvino import (
    OpenVinoEngine,
    OpenVinoNetwork,
    fold_constants,
    import_openvino,
)
from SynthTrustLib.segmenters.package.folder import load_package, read_model
from SynthTrustLib.vocabulary import Region

PATIENTS, SLICES = 8, 12
"""Training patients of each cohort, and slices of each, that NNCF sees."""


class Int8Engine(OpenVinoEngine):
    """OpenVINO with the networks quantised as they are compiled; what stays a float is of `precision`."""

    def __init__(self, precision: str, seen: list) -> None:
        super().__init__(precision)
        self._seen, self._quantised = seen, {}

    def compile(self, package, shape):
        import nncf

        if package.card.id not in self._quantised:
            model = import_openvino().Core().read_model(read_model(package))
            model.reshape([-1, shape[1], -1, -1])
            fold_constants(model)
            self._quantised[package.card.id] = nncf.quantize(
                model, nncf.Dataset(self._seen), subset_size=len(self._seen), preset=nncf.QuantizationPreset.MIXED
            )
        model = self._quantised[package.card.id].clone()
        model.reshape(list(shape))
        return OpenVinoNetwork(self._core.compile_model(model, "CPU", self._settings))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", default="real-only")
    arguments = parser.parse_args()
    laboratory = Laboratory(read_plan(arguments.plan), arguments.data, arguments.work)
    chance = random.Random(1)
    train = laboratory.part("train")
    cohorts = sorted({case.cohort for case in train})
    chosen = [one for name in cohorts for one in chance.sample([c for c in train if c.cohort == name], PATIENTS)]
    seen = [
        slab(sample.image.astype(np.float32), k, sample.step)[None]
        for sample in real_samples(chosen, arguments.work / "real")
        for k in chance.sample(range(len(sample.label)), min(SLICES, len(sample.label)))
    ]
    held_out = laboratory.part("calibration")
    engines = {
        "f32": OpenVinoEngine("f32"),
        "f32, int8": Int8Engine("f32", seen),
        "bf16": OpenVinoEngine("bf16"),
        "bf16, int8": Int8Engine("bf16", seen),
    }
    package = load_package(ROOT / "Resources/Segmenters" / arguments.only)
    seconds = dict.fromkeys(engines, 0.0)
    dice: dict[str, dict[tuple[str, str], list[float]]] = {name: {} for name in engines}
    heads = [(case.cohort, sample) for case in held_out for sample in real_samples([case], arguments.work / "real")]
    for cohort, sample in heads:
        count, height, width = sample.label.shape
        for name, engine in engines.items():
            size = min(engine.batch, count)
            network = engine.compile(package, (size, sample.image.shape[0] * SLICES_PER_CONTRAST, height, width))
            begun = time.process_time()
            found = run_network(as_card_asks(network, package.card), sample, size, smoothing_of(package.card))
            seconds[name] += time.process_time() - begun
            masks = dict(zip(Region, found >= 0.5, strict=True))
            for region, value in evaluate(masks, sample).items():
                dice[name].setdefault((cohort, str(region)), []).append(value)
    for name in engines:
        print(f"{name}: {seconds[name]:.1f} CPU s, {seconds[name] / seconds['f32']:.2f} of f32")
        for (cohort, region), values in dice[name].items():
            change = np.subtract(values, dice["f32"][cohort, region])
            print(
                f"  {cohort} {region}: {np.mean(values):.4f}, changed by {change.mean():+.4f}, "
                f"at most {np.abs(change).max():.4f} (n = {len(values)})"
            )


if __name__ == "__main__":
    main()
