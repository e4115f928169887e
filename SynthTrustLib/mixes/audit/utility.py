"""Utility: what a small segmenter learns from real, mixed and synthetic cases, with as many cases and steps each.

A look and no study: one network and one seed for each, much smaller and shorter trained than those that ship. A plan of
``synthtrust mixes study`` is the thorough way.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.evaluate.intervals import resample_mean
from SynthTrustLib.errors import SynthTrustError
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.mixes.audit.given_case import Given, GivenCase
from SynthTrustLib.mixes.audit.rows import measured, unknown
from SynthTrustLib.mixes.audit.same_terms import same_terms
from SynthTrustLib.mixes.audit.set_audit import AuditRow, Section
from SynthTrustLib.mixes.dataset import Sample
from SynthTrustLib.mixes.device import training_device
from SynthTrustLib.mixes.evaluate import evaluate, run_network
from SynthTrustLib.mixes.train import Schedule, train
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.engines.torch import TorchNetwork
from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK, build_network
from SynthTrustLib.segmenters.outlines import outlined
from SynthTrustLib.vocabulary import Region

STEPS = 300
MOST_TRAINING, MOST_TEST = 16, 12
"""Cases: their samples are in memory at once, some 30 MB each."""

FEWEST_TRAINING, FEWEST_TEST = 4, 3

NETWORK = {**FAMILY_NETWORK, "filters": [16, 24, 32, 48, 64]}
SCHEDULE = Schedule(steps=STEPS, pixels=125_000)

_TITLES = {
    "real": "a small segmenter of real cases",
    "mix": "the same of half real, half synthetic cases",
    "synthetic": "the same of synthetic cases",
}


@dataclass(frozen=True, eq=False)
class TrySets:
    """What is learned from and measured on; as many training cases of either kind."""

    synthetic: Sequence[Sample]
    real: Sequence[Sample]
    test: Sequence[Sample]

    @property
    def why_not(self) -> str:
        """Empty where there are enough of each."""
        for kind, cases, fewest in (
            ("synthetic", self.synthetic, FEWEST_TRAINING),
            ("real training", self.real, FEWEST_TRAINING),
            ("real test", self.test, FEWEST_TEST),
        ):
            if len(cases) < fewest:
                return f"{len(cases)} labelled {kind} cases, and at least {fewest} are needed"
        return ""


def try_sets(synthetic: Given, real: Given, training: Given | None, progress: Progress = silent) -> TrySets:
    """The samples: real ones train from `training` and are tested on `real`; without `training` `real` is halved.

    By person, of whom one case is tested.

    `real` holds no patient of `training`, whatever the cases are called (see `shared_patients`).
    """
    true = _labelled(real)
    if training is None:
        everybody = sorted({case.patient or case.id for case in true})
        Random(0).shuffle(everybody)
        half = set(everybody[: len(everybody) // 2])
        learn = [case for case in true if (case.patient or case.id) in half]
        test = [case for case in true if (case.patient or case.id) not in half]
    else:
        learn, test = _labelled(training), true
    test = list({case.patient or case.id: case for case in reversed(test)}.values())[::-1]
    made = _labelled(synthetic)
    count = min(len(made), len(learn), MOST_TRAINING)
    jobs = [*((case, True) for case in made[:count]), *((case, False) for case in [*learn[:count], *test[:MOST_TEST]])]
    samples: list[Sample | None] = []
    for n, (case, is_synthetic) in enumerate(jobs):
        progress(f"trying the set: reading case {n + 1} of {len(jobs)}", n / len(jobs))
        try:
            sample = same_terms(case, synthetic=is_synthetic).sample
            samples.append(sample if sample.known[0] else None)
        except SynthTrustError:  # named already, where the sets were measured
            samples.append(None)
    parts = samples[:count], samples[count : 2 * count], samples[2 * count :]
    return TrySets(*([one for one in part if one is not None] for part in parts))


def utility_rows(
    sets: TrySets,
    work: Path,
    random: np.random.Generator,
    draws: int,
    *,
    schedule: Schedule = SCHEDULE,
    progress: Progress = silent,
) -> list[AuditRow]:
    """Dice of the whole tumor on real test patients after each kind of training, and what synthetic cases cost or gain.

    `work`: checkpoints are kept here by what they are made of, so that a stopped call goes on.
    """
    if why := sets.why_not:
        return [unknown(Section.UTILITY, "try", "what a segmenter learns from the set", why)]
    count = min(len(sets.synthetic), len(sets.real))
    half = count // 2
    mixes = {
        "real": list(sets.real[:count]),
        "mix": [*sets.real[: count - half], *sets.synthetic[:half]],
        "synthetic": list(sets.synthetic[:count]),
    }
    checkpoints = {name: _checkpoint(name, cases, work, schedule) for name, cases in mixes.items()}
    if missing := sum(not path.exists() for path in checkpoints.values()):
        progress(f"trying the set: {_estimate(mixes['mix'], schedule, missing)}", 0.0)
    found = {
        name: _dice(name, cases, sets.test, checkpoints[name], schedule, progress) for name, cases in mixes.items()
    }
    budget = f"{count} cases, {schedule.steps} steps, one seed"
    rows = [
        measured(
            Section.UTILITY,
            f"try_{name}",
            _TITLES[name],
            f"mean Dice of the whole tumor on {len(sets.test)} real test patients, after training on {budget}",
            figure=resample_mean(values, random, draws),
        )
        for name, values in found.items()
    ]
    for name in ("mix", "synthetic"):
        rows.append(
            measured(
                Section.UTILITY,
                f"try_{name}_difference",
                f"Dice of {'the mix' if name == 'mix' else 'synthetic cases'} minus that of real ones",
                "patient by patient; above 0 the synthetic cases help. How it differs between seeds is not in it",
                figure=resample_mean(found[name] - found["real"], random, draws),
            )
        )
    return rows


def _labelled(given: Given) -> list[GivenCase]:
    return [case for case in given.cases if case.label is not None]


def _estimate(samples: list[Sample], schedule: Schedule, count: int) -> str:
    """How long so many trainings will take, from two steps of one; what comes before the first is left out."""
    seconds = []
    with TemporaryDirectory() as folder:
        for n, steps in enumerate((1, 1, 3)):  # the first of all loads what PyTorch needs
            began = time.monotonic()
            train(samples, replace(schedule, steps=steps), Path(folder) / f"{n}.pt", record=NETWORK)
            seconds.append(time.monotonic() - began)
    minutes = (seconds[2] - seconds[1]) / 2 * schedule.steps * count / 60
    return f"training {count} small segmenter{'s' * (count > 1)} takes about {max(1, round(minutes))} min"


def _checkpoint(name: str, cases: list[Sample], work: Path, schedule: Schedule) -> Path:
    made_of = [[case.id, digest([str(case.image.sum(dtype=np.float64)), str(case.label.sum())])] for case in cases]
    return work / f"try-{name}-{digest([made_of, schedule.to_dict(), NETWORK])}.pt"


def _dice(
    name: str, cases: list[Sample], test: Sequence[Sample], checkpoint: Path, schedule: Schedule, progress: Progress
) -> npt.NDArray[np.float64]:
    """Dice of the whole tumor on every test patient."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)

    def report(step: int, loss: float, seconds_left: float) -> None:
        words = f"trying the set: {_TITLES[name]}, about {max(1, round(seconds_left / 60))} min left"
        progress(words, step / schedule.steps)

    trained = train(cases, schedule, checkpoint, report, NETWORK)
    device = training_device()
    network = build_network(NETWORK)
    network.load_state_dict(trained.weights)
    running = TorchNetwork(network.eval().to(device), device)
    values = []
    for sample in test:
        probability = run_network(running, sample, 1, 0.0)
        drawn = {str(region): outlined(probability[n]) for n, region in enumerate(Region)}
        values.append(evaluate(drawn, sample)[Region.WT])
    return np.array(values)
