"""The training samples of real patients, and how these look: prepared once and cached on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from SynthTrustLib.case.patient_case import PatientCase, Skull
from SynthTrustLib.fingerprint import digest, fingerprint
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.mixes.brain import extract_brain
from SynthTrustLib.mixes.dataset import Sample, make_sample
from SynthTrustLib.mixes.simulator.appearance import Appearance, Look
from SynthTrustLib.mixes.simulator.fit import measure_case, read_appearance, write_appearance
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing
from SynthTrustLib.whole_file import whole_file

SETTINGS = Preprocessing(solid_head=True)
"""The preprocessing of the family that is trained here."""

SLICE_SMOOTHING = 0.25
"""What each neighbouring slice adds to a slice's probabilities (see Docs/decisions for what it gains)."""


def real_samples(cases: Sequence[LabelledCase], cache: Path) -> list[Sample]:
    """Every case as it is; and, where the skull is on, once more with the brain extracted."""
    samples = []
    for entry in cases:
        samples += cached(prepared_folder(cache) / f"{case_identity(entry)}.npz", partial(_prepare_real, entry, cache))
    return samples


def fit_appearances(cases: Iterable[LabelledCase], cache: Path) -> dict[str, Appearance]:
    """Cohort -> how these patients of it look, measured once and kept in `cache`."""
    cohorts: dict[str, list[LabelledCase]] = {}
    for entry in cases:
        cohorts.setdefault(entry.cohort, []).append(entry)
    appearances = {}
    for cohort, members in cohorts.items():
        path = cache / f"appearance-{digest([case_identity(entry) for entry in members])}.json"
        if not path.exists():
            write_appearance(path, Appearance([_measure_look(entry, cache / "real") for entry in members]))
        appearances[cohort] = read_appearance(path)
    return appearances


def without_skull(case: PatientCase, brain: np.ndarray) -> PatientCase:
    """The case with everything outside `brain` (k, j, i) set to the lowest intensity."""
    volumes = {
        contrast: replace(volume, array=np.where(brain, volume.array, volume.array.min()).astype(np.float32))
        for contrast, volume in case.volumes.items()
    }
    return replace(case, volumes=volumes, skull=Skull.OFF)


def _prepare_real(entry: LabelledCase, cache: Path) -> list[Sample]:
    case = entry.load()
    masks = entry.masks(case)
    samples = [make_sample(entry.id, entry.cohort, case, masks, entry.regions, SETTINGS, synthetic=False)]
    if case.skull is not Skull.OFF:
        stripped = without_skull(case, brain_mask(entry, case, cache))
        samples.append(make_sample(entry.id, entry.cohort, stripped, masks, entry.regions, SETTINGS, synthetic=False))
    return samples


def _measure_look(entry: LabelledCase, cache: Path) -> Look:
    case = entry.load()
    return measure_case(case, entry.masks(case), brain_mask(entry, case, cache))


def brain_mask(entry: LabelledCase, case: PatientCase, cache: Path) -> np.ndarray:
    """The brain's mask: what is not background where the skull is off, deepbet's answer (cached) where it is on."""
    if case.skull is Skull.OFF:
        return np.any([volume.array > volume.array.min() for volume in case.volumes.values()], axis=0)
    path = cache / f"brain-{case_identity(entry)}.npz"
    if not path.exists():
        _write(path, {"brain": np.packbits(extract_brain(case)), "shape": np.array(case.geometry.shape)})
    with np.load(path) as stored:
        shape = tuple(stored["shape"])
        return np.unpackbits(stored["brain"])[: int(np.prod(shape))].reshape(shape).astype(bool)


def prepared_folder(cache: Path) -> Path:
    """Where `cache` keeps the samples of this preprocessing; what others have prepared lies beside it."""
    return cache / f"prepared-{fingerprint(SETTINGS.to_dict())[:8]}"


def cached(path: Path, make: Callable[[], list[Sample]]) -> list[Sample]:
    """The samples of one case, from `path` where they are there, else made and stored (atomically)."""
    if not path.exists():
        samples = make()
        arrays: dict[str, np.ndarray] = {}
        for n, sample in enumerate(samples):
            arrays[f"image{n}"], arrays[f"label{n}"] = sample.image, sample.label
            arrays[f"facts{n}"] = np.array([sample.synthetic, *sample.known, sample.step])
        arrays["names"] = np.array([samples[0].id, samples[0].cohort])
        _write(path, arrays)
    with np.load(path) as stored:
        identifier, cohort = (str(name) for name in stored["names"])
        samples = []
        for n in range(sum(key.startswith("image") for key in stored)):
            synthetic, wt, tc, et, step = (int(value) for value in stored[f"facts{n}"])
            known = (bool(wt), bool(tc), bool(et))
            image, label = stored[f"image{n}"], stored[f"label{n}"]
            samples.append(Sample(identifier, cohort, bool(synthetic), image, label, known, step))
        return samples


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with whole_file(path) as part, part.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
