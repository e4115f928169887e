"""Keeps what this version writes, so that later versions can be held against it.

    python Testing/Versions/keep.py

Writes `Testing/Python/fixtures/<version>`: a result folder, a scene with calibrated rows that was reviewed and saved
from the panel, a calibration file with its track record, a segmenter package and the card of one that ships, and the
facts of the results. All of it comes from the synthetic sample patient. To be lean, the results are those of a
small copy of it, the report has no pictures, the calibration is that of one preset, and what nobody reads back is left
out. Needs what the tests need.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "Python")]

from Testing.Versions.patients import KEPT, VERSION, small_runs
from Testing.Versions.sides import run, write_facts

OUT = KEPT / VERSION
PRESET = "real-against-synthetic"
CALIBRATION = ROOT / "Resources" / "Calibration" / "synthtrust-reference.json"
CARD_OF = ROOT / "Resources" / "Segmenters" / "real-only" / "configs" / "synthtrust.json"

LEFT_OUT = ("probabilities", "scorecard.csv", "review_spots.csv")
"""Of the kept result folder: nothing reads it back."""

FLAIR_ONLY = [[2.0 * (channel == 10) for channel in range(12)]] * 3
"""Weights (region, channel): this slice of FLAIR is channel 10."""

ONE_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def main() -> int:
    """Write everything anew."""
    import SynthTrustLib

    if SynthTrustLib.__version__ != VERSION:
        raise SystemExit(f"this is {SynthTrustLib.__version__}; what {VERSION} wrote must stay as it is")
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    keep_calibration()
    keep_package()
    shutil.copy(CARD_OF, OUT / "real-only.card.json")
    with TemporaryDirectory(prefix="synthtrust-keep-") as folder:
        facts = {}
        for one in small_runs(Path(folder) / "patient", OUT, calibrated=True):
            result = Path(folder) / one.name.rpartition("/")[2]
            facts[one.name] = run(ROOT, one, result)
        keep_result(Path(folder) / "outside")
        keep_reviewed(Path(folder) / "calibrated")
    write_facts(OUT / "facts.json", facts)
    return 0


def keep_calibration() -> None:
    """The calibration that ships and its track record, of one preset and of the mixes in it."""
    record = json.loads(CALIBRATION.read_text("utf-8"))
    record["presets"] = [preset for preset in record["presets"] if preset["name"] == PRESET]
    weights = set(record["presets"][0]["segmenters"].values())
    looks = record["in_distribution"]
    looks["mixes"] = {name: mix for name, mix in looks["mixes"].items() if name in weights}
    _write_json(OUT / "calibration.json", record)
    evaluation = json.loads(CALIBRATION.with_name(f"{CALIBRATION.stem}.evaluation.json").read_text("utf-8"))
    evaluation["calibration_sha256"] = hashlib.sha256((OUT / "calibration.json").read_bytes()).hexdigest()
    for part in ("presets", "track_record"):
        evaluation[part] = {PRESET: evaluation[part][PRESET]}
    _write_json(OUT / "calibration.evaluation.json", evaluation)


def keep_package() -> None:
    """A whole package: the card of a segmenter that ships around a network that looks at FLAIR's brightness only."""
    import numpy as np
    from segmenters import onnx_models

    from SynthTrustLib.segmenters.package.card import read_card
    from SynthTrustLib.segmenters.package.folder import write_package

    card = read_card(json.loads(CARD_OF.read_text("utf-8")), source=str(CARD_OF))
    network = onnx_models.pixelwise(FLAIR_ONLY, np.array([-4.0, -6.0, -8.0]))
    card = replace(card, id="kept", name="Kept", family="kept", summary="Outlines what is bright.", held_out=())
    write_package(OUT / "packages" / "kept", card, network, licence_text="For tests.\n")


def keep_result(folder: Path) -> None:
    """What of a result folder is read back; its report without pictures."""
    for name in LEFT_OUT:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    report = folder / "report.html"
    report.write_text(re.sub(r"data:image/[^\"')]+", ONE_PIXEL, report.read_text("utf-8")), "utf-8", newline="\n")
    shutil.copytree(folder, OUT / "result")


def keep_reviewed(result: Path) -> None:
    """The scene of a result, as the panel saves it after a review. The stand-in for Slicer needs its own process."""
    command = [sys.executable, str(Path(__file__).with_name("review.py"))]
    report = OUT / "result" / "report.html"
    saved = result / "reviewed.mrb"
    subprocess.run([*command, str(result / "scene.mrb"), str(report), str(saved)], check=True)
    with ZipFile(saved) as loose, ZipFile(OUT / saved.name, "w", ZIP_DEFLATED, compresslevel=9) as packed:
        for name in loose.namelist():
            packed.writestr(name, loose.read(name))


def _write_json(path: Path, record: object) -> None:
    path.write_text(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
