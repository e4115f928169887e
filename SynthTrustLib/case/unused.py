"""What was found for a patient and not used: never without a row, and a concern where a contrast is missing for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task, TaskContrast

_MOST_QUOTED = 6


class UnusedKind(StrEnum):
    """Why an image was not used."""

    SPARE = "spare"  # another image of the contrast was used, or it was chosen by hand to be none
    MASK = "mask"
    OTHER_KIND = "other_kind"
    ELSEWHEN = "elsewhen"
    DAMAGED = "damaged"
    UNTOLD = "untold"


@dataclass(frozen=True)
class Unused:
    """One image, series or file that was found and not used."""

    name: str  # what its file, node or series is called: for the screen only
    reason: str  # in words for the screen; may quote its name
    kind: UnusedKind
    resembles: frozenset[str] = frozenset()  # the contrasts that it may be all the same

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"


_ROWS = {
    UnusedKind.MASK: ("unused_masks", "mask", "masks"),
    UnusedKind.OTHER_KIND: ("other_images", "image of another kind", "images of other kinds"),
    UnusedKind.ELSEWHEN: ("other_examinations", "series of another examination", "series of other examinations"),
    UnusedKind.DAMAGED: ("damaged_images", "damaged or unreadable file", "damaged or unreadable files"),
    UnusedKind.UNTOLD: ("unknown_images", "image of unknown contrast", "images of unknown contrast"),
}
"""Kind -> name of its check, and its words for one and for several."""


def check_unused(unused: Sequence[Unused], there: Collection[str], task: Task = GLIOMA) -> Iterable[Check]:
    """A row for each kind of image that was not used, and for each contrast not `there` although one may be it.

    Their texts name no file: only what they quote does.
    """
    for of_task in task.contrasts:
        contrast = of_task.id
        alike = [one for one in unused if contrast in one.resembles]
        if contrast not in there and alike:
            was = "one image that may be it was" if len(alike) == 1 else f"{len(alike)} images that may be it were"
            yield check_missing(of_task, f"missing, although {was} found and not used", _quote(alike))
        spare = [one for one in alike if one.kind is UnusedKind.SPARE]
        if contrast in there and spare:
            text = f"{_count(spare, 'more image was', 'more images were')} found and not used"
            yield Check("more_images", contrast, Verdict.WARNING, text, _quote(spare))
    for kind, (name, singular, plural) in _ROWS.items():
        some = [one for one in unused if one.kind is kind]
        if some:
            text = f"{_count(some, f'{singular} was', f'{plural} were')} found and not used"
            yield Check(name, "case", Verdict.WARNING, text, _quote(some))


def check_missing(contrast: TaskContrast, text: str, quoted: str = "") -> Check:
    """The row of a contrast that is missing although something like it was there: `text` says what."""
    verdict = Verdict.CONCERN if contrast.important else Verdict.WARNING
    return Check("missing", contrast.id, verdict, text, quoted)


def _count(some: Sequence[Unused], singular: str, plural: str) -> str:
    return f"1 {singular}" if len(some) == 1 else f"{len(some)} {plural}"


def _quote(some: Sequence[Unused]) -> str:
    more = len(some) - _MOST_QUOTED
    return ", ".join(str(one) for one in some[:_MOST_QUOTED]) + (f" and {more} more" if more > 0 else "")
