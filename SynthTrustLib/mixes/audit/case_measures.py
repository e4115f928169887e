"""All that an audit needs of one case, measured once and kept by the content of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.fingerprint import digest
from SynthTrustLib.mixes.audit.brain_features import BRAIN_FEATURES, measure_brain
from SynthTrustLib.mixes.audit.features import FEATURE_NAMES, measure
from SynthTrustLib.mixes.audit.given_cases import GivenCase
from SynthTrustLib.mixes.audit.identifiers import identifying_fields
from SynthTrustLib.mixes.audit.label_fit import label_fit
from SynthTrustLib.mixes.audit.look_alikes import head_picture, tumor_picture
from SynthTrustLib.mixes.audit.plausible import plausible
from SynthTrustLib.mixes.audit.same_terms import TERMS, SameTerms, same_terms
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.whole_file import whole_file

MEASURES = 1
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
    slice_ : ndarray of float16, shape (contrast, row, column), and outline of uint8, shape (row, column)
        The slice with the most tumor, or the middle one, 0..2, and its label.
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
    slice_: npt.NDArray[np.float16]
    outline: npt.NDArray[np.uint8]
    present: tuple[int, ...]
    labelled: bool
    done: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


def measure_given(given: GivenCase, cache: Path | None, *, synthetic: bool) -> CaseMeasures:
    """The measures of a case, from `cache` where they are there.

    Raises
    ------
    InputError, GeometryError
        If an image or the label cannot be used.
    """
    content = _content(given)
    path = cache / f"{digest([MEASURES, TERMS.to_dict(), given.convention, content])}.npz" if cache else None
    if path is not None and path.exists():
        return _read(path, given, content)
    terms = same_terms(given, synthetic=synthetic)
    made = measure_sample(terms.sample, given.patient or given.id, content, terms, identifying_fields(given.files))
    if path is not None:
        _write(path, made)
    return made


def measure_sample(
    sample: Sample,
    patient: str = "",
    content: str = "",
    terms: SameTerms | None = None,
    identifiers: Sequence[str] = (),
) -> CaseMeasures:
    """Measure a case that is on the terms of all already."""
    offset, fit = label_fit(sample)
    area = (sample.label & 1).sum(axis=(1, 2))
    k = int(np.argmax(area)) if area.any() else sample.label.shape[0] // 2
    return CaseMeasures(
        sample.id,
        patient or sample.id,
        content or digest([sample.id, hashlib.sha256(sample.image.tobytes()).hexdigest()]),
        np.concatenate([measure(sample), measure_brain(sample)]),
        head_picture(sample),
        tumor_picture(sample),
        plausible(sample),
        offset,
        fit,
        sample.image[:, k],
        sample.label[k],
        tuple(sample.present),
        bool(sample.known[0]),
        terms.done if terms else (),
        terms.concerns if terms else (),
        tuple(identifiers),
    )


def _content(given: GivenCase) -> str:
    hashes = []
    for path in given.files:
        with path.open("rb") as stream:
            hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return digest([sorted(given.contrasts), hashes])


_TEXTS = ("done", "concerns", "identifiers")
_ARRAYS = ("values", "head", "tumor", "slice_", "outline")


def _write(path: Path, made: CaseMeasures) -> None:
    facts = {name: getattr(made, name) for name in (*_TEXTS, "rules", "offset", "fit", "present", "labelled")}
    with whole_file(path) as part, part.open("wb") as stream:
        arrays = {name: getattr(made, name) for name in _ARRAYS}
        np.savez_compressed(stream, allow_pickle=False, facts=np.array(json.dumps(facts)), **arrays)


def _read(path: Path, given: GivenCase, content: str) -> CaseMeasures:
    with np.load(path) as stored:
        facts = json.loads(str(stored["facts"]))
        arrays = {name: stored[name] for name in _ARRAYS}
    for name in (*_TEXTS, "present"):
        facts[name] = tuple(facts[name])
    return CaseMeasures(given.id, given.patient or given.id, content, **arrays, **facts)
