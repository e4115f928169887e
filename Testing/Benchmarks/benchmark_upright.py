"""How often a patient who lies right is taken for a turned one, and one whose axes were exchanged is found out.

    python Testing/Benchmarks/benchmark_upright.py DATA... [--patients N]

Each DATA folder holds one folder per patient with t1 and flair as .nii.gz. Whose voxel size is not believed is passed
over, as nothing is asked there. A patient is turned by exchanging axes, or by turning one of them round, under a header
of axial slices. Printed is how many times as much as upright the head shares with the upright one when it is turned.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import head_size, skull_of
from SynthTrustLib.case.place.register import prepare
from SynthTrustLib.case.place.upright import TURNED, turned_over_upright
from SynthTrustLib.case.spacing import judge_spacing

WRONG = {
    "sagittal slices as axial ones": lambda a: a.transpose(2, 1, 0),
    "rows as columns": lambda a: a.transpose(0, 2, 1),
    "upside down": lambda a: a[::-1],
}


def ratios(folder: Path) -> dict[str, float] | None:
    """Of one patient as it lies, and as each of WRONG; None where its voxel size is not believed."""
    images = {c: read_image(path) for c in ("T1", "FLAIR") if (path := folder / f"{c.lower()}.nii.gz").exists()}
    if not images:
        return None
    first = next(iter(images.values()))
    size = head_size(first.look.mask, first.look.steps, first.geometry) if first.look.separable else None
    if not judge_spacing(first.geometry, size, skull_of(first.look)).trusted:
        return None
    found = {"as it lies": turned_over_upright({c: prepare(i.array, i.geometry) for c, i in images.items()})[0]}
    for name, change in WRONG.items():
        ready = {}
        for contrast, image in images.items():
            array = np.ascontiguousarray(change(image.array))
            k, j, i = (image.geometry.spacing[n - 1] for n in change(np.empty((1, 2, 3))).shape)
            ready[contrast] = prepare(array, Geometry(array.shape, np.diag([-i, -j, k, 1.0])))
        found[name] = turned_over_upright(ready)[0]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--patients", type=int, help="so many of each folder, evenly chosen")
    options = parser.parse_args()
    every: dict[str, list[float]] = {}
    for data in options.data:
        folders = sorted(path for path in data.iterdir() if path.is_dir())
        for folder in folders[:: max(1, len(folders) // (options.patients or len(folders)))]:
            found = ratios(folder)
            print(folder.name, found or "passed over", flush=True)
            for name, ratio in (found or {}).items():
                every.setdefault(name, []).append(ratio)
    for name, values in every.items():
        asked = sum(value >= TURNED for value in values)
        print(f"{name}: {asked} of {len(values)} asked about, {min(values):.2f} to {max(values):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
