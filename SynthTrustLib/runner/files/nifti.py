"""Compressed NIfTI on a grid, written so that a full disk is an error.

SimpleITK leaves a truncated ``.nii.gz`` on a full disk and reports success. So it writes only the header here (of one
voxel on the same grid, so that origin, axes and units are its own); the voxels are compressed and written by us.
"""

from __future__ import annotations

import errno
import os
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.file.scratch import scratch_folder
from SynthTrustLib.case.geometry import Geometry

COMPRESSION_LEVEL = 1
"""Higher levels take three times as long for a tenth of the size on probability maps."""

HEADER_BYTES = 352
_DIM_OFFSET = 40  # dim[8], int16: number of axes, then the size of each
_GZIP_WINDOW = 31  # zlib's largest window, with a gzip header
_BLOCK = 1 << 22


def nifti_header(geometry: Geometry, dtype: npt.DTypeLike) -> bytes:
    """The first 352 bytes of an uncompressed NIfTI file of this grid and voxel type.

    Raises OutputError if a small temporary file cannot be written on the way.
    """
    import SimpleITK as sitk

    one = Geometry((1, 1, 1), geometry.ijk_to_ras)
    with scratch_folder() as folder:
        path = Path(folder, "header.nii")
        try:
            sitk.WriteImage(one.to_sitk(np.zeros((1, 1, 1), dtype)), str(path))
        except RuntimeError as error:  # ITK does not tell the cause
            raise OSError(errno.EIO, os.strerror(errno.EIO)) from error
        header = bytearray(path.read_bytes()[:HEADER_BYTES])
        if len(header) != HEADER_BYTES:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
    sizes = np.array([3, *geometry.shape[::-1], 1, 1, 1, 1], "<i2")
    header[_DIM_OFFSET : _DIM_OFFSET + 16] = sizes.tobytes()
    return bytes(header)


def write_nifti(path: Path, array: npt.NDArray[np.generic], header: bytes) -> int:
    """Write `array` (k, j, i) behind `header`, gzip-compressed. Returns the file's size in bytes.

    Safe to call from several threads; compression runs outside Python's lock. Raises OSError if the file cannot be
    written whole.
    """
    voxels = np.ascontiguousarray(array).data.cast("B")
    packer = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    with path.open("wb") as file:
        file.write(packer.compress(header))
        for start in range(0, len(voxels), _BLOCK):
            file.write(packer.compress(voxels[start : start + _BLOCK]))
        file.write(packer.flush())
    return path.stat().st_size
