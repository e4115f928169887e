"""The cohort as one HTML file that needs nothing else, and what is written beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib import palette
from SynthTrustLib.cohort.folder import PATIENTS
from SynthTrustLib.cohort.report.tables import can_write_parquet, cohort_csv, regions_of, write_parquet
from SynthTrustLib.cohort.report.worklist import WAITING, WORST_FIRST, Line, read_worklist
from SynthTrustLib.plain_text import page_templates
from SynthTrustLib.report import wording
from SynthTrustLib.runner.files.folder import writing
from SynthTrustLib.vocabulary import Status
from SynthTrustLib.whole_file import write_text

_HERE = Path(__file__).resolve().parent

BINS = 10
"""Of a histogram of values in 0..1."""


@dataclass(frozen=True)
class Histogram:
    """How many patients lie in each tenth of 0..1; `known` have a value at all."""

    title: str
    counts: tuple[int, ...]
    known: int


def write_report(cohort: Path) -> list[Path]:
    """Write ``cohort.html``, ``cohort.csv`` and, where pyarrow is installed, ``cohort.parquet``; each is whole or not.

    Returns
    -------
    list of Path
        What was written, the page first.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    lines = read_worklist(cohort)
    paths = [cohort / "cohort.html", cohort / "cohort.csv"]
    with writing(cohort):
        write_text(paths[0], render_page(lines))
        write_text(paths[1], cohort_csv(lines))
        if can_write_parquet():
            paths.append(cohort / "cohort.parquet")
            write_parquet(paths[-1], lines)
    return paths


def render_page(lines: Sequence[Line]) -> str:
    """The page: the same text for the same lines. It holds keys and no names, and asks the network for nothing."""
    import jinja2

    environment = page_templates(_HERE, undefined=jinja2.StrictUndefined)
    environment.filters["number"] = wording.format_number
    environment.filters["slug"] = lambda word: str(word).replace(" ", "-")
    regions = regions_of(lines)
    return environment.get_template("cohort.html.j2").render(
        lines=[line for line in lines if line.regions is not None],
        without=[line for line in lines if line.regions is None and line.outcome != WAITING],
        patients=len(lines),
        outcomes=Counter(line.outcome for line in lines),
        regions=regions,
        statuses=WORST_FIRST,
        counts=status_counts(lines, regions),
        histograms={region: histograms(lines, region) for region in regions},
        unusual=sum(line.unusual is True for line in lines),
        words=wording,
        palette=palette,
        folder=PATIENTS,
    )


def status_counts(lines: Sequence[Line], regions: Sequence[str]) -> Mapping[str, Mapping[Status, int]]:
    """How many patients have each status, by region."""
    return {
        region: Counter(line.regions[region].status for line in lines if line.regions and region in line.regions)
        for region in regions
    }


def histograms(lines: Sequence[Line], region: str) -> list[Histogram]:
    """Of predicted Dice and of the jury's agreement."""
    drawn = []
    for name, title in (("predicted_dice", "predicted Dice"), ("agreement", "agreement of the jury")):
        found = [getattr(line.regions[region], name) for line in lines if line.regions and region in line.regions]
        values = [value for value in found if value is not None]
        bins = Counter(min(BINS - 1, max(0, int(value * BINS))) for value in values)
        drawn.append(Histogram(title, tuple(bins[n] for n in range(BINS)), len(values)))
    return drawn
