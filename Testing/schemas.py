"""The files in Resources/Schemas: ``python Testing/schemas.py [--write]`` compares them with the types, or renews them.

They are for those who write or check our files with other tools. SynthTrust reads by the types.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.mixes.audit.set_audit import SetAudit
from SynthTrustLib.runner.process.answer import Answer
from SynthTrustLib.runner.process.events import EVENTS
from SynthTrustLib.runner.process.request import AssessRequest
from SynthTrustLib.segmenters.package.bundle_metadata import BundleMetadata
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.task import Task
from SynthTrustLib.trust.learned.calibration_file import CalibrationFile, EvaluationFile
from SynthTrustLib.trust.scorecard import Scorecard
from Testing.json_schema import json_schema, tagged_schema

FOLDER = ROOT / "Resources" / "Schemas"

KINDS = {
    "answer": (Answer, "SynthTrust last line of assess --json"),
    "audit": (SetAudit, "SynthTrust audit of a synthetic set"),
    "bundle-metadata": (BundleMetadata, "MONAI Bundle metadata of a SynthTrust segmenter"),
    "calibration": (CalibrationFile, "SynthTrust calibration"),
    "evaluation": (EvaluationFile, "SynthTrust track record of a calibration"),
    "request": (AssessRequest, "SynthTrust request of a run"),
    "scorecard": (Scorecard, "SynthTrust scorecard"),
    "segmenter": (SegmenterCard, "SynthTrust segmenter card"),
    "task": (Task, "SynthTrust task"),
}
"""Name of the schema -> the type that it describes, and its title."""


def schemas() -> dict[str, dict]:
    """Name -> schema, as it should be."""
    plain = {name: json_schema(kind, title) for name, (kind, title) in KINDS.items()}
    return plain | {"event": tagged_schema("event", EVENTS, "SynthTrust event of a run, one a line")}


def main(arguments: list[str]) -> int:
    """0 if the files are as they should be (or have been written), 1 otherwise."""
    texts = {
        FOLDER / f"{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas().items()
    }
    if "--write" in arguments:
        for path, text in texts.items():
            path.write_text(text, "utf-8", newline="\n")
        return 0
    stale = [path.name for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
    if stale:
        print(f"{', '.join(stale)}: not what the types say; run: python Testing/schemas.py --write", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
