"""The cohort as one HTML file that needs nothing else, and what is written beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from SynthTrustLib import palette
from SynthTrustLib.calibration.evaluate.intervals import FEWEST_CASES
from SynthTrustLib.calibration.fit.rules import GOOD, POOR
from SynthTrustLib.cohort.folder import PATIENTS
from SynthTrustLib.cohort.keys import read_known
from SynthTrustLib.cohort.report.against import against, measured, with_reference
from SynthTrustLib.cohort.report.histograms import DRAWN, histogram
from SynthTrustLib.cohort.report.tables import can_write_parquet, cohort_csv, regions_of, write_parquet
from SynthTrustLib.cohort.report.thumbnails import read_thumbnails
from SynthTrustLib.cohort.report.worklist import WAITING, WORST_FIRST, Line, read_worklist
from SynthTrustLib.plain_text import page_templates
from SynthTrustLib.report import wording
from SynthTrustLib.runner.files.folder import writing
from SynthTrustLib.vocabulary import Status
from SynthTrustLib.whole_file import write_text

_HERE = Path(__file__).resolve().parent
_NOBODY: Mapping[str, str] = MappingProxyType({})
_HEADINGS = MappingProxyType({"status": "", "dice": "predicted Dice ", "volume": "mL "})
"""What the list says of a region: column -> what its heading says before the region."""


def write_report(cohort: Path, say: Callable[[str], None] = lambda text: None) -> list[Path]:
    """Write ``cohort.html``, ``cohort.csv`` and, where pyarrow is installed, ``cohort.parquet``; each is whole or not.

    `say`: receives why a file is not written. Returns what was, the page first. Raises OutputError if one cannot be.
    """
    lines = read_worklist(cohort)
    persons = {key: known.person for key, known in read_known(cohort).items()}
    paths = [cohort / "cohort.html", cohort / "cohort.csv"]
    with writing(cohort):
        write_text(paths[0], render_page(lines, read_thumbnails(cohort, lines), persons))
        write_text(paths[1], cohort_csv(lines))
        if can_write_parquet():
            paths.append(cohort / "cohort.parquet")
            write_parquet(paths[-1], lines)
        else:
            say("no cohort.parquet: pyarrow is not installed (pip install pyarrow)")
    return paths


def render_page(
    lines: Sequence[Line], thumbnails: Mapping[str, str] = _NOBODY, persons: Mapping[str, str] = _NOBODY
) -> str:
    """The page: the same text for the same lines. It holds keys and no names, and asks the network for nothing.

    `thumbnails`: as of `read_thumbnails`. `persons`: key -> the same for all examinations of one person (`histogram`);
    nothing of it stands on the page.
    """
    import jinja2

    environment = page_templates(_HERE, undefined=jinja2.StrictUndefined)
    environment.filters["number"] = wording.format_number
    environment.filters["volume"] = lambda ml: wording.format_number(ml, "mL")
    environment.filters["slug"] = lambda word: str(word).replace(" ", "-")
    regions = regions_of(lines)
    columns = columns_of(lines, regions)
    return environment.get_template("cohort.html.j2").render(
        lines=[line for line in lines if line.regions is not None],
        without=[line for line in lines if line.regions is None and line.outcome != WAITING],
        patients=len(lines),
        outcomes=Counter(line.outcome for line in lines),
        regions=regions,
        columns=columns,
        headings=_HEADINGS,
        left_out=[
            words + region
            for region in regions
            for column, words in (_HEADINGS if columns[region] else {"all": ""}).items()
            if column not in columns[region]
        ],
        names=names_of(lines),
        statuses=WORST_FIRST,
        counts=status_counts(lines, regions),
        histograms={region: [histogram(lines, region, each, persons) for each in DRAWN] for region in regions},
        references=references_of(lines, regions, persons),
        fewest=FEWEST_CASES,
        good=GOOD,
        poor=POOR,
        unusual=sum(line.unusual is True for line in lines),
        thumbnails=thumbnails,
        words=wording,
        palette=palette,
        folder=PATIENTS,
    )


def names_of(lines: Sequence[Line]) -> dict[str, str]:
    """Region -> its name in words."""
    return {region: found.name for line in lines for region, found in (line.regions or {}).items() if found.name}


def columns_of(lines: Sequence[Line], regions: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Region -> its columns in the list: those of `_HEADINGS` that are known of some patient.

    Where no status is known at all, each keeps its column: the list is worth little without a reason.
    """
    found = {
        region: [line.regions[region] for line in lines if line.regions and region in line.regions]
        for region in regions
    }
    known = {
        region: {
            "status": any(one.status is not Status.UNKNOWN for one in ones),
            "dice": any(one.predicted_dice is not None for one in ones),
            "volume": any(one.volume_ml is not None for one in ones),
        }
        for region, ones in found.items()
    }
    if not any(one["status"] for one in known.values()):
        known = {region: {**one, "status": True} for region, one in known.items()}
    return {region: [column for column in _HEADINGS if one[column]] for region, one in known.items()}


def status_counts(lines: Sequence[Line], regions: Sequence[str]) -> Mapping[str, Mapping[Status, int]]:
    """How many patients have each status, by region."""
    return {
        region: Counter(line.regions[region].status for line in lines if line.regions and region in line.regions)
        for region in regions
    }


def references_of(
    lines: Sequence[Line], regions: Sequence[str], persons: Mapping[str, str]
) -> Mapping[str, object] | None:
    """What the page says about patients with a reference; None where there is none."""
    counted = with_reference(lines, persons)
    everyone = measured(lines)
    if not everyone:
        return None
    return {
        "patients": len(counted),
        "persons": len({persons.get(line.key, line.key) for line in counted}),
        "trained_on": len(everyone) - len(counted),
        "learned_here": sum(line.learned_here for line in counted),
        "regions": {region: against(counted, region, persons) for region in regions},
    }
