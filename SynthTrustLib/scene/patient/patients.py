"""Which volume nodes of a scene are which contrast of which patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from SynthTrustLib.case.recognize.files import unused_by_name
from SynthTrustLib.case.recognize.read_name import NameKind, NameReading, read_name
from SynthTrustLib.case.recognize.words.spelling import fold
from SynthTrustLib.case.unused import Unused, UnusedKind
from SynthTrustLib.scene.patient.nodes import is_result, is_series
from SynthTrustLib.scene.result.attributes import nodes_of_class
from SynthTrustLib.vocabulary import Contrast


@dataclass(frozen=True)
class Found:
    """A volume node that was taken for a contrast, and why, in words."""

    node: Any
    reason: str


@dataclass(frozen=True)
class Patient:
    """One examination of one patient."""

    title: str
    """What tells it from the others: its place in the subject hierarchy, its folder, or the words of its names."""
    contrasts: Mapping[Contrast, Found]

    def has(self, nodes: Iterable[Any]) -> bool:
        """Whether all `nodes` are among its contrasts."""
        own = {found.node.GetID() for found in self.contrasts.values()}
        return all(node.GetID() in own for node in nodes)


@dataclass(frozen=True)
class _Place:
    """Where a volume lies: what has the same place belongs together."""

    item: int  # above it in the subject hierarchy; 0 at its top
    folder: str  # of its file; empty without one
    title: str


@dataclass(frozen=True)
class _Candidate:
    node: Any
    contrast: Contrast
    reason: str
    order: int
    place: _Place
    words: tuple[str, ...]  # of its name, without those that say the contrast
    possible: tuple[Contrast, ...]  # what its name leaves open, the likeliest first


def find_patients(scene: Any, describe: Callable[[Any], str] = lambda node: "") -> list[Patient]:
    """The patients whose scalar volumes are loaded, told apart so that no run mixes two; the last one loaded first.

    Volumes belong together when they lie in one study or folder of the subject hierarchy and come from one folder.
    Where that leaves two volumes for one contrast, the names tell the patients apart: a name that has only some of
    another's words may belong to it. Volumes that a run has made, label maps and volumes without voxels are not looked
    at.

    `describe`: more words about a volume node, such as the DICOM series description; asked only where its name says
    nothing.
    """
    places: dict[_Place, list[_Candidate]] = defaultdict(list)
    for candidate in _candidates(scene, describe):
        places[candidate.place].append(candidate)
    found = [entry for members in places.values() for entry in _split(_settled(members))]
    return [patient for _, patient in sorted(found, key=lambda entry: entry[0], reverse=True)]


def whose_series(scene: Any) -> dict[str, tuple[str, _Place]]:
    """Node id -> what says whose series it is, of every series that has its voxels: where it changes, look again."""
    return {
        node.GetID(): (node.GetName() or "", _place(scene, node))
        for node in nodes_of_class(scene, "vtkMRMLScalarVolumeNode")
        if is_series(node) and node.GetImageData() is not None
    }


def unused_volumes(scene: Any, chosen: Iterable[Any], describe: Callable[[Any], str] = lambda node: "") -> list[Unused]:
    """What is loaded for the patient of the `chosen` volume nodes and is not among them: label maps, too.

    That is what lies where they lie, other than what belongs to another patient. `describe` as of `find_patients`.
    """
    used = {node.GetID(): node for node in chosen}
    places = {_place(scene, node) for node in used.values()}
    patients = find_patients(scene, describe)
    members = [{found.node.GetID() for found in patient.contrasts.values()} for patient in patients]
    own = set().union(*(ids for ids in members if ids & set(used)))
    others = set().union(*members) - own
    unused = []
    for node in nodes_of_class(scene, "vtkMRMLScalarVolumeNode"):
        name, key = node.GetName() or "", node.GetID()
        if key in used or key in others or is_result(node) or node.GetImageData() is None:
            continue
        if key not in own and _place(scene, node) not in places:
            continue
        if not is_series(node):
            unused.append(Unused(name, "a label map", UnusedKind.MASK))
        else:
            unused.append(replace(unused_by_name(*_read(node, describe), why="it was not chosen"), name=name))
    return unused


def _read(node: Any, describe: Callable[[Any], str]) -> tuple[str, NameReading]:
    """The words that tell most about a node's contrast, and what they say."""
    name = node.GetName() or ""
    reading = read_name(name)
    if reading.kind is NameKind.NOTHING:
        described = describe(node)
        if described:
            reading = read_name(described)
            return described, replace(reading, reason=reading.reason.replace("in its name", "in its DICOM description"))
    return name, reading


def _candidates(scene: Any, describe: Callable[[Any], str]) -> Iterable[_Candidate]:
    for order, node in enumerate(nodes_of_class(scene, "vtkMRMLScalarVolumeNode")):
        if not is_series(node) or node.GetImageData() is None:
            continue
        name = node.GetName() or ""
        _, reading = _read(node, describe)
        if reading.contrast is not None:
            every = name.lower().replace("-", " ").replace("_", " ").split()
            words = tuple(word for word in every if fold(word) not in reading.words)
            place = _place(scene, node)
            yield _Candidate(node, reading.contrast, reading.reason, order, place, words, reading.possible)


def _place(scene: Any, node: Any) -> _Place:
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    above = 0
    names: list[str] = []
    if hierarchy is not None and hierarchy.GetItemByDataNode(node):
        top = hierarchy.GetSceneItemID()
        item = above = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node))
        while item not in (0, top):
            names.insert(0, str(hierarchy.GetItemName(item)))
            item = hierarchy.GetItemParent(item)
        above = 0 if above == top else int(above)
    # Slicer's DICOM database has a folder for each series; there the study says what belongs together.
    folder = None if above and node.GetAttribute("DICOM.instanceUIDs") else _folder(node)
    return _Place(above, str(folder or ""), ", ".join(names) or (folder.name if folder else ""))


def _folder(node: Any) -> Path | None:
    """The folder of a volume's file; one that is named after the contrast is not the patient's."""
    storage = node.GetStorageNode()
    file = storage.GetFileName() if storage is not None else None
    if not file:
        return None
    folder = Path(file).parent
    return folder.parent if read_name(folder.name).contrast is not None else folder


def _settled(members: list[_Candidate]) -> list[_Candidate]:
    """`members` with those whose names leave it open moved from a contrast that another's name says to a free one.

    "T1 foo contrast" beside a "T1 gad" is the T1, whatever foo means.
    """
    sure = {member.contrast for member in members if len(member.possible) == 1}
    there = {member.contrast for member in members}
    settled = []
    for member in members:
        free = [contrast for contrast in member.possible if contrast not in there]
        if len(member.possible) > 1 and member.contrast in sure and free:
            member = replace(member, contrast=free[0])
            there.add(free[0])
        settled.append(member)
    return settled


def _split(members: list[_Candidate]) -> Iterable[tuple[int, Patient]]:
    """(order, patient) for the candidates of one place; more than one patient only where a contrast is there twice."""
    title = members[0].place.title
    if len({member.contrast for member in members}) == len(members):
        yield _patient(title or _shared_words(members), members, members)
        return
    for words in dict.fromkeys(frozenset(member.words) for member in members):
        own = [member for member in members if set(member.words) == words]
        there = {member.contrast for member in own}
        near = [m for m in members if m.contrast not in there and (words < set(m.words) or words > set(m.words))]
        unique = [m for m in near if sum(other.contrast is m.contrast for other in near) == 1]
        yield _patient(": ".join(part for part in (title, " ".join(own[0].words)) if part), own, [*unique, *own])


def _shared_words(members: list[_Candidate]) -> str:
    return " ".join(word for word in members[0].words if all(word in member.words for member in members))


def _patient(title: str, own: list[_Candidate], members: list[_Candidate]) -> tuple[int, Patient]:
    # Of several for one contrast, the one that was loaded last: it is what the user is looking at.
    contrasts = {member.contrast: Found(member.node, member.reason) for member in members}
    return max(member.order for member in own), Patient(title or str(own[0].node.GetName()), contrasts)
