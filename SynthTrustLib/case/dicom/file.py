"""A DICOM file opened safely: recognized by its first bytes, read without a word of it in any log, and bounded."""

from __future__ import annotations

import io
import logging
import os
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from SynthTrustLib.regular_file import open_regular

PLAIN_NAMES = (".dcm", ".dicom", ".ima")
"""Name endings of DICOM files, in lower case. Others are told by their first bytes."""

HEADER_BYTES = 1 << 25
"""Everything before the pixels of a deflated file must fit into this."""

_DEFLATED, _PLAIN = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.1\0\0\0"
_GROUP_LENGTH = b"\x02\0\0\0UL\x04\0"
_FIRST_ELEMENTS = frozenset(
    [(2, 0), (2, 1), (2, 2), (2, 16)] + [(8, n) for n in (0x00, 0x01, 0x05, 0x08, 0x12, 0x13, 0x14, 0x16, 0x18)]
)
"""What a file without a preamble begins with: (group, element)."""

_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
_FIRST_VALUES = frozenset([b"UL", b"OB", b"UI", b"CS", b"DA", b"TM", b"SH"])


def looks_like_dicom(path: Path) -> bool:
    """Whether the name or the first bytes are those of a DICOM file; what is no plain file, such as a pipe, is none."""
    try:
        if not path.is_file():
            return False
        if path.suffix.lower() in PLAIN_NAMES:
            return True
        with open_regular(path) as file:
            start = file.read(132)
    except OSError:
        return False
    return start[128:] == b"DICM" or _begins_with_element(start)


def _begins_with_element(start: bytes) -> bool:
    """Whether a file without a preamble begins as DICOM does, in any of its three encodings."""
    if len(start) < 132:
        return False
    for order in _ORDERS:
        first = int.from_bytes(start[:2], order), int.from_bytes(start[2:4], order)
        if first in _FIRST_ELEMENTS:
            length = int.from_bytes(start[4:8], "little")
            return start[4:6] in _FIRST_VALUES or (order == "little" and length <= 64 and length % 2 == 0)
    return False


_quiet_lock = threading.Lock()
_quiet_readers = 0
_quiet_filter: tuple[Any, ...] | None = None
_were_disabled: dict[str, bool] = {}
_LOUD = ("pydicom", "highdicom")


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the readers' warnings and log lines away: they quote values of the header.

    Both are switches of the whole process: the first of several concurrent readers throws them, the last puts them
    back.
    """
    global _quiet_readers, _quiet_filter
    with _quiet_lock:
        if _quiet_readers == 0:
            for name in _LOUD:
                _were_disabled[name] = logging.getLogger(name).disabled
                logging.getLogger(name).disabled = True
            warnings.filterwarnings("ignore", module=rf"({'|'.join(_LOUD)}|SynthTrustLib\.case\.dicom)")
            _quiet_filter = warnings.filters[0]
        _quiet_readers += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_readers -= 1
            if _quiet_readers == 0:
                for name in _LOUD:
                    logging.getLogger(name).disabled = _were_disabled[name]
                with suppress(ValueError):  # somebody else has put the filters back to what they were before
                    warnings.filters.remove(_quiet_filter)  # type: ignore[attr-defined]


class _BoundedReader(io.BufferedReader):
    """Reads no more than is there: a damaged length of gigabytes must not make Python set gigabytes aside."""

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw)
        self._end = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            raise ValueError("only a deflated file is read as a whole, and those were inflated before")
        return super().read(min(size, max(0, self._end - self.tell())))


def read_elements(path: Path, tags: Sequence[str]) -> Any:
    """The elements `tags` of a file's header as a pydicom dataset; raises nearly anything on damaged files."""
    import pydicom

    with quiet(), _BoundedReader(open_regular(path).detach()) as file:
        start = file.read(4096)
        file.seek(0)
        if _deflated_from(start):
            plain, _ = _inflated(file.read(os.fstat(file.fileno()).st_size), HEADER_BYTES)
            return pydicom.dcmread(io.BytesIO(plain), stop_before_pixels=True, force=True, specific_tags=list(tags))
        return pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(tags))


def inflated(raw: bytes, most: int) -> bytes:
    """The file `raw` with its deflated part inflated; as it is where it has none.

    Raises ValueError if more than `most` bytes come out, or the deflated part is damaged.
    """
    if not _deflated_from(raw):
        return raw
    plain, whole = _inflated(raw, most)
    if not whole:
        raise ValueError("more comes out than its header states, or its end is missing")
    return plain


def _deflated_from(start: bytes) -> int:
    """Where the deflated part of a file begins, 0 if it has none; `start` are its first bytes."""
    if start[128:132] != b"DICM":
        return 0
    if start[132:140] != _GROUP_LENGTH:
        if _DEFLATED in start[132:1024]:
            raise ValueError("a deflated file that does not say where it begins")
        return 0
    begin = 144 + int.from_bytes(start[140:144], "little")
    return begin if _DEFLATED in start[144 : min(begin, 4096)] else 0


def _inflated(raw: bytes, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes of what is deflated, behind the file's own start, and whether that was all and its end."""
    begin = _deflated_from(raw[:4096])
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = stream.decompress(memoryview(raw)[begin:], most)
    except zlib.error:
        raise ValueError("its deflated part is damaged") from None
    return raw[:begin].replace(_DEFLATED, _PLAIN) + content, stream.eof
