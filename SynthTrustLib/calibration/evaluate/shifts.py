"""Patients who are deliberately made unlike the others, to see whether that is noticed. All of these are simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.vocabulary import Contrast

Array = npt.NDArray[np.float32]

VERSION = 1
"""Raised whenever a shift is made in another way."""

NOISE = 0.25
"""Standard deviation of the added noise, as a share of the head's 95th percentile."""

BLUR_VOXELS = 2.0
BIAS = 0.6
"""The bias field runs from 1 - BIAS to 1 + BIAS across the head."""

CROPPED = 0.3
"""Share of the width that is cut off on one side."""

RESECTION = "resection cavity (simulated)"

CAVITY = 0.16
"""Radius of the simulated resection cavity, as a share of the brain's shorter extent within slices: about 22 mm."""


def shifts() -> Mapping[str, Callable[[PatientCase, int], PatientCase | None]]:
    """Name -> function of a case and a seed; None where the shift is impossible for the case."""
    return {
        "wrong contrast order": wrong_order,
        "heavy noise": heavy_noise,
        "blur": blur,
        "bias field": bias_field,
        "cropped field of view": cropped,
        "missing contrast": missing_contrast,
        RESECTION: resection_cavity,
    }


def can_resect() -> bool:
    """Whether resector is installed, which the simulated resection cavity alone needs; the laboratory brings it."""
    try:
        import resector.resector  # noqa: F401
    except ImportError:
        return False
    return True


def wrong_order(case: PatientCase, seed: int) -> PatientCase | None:
    """Every contrast under the name of the next one."""
    there = case.contrasts
    if len(there) < 2:
        return None
    taken = [*there[1:], there[0]]
    volumes = {
        name: replace(case.volumes[name], array=case.volumes[source].array)
        for name, source in zip(there, taken, strict=True)
    }
    return replace(case, volumes=volumes)


def heavy_noise(case: PatientCase, seed: int) -> PatientCase:
    """Rician noise in what is not cleared background."""
    random = np.random.default_rng(seed)

    def noisy(array: Array) -> Array:
        head = array > array.min()
        sigma = NOISE * float(np.percentile(array[head], 95))
        real = array + sigma * random.standard_normal(array.shape, np.float32)
        imaginary = sigma * random.standard_normal(array.shape, np.float32)
        return np.where(head, np.hypot(real, imaginary), array).astype(np.float32)

    return _each(case, noisy)


def blur(case: PatientCase, seed: int) -> PatientCase:
    """A Gaussian blur within slices."""
    sigma = [0.0 if axis == case.geometry.axial_axis else BLUR_VOXELS for axis in range(3)]

    def blurred(array: Array) -> Array:
        smooth = ndimage.gaussian_filter(array, sigma)
        return np.where(array > array.min(), smooth, array).astype(np.float32)

    return _each(case, blurred)


def bias_field(case: PatientCase, seed: int) -> PatientCase:
    """A smooth brightening from one side to the other, in a direction of its own for every contrast."""
    random = np.random.default_rng(seed)

    def shaded(array: Array) -> Array:
        direction = random.standard_normal(3)
        direction /= np.linalg.norm(direction)
        ramps = np.meshgrid(*(np.linspace(-1, 1, n, dtype=np.float32) for n in array.shape), indexing="ij", sparse=True)
        ramp = sum(float(weight) * axis for weight, axis in zip(direction, ramps, strict=True))
        low = array.min()
        return np.asarray(low + (array - low) * (1 + BIAS * np.clip(ramp * 1.5, -1, 1)), np.float32)

    return _each(case, shaded)


def cropped(case: PatientCase, seed: int) -> PatientCase:
    """The image ends before the head does, on one side."""
    axis = case.geometry.sideways_axis
    head = np.any([v.array > np.percentile(v.array, 50) for v in case.volumes.values()], axis=0)
    filled = np.flatnonzero(head.any(axis=tuple(a for a in range(3) if a != axis)))
    start = int(filled[0] + CROPPED * (filled[-1] - filled[0]))
    index = tuple(slice(start, None) if a == axis else slice(None) for a in range(3))
    matrix = np.array(case.geometry.ijk_to_ras)
    offset = np.zeros(4)
    offset[2 - axis] = start
    matrix[:3, 3] += (matrix @ offset)[:3]
    shape = tuple(n - start if a == axis else n for a, n in enumerate(case.geometry.shape))
    geometry = Geometry((shape[0], shape[1], shape[2]), matrix)
    volumes = {c: replace(v, array=np.ascontiguousarray(v.array[index])) for c, v in case.volumes.items()}
    return replace(case, geometry=geometry, volumes=volumes)


def missing_contrast(case: PatientCase, seed: int) -> PatientCase | None:
    """Without FLAIR, which shows most of the tumor."""
    if len(case.contrasts) < 2 or Contrast.FLAIR not in case.volumes:
        return None
    volumes = dict(case.volumes)
    del volumes[Contrast.FLAIR]
    return replace(case, volumes=volumes, reference=next(iter(volumes)))


def resection_cavity(case: PatientCase, seed: int) -> PatientCase | None:
    """A cavity filled with fluid, made by `resector` (Perez-Garcia 2021), at one place in all contrasts."""
    import SimpleITK as sitk
    from resector.resector import resect

    brain = ndimage.binary_erosion(
        np.any([v.array > v.array.min() + 0.1 * np.ptp(v.array) for v in case.volumes.values()], axis=0), iterations=2
    )
    points = np.argwhere(brain)
    if not len(points):
        return None
    middle, extent = points.mean(axis=0), np.ptp(points, axis=0) * np.array(case.geometry.spacing)
    reach = np.ptp(points, axis=0) / 4
    central = points[np.all(np.abs(points - middle) <= reach, axis=1)]
    if not len(central):
        return None
    random = np.random.default_rng(seed)
    x, y, z = case.geometry.ras(central[random.integers(len(central))])
    radius = CAVITY * float(np.delete(extent, case.geometry.axial_axis).min())
    original = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(
        case.geometry.to_sitk(brain.astype(np.uint8)).GetDirection()
    )

    def upright(array: npt.NDArray) -> sitk.Image:
        """In the orientation that resector asks for."""
        return sitk.DICOMOrient(case.geometry.to_sitk(array), "RAS")

    volumes = {}
    for contrast, volume in case.volumes.items():
        head = volume.array[volume.array > volume.array.min()]
        fluid = float(np.percentile(head, 97 if contrast == Contrast.T2 else 15))
        noise = random.normal(fluid, 0.05 * abs(fluid) + 1e-3, volume.array.shape).astype(np.float32)
        mask = upright(brain.astype(np.uint8))
        cut, *_ = resect(
            upright(volume.array),
            mask,
            mask,
            sigmas=(0.5, 0.5, 0.5),
            radii=(radius, radius, radius),
            noise_image=upright(noise),
            shape="ellipsoid",
            angles=(0, 0, 0),
            center_ras=(float(x), float(y), float(z)),
        )
        array = sitk.GetArrayFromImage(sitk.DICOMOrient(cut, original)).astype(np.float32)
        volumes[contrast] = replace(volume, array=array)
    return replace(case, volumes=volumes)


def _each(case: PatientCase, change: Callable[[Array], Array]) -> PatientCase:
    volumes = {contrast: replace(volume, array=change(volume.array)) for contrast, volume in case.volumes.items()}
    return replace(case, volumes=volumes)
