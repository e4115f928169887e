"""Cohorts of result folders without a patient: a kept scorecard with other numbers in each, and a picture of noise."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
from scipy import ndimage

from SynthTrustLib.cohort.folder import claim, result_of
from SynthTrustLib.cohort.keys import new_key, write_keys
from SynthTrustLib.cohort.state import Outcome, PatientState, write_state
from SynthTrustLib.report.thumbnail import QUALITY, SIDE_PIXELS
from SynthTrustLib.runner.files.folder import THUMBNAIL_FILE

KEPT_RESULT = Path(__file__).resolve().parents[1] / "fixtures" / "0.1.0" / "result" / "scorecard.json"
STATUSES = ("agree", "check", "do not rely", "unknown")

PICTURES = 20
"""Different ones; a JPEG takes as long to make as a scorecard."""


def write_results(cohort: Path, patients: int, *, failed: int = 0) -> list[str]:
    """A cohort of patients who are done, and some who have failed; returns the keys of the former."""
    random = np.random.default_rng(0)
    kept = json.loads(KEPT_RESULT.read_text("utf-8"))
    claim(cohort, cohort.parent)
    keys = {f"patient {n}": new_key() for n in range(patients + failed)}
    write_keys(cohort, keys)
    pictures = [picture(random) for _ in range(PICTURES)]
    done, others = list(keys.values())[:patients], list(keys.values())[patients:]
    for number, key in enumerate(done):
        _change(kept, random)
        folder = result_of(cohort, key)
        folder.mkdir(parents=True)
        (folder / "scorecard.json").write_text(json.dumps(kept), "utf-8")
        (folder / "report.html").write_text("<p>report</p>", "utf-8")
        (folder / THUMBNAIL_FILE).write_bytes(pictures[number % PICTURES])
        write_state(cohort, PatientState(key, Outcome.DONE, "f", seconds=30.0))
    for key in others:
        write_state(cohort, PatientState(key, Outcome.FAILED, "f", "the file is truncated"))
    return done


def _change(card: dict, random: np.random.Generator) -> None:
    """Give predictions, status, and what is measured other values."""
    quality = random.uniform(0.3, 0.95)
    for row in card["rows"]:
        if row["key"].startswith(("reference_dice.", "between.", "within.", "mix_influence.")):
            middle = {"reference_dice": quality, "between": 0.1, "within": 0.2, "mix_influence": -0.02}
            kind = row["key"].partition(".")[0]
            row |= {"value": float(np.clip(random.normal(middle[kind], 0.05), -1 if kind == "mix_influence" else 0, 1))}
        if row["key"].startswith("predicted_dice."):
            row |= {"value": round(quality, 3), "interval": [max(0, quality - 0.1), min(1, quality + 0.1)]}
            row["promised"] = 0.9
            row |= {"interval_meaning": "90 % interval, n = 26", "evidence": "measured", "status": "information"}
        if row["key"].startswith("status."):
            status = STATUSES[int(random.integers(len(STATUSES)))]
            row |= {"value": None if status == "unknown" else status, "status": status}
            row |= {"evidence": "unknown" if status == "unknown" else "measured"}


def picture(random: np.random.Generator) -> bytes:
    """A JPEG as large as that of a head: smooth noise in a disc."""
    from PIL import Image

    noise = ndimage.gaussian_filter(random.standard_normal((SIDE_PIXELS, SIDE_PIXELS)), 1.2)
    rows, columns = np.indices(noise.shape) - SIDE_PIXELS / 2
    head = np.hypot(rows, columns) < 0.45 * SIDE_PIXELS
    grey = np.where(head, np.clip(128 + 200 * noise, 0, 255), 0).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.repeat(grey[..., None], 3, axis=-1)).save(buffer, "jpeg", quality=QUALITY, subsampling=0)
    return buffer.getvalue()
