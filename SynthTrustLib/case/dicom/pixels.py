"""The stored values of one DICOM file, whatever compresses them and wherever in their words they lie."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.dicom.file import HEADER_BYTES, inflated, quiet
from SynthTrustLib.case.file.itk_header import itk_warnings_off
from SynthTrustLib.case.file.scratch import scratch_folder
from SynthTrustLib.errors import InputError

_UNCOMPRESSED = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"})
_RUN_LENGTH = "1.2.840.10008.1.2.5"
_ONLY_VALUES = ("1.2.840.10008.5.1.4.1.1.7.2", "1.2.840.10008.5.1.4.1.1.7.3")
"""Kinds of images, of 8 and 16 bits, that have frames and nothing else: what ITK is given to decode."""

CLEARLY_APART = 0.1
"""Padding is this share of the image's range away from every other value."""

_STRAY = 0.01
"""With a larger share of the pixels set below the bits that the header names, the header is wrong about them."""


@dataclass(frozen=True, eq=False)
class StoredPixels:
    """What a file stores, before any rescaling."""

    values: npt.NDArray[Any]
    """Shape (frame, row, column)."""
    padding: npt.NDArray[np.bool_] | None
    """Of the same shape. Where the scanner saw nothing and wrote a value of its own."""
    inverted: bool
    """Low values are said to be bright (MONOCHROME1)."""
    lossy: bool
    """The file's compression has changed the values."""


def decode(path: Path, raw: bytes, shape: tuple[int, int, int]) -> StoredPixels:
    """Decode the content `raw` of the file `path`, whose pixels are expected to be of `shape`.

    Raises InputError if the pixels are damaged, do not fit the header, or are compressed in a way that cannot be
    decoded.
    """
    import pydicom

    compressed, data = False, None
    try:
        with quiet():
            data = pydicom.dcmread(BytesIO(inflated(raw, HEADER_BYTES + 8 * int(np.prod(shape)))), force=True)
            syntax = getattr(data.file_meta, "TransferSyntaxUID", None)
            if syntax is None:
                data.file_meta.TransferSyntaxUID = _guessed_syntax(data)
            compressed = syntax is not None and str(syntax) not in _UNCOMPRESSED
            in_words = not compressed or str(syntax) == _RUN_LENGTH
            stored, high = int(data.BitsStored), int(data.get("HighBit", data.BitsStored - 1))
            if in_words:  # pydicom would cut off what lies above the stored bits, wherever these are
                data.BitsStored, data.HighBit = data.BitsAllocated, data.BitsAllocated - 1
            pixels = np.asarray(data.pixel_array)
    except Exception:  # pydicom raises nearly anything on damaged files
        if data is None or not compressed:
            raise unreadable(path, "its pixels are damaged or incomplete") from None
        pixels = _decode_with_itk(path, data)
    pixels = pixels.reshape(-1, *pixels.shape[-2:])
    if pixels.shape != shape:
        raise unreadable(path, "its pixels do not fit its header")
    try:
        with quiet():
            values = _within_their_bits(pixels, stored, high, data) if in_words else pixels
            return StoredPixels(
                values=values,
                padding=_padding(values, data),
                inverted=str(data.PhotometricInterpretation) == "MONOCHROME1",
                lossy=str(data.get("LossyImageCompression", "")) == "01",
            )
    except Exception:  # an element that every image must have is missing or is no number
        raise unreadable(path, "its header does not say how its pixels are stored") from None


def _guessed_syntax(data: Any) -> Any:
    """Of a file that does not name its encoding: that which pydicom read its header by."""
    import pydicom

    implicit, little = data.original_encoding
    if not little:
        return pydicom.uid.ExplicitVRBigEndian
    return pydicom.uid.ImplicitVRLittleEndian if implicit else pydicom.uid.ExplicitVRLittleEndian


def _decode_with_itk(path: Path, data: Any) -> npt.NDArray[Any]:
    """For compressions that pydicom has no decoder of at hand, such as lossless JPEG.

    ITK would apply one slope to all frames. It is given the frames alone, without anything that says what they are of.
    """
    import pydicom
    import SimpleITK as sitk

    try:
        with quiet(), scratch_folder() as folder, itk_warnings_off():
            bare = pydicom.Dataset()
            bare.file_meta = pydicom.dataset.FileMetaDataset()
            bare.file_meta.TransferSyntaxUID = data.file_meta.TransferSyntaxUID
            bare.SOPClassUID = _ONLY_VALUES[data.BitsAllocated > 8]
            bare.SOPInstanceUID = pydicom.uid.generate_uid()
            bare.Modality = "OT"
            for name in ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
                setattr(bare, name, data[name].value)
            bare.SamplesPerPixel, bare.PhotometricInterpretation = 1, "MONOCHROME2"
            bare.NumberOfFrames = int(data.get("NumberOfFrames") or 1)
            bare.PixelData = data.PixelData
            bare["PixelData"].is_undefined_length = True
            bare.save_as(Path(folder, "slice.dcm"), enforce_file_format=True)
            return sitk.GetArrayFromImage(sitk.ReadImage(str(Path(folder, "slice.dcm"))))
    except Exception:  # RuntimeError of ITK, or nearly anything of pydicom on a damaged file
        raise unreadable(path, "its compressed pixels are damaged or of a kind that cannot be read") from None


def _within_their_bits(pixels: npt.NDArray[Any], stored: int, high: int, data: Any) -> npt.NDArray[Any]:
    """The values that whole words hold in their `stored` bits up to bit `high`.

    Scanners keep overlays in the other bits, and shift the image up. Codecs return values, not words.
    """
    word = pixels.dtype.itemsize * 8
    if pixels.dtype.kind not in "iu":
        return pixels
    if not 0 < stored <= high + 1 <= word:
        raise ValueError("the bits of its pixels contradict each other")
    if (stored, high) == (word, word - 1):
        return pixels
    lowest = high + 1 - stored
    if lowest:
        stray = pixels & pixels.dtype.type((1 << lowest) - 1)
        if np.count_nonzero(stray) > _STRAY * pixels.size and not any(tag >> 24 == 0x60 for tag in list(data.keys())):
            raise ValueError("its pixels lie in other bits than it says")
    return (pixels << (word - 1 - high)) >> (word - stored)  # of a signed type this keeps the sign


def _padding(values: npt.NDArray[Any], data: Any) -> npt.NDArray[np.bool_] | None:
    """Where the padding value is, if no tissue can have it: well below or above all others. 0 beside 1 is air."""
    value = data.get("PixelPaddingValue")
    if value is None or values.dtype.kind not in "iu":
        return None
    limit = data.get("PixelPaddingRangeLimit", value)
    turn = 1 << (8 * values.dtype.itemsize)  # a value that was written with the wrong sign
    low, high = sorted((_as_stored(int(value), values.dtype, turn), _as_stored(int(limit), values.dtype, turn)))
    padding = (values >= low) & (values <= high)
    if not padding.any() or padding.all():
        return padding if padding.any() else None
    rest = values[~padding]
    least, most = float(rest.min()), float(rest.max())
    clear = CLEARLY_APART * (most - least)
    return padding if least - high > clear or low - most > clear else None


def _as_stored(value: int, dtype: np.dtype[Any], turn: int) -> int:
    kind = np.iinfo(dtype)
    return value - turn if value > kind.max else value + turn if value < kind.min else value


def unreadable(path: Path, why: str) -> InputError:
    """The error of a file that cannot be read; `why` goes into brackets."""
    return InputError(
        f"the DICOM file cannot be read ({why})",
        source=path.name,
        next_step="Copy or export the series again, uncompressed if it is possible.",
    )
