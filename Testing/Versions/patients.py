"""Whom versions are compared on: the sample patient, a small copy of it, and real patients of a folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "Resources" / "SamplePatient"
KEPT = ROOT / "Testing" / "Python" / "fixtures"
VERSION = "0.1.0"
"""The version whose files are kept."""

CONVENTION = "WT=1+2+3,TC=1+3,ET=3"
"""What the labels of the sample patient's outline mean."""

SHRINK = (8, 8, 4)
"""Voxels (i, j, k) of the sample patient that are one voxel of the small one, 8 mm wide."""

REAL = ("brats/Brats18_2013_2_1", "tcga-lgg/TCGA_HT_A61A_20000127", "wild/TCGA-DU-7294-native")
"""A stripped head on one grid; a clinical one with placeholder voxel sizes and no T2; one on four grids, no outline."""

DRAWN = ("seg.nii.gz", "wt.nii.gz")
"""What a real patient's outline by experts is called."""


@dataclass(frozen=True)
class Run:
    """One patient, assessed in one way. `options` are those of ``synthtrust assess``."""

    name: str
    options: tuple[str, ...]


def sample_runs() -> Iterator[Run]:
    """The sample patient with the ladder."""
    patient = ("--case", str(SAMPLE), "--reference", str(SAMPLE / "truth.nii.gz"))
    yield Run("sample/ladder", (*patient, "--label", "Synthetic sample patient", "--segmenters", "ladder"))


def small_runs(folder: Path, kept: Path, *, calibrated: bool = False) -> Iterator[Run]:
    """The small patient, which is written into `folder`: with outlines from elsewhere, and with a package.

    Parameters
    ----------
    kept : Path
        Where the calibration and the package of an earlier version lie.
    calibrated : bool
        Also with the kept calibration. That of 0.1.0 is refused since, so only who keeps a version's files asks for it.
    """
    truth = write_small_patient(folder) / "truth.nii.gz"
    patient = ("--case", str(folder), "--reference", str(truth), "--label", "Small sample patient")
    outside = ("--member", f"Spelled out={truth}:WT=2,TC=1,ET=3", "--member", f"Drawn by hand={truth}:{CONVENTION}")
    yield Run("small/outside", (*patient, "--segmenters", "real-only,synthetic-50,synthetic-only", *outside))
    if calibrated:
        fitted = ("--segmenters", "real-against-synthetic", "--calibration", str(kept / "calibration.json"))
        yield Run("small/calibrated", (*patient, *fitted))
    package = ("--segmenters", "kept", "--segmenter-folder", str(kept / "packages"))
    yield Run("small/package", (*patient, *package))


def real_runs(data: Path, names: Sequence[str] = REAL) -> Iterator[Run]:
    """Real patients, each a folder below `data`, with the ladder and against their outline where there is one."""
    for name in names:
        folder = data / name
        options = ["--segmenters", "ladder"]
        for path in folder.glob("*.nii.gz"):
            if path.name in DRAWN:
                options += ["--reference", str(path)]
            else:
                options += [f"--{path.name.removesuffix('.nii.gz')}", str(path)]
        if not options[2:]:
            raise SystemExit(f"there is no patient {name} in {data}")
        yield Run(f"{Path(name).name}/ladder", tuple(options))


def write_small_patient(folder: Path) -> Path:
    """The sample patient at 8 mm, so small that a result of it is quickly made and kept. Returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in SAMPLE.glob("*.nii.gz"):
        shrink = sitk.Shrink if path.name == "truth.nii.gz" else sitk.BinShrink
        sitk.WriteImage(shrink(sitk.ReadImage(str(path)), SHRINK), str(folder / path.name), True)
    shutil.copy(SAMPLE / "patient.json", folder)
    return folder
