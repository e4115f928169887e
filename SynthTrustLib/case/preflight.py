"""The preflight rows: what was looked at before anything ran, in words for the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE
from SynthTrustLib.case.dicom.examination import near_days
from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head.look import HeadLook, common_head
from SynthTrustLib.case.patient_case import ContrastVolume, Skull
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

LITTLE_OVERLAP = 0.7
"""Below this share of the reference's field of view, a resampled contrast leaves too much of the patient unknown."""

LITTLE_HEAD = 0.85
"""A contrast that shows less of the head than this, where the others show it, has a gap in its field of view."""

TILTED_DEGREES = 20.0
"""Slices tilted further from the anatomical planes look different from what segmenters were trained on."""

MUCH_OF_HEAD = 0.6
"""A contrast that shows less of it than this leaves so much of the patient unseen that a person is asked (seen in a
patient of BraTS: 0.67)."""

FEW_SPIKES = 10
"""So many voxels may have any value."""

THICK = 1.6
"""Slices this many times thicker than the in-plane voxel size are not isotropic."""

OUTLIER = 6.0
"""A maximum this many times the 99.9th percentile comes from spikes, not from tissue."""

SATURATED_SHARE = 0.01
"""More of the head than this at the highest value means that the intensities were clipped."""

_BYTE = 255
_JUMP, _STEP = 208, 128
_JUMPS = 0.25
"""As many jumps from one end of 8 bits to the other as large steps: numbers that ran over (63 real images cut off at
255: 0.14 and less; run over, 57 of them have more)."""


def check_patient(images: Mapping[str, ReadImage]) -> Iterable[Check]:
    """A concern where the headers of DICOM series write the patient differently, and nobody has looked at that yet."""
    told = {c: image.patient for c, image in images.items() if image.patient}
    looked_at = any(remark.name == "patient" for image in images.values() for remark in image.remarks)
    others = [c for c, patient in told.items() if not patient & next(iter(told.values()))]
    if others and not looked_at:
        text = f"the headers of {' and '.join([next(iter(told)), *others])} write the patient differently"
        yield Check("patient", "case", Verdict.CONCERN, f"{text}: they may be of different patients")


def check_days(images: Mapping[str, ReadImage]) -> Iterable[Check]:
    """A concern where the headers of DICOM series say that they were scanned more than a day apart."""
    days = {c: image.day for c, image in images.items() if image.day}
    apart = [c for c, day in days.items() if not near_days(day, next(iter(days.values())))]
    if apart:
        text = (
            f"by their headers, {next(iter(days))} and {' and '.join(apart)} were scanned more than a day apart: they "
            "may be of different examinations"
        )
        yield Check("examination", "case", Verdict.CONCERN, text)


def check_contrasts(
    volumes: Mapping[str, ContrastVolume], left_out: Mapping[str, str], task: Task = GLIOMA
) -> Iterable[Check]:
    """One row per contrast: there, missing, or left out (with the name of its source)."""
    for contrast in task.contrast_ids:
        if contrast in volumes:
            volume = volumes[contrast]
            yield Check("contrast", contrast, Verdict.READY, f"{volume.source} {volume.native.describe()}")
        else:
            what = f"{left_out[contrast]} was left out" if contrast in left_out else "not given"
            text = f"{what}; segmenters that cannot do without it are left out"
            yield Check("contrast", contrast, Verdict.MISSING, text)


def check_recognition(contrast: str, reason: str, confidence: float) -> Check:
    """Why an image was taken for `contrast`, and whether to look at that again (`confidence`, 0..1)."""
    if confidence >= LOW_CONFIDENCE:
        return Check("recognition", contrast, Verdict.READY, f"taken for {contrast}: {reason}")
    text = f"taken for {contrast} with only {confidence:.0%} confidence: {reason}. Name it by hand if that is wrong"
    return Check("recognition", contrast, Verdict.WARNING, text)


def check_grid(volume: ContrastVolume, reference: str, share: float) -> Iterable[Check]:
    """Whether the contrast was resampled, and how much of the reference's field of view it covers (`share`, 0..1)."""
    if not volume.resampled:
        return
    yield Check(
        "grid",
        volume.contrast,
        Verdict.CHANGED,
        f"resampled onto the grid of {reference}; its own was {volume.native.describe()}",
    )
    if share < LITTLE_OVERLAP:
        yield Check(
            "overlap",
            volume.contrast,
            Verdict.WARNING,
            f"covers only {share:.0%} of the field of view of {reference}; the rest is filled with 0",
        )


def check_spacing(geometry: Geometry, trusted: bool, reason: str, stated: bool) -> Check:
    """The voxel size and whether it is believed."""
    sk, sj, si = geometry.spacing
    size = f"{si:.3g} x {sj:.3g} x {sk:.3g} mm"
    if stated:
        return Check("spacing", "case", Verdict.CHANGED, f"{size}, declared by the user instead of the header's")
    if trusted:
        return Check("spacing", "case", Verdict.READY, f"{size}; {reason}")
    return Check(
        "spacing",
        "case",
        Verdict.WARNING,
        f"{size} cannot be true: {reason}. Values in mm and mL are unknown until the true size is stated",
    )


def check_orientation(geometry: Geometry) -> Iterable[Check]:
    """Axis directions, tilt, and the plane of thick slices."""
    codes, tilt = geometry.axis_codes, geometry.tilt_degrees
    text = f"axes run to {' '.join(codes)}" + (f", tilted by {tilt:.0f} degrees" if tilt >= 1 else "")
    tilted = tilt > TILTED_DEGREES
    yield Check("orientation", "case", Verdict.WARNING if tilted else Verdict.READY, text)
    spacing = geometry.spacing
    thick = int(np.argmax(spacing))
    plane = {"S": "axial", "I": "axial", "A": "coronal", "P": "coronal", "R": "sagittal", "L": "sagittal"}[
        codes[2 - thick]
    ]
    if spacing[thick] > THICK * min(spacing) and plane != "axial":
        yield Check(
            "slices",
            "case",
            Verdict.WARNING,
            f"thick {plane} slices ({spacing[thick]:.3g} mm); the segmenters were made for axial slices",
        )


def check_skull(skull: Skull) -> Check:
    """Skull on, off or undecided."""
    if skull is Skull.UNKNOWN:
        return Check("skull", "case", Verdict.WARNING, "it could not be told whether the skull was removed")
    text = {
        Skull.ON: "on: the whole head is there; it stays on, as the segmenters were trained with and without it",
        Skull.OFF: "off: the brain was extracted before",
    }[skull]
    return Check("skull", "case", Verdict.READY, text)


def check_cavity(ml: float) -> Check:
    """Whether a piece of brain seems to be gone, of `ml` mL."""
    if ml:
        text = (
            f"a space of {ml:.0f} mL filled with fluid that the other side lacks, as an operation or a cyst leaves it; "
            "treated patients are outside of what the segmenters are intended for"
        )
        return Check("cavity", "case", Verdict.WARNING, text)
    return Check("cavity", "case", Verdict.READY, "no space was seen that an operation may have left")


def check_intensity(contrast: str, array: npt.NDArray[np.float32], look: HeadLook, background: str) -> Check:
    """What was done to the `background`, in words; spikes, clipping; `array` (k, j, i) on the case's grid."""
    if background:
        return Check("intensity", contrast, Verdict.CHANGED, background)
    head = look.sampled(array)
    head = head[look.mask] if look.mask.any() else head.ravel()
    high, top = float(np.percentile(head, 99.9)), float(array.max())
    saturated = float(np.mean(head == top))
    if high > 0 and top > OUTLIER * high:
        return Check(
            "intensity",
            contrast,
            Verdict.WARNING,
            f"single voxels reach {top:.4g}, {top / high:.0f} times what nearly all others stay below",
        )
    if saturated > SATURATED_SHARE:
        return Check(
            "intensity", contrast, Verdict.WARNING, f"{saturated:.1%} of the head has the highest value: clipped"
        )
    return Check("intensity", contrast, Verdict.READY, f"{float(array.min()):.4g} to {top:.4g}")


def check_sign(contrast: str, array: npt.NDArray[np.float32], background: float | None) -> Iterable[Check]:
    """A concern where an image (k, j, i), as it was read, has values on the wrong side of its exact `background`."""
    if background is None:
        return
    high = float(np.percentile(array[::2, ::2, ::2], 99.8)) - background
    if high <= 0:
        text = "nearly all of it is darker than its background: it may be inverted"
        yield Check("sign", contrast, Verdict.CONCERN, text)
        return
    deep = array[array < background - high]
    # Whole numbers only: in an image scaled to mean 0, dark tissue may lie that deep.
    if background == 0 and deep.size > FEW_SPIKES and not np.any(deep % 1):
        text = (
            f"{deep.size} voxels lie further below its background than the others above it, as where numbers were too "
            "large for the type that they were stored in: its brightest tissue may be lost"
        )
        yield Check("sign", contrast, Verdict.CONCERN, text)


def check_holes(found: Mapping[str, float]) -> Iterable[Check]:
    """A concern for each contrast with a hole in the head, of which `found` is the share (0..1) of the head."""
    for contrast, share in found.items():
        text = (
            f"shows nothing in a piece of {share:.1%} of the head where the other contrasts show tissue, as where a "
            "part was cut out or masked"
        )
        yield Check("hole", contrast, Verdict.CONCERN, text)


def check_overrun(contrast: str, array: npt.NDArray[np.float32]) -> Iterable[Check]:
    """A concern where an image (k, j, i), as it was read, holds 8 bits whose brightest tissue goes on at 0.

    Tissue passes through the values between two others, in some voxel of the border at least; a number that ran over
    does not.
    """
    few = array[::2]
    if float(array.min()) < 0 or not _BYTE - 10 <= float(array.max()) <= _BYTE or np.any(few % 1):
        return
    # Around a stripped brain, and only there, the darkest stands beside anything.
    steps = np.abs(np.diff(few, axis=2))[(few[..., 1:] > 0) & (few[..., :-1] > 0)]
    jumps = int(np.count_nonzero(steps >= _JUMP))
    if jumps > FEW_SPIKES and jumps >= _JUMPS * np.count_nonzero((steps >= _STEP) & (steps < _JUMP)):
        text = (
            f"{jumps} neighbours lie at opposite ends of what 8 bits hold, as where numbers ran over when they were "
            "stored: its brightest tissue may be shown dark"
        )
        yield Check("sign", contrast, Verdict.CONCERN, text)


def check_coverage(looks: Mapping[str, HeadLook]) -> Iterable[Check]:
    """Contrasts that show less of the head than the others do."""
    for contrast, look in looks.items():
        others = common_head([other for name, other in looks.items() if name != contrast])
        if others is None or not others.any():
            continue
        share = float(np.mean(look.shown[others]))
        if share < LITTLE_HEAD:
            yield Check(
                "coverage",
                contrast,
                Verdict.WARNING if share >= MUCH_OF_HEAD else Verdict.CONCERN,
                f"has signal in only {share:.0%} of the head that the other contrasts show",
            )
