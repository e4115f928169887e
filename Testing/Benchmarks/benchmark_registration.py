"""How often registration undoes a known 5 mm and 5 degree misplacement between two contrasts of real patients.

    python Testing/Benchmarks/benchmark_registration.py DATA [--patients 20] [--seed 1] [--spacing 0.9 0.9 6]

DATA holds one folder per patient with t1, t1c, t2, flair as .nii.gz, aligned with each other. The moving contrast's
header is turned by 5 degrees about a random axis through the head and pushed 5 mm in a random direction; nothing is
resampled, so the truth is exact up to the patients' own alignment. ``--spacing`` states the true voxel size (i, j, k)
where the header holds a placeholder. A success is a mean error over the head below 1 mm and an angle below 1 degree.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.read import read_image
from SynthTrustLib.case.recognize import recognize_folder
from SynthTrustLib.case.register import prepare, register, seems_misaligned
from SynthTrustLib.case.spacing import with_spacing
from SynthTrustLib.errors import SynthTrustError
from SynthTrustLib.vocabulary import Contrast

MM, DEGREES = 5.0, 5.0


def random_move(random: np.random.Generator, center: np.ndarray) -> np.ndarray:
    """4x4 RAS: MM in a random direction and DEGREES about a random axis through `center`."""
    axis, direction = (v / np.linalg.norm(v) for v in random.standard_normal((2, 3)))
    angle = np.radians(DEGREES)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    move = np.eye(4)
    move[:3, :3] = turn
    move[:3, 3] = center - turn @ center + MM * direction
    return move


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--patients", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spacing", type=float, nargs=3)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    folders = sorted(path for path in options.data.iterdir() if path.is_dir())
    folders = [folders[n] for n in random.permutation(len(folders))[: options.patients]]
    errors, angles, seconds, detected, false_alarms, flips, false_flips = [], [], [], [], [], [], []
    for folder in folders:
        try:
            found = recognize_folder(folder).contrasts
            images = {contrast: read_image(one.path) for contrast, one in found.items()}
        except SynthTrustError:
            continue
        still = Contrast.FLAIR if Contrast.FLAIR in images else next(iter(images))
        grids = {
            c: with_spacing(i.geometry, options.spacing) if options.spacing else i.geometry for c, i in images.items()
        }
        reference = prepare(images[still].array, grids[still])
        if reference is None:
            print(f"{folder.name}: no head")
            continue
        points = reference.points * [-1, -1, 1]
        for contrast in [c for c in images if c is not still]:
            array, grid = images[contrast].array, grids[contrast]
            move = random_move(random, points.mean(axis=0))
            moving = prepare(array, Geometry(grid.shape, move @ grid.ijk_to_ras))
            plain = prepare(array, grid)
            if moving is None or plain is None:
                continue
            detected.append(seems_misaligned(moving, reference))
            false_alarms.append(seems_misaligned(plain, reference))
            begun = time.perf_counter()
            result = register(moving, reference)
            seconds.append(time.perf_counter() - begun)
            rest = result.reference_to_moving @ np.linalg.inv(move)
            where = points @ move[:3, :3].T + move[:3, 3]
            error = np.linalg.norm(where @ rest[:3, :3].T + rest[:3, 3] - where, axis=1).mean()
            angle = np.degrees(np.arccos(np.clip((np.trace(rest[:3, :3]) - 1) / 2, -1, 1)))
            errors.append(error)
            angles.append(angle)
            false_flips.append(result.flipped)
            swapped = prepare(array[:, :, ::-1], Geometry(grid.shape, move @ grid.ijk_to_ras))
            flips.append(swapped is not None and register(swapped, reference).flipped)
            print(
                f"{folder.name} {contrast} to {still}: {error:.2f} mm, {angle:.2f} degrees left, "
                f"{seconds[-1]:.1f} s, detected {detected[-1]}, false alarm {false_alarms[-1]}, "
                f"flip seen {flips[-1]}, false flip {false_flips[-1]}; "
                f"{result.before:.3f} {result.after:.3f} {result.mirrored:.3f}",
                flush=True,
            )
    within = [e < 1 and a < 1 for e, a in zip(errors, angles, strict=True)]
    print(
        f"{sum(within)} of {len(within)} ({np.mean(within):.1%}) below 1 mm and 1 degree; "
        f"median {np.median(errors):.2f} mm, {np.median(angles):.2f} degrees; {np.median(seconds):.1f} s each\n"
        f"misplacement noticed by the quick look: {np.mean(detected):.1%}; of aligned images, wrongly: "
        f"{np.mean(false_alarms):.1%}\nswapped sides noticed: {np.mean(flips):.1%}; wrongly: {np.mean(false_flips):.1%}"
    )
    return 0 if np.mean(within) >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
