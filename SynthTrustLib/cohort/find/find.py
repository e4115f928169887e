"""The patients that a user means by one path: a folder of patients, BIDS, a DICOM tree, or a table of paths."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from SynthTrustLib.case.dicom.file import looks_like_dicom
from SynthTrustLib.case.file.below import LEFT_BY_SYSTEMS, files_below, is_result
from SynthTrustLib.case.file.read import image_suffix
from SynthTrustLib.cohort.find.dicom_tree import patients_of_tree
from SynthTrustLib.cohort.find.table import read_table
from SynthTrustLib.cohort.folder import COHORT_FILE
from SynthTrustLib.cohort.patient import DEEPEST_FOLDER, Patient
from SynthTrustLib.errors import InputError
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

BIDS_PREFIX, BIDS_SESSION = "sub-", "ses-"

_BESIDE_SUBJECTS = LEFT_BY_SYSTEMS | {"code", "derivatives", "docs", "logs", "phenotype", "sourcedata", "stimuli"}
"""Folders of BIDS that hold no subject's own images."""

DEEPEST_IMAGE_FOLDER = 3
"""As deep as a patient's image files are recognized."""


def find_patients(
    source: Path,
    *,
    reference: str | None = None,
    note: Callable[[str], None] = lambda text: None,
    task: Task = GLIOMA,
) -> list[Patient]:
    """Every patient of `source`, in order; all paths are absolute, as workers have another working folder.

    `reference`: the column of a table that holds outlines to measure against, or the name of such a file in each
    folder, such as ``seg.nii.gz`` or ``*_seg.nii.gz``. `note`: receives what was found and is no patient, in words for
    the screen. Raises InputError if there is none, the table is wrong, or `source` is itself one patient.
    """
    source = Path(os.path.abspath(source))  # noqa: PTH100 - as of assess
    if os.path.isfile(source):  # noqa: PTH113 - unlike Path.is_file, it never raises
        return read_table(source, reference, task)
    if not os.path.isdir(source):  # noqa: PTH112
        raise InputError(
            "there is no such folder or table", source=str(source), next_step="Check the path and the spelling."
        )
    patients = _of_folders(source, note)
    if not patients:
        raise InputError(
            "no patient was found in it",
            source=str(source),
            next_step="Give a folder with one folder a patient, a BIDS folder, a DICOM tree, or a table of paths.",
        )
    patients = [_with_reference(patient, reference) for patient in patients]
    without = sum(patient.reference is None for patient in patients)
    if reference and without == len(patients):
        raise InputError(
            "no patient has a file of this name in the folder",
            source=f"--reference {reference}",
            next_step="Give its name as in each patient's folder, such as seg.nii.gz, or in quotes '*_seg.nii.gz'.",
        )
    if reference and without:
        note(f"without a reference: {without} of {len(patients)} patients")
    return patients


def _of_folders(source: Path, note: Callable[[str], None]) -> list[Patient]:
    try:
        children = sorted(path for path in source.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"the folder cannot be opened ({error.strerror or type(error).__name__})",
            source=str(source),
            next_step="Check that you may read it and that the disk is connected.",
        ) from None
    bids = [path for path in children if path.name.startswith(BIDS_PREFIX) and path.is_dir()]
    if bids:
        others = {path.name for path in children if path.is_dir() and path not in bids} - _BESIDE_SUBJECTS
        if others:
            note(f"not used: {_folders(len(others))} beside the subjects of BIDS (sub-*)")
        return [patient for subject in bids for patient in _of_subject(subject)]
    patients: list[Patient] = []
    rest: list[Path] = []
    without: list[Path] = []
    closed = 0
    for child in (path for path in children if path.is_dir() and path.name not in LEFT_BY_SYSTEMS):
        if (child / COHORT_FILE).is_file():  # the results of an earlier run are nobody's images
            note("not used: a folder that is itself a cohort")
            continue
        if is_result(child):
            note("not used: a folder that is itself a result")
            continue
        below = files_below(child, DEEPEST_FOLDER)
        closed += len(below.closed)
        if _is_of_images(child, below.files):
            patients.append(Patient(child.name, child))
        else:
            rest += below.files
            without.append(child)
    loose = [path for path in children if not path.is_dir()]
    images = [path for path in loose if image_suffix(path)]
    if images and not patients:
        raise InputError(
            f"it holds {len(images)} image files itself, so it is one patient",
            source=str(source),
            next_step="Use synthtrust assess --case, or give the folder above.",
        )
    if images:
        lie = "image file that lies" if len(images) == 1 else "image files that lie"
        note(f"not used: {len(images)} {lie} in no patient's folder")
    rest += [path for path in loose if not image_suffix(path)]
    of_dicom = patients_of_tree(source, rest, note)
    unused = sum(not _holds_any(folder, of_dicom) for folder in without)
    if unused:
        note(f"not used: {_folders(unused)} without an image that can be read")
    if closed:
        note(f"not used: {_folders(closed)} that cannot be opened")
    return _with_names_of_their_own([*patients, *of_dicom])


def _with_names_of_their_own(patients: Iterable[Patient]) -> list[Patient]:
    """Two examinations on one day are numbered, in the order of their files; a folder keeps its name."""
    named: dict[str, Patient] = {}
    for patient in sorted(patients, key=lambda one: (bool(one.files), one.name, one.files)):
        name, count = patient.name, 1
        while name in named:
            count += 1
            name = f"{patient.name} ({count})"
        named[name] = replace(patient, name=name)
    return sorted(named.values(), key=lambda patient: patient.name)


def _folders(number: int) -> str:
    return "1 folder" if number == 1 else f"{number} folders"


def _is_of_images(folder: Path, files: Sequence[Path]) -> bool:
    """Whether a folder is that of a patient whose image files are recognized; deep below may lie parts of archives."""
    images = [path for path in files if image_suffix(path)]
    if any(len(path.relative_to(folder).parent.parts) <= DEEPEST_IMAGE_FOLDER for path in images):
        return True
    return bool(images) and not any(looks_like_dicom(path) for path in files)


def _holds_any(folder: Path, patients: Iterable[Patient]) -> bool:
    """Whether something of one of the patients lies in the folder."""
    places = (path for patient in patients for path in (patient.files or (patient.folder,)) if path)
    return any(folder == path or folder in path.parents for path in places)


def _of_subject(subject: Path) -> list[Patient]:
    sessions = sorted(path for path in subject.glob(f"{BIDS_SESSION}*") if path.is_dir())
    examinations = [(f"{subject.name}/{path.name}", path) for path in sessions] or [(subject.name, subject)]
    return [Patient(name, path, person=subject.name) for name, path in examinations]


def _with_reference(patient: Patient, name: str | None) -> Patient:
    """The patient with the reference of that file name in the folder, where it is there.

    Raises InputError if several files fit the name.
    """
    if name is None or patient.folder is None:
        return patient
    found = [path for path in _of_name(patient.folder, name) if path.is_file()]
    if len(found) > 1:
        raise InputError(
            f"{len(found)} files of a patient have such a name",
            source=f"--reference {name}",
            next_step="Give a name that only the outline has, or a table of paths.",
        )
    return replace(patient, reference=str(found[0])) if found else patient


def _of_name(folder: Path, name: str) -> list[Path]:
    if not set(name) & set("*?["):
        return [folder / name]
    try:
        return sorted(folder.glob(name))
    except (ValueError, NotImplementedError):  # an absolute path, or one that no file can have
        return []
