"""What a training recipe is worth on all training and calibration patients, each left out of the training once.

    python Testing/Benchmarks/cross_validate.py Resources/Study/plan.yaml --data DATA --work WORK \\
        --recipe "steps=3000 tumor_share=0.2 averaging=0.999" \\
        --recipe "steps=3000 tumor_share=0.2 averaging=0.999 dropped_share=0.25"

Five held-out patients cannot choose between recipes; those of both parts together are three times as many, and the test
patients stay unseen. A recipe is a `Schedule` in words; the first is what the others are compared with. Each is trained
three times: 3,000 steps take a minute on a data-centre GPU, and twenty on two cores.

With ``--seeds 4 --signals``, the seeds of the first recipe are also taken as a set of segmenters, to see which signal
sorts its pooled whole tumors by their quality.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.maps.compute import binary_entropy
from SynthTrustLib.maps.outlines import outlined
from SynthTrustLib.mixes.calibration.failure import bootstrap, excess_aurc
from SynthTrustLib.mixes.device import training_device
from SynthTrustLib.mixes.evaluate import bootstrap_interval, evaluate, run_network
from SynthTrustLib.mixes.labelled import LabelledCase
from SynthTrustLib.mixes.make import Laboratory
from SynthTrustLib.mixes.persons import persons
from SynthTrustLib.mixes.plan import read_plan
from SynthTrustLib.mixes.samples import SLICE_SMOOTHING, real_samples
from SynthTrustLib.mixes.train import Schedule, train
from SynthTrustLib.segmenters.network import FAMILY_NETWORK, build_network
from SynthTrustLib.segmenters.torch_engine import TorchNetwork
from SynthTrustLib.trust.overlap import pairwise_dice
from SynthTrustLib.vocabulary import Region

FOLDS = 3
BATCH = 16


def deal(laboratory: Laboratory, cases: Sequence[LabelledCase]) -> dict[str, int]:
    """Case id -> fold; all cases of one person in one fold, every cohort in its share."""
    folds: dict[str, int] = {}
    for parts in laboratory.split.values():
        members = sorted(parts["train"]) + sorted(parts["calibration"])
        folds |= {identifier: n % FOLDS for n, identifier in enumerate(members)}
    who = persons(cases)
    lowest: dict[str, int] = {}
    for identifier, fold in folds.items():
        lowest[who[identifier]] = min(fold, lowest.get(who[identifier], fold))
    return {identifier: lowest[who[identifier]] for identifier in folds}


def load_network(weights: Any) -> TorchNetwork:
    """The family's network with these weights, where the laboratory computes."""
    device = training_device()
    network = build_network(FAMILY_NETWORK)
    network.load_state_dict(weights)
    return TorchNetwork(network.eval().to(device), device)


def read_schedule(words: str, seed: int) -> Schedule:
    """``"steps=3000 rate=0.002"`` as a `Schedule`."""
    kinds = {field.name: type(field.default) for field in fields(Schedule)}
    pairs = (word.split("=") for word in words.split())
    return Schedule(**{name: kinds[name](value) for name, value in pairs}, seed=seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--recipe", action="append", required=True, metavar="WORDS")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--signals", action="store_true")
    options = parser.parse_args()

    laboratory = Laboratory(read_plan(options.plan), options.data, options.work)
    cases = [*laboratory.part("train"), *laboratory.part("calibration")]
    folds = deal(laboratory, cases)
    samples = {case.id: real_samples([case], options.work / "real") for case in cases}
    (options.work / "checkpoints").mkdir(parents=True, exist_ok=True)
    first: dict[tuple[str, str], dict[str, float]] = {}
    members: dict[str, list[npt.NDArray[np.float32]]] = {}
    for number, words in enumerate(options.recipe):
        scores: dict[tuple[str, str], dict[str, float]] = {}
        for seed in range(1, options.seeds + 1):
            schedule = read_schedule(words, seed)
            for fold in range(FOLDS):
                learned = [case.id for case in cases if folds[case.id] != fold]
                checkpoint = f"cross-{fingerprint([schedule.to_dict(), sorted(learned)])[:12]}.pt"
                drawn_from = [sample for identifier in learned for sample in samples[identifier]]
                network = load_network(train(drawn_from, schedule, options.work / "checkpoints" / checkpoint).weights)
                for case in (case for case in cases if folds[case.id] == fold):
                    sample = samples[case.id][0]
                    found = run_network(network, sample, min(BATCH, len(sample.label)), SLICE_SMOOTHING)
                    for region, value in evaluate(found, sample).items():
                        by_case = scores.setdefault((case.cohort, str(region)), {})
                        by_case[case.id] = by_case.get(case.id, 0.0) + value / options.seeds
                    if options.signals and number == 0:
                        members.setdefault(case.id, []).append(found[tuple(Region).index(Region.WT)])
        first = first or scores
        print(words)
        for key, by_case in sorted(scores.items()):
            print(f"  {key[0]} {key[1]}: {describe(list(by_case.values()))}", end="")
            gains = [by_case[case] - first[key][case] for case in by_case]
            print(f", {np.mean(gains):+.3f} (standard error {np.std(gains, ddof=1) / len(gains) ** 0.5:.3f})")
    if options.signals:
        truths = [samples[case.id][0].label & 1 > 0 for case in cases]
        compare_signals([members[case.id] for case in cases], truths)


def describe(values: Sequence[float]) -> str:
    low, high = bootstrap_interval(values)
    return f"Dice {np.mean(values):.3f} [{low:.3f}, {high:.3f}], n = {len(values)}"


def compare_signals(
    members: Sequence[Sequence[npt.NDArray[np.float32]]], truths: Sequence[npt.NDArray[np.bool_]]
) -> None:
    """Excess AURC x 100 of the mean pairwise Dice, and of one segmenter's foreground entropy on the same patients."""
    pairs, entropies, risks = [], [], []
    for probabilities, truth in zip(members, truths, strict=True):
        outlines = np.stack([outlined(one) for one in probabilities])
        pooled = outlined(np.mean(probabilities, axis=0))
        pairs.append(pairwise_dice(outlines)[np.triu_indices(len(outlines), 1)].mean())
        own = binary_entropy(np.clip(probabilities[0], 0, 1))[outlines[0]]
        entropies.append(float(own.mean()) if own.size else 0.0)
        risks.append(1 - pairwise_dice(np.stack([pooled, truth]))[0, 1])
    pair, entropy, risk = np.array(pairs), np.array(entropies), np.array(risks)
    ours, one = 100 * excess_aurc(pair, risk), 100 * excess_aurc(-entropy, risk)
    low, high = bootstrap(lambda i: excess_aurc(-entropy[i], risk[i]) - excess_aurc(pair[i], risk[i]), len(risk))
    print(f"excess AURC x 100, n = {len(risk)}: mean pairwise Dice {ours:.2f}, foreground entropy of one {one:.2f}")
    print(f"difference {one - ours:.2f} [{100 * low:.2f}, {100 * high:.2f}]")


if __name__ == "__main__":
    main()
