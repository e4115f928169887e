"""What the study may say in words: nothing without an interval, nothing that interval and seeds do not allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SynthTrustLib.mixes.study.analysis import CONTRASTS

CLAIMS = {
    "proportion": "The share of synthetic data affects the model (Babu et al. 2025).",
    "quality": "The quality of synthetic data affects the model (Babu et al. 2025).",
    "diversity": "The diversity of synthetic data affects the model (Babu et al. 2025).",
}
"""What the paper claims, by factor; its own figures are not available and none is printed here."""


def words(figure: Mapping[str, Any], digits: int = 3) -> str:
    """A figure with its interval, or "unknown"."""
    if figure["value"] is None:
        return "unknown"
    value = f"{figure['value']:z.{digits}f}"  # z: no -0.000
    if figure["low"] is None:
        return f"{value} (no interval: n = {figure.get('patients', 0)})"
    return f"{value} [{figure['low']:z.{digits}f}, {figure['high']:z.{digits}f}]"


def sentences(results: Mapping[str, Any]) -> list[dict[str, str]]:
    """One sentence a question, with its claim where the paper makes one: ``factor``, ``claim``, ``text``."""
    found: list[dict[str, str]] = []

    def say(entry: Mapping[str, Any], factor: str, text: str) -> None:
        text = f"{entry['cohort']} {entry['region']}: {text}; {_allows(entry)}."
        found.append({"factor": factor, "claim": CLAIMS.get(factor, ""), "text": text})

    for entry in results["dose_response"]:
        measured = [100 * point["synthetic_fraction"] for point in entry.get("points", ())]
        shares = "along a straight line through all shares, from no to all synthetic"
        if measured and (measured[0] > 0 or measured[-1] < 100):
            shares += f" (beyond the {measured[0]:.0f} to {measured[-1]:.0f} % that were tried)"
        say(entry, "proportion", f"{shares}, Dice on real patients changes by {words(entry['slope'])}")
    for entry in results["contrasts"]:
        changes = f"Dice on real patients changes by {words(entry['difference'])}"
        say(entry, entry["factor"], f"with {CONTRASTS[entry['factor']].format_map(entry)}, {changes}")
    for entry in results["sites"]:
        side = "on patients of the site left out" if entry["on_left_out_site"] else "on patients of other sites"
        changes = f"Dice {side} changes by {words(entry['difference'])}"
        say(entry, "site", f"without {', '.join(entry['without'])}, {changes}")
    for entry in results["utility"]:
        share = f"synthetic-only reaches {words(entry['ratio'], 2)} of the Dice of real-only on real patients"
        say(entry, "utility", f"{share}, a difference of {words(entry['difference'])}")
    return found


def _allows(entry: Mapping[str, Any]) -> str:
    verdict = entry["verdict"]
    if verdict == "unknown":
        return "there are too few patients for an interval, so nothing is claimed"
    if verdict == "not shown":
        least = f"four of five such studies would show one of {entry['smallest']:.3f}"
        return f"the interval includes 0, so no effect is shown; {least}"
    what = f"{'an increase' if verdict == 'higher' else 'a decrease'} is shown on these patients"
    if entry["chance_limit"] is None:
        return f"the interval excludes 0, so {what}; whether by chance, only a second seed could tell"
    return f"the interval excludes 0, so {what}"
