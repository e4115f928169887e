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
    found = []
    for entry in results["dose_response"]:
        where = f"{entry['cohort']} {entry['region']}"
        found.append(
            {
                "factor": "proportion",
                "claim": CLAIMS["proportion"],
                "text": f"{where}: along a straight line through all shares, from no to all synthetic, Dice on real "
                f"patients changes by {words(entry['slope'])}; {_allows(entry)}.",
            }
        )
    for entry in results["contrasts"]:
        where = f"{entry['cohort']} {entry['region']}"
        found.append(
            {
                "factor": entry["factor"],
                "claim": CLAIMS.get(entry["factor"], ""),
                "text": f"{where}: with {CONTRASTS[entry['factor']]}, Dice on real patients changes "
                f"by {words(entry['difference'])}; {_allows(entry)}.",
            }
        )
    for entry in results["sites"]:
        where = f"{entry['cohort']} {entry['region']}"
        side = "on patients of the site left out" if entry["on_left_out_site"] else "on patients of other sites"
        found.append(
            {
                "factor": "site",
                "claim": "",
                "text": f"{where}: without {', '.join(entry['without'])}, Dice {side} changes "
                f"by {words(entry['difference'])}; {_allows(entry)}.",
            }
        )
    for entry in results["utility"]:
        where = f"{entry['cohort']} {entry['region']}"
        found.append(
            {
                "factor": "utility",
                "claim": "",
                "text": f"{where}: synthetic-only reaches {words(entry['ratio'], 2)} of the Dice of real-only on real "
                f"patients, a difference of {words(entry['difference'])}; {_allows(entry)}.",
            }
        )
    return found


def _allows(entry: Mapping[str, Any]) -> str:
    verdict = entry["verdict"]
    if verdict == "unknown":
        return "there are too few patients for an interval, so nothing is claimed"
    if verdict == "not shown":
        return f"the interval includes 0, so no effect is shown; one of {entry['smallest']:.3f} would have been"
    what = f"{'an increase' if verdict == 'higher' else 'a decrease'} is shown on these patients"
    if entry["chance_limit"] is None:
        return f"the interval excludes 0, so {what}; whether by chance, only a second seed could tell"
    return f"the interval excludes 0, so {what}"
