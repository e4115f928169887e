"""The header of a NIfTI-1 or NIfTI-2 file: what its voxels are, and which of its two placements holds.

A header can place its voxels twice. The *qform* is a rotation with the voxel sizes, the *sform* any affine map; each
has a code for what it leads to. Which of two that disagree is used is the reader's choice: ours is that of ITK, so that
files lie where Slicer shows them. Others (nibabel, FSL, SPM) go by the sform wherever there is one.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.file.header import (
    SAME_LENGTH,
    Placement,
    VoxelDeclaration,
    no_orientation,
    not_readable,
    require_lengths,
    require_spanning,
    several_values,
    singular,
    three_axes,
)
from SynthTrustLib.case.file.itk_header import geometry_by_itk
from SynthTrustLib.case.geometry import POSITION_TOLERANCE_MM, Geometry
from SynthTrustLib.errors import GeometryError

HEADER_BYTES = 540
"""Of NIfTI-2; NIfTI-1 has 348."""

TYPES: Mapping[int, str] = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
"""``datatype`` codes with one real value per voxel."""

_SEVERAL = {32: "complex", 1792: "complex", 128: "RGB", 2304: "RGBA", 1536: "128-bit", 2048: "complex"}

_UNIT_MM = {1: ("meters", 1000.0), 3: ("micrometers", 0.001)}
"""``xyzt_units`` of lengths that are not mm; unknown ones are taken for mm."""

_SCANNER = 1
_CODES = {_SCANNER: "scanner", 2: "aligned", 3: "Talairach", 4: "MNI152", 5: "template"}

_ITK_ORTHONORMAL = 1e-4

_SMALL = 1e-3
"""Share by which voxel sizes in one header may differ without a word."""


@dataclass(frozen=True)
class _Fields:
    """The header's numbers, as they stand there. `pixdim` (8,), `quaternion` (3,), `offsets` (3,), `rows` (3, 4)."""

    version: int
    dim: tuple[int, ...]
    datatype: int
    pixdim: npt.NDArray[np.float64]
    voxel_offset: float
    slope: float
    intercept: float
    units: int
    qform: int
    sform: int
    quaternion: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.float64]
    rows: npt.NDArray[np.float64]


def parse_nifti(head: bytes, source: str) -> VoxelDeclaration:
    """The declaration of a NIfTI single file, from its first `HEADER_BYTES` decompressed bytes.

    Raises InputError, GeometryError if it is no such file, holds several values a voxel, or does not say where its
    voxels are.
    """
    order, header = _fields(head, source)
    if not 1 <= header.dim[0] <= 7:
        raise not_readable(source, f"its NIfTI header declares {header.dim[0]} dimensions")
    if header.datatype in _SEVERAL:
        raise several_values(source, _SEVERAL[header.datatype])
    if header.datatype not in TYPES:
        raise not_readable(source, f"unknown NIfTI data type {header.datatype}")
    # As NIfTI's own library does: of axes beyond the third, 0 means that there is one volume.
    more = tuple(n or 1 for n in header.dim[4 : header.dim[0] + 1])
    size = three_axes((*header.dim[1 : min(3, header.dim[0]) + 1], *more), source)
    placement = _placed(header, head, size, source)
    if not np.isfinite(header.voxel_offset) or header.voxel_offset < 348:
        raise not_readable(source, "its NIfTI header has no valid data offset")
    scaled = bool(np.isfinite(header.slope) and header.slope != 0)
    return VoxelDeclaration(
        size=size,
        dtype=np.dtype(order + TYPES[header.datatype]),
        offset=int(header.voxel_offset),
        slope=float(header.slope) if scaled else 1.0,
        intercept=float(header.intercept) if scaled and np.isfinite(header.intercept) else 0.0,
        placement=placement,
    )


def _fields(head: bytes, source: str) -> tuple[str, _Fields]:
    """The byte order and the numbers of either kind of header."""
    for order in "<>":
        (length,) = struct.unpack_from(order + "i", head) if len(head) >= 4 else (0,)

        def read(kind: str, at: int, order: str = order) -> tuple[float, ...]:
            return struct.unpack_from(order + kind, head, at)

        def numbers(kind: str, at: int) -> npt.NDArray[np.float64]:
            return np.array(read(kind, at), np.float64)

        if length == 348 and len(head) >= 348:
            if head[344:347] != b"n+1":
                raise not_readable(source, "its NIfTI header is of the old two-file or Analyze kind")
            return order, _Fields(
                version=1,
                dim=struct.unpack_from(order + "8h", head, 40),
                datatype=struct.unpack_from(order + "h", head, 70)[0],
                pixdim=numbers("8f", 76),
                voxel_offset=read("f", 108)[0],
                slope=read("f", 112)[0],
                intercept=read("f", 116)[0],
                units=head[123] & 7,
                qform=struct.unpack_from(order + "h", head, 252)[0],
                sform=struct.unpack_from(order + "h", head, 254)[0],
                quaternion=numbers("3f", 256),
                offsets=numbers("3f", 268),
                rows=numbers("12f", 280).reshape(3, 4),
            )
        if length == 540 and len(head) >= 540:
            if head[4:7] != b"n+2":
                raise not_readable(source, "its NIfTI-2 header is of the two-file kind")
            return order, _Fields(
                version=2,
                dim=struct.unpack_from(order + "8q", head, 16),
                datatype=struct.unpack_from(order + "h", head, 12)[0],
                pixdim=numbers("8d", 104),
                voxel_offset=float(read("q", 168)[0]),
                slope=read("d", 176)[0],
                intercept=read("d", 184)[0],
                units=struct.unpack_from(order + "i", head, 500)[0] & 7,
                qform=struct.unpack_from(order + "i", head, 344)[0],
                sform=struct.unpack_from(order + "i", head, 348)[0],
                quaternion=numbers("3d", 352),
                offsets=numbers("3d", 376),
                rows=numbers("12d", 400).reshape(3, 4),
            )
    raise not_readable(source, "it has no NIfTI header")


def _placed(header: _Fields, head: bytes, size: tuple[int, ...], source: str) -> Placement:
    """Where the voxels lie by the form that ITK would use, and what is to be said of it."""
    if header.qform <= 0 and header.sform <= 0:
        raise no_orientation(source, "both its qform and sform codes are 0")
    if not np.all(np.isfinite(header.pixdim[1:4]) & (header.pixdim[1:4] != 0)):
        raise singular(source)
    unit, scale = _UNIT_MM.get(header.units, ("mm", 1.0))
    lengths = np.abs(header.pixdim[1:4])
    if header.sform > 0:
        require_spanning(header.rows[:, :3], source)
    qform = _qform(header, lengths, size, scale) if header.qform > 0 else None
    sform = _sform(header, lengths, size, scale, own_lengths=True) if header.sform > 0 else None
    by_sform = sform is not None and (
        qform is None or qform.is_same(sform) or _sform_is_preferred(header, sform, head, size, source)
    )
    if by_sform:
        require_lengths(header.rows[:, :3], lengths, "its sform", source)
        used = _sform(header, lengths, size, scale, own_lengths=False)
    else:
        used = qform
    if used is None:
        raise no_orientation(source, "its qform or sform holds no valid numbers")
    other = qform if by_sform else sform
    elsewhere = None if other is None or other.is_same(used) else other
    remarks = [_two_placements(header, used, elsewhere, by_sform=by_sform)] if elsewhere is not None else []
    if by_sform and not np.allclose(np.linalg.norm(header.rows[:, :3], axis=0), lengths, rtol=_SMALL):
        text = "its sform has voxel sizes that differ a little from the header's, which are used as ITK does"
        remarks.append(Check("placement", "", Verdict.READY, text))
    if np.isfinite(header.slope) and header.slope < 0:
        text = f"its header turns dark and bright around (a slope of {header.slope:g})"
        remarks.append(Check("slope", "", Verdict.WARNING, text))
    for name, code, form in (("qform", header.qform, qform), ("sform", header.sform, sform)):
        if code > 0 and form is None:
            text = f"its {name} holds no valid numbers and was not used"
            remarks.append(Check("placement", "", Verdict.WARNING, text))
    if scale != 1.0:
        remarks.append(Check("units", "", Verdict.CHANGED, f"its header gives lengths in {unit}; they are now in mm"))
    if np.any(header.pixdim[1:4] < 0):
        confirmed = by_sform or (sform is not None and elsewhere is None)
        remarks.append(_negative_size(header, confirmed=confirmed))
    if not by_sform and header.pixdim[0] not in (-1.0, 0.0, 1.0):
        sense = "-1" if header.pixdim[0] < 0 else "1"
        text = (
            f"its header has {header.pixdim[0]:g} for the sense of the slices, which can be 1 or -1; {sense} was taken"
        )
        remarks.append(Check("placement", "", Verdict.WARNING, text))
    return Placement(used, elsewhere, tuple(remarks))


def _qform(header: _Fields, lengths: npt.NDArray[np.float64], size: tuple[int, ...], scale: float) -> Geometry | None:
    """The grid by the quaternion; None where its numbers are none of a rotation."""
    b, c, d = header.quaternion
    squares = b * b + c * c + d * d
    if not np.isfinite([squares, *header.offsets]).all() or squares >= 1 + SAME_LENGTH:
        return None
    if squares > 1 - 1e-7:  # as NIfTI's own library: a half turn
        b, c, d = header.quaternion / np.sqrt(squares)
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    rotation[:, 2] *= -1.0 if header.pixdim[0] < 0 else 1.0
    return _grid(rotation * lengths, header.offsets, size, scale)


def _sform(
    header: _Fields, lengths: npt.NDArray[np.float64], size: tuple[int, ...], scale: float, *, own_lengths: bool
) -> Geometry | None:
    """The grid by the sform, with its own voxel sizes or, as ITK reads it, those of the header; None if not finite."""
    if not np.isfinite(header.rows).all():
        return None
    axes = header.rows[:, :3]
    if not own_lengths:
        axes = axes / np.linalg.norm(axes, axis=0) * lengths
    return _grid(axes, header.rows[:, 3], size, scale)


def _grid(
    axes: npt.NDArray[np.float64], origin: npt.NDArray[np.float64], size: tuple[int, ...], scale: float
) -> Geometry | None:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = axes * scale, origin * scale
    try:
        return Geometry((size[2], size[1], size[0]), matrix)
    except GeometryError:
        return None


def _sform_is_preferred(header: _Fields, sform: Geometry, head: bytes, size: tuple[int, ...], source: str) -> bool:
    """Whether ITK goes by the sform although the qform says otherwise.

    It does for a sform of the scanner with perpendicular axes, but also where it takes two forms that differ for the
    same, as some that mirror each other. So it is asked, where it can be: it does not read NIfTI-2.
    """
    unit = sform.direction_ras
    perpendicular = bool(np.abs(unit @ unit.T - np.eye(3)).max() <= _ITK_ORTHONORMAL)
    if not perpendicular or header.sform == _SCANNER or header.version == 2:
        return perpendicular and header.sform == _SCANNER
    theirs = geometry_by_itk(head[:348] + bytes(4), ".nii", size, source)
    return bool(np.allclose(theirs.direction_ras, unit, atol=_ITK_ORTHONORMAL)) and bool(
        np.allclose(theirs.ijk_to_ras[:3, 3], sform.ijk_to_ras[:3, 3], atol=POSITION_TOLERANCE_MM)
    )


def _two_placements(header: _Fields, used: Geometry, other: Geometry, *, by_sform: bool) -> Check:
    code = _CODES.get(header.sform, f"code {header.sform}")
    if by_sform:
        why = "the sform is used, as ITK and Slicer do; a program that goes by the qform puts it elsewhere"
    elif header.sform == _SCANNER:
        why = "the qform is used, as the sform is sheared; a program that goes by the sform puts it elsewhere"
    else:
        why = f"the qform is used, as ITK and Slicer do unless the sform is of the scanner (it is '{code}'); "
        why += "a program that goes by the sform puts it elsewhere"
    apart = used.apart_mm(other)
    if np.linalg.det(used.ijk_to_ras[:3, :3]) * np.linalg.det(other.ijk_to_ras[:3, :3]) < 0:
        text = f"its qform and sform are mirror images of each other, so left and right are not sure; {why}"
        return Check("placement", "", Verdict.CONCERN, text)
    matters = apart > min(used.spacing) / 2
    text = f"its qform and sform put it up to {max(apart, POSITION_TOLERANCE_MM):.2g} mm apart; {why}"
    return Check("placement", "", Verdict.WARNING if matters else Verdict.READY, text)


def _negative_size(header: _Fields, *, confirmed: bool) -> Check:
    sizes = " x ".join(f"{v:g}" for v in header.pixdim[1:4])
    text = f"its header gives the voxel size as {sizes}, but sizes are positive in NIfTI; the signs were dropped"
    if confirmed:
        return Check("placement", "", Verdict.WARNING, f"{text}, and left and right are those of the sform")
    return Check("placement", "", Verdict.CONCERN, f"{text}, so left and right may be swapped")
