"""Copies: is any synthetic case the picture of a training patient, or of another synthetic case?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from SynthTrustLib.mixes.audit.case_measures import CaseMeasures, first_of_each
from SynthTrustLib.mixes.audit.look_alikes import look_alikes, suspect_below
from SynthTrustLib.mixes.audit.memorization import by_relabelling, memorization
from SynthTrustLib.mixes.audit.rows import counted, measured, share, unknown
from SynthTrustLib.mixes.audit.set_audit import AuditRow, Neighbour, Section

Array = npt.NDArray[np.float64]
Cases = Sequence[CaseMeasures]

_ONE_PICTURE = 0.3
"""Cases that differ by less than this share of what patients differ by are nearly one picture."""

_PICTURES = {"head": "whole head", "tumor": "tumor and its surroundings"}


def copy_rows(
    synthetic: Cases, real: Cases, training: Cases | None, random: np.random.Generator, draws: int
) -> tuple[list[AuditRow], list[Neighbour]]:
    """The rows, and per synthetic case and picture its nearest patient.

    `real` are of patients that the generator has not seen, if `training` ones are given; otherwise nobody knows. All of
    their examinations: any may have been copied.
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
        pictures = _Pictures(by, patients)
        to_patients = pictures.between(made, patients)
        comparable: npt.NDArray[np.bool_] = np.asarray(np.isfinite(to_patients).any(axis=1))
        made, to_patients = [case for case, has in zip(made, comparable, strict=True) if has], to_patients[comparable]
        if not made:
            why = "no synthetic case has a contrast that a real one has"
            rows.append(unknown(Section.COPIES, f"copies_{by}", f"copies, by the {words}", why))
            continue
        asked = len(made) * len(patients)
        to_suspect = pictures.suspect_below(made, patients, asked)
        nearest: list[int] = np.argmin(to_patients / to_suspect, axis=1).tolist()
        found = [
            Neighbour(
                case.id,
                patients[n].id,
                "training" if n < len(seen) else "real",
                by,
                float(f"{max(0.0, float(distances[n])):.3g}"),
                bool(distances[n] < limit[n]),
            )
            for case, n, distances, limit in zip(made, nearest, to_patients, to_suspect, strict=True)
        ]
        limit = _range(to_suspect[range(len(made)), nearest])
        neighbours += found
        suspects = [one for one in found if one.suspected]
        rows.append(
            measured(
                Section.COPIES,
                f"copies_{by}",
                f"copies, by the {words}",
                f"{share(len(suspects), len(made))} cases are nearer to a patient ({limit} or less) than chance "
                "brings two of them; flips, small shifts, noise and another scale do not hide one"
                + ("" if training else ". The generator's training patients were not given: only these were looked at"),
                figure=counted([one.suspected for one in found]),
                alarm=bool(suspects),
                cases=[one.case for one in suspects],
            )
        )
        twins = pictures.of_twins(made)
        near = np.any(twins < pictures.suspect_below(made, made, asked), axis=1)
        doubled = [case.id for n, case in enumerate(made) if near[n]]
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
        rows.append(_nearness(made, first_of_each(seen), first_of_each(held_out), pictures, random, draws))
    return rows, neighbours


class _Pictures:
    """Distances between cases by the pictures of one kind, and from which of them on two are suspected."""

    def __init__(self, by: str, patients: Cases) -> None:
        self.by = by
        self._patients = patients
        self._compare = look_alikes(np.stack([getattr(case, by) for case in patients]))
        self._limits: dict[tuple[bytes, int], float] = {}

    def between(self, first: Cases, second: Cases, only: npt.NDArray[np.bool_] | None = None) -> Array:
        """Of every first case to every second; with `only`, by these contrasts."""
        one, other = (np.array([getattr(case, self.by) for case in cases]) for cases in (first, second))
        if only is not None:
            one, other = (pictures * only.reshape(-1, 1, 1, 1) for pictures in (one, other))
        return self._compare.distances(one, other)

    def of_twins(self, made: Cases) -> Array:
        """Of every synthetic case to every other one.

        What a program gives to all of its cases makes no two of them alike, so their own mean is taken away. Only where
        they are all nearly one picture, nothing but noise would be left: then it is the patients'.
        """
        own = _Pictures(self.by, made)
        apart = own._compare.spread >= _ONE_PICTURE * self._compare.spread
        # Two that are in the mean come out farther apart than two that are not, and `suspect_below` is of those.
        found = own.between(made, made) * (1 - 1 / len(made)) if apart else self.between(made, made)
        twins = found * (1 + 1 / len(self._patients))
        np.fill_diagonal(twins, np.inf)
        return twins

    def suspect_below(self, first: Cases, second: Cases, asked: int) -> Array:
        """Of every pair, by how near patients come to each other in the contrasts that it has: fewer tell less.

        `asked`: pairs of a case and a patient that are compared.
        """
        shared = self._contrasts(first)[:, None] & self._contrasts(second)
        limits = np.zeros(shared.shape[:2])
        for kind in np.unique(shared.reshape(-1, shared.shape[2]), axis=0):
            limits[(shared == kind).all(axis=2)] = self._limit(kind, asked)
        return limits

    def _limit(self, kind: npt.NDArray[np.bool_], asked: int) -> float:
        """Of pairs that have the contrasts of `kind`, found once.

        The mean picture that is taken away is that of the patients: of few, each is in a good part of it. That takes
        two of them farther apart, by 1 / n, than a case that it is not of from a patient.
        """
        key = kind.tobytes(), asked
        if key not in self._limits:
            patients = zip(self._patients, self._contrasts(self._patients), strict=True)
            like = [case for case, has in patients if has[kind].all()]
            strangers = _of_strangers(self.between(like, like, kind) if like else np.zeros((0, 0)), like)
            self._limits[key] = suspect_below(strangers * (1 - 1 / len(self._patients)), asked, self.by)
        return self._limits[key]

    def _contrasts(self, cases: Cases) -> npt.NDArray[np.bool_]:
        return np.array([getattr(case, self.by).any(axis=(1, 2, 3)) for case in cases])


def _range(limits: Array) -> str:
    low, high = f"{limits.min():.2g}", f"{limits.max():.2g}"
    return low if low == high else f"{low} to {high}, by the contrasts that both have,"


def _nearness(
    made: Cases,
    seen: Cases,
    held_out: Cases,
    pictures: _Pictures,
    random: np.random.Generator,
    draws: int,
) -> AuditRow:
    """Are synthetic cases as a whole nearer to training patients than to others? Finer than single copies."""
    name, title = f"nearness_{pictures.by}", f"nearest is a training patient, by the {_PICTURES[pictures.by]}"
    if len(seen) < 2 or len(held_out) < 2:
        why = "the generator's training patients were not given (--training)" if not seen else "too few patients"
        return unknown(Section.COPIES, name, title, why)
    between = pictures.between
    to_seen, to_held_out = between(made, seen), between(made, held_out)
    found = memorization(to_seen, to_held_out, between(held_out, seen), random, draws)
    figure = found["nearest_is_training"]
    return measured(
        Section.COPIES,
        name,
        title,
        "chance that a case's nearest is a training patient where as many of either kind are offered; 0.5 if nothing "
        f"was learned by heart. Median distance {found['nearest_training']:.2g} to training patients, "
        f"{found['nearest_held_out']:.2g} to others",
        figure=figure,
        p=by_relabelling(to_seen, to_held_out, random),
    )


def _shown(cases: Cases, by: str) -> list[CaseMeasures]:
    return [case for case in cases if getattr(case, by).any()]


def _of_strangers(distances: Array, patients: Cases) -> Array:
    """The distances of different patients, each pair once."""
    different = [[a.patient != b.patient and a.content != b.content for b in patients] for a in patients]
    return distances[np.triu(np.array(different, bool).reshape(distances.shape) & np.isfinite(distances), 1)]
