"""The patients' pictures, as the page holds them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

from SynthTrustLib.cohort.folder import result_of
from SynthTrustLib.cohort.report.worklist import Line
from SynthTrustLib.regular_file import open_regular
from SynthTrustLib.runner.files.folder import THUMBNAIL_FILE

LARGEST_BYTES = 14_000
"""Of a picture on the page: a thousand of them, as text, take less than 19 MB."""

_JPEG = b"\xff\xd8\xff"


def read_thumbnails(cohort: Path, lines: Sequence[Line]) -> Mapping[str, str]:
    """Key -> the patient's JPEG in base64, of those who have one: earlier versions wrote none."""
    found = {}
    for line in lines:
        jpeg = _read(result_of(cohort, line.key) / THUMBNAIL_FILE) if line.regions is not None else b""
        if jpeg.startswith(_JPEG) and len(jpeg) <= LARGEST_BYTES:
            found[line.key] = base64.b64encode(jpeg).decode("ascii")
    return found


def _read(path: Path) -> bytes:
    """The file, as far as it can be a picture of ours; nothing where it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError:
        return b""
