"""Which file or DICOM series of a folder is which contrast, with the reason and a confidence.

Files are told apart by name, as BraTS, BIDS, TCIA and people write them; DICOM series by how they were measured and
what they were called; and files whose names say nothing by what their images look like.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from SynthTrustLib.case.contrast_agent import AGENT_CONTRADICTED, agent_said, plain_words
from SynthTrustLib.case.dicom import DicomSeries, find_series
from SynthTrustLib.case.dicom_contrast import resembles
from SynthTrustLib.case.dicom_rank import choose_examination, rank_series
from SynthTrustLib.case.dicom_spelling import confirm_one_patient, several_patients
from SynthTrustLib.case.read import IMAGE_SUFFIXES, image_suffix
from SynthTrustLib.case.recognize_looks import recognize_by_looks
from SynthTrustLib.case.unused import Unused, UnusedKind
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Contrast

DEEPEST_FOLDER = 3
"""Subfolders are searched this deep (BIDS: subject/session/anat), and only when the folder itself holds no contrast."""

DEEPEST_DICOM_FOLDER = 8
"""Archives' media nest their folders deeply (patient/study/series/...)."""

MOST_FILES = 20_000
"""A folder with more files than this is an archive, not a patient."""

_T1 = re.compile(
    r"t1w?(n|pre|native|weighted|mprage|space|tse|se|fse|flair)?|(pre|native)t1w?|mp2?rage|f?spgr|bravo|"
    r"t1w?((c|ce|gd|gad|gado|cgd|km|post\w*|contrast\w*|enh\w*)\+?|\+(c|ce|gd|gad\w*|km)?)|(ce|gd|gad|post|c)t1w?"
)
_FLAIR = re.compile(r"flair\w*|t2w?f|t2w?flair\w*|tirm|darkfluid")
_T2 = re.compile(r"t2w?(weighted|tse|se|fse|blade|space|propeller)?")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MASK = _set("seg segm segmentation segmentations mask masks label labels labelmap roi gt truth groundtruth annotation")
_MASK_ALONE = _set("wt tc et tumor tumour lesion lesions glioma")
_NOT_TUMOR = _set(
    "brain brainmask bet prob probability probabilities prediction pred pooled tissue aseg aparc skull head"
)
_SAYS_NOTHING = "its name says no contrast"
_OTHER_KIND = _set(
    "adc dwi dti fa md trace swi swan t2star t2starw t2s pd pdw perf perfusion dsc dce asl cbf cbv rcbv mtt bold func"
    " fieldmap magnitude phase tof mra mrs mtr localizer scout ct pet"
)


@dataclass(frozen=True)
class Recognized:
    """A file or DICOM series, and why it was taken for what it was taken for.

    Attributes
    ----------
    path : Path
        The file, or the first file of the series.
    reason : str
        In words for the user.
    confidence : float
        0..1. A name that says the contrast counts as 1, unless it contradicts itself about the agent.
    series : DicomSeries or None
        The series where it is DICOM.
    """

    path: Path
    reason: str
    confidence: float = 1.0
    series: DicomSeries | None = None

    @property
    def name(self) -> str:
        """What it is called in messages: the file's name, or the number of the series."""
        return self.series.source if self.series else self.path.name


@dataclass(frozen=True)
class Recognition:
    """What a folder holds.

    Attributes
    ----------
    contrasts : dict
        The file of each contrast that was found.
    reference_mask : Path or None
        A mask that could serve as the reference; a candidate only, nothing uses it unasked.
    ignored : dict
        Every other image file, or first file of another series, and why it was left out.
    """

    contrasts: dict[Contrast, Recognized] = field(default_factory=dict)
    reference_mask: Path | None = None
    ignored: dict[Path, Unused] = field(default_factory=dict)

    @property
    def unused(self) -> tuple[Unused, ...]:
        """Everything that was found and is not among the contrasts: the candidate mask, too."""
        mask = self.reference_mask
        why = "a mask, not used unless named with --reference"
        masks = (Unused(mask.name, why, UnusedKind.MASK),) if mask else ()
        return (*masks, *self.ignored.values())


@dataclass(frozen=True)
class NameReading:
    """What one name says: a contrast, a mask, or neither, with the words that say so, and how surely (0..1)."""

    contrast: Contrast | None
    is_mask: bool
    words: tuple[str, ...]
    reason: str
    confidence: float = 1.0


def recognize_folder(folder: Path, *, named: Collection[Contrast] = (), used: Collection[Path] = ()) -> Recognition:
    """Tell the contrasts in a folder apart by the names of the files.

    Parameters
    ----------
    named : collection of Contrast
        Contrasts that the user names by hand: these are not looked for, and cannot be ambiguous.
    used : collection of Path
        Files, or folders of series, that the user names by hand for whatever purpose: nothing else is made of them.

    Raises
    ------
    InputError
        If there is no such folder, no file's name says a contrast, only DICOM files are there, or two names fit one
        contrast equally well.
    """
    folder = Path(folder)
    if os.path.isfile(folder):  # noqa: PTH113 - unlike Path.is_file, it is False instead of raising on forbidden paths
        raise InputError("this is a file, not a folder", source=folder.name, next_step="Give the folder it lies in.")
    try:
        next(folder.iterdir(), None)
    except OSError:
        raise InputError(
            "the folder does not exist or cannot be opened",
            source=folder.name,
            next_step="Check the path and the spelling, and that you may read it.",
        ) from None
    used = {path.resolve() for path in used}
    files: list[Path] = []
    images: list[Path] = []
    shared: set[str] = set()
    readings: dict[Path, NameReading] = {}
    for deepest in (0, DEEPEST_FOLDER):
        files = _files_below(folder, deepest)
        images = [path for path in files if image_suffix(path)]
        shared = _shared_words(images)
        images = [path for path in images if path.resolve() not in used]
        readings = {path: read_name(path.name, shared) for path in images}
        if any(reading.contrast for reading in readings.values()):
            break
    recognition = Recognition()
    for contrast in (c for c in Contrast if c not in named):
        candidates = [path for path in images if readings[path].contrast is contrast]
        best = _plainest(candidates, readings, shared)
        if len(best) > 1:
            raise InputError(
                f"{len(best)} files could be {contrast}: {', '.join(_relative(path, folder) for path in best[:4])}",
                source=folder.name,
                next_step=f"Name the file for {contrast} by hand, or give the folder of one patient and examination.",
            )
        for path in best:
            others = len(candidates) - 1
            more = f"; the plainest of {others + 1} names that fit" if others else ""
            reading = readings[path]
            recognition.contrasts[contrast] = Recognized(path, reading.reason + more, reading.confidence)
    unnamed = [path for path in images if readings[path].reason == _SAYS_NOTHING]
    looks = recognize_by_looks(unnamed, [c for c in Contrast if c not in named and c not in recognition.contrasts])
    for look in looks:
        if look.contrast is not None:
            recognition.contrasts[look.contrast] = Recognized(look.path, look.reason, look.confidence)
    masks = _plainest([path for path in images if readings[path].is_mask], readings, shared)
    taken = {found.path for found in recognition.contrasts.values()}
    mask = masks[0] if len(masks) == 1 else None
    for path in images:
        if path not in taken and path != mask:
            why = _why_ignored(readings[path], recognition.contrasts, named)
            recognition.ignored[path] = unused_by_name(path.name, readings[path], why)
    for look in looks:
        if look.contrast is None:
            recognition.ignored[look.path] = Unused(look.path.name, look.reason, look.kind, look.resembles)
    if not recognition.contrasts and not any(reading.contrast for reading in readings.values()):
        from_dicom = _recognize_dicom(folder, named, used)
        if from_dicom is not None:
            return Recognition(from_dicom.contrasts, mask, recognition.ignored | from_dicom.ignored)
    if not recognition.contrasts and not named:
        raise _nothing_found(folder, images)
    missing = {c for c in Contrast if c not in named and c not in recognition.contrasts}
    if missing:
        recognition.ignored.update(_not_looked_at(folder, files, missing, used))
    return Recognition(recognition.contrasts, mask, recognition.ignored)


def _not_looked_at(
    folder: Path, looked_at: Collection[Path], missing: Collection[Contrast], used: Collection[Path]
) -> dict[Path, Unused]:
    """What may be a contrast that is missing, in places that are left alone where image files were recognized."""
    try:
        below = _files_below(folder, DEEPEST_DICOM_FOLDER)
    except InputError:  # of too many files
        return {}
    further: dict[Path, Unused] = {}
    seen = set(looked_at)
    for path in below:
        if image_suffix(path) and path not in seen and path.resolve() not in used:
            reading = read_name(path.name)
            if reading.contrast in missing:
                further[path] = unused_by_name(_relative(path, folder), reading, "it lies in a subfolder")
    for series in find_series(path for path in below if not image_suffix(path)).series:
        one = _unused(series, "beside image files, which were taken")
        if one.resembles & set(missing) and not _is_used(series, used):
            further[series.paths[0]] = one
    return further


def _recognize_dicom(folder: Path, named: Collection[Contrast], used: Collection[Path]) -> Recognition | None:
    """The contrasts among the DICOM series below `folder`; None where there is no DICOM at all."""
    found = find_series(_files_below(folder, DEEPEST_DICOM_FOLDER))
    if not (found.series or found.others or found.damaged):
        return None
    if len({series.patient for series in found.series}) > 1:
        raise several_patients(folder.name)
    chosen, elsewhere = choose_examination(found.series)
    contrasts: dict[Contrast, Recognized] = {}
    ignored: dict[Path, Unused] = {}
    for path, why in found.others.items():
        name, _, reason = why.partition(": ")
        likely = resembles(found.unusable[path]) if path in found.unusable else frozenset()
        ignored[path] = Unused(f"DICOM {name}", reason, UnusedKind.OTHER_KIND, likely)
    for series in elsewhere:
        ignored[series.paths[0]] = _unused(series, "from another examination", UnusedKind.ELSEWHEN)
    for path in found.damaged:
        reason = "a DICOM file that cannot be read"
        ignored[path] = Unused(path.name, reason, UnusedKind.DAMAGED, frozenset(Contrast))
    ranked, rejected = rank_series(chosen)
    for series, reason in rejected:
        ignored[series.paths[0]] = _unused(series, reason, UnusedKind.OTHER_KIND)
    best_series = confirm_one_patient({c: candidates[0].series for c, candidates in ranked.items()}, folder.name)
    for contrast, candidates in ranked.items():
        best = replace(candidates[0], series=best_series[contrast])
        if contrast in named:
            for candidate in candidates:
                ignored[candidate.series.paths[0]] = _unused(candidate.series, f"{contrast} was named by hand")
            continue
        reason = best.reason + (f"; the best of {len(candidates)}: {best.merits}" if len(candidates) > 1 else "")
        contrasts[contrast] = Recognized(best.series.paths[0], reason, best.confidence, best.series)
        for candidate in candidates[1:]:
            reason = f"{candidate.reason}, but {best.series.source} was taken for {contrast}"
            ignored[candidate.series.paths[0]] = _unused(candidate.series, reason)
    if not contrasts and not named:
        first = next(iter(ignored.values()), None)
        why = f"{first.name}: {first.reason}" if first else "there are no series"
        raise InputError(
            f"none of its DICOM series could be told to be T1, T1c, T2 or FLAIR ({why})",
            source=folder.name,
            next_step="Name one file of each series by hand, such as --flair FILE.",
        )
    for series in found.series:
        if _is_used(series, used):
            ignored.pop(series.paths[0], None)
    return Recognition(contrasts, None, ignored)


def read_name(name: str, shared: Collection[str] = ()) -> NameReading:
    """What a file's name says about its content.

    Words in `shared`, which the names of all the patient's files have, count for contrasts only: a site's two letters
    must not make every file an ADC map or a mask.
    """
    words = _words(name)
    there = set(words)
    own = there - set(shared)
    mask_words = own & _MASK
    if mask_words:
        if own & _NOT_TUMOR:
            return NameReading(
                None, False, (), f"'{_first(words, own & _NOT_TUMOR)}' in its name: a mask, but not of a tumor"
            )
        return NameReading(None, True, tuple(mask_words), f"'{_first(words, mask_words)}' in its name: a mask")
    other = own & _OTHER_KIND
    if other:
        return NameReading(None, False, (), f"'{_first(words, other)}' in its name: another kind of image")
    t1 = [w for w in words if _T1.fullmatch(w)]
    flair = [w for w in words if _FLAIR.fullmatch(w)]
    t2 = [w for w in words if _T2.fullmatch(w)]
    if t1 and t2:
        return NameReading(None, False, (), "its name says both T1 and T2")
    if t1:
        return _read_t1(words, {*t1, *flair})  # "T1 FLAIR" is a T1-weighted sequence of one maker; it is not FLAIR.
    if flair:
        used = (*flair, *t2)
        return NameReading(Contrast.FLAIR, False, used, f"'{' '.join(w for w in words if w in used)}' in its name")
    if t2:
        return NameReading(Contrast.T2, False, tuple(t2), f"'{t2[0]}' in its name")
    alone = own & _MASK_ALONE
    if alone and not own & _NOT_TUMOR:
        return NameReading(None, True, tuple(alone), f"'{_first(words, alone)}' in its name: a mask")
    return NameReading(None, False, (), _SAYS_NOTHING)


def _read_t1(words: list[str], said_weighting: set[str]) -> NameReading:
    said = agent_said(words)
    used = said_weighting.union(*(phrase.split() for phrase in said.phrases))
    reason = f"'{' '.join(w for w in words if w in used)}' in its name"
    if said.torn:
        reason += ", which speaks for contrast agent and against it"
    contrast = Contrast.T1C if said.given else Contrast.T1
    return NameReading(contrast, False, tuple(used), reason, AGENT_CONTRADICTED if said.torn else 1.0)


def _words(name: str) -> list[str]:
    suffix = image_suffix(Path(name))
    return plain_words(name[: len(name) - len(suffix)])


def _first(words: Iterable[str], among: Collection[str]) -> str:
    return next(word for word in words if word in among)


def _files_below(folder: Path, deepest: int) -> list[Path]:
    """Files at most `deepest` folders down, sorted; hidden files (as macOS leaves beside others) are not looked at."""
    found: list[Path] = []
    for where, folders, names in os.walk(folder):
        depth = len(Path(where).relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if not f.startswith(".")) if depth < deepest else []
        found += [Path(where) / name for name in names if not name.startswith(".")]
        if len(found) > MOST_FILES:
            raise InputError(
                f"the folder holds more than {MOST_FILES} files",
                source=folder.name,
                next_step="Give the folder of one patient and one examination.",
            )
    return sorted(found)


def _shared_words(images: Iterable[Path]) -> set[str]:
    """Words that every image's name has, such as the patient's id: they tell nothing apart. None for a single image."""
    every = [set(_words(path.name)) for path in images]
    return set.intersection(*every) if len(every) > 1 else set()


def _plainest(candidates: list[Path], readings: Mapping[Path, NameReading], shared: set[str]) -> list[Path]:
    """The candidates with the fewest words beyond the ones that count: ``flair`` before ``flair_registered_n4``."""
    extra = {path: len(set(_words(path.name)) - shared - set(readings[path].words)) for path in candidates}
    return [path for path in candidates if extra[path] == min(extra.values())]


def unused_by_name(name: str, reading: NameReading, why: str = "") -> Unused:
    """What an image of this name is that is not used; `why` it is not, where that is not in the reading."""
    reason = f"{reading.reason}; {why}" if why else reading.reason
    words = set(_words(name))
    if reading.is_mask or (reading.contrast is None and words & _MASK):
        return Unused(name, reason, UnusedKind.MASK)
    if reading.contrast is not None:
        return Unused(name, reason, UnusedKind.SPARE, frozenset({reading.contrast}))
    if reading.reason == _SAYS_NOTHING:
        return Unused(name, reason, UnusedKind.UNTOLD, frozenset(Contrast))
    return Unused(name, reason, UnusedKind.OTHER_KIND, frozenset(_contrasts_said(name)))


def _why_ignored(reading: NameReading, contrasts: Mapping[Contrast, Recognized], named: Collection[Contrast]) -> str:
    if reading.contrast is not None and reading.contrast in named:
        return f"{reading.contrast} was named by hand"
    if reading.contrast is not None and reading.contrast in contrasts:
        return f"but {contrasts[reading.contrast].path.name} was taken for {reading.contrast}"
    return "one of several masks" if reading.is_mask else ""


def _contrasts_said(name: str) -> set[Contrast]:
    """Every contrast that a name speaks of, whatever else it says: what a person would look at who misses one."""
    words = _words(name)
    t1 = Contrast.T1C if agent_said(words).given else Contrast.T1
    spoken_of = {t1: _T1, Contrast.T2: _T2, Contrast.FLAIR: _FLAIR}
    return {contrast for contrast, form in spoken_of.items() if any(map(form.fullmatch, words))}


def _is_used(series: DicomSeries, used: Collection[Path]) -> bool:
    """Whether a file of the series, or its folder, is among `used`."""
    return bool(used) and any(path.resolve() in used or path.parent.resolve() in used for path in series.paths)


def _unused(series: DicomSeries, reason: str, kind: UnusedKind = UnusedKind.SPARE) -> Unused:
    return Unused(series.source, reason, kind, resembles(series.attributes))


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _nothing_found(folder: Path, images: list[Path]) -> InputError:
    if not images:
        return InputError(
            "the folder holds no image files",
            source=folder.name,
            next_step=f"Give a folder with DICOM series or with files that end in one of {', '.join(IMAGE_SUFFIXES)}.",
        )
    return InputError(
        f"none of its {len(images)} image files has a name that says its contrast",
        source=folder.name,
        next_step="Name the files by hand, or rename them to t1, t1c, t2 and flair.",
    )
