"""What the reviewer decides about each region: kept beside the scorecard, never mixed into its measurements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from SynthTrustLib.codec import encode
from SynthTrustLib.plain_text import csv_text, make_plain


class Decision(StrEnum):
    """The reviewer's decision about one region's outline."""

    ACCEPT = "accept"
    ACCEPT_WITH_EDITS = "accept with edits"
    REJECT = "reject"


@dataclass(frozen=True)
class Verdict:
    """A decision, by whom and when (UTC, ISO 8601)."""

    region: str
    decision: Decision
    comment: str
    reviewer: str
    time: str

    def __post_init__(self) -> None:
        make_plain(self)

    @classmethod
    def now(cls, region: str, decision: Decision, comment: str, reviewer: str) -> Verdict:
        """A verdict given at this moment."""
        return cls(region, decision, comment.strip(), reviewer.strip(), datetime.now(UTC).isoformat(timespec="seconds"))


def verdicts_csv(verdicts: Iterable[Verdict]) -> str:
    """A table with one line per region."""
    columns = ("region", "decision", "comment", "reviewer", "time")
    return csv_text(columns, ([record[name] for name in columns] for record in encode(tuple(verdicts))))
