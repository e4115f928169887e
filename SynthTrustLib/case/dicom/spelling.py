"""A patient who is written in several ways: the headers allow that it is one, the images must say so, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.folder import DicomSeries, read_series
from SynthTrustLib.case.place.register import Prepared, prepare, register
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Contrast

ONE_HEAD = 0.3
"""Mutual information (nats) from which two registered images are of one head. Of the real patients that the tests use,
two contrasts of one come to 0.75 and more, those of different patients to 0.19 at most."""


def confirm_one_patient(chosen: Mapping[Contrast, DicomSeries], source: str) -> dict[Contrast, DicomSeries]:
    """The chosen series; with a row on those whose header writes the patient otherwise than most do.

    Raises InputError if the images of two ways of writing do not fit each other; `source` is the folder's name.
    """
    usual = Counter(frozenset(series.spellings) for series in chosen.values())
    most = max(usual, key=lambda spelling: usual[spelling], default=frozenset())
    confirmed: dict[Contrast, DicomSeries] = {}
    for contrast, series in chosen.items():
        confirmed[contrast] = series
        if series.spellings == most and len(most) <= 1:
            continue
        if len(series.spellings) > 1:
            text = "its headers write the patient in several ways; they have one identifier, and nothing contradicts it"
        else:
            others = [one for one in chosen.values() if one.spellings == most]
            if not _of_one_head(series, others):
                raise several_patients(source)
            text = (
                "its header writes the patient otherwise than others do. They have one identifier, nothing contradicts "
                "it, and the images fit: they were taken as one patient"
            )
        row = Check("patient", "", Verdict.WARNING, text)
        confirmed[contrast] = replace(series, remarks=(*series.remarks, row))
    return confirmed


def several_patients(source: str) -> InputError:
    """The error of a folder whose series are of several patients, or may be."""
    return InputError(
        "the folder holds DICOM series of several patients, or of one who is written in ways that may be two",
        source=source,
        next_step="Give the folder of one patient. If it is one, name one file of each series by hand.",
    )


def _of_one_head(series: DicomSeries, others: Iterable[DicomSeries]) -> bool:
    """Whether the series fits at least one of the others: not every two contrasts have much in common."""
    there = _prepared(series)
    ready = (_prepared(one) for one in others)
    return there is not None and any(still and register(there, still).after >= ONE_HEAD for still in ready)


def _prepared(series: DicomSeries) -> Prepared | None:
    image = read_series(series)
    return prepare(image.array, image.geometry, image.look)
