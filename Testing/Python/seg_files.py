"""Segmentation files as Slicer writes them, for tests."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from SynthTrustLib.case.geometry import Geometry


def write_seg_nrrd(
    path: Path,
    layers: Sequence[np.ndarray],
    segments: Sequence[Mapping[str, object]],
    geometry: Geometry,
    *,
    old: bool = False,
) -> Path:
    """Write label layers (k, j, i) with the fields of each segment (Name, LabelValue, Layer, Tags).

    One layer makes a 3D file, unless it is `old`: Slicer before 4.11 always wrote a 4D one.
    """
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ geometry.ijk_to_ras
    vectors = " ".join("(" + ",".join(map(repr, map(float, column))) + ")" for column in affine[:3, :3].T)
    k, j, i = geometry.shape
    layered = len(layers) > 1 or old
    lines = [
        "NRRD0004",
        "# Complete NRRD file format specification at:",
        "type: unsigned char",
        f"dimension: {3 + layered}",
        "space: left-posterior-superior",
        f"sizes: {f'{len(layers)} ' * layered}{i} {j} {k}",
        f"space directions: {'none ' * layered}{vectors}",
        f"kinds: {'list ' * layered}domain domain domain",
        "encoding: gzip",
        f"space origin: ({','.join(map(repr, map(float, affine[:3, 3])))})",
    ]
    for number, fields in enumerate(segments):
        lines += [f"Segment{number}_{name}:={value}" for name, value in {"ID": f"Segment_{number}", **fields}.items()]
    voxels = np.stack(layers, axis=-1).astype(np.uint8).tobytes()
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + gzip.compress(voxels))
    return path
