"""What ITK, and with it Slicer, makes of a header: asked with the header alone, in a file of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from SynthTrustLib.case.file.scratch import scratch_folder
from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.errors import GeometryError, InputError, SynthTrustError

_SUFFIX_OF_HEADER = {".nhdr": ".nrrd"}

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


def impossible_axes(source: str) -> GeometryError:
    """The error of axes that no scanner has."""
    return GeometryError(
        "its orientation is not one that medical images can have (sheared or singular axes)",
        source=source,
        next_step="Resample it onto a grid with perpendicular axes, or convert it again from DICOM.",
    )


def geometry_by_itk(header: bytes, suffix: str, size: tuple[int, ...], source: str) -> Geometry:
    """Where SimpleITK puts the voxels of a file with this header and name, which are `size` (i, j, k).

    Raises GeometryError, InputError if it cannot.
    """
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    try:
        with scratch_folder() as folder, itk_warnings_off():
            path = Path(folder, f"header{_SUFFIX_OF_HEADER.get(suffix, suffix)}")
            path.write_bytes(header)
            reader.SetFileName(str(path))
            reader.ReadImageInformation()
    except RuntimeError as error:
        # ITK's text holds paths and source lines; only whether it is about the orientation is taken from it.
        text = str(error).lower()
        if any(word in text for word in ("direction", "orthonormal", "determinant", "spacing")):
            raise impossible_axes(source) from None
        raise InputError(
            "the file's header cannot be read", source=source, next_step="Copy or export the file again."
        ) from None
    if reader.GetDimension() < 3 or tuple(reader.GetSize()[:3]) != size:
        raise InputError("the file's header contradicts itself", source=source, next_step="Export the image again.")
    try:
        return Geometry.from_sitk(reader)
    except SynthTrustError as error:
        raise GeometryError(error.what, source=source, next_step=error.next_step) from None
