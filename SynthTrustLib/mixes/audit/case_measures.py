"""All that an audit needs of one case, measured once and kept by the content of its files."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from SynthTrustLib.errors import InputError
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.mixes.audit.brain_features import BRAIN_FEATURES, measure_brain
from SynthTrustLib.mixes.audit.draw import Draw
from SynthTrustLib.mixes.audit.features import FEATURE_NAMES, measure
from SynthTrustLib.mixes.audit.given_case import GivenCase
from SynthTrustLib.mixes.audit.identifiers import identifying_fields
from SynthTrustLib.mixes.audit.label_fit import drawn_fit, label_fit
from SynthTrustLib.mixes.audit.look_alikes import head_picture, tumor_picture
from SynthTrustLib.mixes.audit.plausible import plausible
from SynthTrustLib.mixes.audit.same_terms import TERMS, SameTerms, same_terms
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.runner.files.folder import writing
from SynthTrustLib.whole_file import whole_file

MEASURES = 2
"""Raised whenever a case is measured otherwise, so that what was kept is measured again."""

NAMES = (*FEATURE_NAMES, *BRAIN_FEATURES)
"""The features, in order."""


@dataclass(frozen=True, eq=False)
class CaseMeasures:
    """One case, measured.

    Attributes
    ----------
    content : str
        Hash of its files: two cases with the same are the same.
    values : ndarray of float64, shape (feature,)
        In the order of `NAMES`; NaN where a contrast or a label is missing.
    head, tumor : ndarray of float32, shape (contrast, k, j, i)
        See `look_alikes`.
    rules : dict
        See `plausible`.
    offset, fit : float
        See `label_fit`; mm where the voxel size can be believed.
    drawn_dice, drawn_offset : float
        See `drawn_fit`; NaN where nobody has drawn it.
    slice_ : ndarray of float16, shape (contrast, row, column), and outline, drawn of uint8, shape (row, column)
        The slice with the most tumor, or the middle one, 0..2, its label, and what the segmenter draws.
    done, concerns, identifiers : tuple of str
        See `same_terms` and `identifiers`.
    """

    id: str
    patient: str
    content: str
    values: npt.NDArray[np.float64]
    head: npt.NDArray[np.float32]
    tumor: npt.NDArray[np.float32]
    rules: dict[str, bool | None]
    offset: float
    fit: float
    drawn_dice: float
    drawn_offset: float
    slice_: npt.NDArray[np.float16]
    outline: npt.NDArray[np.uint8]
    drawn: npt.NDArray[np.uint8]
    present: tuple[int, ...]
    labelled: bool
    done: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


def first_of_each(cases: Sequence[CaseMeasures]) -> tuple[CaseMeasures, ...]:
    """One case of every person, the first: two of one would count him twice."""
    first: dict[str, CaseMeasures] = {}
    for case in cases:
        first.setdefault(case.patient, case)
    return tuple(first.values())


def measure_given(given: GivenCase, cache: Path | None, *, synthetic: bool, draw: Draw | None = None) -> CaseMeasures:
    """The measures of a case, from `cache` where they are there; `draw` outlines it, too, where it has a label.

    Raises InputError or GeometryError if an image or the label cannot be used.
    """
    content = content_of(given)
    path = cache / f"{_name(given, content, draw)}.npz" if cache else None
    kept = _read(path, given, content) if path is not None and path.exists() else None
    if kept is not None:
        return kept
    terms = same_terms(given, synthetic=synthetic)
    patient, fields = given.patient or given.id, identifying_fields(given.files)
    made = measure_sample(terms.sample, patient, content, terms, fields, draw)
    if path is not None:
        _write(path, made)
    return made


def measure_sample(
    sample: Sample,
    patient: str = "",
    content: str = "",
    terms: SameTerms | None = None,
    identifiers: Sequence[str] = (),
    draw: Draw | None = None,
) -> CaseMeasures:
    """Measure a case that is on the terms of all already."""
    content = content or digest([sample.id, hashlib.sha256(sample.image.tobytes()).hexdigest()])
    sample = replace(sample, image=sample.image.astype(np.float32))  # once: every measure wants it so
    offset, fit = label_fit(sample)
    area = (sample.label & 1).sum(axis=(1, 2))
    k = int(np.argmax(area)) if area.any() else sample.label.shape[0] // 2
    drawn, drawn_dice, drawn_offset = np.zeros(sample.label.shape, bool), np.nan, np.nan
    if draw is not None and sample.known[0]:
        drawn = draw.whole_tumor(sample)
        drawn_dice, drawn_offset = drawn_fit((sample.label & 1).astype(bool), drawn)
    return CaseMeasures(
        sample.id,
        patient or sample.id,
        content,
        np.concatenate([measure(sample), measure_brain(sample)]),
        head_picture(sample),
        tumor_picture(sample),
        plausible(sample),
        offset,
        fit,
        drawn_dice,
        drawn_offset,
        sample.image[:, k].astype(np.float16),
        sample.label[k],
        drawn[k].astype(np.uint8),
        tuple(sample.present),
        bool(sample.known[0]),
        terms.done if terms else (),
        terms.concerns if terms else (),
        tuple(identifiers),
    )


def content_of(given: GivenCase) -> str:
    """A hash of the files of a case; InputError if one of them cannot be read."""
    hashes = []
    for path in given.files:
        try:
            with path.open("rb") as stream:
                hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
        except OSError as error:
            raise InputError(
                f"it cannot be read ({error.strerror or type(error).__name__})",
                source=path.name,
                next_step="Check that it is there and that you may read it.",
            ) from None
    return digest([sorted(given.contrasts), hashes])


_TEXTS = ("done", "concerns", "identifiers")
_ARRAYS = ("values", "head", "tumor", "slice_", "outline", "drawn")
_NUMBERS = ("offset", "fit", "drawn_dice", "drawn_offset")


def _name(given: GivenCase, content: str, draw: Draw | None) -> str:
    return digest([MEASURES, TERMS.to_dict(), given.convention, content, draw.identity if draw else None])


def _write(path: Path, made: CaseMeasures) -> None:
    facts = {name: getattr(made, name) for name in (*_TEXTS, *_NUMBERS, "rules", "present", "labelled")}
    with writing(path.parent), whole_file(path) as part, part.open("wb") as stream:
        arrays = {name: getattr(made, name) for name in _ARRAYS}
        np.savez_compressed(stream, allow_pickle=False, facts=np.array(json.dumps(facts)), **arrays)


def _read(path: Path, given: GivenCase, content: str) -> CaseMeasures | None:
    """What was kept; None where the file was damaged, so that the case is measured again."""
    try:
        with np.load(path) as stored:
            facts = json.loads(str(stored["facts"]))
            arrays = {name: stored[name] for name in _ARRAYS}
        for name in (*_TEXTS, "present"):
            facts[name] = tuple(facts[name])
        return CaseMeasures(given.id, given.patient or given.id, content, **arrays, **facts)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error):
        return None
