"""The patient that SynthTrust ships: simulated from the ICBM 2009 average brain, so that anybody may have it.

Made with::

    synthtrust mixes sample-patient --seed 11 --out Resources/SamplePatient

Nothing in it comes from a patient: the anatomy is the ICBM 152 nonlinear average (McConnell Brain Imaging Centre,
McGill University; free to use, copy, modify and distribute with its notice), as shipped by nilearn; the intensities are
set by hand; the tumor is grown.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy import ndimage

import SynthTrustLib
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.mixes.simulator.anatomy import Anatomy, Tissue
from SynthTrustLib.mixes.simulator.appearance import Appearance, Look
from SynthTrustLib.mixes.simulator.simulate import VERSION, Protocol, simulate
from SynthTrustLib.vocabulary import Contrast, Region

NOTICE = """\
This is not a patient. It was simulated by SynthTrust from the ICBM 152 nonlinear symmetric average brain (2009a), which
is Copyright (C) 1993-2004 Louis Collins, McConnell Brain Imaging Centre, Montreal Neurological Institute, McGill
University. Permission to use, copy, modify, and distribute this software and its documentation for any purpose and
without fee is hereby granted, provided that the above copyright notice appear in all copies. The authors and McGill
University make no representations about the suitability of this software for any purpose. It is provided "as is"
without express or implied warranty. The authors are not responsible for any data loss, equipment damage, property loss,
or injury to subjects or patients resulting from the use or misuse of this software package.

Everything that SynthTrust added (deformation, tumor, intensities, truth) is dedicated to the public domain (CC0 1.0).
"""

LOOK: Look = {
    Contrast.T1: {
        "white": (0.95, 0.05), "gray": (0.68, 0.06), "fluid": (0.22, 0.06),
        "edema": (0.66, 0.07), "core": (0.38, 0.08), "enhancing": (0.62, 0.08),
    },
    Contrast.T1C: {
        "white": (0.88, 0.05), "gray": (0.70, 0.06), "fluid": (0.22, 0.06),
        "edema": (0.62, 0.07), "core": (0.36, 0.10), "enhancing": (1.45, 0.20),
    },
    Contrast.T2: {
        "white": (0.55, 0.05), "gray": (0.78, 0.07), "fluid": (1.65, 0.12),
        "edema": (1.22, 0.12), "core": (1.40, 0.15), "enhancing": (1.00, 0.12),
    },
    Contrast.FLAIR: {
        "white": (0.66, 0.05), "gray": (0.82, 0.06), "fluid": (0.20, 0.06),
        "edema": (1.35, 0.13), "core": (0.72, 0.14), "enhancing": (1.10, 0.13),
    },
}  # fmt: skip
"""Intensities as textbooks describe them, in units of `slices.preprocess.normalize`; measured on nobody."""

PROTOCOL = Protocol("sample", tuple(Contrast), False, (2, 2), 1.0, tuple(Region))


def icbm_anatomy() -> Anatomy:
    """The ICBM 152 average as a tissue map at 1 mm, from the gray- and white-matter maps in nilearn's package."""
    import nilearn

    folder = Path(nilearn.__file__).parent / "datasets" / "data"
    gray, white = (
        read_image(folder / f"mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz").array for name in ("gm", "wm")
    )
    gray, white = gray / gray.max(), white / white.max()
    solid = gray + white > 0.5
    hull = ndimage.binary_fill_holes(ndimage.binary_closing(np.pad(solid, 15), iterations=10))[15:-15, 15:-15, 15:-15]
    fluid = hull & ~solid
    deep = ndimage.distance_transform_edt(hull) > 18
    tissue = np.zeros(solid.shape, np.uint8)
    tissue[fluid] = Tissue.FLUID
    tissue[fluid & deep] = Tissue.VENTRICLE
    tissue[solid] = np.where(white[solid] > gray[solid], Tissue.WHITE, Tissue.GRAY)
    tissue = tissue[:, ::-1, ::-1]  # nilearn's files run to the left, the front and the top in RAS order
    box = ndimage.find_objects((tissue > 0).astype(np.uint8))[0]
    return Anatomy(np.ascontiguousarray(np.pad(tissue[box], 6)), "ICBM 152 2009a")


def write_sample_patient(folder: Path, seed: int) -> None:
    """Simulate the sample patient and write its contrasts, its truth, ``patient.json`` and the notice."""
    import SimpleITK as sitk

    patient = simulate([icbm_anatomy()], Appearance([LOOK]), PROTOCOL, seed)
    folder.mkdir(parents=True, exist_ok=True)
    for contrast, volume in patient.case.volumes.items():
        image = patient.case.geometry.to_sitk(np.clip(np.rint(volume.array * 0.3), 0, 255).astype(np.uint8))
        sitk.WriteImage(image, str(folder / f"{contrast.lower()}.nii.gz"), useCompression=True, compressionLevel=9)
    sitk.WriteImage(patient.case.geometry.to_sitk(patient.label), str(folder / "truth.nii.gz"), useCompression=True)
    facts = {
        "synthetic": True,
        "made_with": f"SynthTrust {SynthTrustLib.__version__}, simulator {VERSION}, seed {seed}",
        "command": f"synthtrust mixes sample-patient --seed {seed} --out Resources/SamplePatient",
        "truth": {"file": "truth.nii.gz", "labels": {"1": "core", "2": "edema", "3": "enhancing"}},
    }
    (folder / "patient.json").write_text(json.dumps(facts, indent=1) + "\n")
    (folder / "NOTICE.txt").write_text(NOTICE)
