"""Damaged copies of sound image files, the same for the same seed."""

from __future__ import annotations

import bz2
import struct
from collections.abc import Iterator
from pathlib import Path

import builders
import numpy as np

CHECKSUMMED = ("a.nii.gz", "gzip.nrrd", "bzip2.nrrd", "a.mha", "a.mhd")
"""Names for `checksummed_file`: NIfTI in gzip, NRRD in both of its encodings, MetaImage in zlib, one file and two."""


def checksummed_file(folder: Path, name: str, shape: tuple[int, int, int] = (9, 16, 20)) -> tuple[Path, int, int]:
    """A sound image of this name in `folder`: the file with its compressed voxels, and where these begin and end."""
    import SimpleITK as sitk

    smooth = np.add.outer(np.add.outer(np.arange(shape[0]), np.arange(shape[1]) ** 2), 7 * np.arange(shape[2]))
    voxels = (smooth + np.random.default_rng(0).integers(0, 9, shape)).astype(np.int16)
    path = folder / name
    image = builders.grid(shape, (1.5, 1.0, 1.25)).to_sitk(voxels)
    sitk.WriteImage(image, str(path), useCompression=not name.startswith("bzip2"))
    start = 0
    if name.endswith(".mhd"):
        path = path.with_suffix(".zraw")
    elif name.endswith(".mha"):
        start = path.read_bytes().index(b"LOCAL\n") + 6
    elif name.endswith(".nrrd"):
        content = path.read_bytes()
        start = content.index(b"\n\n") + 2
        if name.startswith("bzip2"):
            head = content[:start].replace(b"encoding: raw", b"encoding: bzip2")
            path.write_bytes(head + bz2.compress(content[start:]))
            start = len(head)
    return path, start, path.stat().st_size


def one_bit_flipped(
    sound: bytes, random: np.random.Generator, count: int, start: int = 0, end: int | None = None
) -> Iterator[bytes]:
    """`count` copies of `sound`, each with one bit flipped between `start` and `end`; no bit twice."""
    bits = 8 * ((len(sound) if end is None else end) - start)
    for bit in random.choice(bits, size=min(count, bits), replace=False):
        copy = bytearray(sound)
        copy[start + int(bit) // 8] ^= 1 << int(bit) % 8
        yield bytes(copy)


def damaged(sound: bytes, random: np.random.Generator, count: int) -> Iterator[tuple[str, bytes]]:
    """`count` copies of `sound`, each with its kind of damage: truncated, bits flipped, bytes torn out, and more."""
    kinds = (
        _truncate,
        _flip_bits,
        _flip_header_bits,
        _absurd_numbers,
        _tear_out,
        _repeat,
        _swap_bytes,
        _junk_tail,
        _zeros,
    )
    for n in range(count):
        kind = kinds[n % len(kinds)]
        yield kind.__name__.strip("_"), kind(sound, random)


def _truncate(sound: bytes, random: np.random.Generator) -> bytes:
    return sound[: int(random.integers(0, len(sound)))]


def _flip(sound: bytes, random: np.random.Generator, end: int, most: int) -> bytes:
    copy = bytearray(sound)
    for at in random.integers(0, max(1, min(end, len(copy))), int(random.integers(1, most))):
        copy[at] ^= 1 << int(random.integers(0, 8))
    return bytes(copy)


def _flip_bits(sound: bytes, random: np.random.Generator) -> bytes:
    return _flip(sound, random, len(sound), 40)


def _flip_header_bits(sound: bytes, random: np.random.Generator) -> bytes:
    return _flip(sound, random, 1200, 12)


def _absurd_numbers(sound: bytes, random: np.random.Generator) -> bytes:
    """Huge, negative and non-finite numbers somewhere in the header."""
    copy = bytearray(sound)
    values = [
        struct.pack("<i", 2**31 - 1), struct.pack("<h", -1), struct.pack("<h", 32767), struct.pack("<f", float("nan")),
        struct.pack("<f", float("inf")), struct.pack("<f", 1e38), struct.pack("<q", 2**62), b"999999999", b"-1", b"nan",
    ]  # fmt: skip
    for _ in range(int(random.integers(1, 5))):
        value = values[int(random.integers(0, len(values)))]
        at = int(random.integers(0, min(1200, len(copy))))
        copy[at : at + len(value)] = value
    return bytes(copy)


def _tear_out(sound: bytes, random: np.random.Generator) -> bytes:
    start = int(random.integers(0, len(sound)))
    return sound[:start] + sound[start + int(random.integers(1, 200)) :]


def _repeat(sound: bytes, random: np.random.Generator) -> bytes:
    start = int(random.integers(0, len(sound)))
    piece = sound[start : start + int(random.integers(1, 400))]
    return sound[:start] + piece * int(random.integers(2, 5)) + sound[start:]


def _swap_bytes(sound: bytes, random: np.random.Generator) -> bytes:
    """The other byte order, for a stretch or for all of it."""
    start = 2 * int(random.integers(0, len(sound) // 4))
    end = start + 2 * int(random.integers(1, (len(sound) - start) // 2 + 1))
    middle = np.frombuffer(sound[start:end][: (end - start) // 2 * 2], np.uint16).byteswap().tobytes()
    return sound[:start] + middle + sound[start + len(middle) :]


def _junk_tail(sound: bytes, random: np.random.Generator) -> bytes:
    start = int(random.integers(0, len(sound)))
    return sound[:start] + random.bytes(int(random.integers(1, 3000)))


def _zeros(sound: bytes, random: np.random.Generator) -> bytes:
    copy = bytearray(sound)
    start = int(random.integers(0, len(copy)))
    length = min(len(copy) - start, int(random.integers(1, 500)))
    copy[start : start + length] = bytes(length)
    return bytes(copy)
