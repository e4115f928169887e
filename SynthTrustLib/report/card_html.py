"""A segmenter's card as a piece of HTML that a text view of Qt can show: tables and paragraphs, no style of its own."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.task import Task


def card_html(card: SegmenterCard, task: Task) -> str:
    """The whole card; every word of it is escaped."""
    mix = card.training_mix
    facts = [
        ("Version", f"{card.version} ({card.family})"),
        ("Training cases", f"{mix.real_cases} real, {mix.synthetic_cases} synthetic" if mix.known else "unknown"),
        ("Generator", mix.generator),
        ("Quality", _level(mix.quality, mix.quality_measured.items())),
        ("Diversity", _level(mix.diversity, mix.diversity_measured.items())),
        ("Patients behind it", None if mix.source_patients is None else str(mix.source_patients)),
        ("Sites", ", ".join(mix.source_sites)),
        ("Needs", ", ".join(card.required_contrasts) or "any one contrast"),
        ("Uses", ", ".join(card.contrasts)),
        ("Outlines", ", ".join(task.name(region) for region in card.regions)),
        ("Intended use", card.intended_use),
        ("Not for", "; ".join(card.not_for)),
        ("Licence", card.licence),
    ]
    lines = "".join(
        f"<tr><td><b>{escape(name)}</b>&nbsp;&nbsp;</td><td>{escape(value)}</td></tr>" for name, value in facts if value
    )
    head = f"<p><b>{escape(card.name)}</b>: {escape(card.summary)}</p><table>{lines}</table>"
    return head + _held_out(card, task) + _generator(card)


def _level(level: str | None, measured: Iterable[tuple[str, float]]) -> str | None:
    figures = ", ".join(f"{name} {value:.3g}" for name, value in measured)
    if level is None:
        return figures or None
    return f"{level} (measured: {figures})" if figures else f"{level} (declared)"


def _generator(card: SegmenterCard) -> str:
    if not card.training_mix.generator_card:
        return ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in card.training_mix.generator_card)
    return (
        "<p><b>The generator's card</b>: its synthetic cases beside real ones, mean and 95 % interval. Where "
        "a classifier's AUC is 0.5, they cannot be told apart. Density, coverage and Vendi ratio of real ones are "
        f"near 1.</p><ul>{lines}</ul>"
    )


def _held_out(card: SegmenterCard, task: Task) -> str:
    if not card.held_out:
        return "<p>No figure was measured on held-out patients.</p>"
    lines = "".join(
        f"<tr><td>{escape(r.cohort)}&nbsp;&nbsp;</td><td>{escape(task.name(r.region))}&nbsp;&nbsp;</td>"
        f"<td>{escape(r.metric)} {r.mean:.2f} ({r.low:.2f} to {r.high:.2f}), {r.patients} patients</td></tr>"
        for r in card.held_out
    )
    return f"<p><b>Measured on patients that it never saw</b> (mean and 95 % interval)</p><table>{lines}</table>"
