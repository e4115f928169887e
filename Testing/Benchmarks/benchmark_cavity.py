"""How often a simulated resection cavity is noticed, and how often an untreated patient is taken for operated.

    pip install resector
    python Testing/Benchmarks/benchmark_cavity.py DATA [--patients 22] [--seed 1] [--ml 30]

DATA holds one folder per patient with t1, t1c, t2, flair as .nii.gz, skull stripped. The cavity's shape is drawn by
resector (an ellipsoid on the cortex of one hemisphere, about half of it inside the brain) and filled with fluid in
every contrast.
Simulated cavities are cleaner than real ones: the share that is found is an upper bound.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from SynthTrustLib.calibration.evaluate.shifts import FLUID
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.cavity import SMALLEST_ML, cavity_ml
from SynthTrustLib.case.head.look import look_at_head
from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.vocabulary import Contrast

STEP = 2
MOST_DRAWS = 10


def cavity_mask(brain: np.ndarray, ml: float, random: np.random.Generator) -> np.ndarray:
    """Shape of a cavity in one hemisphere of `brain`, as resector draws it."""
    import SimpleITK as sitk
    from resector.io import get_sphere_poly_data
    from resector.resector import resect

    columns = np.nonzero(brain)[2]
    half = np.zeros_like(brain)
    middle = int(columns.mean())
    half[..., : middle - 2] = brain[..., : middle - 2]
    if random.random() < 0.5:
        half = brain & (np.arange(brain.shape[2]) > middle + 2)
    depth = ndimage.distance_transform_edt(brain)
    upper = np.arange(brain.shape[0])[:, None, None] > np.percentile(np.nonzero(brain)[0], 40)
    cortex = half & (depth < 3) & upper
    # resector wants axes that run to R, A and S, and room around the head.
    room = 20
    canonical = Geometry(tuple(n + 2 * room for n in brain.shape), np.diag([STEP, STEP, STEP, 1.0]))

    def image(mask: np.ndarray) -> sitk.Image:
        return canonical.to_sitk(np.pad(mask[:, ::-1, ::-1].astype(np.uint8), room))

    radius = (1.5 * ml * 1000 / (2 * np.pi)) ** (1 / 3)
    ratio = random.uniform(1.0, 1.6)
    result = resect(
        image(brain),
        image(cortex),
        image(half),
        (0.7, 0.7, 0.7),
        (radius, radius * ratio, radius / ratio),
        shape="ellipsoid",
        texture="dark",
        angles=tuple(random.uniform(0, 360, 3)),
        sphere_poly_data=get_sphere_poly_data(),
    )
    return sitk.GetArrayFromImage(result[1])[room:-room, room:-room, room:-room][:, ::-1, ::-1] > 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--patients", type=int, default=22)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ml", type=float, default=30.0)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    wrongly, patients, found, total = 0, 0, 0, 0
    for folder in sorted(path for path in options.data.iterdir() if path.is_dir())[: options.patients]:
        arrays = {}
        for contrast in Contrast:
            image = read_image(folder / f"{contrast.lower()}.nii.gz")
            arrays[contrast] = np.maximum(image.array[::STEP, ::STEP, ::STEP], 0)
        matrix = image.geometry.ijk_to_ras @ np.diag([STEP, STEP, STEP, 1.0])
        geometry = Geometry(arrays[Contrast.T2].shape, matrix)
        look = look_at_head(arrays[Contrast.T2], geometry)
        before = cavity_ml(arrays, look, geometry, Skull.OFF)
        brain = np.asarray(look.mask)
        assert look.steps == (1, 1, 1)
        draws = (cavity_mask(brain, options.ml, random) for _ in range(MOST_DRAWS))
        cavity = next((drawn for drawn in draws if drawn.sum() * STEP**3 >= 1000 * SMALLEST_ML), None)
        wrongly, patients = wrongly + (before > 0), patients + 1
        if cavity is None:  # the ellipsoid lay outside of the brain every time
            print(f"{folder.name}: untreated {before:.1f} mL; no cavity could be drawn", flush=True)
            continue
        operated = {}
        for contrast, array in arrays.items():
            median = float(np.median(array[brain]))
            fluid = FLUID[contrast] * median * (1 + 0.08 * random.standard_normal(array.shape))
            soft = ndimage.gaussian_filter(cavity.astype(np.float32), 0.6)
            operated[contrast] = ((1 - soft) * array + soft * fluid).astype(np.float32)
        after = cavity_ml(operated, look_at_head(operated[Contrast.T2], geometry), geometry, Skull.OFF)
        true_ml = cavity.sum() * STEP**3 / 1000
        found, total = found + (after > 0), total + 1
        print(
            f"{folder.name}: untreated {before:.1f} mL; cavity of {true_ml:.1f} mL, noticed {after:.1f} mL", flush=True
        )
    print(
        f"{found} of {total} simulated cavities noticed; {wrongly} of {patients} untreated patients taken for operated"
    )
    return 1 if wrongly else 0


if __name__ == "__main__":
    sys.exit(main())
