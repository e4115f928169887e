"""Cases that anybody may hand over for an audit: a table of paths, or a folder in any layout that is recognized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.case.file.read import image_suffix
from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.recognize.files import Recognition, Recognized, recognize_folder
from SynthTrustLib.case.recognize.read_name import name_words, read_name
from SynthTrustLib.errors import InputError, SynthTrustError
from SynthTrustLib.labelled.cases import read_facts
from SynthTrustLib.labelled.manifest import read_rows
from SynthTrustLib.vocabulary import Contrast

_NOT_CASES = ("derivatives", "sourcedata")
"""Folders of BIDS beside those of the subjects."""

_NEXT_STEP = "Give a folder with one folder a case, or a table of paths (id,t1,t1c,t2,flair,label)."


@dataclass(frozen=True)
class GivenCase:
    """One case on disk, with or without a label."""

    id: str
    contrasts: Mapping[str, Path | Recognized]
    label: Path | None = None  # an outline of the tumor, in `convention` (see `case.outline.given.load_outline`)
    convention: str = AUTO
    site: str = "unknown"
    patient: str = ""  # cases that name the same are of one person; the id where nothing is said

    @property
    def files(self) -> list[Path]:
        """Every file behind it, sorted by what it is."""
        found: list[Path] = []
        for contrast in sorted(self.contrasts):
            image = self.contrasts[contrast]
            if isinstance(image, Recognized):
                found += image.series.paths if image.series else [image.path]
            else:
                found.append(image)
        return [*found, *([self.label] if self.label else [])]


@dataclass(frozen=True)
class Given:
    """What was handed over: its name, the cases, and per name of what could not be used, why."""

    name: str
    cases: tuple[GivenCase, ...]
    unusable: Mapping[str, str]


def find_given(source: Path, convention: str = AUTO) -> Given:
    """The cases of a table, or below a folder, in order of their ids.

    A folder may hold a folder a case, folders of such (by cohort), or the files of all cases side by side, told apart
    by what is left of their names without the words for contrasts and masks.

    `convention`: what labels mean, where a table does not say it. Raises InputError if there is no case.
    """
    source = Path(source)
    unusable: dict[str, str] = {}
    nothing = "no image in it, or in its folders, says its contrast"
    if source.is_file() and image_suffix(source):
        raise InputError("it is a single image and no set", source=source.name, next_step=_NEXT_STEP)
    if source.is_file():
        cases, nothing = list(_of_table(source, convention)), "the table has no row"
    elif source.is_dir():
        cases = list(_side_by_side(source, convention)) or list(_below(source, convention, unusable))
    else:
        raise InputError(
            "there is no such folder or table", source=str(source), next_step="Check the path and its spelling."
        )
    if not cases:
        why = next(iter(unusable.values()), nothing).rstrip(".")
        raise InputError(f"no case was found ({why})", source=source.name, next_step=_NEXT_STEP)
    return Given(source.name or str(source), tuple(sorted(cases, key=lambda case: case.id)), unusable)


def _of_table(path: Path, convention: str) -> Iterator[GivenCase]:
    seen: set[str] = set()
    for row in read_rows(path):
        identifier = str(row.get("id") or "")
        contrasts: dict[str, Path | Recognized] = {
            c: path.parent / row[c.lower()] for c in Contrast if row.get(c.lower())
        }
        label = path.parent / row["label"] if row.get("label") else None
        missing = [
            row[name]
            for name in (*(c.lower() for c in contrasts), "label")
            if row.get(name) and not (path.parent / row[name]).exists()
        ]
        problem = (
            "it has no column named id"
            if "id" not in row
            else "a row lacks its id"
            if not identifier
            else "the case stands in the table twice"
            if identifier in seen
            else "the case has no contrast"
            if not contrasts
            else f"{missing[0]} does not exist"
            if missing
            else ""
        )
        if problem:
            raise InputError(problem, source=identifier or path.name, next_step="Correct its row in the table.")
        seen.add(identifier)
        meaning = str(row.get("label_values") or "")
        yield GivenCase(
            identifier,
            contrasts,
            label,
            _as_convention(meaning) or convention,
            str(row.get("site") or "unknown"),
            str(row.get("same_patient_as") or identifier),
        )


def _as_convention(meanings: str) -> str:
    """``label_values`` of a table (``1=core 2=edema 4=enhancing``) as `load_outline` wants it (``WT=1+2+4,...``)."""
    from SynthTrustLib.labelled.case import LABEL_MEANINGS
    from SynthTrustLib.labelled.manifest import read_label_values

    regions: dict[str, list[str]] = {}
    for value, meaning in (read_label_values(meanings, "label_values") if meanings else {}).items():
        for region in LABEL_MEANINGS[meaning]:
            regions.setdefault(region, []).append(str(value))
    return ",".join(f"{region}={'+'.join(values)}" for region, values in regions.items())


def _side_by_side(folder: Path, convention: str) -> Iterator[GivenCase]:
    """Cases whose files lie in `folder` itself; none where these are of one patient or say no contrast."""
    groups: dict[tuple[str, ...], dict[Contrast | None, Path]] = {}
    for path in sorted(path for path in folder.iterdir() if path.is_file() and image_suffix(path)):
        reading = read_name(path.name)
        if reading.contrast or reading.is_mask:
            rest = tuple(word for word in name_words(path.name) if word not in reading.words)
            groups.setdefault(rest, {}).setdefault(reading.contrast, path)
    if len(groups) < 2:
        return
    for words, files in groups.items():
        contrasts: dict[str, Path | Recognized] = {c: path for c, path in files.items() if c is not None}
        if contrasts:
            identifier = "-".join(words) or folder.name
            yield GivenCase(identifier, contrasts, files.get(None), convention, patient=identifier)


def _below(folder: Path, convention: str, unusable: dict[str, str]) -> Iterator[GivenCase]:
    children = [
        path
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith(".") and path.name not in _NOT_CASES
    ]
    found = {child: _recognized(child) for child in children}
    # Where one of them holds several patients, they are cohorts, also those that hold a single patient.
    cohorts = any(isinstance(found[child], SynthTrustError) and _is_of_folders(child) for child in children)
    for child, recognition in found.items():
        if cohorts and _is_of_folders(child):
            yield from _below(child, convention, unusable)
        elif isinstance(recognition, SynthTrustError):
            unusable[child.name] = str(recognition)
        else:
            facts = read_facts(child)
            yield GivenCase(
                child.name,
                recognition.contrasts,
                recognition.reference_mask,
                convention,
                str(facts.get("site", "unknown")),
                str(facts.get("same_patient_as") or child.name),
            )


def _recognized(folder: Path) -> Recognition | SynthTrustError:
    try:
        return recognize_folder(folder)
    except SynthTrustError as error:
        return error


def _is_of_folders(folder: Path) -> bool:
    inside = list(folder.iterdir())
    return any(path.is_dir() for path in inside) and not any(path.is_file() and image_suffix(path) for path in inside)
