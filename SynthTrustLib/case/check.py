"""One row of what was looked at before anything ran; apart from the voxels, so that it can be named without numpy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from SynthTrustLib.plain_text import make_plain


class Verdict(StrEnum):
    """Outcome of one preflight check."""

    READY = "ready"
    CHANGED = "changed"  # usable after a change that the text names (e.g. resampled)
    WARNING = "warning"
    CONCERN = "concern"  # the answer may be wrong without a person's word: nothing runs until it is accepted
    MISSING = "missing"
    UNKNOWN = "unknown"  # it could not be looked at, and the text says why


@dataclass(frozen=True)
class Check:
    """One preflight row: what was looked at, on which input, and what was found, in words for the user."""

    name: str
    """Stable snake_case id, e.g. ``"spacing"``, ``"contrast"``, ``"skull"``, ``"overlap"``, ``"intensity"``."""
    subject: str
    """``"T1c"``, ``"case"``, ...; never a file's name, as it reaches files."""
    verdict: Verdict
    text: str
    quoted: str = ""
    """What the files say of themselves, such as their names: for the screen, never for a file."""
    accepted: bool = False
    """Of a concern: a person has said that the run shall go on."""

    def __post_init__(self) -> None:
        make_plain(self)

    @property
    def key(self) -> str:
        """What ``--accept`` names it by, e.g. ``"looks:T1c"``."""
        return f"{self.name}:{self.subject}"

    @property
    def on_screen(self) -> str:
        """The whole of it for a person at the screen; may hold names of files."""
        return self.written + (f": {self.quoted}" if self.quoted else "")

    @property
    def written(self) -> str:
        """What may stand in a file, too."""
        return self.text if self.subject == "case" else f"{self.subject}: {self.text}"
