"""The last line of ``synthtrust assess --json``: how a run ended, for a program that reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from SynthTrustLib.codec import Text, encode, parse
from SynthTrustLib.errors import Concern, ConcernsError, SynthTrustError
from SynthTrustLib.task.task import Id
from SynthTrustLib.trust.scorecard import Scorecard, Section, read_scorecard
from SynthTrustLib.vocabulary import Status


@dataclass(frozen=True)
class RegionAnswer:
    """Whether to rely on a region's outline. There is no answer for all regions together."""

    status: Status
    reason: Text


@dataclass(frozen=True)
class Problem:
    """Why there is no result."""

    kind: Annotated[Text, "input, geometry, segmenter, output, concerns, cancelled or unexpected."]
    what: str
    source: str
    next_step: str


@dataclass(frozen=True)
class Answer:
    """How a run ended. Exactly one of `result` and `error` is there."""

    FORMAT: ClassVar = 1

    exit_code: Annotated[int, "That of the command."]
    result: Annotated[str | None, "The result folder, absolute."] = None
    report: Annotated[str | None, "For people: report.html in it."] = None
    scorecard: Annotated[str | None, "For programs: scorecard.json in it, which Docs/scorecard.md describes."] = None
    record: Annotated[str | None, "Whose outline is judged: the id of a segmenter, or pooled."] = None
    regions: Annotated[Mapping[Id, RegionAnswer] | None, "Region -> status."] = None
    error: Problem | None = None
    concerns: Annotated[
        tuple[Concern, ...], "What a person must look at; --accept KEY goes on in spite of one, after a person has."
    ] = ()


def answer_of(folder: Path) -> Answer:
    """What a result folder says."""
    path = folder / "scorecard.json"
    scorecard: Scorecard = read_scorecard(parse(path.read_text("utf-8")))
    regions = {
        row.region: RegionAnswer(row.status, row.reason) for row in scorecard.section(Section.STATUS) if row.region
    }
    return Answer(0, str(folder), str(folder / "report.html"), str(path), scorecard.record, regions)


def answer_without(error: SynthTrustError) -> Answer:
    """What is said where there is no result."""
    concerns = error.concerns if isinstance(error, ConcernsError) else ()
    return Answer(error.exit_code, error=Problem(**error.to_dict()), concerns=concerns)


def line_of(answer: Answer) -> str:
    """The answer as one line of ASCII, without its end."""
    return json.dumps(encode(answer), ensure_ascii=True, allow_nan=False)
