"""The study on one page for clinicians: each factor of the paper, what was measured of it here, and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SynthTrustLib.calibration.evaluate.page import TEMPLATES
from SynthTrustLib.mixes.study.sentences import CLAIMS
from SynthTrustLib.plain_text import page_templates
from SynthTrustLib.task.glioma import GLIOMA

_HERE = Path(__file__).resolve().parent

_ASKED = {
    "proportion": "Is the outline of a patient worse when networks learn from synthetic patients instead of real ones?",
    "quality": "Is it worse when the synthetic patients come from a poorer generator?",
    "diversity": "Is it worse when all synthetic patients are made from a few real ones?",
}
_MADE = {
    "proportion": "Networks were trained with several shares of them. The change is that from none to all.",
    "quality": "Half of the training patients were synthetic in both cases.",
    "diversity": "Half of the training patients were synthetic in both cases.",
}


@dataclass(frozen=True)
class Finding:
    """What was measured of one factor for one region of one cohort."""

    who: str
    told: str  # ``"worse"``, ``"better"``, ``"not shown"`` or ``"unknown"``
    text: str


@dataclass(frozen=True)
class Factor:
    """One factor of the paper: its claim, the question, how it was asked here, and the findings."""

    name: str
    claim: str
    asked: str
    made: str
    findings: tuple[Finding, ...]

    @property
    def answer(self) -> str:
        """In one sentence."""
        if not self.findings:
            return "This was not tried here."
        worse = [finding.who for finding in self.findings if finding.told == "worse"]
        better = [finding.who for finding in self.findings if finding.told == "better"]
        if not worse and not better:
            return "No effect was shown on these patients. That is no proof that there is none."
        parts = [f"{word} for {_listed(who)}" for word, who in (("worse", worse), ("better", better)) if who]
        rest = len(self.findings) - len(worse) - len(better)
        return f"Yes, {' and '.join(parts)}." + (" Nothing was shown for the rest." if rest else "")


def factors(results: Mapping[str, Any]) -> list[Factor]:
    """The factors of the paper with what the study's `results` (of `analyse`) say of each."""
    entries = {name: [entry for entry in results["contrasts"] if entry["factor"] == name] for name in CLAIMS}
    entries["proportion"] = [{**entry, "difference": entry["slope"]} for entry in results["dose_response"]]
    return [
        Factor(name, claim, _ASKED[name], _MADE[name], tuple(map(_finding, entries[name])))
        for name, claim in CLAIMS.items()
    ]


def render_plain(study: Mapping[str, Any]) -> str:
    """A complete HTML document of the study's JSON; every word is escaped."""
    template = page_templates(_HERE, *TEMPLATES).get_template("plain.html.j2")
    return template.render(study=study, factors=factors(study["results"]))


def _finding(entry: Mapping[str, Any]) -> Finding:
    region = GLIOMA.region(entry["region"]).name
    figure, least = entry["difference"], entry["smallest"]
    who = f"{region.lower()} ({entry['cohort']})"
    among = f"{figure['patients']} patients"
    if entry["verdict"] == "unknown" or least is None:
        return Finding(who, "unknown", f"{among} are too few to say anything")
    interval = f"{figure['value']:+z.2f} ({figure['low']:+z.2f} to {figure['high']:+z.2f}; {among})"
    if entry["verdict"] in ("higher", "lower"):
        return Finding(who, "better" if entry["verdict"] == "higher" else "worse", f"Dice changes by {interval}")
    seen = f"four of five such studies would see one of {least:.2f}"
    return Finding(who, "not shown", f"Dice changes by {interval}: {seen}")


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
