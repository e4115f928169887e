"""A result that is in a scene, as files: with the reviewer's verdict, and with the outlines as they are now."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.codec import encode
from SynthTrustLib.errors import InputError
from SynthTrustLib.progress import Progress, Steps, in_background, part
from SynthTrustLib.report.wording import time_in_words
from SynthTrustLib.runner.files.folder import writing
from SynthTrustLib.runner.files.volumes import Volume, outline_volumes
from SynthTrustLib.segmenters.outlines import Outlines
from SynthTrustLib.trust.verdict import verdicts_csv

REVIEW_KEY = "review"
"""Where the scorecard's provenance holds the verdicts and the names of edited outlines in an exported file."""


def exporting(
    result: Any,
    folder: Path,
    *,
    report: bool = True,
    scorecard: bool = True,
    tables: bool = True,
    segmentations: bool = True,
    dicom_source: Sequence[Path] = (),
    dicom_others: Sequence[Path] = (),
) -> Steps[list[Path]]:
    """Write a `scene.result.stored.StoredResult` into a new folder inside `folder`, file by file.

    `dicom_source`: the files of the series that the result lies on: the outlines are written as DICOM SEG too, and the
    figures as a measurement report. These name the patient. `dicom_others`: the files of the other contrasts that were
    used, to which those objects refer, too.

    Returns the files, all in one new folder. Raises OutputError if a file cannot be written. Then, and where it is
    stopped, nothing is left of the folder.
    """
    from SynthTrustLib.report.tables import review_spots_csv, scorecard_csv
    from SynthTrustLib.runner.files.corrections import corrections_record
    from SynthTrustLib.scene.result.your_outline import YourOutline

    out = _new_folder(folder, result.scorecard.case_label)
    texts: dict[str, str] = {}
    if report and result.report_html():
        texts["report.html"] = report_with_verdicts(result)
    if scorecard:
        texts["scorecard.json"] = json.dumps(scorecard_record(result), ensure_ascii=False, allow_nan=False, indent=1)
    if tables:
        texts["scorecard.csv"] = scorecard_csv(result.scorecard)
        texts["review_spots.csv"] = review_spots_csv(result.scorecard)
    if tables and result.verdicts():
        texts["verdict.csv"] = verdicts_csv(result.verdicts())
    yours = YourOutline(result)
    if yours.correction.settled and (scorecard or tables):
        texts["corrections.json"] = json.dumps(corrections_record(yours), ensure_ascii=False, indent=1)
    if not (texts or segmentations or dicom_source):
        raise InputError(
            "nothing that was chosen is there to be written: the result keeps no report",
            source=result.nodes.scorecard.GetName(),
            next_step="Choose something else to write.",
        )
    written = []
    whole = False
    try:
        with writing(out):
            out.mkdir(parents=True)
            for name, text in texts.items():
                (out / name).write_text(text, "utf-8", newline="")
                written.append(out / name)
                yield 0.1 * len(written) / len(texts)
            if segmentations:
                written += yield from part(_writing_labels(result, out), 0.1, 0.5 if dicom_source else 1.0)
            if dicom_source:
                written += yield from part(_writing_dicom(result, out, dicom_source, dicom_others), 0.5, 1.0)
        whole = True
    finally:
        if not whole:
            shutil.rmtree(out, ignore_errors=True)
    return written


def _writing_labels(result: Any, out: Path) -> Steps[list[Path]]:
    """The label maps of every outline as it is now."""
    grid = _grid(result)
    written: list[Path] = []
    for done, (name, outlines) in enumerate(_outlines(result)):
        start = done / (len(result.outlines) + 1)
        for ending, volume in outline_volumes(outlines, grid.shape, result.task):
            path = out / f"{name}{ending}.nii.gz"
            yield from part(in_background(partial(_write_labels, path, volume, grid)), start, start)
            written.append(path)
    return written


def _writing_dicom(result: Any, out: Path, source: Sequence[Path], others: Sequence[Path]) -> Steps[list[Path]]:
    """One SEG per outline as it is now, and the measurement report about the outline of record."""
    from SynthTrustLib.report.dicom_object import highdicom_or_error
    from SynthTrustLib.report.dicom_seg import writing_segmentations
    from SynthTrustLib.report.dicom_source import other_sources, source_images
    from SynthTrustLib.report.dicom_sr import Review, write_measurement_report
    from SynthTrustLib.runner.files.corrections import CORRECTED

    grid, edited = _grid(result), (*result.edited(), CORRECTED)
    highdicom_or_error()  # before anything is read
    images = source_images(source)
    further = other_sources(others, images)
    segmentations = writing_segmentations(
        out, images, grid, _outlines(result), result.scorecard, others=further, edited=edited
    )
    names = yield from part(segmentations, 0.0, 0.9)
    review = Review(result.verdicts(), _record_now(result, grid))

    def report(_: Progress) -> list[str]:
        return write_measurement_report(out, images, result.scorecard, review, others=further)

    names += yield from part(in_background(report), 0.9, 1.0)
    return [out / name for name in names]


def _record_now(result: Any, grid: Geometry) -> dict[str, float | None] | None:
    """The volumes in mL of an outline of record that was edited; None where it was not."""
    from SynthTrustLib.scene.result.edited_outlines import outlines_now, spacing_trusted

    record = result.scorecard.record
    if record not in result.edited():
        return None
    outlines = outlines_now(result.outlines[record], result.regions, result.nodes.reference_volume, result.task)
    ml = grid.voxel_volume_ml if spacing_trusted(result) else None
    return {region: None if ml is None else mask.count * ml for region, mask in outlines.items()}


def scorecard_record(result: Any) -> dict[str, Any]:
    """The scorecard as JSON can hold it, with the verdicts and the edited outlines in its provenance."""
    record: dict[str, Any] = encode(result.scorecard)
    record["provenance"] = {
        **record["provenance"],
        REVIEW_KEY: {"verdicts": encode(result.verdicts()), "edited_outlines": list(result.edited())},
    }
    return record


def report_with_verdicts(result: Any) -> str:
    """The report with what the reviewer has corrected and decided at its end."""
    from SynthTrustLib.runner.files.corrections import corrections_html
    from SynthTrustLib.scene.result.your_outline import YourOutline

    html: str = result.report_html()
    lines = "".join(
        f"<tr><td>{escape(result.task.name(v.region))}</td><td><b>{escape(v.decision)}</b></td><td>{escape(v.comment)}</td>"
        f"<td>{escape(v.reviewer)}</td><td>{escape(time_in_words(v.time))}</td></tr>"
        for v in result.verdicts()
    )
    parts = []
    if lines:
        parts.append(
            "<table><thead><tr><th>Region</th><th>Verdict</th><th>Comment</th><th>Reviewer</th><th>Time</th></tr></thead>"
            f"<tbody>{lines}</tbody></table>"
        )
    if result.edited():
        names = ", ".join(escape(result.outline_name(identifier)) for identifier in result.edited())
        parts.append(f"<p>Edited after the run: {names}. The figures of this report are those of the run.</p>")
    section = corrections_html(YourOutline(result))
    if parts:
        section += f'<section id="verdict"><h2>Verdict of the reviewer</h2>{"".join(parts)}</section>'
    if not section:
        return html
    at = html.rfind("</main>")
    at = html.rfind("</body>") if at < 0 else at
    if at < 0:
        raise InputError("the report is damaged", source="report", next_step="Run the assessment again.")
    return html[:at] + section + html[at:]


def _new_folder(folder: Path, label: str | None) -> Path:
    """A folder that is not there yet, named after the user's label and the time."""
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", label or "").strip("-")[:40]
    stem = "-".join(part for part in ("SynthTrust", words, f"{datetime.now(UTC):%Y%m%d-%H%M%S}") if part)
    out, number = folder / stem, 2
    while out.exists():
        out, number = folder / f"{stem}-{number}", number + 1
    return out


def _grid(result: Any) -> Geometry:
    from SynthTrustLib.scene.nodes.voxels import volume_geometry

    volume = result.nodes.reference_volume
    if volume is None:
        raise InputError(
            "the volume that the outlines lie on was deleted", source="scene", next_step="Export without the outlines."
        )
    return volume_geometry(volume)


def _outlines(result: Any) -> Iterator[tuple[str, Outlines]]:
    """Id and regions of every outline as it is now."""
    from SynthTrustLib.runner.files.corrections import CORRECTED
    from SynthTrustLib.scene.result.edited_outlines import outlines_now
    from SynthTrustLib.scene.result.your_outline import YourOutline

    for identifier, node in result.outlines.items():
        yield identifier, outlines_now(node, result.regions, result.nodes.reference_volume, result.task)
    yours = YourOutline(result)
    if yours.node is not None:
        yield CORRECTED, yours.outlines()


def _write_labels(path: Path, volume: Volume, grid: Geometry, _: Progress) -> None:
    from SynthTrustLib.runner.files.nifti import nifti_header, write_nifti

    write_nifti(path, volume(), nifti_header(grid, "uint8"))
