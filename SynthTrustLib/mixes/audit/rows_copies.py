"""Copies: is any synthetic case the picture of a training patient, or of another synthetic case?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.mixes.audit.case_measures import CaseMeasures
from SynthTrustLib.mixes.audit.look_alikes import LookAlikes, look_alikes, suspect_below
from SynthTrustLib.mixes.audit.memorization import memorization
from SynthTrustLib.mixes.audit.rows import counted, measured, share, unknown
from SynthTrustLib.mixes.audit.set_audit import AuditRow, Neighbour, Section

Array = npt.NDArray[np.float64]
Cases = Sequence[CaseMeasures]

_PICTURES = {"head": "whole head", "tumor": "tumor and its surroundings"}


def copy_rows(
    synthetic: Cases, real: Cases, training: Cases | None, random: np.random.Generator, draws: int
) -> tuple[list[AuditRow], list[Neighbour]]:
    """The rows, and per synthetic case and picture its nearest patient.

    `real` are patients that the generator has not seen, if `training` ones are given; otherwise nobody knows.
    """
    rows: list[AuditRow] = []
    neighbours: list[Neighbour] = []
    for by, words in _PICTURES.items():
        made, held_out, seen = (_shown(cases, by) for cases in (synthetic, real, training or ()))
        patients = [*seen, *held_out]
        if not made or len(patients) < 2:
            why = "fewer than two real patients have a label" if made else "no labels, or none with a tumor"
            rows.append(unknown(Section.COPIES, f"copies_{by}", f"copies, by the {words}", why))
            continue
        compare = look_alikes(np.stack([getattr(case, by) for case in patients]))

        def between(first: Cases, second: Cases, by: str = by, compare: LookAlikes = compare) -> Array:
            one, other = (np.array([getattr(case, by) for case in cases]) for cases in (first, second))
            return compare.distances(one, other)

        strangers = _between_patients(between(patients, patients), patients)
        limit = suspect_below(strangers, len(made) * len(patients), by)
        to_patients = between(made, patients)
        found = [
            Neighbour(
                case.id,
                patients[int(np.argmin(row))].id,
                "training" if int(np.argmin(row)) < len(seen) else "real",
                by,
                float(f"{max(0.0, float(row.min())):.3g}"),
                bool(row.min() < limit),
            )
            for case, row in zip(made, to_patients, strict=True)
        ]
        neighbours += found
        suspects = [one for one in found if one.suspected]
        rows.append(
            measured(
                Section.COPIES,
                f"copies_{by}",
                f"copies, by the {words}",
                f"{share(len(suspects), len(made))} cases are nearer to a patient ({limit:.2g} or less) than chance "
                "brings two of them; flips, small shifts, noise and another scale do not hide one"
                + ("" if training else ". The generator's training patients were not given: only these were looked at"),
                figure=counted([one.suspected for one in found]),
                alarm=bool(suspects),
                cases=[one.case for one in suspects],
            )
        )
        twins = between(made, made)
        np.fill_diagonal(twins, np.inf)
        doubled = [case.id for case, row in zip(made, twins, strict=True) if row.min() < limit]
        rows.append(
            measured(
                Section.COVERAGE,
                f"repeats_{by}",
                f"cases that repeat each other, by the {words}",
                f"{share(len(doubled), len(made))} cases have a near copy among the synthetic cases themselves",
                figure=counted([case.id in doubled for case in made]),
                alarm=len(doubled) > 2,  # two patients may be alike by chance; a collapse repeats many
                cases=doubled,
            )
        )
        rows.append(_nearness(made, seen, held_out, between, by, random, draws))
    return rows, neighbours


def _nearness(
    made: Cases,
    seen: Cases,
    held_out: Cases,
    between: Callable[[Cases, Cases], Array],
    by: str,
    random: np.random.Generator,
    draws: int,
) -> AuditRow:
    """Are synthetic cases as a whole nearer to training patients than to others? Finer than single copies."""
    name, title = f"nearness_{by}", f"nearest is a training patient, by the {_PICTURES[by]}"
    if len(seen) < 2 or len(held_out) < 2:
        why = "the generator's training patients were not given (--training)" if not seen else "too few patients"
        return unknown(Section.COPIES, name, title, why)
    found = memorization(between(made, seen), between(made, held_out), between(held_out, seen), random, draws)
    figure = found["nearest_is_training"]
    return measured(
        Section.COPIES,
        name,
        title,
        "chance that a case's nearest is a training patient where as many of either kind are offered; 0.5 if nothing "
        f"was learned by heart. Median distance {found['nearest_training']:.2g} to training patients, "
        f"{found['nearest_held_out']:.2g} to others",
        figure=figure,
        p=_one_sided(figure["value"], len(made)),
    )


def _one_sided(share_of_training: float, cases: int) -> float:
    """Chance of so many cases on the side of training patients, if either side is as likely for each."""
    from scipy.stats import binom

    return float(binom.sf(round(share_of_training * cases) - 1, cases, 0.5))


def _shown(cases: Cases, by: str) -> list[CaseMeasures]:
    return [case for case in cases if getattr(case, by).any()]


def _between_patients(distances: Array, patients: Cases) -> Array:
    """Of different patients, each pair once."""
    different = np.array([[a.patient != b.patient and a.content != b.content for b in patients] for a in patients])
    return distances[np.triu(different & np.isfinite(distances), 1)]
