"""Where two versions say different things of one patient, and which of these differences are intended.

Numbers are compared as they are shown: with a unit to 0.1, without one to 0.01. Words are compared letter by letter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeAlias

from Testing.Versions.facts import Fact, Facts

Runs: TypeAlias = Mapping[str, Facts]
"""Name of a run, such as ``sample/ladder`` -> its facts."""

NOTHING = "(nothing)"
ROUNDING = 0.1
"""Of the last digit shown: so close, two numbers are the same although they are rounded to different sides."""


@dataclass(frozen=True)
class Difference:
    """One field of one fact. `before` or `after` is None where the whole fact, or the field, is not there."""

    run: str
    place: str
    field: str
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """What the patterns of intended differences are held against."""
        return f"{self.run}: {self.place}: {self.field}"

    def __str__(self) -> str:
        return f"{self.name}: {_words(self.before)} -> {_words(self.after)}"


@dataclass(frozen=True)
class Intended:
    """Differences that shall be: those whose name has the form `pattern` (``*`` stands for anything)."""

    pattern: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether this is one of them."""
        return fnmatchcase(difference.name, self.pattern)


def read_intended(path: Path) -> list[Intended]:
    """The list of intended differences: lines of the form ``pattern | reason``; ``#`` begins a remark.

    Raises
    ------
    ValueError
        If a line is neither, or gives no reason.
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, _, reason = (part.strip() for part in line.partition(" | "))
        if not reason:
            raise ValueError(f"{path.name}, line {number}: it is not of the form: pattern | reason")
        found.append(Intended(pattern, reason))
    return found


def differences(before: Runs, after: Runs) -> list[Difference]:
    """Every difference of the runs that both have."""
    return [found for run in before if run in after for found in _of_run(run, before[run], after[run])]


def listing(found: Sequence[Difference], intended: Iterable[Intended], runs: Runs) -> tuple[str, int]:
    """The differences as text, run by run, each intended one below its reason; and how many are not intended."""
    intended = list(intended)
    lines, left = [], 0
    for run in runs:
        mine = [difference for difference in found if difference.run == run]
        lines.append(f"{run}: {len(runs[run])} facts, {len(mine)} differences")
        others = list(mine)
        for entry in intended:
            covered = [difference for difference in others if entry.covers(difference)]
            others = [difference for difference in others if difference not in covered]
            if covered:
                lines += [f"  intended, {entry.reason}:", *(f"    {difference}" for difference in covered)]
        if others:
            lines += ["  NOT INTENDED:", *(f"    {difference}" for difference in others)]
        left += len(others)
    unmet = [entry for entry in intended if not any(entry.covers(difference) for difference in found)]
    if unmet:
        lines += ["intended, and not met in these runs:", *(f"  {entry.pattern} | {entry.reason}" for entry in unmet)]
    return "\n".join(lines) + "\n", left


def _of_run(run: str, before: Facts, after: Facts) -> Iterator[Difference]:
    for place in {**before, **after}:
        one, other = before.get(place), after.get(place)
        if one is None or other is None:
            yield Difference(run, place, "there", one and _short(one), other and _short(other))
            continue
        unit = one.get("unit", "")
        for name in {**one, **other}:
            if not same(one.get(name), other.get(name), unit):
                yield Difference(run, place, name, one.get(name), other.get(name))


def same(one: Any, other: Any, unit: str = "") -> bool:
    """Whether two values look the same to a reader."""
    if _is_number(one) and _is_number(other):
        return _same_number(float(one), float(other), unit)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b, unit) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name], unit) for name in one)
    return type(one) is type(other) and bool(one == other)


def _same_number(one: float, other: float, unit: str) -> bool:
    step = _last_digit(max(abs(one), abs(other)), unit)
    return round(one / step) == round(other / step) or abs(one - other) <= ROUNDING * step


def _last_digit(size: float, unit: str) -> float:
    """The worth of the last digit that the report shows of a number of this size."""
    if unit:
        return 0.1 if size < 1000 else 1.0
    if 0 < size < 0.005:
        return float(10.0 ** math.floor(math.log10(size)))
    return 0.01


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(fact: Fact) -> Any:
    """A fact that only one side has, by what matters most in it."""
    return next((fact[name] for name in ("value", "reason") if name in fact), next(iter(fact.values()), ""))


def _words(value: Any) -> str:
    return NOTHING if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
