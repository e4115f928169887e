"""One image file in, voxels and grid out; every damaged file becomes one error that says what to do."""

from __future__ import annotations

import bz2
import hashlib
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.head import HeadLook, look_at_head
from SynthTrustLib.case.header import VoxelDeclaration, parse_metaimage, parse_nifti, parse_nrrd
from SynthTrustLib.case.patient_case import Check
from SynthTrustLib.case.scratch import scratch_folder
from SynthTrustLib.errors import GeometryError, InputError, SynthTrustError

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd")
"""File name endings that are read, in lower case."""

MINIMUM_VOXELS = 8
"""A volume with fewer voxels along any axis is a localizer or a fragment, not a brain."""

MAXIMUM_BYTES = 2**31
"""Largest accepted volume as float32: 812 voxels cubed, four times the largest clinical series."""

_DEFLATE_LIMIT = 1100
"""Deflate cannot shrink data by more than about 1032:1: a header that declares more lies."""

_HEADER_BYTES = 1 << 16

_SUFFIX_OF_HEADER = {".nii.gz": ".nii", ".nhdr": ".nrrd"}


@dataclass(frozen=True, eq=False)
class ReadImage:
    """An image as it lies in its file.

    Attributes
    ----------
    array : ndarray of float32, shape (k, j, i)
        Scaled as the header says; finite, not constant.
    sha256 : str
        Of the file's bytes (followed by those of its data file, where header and voxels are two files).
    source : str
        The file's name without its folder, or the number of the DICOM series.
    remarks : tuple of Check
        What was found and repaired while reading; their subject is empty, as the contrast is not known here.
    files : tuple of Path or None
        Of a DICOM series: the file of each slice along k, None where a slice was interpolated. Else empty.
    """

    array: npt.NDArray[np.float32]
    geometry: Geometry
    sha256: str
    source: str
    remarks: tuple[Check, ...] = ()
    files: tuple[Path | None, ...] = ()

    @cached_property
    def look(self) -> HeadLook:
        """A coarse look at the head in it, taken once: several checks want it."""
        return look_at_head(self.array, self.geometry)


def image_suffix(path: Path) -> str:
    """Which of IMAGE_SUFFIXES the file's name ends in; empty if none."""
    name = path.name.lower()
    return next((suffix for suffix in IMAGE_SUFFIXES if name.endswith(suffix)), "")


def read_image(path: Path, *, blank_allowed: bool = False) -> ReadImage:
    """Read a NIfTI, NRRD or MetaImage file, or a DICOM series by its folder or one of its files.

    SimpleITK says where the voxels lie in space; the voxels themselves are decoded here, because SimpleITK returns a
    truncated file as an image whose missing part is zero. An image of one single value is refused unless it may be
    blank, as an outline may that found nothing.

    Raises
    ------
    InputError
        If the file cannot be had, is damaged, or is not one 3D volume of finite values that differ.
    GeometryError
        If it has no orientation or a singular one.
    """
    path = Path(path)
    if _may_be_dicom(path):
        from SynthTrustLib.case.dicom import read_series, series_at

        return read_series(series_at(path))
    source = path.name
    raw = _bytes_of(path)
    digest = hashlib.sha256(raw)
    suffix = image_suffix(path)
    if not suffix:
        raise InputError(
            "the file is not a NIfTI, NRRD, MetaImage or DICOM file",
            source=source,
            next_step=f"Give a DICOM series, or a file whose name ends in one of {', '.join(IMAGE_SUFFIXES)}.",
        )
    if suffix in (".nii", ".nii.gz"):
        declared, voxels = _nifti_voxels(raw, suffix, source)
    else:
        declared = (parse_nrrd if suffix in (".nrrd", ".nhdr") else parse_metaimage)(raw[:_HEADER_BYTES], source)
        _require_sensible(declared, source)
        packed = raw
        if declared.data_file:
            # Only a plain name beside the header: a header must not be able to point anywhere else on the disk.
            packed = _bytes_of(path.parent / Path(declared.data_file.replace("\\", "/")).name)
            digest.update(packed)
        start = max(0, len(packed) - declared.nbytes) if declared.offset < 0 else declared.offset
        packed = packed[start:] if start else packed
        stream = _unpack(packed, declared.nbytes, declared.compression, source)
        voxels = memoryview(stream)[: declared.nbytes]
    if len(voxels) < declared.nbytes:
        raise _truncated(source, f"{len(voxels)} of {declared.nbytes} bytes of voxels are there")
    array = np.frombuffer(voxels, declared.dtype).astype(np.float32)
    del voxels
    if (declared.slope, declared.intercept) != (1.0, 0.0):
        array *= np.float32(declared.slope)
        array += np.float32(declared.intercept)
    require_image_content(array, source, blank_allowed=blank_allowed)
    geometry = _geometry_of(declared, suffix, source)
    return ReadImage(array.reshape(geometry.shape), geometry, digest.hexdigest(), source)


def _may_be_dicom(path: Path) -> bool:
    from SynthTrustLib.case.dicom_frame import looks_like_dicom

    try:
        if path.is_dir():
            return any(looks_like_dicom(inside) for inside in path.iterdir() if inside.is_file())
        return not image_suffix(path) and path.is_file() and looks_like_dicom(path)
    except OSError:
        return False


def _bytes_of(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise InputError(
                "this is a folder, not an image file",
                source=path.name,
                next_step="Give the image file, or the folder as a whole case.",
            )
        # The widest number is twice as large as the float32 that MAXIMUM_BYTES counts.
        if path.stat().st_size > 2 * MAXIMUM_BYTES + _HEADER_BYTES:
            raise InputError(
                "the file is larger than SynthTrust can hold",
                source=path.name,
                next_step="Check the file, or crop or downsample the image to the head.",
            )
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            "the file does not exist", source=path.name, next_step="Check the path and the spelling."
        ) from None
    except OSError as error:
        raise InputError(
            f"the file cannot be opened ({error.strerror or type(error).__name__})",
            source=path.name,
            next_step="Check that you may read it and that the disk is connected.",
        ) from None
    if not raw:
        raise InputError("the file is empty", source=path.name, next_step="Copy or export the file again.")
    return raw


def _nifti_voxels(raw: bytes, suffix: str, source: str) -> tuple[VoxelDeclaration, memoryview]:
    """The header's declaration and at least as many bytes of voxels as are there, in a view."""
    packed = raw[:2] == b"\x1f\x8b"
    if packed != (suffix == ".nii.gz"):
        raise InputError(
            f"the file's name ends in {suffix} but its content is {'' if packed else 'not '}gzip-compressed",
            source=source,
            next_step=f"Rename it to end in {'.nii.gz' if packed else '.nii'}, or copy it again if it is damaged.",
        )
    head = _unpack(raw, 348, "gzip", source, partial=True) if packed else raw
    declared = parse_nifti(head[:348], source)
    _require_sensible(declared, source)
    if packed and declared.nbytes > len(raw) * _DEFLATE_LIMIT:
        raise _truncated(source, f"its header declares {declared.nbytes} bytes of voxels")
    stream = _unpack(raw, declared.offset + declared.nbytes, "gzip" if packed else "", source)
    return declared, memoryview(stream)[declared.offset : declared.offset + declared.nbytes]


def _require_sensible(declared: VoxelDeclaration, source: str) -> None:
    size = "x".join(map(str, declared.size))
    if declared.voxels * 4 > MAXIMUM_BYTES:
        raise InputError(
            f"its header declares {size} voxels, more than SynthTrust can hold",
            source=source,
            next_step="Check the file, or crop or downsample the image to the head.",
        )
    if min(declared.size) < MINIMUM_VOXELS:
        raise InputError(
            f"the volume has {size} voxels, fewer than {MINIMUM_VOXELS} along one axis",
            source=source,
            next_step="Give the whole series, not a localizer or a few slices.",
        )


def _truncated(source: str, detail: str) -> InputError:
    return InputError(
        f"the file is truncated ({detail})", source=source, next_step="Copy, download or export the file again."
    )


def _unpack(packed: bytes, wanted: int, compression: str, source: str, *, partial: bool = False) -> bytes:
    """At least `wanted` decompressed bytes if they are there; never much more, whatever the file claims.

    With `partial` the stream's end is not looked for. Otherwise it must have one, checksum included.
    """
    if not compression:
        return packed
    pieces: list[bytes] = []
    have = 0
    rest = packed
    try:
        while rest and have <= wanted:
            # 47: gzip and zlib wrappers are told apart by their first bytes.
            unpacker = zlib.decompressobj(47) if compression == "gzip" else bz2.BZ2Decompressor()
            # One byte more than wanted, so that the decoder also reads the checksum behind the last one.
            piece = unpacker.decompress(rest, wanted - have + 1)
            pieces.append(piece)
            have += len(piece)
            if not unpacker.eof:
                if not partial and have <= wanted:
                    raise _truncated(source, "its compressed data end early")
                break
            rest = unpacker.unused_data.lstrip(b"\0")
    except (zlib.error, OSError, ValueError):
        if have < wanted:
            raise InputError(
                "the file's compressed data are damaged",
                source=source,
                next_step="Copy, download or export the file again.",
            ) from None
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def require_image_content(array: npt.NDArray[np.float32], source: str, *, blank_allowed: bool = False) -> None:
    """Raise InputError unless all values are finite and, unless it may be blank, not all the same."""
    low, high = float(array.min()), float(array.max())  # NaN anywhere makes both NaN
    if not np.isfinite(low) or not np.isfinite(high):
        bad = int(array.size - np.count_nonzero(np.isfinite(array)))
        raise InputError(
            f"{bad} voxels are not finite numbers (NaN or infinite)",
            source=source,
            next_step="Export the image again, or replace these voxels by 0 if they lie outside the head.",
        )
    if low == high and not blank_allowed:
        raise InputError(
            f"every voxel has the same value ({low:g}), so there is no image",
            source=source,
            next_step="Give the image series itself; this file is empty or a blank mask.",
        )


_warnings_lock = threading.Lock()
_silent_readers = 0
_warnings_were_on = True


@contextmanager
def itk_warnings_off() -> Iterator[None]:
    """ITK's warnings are one global switch: it is put back when the last of several concurrent readers leaves."""
    global _silent_readers, _warnings_were_on
    import SimpleITK as sitk

    with _warnings_lock:
        if _silent_readers == 0:
            _warnings_were_on = sitk.ProcessObject.GetGlobalWarningDisplay()
            sitk.ProcessObject.SetGlobalWarningDisplay(False)
        _silent_readers += 1
    try:
        yield
    finally:
        with _warnings_lock:
            _silent_readers -= 1
            if _silent_readers == 0:
                sitk.ProcessObject.SetGlobalWarningDisplay(_warnings_were_on)


def _geometry_of(declared: VoxelDeclaration, suffix: str, source: str) -> Geometry:
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    try:
        with scratch_folder() as folder, itk_warnings_off():
            header = Path(folder, f"header{_SUFFIX_OF_HEADER.get(suffix, suffix)}")
            header.write_bytes(declared.header)
            reader.SetFileName(str(header))
            reader.ReadImageInformation()
    except RuntimeError as error:
        # ITK's text holds paths and source lines; only whether it is about the orientation is taken from it.
        text = str(error).lower()
        if any(word in text for word in ("direction", "orthonormal", "determinant", "spacing")):
            raise GeometryError(
                "its orientation is not one that medical images can have (sheared or singular axes)",
                source=source,
                next_step="Resample it onto a grid with perpendicular axes, or convert it again from DICOM.",
            ) from None
        raise InputError(
            "the file's header cannot be read", source=source, next_step="Copy or export the file again."
        ) from None
    n = reader.GetDimension()
    size = reader.GetSize()
    if n < 3 or tuple(size[:3]) != declared.size:
        raise InputError("the file's header contradicts itself", source=source, next_step="Export the image again.")
    spacing = np.array(reader.GetSpacing()[:3])
    direction = np.array(reader.GetDirection()).reshape(n, n)[:3, :3]
    matrix = np.eye(4)
    matrix[:3, :3] = direction * spacing
    matrix[:3, 3] = reader.GetOrigin()[:3]
    try:
        i, j, k = declared.size
        return Geometry((k, j, i), np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix)
    except SynthTrustError as error:
        raise GeometryError(error.what, source=source, next_step=error.next_step) from None
