"""Which map from signals to Dice is taken: one for all sets of segmenters, judged on patients left out.

Twenty patients are too few to choose by: what they chose did worse on patients left out of the choice than the plainest
map (Docs/decisions), which they therefore get. From fifty on, few maps are on offer, and all sets that have the same
signals choose together, each patient's error being the mean over the sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.fit.map import Candidate, Example, knots, points
from SynthTrustLib.significant import number
from SynthTrustLib.trust.learned.monotone import predict

Array = npt.NDArray[np.float64]

BASE = "pairwise_dice"
"""The signal that is taken unless another one is measurably better; with one segmenter, the first that it has."""

OF_RECORD = ("record_dice", "record_expected_dice")
"""The base of an outline of record that one segmenter draws: how the jury agrees with it, and what it expects itself.

Of seven signals and their pairs and triples, this pair errs on patients left out as little as any other, for every
region (Docs/decisions)."""

OFFERED = (*OF_RECORD, BASE, "expected_dice", "pooled_dice", "between_union", "entropy_foreground", "volume_cv", "size")
"""Few, as every further candidate is one more chance to be fooled by the same few patients."""

MANY = 50
"""Persons from whom on the map is isotonic instead of a line, as steps need many patients to stand on, and a second
signal is on offer, as whether one helps cannot be told from fewer."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen."""

    best: Candidate
    without: Mapping[str, Candidate]
    """Person -> what is chosen without that person."""
    table: list[dict[str, Any]]
    """For the record, every candidate's mean absolute error with the paired gain over the base."""


def offered(examples: Sequence[Example]) -> tuple[str, ...]:
    """The signals on offer that every example has."""
    return tuple(name for name in OFFERED if all(name in example.signals for example in examples))


def candidates(signals: Sequence[str], persons: int) -> list[Candidate]:
    """The map of the base, then of the base with each of the others if `persons` are enough.

    The base is `OF_RECORD` where `signals` hold it, else the first of them.
    """
    base = OF_RECORD if set(OF_RECORD) <= set(signals) else signals[:1]
    if persons < MANY:
        return [Candidate(tuple(base), "line")]
    others = [name for name in signals if name not in base]
    return [Candidate(tuple(base), "isotonic"), *(Candidate((*base, name), "isotonic") for name in others)]


def choose(sets: Sequence[Sequence[Example]]) -> Choice:
    """Choose for sets of segmenters that offer the same signals; a set is the examples of its patients.

    The base, unless another candidate's error on persons left out is lower by more than its standard error.
    """
    persons = sorted({example.group for examples in sets for example in examples})
    options = candidates(offered(sets[0]), len(persons))
    errors = _errors(options, sets, persons)
    everyone = np.arange(len(persons))
    left_out = errors[:, everyone, everyone]
    without = {}
    for n, person in enumerate(persons):
        others = everyone != n
        without[person] = options[_best(errors[:, n, others])]
    gain = left_out[0] - left_out
    spread = [_standard_error(row) for row in gain]
    table = [
        {
            "candidate": str(option),
            "left_out_error": number(row.mean()),
            "gain": number(gained.mean()),
            "gain_standard_error": number(error),
        }
        for option, row, gained, error in zip(options, left_out, gain, spread, strict=True)
    ]
    return Choice(options[_best(left_out)], without, table)


def predict_left_out(choice: Choice, examples: Sequence[Example]) -> Array:
    """Each example's predicted Dice by a map that was chosen and fitted without the person; shape (example,).

    What a map that was chosen on all of them predicts would look better than it is.
    """
    values = []
    for example in examples:
        others = [other for other in examples if other.group != example.group]
        value = predict(choice.without[example.group].fit(others), example.signals) if others else None
        values.append(np.nan if value is None else value)
    return np.array(values)


def _errors(options: Sequence[Candidate], sets: Sequence[Sequence[Example]], persons: Sequence[str]) -> Array:
    """[option, a, b]: mean absolute error on b's scans of the maps fitted without a and b, over the sets.

    A person who leaves nobody to learn from has the largest error, 1.
    """
    total = np.zeros((len(options), len(persons), len(persons)))
    count = np.zeros((len(persons), len(persons)))
    parts = sorted({(name, option.kind) for option in options for name in option.signals})
    for examples in sets:
        values = {name: points(name, examples)[0] for name, _ in parts}
        dice = np.array([example.dice for example in examples])
        who = np.array([example.group for example in examples])
        scans = [np.flatnonzero(who == person) for person in persons]
        for a, b in combinations_with_replacement(range(len(persons)), 2):
            others = (who != persons[a]) & (who != persons[b])
            tables = {}
            if others.any():
                tables = {(n, kind): np.array(knots(kind, values[n][others], dice[others])) for n, kind in parts}
            for left, out in {(a, b), (b, a)}:
                theirs = scans[out]
                count[left, out] += len(theirs)
                said = {part: np.interp(values[part[0]][theirs], *table.T) for part, table in tables.items()}
                for n, option in enumerate(options):
                    wrong = np.ones(len(theirs))
                    if said:
                        predicted = np.mean([said[name, option.kind] for name in option.signals], axis=0)
                        wrong = np.abs(predicted - dice[theirs])
                    total[n, left, out] += sum(wrong.tolist())
    return total / np.maximum(count, 1)


def _best(errors: Array) -> int:
    """Index of the candidate to take; `errors` is (option, person)."""
    means = errors.mean(axis=1)
    better = [0]
    for n, gain in enumerate(errors[0] - errors):
        if gain.mean() > _standard_error(gain):
            better.append(n)
    return min(better, key=lambda n: (means[n], n))


def _standard_error(gain: Array) -> float:
    return float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else float("inf")
