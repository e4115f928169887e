"""Compressed voxels, read to the very end of their stream: only there are the checksum and the length.

A reader that stops at the last voxel it wants takes half of all damaged files for sound.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Generator, Iterator

from SynthTrustLib.errors import InputError

Buffer = bytes | bytearray | memoryview

_BLOCK = 1 << 18
_MOST_AT_ONCE = 1 << 22
_COPY_AGAIN = "Copy, download or export the file again."


def truncated(source: str, detail: str) -> InputError:
    """The error of a file that lacks some of what it declares."""
    return InputError(f"the file is truncated ({detail})", source=source, next_step=_COPY_AGAIN)


def first_bytes(packed: Buffer, compression: str, wanted: int, source: str) -> bytes:
    """At most `wanted` decompressed bytes, not checked against any checksum; fewer where the stream has no more.

    Raises InputError if the stream is damaged before.
    """
    head = bytearray()
    for piece in _pieces(packed, compression, source, at_once=wanted):
        head += piece
        if len(head) >= wanted:
            break
    return bytes(head[:wanted])


def unpack(packed: Buffer, compression: str, wanted: int, spare: int, source: str) -> tuple[Buffer, int]:
    """The first `wanted` decompressed bytes, and how many more there are.

    `packed`: one stream or several behind each other; zeros may follow, as tapes leave them. `compression`: ``""``,
    ``"gzip"`` (deflate with gzip's or zlib's checksum) or ``"bzip2"``. `wanted` and `spare`: how many bytes are
    declared, and how many more are put up with; a stream that swells beyond is not unpacked. Raises InputError if a
    stream is damaged or has no end, there are fewer bytes than wanted, or more than `spare` too many.
    """
    unpacked: Buffer = packed
    if compression:
        unpacked = bytearray()
        for piece in _pieces(packed, compression, source):
            unpacked += piece
            if len(unpacked) > wanted + spare:
                break
    if len(unpacked) < wanted:
        raise truncated(source, f"{len(unpacked)} of {wanted} bytes of voxels are there")
    if len(unpacked) > wanted + spare:
        raise InputError(
            f"it holds more than the {wanted} bytes of voxels that its header declares",
            source=source,
            next_step="Its header or its voxels are of another image: copy, download or export the file again.",
        )
    return memoryview(unpacked)[:wanted], len(unpacked) - wanted


def _pieces(packed: Buffer, compression: str, source: str, at_once: int = _MOST_AT_ONCE) -> Iterator[bytes]:
    """What comes out of the streams, piece by piece, each stream with its checksum."""
    view, start = memoryview(packed), 0
    try:
        while start < len(view):
            stream = _deflated(view, start, at_once) if compression == "gzip" else _bzipped(view, start, at_once)
            start = yield from stream
            if start < len(view) and view[start] == 0:
                start = len(view) - len(bytes(view[start:]).lstrip(b"\0"))
    except EOFError:
        raise truncated(source, "its compressed data end early") from None
    except (zlib.error, OSError, ValueError):
        raise InputError("the file's compressed data are damaged", source=source, next_step=_COPY_AGAIN) from None


def _deflated(view: memoryview, start: int, at_once: int) -> Generator[bytes, None, int]:
    unpacker = zlib.decompressobj(47)  # gzip and zlib wrappers are told apart by their first bytes
    while not unpacker.eof:
        block: Buffer = view[start : start + _BLOCK]
        start += len(block)
        while not unpacker.eof:
            piece = unpacker.decompress(block, at_once)
            block = unpacker.unconsumed_tail
            yield piece
            if not piece and not block:
                break
        if not unpacker.eof and start >= len(view):
            raise EOFError
    return start - len(unpacker.unused_data)


def _bzipped(view: memoryview, start: int, at_once: int) -> Generator[bytes, None, int]:
    unpacker = bz2.BZ2Decompressor()
    while not unpacker.eof:
        block: Buffer = b""
        if unpacker.needs_input:
            block = view[start : start + _BLOCK]
            if not block:
                raise EOFError
            start += len(block)
        yield unpacker.decompress(block, at_once)
    return start - len(unpacker.unused_data)
