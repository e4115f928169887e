"""The study report as one HTML file with its pictures inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from SynthTrustLib.calibration.evaluate.page import TEMPLATES
from SynthTrustLib.mixes.audit.command import summarize
from SynthTrustLib.mixes.study.sentences import words
from SynthTrustLib.plain_text import page_templates

_HERE = Path(__file__).resolve().parent


def render_study(
    study: Mapping[str, Any], pictures: Mapping[str, bytes], track_record: Mapping[str, Any] | None = None
) -> str:
    """A complete HTML document of the study's JSON and its PNG pictures; every word is escaped.

    `track_record` is that of a calibration, as `evaluation_html.read_track_record` gives it.
    """
    environment = page_templates(_HERE, *TEMPLATES)
    environment.filters["words"] = words
    return environment.get_template("study.html.j2").render(
        study=study,
        pictures={name: base64.b64encode(data).decode() for name, data in pictures.items()},
        answers=[(factor, list(own)) for factor, own in groupby(study["sentences"], key=itemgetter("factor"))],
        track_record=track_record,
        tested=sum(len(study["results"][name]) for name in ("dose_response", "contrasts", "sites", "utility")),
        audits={name: summarize(dict(card)) for name, card in study["mix_cards"].items()},
    )
