"""What a file declares about its voxels, read from the header alone: NRRD, MetaImage; of NIfTI see `nifti_header`.

SimpleITK fills the missing rest of a truncated file with zeros and invents an orientation where the header has none,
without a word. So the declaration is read here first and compared with what is really there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.check import Check
from SynthTrustLib.case.geometry import MOST_SHEAR_DEGREES, Geometry
from SynthTrustLib.errors import GeometryError, InputError

_NRRD_TYPES: Mapping[str, str] = {
    alias: code
    for code, aliases in {
        "i1": "signed char|int8|int8_t",
        "u1": "uchar|unsigned char|uint8|uint8_t",
        "i2": "short|short int|signed short|signed short int|int16|int16_t",
        "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
        "i4": "int|signed int|int32|int32_t",
        "u4": "uint|unsigned int|uint32|uint32_t",
        "i8": "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
        "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
        "f4": "float",
        "f8": "double",
    }.items()
    for alias in aliases.split("|")
}

_NRRD_SPACES = ("right-anterior-superior", "ras", "left-anterior-superior", "las", "left-posterior-superior", "lps")
"""Spaces that say where the patient's left, front and top are; ITK takes every other for the last of these."""

_META_TYPES: Mapping[str, str] = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
    "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip

_DATA_FILE_LINE = re.compile(rb"^data ?file:.*$\n?", re.IGNORECASE | re.MULTILINE)
"""Without it SimpleITK does not look for a data file, and does not fail where it is missing."""

SAME_LENGTH = 0.01
"""Two statements of a length that differ by less than this share agree."""

PERPENDICULAR = np.sin(np.radians(MOST_SHEAR_DEGREES))
"""Axes are meant to be perpendicular if the cosine between them is no larger than this."""

EXPORT_ORIENTATION = "Convert it again from the original DICOM files with a tool that writes the orientation."


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a header puts its voxels."""

    geometry: Geometry
    elsewhere: Geometry | None = None
    """Where the header's second statement puts them, if it has one that differs: other programs may go by that."""
    remarks: tuple[Check, ...] = ()
    """What was chosen or mended; without a subject."""


@dataclass(frozen=True)
class VoxelDeclaration:
    """Where the voxels are and what they mean."""

    size: tuple[int, ...]
    """Number of voxels along i, j, k and any further axes, trailing ones of length 1 removed beyond the third."""
    dtype: np.dtype
    """Of one stored value, byte order included."""
    offset: int
    """Bytes before the voxels, counted in the (decompressed) stream that `compression` applies to; for NRRD and
    MetaImage the header itself is never compressed. -1 where the voxels are the last bytes of their file."""
    header: bytes = field(default=b"", repr=False)
    """Of NRRD and MetaImage: a file without voxels from which SimpleITK reads the same grid, always as one file."""
    compression: str = ""
    """``""``, ``"gzip"`` (deflate in any wrapper) or ``"bzip2"``, of the voxels only."""
    data_file: str = ""
    """Name of the file that holds the voxels when it is not this one, else empty."""
    slope: float = 1.0
    intercept: float = 0.0
    """`slope` and `intercept`: value = slope * stored + intercept."""
    placement: Placement | None = None
    """Of NIfTI: where the voxels lie."""
    stated: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Three lengths, three coordinates. Of NRRD and MetaImage: the voxel size and the first voxel's position, as they
    stand there."""

    @property
    def voxels(self) -> int:
        """Declared number of stored values."""
        count = 1
        for n in self.size:
            count *= n
        return count

    @property
    def nbytes(self) -> int:
        """Declared size of the decompressed voxels in bytes."""
        return self.voxels * self.dtype.itemsize

    @property
    def spare_bytes(self) -> int:
        """More bytes than this behind the voxels are voxels: one layer fewer was declared than there are."""
        return self.voxels // max(self.size) * self.dtype.itemsize - 1


def not_readable(source: str, why: str) -> InputError:
    return InputError(
        f"the file is not a readable image ({why})",
        source=source,
        next_step="Give a NIfTI, NRRD or MetaImage file with one value per voxel, or copy the file again.",
    )


def several_values(source: str, kind: str) -> InputError:
    return InputError(
        f"the file holds {kind} voxels, not one value per voxel",
        source=source,
        next_step="Give the original grey-value MRI series, not a color, vector or phase image.",
    )


def no_orientation(source: str, what: str) -> GeometryError:
    return GeometryError(f"its header has no orientation ({what})", source=source, next_step=EXPORT_ORIENTATION)


def singular(source: str) -> GeometryError:
    return GeometryError(
        "its direction matrix is singular, so the voxel axes do not span space",
        source=source,
        next_step=EXPORT_ORIENTATION,
    )


def require_lengths(axes: npt.NDArray[np.float64], mm: npt.NDArray[np.float64], whose: str, source: str) -> None:
    """Raise if the columns of a 3x3 matrix are perpendicular but not `mm` long; sheared ones are left to ITK."""
    lengths = np.linalg.norm(axes, axis=0)
    cosines = (axes / lengths).T @ (axes / lengths)
    if np.allclose(cosines, np.eye(3), atol=PERPENDICULAR) and not np.allclose(lengths, mm, rtol=SAME_LENGTH):
        shown, stated = ("x".join(f"{v:.4g}" for v in numbers) for numbers in (lengths, mm))
        raise GeometryError(
            f"its header contradicts itself about the voxel size (the axes of {whose} are {shown} long, not {stated})",
            source=source,
            next_step=EXPORT_ORIENTATION,
        )


def _require_mm(units: list[str], source: str) -> None:
    """Raise unless every unit is mm or none that is known; ITK takes all numbers for mm."""
    wrong = [unit for unit in units if unit.lower() in ("m", "cm", "dm", "um", "nm", "in", "inch", "km")]
    if wrong:
        raise GeometryError(
            f"its lengths are in {wrong[0]}, not in mm",
            source=source,
            next_step="Write the file again with lengths in mm.",
        )


def require_spanning(axes: npt.NDArray[np.float64], source: str) -> None:
    """Raise unless the columns (or rows) of a 3x3 matrix are finite, non-zero and independent."""
    lengths = np.linalg.norm(axes, axis=0)
    if not np.all(np.isfinite(axes)) or np.any(lengths <= 0) or abs(np.linalg.det(axes / lengths)) < 1e-4:
        raise singular(source)


def three_axes(size: tuple[int, ...], source: str) -> tuple[int, ...]:
    """`size` without trailing axes of length 1; error unless a plain 3D volume remains."""
    if not size or any(n < 1 for n in size):
        raise not_readable(source, "its size is not positive")
    kept = list(size)
    while len(kept) > 3 and kept[-1] == 1:
        kept.pop()
    if len(kept) > 3:
        raise InputError(
            f"the file is {len(kept)}D ({'x'.join(map(str, kept))}) and holds several volumes",
            source=source,
            next_step="Give one 3D volume: split the series and choose one frame.",
        )
    if len(kept) < 3 or min(kept) == 1:
        raise InputError(
            f"the image is 2D ({'x'.join(map(str, kept))})",
            source=source,
            next_step="Give the whole 3D series, not a single slice or screenshot.",
        )
    return tuple(kept)


def _text(head: bytes) -> str:
    """The header's text: in UTF-8, as ITK and Slicer write the name of a data file, or in anything else."""
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("latin-1")


def _text_fields(text: str, separator: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in text.split("\n"):  # at what ITK takes for a line's end only, so that it finds the same fields
        name, found, value = line.partition(separator)
        if found and not name.startswith("#"):
            fields[name.strip().lower()] = value.strip()
    return fields


def _integers(text: str, source: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.split())
    except ValueError:
        raise not_readable(source, "its size is not a list of numbers") from None


def _numbers(text: str, what: str, source: str) -> tuple[float, ...]:
    """Three finite numbers or more; the first three."""
    try:
        numbers = tuple(float(word) for word in text.strip("()").replace(",", " ").split())
    except ValueError:
        numbers = ()
    if len(numbers) < 3 or not np.all(np.isfinite(numbers)):
        raise GeometryError(f"its {what} is not three numbers", source=source, next_step=EXPORT_ORIENTATION)
    return numbers[:3]


def parse_nrrd(head: bytes, source: str) -> VoxelDeclaration:
    """The declaration of an NRRD file, from the bytes of its header (more may follow)."""
    if not head.startswith(b"NRRD"):
        raise not_readable(source, "it has no NRRD header")
    ends = [(head.find(mark), len(mark)) for mark in (b"\n\n", b"\r\n\r\n")]
    found = [(at, n) for at, n in ends if at >= 0]
    end, mark = min(found) if found else (len(head), 0)
    fields = _text_fields(_text(head[:end]).replace(":=", "\0"), ":")
    dtype = _NRRD_TYPES.get(fields.get("type", "").lower())
    if dtype is None:
        raise not_readable(source, "its NRRD header has no known voxel type")
    sizes = _integers(fields.get("sizes", ""), source)
    if any(k in fields.get("kinds", "").lower() for k in ("vector", "color", "rgb", "complex", "matrix", "quaternion")):
        raise several_values(source, "vector")
    size = three_axes(sizes, source)
    if any(k in ("time", "list") for k in fields.get("kinds", "").lower().split()[:3]):
        raise not_readable(source, "one of its first three axes is a list or time, not space")
    if fields.get("space", "").lower() not in _NRRD_SPACES:
        raise no_orientation(source, "its 'space' does not say where left, front and top are")
    _require_mm(fields.get("space units", "").replace('"', " ").split(), source)
    directions = fields.get("space directions")
    if directions is None:
        raise no_orientation(source, "it lacks 'space directions'")
    vectors = [v for v in directions.replace("none", "").replace(" ", "").split(")") if v]
    try:
        axes = np.array([[float(x) for x in v.strip("(").split(",")] for v in vectors])
    except ValueError:
        raise singular(source) from None
    if axes.shape != (3, 3):
        raise no_orientation(source, "its 'space directions' are not three vectors")
    require_spanning(axes.T, source)
    encoding = fields.get("encoding", "raw").lower()
    compression = {"raw": "", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}.get(encoding)
    data_file = fields.get("data file", fields.get("datafile", ""))
    skips = fields.get("line skip", fields.get("lineskip", "0")), fields.get("byte skip", fields.get("byteskip", "0"))
    if compression is None or skips != ("0", "0") or data_file.startswith("LIST") or "%" in data_file:
        raise not_readable(source, "its NRRD encoding or list of data files is not supported")
    return VoxelDeclaration(
        size=size,
        dtype=np.dtype((">" if fields.get("endian", "").lower() == "big" else "<") + dtype),
        offset=0 if data_file else end + mark,
        header=_DATA_FILE_LINE.sub(b"", head[:end]) + b"\n\n",
        compression=compression,
        data_file=data_file,
        stated=(tuple(np.linalg.norm(axes, axis=1)), _numbers(fields.get("space origin", "0 0 0"), "origin", source)),
    )


def _is_true(word: str) -> bool:
    """As MetaImage's own library reads it."""
    return word[:1] in ("T", "t", "1")


def parse_metaimage(head: bytes, source: str) -> VoxelDeclaration:
    """The declaration of a MetaImage file, from the bytes of its header (more may follow)."""
    start = head.find(b"ElementDataFile")
    end = head.find(b"\n", start)
    if start < 0:
        raise not_readable(source, "it has no complete MetaImage header")
    end = len(head) if end < 0 else end
    fields = _text_fields(_text(head[:end]), "=")
    dtype = _META_TYPES.get(fields.get("elementtype", "").upper())
    if dtype is None:
        raise not_readable(source, "its MetaImage header has no known voxel type")
    if fields.get("elementnumberofchannels", "1") != "1":
        raise several_values(source, "vector")
    size = three_axes(_integers(fields.get("dimsize", ""), source), source)
    matrix = next((fields[n] for n in ("transformmatrix", "rotation", "orientation") if n in fields), None)
    if matrix is None:
        raise no_orientation(source, "it lacks 'TransformMatrix'")
    try:
        values = np.array([float(x) for x in matrix.split()])
    except ValueError:
        raise singular(source) from None
    dimensions = round(values.size**0.5)
    if dimensions < 3 or dimensions**2 != values.size:
        raise singular(source)
    axes = values.reshape(dimensions, dimensions)[:3, :3].T
    require_spanning(axes, source)
    require_lengths(axes, np.ones(3), "its TransformMatrix", source)
    spacing = fields.get("elementspacing", fields.get("elementsize"))
    if spacing is None:
        raise GeometryError(
            "its header has no voxel size (it lacks 'ElementSpacing')", source=source, next_step=EXPORT_ORIENTATION
        )
    origin = next((fields[n] for n in ("offset", "position", "origin") if n in fields), "0 0 0")
    _require_mm(fields.get("distanceunits", "").split(), source)
    data_file = fields.get("elementdatafile", "")
    if not data_file:
        raise not_readable(source, "its MetaImage header does not say where the voxels are")
    if not _is_true(fields.get("binarydata", "true")) or data_file.upper().split()[0] == "LIST" or "%" in data_file:
        raise not_readable(source, "its MetaImage data are text or a list of files")
    compressed = _is_true(fields.get("compresseddata", "false"))
    skipped = next(iter(_integers(fields.get("headersize", "0"), source)), 0)
    if skipped < -1 or (skipped and compressed):
        # ITK does not look at it where the voxels are compressed; other readers do.
        raise not_readable(
            source, f"its HeaderSize is {skipped}" + (" and its voxels are compressed" if compressed else "")
        )
    local = data_file.upper() == "LOCAL"
    big = _is_true(fields.get("binarydatabyteordermsb", fields.get("elementbyteordermsb", "false")))
    return VoxelDeclaration(
        size=size,
        dtype=np.dtype((">" if big else "<") + dtype),
        offset=skipped or (end + 1 if local else 0),
        header=head[: end + 1],
        compression="gzip" if compressed else "",
        data_file="" if local else data_file,
        stated=(_numbers(spacing, "voxel size", source), _numbers(origin, "origin", source)),
    )
