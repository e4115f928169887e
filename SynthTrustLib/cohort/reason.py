"""Why a patient failed, in words that may stand in reports and logs: no path, no file's name, nothing of a header."""

from __future__ import annotations

import re
from collections.abc import Collection

from SynthTrustLib.errors import ConcernsError, SynthTrustError

_SHORTEST = 3
"""Shorter names (a folder called 1, or T1) say nothing about a person, and are parts of many a word."""

_HARMLESS = frozenset(
    {"t1", "t1c", "t1ce", "t1gd", "t1w", "t2", "t2w", "flair", "seg", "anat", "dicom", "sub", "ses", "patient", "image"}
)
"""Names of files and folders that messages need, too."""

_PATH = re.compile(r"(?:[A-Za-z]:)?[\\/][^\s,;:()]+|[^\s,;:()]+[\\/][^\s,;:()]*")
_FILE = re.compile(
    r"[^\s,;:()]+\.(?:nii|gz|nrrd|nhdr|mha|mhd|dcm|ima|img|hdr|json|csv|txt)\b[^\s,;:()]*", re.IGNORECASE
)


def reason_of(error: BaseException, words: Collection[str] = ()) -> str:
    """What went wrong, as a sentence without a full stop.

    What an error says of its own accord may quote a file's name, or a header, in brackets or after a colon: only what
    stands before is kept. The whole message is one ``synthtrust assess`` away, on the screen.

    `words`: names of the patient's folders and files (`Patient.words`).
    """
    if isinstance(error, ConcernsError):
        keys = ", ".join(dict.fromkeys(concern.key for concern in error.concerns))
        return f"needs a look: {keys}"
    if isinstance(error, MemoryError):
        return "the computer ran out of memory"
    if not isinstance(error, SynthTrustError) or error.kind == "unexpected":
        return f"an unexpected {type(error).__name__}"
    text = re.split(r"[(:\"']", error.what, maxsplit=1)[0].strip()
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST and word.lower() not in _HARMLESS:
            text = re.sub(re.escape(word), "\u2026", text, flags=re.IGNORECASE)
    text = _FILE.sub("\u2026", _PATH.sub("\u2026", text))
    return " ".join(text.split()) or f"an error of the kind {error.kind!r}"
