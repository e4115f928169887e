"""What was learned from a cohort, in lines for the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from SynthTrustLib.cohort.hospital.learn import AS_SHIPPED, FEWEST_PERSONS, Learned
from SynthTrustLib.vocabulary import Region


def summary_lines(learned: Learned) -> Iterator[str]:
    """What was learned, for the screen: no name."""
    patients = len(learned.fitted["patients"])
    persons = learned.fitted["persons"]
    who = "" if persons == patients else f" of {persons} persons"
    yield f"{patients} patients{who} with a reference, under the segmenters {_segmenters(learned)}"
    yield from (f"  left out: {number} who {reason}" for reason, number in learned.left_out.items())
    name = learned.fitted["presets"][0]["name"]
    mine, shipped = (learned.evaluation["presets"].get(name + end) for end in ("", AS_SHIPPED))
    for region in Region:
        part = learned.fitted["presets"][0]["regions"].get(region)
        number = learned.persons[region]
        if part is None:
            yield f"{region}: {number} persons, too few to learn anything from"
            continue
        skill = part["skill"]
        worth = "better" if skill["low"] > 0 else "NOT surely better"
        yield (
            f"{region}: {number} persons; the predicted Dice errs by {skill['error']:.3f}, {worth} than the mean, "
            f"which errs by {skill['error_of_the_mean']:.3f}"
        )
        yield f"  left out in turn: {_held(mine, region)}"
        if shipped is not None:
            yield f"  as shipped:       {_held(shipped, region)}"
        if region not in learned.regions_kept:
            yield f"  shown only: {FEWEST_PERSONS} persons with the same contrasts are needed to replace what ships"
        elif skill["low"] <= 0:
            yield "  its status will say check, as nothing was learned that beats the average"


def _segmenters(learned: Learned) -> str:
    (preset,) = learned.fitted["presets"]
    record = preset.get("record", {}).get("id")
    return f"{', '.join(preset['segmenters'])}{f' (outline of record: {record})' if record else ''}"


def _held(tested: Mapping[str, Any] | None, region: str) -> str:
    """Coverage and status in words."""
    figures = tested["regions"].get(region) if tested else None
    if figures is None:
        return "nothing can be said"
    held: dict[float, list[int]] = {}  # level -> held, of how many, whichever contrasts they have
    for entry in figures["coverage"]:
        if entry["kind"] == "dice" and entry["patients"]:
            before = held.get(entry["level"], [0, 0])
            held[entry["level"]] = [before[0] + entry["held"], before[1] + entry["patients"]]
    parts = [
        f"the {100 * level:.0f} % interval of Dice held in {n} of {patients}"
        for level, (n, patients) in sorted(held.items())
    ]
    for status, quality in (("agree", "good"), ("do not rely", "poor")):
        marked = figures["status"][status]
        told = f"{marked[quality]} of {marked['patients']} marked {status} were {quality}"
        parts.append(told if marked["patients"] else f"nobody was marked {status}")
    return "; ".join(parts)
