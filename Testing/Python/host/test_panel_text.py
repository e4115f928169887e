"""Text that comes from files is shown as it stands there, never as HTML."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from SynthTrustLib.resources import resource_path

ESCAPED = {"provenanceLabel", "statusReasonLabel", "contourLegendLabel"}
"""Labels whose text is HTML that the panel writes, with every word from elsewhere escaped."""


def test_labels_that_are_filled_show_plain_text():
    root = ElementTree.parse(resource_path("UI/SynthTrust.ui")).getroot()
    for label in root.iterfind(".//widget[@class='QLabel']"):
        values = {value.get("name"): "".join(value.itertext()).strip() for value in label.iterfind("property")}
        if not values.get("text") and label.get("name") not in ESCAPED:
            assert values.get("textFormat") == "Qt::PlainText", label.get("name")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a plain & short text", "a plain & short text"),
        ("FLAIR <b>bold</b>\n<img src=x>", "<qt>FLAIR &lt;b&gt;bold&lt;/b&gt;<br>&lt;img src=x&gt;</qt>"),
    ],
)
def test_tooltips_and_questions_show_what_looks_like_html_literally(panel, text, shown):
    from SynthTrustPanel import theme

    assert theme.literally(text) == shown
    assert theme.tableItem(text).toolTip() == shown
