"""Patients in a tree of DICOM files, by what the headers say: an archive's folders tell nothing that can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from SynthTrustLib.case.dicom.folder import DicomFolder, DicomSeries, find_series
from SynthTrustLib.case.dicom.frame import read_header
from SynthTrustLib.cohort.patient import Patient


def patients_of_tree(source: Path, files: Sequence[Path], note: Callable[[str], None]) -> list[Patient]:
    """One `Patient` for every examination of every patient among `files`, which lie below `source`.

    An examination with a folder of its own is that folder, with all that lies in it, as ``assess --case`` would take
    it. One that shares its folders with others is the list of its files.
    """
    found = find_series(files)
    examinations: dict[tuple[str, str], list[DicomSeries]] = {}
    for series in found.series:
        examinations.setdefault((series.patient, series.study), []).append(series)
    owners = _owners(source, examinations)
    patients = []
    taken: set[Path] = set()
    others: dict[tuple[str, str], list[Path]] | None = None
    for key, together in examinations.items():
        folder = _own_folder(source, together, key, owners)
        if folder is not None:
            patients.append(Patient(folder.relative_to(source).as_posix(), folder, person=key[0]))
            taken.add(folder)
            continue
        paths = [path for series in together for path in series.paths]
        if others is None:
            others = _others_by_study(found)
        paths += [
            path
            for spelling in {spelling for series in together for spelling in series.spellings}
            for study in {study for series in together for study in series.studies}
            for path in others.get((spelling, study), ())
        ]
        patients.append(Patient(_name(paths[0]), source, tuple(sorted(set(paths))), person=key[0]))
    left = [path for path in found.damaged if not any(folder in path.parents for folder in taken)]
    if left:
        note(f"not used: {len(left)} damaged DICOM files that belong to no patient's folder")
    return patients


def _owners(source: Path, examinations: dict[tuple[str, str], list[DicomSeries]]) -> dict[Path, set[tuple[str, str]]]:
    """Folder -> the examinations that have a file in or below it."""
    owners: dict[Path, set[tuple[str, str]]] = {}
    for key, together in examinations.items():
        for folder in {path.parent for series in together for path in series.paths}:
            for above in (folder, *folder.parents):
                owners.setdefault(above, set()).add(key)
                if above == source:
                    break
    return owners


def _own_folder(
    source: Path, together: Sequence[DicomSeries], key: tuple[str, str], owners: dict[Path, set[tuple[str, str]]]
) -> Path | None:
    """The highest folder below `source` with this examination alone, if it holds all of it."""
    parents = {path.parent for series in together for path in series.paths}
    first = min(parents)
    candidates = [folder for folder in (first, *first.parents) if source in folder.parents and owners[folder] == {key}]
    if not candidates:
        return None
    highest = candidates[-1]
    return highest if all(highest == folder or highest in folder.parents for folder in parents) else None


def _others_by_study(found: DicomFolder) -> dict[tuple[str, str], list[Path]]:
    """(Patient, study) -> first files of what is no usable series: they may be a reason for a concern."""
    others: dict[tuple[str, str], list[Path]] = {}
    for path in found.others:
        header = read_header(path)
        if header is not None:
            others.setdefault((header.patient.spelling, header.study.uid), []).append(path)
    return others


def _name(path: Path) -> str:
    """What the patient is called in `keys.csv`: identifier and day of the examination, as the header has them."""
    header = read_header(path)
    assert header is not None  # it was read before
    return " ".join(filter(None, (header.patient.identifier or header.patient.name, header.study.day))) or "unnamed"
