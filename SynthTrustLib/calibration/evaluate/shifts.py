"""Patients who are deliberately made unlike the others, to see whether that is noticed. All of these are simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.patient_case import PatientCase, Skull
from SynthTrustLib.vocabulary import Contrast

Array = npt.NDArray[np.float32]

VERSION = 2
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

FLUID = {Contrast.T1: 0.35, Contrast.T1C: 0.3, Contrast.T2: 2.2, Contrast.FLAIR: 0.25}
"""What fluid looks like, of the brain's median."""

FAR = 1000.0
SCALP_MM = 15.0
"""Scalp and skull, roughly, where they are on."""


def shifts() -> Mapping[str, Callable[[PatientCase, int], PatientCase | None]]:
    """Name -> function of a case and a seed; None where the shift is impossible for the case."""
    return {
        "wrong contrast order": wrong_order,
        "heavy noise": heavy_noise,
        "blur": blur,
        "bias field": bias_field,
        "another intensity scale": squared,
        "cropped field of view": cropped,
        "missing contrast": missing_contrast,
        "T1c alone": t1c_alone,
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


def squared(case: PatientCase, seed: int) -> PatientCase:
    """Every intensity squared, from the darkest on: a scale that is not linear in the true one, as none should be."""
    return _each(case, lambda array: np.square(array - array.min(), dtype=np.float32))


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
    return _only(case, [contrast for contrast in case.contrasts if contrast != Contrast.FLAIR])


def t1c_alone(case: PatientCase, seed: int) -> PatientCase | None:
    """Only the image with contrast agent, as some have after an operation."""
    if len(case.contrasts) < 2 or Contrast.T1C not in case.volumes:
        return None
    return _only(case, [Contrast.T1C])


def resection_cavity(case: PatientCase, seed: int) -> PatientCase | None:
    """A cavity of one hemisphere that reaches its surface, filled with fluid, at one place in all contrasts.

    Made by `resector` (Perez-Garcia 2021).
    """
    import SimpleITK as sitk
    from resector.resector import resect

    head = np.any([v.array > v.array.min() + 0.1 * np.ptp(v.array) for v in case.volumes.values()], axis=0)
    # Within slices, as how far these are apart is not known of everybody.
    sampling = [FAR if axis == case.geometry.axial_axis else mm for axis, mm in enumerate(case.geometry.spacing)]
    depth = ndimage.distance_transform_edt(head, sampling=sampling)
    brain = depth > (SCALP_MM if case.skull is Skull.ON else 0)
    if not brain.any():
        return None
    extent = np.ptp(np.argwhere(brain), axis=0) * np.array(case.geometry.spacing)
    radius = CAVITY * float(np.delete(extent, case.geometry.axial_axis).min())
    sideways = case.geometry.sideways_axis
    across = np.moveaxis(
        np.broadcast_to(np.arange(brain.shape[sideways]), np.moveaxis(brain, sideways, 2).shape), 2, sideways
    )
    middle = float(np.mean(np.nonzero(brain)[sideways]))
    random = np.random.default_rng(seed)
    hemisphere = brain & (across > middle if random.random() < 0.5 else across < middle)
    surface = hemisphere & (depth < depth[brain].min() + radius / 2)
    points = np.argwhere(surface & (np.abs(across - middle) * case.geometry.spacing[sideways] > radius))
    if not len(points):
        return None
    x, y, z = case.geometry.ras(points[random.integers(len(points))])
    original = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(
        case.geometry.to_sitk(brain.astype(np.uint8)).GetDirection()
    )

    def upright(array: npt.NDArray) -> sitk.Image:
        """In the orientation that resector asks for."""
        return sitk.DICOMOrient(case.geometry.to_sitk(array), "RAS")

    volumes = {}
    mask = upright(hemisphere.astype(np.uint8))
    for contrast, volume in case.volumes.items():
        dark = float(volume.array.min())
        fluid = FLUID[Contrast(contrast)] * (float(np.median(volume.array[brain])) - dark)
        noise = (dark + random.normal(fluid, 0.08 * fluid, volume.array.shape)).astype(np.float32)
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


def _only(case: PatientCase, contrasts: Sequence[str]) -> PatientCase:
    return replace(case, volumes={name: case.volumes[name] for name in contrasts}, reference=contrasts[0])


def _each(case: PatientCase, change: Callable[[Array], Array]) -> PatientCase:
    volumes = {contrast: replace(volume, array=change(volume.array)) for contrast, volume in case.volumes.items()}
    return replace(case, volumes=volumes)
