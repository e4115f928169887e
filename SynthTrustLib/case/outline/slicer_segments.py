"""Slicer's own segmentation files (``.seg.nrrd``, ``.seg.nhdr``): what their header says about each segment.

A segment has a layer, the place of its voxels along the first axis of a 4D file, and a value there. Segments that do
not overlap share a layer; Slicer before 4.11 gave each a layer of its own, with the value 1, and wrote neither.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.file.image import MAXIMUM_BYTES
from SynthTrustLib.case.file.read import read_image
from SynthTrustLib.case.file.scratch import scratch_folder
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.outline.segmented_file import SegmentedFile
from SynthTrustLib.case.outline.segments import Segment
from SynthTrustLib.errors import InputError
from SynthTrustLib.regular_file import read_regular

_FIELD = re.compile(r"^Segment(\d+)_(ID|Name|LabelValue|Layer|Tags):=(.*?)\r?$", re.MULTILINE)

_CODED_TYPE = re.compile(r"[^~|]*~[^~|]*~[^~^|]*\^[^~^|]*\^([^~^|]*)")
"""The type's meaning in ``context~scheme^code^category~scheme^code^type~...``."""

_DATA_FILE = ("data file", "datafile")

_NO_TYPE = "Tissue"
"""What Slicer codes a segment as that nobody has coded."""


@dataclass(frozen=True)
class _Place:
    label: str
    code: str
    value: int
    layer: int


def read_slicer_segments(path: Path) -> SegmentedFile | None:
    """The segments of a ``.seg.nrrd`` or ``.seg.nhdr``; None for any other file, such as a plain label map.

    Their numbers are the label values in the file or, where two segments in different layers share one, their order.
    Raises InputError, GeometryError if the file cannot be read, or its header names a layer that it does not have or
    the same voxels twice.
    """
    if not path.name.lower().endswith((".nrrd", ".nhdr")):
        return None
    try:
        raw = read_regular(path) if path.stat().st_size <= MAXIMUM_BYTES else b""
    except OSError:  # whoever reads it as a label map says why it cannot be read
        return None
    header, voxels = _halves(raw)
    fields = _segment_fields(header)
    if not fields:
        return None
    lines = _without_comments(header)
    beside = next((value for name in _DATA_FILE if (value := _field(lines, name))), "")
    if beside:
        voxels = _voxels_beside(path, beside)
        raw += voxels
    grid, layers = _read_layers(path.name, lines, voxels)
    places = _places(fields, layers.shape[-1])
    if any(place.layer >= layers.shape[-1] for place in places):
        raise InputError(
            "its header names a layer of segments that it does not have",
            source=path.name,
            next_step="Save the segmentation in Slicer again.",
        )
    if len({(place.layer, place.value) for place in places}) < len(places):
        raise InputError(
            "its header gives two segments the same voxels: one layer and one label value",
            source=path.name,
            next_step="Save the segmentation in Slicer again.",
        )
    values = [place.value for place in places]
    numbers = values if len(set(values)) == len(values) else list(range(1, len(places) + 1))
    by_number = dict(zip(numbers, places, strict=True))
    return SegmentedFile(
        segments=tuple(Segment(number, place.label, place.code) for number, place in by_number.items()),
        mask=lambda number: layers[..., by_number[number].layer] == by_number[number].value,
        geometry=grid,
        sha256=hashlib.sha256(raw).hexdigest(),
        source=path.name,
        unnamed=tuple(sorted({float(v) for v in np.unique(layers)} - {0.0, *map(float, values)})),
    )


def coded_type(terminology: str) -> str:
    """What a segment's terminology says that it is; empty for nothing and for what Slicer says of every segment."""
    found = _CODED_TYPE.match(terminology)
    code = found[1].strip() if found else ""
    return "" if code == _NO_TYPE else code


def _halves(raw: bytes) -> tuple[str, bytes]:
    """The header's text, and the bytes of the voxels behind its blank line."""
    found = re.search(rb"\r?\n\r?\n|\Z", raw)
    if not raw.startswith(b"NRRD") or found is None:
        return "", b""
    return raw[: found.start()].decode("utf-8", errors="replace"), raw[found.end() :]


def _without_comments(header: str) -> list[str]:
    return [line for line in header.splitlines() if ":=" not in line and not line.startswith("#")]


def _voxels_beside(path: Path, data_file: str) -> bytes:
    """The file that holds the voxels of a header without any, beside it."""
    name = Path(data_file.replace("\\", "/")).name
    try:
        return read_regular(path.with_name(name))
    except (OSError, ValueError):
        raise InputError(
            f"the file that holds its voxels cannot be opened ({name})",
            source=path.name,
            next_step=f"Copy it beside {path.name}, or save the segmentation as one file (.seg.nrrd).",
        ) from None


def _read_layers(name: str, lines: list[str], voxels: bytes) -> tuple[Geometry, npt.NDArray[np.float32]]:
    """The file's grid and its layers, (k, j, i, layer).

    As the layers are interleaved, they are read as one volume that is as many times finer along its first axis.
    """
    lines = [line for line in lines if _name(line) not in _DATA_FILE]
    sizes = _field(lines, "sizes").split()
    count = 1
    if len(sizes) == 4 and all(map(str.isdecimal, sizes)) and _field(lines, "kinds").lower().startswith("list"):
        count = int(sizes[0])
        lines = _as_one_volume(lines, count)
    with scratch_folder() as folder:
        path = Path(folder, name).with_suffix(".nrrd")
        path.write_bytes("\n".join(lines).encode() + b"\n\n" + voxels)
        image = read_image(path, blank_allowed=True)
    matrix = image.geometry.ijk_to_ras @ np.diag([count, 1, 1, 1])
    k, j, i = image.geometry.shape
    return Geometry((k, j, i // count), matrix), image.array.reshape(k, j, i // count, count)


def _as_one_volume(lines: Sequence[str], count: int) -> list[str]:
    """A header for the same voxels without the axis of layers."""
    count = max(1, count)
    sizes = _field(lines, "sizes").split()
    replaced = {
        "dimension": "3",
        "sizes": " ".join([str(count * int(sizes[1])), *sizes[2:]]),
        "kinds": "domain domain domain",
    }
    vectors = re.findall(r"\([^)]*\)", _field(lines, "space directions"))
    if len(vectors) == 3:
        try:
            first = ",".join(repr(float(x) / count) for x in vectors[0].strip("()").split(","))
        except ValueError:
            first = vectors[0].strip("()")
        replaced["space directions"] = " ".join([f"({first})", *vectors[1:]])
    one_an_axis = ("thicknesses", "spacings", "centerings", "centers", "labels", "units", "axis mins", "axis maxs")
    kept = [line for line in lines if line.partition(":")[0].strip().lower() not in one_an_axis]
    return [f"{name}: {replaced[name]}" if (name := _name(line)) in replaced else line for line in kept]


def _field(lines: Sequence[str], name: str) -> str:
    return next((line.partition(":")[2].strip() for line in lines if _name(line) == name), "")


def _name(line: str) -> str:
    return line.partition(":")[0].strip().lower()


def _segment_fields(header: str) -> dict[int, dict[str, str]]:
    fields: dict[int, dict[str, str]] = {}
    for number, field, value in _FIELD.findall(header):
        fields.setdefault(int(number), {})[field] = value.strip()
    return dict(sorted(fields.items()))


def _places(fields: Mapping[int, Mapping[str, str]], layers: int) -> list[_Place]:
    places = []
    for number, field in fields.items():
        places.append(
            _Place(
                label=field.get("Name") or field.get("ID", ""),
                code=coded_type(re.sub(r"^.*?TerminologyEntry:", "", field.get("Tags", ""))),
                value=_integer(field.get("LabelValue"), 1 if layers > 1 else number + 1),
                layer=_integer(field.get("Layer"), number if layers > 1 else 0),
            )
        )
    return places


def _integer(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text) else otherwise
