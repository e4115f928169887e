"""Where a result came from: inputs, segmenters, libraries, settings and time. Not a word about who the patient is."""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import SynthTrustLib
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.regular_file import open_regular
from SynthTrustLib.runner.process.request import AssessRequest
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.trust.learned.calibration import Calibration

LIBRARIES = ("numpy", "scipy", "SimpleITK", "pydicom", "openvino", "onnxruntime", "torch", "matplotlib", "slicer-core")


def describe_run(
    request: AssessRequest,
    case: PatientCase,
    stack: ProbabilityStack,
    reference_sha256: str | None,
    calibration: Calibration | None = None,
) -> dict[str, Any]:
    """A record that JSON can hold. Holds no path, no file name, no user or host name."""
    return {
        "synthtrust": SynthTrustLib.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "engine": stack.engine,
        "inputs": {str(contrast): case.volumes[contrast].sha256 for contrast in case.contrasts},
        "reference": reference_sha256,
        "calibration": _describe_calibration(calibration),
        "accepted_concerns": [concern.key for concern in case.concerns if concern.accepted],
        "segmenters": {
            card.id: {
                "version": card.version,
                "hashes": dict(card.hashes),
                "seconds": round(stack.seconds[card.id], 3) if card.id in stack.seconds else None,
            }
            for card in stack.segmenters
        },
        "settings": {
            "segmenters": request.segmenters,
            "label_conventions": [member.convention for member in request.members],
            "engine": request.engine,
            "extra_segmenter_folders": len(request.extra_segmenter_folders),
            "spacing_mm": list(request.spacing_mm) if request.spacing_mm else None,
            "keep_probabilities": request.keep_probabilities,
            "recognized_contrasts": request.case_folder is not None,
        },
        "libraries": library_versions(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _describe_calibration(calibration: Calibration | None) -> dict[str, Any] | None:
    """Which file the predictions come from, so that each can be traced to the patients behind it."""
    if calibration is None:
        return None
    made = {name: calibration.record[name] for name in ("date", "command", "synthtrust", "engine")}
    described = {"sha256": calibration.sha256, "family": calibration.record["family"], **made}
    if calibration.learned_here:
        described["persons"] = calibration.record["persons"]
        described["for_the_rest"] = calibration.shipped.sha256 if calibration.shipped else None
    return described


def library_versions() -> dict[str, str]:
    """Name -> version of the libraries that can shape a result, of those that are installed."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
