"""Brain extraction with deepbet, for training the segmenters with and without the skull."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.vocabulary import Contrast

_PREFERENCE = (Contrast.T1, Contrast.T1C, Contrast.FLAIR, Contrast.T2)  # deepbet was trained on T1


def extract_brain(case: PatientCase) -> npt.NDArray[np.bool_]:
    """Mask of the brain (k, j, i) from the contrast that deepbet knows best. Needs deepbet and torch."""
    import nibabel
    from deepbet import BrainExtraction

    contrast = next(c for c in _PREFERENCE if c in case.volumes)
    array = case.volumes[contrast].array.transpose(2, 1, 0)
    image = nibabel.Nifti1Image(np.asarray(array, np.float32), case.geometry.ijk_to_ras)
    _, mask, _ = BrainExtraction(no_gpu=True).run(image, n_dilate=1)
    # deepbet answers in RAS order; bring the mask back to the case's own voxel order.
    back = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(mask.affine), nibabel.io_orientation(case.geometry.ijk_to_ras)
    )
    voxels = np.asarray(mask.dataobj) > 0
    if voxels.shape != array.shape or not np.array_equal(back[:, 0], [0, 1, 2]) or np.any(back[:, 1] != 1):
        voxels = nibabel.orientations.apply_orientation(voxels, back)
    return np.ascontiguousarray(voxels.transpose(2, 1, 0))
