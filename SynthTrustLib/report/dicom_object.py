"""What all DICOM objects of a result have in common: their maker, their texts and codes, the series they refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import SynthTrustLib
from SynthTrustLib.errors import InputError, OutputError
from SynthTrustLib.plain_text import plain_text
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.scorecard import Scorecard

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MANUFACTURER, MODEL = "SynthTrust", "SynthTrust"

CODING_SCHEME = "99SYNTHTRUST"
"""Of what no standard has a code for; Docs/dicom.md lists all of its codes."""

_IDENTIFIERS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "SOPInstanceUID")
"""What an image needs so that an object can refer to it."""

_LONGEST_TEXT = 64
_LONGEST_VALUE = 16


def dicom_text(text: str) -> str:
    """`text` as an LO element can hold it: plain, without the backslash that parts values, not too long."""
    return plain_text(text).replace("\\", "/")[:_LONGEST_TEXT].strip()


def highdicom_or_error() -> Any:
    """The module highdicom; OutputError, with how to install it, where it is missing."""
    try:
        import highdicom
    except ImportError:
        raise OutputError(
            "highdicom is not installed, so results cannot be written as DICOM",
            source="highdicom",
            next_step='Install it with: pip install "synthtrust[dicom]", or leave DICOM results out.',
        ) from None
    return highdicom


def save_dicom(data: Dataset, folder: Path, name: str) -> str:
    """Write an object into a folder; returns the name of its file."""
    file_name = f"{name}.dcm"
    data.save_as(folder / file_name)
    return file_name


def source_images(files: Iterable[Path]) -> list[Dataset]:
    """Headers of a series, each file once, in the given order."""
    import pydicom

    try:
        return [_completed(pydicom.dcmread(path, stop_before_pixels=True, force=True)) for path in dict.fromkeys(files)]
    except OSError as error:
        raise InputError(
            f"the DICOM series cannot be read again ({error.strerror})",
            source="DICOM",
            next_step="Keep the folder in place until the results are written.",
        ) from None


def other_sources(files: Iterable[Path], images: Sequence[Dataset]) -> list[Dataset]:
    """Headers of what a result was made of beside the series that it lies on, `images`: the other contrasts.

    Those that no object can refer to, as anonymizers have dropped their identifiers, are left out.
    """
    known = {str(image.SOPInstanceUID) for image in images}
    others: dict[str, Dataset] = {}
    for image in source_images(files):
        if all(str(image.get(name, "")) for name in _IDENTIFIERS):
            others.setdefault(str(image.SOPInstanceUID), image)
    return [image for identifier, image in others.items() if identifier not in known]


def refer_also(data: Dataset, others: Iterable[Dataset]) -> None:
    """Add images to those that an object says it was made of, of any study; the series that it lies on stays first.

    highdicom takes such images too (``further_source_images``), but says then which frame lies where one of theirs
    does. After a registration that is not so.
    """
    references: list[Dataset] = []
    studies: dict[str, dict[str, list[Dataset]]] = defaultdict(lambda: defaultdict(list))
    for image in others:
        reference = _item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
        references.append(reference)
        studies[image.StudyInstanceUID][image.SeriesInstanceUID].append(reference)
    if not references:
        return
    data.SourceImageSequence = [*data.SourceImageSequence, *references]
    own = _series(studies.pop(data.StudyInstanceUID, {}))
    data.ReferencedSeriesSequence = [*data.ReferencedSeriesSequence, *own]
    if studies:
        data.StudiesContainingOtherReferencedInstancesSequence = [
            _item(StudyInstanceUID=study, ReferencedSeriesSequence=_series(series)) for study, series in studies.items()
        ]


def _series(references: Mapping[str, list[Dataset]]) -> list[Dataset]:
    return [_item(SeriesInstanceUID=uid, ReferencedInstanceSequence=found) for uid, found in references.items()]


def _item(**elements: Any) -> Dataset:
    import pydicom

    item = pydicom.Dataset()
    for name, value in elements.items():
        setattr(item, name, value)
    return item


def _completed(data: Dataset) -> Dataset:
    """With the empty attributes that the standard asks for and anonymizers tend to drop."""
    for name in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
                 "AccessionNumber", "ReferringPhysicianName"):  # fmt: skip
        if name not in data:
            setattr(data, name, "")
    return data


def code_of(text: str) -> Any:
    """A task's ``scheme^value^meaning`` as pydicom's Code."""
    from pydicom.sr.coding import Code

    scheme, value, meaning = text.split("^")
    return Code(value, scheme, dicom_text(meaning))


def part_code(task: Task, region: str) -> str:
    """Which part of the finding a region is, ``scheme^value^meaning``: tasks may have one code for all regions."""
    return f"{CODING_SCHEME}^{f'ST-PART-{region}'[:_LONGEST_VALUE]}^{task.name(region)}"


def why_guess(scorecard: Scorecard, region: str) -> str:
    """Why a region's outline is a guess, as a sentence: the patient lacks what shows it. Else empty."""
    found = next((row for row in scorecard.rows if row.key == f"found.{region}"), None)
    return found.reason if found is not None and found.value is None else ""


@dataclass(frozen=True)
class Algorithm:
    """Who drew an outline, as DICOM names it: with what it was trained on among the parameters."""

    name: str
    version: str
    parameters: dict[str, str]


def algorithm_of(name: str, card: SegmenterCard | None, scorecard: Scorecard) -> Algorithm:
    """The maker of the outline of that id: a segmenter, or the jury of a pooled outline, which has no card."""
    if card is None:
        members = {"members": " ".join(scorecard.jury)}
        return Algorithm(dicom_text(f"SynthTrust {name}"), SynthTrustLib.__version__, members)
    return Algorithm(dicom_text(f"SynthTrust {name}"), card.version, _training_mix(card))


def _training_mix(card: SegmenterCard) -> dict[str, str]:
    """The mix as DICOM's parameters of an algorithm, which are separated by commas and so may hold none."""
    mix = card.training_mix
    if not mix.known:
        return {"training mix": "not known"}
    return {
        "real training cases": str(mix.real_cases),
        "synthetic training cases": str(mix.synthetic_cases),
        "synthetic fraction": f"{mix.synthetic_fraction:.3f}",
        "generator": (mix.generator or "none").replace(",", ";").replace("=", ":"),
    }


def equipment(hd: Any, number: int) -> dict[str, Any]:
    """Who made an object, and the identifiers of a series of its own of this number."""
    return {
        "series_instance_uid": hd.UID(),
        "series_number": number,
        "sop_instance_uid": hd.UID(),
        "instance_number": 1,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": MODEL,
        "software_versions": SynthTrustLib.__version__,
        "device_serial_number": "0",
        "specific_character_set": "ISO_IR 192",  # names of regions, segmenters and reviewers are in any script
    }
