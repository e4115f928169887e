"""What lies under the name of an image and is none: told by its first bytes, so that the message says what to do."""

from __future__ import annotations

from SynthTrustLib.errors import InputError

_FETCH = "Fetch the data themselves, as with git lfs pull or datalad get, and give those."
_DOWNLOAD = "Sign in and download the file again."
_UNPACK = "Unpack it first."

_STARTS = (
    (b"version https://git-lfs", "only says where the image is to be fetched from", _FETCH),
    (b"/annex/objects/", "only says where the image is to be fetched from", _FETCH),
    (b"../.git/annex/", "only says where the image is to be fetched from", _FETCH),
    (b"<!doctype", "is a web page", _DOWNLOAD),
    (b"<html", "is a web page", _DOWNLOAD),
    (b"<?xml", "is the message of a server, or another text in XML", _DOWNLOAD),
    (b"{", "is the message of a server, or another text in JSON", _DOWNLOAD),
    (b"pk\x03\x04", "is a zip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", _UNPACK),
    (b"rar!", "is a rar archive", _UNPACK),
    (b"bzh", "was compressed with bzip2", _UNPACK),
    (b"\xfd7zxz\0", "was compressed with xz", _UNPACK),
    (b"(\xb5/\xfd", "was compressed with zstd", _UNPACK),
)
"""How a file begins, in lower case; what it is; what to do."""

_FEWEST_LINES = 8


def refuse_what_is_no_image(head: bytes, source: str) -> None:
    """Raise InputError if a file of this beginning is something that is often found under an image's name."""
    start = head[:64].lstrip().lower()
    found = next(((what, step) for begin, what, step in _STARTS if start.startswith(begin)), None)
    if found is None and head[128:132] == b"DICM":
        found = "is a DICOM file", "Let its name end in .dcm, or give the folder of its series."
    if found is not None:
        raise InputError(f"the file is no image: it {found[0]}", source=source, next_step=found[1])


def refuse_text_mode(content: bytes | memoryview, source: str) -> None:
    """Raise InputError if no line feed in a binary file stands without a carriage return: a transfer has put it there.

    Of any 8 bytes 10 in an image, not all have a 13 before them by chance.
    """
    raw = bytes(content)
    lines = raw.count(b"\n")
    if lines >= _FEWEST_LINES and raw.count(b"\r\n") == lines:
        raise InputError(
            "the file was changed on its way: it was transferred as text",
            source=source,
            next_step="Transfer it again in binary mode, or packed into an archive.",
        )
