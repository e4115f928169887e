"""Of a labelled case: an identifier that changes whenever the bytes behind it do."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from SynthTrustLib.fingerprint import digest
from SynthTrustLib.labelled.case import LabelledCase


def case_identity(entry: LabelledCase) -> str:
    """Of a labelled case: its name, what its images and its label hold, and what the label's numbers mean."""
    images = {str(contrast): _content(path) for contrast, path in entry.contrasts.items()}
    meanings = None if entry.label_values is None else sorted(entry.label_values.items())
    return digest([entry.cohort, entry.id, images, _bytes(entry.label), entry.regions, meanings])


def _content(path: Path) -> str:
    """Of an image: the size of a gzip file and its own checksum, the last 8 bytes (RFC 1952); all bytes of another.

    Images are many and large, and are asked for at each start; the checksum tells a change at once.
    """
    if path.suffix != ".gz":
        return _bytes(path)
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 8))
        return f"{size} {stream.read().hex()}"


def _bytes(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
