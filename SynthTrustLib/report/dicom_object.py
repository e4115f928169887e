"""What all DICOM objects of a result have in common: their maker, their texts and codes, the series they refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import SynthTrustLib
from SynthTrustLib.case.dicom.file import quiet
from SynthTrustLib.errors import OutputError, SynthTrustError
from SynthTrustLib.plain_text import plain_text
from SynthTrustLib.report.dicom_source import item
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.scorecard import Scorecard

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MANUFACTURER, MODEL = "SynthTrust", "SynthTrust"

CODING_SCHEME = "99SYNTHTRUST"
"""Of what no standard has a code for; Docs/dicom.md lists all of its codes."""

_LONGEST_TEXT = 64
_LONGEST_VALUE = 16


def dicom_text(text: str) -> str:
    """`text` as an LO element can hold it: plain, without the backslash that parts values, not too long."""
    return plain_text(text).replace("\\", "/")[:_LONGEST_TEXT].strip()


def require_highdicom() -> None:
    """Raise OutputError, with how to install it, where highdicom is missing. It imports nothing."""
    if find_spec("highdicom") is None:
        raise OutputError(
            "highdicom is not installed, so results cannot be written as DICOM",
            source="highdicom",
            next_step='Install it with: pip install "synthtrust[dicom]", or leave DICOM results out.',
        )


def highdicom_or_error() -> Any:
    """The module highdicom; OutputError where it is missing."""
    require_highdicom()
    import highdicom

    return highdicom


@contextmanager
def making_dicom() -> Iterator[None]:
    """While highdicom makes and saves an object: its warnings and errors quote the patient's header, and stay inside.

    Raises OutputError where it cannot be made of that header.
    """
    try:
        with quiet():
            yield
    except (SynthTrustError, OSError, MemoryError):
        raise
    except Exception as error:  # highdicom and pydicom raise nearly anything on what they cannot take over
        raise OutputError(
            f"no DICOM object can be made of what its headers say ({type(error).__name__})",
            source="DICOM",
            next_step="Leave DICOM results out, or export the series again from its archive.",
        ) from error


def save_dicom(data: Dataset, folder: Path, name: str) -> str:
    """Write an object into a folder; returns the name of its file."""
    file_name = f"{name}.dcm"
    data.save_as(folder / file_name)
    return file_name


def refer_also(data: Dataset, others: Iterable[Dataset]) -> None:
    """Add images to those that an object says it was made of, of any study; the series that it lies on stays first.

    highdicom takes such images too (``further_source_images``), but says then which frame lies where one of theirs
    does. After a registration that is not so.
    """
    references: list[Dataset] = []
    studies: dict[str, dict[str, list[Dataset]]] = defaultdict(lambda: defaultdict(list))
    for series in data.ReferencedSeriesSequence:
        studies[data.StudyInstanceUID][series.SeriesInstanceUID] += series.ReferencedInstanceSequence
    for image in others:
        reference = item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
        references.append(reference)
        studies[image.StudyInstanceUID][image.SeriesInstanceUID].append(reference)
    data.SourceImageSequence = [*data.SourceImageSequence, *references]
    data.ReferencedSeriesSequence = _series(studies.pop(data.StudyInstanceUID))
    if studies:
        data.StudiesContainingOtherReferencedInstancesSequence = [
            item(StudyInstanceUID=study, ReferencedSeriesSequence=_series(series)) for study, series in studies.items()
        ]


def _series(references: dict[str, list[Dataset]]) -> list[Dataset]:
    return [item(SeriesInstanceUID=uid, ReferencedInstanceSequence=found) for uid, found in references.items()]


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
    """The maker of the outline of that id: a segmenter, the jury of a pooled outline, or a reviewer who has edited."""
    if card is None and name != POOLED:
        edited = {"starts as": scorecard.record, "edited by": "a reviewer"}
        return Algorithm(dicom_text(f"SynthTrust {name}"), SynthTrustLib.__version__, edited)
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
