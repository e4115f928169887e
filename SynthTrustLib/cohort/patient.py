"""One patient of a cohort: where the images lie, and a hash of them that tells whether anything has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from SynthTrustLib.case.file.below import files_below
from SynthTrustLib.case.file.read import image_suffix
from SynthTrustLib.errors import InputError
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.runner.files.provenance import file_sha256

DEEPEST_FOLDER = 8
"""As deep as DICOM is looked for."""

_DEEPEST_NAME = DEEPEST_FOLDER + 1
"""Of a path, so many parts may be of the patient."""


@dataclass(frozen=True)
class Patient:
    """Where a patient's images lie. Everything here may say who it is: it reaches `keys.csv` and the task only."""

    name: str
    """What the user knows the patient by: a folder relative to the cohort's, an ``id`` of the table."""
    folder: Path | None = None
    """In which the contrasts are recognized."""
    files: tuple[Path, ...] = ()
    """The DICOM files, where `folder` holds those of other patients as well."""
    contrasts: Mapping[str, Path] = field(default_factory=dict)
    """A file or the folder of a DICOM series per contrast that is named by hand."""
    reference: str | None = None
    """``FILE`` or ``FILE:CONVENTION`` to measure against."""
    person: str | None = None
    """What all examinations of one person share; None where nothing tells, and each name is taken for a person."""

    def all_files(self) -> Iterator[tuple[str, Path]]:
        """Every file that may matter, with a name for it that does not depend on where the cohort lies."""
        if self.files and self.folder:
            yield from ((path.relative_to(self.folder).as_posix(), path) for path in self.files)
        elif self.folder:
            below = files_below(self.folder, DEEPEST_FOLDER).files
            yield from ((path.relative_to(self.folder).as_posix(), path) for path in below)
        for contrast, path in self.contrasts.items():
            if path.is_dir():
                below = files_below(path, DEEPEST_FOLDER).files
                yield from ((f"{contrast}/{one.relative_to(path).as_posix()}", one) for one in below)
            else:
                yield str(contrast), path

    def places(self) -> frozenset[Path]:
        """Where the images lie."""
        return frozenset([*self.files] or [*([self.folder] if self.folder else []), *self.contrasts.values()])

    def content_hash(self) -> str:
        """SHA-256 over the contents of the images, and the names and sizes of what else lies there.

        Raises InputError if a file cannot be read.
        """
        files = list(self.all_files())
        images = any(image_suffix(path) for _, path in files)
        try:
            record: list[Any] = [
                # Beside NIfTI files lie reports and tables; beside DICOM files, whose names have no ending, more DICOM.
                [name, file_sha256(path) if image_suffix(path) or not images else path.stat().st_size]
                for name, path in sorted(files)
            ]
            if self.reference:
                record.append([self.reference.rpartition("/")[2], file_sha256(reference_path(self.reference))])
        except OSError as error:
            raise InputError(
                f"one of its files cannot be read ({error.strerror or type(error).__name__})",
                source=self.name,
                next_step="Check that the files are there and that you may read them.",
            ) from None
        return fingerprint(record)

    def words(self) -> set[str]:
        """Names of folders and files that messages about this patient must not repeat."""
        named = [*self.contrasts.values(), *([reference_path(self.reference)] if self.reference else [])]
        paths = [Path(self.name), *(Path(name) for name, _ in self.all_files()), *named]
        words = {part for path in paths for part in path.parts[-_DEEPEST_NAME:]}
        return words | {path.name.partition(".")[0] for path in paths} | ({self.folder.name} if self.folder else set())

    def names(self) -> set[str]:
        """What the patient may be called elsewhere, as in the list of whom a segmenter was trained on."""
        return {self.name, *Path(self.name).parts, *([self.folder.name] if self.folder else []), self.person or ""}


def reference_path(reference: str) -> Path:
    """The file of ``FILE:CONVENTION``."""
    from SynthTrustLib.case.outline.outside_file import file_and_convention

    return file_and_convention(reference)[0]
