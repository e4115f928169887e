"""Damaged copies of sound image files, the same for the same seed."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np


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
