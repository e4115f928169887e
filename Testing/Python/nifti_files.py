"""NIfTI-1 files of any header, byte by byte, for tests."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

TYPES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024, "u8": 1280}


def nifti_bytes(array: np.ndarray, spacing: tuple[float, float, float] = (6.0, 5.0, 5.0), **fields: Any) -> bytes:
    """A single file with `array` (..., k, j, i) in it, axial from the right, the back and the foot on.

    `fields`: ``dim`` (8,), ``slope``, ``intercept``, ``origin`` (3,) in RAS, ``codes`` of qform and sform.
    """
    k, j, i = array.shape[-3:]
    x, y, z = fields.get("origin", (100.0, 100.0, -90.0))
    dim = fields.get("dim", (3, i, j, k, 1, 1, 1, 1))
    head = bytearray(352)
    for kind, at, values in (
        ("i", 0, (348,)),
        ("8h", 40, dim),
        ("h", 70, (TYPES[array.dtype.str[1:]],)),
        ("8f", 76, (1.0, spacing[2], spacing[1], spacing[0], 0, 0, 0, 0)),
        ("3f", 108, (352.0, fields.get("slope", 1.0), fields.get("intercept", 0.0))),
        ("2h", 252, fields.get("codes", (1, 1))),
        ("3f", 256, (0, 0, 1)),
        ("3f", 268, (x, y, z)),
        ("12f", 280, (-spacing[2], 0, 0, x, 0, -spacing[1], 0, y, 0, 0, spacing[0], z)),
    ):
        struct.pack_into("<" + kind, head, at, *values)
    head[123], head[344:348] = 2, b"n+1\0"
    return bytes(head) + array.astype(array.dtype.newbyteorder("<")).tobytes()
