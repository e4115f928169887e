"""`assess` with five segmenters, from files to report, against one SegResNet's inference alone, in one run.

    python Testing/Benchmarks/benchmark_assess.py [--repeat 3] [--segmenters 10] [--no-scene]

The patient is made on the fly: four contrasts of 240 x 240 x 155 voxels with a head of the usual size and a bright
tumor. The yardstick is the network of MONAI's BraTS bundle (SegResNet, 16 filters, its published sliding window of
240 x 240 x 160 with overlap 0.5) in torch, eager, float32. Both use the same machine and all its cores, one after the
other, so that the ratio means something elsewhere too. Needs torch, monai and psutil; where fewer packages
ship they are repeated under other ids, and where none do it builds one with onnx from random weights.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SHAPE = (155, 240, 240)
HEAD = (68.0, 88.0, 70.0)
"""Semi-axes (k, j, i) in mm."""


def write_patient(folder: Path) -> None:
    """Four contrasts: smooth tissue and noise in an ellipsoid, a tumor of three parts, air around."""
    import SimpleITK as sitk
    from scipy import ndimage

    draw = np.random.default_rng(1)
    k, j, i = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    head = ((k - 77) / HEAD[0]) ** 2 + ((j - 120) / HEAD[1]) ** 2 + ((i - 120) / HEAD[2]) ** 2 <= 1
    distance = np.sqrt((k - 90.0) ** 2 + (j - 105.0) ** 2 + (i - 90.0) ** 2)
    tissue = ndimage.zoom(draw.standard_normal([n // 10 + 1 for n in SHAPE]), 10, order=1)
    tissue = tissue[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    bright = {"flair": (28, 250), "t2": (26, 200), "t1c": (12, 350), "t1": (20, -120)}
    for name, (radius, contrast) in bright.items():
        volume = 500 + 60 * tissue + 15 * draw.standard_normal(SHAPE) + contrast * (distance < radius)
        image = sitk.GetImageFromArray(np.where(head, volume.clip(1), 0).astype(np.int16))
        image.SetOrigin((-120.0, -120.0, -77.0))
        sitk.WriteImage(image, str(folder / f"{name}.nii.gz"))


def write_packages(folder: Path, count: int) -> list[str]:
    """`count` packages in `folder`: those that ship, repeated under other ids; random weights where none ship."""
    from SynthTrustLib.segmenters.package.card import TrainingMix
    from SynthTrustLib.segmenters.package.folder import read_model, write_package
    from SynthTrustLib.segmenters.package.registry import find_packages

    # The jury first and the flagship, which draws the outline of record anyway, last.
    jurors = sorted(find_packages(), key=lambda one: (one.card.id == "flagship", "ladder" not in one.card.presets))
    shipped = [(package.card, read_model(package)) for package in jurors] or [_random_package()]
    names = []
    for number in range(count):
        card, model = shipped[number % len(shipped)]
        synthetic = round(100 * number / max(1, count - 1))
        mix = TrainingMix(100 - synthetic, synthetic, generator="made up" if synthetic else None)
        card = replace(card, id=f"bench-{number}", training_mix=mix, hashes={}, presets=("benchmark",))
        names.append(card.id)
        write_package(folder / card.id, card, model, licence_text="Only for this benchmark.")
    return names


def _random_package():
    import torch

    sys.path.insert(0, str(ROOT / "Testing" / "Python"))
    import builders

    from SynthTrustLib.mixes.export import export_onnx
    from SynthTrustLib.mixes.make import preprocessing
    from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK, build_network

    torch.manual_seed(1)
    weights = build_network(FAMILY_NETWORK).state_dict()
    return builders.card("random", preprocessing=preprocessing()), export_onnx(weights)


class TreeMemory:
    """Peak of the summed resident memory of a process and its descendants; shared pages count for each of them."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self.peak = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        import psutil

        while not self._stop.wait(0.05):
            try:
                parent = psutil.Process(self._pid)
                tree = (parent, *parent.children(recursive=True))
                self.peak = max(self.peak, sum(process.memory_info().rss for process in tree))
            except psutil.Error:  # one of them has just ended
                continue

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return self.peak


@dataclass
class Cost:
    """Seconds on the clock, and of all cores together: on a busy machine only the second says much."""

    wall: float
    cpu: float


def run_assess(patient: Path, packages: Path, names: list[str], out: Path, scene: bool) -> tuple[Cost, int, float]:
    """Cost and peak bytes of the whole command, start of Python included, and seconds of the networks alone."""
    command = [sys.executable, "-m", "SynthTrustLib", "assess", "--case", str(patient), "--out", str(out), "--quiet"]
    command += ["--segmenter-folder", str(packages), "--segmenters", ",".join(names)]
    command += [] if scene else ["--no-scene"]
    for contrast in ("T1", "T1c", "T2", "FLAIR"):  # tissue that was drawn looks like no contrast
        command += ["--accept", f"looks:{contrast}"]
    begin, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    memory = TreeMemory(process.pid)
    if process.wait():
        raise SystemExit("assess failed")
    wall, after = time.perf_counter() - begin, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    ran = json.loads((out / "scorecard.json").read_text("utf-8"))["provenance"]["segmenters"].values()
    return Cost(wall, cpu), memory.stop(), sum(one["seconds"] for one in ran)


def run_yardstick(patient: Path) -> Cost:
    """Cost of the SegResNet's sliding-window inference alone, weights and volume in memory."""
    import SimpleITK as sitk
    import torch
    from monai.inferers import sliding_window_inference
    from monai.networks.nets import SegResNet

    volumes = [sitk.GetArrayFromImage(sitk.ReadImage(str(path))) for path in sorted(patient.glob("*.nii.gz"))]
    image = torch.from_numpy(np.stack(volumes).astype(np.float32)).permute(0, 3, 2, 1)[None].contiguous()
    image = (image - image.mean()) / image.std()
    network = SegResNet(
        blocks_down=[1, 2, 2, 4], blocks_up=[1, 1, 1], init_filters=16, in_channels=4, out_channels=3, dropout_prob=0.2
    ).eval()
    with torch.inference_mode():
        wall, cpu = time.perf_counter(), time.process_time()
        sliding_window_inference(image, (240, 240, 160), 1, network, overlap=0.5)
        return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--segmenters", type=int, default=5)
    parser.add_argument("--no-scene", action="store_true")
    parser.add_argument("--patient", type=Path, help="a folder with four contrasts instead of the made one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="synthtrust-benchmark-") as scratch:
        patient = arguments.patient or Path(scratch) / "patient"
        packages = Path(scratch) / "packages"
        packages.mkdir()
        if not arguments.patient:
            patient.mkdir()
            write_patient(patient)
        names = write_packages(packages, arguments.segmenters)
        ours, theirs, memory, networks = [], [], [], []
        for _ in range(arguments.repeat):
            cost, peak, alone = run_assess(patient, packages, names, Path(scratch) / "out", not arguments.no_scene)
            ours.append(cost)
            memory.append(peak)
            networks.append(alone)
            theirs.append(run_yardstick(patient))
        print((Path(scratch) / "out" / "run.log").read_text("utf-8"))  # its end says what each stage has cost
        size = sum(path.stat().st_size for path in (Path(scratch) / "out").rglob("*") if path.is_file())
    record = {
        "assess_wall_s": [round(cost.wall, 2) for cost in ours],
        "segresnet_wall_s": [round(cost.wall, 2) for cost in theirs],
        "assess_cpu_s": [round(cost.cpu, 2) for cost in ours],
        "segresnet_cpu_s": [round(cost.cpu, 2) for cost in theirs],
        "networks_wall_s": [round(seconds, 2) for seconds in networks],
        "beside_networks": round(
            min(cost.wall - alone for cost, alone in zip(ours, networks, strict=True)) / min(networks), 3
        ),
        "wall_ratio": round(min(cost.wall for cost in ours) / min(cost.wall for cost in theirs), 3),
        "cpu_ratio": round(min(cost.cpu for cost in ours) / min(cost.cpu for cost in theirs), 3),
        "peak_memory_gb": round(max(memory) / 1e9, 2),
        "result_mb": round(size / 1e6, 1),
        "scene": not arguments.no_scene,
        "cores": os.cpu_count(),
        "machine": platform.processor() or platform.machine(),
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()
