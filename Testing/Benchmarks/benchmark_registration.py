"""How often registration undoes a known 5 mm and 5 degree misplacement between two contrasts of real patients.

    python Testing/Benchmarks/benchmark_registration.py DATA [--aligned] [--patients 20] [--seed 1] [--spacing I J K]

DATA holds one folder per patient with t1, t1c, t2, flair as .nii.gz, aligned with each other. The moving contrast's
header is turned by 5 degrees about a random axis through the head and pushed 5 mm in a random direction; nothing is
resampled, so the truth is exact up to the patients' own alignment. ``--spacing`` states the true voxel size (i, j, k)
where the header holds a placeholder. A success is a mean error over the head below 1 mm and an angle below 1 degree.

With ``--aligned`` nothing is displaced: it counts how often a contrast is moved although it lies right, on the common
grid (where a quick look decides whether to search) and with a slice less (a grid of its own, which is always searched).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.place.align import align
from SynthTrustLib.case.place.register import prepare, register, seems_misaligned
from SynthTrustLib.case.recognize.files import recognize_folder
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


Images = dict[Contrast, ReadImage]


def patients(options: argparse.Namespace, random: np.random.Generator) -> Iterator[tuple[str, Images]]:
    """Name and contrasts, the one that the others are compared with first."""
    folders = sorted(path for path in options.data.iterdir() if path.is_dir())
    for folder in [folders[n] for n in random.permutation(len(folders))[: options.patients]]:
        try:
            found = recognize_folder(folder).contrasts
            images = {contrast: read_image(one.path) for contrast, one in found.items()}
        except SynthTrustError:
            continue
        if options.spacing:
            images = {c: replace(i, geometry=with_spacing(i.geometry, options.spacing)) for c, i in images.items()}
        still = Contrast.FLAIR if Contrast.FLAIR in images else next(iter(images))
        yield folder.name, {still: images.pop(still), **images}


def with_a_slice_less(image: ReadImage) -> ReadImage:
    """The same image on a grid of its own; nothing else changes."""
    k, j, i = image.geometry.shape
    return replace(image, array=image.array[:-1], geometry=Geometry((k - 1, j, i), image.geometry.ijk_to_ras))


def leave_alone(options: argparse.Namespace, random: np.random.Generator) -> int:
    """Count the contrasts that are moved although they lie right."""
    tried, moved = 0, {"common grid": [], "own grid": []}
    for name, images in patients(options, random):
        still, *others = images
        tried += len(others)
        apart = {c: image if c is still else with_a_slice_less(image) for c, image in images.items()}
        for where, given in (("common grid", images), ("own grid", apart)):
            for contrast, found in align(given, still).moves.items():
                moved[where].append((found.moved_mm, found.moved_degrees))
                print(
                    f"{name} {contrast} to {still}, {where}: moved by {found.moved_mm:.2f} mm, "
                    f"{found.moved_degrees:.2f} degrees; information {found.before:.3f}, then {found.after:.3f}",
                    flush=True,
                )
    for where, moves in moved.items():
        largest = f", by {max(mm for mm, _ in moves):.2f} mm at most" if moves else ""
        print(f"{where}: {len(moves)} of {tried} contrasts moved although they lie right{largest}")
    return 1 if any(moved.values()) else 0


def displace(options: argparse.Namespace, random: np.random.Generator) -> int:
    """Count the displaced contrasts that come back."""
    errors, angles, seconds, detected, false_alarms, flips, false_flips = [], [], [], [], [], [], []
    for name, images in patients(options, random):
        still, *others = images
        reference = prepare(images[still].array, images[still].geometry)
        if reference is None:
            print(f"{name}: no head")
            continue
        points = reference.points * [-1, -1, 1]
        for contrast in others:
            array, grid = images[contrast].array, images[contrast].geometry
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
                f"{name} {contrast} to {still}: {error:.2f} mm, {angle:.2f} degrees left, "
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--patients", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spacing", type=float, nargs=3)
    parser.add_argument("--aligned", action="store_true")
    options = parser.parse_args()
    return (leave_alone if options.aligned else displace)(options, np.random.default_rng(options.seed))


if __name__ == "__main__":
    sys.exit(main())
