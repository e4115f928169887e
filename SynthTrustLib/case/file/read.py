"""One image file in, voxels and grid out; every damaged file becomes one error that says what to do."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.file import looks_like_dicom
from SynthTrustLib.case.dicom.folder import read_series, series_at
from SynthTrustLib.case.file.header import Placement, VoxelDeclaration, parse_metaimage, parse_nrrd
from SynthTrustLib.case.file.image import MAXIMUM_BYTES, MINIMUM_VOXELS, ReadImage, require_image_content
from SynthTrustLib.case.file.itk_header import geometry_by_itk, impossible_axes
from SynthTrustLib.case.file.mistaken import refuse_text_mode, refuse_what_is_no_image
from SynthTrustLib.case.file.nifti_header import HEADER_BYTES, parse_nifti
from SynthTrustLib.case.file.not_finite import fill_surroundings
from SynthTrustLib.case.file.unit import in_any_unit
from SynthTrustLib.case.file.unpack import first_bytes, truncated, unpack
from SynthTrustLib.case.geometry import MOST_SHEAR_DEGREES, Geometry
from SynthTrustLib.errors import GeometryError, InputError
from SynthTrustLib.regular_file import read_regular

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd")
"""File name endings that are read, in lower case."""

UNREAD_SUFFIXES = (
    ".mgz", ".mgh", ".img", ".hdr", ".img.gz", ".hdr.gz", ".mnc", ".par", ".rec", ".gipl", ".gipl.gz", ".vtk", ".vti",
    ".npy", ".npz", ".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".bz2", ".xz", ".zst", ".part", ".crdownload",
    ".download", ".head", ".brik", ".brik.gz", ".mif", ".mif.gz", ".h5", ".hdf5", ".tif", ".tiff", ".gz",
)  # fmt: skip
"""Endings of images, archives and broken downloads that are not read."""

POSSIBLE_VOXEL_MM = (0.01, 100.0)
"""What is shorter or longer is no voxel of a patient, in whatever unit it was meant."""

FARTHEST_MM = 10_000.0
"""From the scanner's centre; headers of the whole body stay below 2 m."""

_DEFLATE_LIMIT = 1100
"""Deflate cannot shrink data by more than about 1032:1: a header that declares more lies."""

_HEADER_BYTES = 1 << 16


def image_suffix(path: Path) -> str:
    """Which of IMAGE_SUFFIXES the file's name ends in; empty if none."""
    return _suffix(path, IMAGE_SUFFIXES)


def unread_suffix(path: Path) -> str:
    """Which of UNREAD_SUFFIXES the file's name ends in; empty if none."""
    return "" if image_suffix(path) else _suffix(path, UNREAD_SUFFIXES)


def _suffix(path: Path, known: Iterable[str]) -> str:
    name = path.name.lower()
    return next((suffix for suffix in known if name.endswith(suffix)), "")


def read_image(path: Path, *, blank_allowed: bool = False) -> ReadImage:
    """Read a NIfTI, NRRD or MetaImage file, or a DICOM series by its folder or one of its files.

    The voxels are decoded here, because SimpleITK returns a truncated file as an image whose missing part is zero. An
    image of one single value is refused unless it may be blank, as an outline may that found nothing; the values of
    what may be blank are left as they are, and those of an image are scaled where they are far from 1. Raises
    InputError if the file cannot be had, is damaged, or is not one 3D volume of finite values that differ. Raises
    GeometryError if it has no orientation or a singular one.
    """
    path = Path(path)
    if _may_be_dicom(path):
        return read_series(series_at(path))
    source = path.name
    raw = _bytes_of(path)
    digest = hashlib.sha256(raw)
    suffix = image_suffix(path)
    if not suffix:
        known = f"a file whose name ends in one of {', '.join(IMAGE_SUFFIXES)}."
        raise InputError(
            "the file is not a NIfTI, NRRD, MetaImage or DICOM file",
            source=source,
            next_step=f"Unpack or convert it, and give {known}"
            if unread_suffix(path)
            else f"Give a DICOM series, or {known}",
        )
    refuse_what_is_no_image(raw, source)
    if suffix in (".nii", ".nii.gz"):
        declared, packed = _nifti(raw, suffix, source), memoryview(raw)
        wanted = declared.offset + declared.nbytes
    else:
        declared = (parse_nrrd if suffix in (".nrrd", ".nhdr") else parse_metaimage)(raw[:_HEADER_BYTES], source)
        content = raw
        if declared.data_file:
            # Only a plain name beside the header: a header must not be able to point anywhere else on the disk.
            content = _bytes_of(path.parent / Path(declared.data_file.replace("\\", "/")).name, of=source)
            digest.update(content)
        start = max(0, len(content) - declared.nbytes) if declared.offset < 0 else declared.offset
        packed, wanted = memoryview(content)[start:], declared.nbytes
    _require_sensible(declared, len(packed), source)
    if not declared.compression and len(packed) > wanted:
        refuse_text_mode(packed, source)
    stream, spare = unpack(packed, declared.compression, wanted, declared.spare_bytes, source)
    stored = np.frombuffer(memoryview(stream)[wanted - declared.nbytes :], declared.dtype)
    array, scaled = in_any_unit(stored, declared.slope, declared.intercept, as_they_are=blank_allowed)
    del stored, stream
    placed = declared.placement or Placement(_placed_by_itk(declared, suffix, source))
    geometry, remarks = _perpendicular(placed.geometry, source)
    _require_possible(geometry, source)
    array, filled = fill_surroundings(array.reshape(geometry.shape), source)
    if not blank_allowed:
        require_image_content(array, source)
    remarks = (*placed.remarks, *scaled, *remarks, *filled)
    if spare:
        remarks = (*remarks, Check("file", "", Verdict.WARNING, f"{spare} bytes behind its voxels were not read"))
    elsewhere = placed.elsewhere
    return ReadImage(array, geometry, digest.hexdigest(), source, remarks=remarks, elsewhere=elsewhere)


def _may_be_dicom(path: Path) -> bool:
    try:
        if path.is_dir():
            return any(looks_like_dicom(inside) for inside in path.iterdir() if inside.is_file())
        return not image_suffix(path) and path.is_file() and looks_like_dicom(path)
    except OSError:
        return False


def _bytes_of(path: Path, of: str = "") -> bytes:
    """The bytes of a file, which holds the voxels `of` another."""
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
        raw = read_regular(path)
    except FileNotFoundError:
        what, next_step = "the file does not exist", "Check the path and the spelling."
        if os.path.islink(path):  # noqa: PTH114 - unlike Path.is_symlink, it never raises
            what = "the file is a link to one that is not there"
            next_step = "Fetch or copy the file itself: its data may not have been downloaded."
        elif of:
            what = f"the file does not exist, which holds the voxels of {of}"
            next_step = f"Copy it beside {of}, or save the image as one file."
        raise InputError(what, source=path.name, next_step=next_step) from None
    except ValueError:  # a null byte in the name that a header gives
        raise InputError(
            "no file can have the name that is given", source=path.name, next_step="Copy or export the file again."
        ) from None
    except OSError as error:
        raise InputError(
            f"the file cannot be opened ({error.strerror or type(error).__name__})",
            source=path.name,
            next_step="Check that you may read it and that the disk is connected.",
        ) from None
    if not raw:
        raise InputError("the file is empty", source=path.name, next_step="Copy or export the file again.")
    if of:
        refuse_what_is_no_image(raw, path.name)
    return raw


def _nifti(raw: bytes, suffix: str, source: str) -> VoxelDeclaration:
    """What the header declares; its offset counts in the unpacked file."""
    packed = raw[:2] == b"\x1f\x8b"
    if packed != (suffix == ".nii.gz"):
        raise InputError(
            f"the file's name ends in {suffix} but its content is {'' if packed else 'not '}gzip-compressed",
            source=source,
            next_step=f"Rename it to end in {'.nii.gz' if packed else '.nii'}, or copy it again if it is damaged.",
        )
    compression = "gzip" if packed else ""
    head = first_bytes(raw, compression, HEADER_BYTES, source) if packed else raw[:HEADER_BYTES]
    if packed:
        refuse_what_is_no_image(head, source)
    if packed and head[:2] == b"\x1f\x8b":
        raise InputError("the file was compressed twice", source=source, next_step="Unpack it once, with gunzip.")
    return replace(parse_nifti(head, source), compression=compression)


def _require_sensible(declared: VoxelDeclaration, packed: int, source: str) -> None:
    """Raise where the header declares more than can be held or than `packed` bytes can unpack to, or too little."""
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
    if declared.compression == "gzip" and declared.nbytes > packed * _DEFLATE_LIMIT:
        raise truncated(source, f"its header declares {declared.nbytes} bytes of voxels")


def _placed_by_itk(declared: VoxelDeclaration, suffix: str, source: str) -> Geometry:
    """Where ITK puts the voxels of a text header, once it is known that it has read the numbers that stand there."""
    geometry = geometry_by_itk(declared.header, suffix, declared.size, source)
    if declared.stated is not None:
        sizes, origin = declared.stated
        # The sides that coordinates count to differ between spaces: ITK has seen to that.
        same = np.allclose(geometry.spacing[::-1], sizes, rtol=1e-4) and np.allclose(
            np.abs(geometry.ijk_to_ras[:3, 3]), np.abs(origin), atol=1e-3
        )
        if not same:
            raise GeometryError(
                "its header's voxel size or origin can be read in two ways",
                source=source,
                next_step="Copy or export the file again.",
            )
    return geometry


def _perpendicular(geometry: Geometry, source: str) -> tuple[Geometry, tuple[Check, ...]]:
    """The grid with perpendicular axes, and the row that says so where that moved any voxel."""
    shear = geometry.shear_degrees
    if shear > MOST_SHEAR_DEGREES:
        raise impossible_axes(source)
    straight = geometry.perpendicular()
    if straight.is_same(geometry):
        return geometry, ()
    text = (
        f"its axes were sheared by {shear:.2g} degrees and are now perpendicular, "
        f"which moves voxels by up to {straight.apart_mm(geometry):.2g} mm"
    )
    return straight, (Check("shear", "", Verdict.CHANGED, text),)


def _require_possible(geometry: Geometry, source: str) -> None:
    """Raise where voxels are of a size that no MRI has, or lie where no scanner reaches."""
    low, high = POSSIBLE_VOXEL_MM
    if not all(low <= size <= high for size in geometry.spacing):
        what = f"its header gives a voxel size that no MRI has {geometry.describe()}"
    elif np.abs(geometry.corners_ras()).max() > FARTHEST_MM:
        what = f"its header puts it more than {FARTHEST_MM / 1000:g} m away from the scanner"
    else:
        return
    raise GeometryError(
        what, source=source, next_step="Copy the file again, or convert it again from DICOM with lengths in mm."
    )
