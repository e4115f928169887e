"""Errors a user can act on: each says what happened, to which input, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from SynthTrustLib.plain_text import plain_text


class SynthTrustError(Exception):
    """Base of every error that SynthTrust raises on purpose.

    `what`: what happened, as a sentence without a full stop, e.g. ``"the file is truncated"``. `source`: the input that
    it happened to: a path, a node name, a segmenter id. `next_step`: what the user can do about it, as a full sentence.
    """

    kind = "error"
    exit_code = 2

    def __init__(self, what: str, *, source: str, next_step: str) -> None:
        self.what = plain_text(what)
        self.source = plain_text(source)
        self.next_step = plain_text(next_step)
        super().__init__(f"{self.source}: {self.what}. {self.next_step}")

    def to_dict(self) -> dict[str, str]:
        """The error as the runner sends it to its parent: kind, what, source, next_step."""
        return {"kind": self.kind, "what": self.what, "source": self.source, "next_step": self.next_step}


class InputError(SynthTrustError):
    """A patient's file or volume cannot be used."""

    kind = "input"


class GeometryError(SynthTrustError):
    """Two things that must share one voxel grid do not, or a grid is not a grid."""

    kind = "geometry"


class SegmenterError(SynthTrustError):
    """A segmenter package is damaged, does not fit this patient, or its engine cannot run it."""

    kind = "segmenter"


class OutputError(SynthTrustError):
    """Results cannot be written: full disk, no permission, a folder in the way."""

    kind = "output"


@dataclass(frozen=True)
class Concern:
    """A reason to stop until a person accepts it: the key to name it by, and the reason in words for the screen."""

    key: str
    text: str
    written: str = ""
    """The reason in words that may stand in a file, too: without what the patient's files say of themselves."""


class ConcernsError(SynthTrustError):
    """The answer may be wrong for reasons that only a person can judge, and nobody has accepted them.

    Attributes
    ----------
    concerns : tuple of Concern
        Those that have not been accepted, all together; not empty.
    """

    kind = "concerns"
    exit_code = 3

    def __init__(self, concerns: Sequence[Concern]) -> None:
        self.concerns = tuple(concerns)
        number = "1 concern" if len(self.concerns) == 1 else f"{len(self.concerns)} concerns"
        super().__init__(
            f"{number} must be accepted before anything runs",
            source="patient",
            next_step="Correct the input, or accept them and run again.",
        )


class Cancelled(SynthTrustError):
    """The user stopped the run. Nothing was written, unless the next step says what was."""

    kind = "cancelled"
    exit_code = 130

    def __init__(self, next_step: str = "Nothing was written.") -> None:
        super().__init__("the run was cancelled", source="SynthTrust", next_step=next_step)
