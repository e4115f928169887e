"""Which segmenters there are on this machine, and the choice among them."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.progress import Steps
from SynthTrustLib.regular_file import read_regular_text
from SynthTrustLib.resources import FOLDERS_VARIABLE, resource_path
from SynthTrustLib.segmenters.package.card import MODEL_FILE
from SynthTrustLib.segmenters.package.folder import CARD_FILE, SegmenterPackage, load_package
from SynthTrustLib.segmenters.roles import FLAGSHIP
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

ALL = "all"
LADDER = "ladder"
DEFAULT = "default"


@dataclass(frozen=True)
class DamagedPackage:
    """A package that is there but cannot be used."""

    id: str
    """As its card says, or the folder's name where the card cannot be read."""
    folder: Path
    presets: tuple[str, ...] | None
    """As its card claims; None where the card cannot be read, so that it might belong to any."""
    error: SegmenterError

    def is_asked_for(self, word: str) -> bool:
        """Whether `word`, an id or a preset, means this package, as far as can be known."""
        return word in (ALL, self.id, self.folder.name) or (self.presets is not None and word in self.presets)


class PackageList(list[SegmenterPackage]):
    """The usable packages, by rising synthetic fraction (unknown ones last) and id; `damaged` ones cannot be used."""

    def __init__(self, packages: Iterable[SegmenterPackage] = (), damaged: Iterable[DamagedPackage] = ()) -> None:
        super().__init__(packages)
        self.damaged = tuple(damaged)


def find_packages(extra_folders: Iterable[Path] = (), *, verify: bool = True) -> PackageList:
    """Every package in ``Resources/Segmenters``, in `extra_folders` and in those of SYNTHTRUST_SEGMENTERS.

    Each folder may be a package or hold packages. A damaged package does not spoil the list: it is in
    ``PackageList.damaged`` with its error, and `select` raises that error when the package is asked for.

    `verify`: all files are hashed. Without it, whoever chooses some of them has to load these again. Raises
    SegmenterError if a folder does not exist, or two packages have the same id.
    """
    more = [Path(name) for name in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if name]
    found: dict[str, SegmenterPackage] = {}
    damaged = []
    for folder in _package_folders([*map(Path, extra_folders), *more]):
        try:
            package = load_package(folder, verify=verify)
        except SegmenterError as error:
            damaged.append(DamagedPackage(*_what_it_claims(folder), error))
            continue
        twin = found.setdefault(package.card.id, package)
        if twin is not package:
            raise SegmenterError(
                f"two packages have this id: {twin.folder} and {folder}",
                source=package.card.id,
                next_step="Remove one of them.",
            )
    order = sorted(found.values(), key=lambda p: (p.card.training_mix.rank, p.card.id))
    return PackageList(order, damaged)


def checking(packages: PackageList) -> Steps[PackageList]:
    """Steps that check what `find_packages` has found without `verify`, a package each; their result is the list."""
    usable, damaged = [], list(packages.damaged)
    for number, package in enumerate(packages, start=1):
        try:
            usable.append(load_package(package.folder))
        except SegmenterError as error:
            damaged.append(DamagedPackage(*_what_it_claims(package.folder), error))
        yield number / len(packages)
    return PackageList(usable, damaged)


def presets(packages: Iterable[SegmenterPackage]) -> dict[str, tuple[SegmenterPackage, ...]]:
    """The named sets and their members; ``"all"`` is the last of them."""
    members: dict[str, list[SegmenterPackage]] = {}
    packages = list(packages)
    for package in packages:
        for name in package.card.presets:
            members.setdefault(name, []).append(package)
    return {**{name: tuple(members[name]) for name in sorted(members)}, ALL: tuple(packages)}


def default_preset(sets: Collection[str]) -> str:
    """Which of the named sets is taken where nobody has chosen: the ladder, or all of them where there is none."""
    return LADDER if LADDER in sets else ALL


def select(packages: Sequence[SegmenterPackage], spec: str) -> list[SegmenterPackage]:
    """The packages that `spec` names: ``"all"``, a preset such as ``"ladder"``, an id, or several of these by commas.

    ``"default"`` is `default_preset`. Raises SegmenterError if something that is named does not exist, or is damaged.
    The message lists what there is.
    """
    damaged: tuple[DamagedPackage, ...] = getattr(packages, "damaged", ())
    by_id = {package.card.id: package for package in packages}
    sets = presets(packages)
    if spec == DEFAULT:
        spec = default_preset(sets)
    chosen: dict[str, SegmenterPackage] = {}
    for word in (part.strip() for part in spec.split(",")):
        for broken in damaged:
            if broken.is_asked_for(word) or (broken.presets is None and word in sets):
                raise broken.error
        members = (by_id[word],) if word in by_id else sets.get(word, ())
        if not members:
            there = f"Choose segmenters ({', '.join(by_id)}) or a preset ({', '.join(sets)})."
            raise SegmenterError(
                "there is no segmenter and no preset of that name" if packages else "no segmenter is installed",
                source=f"segmenters {spec!r}",
                next_step=there if packages else "Install SynthTrust again, or add a folder.",
            )
        chosen.update((package.card.id, package) for package in members)
    return list(chosen.values())


def record_beside(
    packages: Sequence[SegmenterPackage], chosen: Sequence[SegmenterPackage], record: str | None
) -> SegmenterPackage | None:
    """The package that has to run beside those `chosen` to draw the outline of record; None if nobody has to.

    That is the one of the id `record`; by default the flagship of their family, where several are chosen as a jury.
    """
    if record is not None:
        found = [package for package in packages if package.card.id == record]
    elif len(chosen) < 2:
        return None
    else:
        families = {package.card.family for package in chosen}
        found = [one for one in packages if FLAGSHIP in one.card.presets and families == {one.card.family}]
    return found[0] if found and found[0] not in chosen else None


def task_of(packages: Sequence[SegmenterPackage]) -> Task:
    """The task of segmenters that run side by side; glioma without any.

    Raises SegmenterError if they are of several, or of one in two versions.
    """
    for package in packages:
        first = packages[0]
        if package.task != first.task:
            same = "another version of it" if package.task.id == first.task.id else package.task.id
            raise SegmenterError(
                f"its task is {same}, but that of {first.card.id} is {first.task.id}",
                source=package.card.id,
                next_step="Choose segmenters of one task.",
            )
    return packages[0].task if packages else GLIOMA


def _package_folders(extra: Sequence[Path]) -> Iterator[Path]:
    seen = set()
    for folder in [resource_path("Segmenters"), *extra]:
        try:
            inner = [folder] if _looks_like_package(folder) else sorted(filter(_looks_like_package, folder.iterdir()))
        except OSError as error:
            raise SegmenterError(
                f"the folder cannot be read ({error.strerror})",
                source=str(folder),
                next_step="Check the folder's path and its permissions.",
            ) from error
        for path in inner:
            if path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def _looks_like_package(folder: Path) -> bool:
    """Whether it is a package, a damaged one included. Hidden folders are drafts of `write_package`."""
    if folder.name.startswith(".") or not folder.is_dir():
        return False
    return (folder / CARD_FILE).is_file() or (folder / MODEL_FILE).is_file()


def _what_it_claims(folder: Path) -> tuple[str, Path, tuple[str, ...] | None]:
    """Id, folder and presets of a damaged package, as far as its card can be read."""
    try:
        card = json.loads(read_regular_text(folder / CARD_FILE))
        return str(card["id"]), folder, tuple(str(name) for name in card["presets"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return folder.name, folder, None
