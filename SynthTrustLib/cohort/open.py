"""Open a cohort to look at it: who is who, the worklist, a patient's images. It needs neither Dask nor pyarrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from SynthTrustLib.case.file.image import ReadImage
from SynthTrustLib.case.load import read_found
from SynthTrustLib.case.recognize.files import Recognized, recognize_dicom, recognize_folder
from SynthTrustLib.cohort.folder import cohort_id, require_cohort
from SynthTrustLib.cohort.keys import KEYS_FILE, Known, read_known
from SynthTrustLib.cohort.patient import Patient, reference_path
from SynthTrustLib.cohort.report.worklist import Line, read_worklist
from SynthTrustLib.cohort.verdicts import read_verdicts
from SynthTrustLib.errors import InputError
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.trust.verdict import Verdict

READERS = 2
"""Images that are read at the same time: decompression runs outside Python's lock."""


@dataclass(frozen=True, eq=False)
class OpenCohort:
    """A cohort as it was when it was read."""

    folder: Path
    id: str
    """The same for this cohort wherever its folder lies."""
    lines: Sequence[Line]
    """Every patient, worst first."""
    known: Mapping[str, Known]
    """Key -> who it is; for this user's eyes."""
    verdicts: Mapping[str, tuple[Verdict, ...]] = field(default_factory=dict)
    """Key -> the last verdict of each reader on each region."""

    def name(self, key: str) -> str:
        """What the user knows a patient by; the key where the local file does not tell."""
        return self.known[key].name if key in self.known else key


def open_cohort(folder: Path, progress: Progress = silent) -> OpenCohort:
    """Read what a folder of ``synthtrust cohort run`` holds.

    Raises InputError if it is no cohort, or its keys cannot be read.
    """
    require_cohort(folder)
    return OpenCohort(
        folder, cohort_id(folder), read_worklist(folder, progress), read_known(folder), read_verdicts(folder)
    )


def read_images(
    cohort: OpenCohort, key: str, scorecard: Scorecard, progress: Progress = silent
) -> dict[str, ReadImage]:
    """The images that a patient's result was computed from, contrast -> image, from where the patient's files lie.

    Raises InputError if it is not known where they lie, they are gone, or they have changed since.
    """
    known = cohort.known.get(key)
    if known is None:
        raise InputError(
            f"{KEYS_FILE}, which says where its images lie, is missing or may not be read by you",
            source=key,
            next_step="Ask whoever has run the cohort.",
        )
    if known.patient is None:
        raise InputError(
            "it is not known where this patient's images lie",
            source=cohort.name(key),
            next_step="Run the cohort once more with this version: nobody who is done runs again.",
        )
    hashes: Mapping[str, str] = scorecard.provenance["inputs"]
    progress("reading the images", 0.0)
    try:
        places = _places(known.patient)
        with ThreadPoolExecutor(READERS) as pool:
            images = dict(zip(hashes, pool.map(read_found, (places[contrast] for contrast in hashes)), strict=True))
    except (InputError, KeyError, OSError):
        raise InputError(
            "its images are no longer where they were, or cannot be read",
            source=known.name,
            next_step="Bring them back, or run the cohort once more from where they are now.",
        ) from None
    changed = [contrast for contrast, image in images.items() if image.sha256 != hashes[contrast]]
    if changed:
        raise InputError(
            f"the image of {' and of '.join(changed)} has changed since this result was computed",
            source=known.name,
            next_step="Run the cohort once more.",
        )
    return images


def _places(patient: Patient) -> dict[str, Path | Recognized]:
    """Contrast -> its image, found as a run finds it."""
    places: dict[str, Path | Recognized] = dict(patient.contrasts)
    used = [*patient.contrasts.values(), *([reference_path(patient.reference)] if patient.reference else [])]
    if patient.folder and patient.files:
        places |= recognize_dicom(patient.files, patient.name, named=patient.contrasts, used=used).contrasts
    elif patient.folder:
        places |= recognize_folder(patient.folder, named=patient.contrasts, used=used).contrasts
    return places
