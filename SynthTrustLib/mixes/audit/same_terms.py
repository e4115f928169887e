"""Every case brought to the same terms before it is measured: grid, spacing, skull and intensity scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import SimpleITK as sitk

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.read import image_suffix
from SynthTrustLib.case.load import load_case
from SynthTrustLib.case.outline.given import load_outline
from SynthTrustLib.case.patient_case import PatientCase, Skull
from SynthTrustLib.errors import InputError, SynthTrustError
from SynthTrustLib.mixes.audit.given_case import GivenCase
from SynthTrustLib.mixes.brain import extract_brain
from SynthTrustLib.mixes.dataset import Sample, make_sample
from SynthTrustLib.mixes.samples import without_skull
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing
from SynthTrustLib.vocabulary import Region

TERMS = Preprocessing(in_plane_keep_mm=(1.0, 1.0), finest_slice_mm=1000.0, solid_head=True)
"""Axial slices in LPS order of 1 mm x 1 mm x 1 mm, cropped to the head, every contrast with the median of its brain at
0.75 and its robust deviation at 0.25."""

_EXTRACTING = Lock()
"""deepbet keeps all cores busy, and its memory: one case at a time."""

PLACEHOLDER = "its voxel size is a placeholder: compared voxel by voxel"
OTHER_SIZE = "its label is of another size than its images; where it says nothing there is no tumor"
"""What was done where a label does not cover the images."""

WITHOUT_LABEL = "its label could not be used, so it was measured without one"
"""Begins what was done where a label means nothing that is known, or does not lie on the images."""


@dataclass(frozen=True, eq=False)
class SameTerms:
    """A case on the terms of all.

    Attributes
    ----------
    done : tuple of str
        What was done to this case beside `set_audit.ALWAYS`, in words; the same words for the same thing in every case.
    concerns : tuple of str
        Names of the checks that raised a concern, such as ``looks`` where a contrast looks like another.
    """

    sample: Sample
    done: tuple[str, ...]
    concerns: tuple[str, ...]


def same_terms(given: GivenCase, *, synthetic: bool) -> SameTerms:
    """Read a case and bring it to `TERMS`.

    Raises InputError or GeometryError if an image cannot be used, or none shows a head.
    """
    case = load_case(given.contrasts)
    checks: Sequence[Check] = case.checks
    masks: dict[Region, np.ndarray] = {}
    done = [_resampled(case), _cleaned(checks), _of_another_size(given.label, case)]
    if given.label is not None:
        try:
            outline = load_outline(given.label, case, convention=given.convention, what="label")
        except SynthTrustError as error:  # what its images show can be said all the same
            done = [done[0], done[1], f"{WITHOUT_LABEL}: {error.what}"]
        else:
            masks = {Region(region): mask for region, mask in outline.masks.items()}
            checks = (*checks, *outline.checks)
            done[1] = _cleaned(checks)
    if case.skull is not Skull.OFF:
        with _EXTRACTING:
            brain = extract_brain(case)
        if brain.any():
            case = without_skull(case, brain)
            done.append("the brain was extracted, with deepbet")
        else:
            done.append("no brain could be extracted: it was measured as it came")
    sample = make_sample(given.id, "", case, masks, tuple(masks), TERMS, synthetic=synthetic)
    if not sample.present:
        raise InputError("its images show no head", source=given.id, next_step="Look at them, or leave the case out.")
    concerns = tuple(sorted({check.name for check in checks if check.verdict is Verdict.CONCERN}))
    return SameTerms(sample, tuple(filter(None, done)), concerns)


def _resampled(case: PatientCase) -> str:
    if not case.spacing_trusted:
        return PLACEHOLDER
    spacing = np.round(case.geometry.spacing, 2)
    return "" if np.allclose(spacing, 1.0) else "resampled to voxels of 1 mm"


def _of_another_size(label: Path | None, case: PatientCase) -> str:
    """A label map may share the images' voxels and lack some of them: its tumor may be cut."""
    if label is None or not image_suffix(label):
        return ""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(label))
    try:
        reader.ReadImageInformation()
    except RuntimeError:  # ITK reads fewer files than we do, such as one that is packed and not called so
        return ""
    same = sorted(reader.GetSize()) in (sorted(volume.native.shape) for volume in case.volumes.values())
    return "" if same else OTHER_SIZE


def _cleaned(checks: Sequence[Check]) -> str:
    changed = {check.name for check in checks if check.verdict is Verdict.CHANGED}
    words = {
        "grid": "contrasts on other grids were resampled onto one",
        "intensity": "the background's value was moved to 0",
        "outline_grid": "the label came on another grid and was resampled onto that of the images",
    }
    return "; ".join(text for name, text in words.items() if name in changed)
