"""Segmenters as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage


def list_lines(packages: Sequence[SegmenterPackage]) -> list[str]:
    """A table with one line per segmenter: id, version, training mix, presets, held-out Dice."""
    rows = [("ID", "VERSION", "TRAINED ON", "PRESETS", "HELD-OUT DICE")]
    for package in packages:
        card = package.card
        rows.append((card.id, card.version, training_mix(card), ", ".join(card.presets) or "-", held_out(card) or "-"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def card_lines(package: SegmenterPackage) -> list[str]:
    """Everything on a segmenter's card, one fact per line."""
    card, mix = package.card, package.card.training_mix
    facts = {
        "name": card.name,
        "version": card.version,
        "family": card.family,
        "summary": card.summary,
        "trained on": training_mix(card),
        "generator": mix.generator or "none",
        "quality, diversity": f"{mix.quality or 'not stated'}, {mix.diversity or 'not stated'}",
        "real sites": ", ".join(mix.source_sites) or "not stated",
        "real patients": "not stated" if mix.source_patients is None else str(mix.source_patients),
        "seed": str(mix.seed),
        "contrasts": ", ".join(card.contrasts),
        "cannot do without": ", ".join(card.required_contrasts) or "none of them in particular",
        "regions": ", ".join(f"{region} at {card.thresholds[region]:g}" for region in card.regions),
        "presets": ", ".join(card.presets) or "none",
        "intended use": card.intended_use,
        "not for": "; ".join(card.not_for),
        "licence": card.licence,
        "folder": str(package.folder),
    }
    width = max(map(len, facts)) + 1
    lines = [card.id, *(f"  {name + ':':<{width}} {text}" for name, text in facts.items())]
    lines += [
        f"  {result.metric} of {result.region}, {result.cohort}: {result.mean:.3f} "
        f"({result.low:.3f} to {result.high:.3f}, 95 % bootstrap, {result.patients} patients)"
        for result in card.held_out
    ]
    return [*lines, *(f"  sha256 {digest}  {name}" for name, digest in card.hashes.items())]


def training_mix(card: SegmenterCard) -> str:
    """``"15 real + 15 synthetic cases (50 % synthetic)"``, or ``"not known"``."""
    mix = card.training_mix
    if not mix.known:
        return "not known"
    return f"{mix.real_cases} real + {mix.synthetic_cases} synthetic cases ({mix.synthetic_fraction:.0%} synthetic)"


def held_out(card: SegmenterCard) -> str:
    """The mean Dice of every region and cohort, in the card's order."""
    return ", ".join(
        f"{result.region} {result.mean:.2f} ({result.cohort})" for result in card.held_out if result.metric == "dice"
    )
