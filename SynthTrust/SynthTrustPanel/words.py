"""The library's own words in the user's language: those that are the same in every result.

Sentences that a run pieces together, such as the reason of a status, stay as the library has written them.
"""

from slicer.i18n import translate

CONTEXT = "SynthTrustLib"


def inWords(text):
    """A region's name, a status, a kind of evidence, a decision, a title or a stage, translated."""
    return translate(CONTEXT, str(text))


def headline(text):
    """The same, beginning with a capital letter."""
    words = inWords(text)
    return words[:1].upper() + words[1:]


def shortened(text, length=12):
    """A text that is not longer, for a button; `&` is shown, and underlines nothing."""
    text = text if len(text) <= length else text[: length - 1].rstrip() + "\u2026"
    return text.replace("&", "&&")
