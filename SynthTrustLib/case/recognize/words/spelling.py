"""Text as words: lower case, without accents, and with Latin letters for their look-alikes of other alphabets."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "ł": "l", "đ": "d", "−": "-", "–": "-", "—": "-"})
"""Letters that are no accented form of another, and the dashes."""

_WORD = re.compile(r"[a-z0-9+]+|[^\W\d_a-z]+")
_SPELLINGS = [
    (re.compile(written), word)
    for written, word in (
        (r"[тτ](?=[12](?!\d))", "t"),  # Cyrillic and Greek T1
        (r"(?<=\+)с(?!\w)|(?<!\w)с(?=\+)", "c"),
        (r"t2 ?\*", "t2star "),
        (r"[-=]+>|→", " to "),
        (r"(?<![a-z])((?:co)?reg(?:istered)?|rigid|affine|warped|aligned)2(?=t[12]|flair|mni)", r"\1 to "),
        (r"(?<=[a-z0-9])([01](?:inverse)?warp)(?![a-z])", r" \1"),
        (r"\+ ?/ ?-|±", " withandwithout "),
        (r"(?<![a-z0-9])c/s(?![a-z0-9])", "withandwithout"),
        (r"(?<![a-z0-9])s/ ?c(?![a-z0-9])", "noncontrast"),
        (r"\(\+\)", " plusmark "),
        (r"\(-\)", " minusmark "),
        (r"(?<![a-z0-9])w[/_ -]o(?![a-z0-9])", "without"),
        (r"(?<![a-z0-9])w/", "with "),
        (r"(?<![a-z0-9])([cosum])/(?= ?[a-z])", r"\1slash "),
        (r"(?<![a-z0-9])([omnvsu])\. ?(?=k\.?m\b|kontr|gd\b|gado)", r"\1slash "),
        (r"(?<![a-z0-9])(non?|wo|without)[ _-]con(?![a-z0-9])", "noncontrast"),
        (r"(?<![a-z0-9])i\.v(?![a-z0-9])", "iv"),
        (r"(?<![a-z0-9])p\. ?c\.", "pc"),
        (r"(?<![a-z0-9])k\.([ml])(?![a-z0-9])", r"k\1"),
        (r"(?<![a-z0-9])([tcl])\d{1,2} ?- ?(?:\1(?:[3-9]|1\d)|[ls]\d)(?![a-z0-9])", " vertebrae "),
        (r"(?<=[a-z0-9])\+(?=(?:c|gd|gad|gado|ce|km|k|iv)(?![a-z0-9+]))", " +"),
        (r"(?<=[a-z0-9])-c(?![a-z0-9+]|[ ._]?spine)", " minusc"),
        (r"(?<![a-z0-9])-c(?![a-z0-9+])", " noncontrast"),
        (r"(?<![a-z0-9])(t1w?)?(c|km|gd|gado?|iv)-(?![a-z0-9])", r"\1 noncontrast"),
    )
]
"""What is written with signs that split words or in other alphabets, and the words for it."""


def fold(text: str) -> str:
    """Lower case without accents and full-width forms; the syllables of Hangul stay whole."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).casefold()
    return unicodedata.normalize("NFC", "".join(c for c in plain if unicodedata.category(c) != "Mn"))


def split_words(text: str) -> list[str]:
    """The words of `text`, folded; letters of one script make a word, and Latin letters one with digits and ``+``."""
    plain = fold(text)
    for written, word in _SPELLINGS:
        plain = written.sub(word, plain)
    return _WORD.findall(plain)
