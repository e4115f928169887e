"""Which file or DICOM series of a folder is which contrast, with the reason and a confidence.

Files are told apart by name, as BraTS, BIDS, TCIA and people write them; DICOM series by how they were measured and
what they were called; and files whose names say nothing by what their images look like.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE, resembles
from SynthTrustLib.case.dicom.folder import DicomSeries, find_series
from SynthTrustLib.case.dicom.rank import RankedSeries, choose_examination, rank_series
from SynthTrustLib.case.dicom.spelling import confirm_one_patient, several_patients
from SynthTrustLib.case.file.below import FilesBelow, files_below
from SynthTrustLib.case.file.read import IMAGE_SUFFIXES, image_suffix, unread_suffix
from SynthTrustLib.case.recognize.looks import Look, Unclear, recognize_by_looks
from SynthTrustLib.case.recognize.read_name import NameKind, NameReading, name_words, read_name
from SynthTrustLib.case.recognize.words.reading import STRANGE
from SynthTrustLib.case.unused import Unused, UnusedKind
from SynthTrustLib.errors import InputError
from SynthTrustLib.vocabulary import Contrast

DEEPEST_FOLDER = 3
"""Subfolders are searched this deep (BIDS: subject/session/anat), and only when the folder itself holds no contrast;
and deeper (XNAT) only where no image file lies in them."""

DEEPEST_DICOM_FOLDER = 8
"""Archives' media nest their folders deeply (patient/study/series/...)."""

MOST_FILES = 20_000
"""A folder with more files than this is an archive, not a patient."""


@dataclass(frozen=True)
class Recognized:
    """A file or DICOM series, and why it was taken for what it was taken for."""

    path: Path
    """The file, or the first file of the series."""
    reason: str
    """In words for the user."""
    confidence: float = 1.0
    """0..1. A name that says the contrast counts as 1, unless it contradicts itself about the agent."""
    series: DicomSeries | None = None
    """The series where it is DICOM."""

    @property
    def name(self) -> str:
        """What it is called in messages: the file's name, or the number of the series."""
        return self.series.source if self.series else self.path.name


@dataclass(frozen=True)
class Recognition:
    """What a folder holds."""

    contrasts: dict[str, Recognized] = field(default_factory=dict)
    """The file of each contrast that was found."""
    reference_mask: Path | None = None
    """A mask that could serve as the reference; a candidate only, nothing uses it unasked."""
    ignored: dict[Path, Unused] = field(default_factory=dict)
    """Every other image file, or first file of another series, and why it was left out."""

    def only(self, contrasts: Collection[str], otherwise: str) -> Recognition:
        """With just these contrasts; any other is unused, and `otherwise` says why."""
        kept = {name: found for name, found in self.contrasts.items() if name in contrasts}
        left = {
            found.path: Unused(found.name, f"{name}, {otherwise}", UnusedKind.OTHER_KIND)
            for name, found in self.contrasts.items()
            if name not in contrasts
        }
        return replace(self, contrasts=kept, ignored={**self.ignored, **left})

    @property
    def unused(self) -> tuple[Unused, ...]:
        """Everything that was found and is not among the contrasts: the candidate mask, too."""
        mask = self.reference_mask
        why = "a mask, not used unless named with --reference"
        masks = (Unused(mask.name, why, UnusedKind.MASK),) if mask else ()
        return (*masks, *self.ignored.values())


def recognize_folder(folder: Path, *, named: Collection[str] = (), used: Collection[Path] = ()) -> Recognition:
    """Tell the contrasts in a folder apart by the names of the files.

    `named`: contrasts that the user names by hand: these are not looked for, and cannot be ambiguous. `used`: files, or
    folders of series, that the user names by hand for whatever purpose: nothing else is made of them. Raises InputError
    if there is no such folder, no file's name says a contrast, only DICOM files are there, or two names fit one
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
    by_name, depth = False, 0
    below = FilesBelow()
    for deepest in (0, DEEPEST_FOLDER, DEEPEST_DICOM_FOLDER):
        if deepest > DEEPEST_FOLDER and images:
            break
        depth = deepest
        below = _look_below(folder, depth)
        files = below.files
        images = [path for path in files if image_suffix(path)]
        shared = _shared_words(images)
        readings = {path: _read(path, folder, shared) for path in images}
        by_name = any(reading.contrast for reading in readings.values())
        if by_name:
            break
    images = [path for path in images if path.resolve() not in used]
    readings = {path: readings[path] for path in images}
    wanted = [contrast for contrast in Contrast if contrast not in named]
    sure = {path: reading for path, reading in readings.items() if not _is_open(reading)}
    contrasts = _by_names(sure, wanted, folder, shared)
    second = _second_t1(sure, contrasts)
    looks = recognize_by_looks(
        [
            Unclear(path, _why_unclear(reading), reading.possible)
            for path, reading in readings.items()
            if _unclear(reading)
        ]
        + [Unclear(path, readings[path].reason, (Contrast.T1, Contrast.T1C)) for path in second],
        [contrast for contrast in wanted if contrast not in contrasts],
    )
    contrasts |= {look.contrast: Recognized(look.path, look.reason, look.confidence) for look in looks if look.contrast}
    looked_at = {look.path for look in looks if look.contrast or not look.is_blind}
    unsettled = {path: reading for path, reading in readings.items() if _is_open(reading) and path not in looked_at}
    contrasts |= _by_names(unsettled, [contrast for contrast in wanted if contrast not in contrasts], folder, shared)
    recognition = Recognition(contrasts)
    masks = _plainest([path for path in images if readings[path].is_mask], readings, shared)
    taken = {found.path for found in recognition.contrasts.values()}
    mask = masks[0] if len(masks) == 1 else None
    for path in images:
        if path not in taken and path != mask:
            why = _why_ignored(readings[path], recognition.contrasts, named)
            recognition.ignored[path] = unused_by_name(_shown(path, folder, images), readings[path], why)
    for look in looks:
        if look.contrast is None and look.path not in taken:
            kind = UnusedKind.SPARE if look.path in second else look.kind
            name = _shown(look.path, folder, images)
            recognition.ignored[look.path] = Unused(name, look.reason, kind, look.resembles)
    if not by_name:
        below = below if depth == DEEPEST_DICOM_FOLDER else _look_below(folder, DEEPEST_DICOM_FOLDER)
        from_dicom = _recognize_dicom_beside(recognition, below.files, folder, named, used)
        if from_dicom is not None:
            ignored = {**recognition.ignored, **from_dicom.ignored, **_closed(folder, below.closed)}
            for found in recognition.contrasts.values():
                why = "its name says no contrast, and there are DICOM series"
                ignored[found.path] = Unused(_shown(found.path, folder, images), why, UnusedKind.UNTOLD)
            return Recognition(from_dicom.contrasts, mask, ignored)
    if not recognition.contrasts and not named:
        unread = [path.name for path in files if unread_suffix(path)]
        raise _nothing_found(folder, images, unread, [look for look in looks if look.kind is UnusedKind.DAMAGED])
    recognition.ignored.update(_closed(folder, below.closed))
    missing = {contrast for contrast in wanted if contrast not in recognition.contrasts}
    if missing:
        recognition.ignored.update(_not_looked_at(folder, files, missing, used))
    return Recognition(recognition.contrasts, mask, recognition.ignored)


def _read(path: Path, folder: Path, shared: Collection[str]) -> NameReading:
    """What a file's name says or, where that is nothing, that of the nearest of its folders that says a contrast."""
    reading = read_name(path.name, shared)
    if reading.kind is not NameKind.NOTHING:
        return reading
    for above in path.relative_to(folder).parents:
        of_folder = read_name(above.name)
        if of_folder.contrast is not None:
            reason = of_folder.reason.replace("in its name", "in its folder's name")
            return replace(of_folder, reason=reason, confidence=min(of_folder.confidence, STRANGE))
    return reading


def _shown(path: Path, folder: Path, images: Collection[Path]) -> str:
    """The file's name; with its folders where others have it, too."""
    alike = sum(path.name == other.name for other in images)
    return path.name if alike < 2 else _relative(path, folder)


def _recognize_dicom_beside(
    images: Recognition, files: Iterable[Path], folder: Path, named: Collection[str], used: Collection[Path]
) -> Recognition | None:
    """The contrasts of DICOM `files`, where they show more of them than image files do whose names say nothing."""
    try:
        found = _recognize_dicom(files, folder.name, named, used)
    except InputError:
        if images.contrasts:
            return None
        raise
    if found is None or (images.contrasts and len(found.contrasts) <= len(images.contrasts)):
        return None
    return found


def _look_at_open(
    ranked: Mapping[Contrast, list[RankedSeries]], named: Collection[str]
) -> dict[Contrast, list[RankedSeries]]:
    """`ranked` with each series of which words and header leave it open placed where its image belongs.

    So is each that may be another contrast where a better one was found for its own.
    """
    every = [(contrast, one) for contrast, candidates in ranked.items() for one in candidates]
    taken = {contrast for contrast, one in every if one.confidence >= LOW_CONFIDENCE}
    best = {candidates[0].series.paths[0] for candidates in ranked.values()}
    further = [one for _, one in every if len(one.possible) > 1 and one.series.paths[0] not in best]
    unclear = [
        Unclear(one.series.paths[0], one.reason, one.possible, one.series)
        for _, one in every
        if one.is_open or one in further
    ]
    looks = recognize_by_looks(unclear, [c for c in Contrast if c not in named and c not in taken])
    seen = {look.path: look for look in looks if look.contrast is not None}
    placed: dict[Contrast, list[RankedSeries]] = {}
    for contrast, one in every:
        look = seen.get(one.series.paths[0])
        if look is not None and look.contrast is not None:
            contrast, one = look.contrast, replace(one, confidence=look.confidence, reason=look.reason)
        placed.setdefault(contrast, []).append(one)
    return {contrast: sorted(placed[contrast], key=lambda one: one.rank) for contrast in Contrast if contrast in placed}


def _by_names(
    readings: Mapping[Path, NameReading], wanted: Collection[Contrast], folder: Path, shared: set[str]
) -> dict[str, Recognized]:
    """The file with the plainest name for each of the `wanted` contrasts; InputError where two are equally plain."""
    found: dict[str, Recognized] = {}
    for contrast in wanted:
        candidates = [path for path, reading in readings.items() if reading.contrast is contrast]
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
            found[contrast] = Recognized(path, reading.reason + more, reading.confidence)
    return found


def _second_t1(readings: Mapping[Path, NameReading], contrasts: Mapping[str, Recognized]) -> set[Path]:
    """Further files named T1 that may be the T1c, which no name says."""
    if Contrast.T1 not in contrasts or Contrast.T1C in contrasts:
        return set()
    taken = contrasts[Contrast.T1].path
    return {path for path, reading in readings.items() if reading.may_be_enhanced and path != taken}


def _is_open(reading: NameReading) -> bool:
    """Whether a name speaks of a contrast and leaves it to the image which."""
    return reading.kind is NameKind.CONTRAST and reading.confidence < LOW_CONFIDENCE


def _unclear(reading: NameReading) -> bool:
    return reading.kind is NameKind.NOTHING or _is_open(reading)


def _why_unclear(reading: NameReading) -> str:
    return "" if reading.kind is NameKind.NOTHING else reading.reason


def _not_looked_at(
    folder: Path, looked_at: Collection[Path], missing: Collection[Contrast], used: Collection[Path]
) -> dict[Path, Unused]:
    """What may be a contrast that is missing, in formats that are not read, or in places that are left alone where
    image files were recognized.
    """
    try:
        below = _look_below(folder, DEEPEST_DICOM_FOLDER)
    except InputError:  # of too many files
        return {}
    further = _closed(folder, below.closed)
    seen = set(looked_at)
    for path in below.files:
        if image_suffix(path) and path not in seen and path.resolve() not in used:
            reading = read_name(path.name)
            if reading.contrast in missing:
                further[path] = unused_by_name(_relative(path, folder), reading, "it lies in a subfolder")
        if (suffix := unread_suffix(path)) and path.resolve() not in used:
            reading = read_name(path.name[: -len(suffix)])
            if reading.contrast is not None and reading.contrast in missing:
                reason = f"{reading.reason}; {suffix} is not read: convert or unpack it"
                likely = frozenset({reading.contrast})
                further[path] = Unused(_relative(path, folder), reason, UnusedKind.DAMAGED, likely)
    for series in find_series(path for path in below.files if not image_suffix(path)).series:
        one = _unused(series, "beside image files, which were taken")
        if one.resembles & set(missing) and not _is_used(series, used):
            further[series.paths[0]] = one
    return further


def recognize_dicom(
    files: Iterable[Path], source: str, *, named: Collection[str] = (), used: Collection[Path] = ()
) -> Recognition:
    """Tell the contrasts among the DICOM `files` of one patient apart, wherever they lie.

    `source`: what they are called in errors. `named` and `used`: as of `recognize_folder`.

    Raises InputError if none of them can be read, they are of several patients, or no series' contrast can be told.
    """
    recognition = _recognize_dicom(files, source, named, {path.resolve() for path in used})
    if recognition is None:
        raise InputError(
            "none of its files is a DICOM file that can be read",
            source=source,
            next_step="Check that the files are whole and that you may read them.",
        )
    return recognition


def _recognize_dicom(
    files: Iterable[Path], source: str, named: Collection[str], used: Collection[Path]
) -> Recognition | None:
    """The contrasts among the series of DICOM `files`; None where there is no DICOM at all."""
    found = find_series(files)
    if not (found.series or found.others or found.damaged):
        return None
    if len({series.patient for series in found.series}) > 1:
        raise several_patients(source)
    chosen, elsewhere = choose_examination(found.series)
    contrasts: dict[str, Recognized] = {}
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
    ranked = _look_at_open(ranked, named)
    for series, reason in rejected:
        ignored[series.paths[0]] = _unused(series, reason, UnusedKind.OTHER_KIND)
    best_series = confirm_one_patient({c: candidates[0].series for c, candidates in ranked.items()}, source)
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
            source=source,
            next_step="Name one file of each series by hand, such as --flair FILE.",
        )
    for series in found.series:
        if _is_used(series, used):
            ignored.pop(series.paths[0], None)
    return Recognition(contrasts, None, ignored)


def _look_below(folder: Path, deepest: int) -> FilesBelow:
    """What lies at most `deepest` folders down."""
    found = files_below(folder, deepest, MOST_FILES)
    if len(found.files) > MOST_FILES:
        raise InputError(
            f"the folder holds more than {MOST_FILES} files",
            source=folder.name,
            next_step="Give the folder of one patient and one examination.",
        )
    return found


def _closed(folder: Path, closed: Iterable[Path]) -> dict[Path, Unused]:
    """Folders that cannot be opened: anything may lie in them."""
    reason = "a folder that cannot be opened: check that you may read it"
    return {path: Unused(_relative(path, folder), reason, UnusedKind.DAMAGED, frozenset(Contrast)) for path in closed}


def _shared_words(images: Iterable[Path]) -> set[str]:
    """Words that every image's name has, such as the patient's id: they tell nothing apart. None for a single image."""
    every = [set(name_words(path.name)) for path in images]
    return set.intersection(*every) if len(every) > 1 else set()


def _plainest(candidates: list[Path], readings: Mapping[Path, NameReading], shared: set[str]) -> list[Path]:
    """The candidates with the fewest words beyond the ones that count: ``flair`` before ``flair_registered_n4``."""
    extra = {path: len(set(name_words(path.name)) - shared - set(readings[path].words)) for path in candidates}
    return [path for path in candidates if extra[path] == min(extra.values())]


def unused_by_name(name: str, reading: NameReading, why: str = "") -> Unused:
    """What an image of this name is that is not used; `why` it is not, where that is not in the reading."""
    reason = f"{reading.reason}; {why}" if why else reading.reason
    kind = {
        NameKind.MASK: UnusedKind.MASK,
        NameKind.OTHER_MASK: UnusedKind.MASK,
        NameKind.CONTRAST: UnusedKind.SPARE,
        NameKind.NOTHING: UnusedKind.UNTOLD,
    }.get(reading.kind, UnusedKind.OTHER_KIND)
    likely = {*reading.possible, Contrast.T1C} if reading.may_be_enhanced else set(reading.possible)
    return Unused(name, reason, kind, frozenset(Contrast if reading.kind is NameKind.NOTHING else likely))


def _why_ignored(reading: NameReading, contrasts: Mapping[str, Recognized], named: Collection[str]) -> str:
    if reading.contrast is not None and reading.contrast in named:
        return f"{reading.contrast} was named by hand"
    if reading.contrast is not None and reading.contrast in contrasts:
        return f"but {contrasts[reading.contrast].path.name} was taken for {reading.contrast}"
    return "one of several masks" if reading.is_mask else ""


def _is_used(series: DicomSeries, used: Collection[Path]) -> bool:
    """Whether a file of the series, or its folder, is among `used`."""
    return bool(used) and any(path.resolve() in used or path.parent.resolve() in used for path in series.paths)


def _unused(series: DicomSeries, reason: str, kind: UnusedKind = UnusedKind.SPARE) -> Unused:
    return Unused(series.source, reason, kind, resembles(series.attributes))


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _nothing_found(folder: Path, images: list[Path], unread: list[str], damaged: Sequence[Look]) -> InputError:
    if not images and unread:
        more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        return InputError(
            f"it holds no image that can be read ({unread[0]}{more})",
            source=folder.name,
            next_step=f"Unpack archives, and convert images to one of {', '.join(IMAGE_SUFFIXES)}.",
        )
    if not images:
        return InputError(
            "the folder holds no image files",
            source=folder.name,
            next_step=f"Give a folder with DICOM series or with files that end in one of {', '.join(IMAGE_SUFFIXES)}.",
        )
    if len(damaged) == len(images):
        which = "its only image file" if len(images) == 1 else f"none of its {len(images)} image files"
        return InputError(
            f"{which} can{'not' if len(images) == 1 else ''} be used ({damaged[0].path.name}: {damaged[0].reason})",
            source=folder.name,
            next_step="Give one 3D image for each contrast, and name them t1, t1c, t2 and flair.",
        )
    return InputError(
        f"none of its {len(images)} image files has a name that says its contrast",
        source=folder.name,
        next_step="Name the files by hand, or rename them to t1, t1c, t2 and flair.",
    )
