"""Cases that anybody may hand over for an audit: a table of paths, or a folder in any layout that is recognized."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from SynthTrustLib.case.file.read import image_suffix
from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.recognize.files import Recognition, Recognized, recognize_folder
from SynthTrustLib.case.recognize.read_name import SAYS_NOTHING, name_words, read_name
from SynthTrustLib.errors import InputError, SynthTrustError
from SynthTrustLib.labelled.cases import read_facts
from SynthTrustLib.mixes.audit.given_case import Given, GivenCase
from SynthTrustLib.mixes.audit.given_table import cases_of_table
from SynthTrustLib.vocabulary import Contrast

_NOT_CASES = ("derivatives", "sourcedata")
"""Folders of BIDS beside those of the subjects."""

_NEXT_STEP = "Give a folder with one folder a case, or a table of paths (id,t1,t1c,t2,flair,label)."

_VISIT = re.compile(
    r"(?i)ses-\w+|(ses|session|visit|timepoint|tp|day|week|month)[-_ ]?\d{1,8}|baseline|follow[-_ ]?up[-_ ]?\d*"
    r"|(pre|post)[-_ ]?op|(19|20)\d\d[-_]?[01]\d[-_]?[0-3]\d"
)
"""Names of folders that are one examination of the person whose folder they lie in."""

_Found = tuple[tuple[str, ...], GivenCase]
"""The folders below the set's own that a case lies in, and the case."""


def find_given(source: Path, convention: str = AUTO) -> Given:
    """The cases of a table, or below a folder, in order of their ids.

    A folder may hold a folder a case, folders of such (by cohort, or by person with a folder a visit), and the files of
    cases side by side, told apart by what is left of their names without the words for contrasts and masks.

    `convention`: what labels mean, where a table does not say it. Raises InputError if there is no case.
    """
    source = Path(source)
    unusable: dict[str, str] = {}
    nothing = "no image in it, or in its folders, says its contrast"
    if source.is_file() and image_suffix(source):
        raise InputError("it is a single image and no set", source=source.name, next_step=_NEXT_STEP)
    try:
        if source.is_file():
            cases, nothing = list(cases_of_table(source, convention)), "the table has no row"
        elif source.is_dir():
            found = [*_side_by_side(source, convention, unusable), *_below(source, (), convention, unusable)]
            cases = _told_apart(found)
        else:
            raise InputError(
                "there is no such folder or table", source=str(source), next_step="Check the path and its spelling."
            )
    except OSError as error:
        raise InputError(
            f"it cannot be read ({error.strerror or type(error).__name__})",
            source=source.name,
            next_step="Check that you may read it, and all that lies in it.",
        ) from None
    if not cases:
        why = next(iter(unusable.values()), nothing).rstrip(".")
        raise InputError(f"no case was found ({why})", source=set_name(source), next_step=_NEXT_STEP)
    return Given(set_name(source), tuple(sorted(cases, key=lambda case: case.id)), unusable)


def set_name(source: Path) -> str:
    """What a set is called: its folder's or table's name, wherever one stands (``.`` has none of its own)."""
    return source.name if source.name not in ("", "..") else source.resolve().name or str(source)


def _side_by_side(folder: Path, convention: str, unusable: dict[str, str]) -> Iterator[_Found]:
    """Cases whose files lie in `folder` itself; none where these are of one patient or say no contrast."""
    groups: dict[tuple[str, ...], dict[Contrast | None, list[Path]]] = {}
    silent: list[Path] = []
    for path in sorted(path for path in folder.iterdir() if _is_image(path)):
        reading = read_name(path.name)
        if reading.contrast or reading.is_mask:
            rest = tuple(word for word in name_words(path.name) if word not in reading.words)
            groups.setdefault(rest, {}).setdefault(reading.contrast, []).append(path)
        else:
            silent.append(path)
    if len(groups) < 2:
        return
    if silent:
        more = f" and {len(silent) - 1} more" if len(silent) > 1 else ""
        unusable[f"{silent[0].name}{more}"] = SAYS_NOTHING
    for words, files in groups.items():
        identifier = "-".join(words) or folder.name
        twice = next((paths for paths in files.values() if len(paths) > 1), None)
        contrasts: dict[str, Path | Recognized] = {c: paths[0] for c, paths in files.items() if c is not None}
        if twice:
            unusable[identifier] = f"{twice[0].name} and {twice[1].name} say the same"
        elif not contrasts:
            unusable[identifier] = f"{files[None][0].name} is a mask, and no image goes with it"
        else:
            label = files[None][0] if None in files else None
            yield (), GivenCase(identifier, contrasts, label, convention, patient=identifier)


def _is_image(path: Path) -> bool:
    """Those that begin with a dot are of the system: macOS puts one beside every file that it packs."""
    return path.is_file() and bool(image_suffix(path)) and not path.name.startswith(".")


def _below(folder: Path, within: tuple[str, ...], convention: str, unusable: dict[str, str]) -> Iterator[_Found]:
    children = [
        path
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith(".") and path.name not in _NOT_CASES and not _is_of_samples(path)
    ]
    found = {child: _recognized(child) for child in children}
    # Where one of them holds several patients, they are cohorts, also those that hold a single patient.
    cohorts = any(isinstance(found[child], SynthTrustError) and _is_of_folders(child) for child in children)
    for child, recognition in found.items():
        if cohorts and _is_of_folders(child):
            yield from _below(child, (*within, child.name), convention, unusable)
        elif isinstance(recognition, SynthTrustError):
            unusable["/".join((*within, child.name))] = str(recognition)
        else:
            facts = _facts(child)
            case = GivenCase(
                child.name,
                recognition.contrasts,
                recognition.reference_mask,
                convention,
                str(facts.get("site", "unknown")),
                str(facts.get("same_patient_as") or ""),
            )
            yield within, case


def _told_apart(found: list[_Found]) -> list[GivenCase]:
    """The cases with names of their own, and with whom they are of.

    Two cohorts may have a patient 001 each: these are two. A person may have a folder for every visit: that is one.
    """
    times = Counter(case.id for _, case in found)
    cases = []
    for within, case in found:
        visit = bool(within) and bool(_VISIT.fullmatch(case.id))
        name = "/".join((*within, case.id)) if visit or times[case.id] > 1 else case.id
        cases.append(replace(case, id=name, patient=case.patient or ("/".join(within) if visit else name)))
    return cases


def _facts(folder: Path) -> Mapping[str, object]:
    """Of ``meta.json``; another program's file of that name says nothing."""
    try:
        return read_facts(folder)
    except InputError:
        return {}


def _recognized(folder: Path) -> Recognition | SynthTrustError:
    try:
        return recognize_folder(folder)
    except SynthTrustError as error:
        return error


def _is_of_samples(folder: Path) -> bool:
    """What training reads of a set of our own laboratory, beside its images."""
    return folder.name == "samples" and all(path.suffix == ".npz" for path in folder.iterdir())


def _is_of_folders(folder: Path) -> bool:
    inside = list(folder.iterdir())
    return any(path.is_dir() for path in inside) and not any(_is_image(path) for path in inside)
